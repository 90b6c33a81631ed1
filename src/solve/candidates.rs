//! Which versions of a project can be used here, by which file, and why the others cannot.
//!
//! Unusable versions never enter the solve: PubGrub would learn about each of them on its own and
//! could not merge what it learned. They are kept here with their reasons instead, and explained
//! afterwards where the derivation meets the hole they leave.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use super::catalog::FileAt;
use super::ordinals::{Ordinal, Ordinals};
use super::question::Question;
use crate::index::{FileView, Merge, Page, Project};
use crate::package::{DeclarationKind, Digest, PackageName, Specifiers, Version, VersionSet};
use crate::target::Misfit;

/// A usable version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The page that has it.
    pub page: usize,
    /// The position of the version on the page.
    pub version: usize,
    /// The file whose metadata speaks for it: the best wheel, else the source distribution.
    pub file: usize,
    /// Whether it is a pre-release.
    pub is_prerelease: bool,
    /// Whether that file is a wheel which does not fit: only its metadata is borrowed, and what
    /// can be installed is the source distribution.
    pub is_borrowed: bool,
}

impl Candidate {
    /// Returns where its file is.
    pub fn at(&self) -> FileAt {
        FileAt {
            page: self.page,
            file: self.file,
        }
    }
}

/// A version that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The page that has it.
    pub page: usize,
    /// The position of the version on the page.
    pub version: usize,
    /// What speaks against it: of all its files, the one that came nearest.
    pub why: Unfit,
}

/// What speaks against a version. The order is that of the tests: a later one was nearer to fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unfit {
    /// It has no files at all.
    NoFiles,
    /// Uploaded at or after the cut-off.
    Newer,
    /// The index does not say when it was uploaded, and there is a cut-off.
    UploadTimeUnknown,
    /// Only a source distribution, where only wheels are wanted.
    SourceOnly,
    /// Only wheels, where they are not wanted.
    WheelsOnly,
    /// No wheel for this target; the axis is that of the wheel that came nearest.
    Tags(Misfit),
    /// Its `requires-python` shuts the target's Python out.
    Python,
    /// None of its files has a digest that the declarations demand.
    Digest,
    /// Yanked, and no declaration pins it.
    Yanked,
    /// Shut out by the constraint of this position among the declarations.
    Constraint(usize),
}

/// A project judged under a question: its usable versions in ascending order, and the others.
#[derive(Clone, Debug)]
pub struct Candidates {
    project: Arc<Project>,
    usable: Vec<Candidate>,
    refused: Vec<Refused>,
    has_only_prereleases: bool,
}

impl Candidates {
    /// Returns the project.
    pub fn project(&self) -> &Arc<Project> {
        &self.project
    }

    /// Returns the usable versions, oldest first.
    pub fn usable(&self) -> &[Candidate] {
        &self.usable
    }

    /// Returns the versions that cannot be used, oldest first.
    pub fn refused(&self) -> &[Refused] {
        &self.refused
    }

    /// Whether no release of the project can be used.
    pub(crate) fn has_only_prereleases(&self) -> bool {
        self.has_only_prereleases
    }

    /// Whether some usable version has a wheel that fits.
    pub(crate) fn has_usable_wheels(&self) -> bool {
        self.usable.iter().any(|candidate| {
            !candidate.is_borrowed && self.page(candidate.page).file(candidate.file).is_wheel()
        })
    }

    /// Returns the page of a candidate.
    pub fn page(&self, page: usize) -> &Page {
        &self.project.pages[page].page
    }

    /// Returns a usable version's number.
    pub fn version(&self, candidate: &Candidate) -> Version {
        self.page(candidate.page).version(candidate.version)
    }

    /// Returns the position of the candidate that is preferred in a set of versions: the newest
    /// release, else the newest pre-release. For guessing ahead of the solver.
    pub fn newest_in(&self, set: &VersionSet) -> Option<&Candidate> {
        let ordinals = self.ordinals(set);
        let in_set = || {
            ordinals
                .descending(self.usable.len())
                .map(|ordinal| &self.usable[ordinal as usize])
        };
        in_set()
            .find(|candidate| !candidate.is_prerelease)
            .or_else(|| in_set().next())
    }

    /// Whether the versions of an earlier page are used up before those of a later one.
    pub(crate) fn exhausts_pages_in_order(&self) -> bool {
        self.project.merge == Merge::FirstMatch && self.project.pages.len() > 1
    }

    /// Returns the usable versions that are in a set.
    pub(crate) fn ordinals(&self, set: &VersionSet) -> Ordinals {
        if set.is_full() {
            return pubgrub::VersionSet::full();
        }
        let place = |key: &[u8]| -> Ordinal {
            self.usable
                .partition_point(|candidate| self.key(candidate) < key) as Ordinal
        };
        let ranges = set.intervals().map(|(from, to)| (place(from), place(to)));
        let ordinals = Ordinals::from_ranges(ranges);
        if set.literal().is_none() {
            return ordinals;
        }
        Ordinals::from_ranges(
            ordinals
                .ascending(self.usable.len())
                .filter(|ordinal| {
                    let candidate = &self.usable[*ordinal as usize];
                    set.admits_spelling(self.page(candidate.page).version_text(candidate.version))
                })
                .map(|ordinal| (ordinal, ordinal + 1)),
        )
    }

    /// Returns the ordinal of an exact version, if it is usable.
    pub(crate) fn ordinal_of(&self, version: &Version) -> Option<Ordinal> {
        let key = crate::package::VersionKey::of(version);
        let at = self
            .usable
            .binary_search_by(|candidate| self.key(candidate).cmp(key.as_bytes()))
            .ok()?;
        Some(at as Ordinal)
    }

    fn key(&self, candidate: &Candidate) -> &[u8] {
        self.page(candidate.page).key(candidate.version)
    }
}

/// Judges projects under one question, remembering its verdicts on tags and Pythons, of which the
/// same few recur on every page.
#[derive(Debug)]
pub struct Judge {
    question: Arc<Question>,
    by_name: HashMap<PackageName, Vec<usize>>,
    tags: HashMap<Box<str>, Result<u32, Misfit>>,
    pythons: HashMap<Box<str>, bool>,
}

impl Judge {
    /// Prepares to judge under a question.
    pub fn new(question: Arc<Question>) -> Self {
        let mut by_name: HashMap<PackageName, Vec<usize>> = HashMap::new();
        for (at, declaration) in question.declarations.iter().enumerate() {
            let applies = declaration
                .requirement
                .marker
                .holds(question.target.environment(), &[]);
            if applies {
                by_name
                    .entry(declaration.requirement.name.clone())
                    .or_default()
                    .push(at);
            }
        }
        Self {
            question,
            by_name,
            tags: HashMap::new(),
            pythons: HashMap::new(),
        }
    }

    /// Judges every version of a project.
    pub fn judge(&mut self, project: Arc<Project>) -> Candidates {
        let mut usable: Vec<Candidate> = Vec::new();
        let mut refused: Vec<Refused> = Vec::new();
        for (at, index_page) in project.pages.iter().enumerate() {
            let page = &index_page.page;
            let fitness = self.fitness(&project.name, page);
            for version in 0..page.len() {
                match fitness.best_file(page, version) {
                    Ok(file) => {
                        let lender = fitness.lender(page, version, file);
                        usable.push(Candidate {
                            page: at,
                            version,
                            file: lender.unwrap_or(file),
                            is_prerelease: page.is_prerelease(version),
                            is_borrowed: lender.is_some(),
                        });
                    }
                    Err(why) => refused.push(Refused {
                        page: at,
                        version,
                        why,
                    }),
                }
            }
        }
        if project.pages.len() > 1 {
            merge_pages(&project, &mut usable, &mut refused);
        }
        Candidates {
            has_only_prereleases: usable.iter().all(|candidate| candidate.is_prerelease),
            project,
            usable,
            refused,
        }
    }

    fn fitness<'a>(&'a mut self, name: &PackageName, page: &Page) -> Fitness<'a> {
        let target = &self.question.target;
        let tags = page
            .tag_strings()
            .map(|tags| match self.tags.get(tags) {
                Some(verdict) => *verdict,
                None => {
                    let verdict = target.tags().rank(tags);
                    self.tags.insert(tags.into(), verdict);
                    verdict
                }
            })
            .collect();
        let pythons = page
            .python_strings()
            .map(|python| match self.pythons.get(python) {
                Some(verdict) => *verdict,
                None => {
                    // As pip does: a requires-python that cannot be read shuts nothing out.
                    let verdict = Specifiers::parse_lenient(python)
                        .map_or(true, |wanted| target.admits_python(&wanted));
                    self.pythons.insert(python.into(), verdict);
                    verdict
                }
            })
            .collect();
        let policy = &self.question.policy;
        let mut fitness = Fitness {
            tags,
            pythons,
            cutoff: policy.cutoff(name).map(|cutoff| cutoff.seconds()),
            no_binary: !policy.formats.allows_wheels(name),
            only_binary: !policy.formats.allows_sdists(name),
            pins: Vec::new(),
            constraints: Vec::new(),
            digests: Vec::new(),
            preferred: self.question.preferences.get(name),
        };
        for &at in self.by_name.get(name).into_iter().flatten() {
            let declaration = &self.question.declarations[at];
            let specifiers = &declaration.requirement.specifiers;
            if specifiers.is_pin() {
                fitness.pins.push(specifiers.set());
            }
            fitness.digests.extend(&declaration.digests);
            if declaration.requirement.url.is_some() {
                // Who names a file means that file: there is no other to prefer.
                fitness.cutoff = None;
                fitness.no_binary = false;
                fitness.only_binary = false;
            }
            if declaration.kind == DeclarationKind::Constraint && !specifiers.is_any() {
                fitness.constraints.push((at, specifiers.set()));
            }
        }
        fitness
    }
}

/// Tells the files of a chosen version that the target can install from those it cannot.
#[derive(Debug)]
pub struct Fitting<'q> {
    question: &'q Question,
}

impl<'q> Fitting<'q> {
    /// Prepares to tell under a question.
    pub fn new(question: &'q Question) -> Self {
        Self { question }
    }

    /// Whether a file may be installed on some target: it is old enough, of a kind that is wanted,
    /// with a digest that is allowed.
    pub fn allows(&self, name: &PackageName, file: &FileView<'_>) -> bool {
        let policy = &self.question.policy;
        let is_old_enough = policy
            .cutoff(name)
            .is_none_or(|cutoff| file.upload_time().is_some_and(|time| time < cutoff));
        let is_of_a_kind = match file.is_wheel() {
            true => policy.formats.allows_wheels(name),
            false => policy.formats.allows_sdists(name),
        };
        let mut demanded = self
            .question
            .declarations
            .iter()
            .filter(|declaration| declaration.requirement.name == *name)
            .flat_map(|declaration| &declaration.digests)
            .peekable();
        let known = file.digests();
        let has_digest = demanded.peek().is_none() || demanded.any(|digest| known.contains(digest));
        is_old_enough && is_of_a_kind && has_digest
    }

    /// Whether a file of a page can be installed on the target.
    pub fn takes(&self, name: &PackageName, page: &Page, file: &FileView<'_>) -> bool {
        let target = &self.question.target;
        let tags = file.tags().and_then(|at| page.tag_strings().nth(at));
        let fits = tags.is_none_or(|tags| target.tags().rank(tags).is_ok());
        let python = file
            .requires_python()
            .and_then(|at| page.python_strings().nth(at))
            .and_then(|text| Specifiers::parse_lenient(text).ok());
        self.allows(name, file) && fits && python.is_none_or(|wanted| target.admits_python(&wanted))
    }
}

/// The order of usable files: less is better.
type Rank<'p> = (u32, Reverse<Option<(u64, &'p str)>>);

/// What makes a file of one project fit.
struct Fitness<'a> {
    tags: Vec<Result<u32, Misfit>>,
    pythons: Vec<bool>,
    cutoff: Option<i64>,
    no_binary: bool,
    only_binary: bool,
    pins: Vec<&'a VersionSet>,
    constraints: Vec<(usize, &'a VersionSet)>,
    digests: Vec<&'a Digest>,
    preferred: Option<&'a Version>,
}

impl Fitness<'_> {
    /// Returns the best usable file of a version, or what speaks against the one nearest to it.
    fn best_file(&self, page: &Page, version: usize) -> Result<usize, Unfit> {
        let mut nearest = Unfit::NoFiles;
        let mut best: Option<(Rank<'_>, usize)> = None;
        let takes_yanked = self.takes_yanked(page, version);
        for at in page.files(version) {
            let file = page.file(at);
            match self.rank(&file, takes_yanked) {
                Ok(rank) => {
                    let order = (rank, Reverse(file.build_tag()));
                    if best.is_none_or(|(known, _)| order < known) {
                        best = Some((order, at));
                    }
                }
                Err(why) => nearest = nearest.max(why),
            }
        }
        let (_, file) = best.ok_or(nearest)?;
        let key = page.key(version);
        match self.constraints.iter().find(|(_, set)| {
            !set.contains_key(key) || !set.admits_spelling(page.version_text(version))
        }) {
            Some((at, _)) => Err(Unfit::Constraint(*at)),
            None => Ok(file),
        }
    }

    /// Returns a wheel that can lend its metadata to a source distribution: the wheels of a version
    /// rarely differ in it, and reading it runs no code.
    fn lender(&self, page: &Page, version: usize, file: usize) -> Option<usize> {
        let is_old_enough = |at: &usize| match (self.cutoff, page.file(*at).upload_time()) {
            (None, _) => true,
            (Some(cutoff), Some(time)) => time.seconds() < cutoff,
            (Some(_), None) => false,
        };
        if page.file(file).is_wheel() {
            return None;
        }
        page.files(version)
            .filter(|at| page.file(*at).is_wheel())
            .find(is_old_enough)
    }

    /// Returns how good a usable file is (less is better): wheels by their tags, then sources.
    fn rank(&self, file: &FileView<'_>, takes_yanked: bool) -> Result<u32, Unfit> {
        if let Some(cutoff) = self.cutoff {
            match file.upload_time() {
                Some(time) if time.seconds() >= cutoff => return Err(Unfit::Newer),
                Some(_) => {}
                None => return Err(Unfit::UploadTimeUnknown),
            }
        }
        let rank = match file.tags() {
            Some(_) if self.no_binary => return Err(Unfit::WheelsOnly),
            Some(tags) => self.tags[tags].map_err(Unfit::Tags)?,
            None if self.only_binary => return Err(Unfit::SourceOnly),
            None => u32::MAX,
        };
        if file.requires_python().is_some_and(|at| !self.pythons[at]) {
            return Err(Unfit::Python);
        }
        if !self.digests.is_empty() {
            let known = file.digests();
            if !self.digests.iter().any(|wanted| known.contains(wanted)) {
                return Err(Unfit::Digest);
            }
        }
        if !takes_yanked && file.yanked().is_some() {
            return Err(Unfit::Yanked);
        }
        Ok(rank)
    }

    fn takes_yanked(&self, page: &Page, version: usize) -> bool {
        self.pins
            .iter()
            .any(|pin| pin.contains_key(page.key(version)))
            || self
                .preferred
                .is_some_and(|preferred| *preferred == page.version(version))
    }
}

/// Puts the versions of several pages into one ascending order, each once: the earlier page wins.
fn merge_pages(project: &Project, usable: &mut Vec<Candidate>, refused: &mut Vec<Refused>) {
    let key = |page: usize, version: usize| project.pages[page].page.key(version);
    usable.sort_by(|a, b| {
        key(a.page, a.version)
            .cmp(key(b.page, b.version))
            .then(a.page.cmp(&b.page))
    });
    usable.dedup_by(|later, earlier| {
        key(later.page, later.version) == key(earlier.page, earlier.version)
    });
    refused.sort_by(|a, b| {
        key(a.page, a.version)
            .cmp(key(b.page, b.version))
            .then(a.page.cmp(&b.page))
    });
    let known: std::collections::BTreeSet<&[u8]> = usable
        .iter()
        .map(|candidate| key(candidate.page, candidate.version))
        .collect();
    refused.retain(|version| !known.contains(key(version.page, version.version)));
}
