//! Judges which versions of a project can be used, and by which file.

use std::ops::Range;
use std::sync::Arc;

use foldhash::HashMap;

use super::builds::Builds;
use super::candidates::{Candidate, Candidates, Refused, Unfit, VersionAt};
use super::ceilings::heed_ceilings;
use super::question::Question;
use super::terms::Terms;
use crate::index::{Columns, IndexPage, Page, Project};
use crate::package::{DeclarationKind, PackageName, Specifiers, VersionKey, VersionSet};
use crate::target::{Accepted, Misfit, Region, Required};

/// Room for so many sets of tags from the start: most questions meet no more.
const MOST_TAGS: usize = 400;

/// Judges projects under one question, remembering its verdicts on tags and Pythons, of which the
/// same few recur on every page.
#[derive(Debug)]
pub struct Judge {
    question: Arc<Question>,
    by_name: HashMap<PackageName, Vec<usize>>,
    /// By the bytes of the tags, most of which are met so often that they are no text again.
    tags: HashMap<Box<[u8]>, Result<u32, Misfit>>,
    pythons: HashMap<Box<str>, bool>,
    /// By the clauses of those, of which even fewer are met.
    clauses: HashMap<Box<str>, bool>,
}

impl Judge {
    /// Prepares to judge under a question.
    pub fn new(question: Arc<Question>) -> Self {
        let mut by_name: HashMap<PackageName, Vec<usize>> = HashMap::default();
        for (at, declaration) in question.declarations.iter().enumerate() {
            if question.holds(&declaration.requirement.marker, &[]) {
                by_name
                    .entry(declaration.requirement.name.clone())
                    .or_default()
                    .push(at);
            }
        }
        Self {
            question,
            by_name,
            tags: HashMap::with_capacity_and_hasher(MOST_TAGS, Default::default()),
            pythons: HashMap::default(),
            clauses: HashMap::default(),
        }
    }

    /// Judges every version of a project.
    pub fn judge(&mut self, project: Arc<Project>) -> Candidates {
        let versions = project.pages.iter().map(|on| on.page.len()).sum();
        let mut usable: Vec<Candidate> = Vec::with_capacity(versions);
        let mut refused: Vec<Refused> = Vec::new();
        for (at, index_page) in project.pages.iter().enumerate() {
            let page = &index_page.page;
            let fitness = self.fitness(&project.name, index_page);
            for (version, (files, is_prerelease)) in fitness.columns.versions().enumerate() {
                match fitness.best_file(page, version, files) {
                    Ok(file) => {
                        let lender = fitness.lender(page, version, file);
                        usable.push(Candidate {
                            at: VersionAt::new(at, version),
                            file: lender.unwrap_or(file) as u32,
                            is_prerelease,
                            is_borrowed: lender.is_some(),
                        });
                    }
                    Err(why) => {
                        if refused.is_empty() {
                            refused.reserve_exact(versions - usable.len());
                        }
                        refused.push(Refused {
                            at: VersionAt::new(at, version),
                            why,
                        });
                    }
                }
            }
        }
        if project.pages.len() > 1 {
            merge_pages(&project, &mut usable, &mut refused);
        }
        if let Some(region) = &self.question.region {
            heed_ceilings(region, &project, &mut usable, &mut refused);
        }
        usable.shrink_to_fit();
        refused.shrink_to_fit();
        Candidates {
            has_only_prereleases: usable.iter().all(|candidate| candidate.is_prerelease),
            project,
            usable,
            refused,
        }
    }

    fn fitness<'a>(&'a mut self, name: &'a PackageName, on: &'a IndexPage) -> Fitness<'a> {
        let question = &self.question;
        let page = &on.page;
        let everywhere = question.region.as_ref().map(|it| Everywhere::of(it, page));
        let tags = match &everywhere {
            Some(everywhere) => everywhere.ranks(),
            None => page
                .tag_bytes()
                .map(|tags| {
                    if question.target.tags().is_of_another_python(tags) {
                        return Err(Misfit::Python);
                    }
                    self.tags.get(tags).copied().unwrap_or_else(|| {
                        let verdict = question.rank(&String::from_utf8_lossy(tags));
                        self.tags.insert(tags.into(), verdict);
                        verdict
                    })
                })
                .collect(),
        };
        let pythons = page
            .python_strings()
            .map(|python| match self.pythons.get(python) {
                Some(verdict) => *verdict,
                None => {
                    let verdict = admits(question, &mut self.clauses, python);
                    self.pythons.insert(python.into(), verdict);
                    verdict
                }
            })
            .collect();
        let terms = Terms::of(&self.question, name);
        let mut fitness = Fitness {
            columns: page.columns(),
            everywhere,
            ranks: Ranks::of(&tags, &terms),
            tags,
            pythons,
            terms,
            pins: Vec::new(),
            constraints: Vec::new(),
            preferred: self.question.preferences.get(name).map(VersionKey::of),
            builds: Builds::of(&self.question, name),
            index: Some(&on.index),
        };
        for &at in self.by_name.get(name).into_iter().flatten() {
            let declaration = &self.question.declarations[at];
            let specifiers = &declaration.requirement.specifiers;
            if declaration.requirement.url.is_some() {
                fitness.index = None;
            }
            if specifiers.is_pin() {
                fitness.pins.push(specifiers.set());
            }
            if declaration.kind == DeclarationKind::Constraint && !specifiers.is_any() {
                fitness.constraints.push((at, specifiers.set()));
            }
        }
        fitness
    }
}

/// Whether a `requires-python` admits the Pythons of a question: whether each of its clauses does.
fn admits(question: &Question, known: &mut HashMap<Box<str>, bool>, python: &str) -> bool {
    let mut of_clause = |clause: &str| match known.get(clause) {
        Some(verdict) => Some(*verdict),
        None => {
            let verdict = question.admits_python(&Specifiers::parse(clause).ok()?);
            known.insert(clause.into(), verdict);
            Some(verdict)
        }
    };
    let clauses: Option<Vec<bool>> = python.split(',').map(&mut of_clause).collect();
    match clauses {
        Some(verdicts) => verdicts.iter().all(|verdict| *verdict),
        // As pip does: a requires-python that cannot be read shuts nothing out.
        None => {
            Specifiers::parse_lenient(python).map_or(true, |wanted| question.admits_python(&wanted))
        }
    }
}

/// What the sets of tags on a page are for the environments of a region.
struct Everywhere {
    /// How good wheels with these tags are to tell what a version needs.
    speaking: Vec<Option<u32>>,
    /// How good they are, and which Pythons they serve, on some platform.
    judged: Vec<Result<Accepted, Misfit>>,
    /// The Pythons that have to be served.
    every_python: u64,
    /// For each environment that must be served, which tags do.
    required: Vec<Vec<bool>>,
}

impl Everywhere {
    fn of(region: &Region, page: &Page) -> Self {
        let required = region.required().iter();
        Self {
            speaking: page.tag_strings().map(Region::speaking_rank).collect(),
            judged: page
                .tag_strings()
                .map(|it| region.tags().judge(it))
                .collect(),
            every_python: region.every_minor(),
            required: required.map(|it| tags_served(it, page)).collect(),
        }
    }

    fn ranks(&self) -> Vec<Result<u32, Misfit>> {
        let judged = self.judged.iter();
        judged.map(|it| it.map(|accepted| accepted.rank)).collect()
    }

    /// Returns which Pythons a usable file with some set of tags, or a source archive, serves on
    /// some platform.
    fn pythons_of(&self, tags: Option<usize>) -> u64 {
        tags.map_or(u64::MAX, |tags| {
            self.judged[tags].map_or(0, |it| it.pythons)
        })
    }
}

/// Returns for each set of tags on a page whether it is accepted.
fn tags_served(required: &Required, page: &Page) -> Vec<bool> {
    let tags = page.tag_strings();
    tags.map(|tags| required.tags().judge(tags).is_ok())
        .collect()
}

/// How good the files of a page are by kind and tags alone, the less the better. Most are for elsewhere,
/// and those come behind what is usable in the order in which they come near to it.
struct Ranks {
    /// Of wheels, by the place of their tags.
    wheels: Vec<u32>,
    source: u32,
}

impl Ranks {
    /// Any wheel that fits is better than a source archive; all that is behind cannot be used.
    const SOURCE: u32 = u32::MAX - 6;
    const OF_ANOTHER_PLATFORM: u32 = u32::MAX - 5;
    const OF_ANOTHER_ABI: u32 = u32::MAX - 4;
    const OF_ANOTHER_PYTHON: u32 = u32::MAX - 3;
    const UNWANTED_WHEEL: u32 = u32::MAX - 2;
    const UNWANTED_SOURCE: u32 = u32::MAX - 1;
    /// Behind all there are.
    const NONE: u32 = u32::MAX;

    fn of(tags: &[Result<u32, Misfit>], terms: &Terms<'_>) -> Self {
        let takes_wheels = terms.check_kind(true).is_ok();
        let of_tags = |tags: &Result<u32, Misfit>| match tags {
            _ if !takes_wheels => Self::UNWANTED_WHEEL,
            Ok(rank) => *rank,
            Err(Misfit::Platform) => Self::OF_ANOTHER_PLATFORM,
            Err(Misfit::Abi) => Self::OF_ANOTHER_ABI,
            Err(Misfit::Python) => Self::OF_ANOTHER_PYTHON,
        };
        Self {
            wheels: tags.iter().map(of_tags).collect(),
            source: match terms.check_kind(false) {
                Ok(()) => Self::SOURCE,
                Err(_) => Self::UNWANTED_SOURCE,
            },
        }
    }

    #[inline]
    fn of_file(&self, tags: Option<usize>) -> u32 {
        match tags {
            Some(tags) => self.wheels[tags],
            None => self.source,
        }
    }
}

/// What makes a file of one project fit.
struct Fitness<'a> {
    columns: Columns<'a>,
    everywhere: Option<Everywhere>,
    tags: Vec<Result<u32, Misfit>>,
    ranks: Ranks,
    pythons: Vec<bool>,
    terms: Terms<'a>,
    pins: Vec<&'a VersionSet>,
    constraints: Vec<(usize, &'a VersionSet)>,
    preferred: Option<VersionKey>,
    builds: Option<Builds<'a>>,
    index: Option<&'a str>,
}

impl Fitness<'_> {
    /// Returns the best usable file of a version, or what speaks against the one nearest to it.
    #[inline]
    fn best_file(&self, page: &Page, version: usize, files: Range<usize>) -> Result<usize, Unfit> {
        let best = self.best_by_rank(page, version, files.clone());
        let mut file = best.ok_or_else(|| self.nearest(page, version))?;
        if let Some(everywhere) = &self.everywhere {
            if !self.serves(everywhere, page, version, files.clone()) {
                return Err(Unfit::Tags(Misfit::Platform));
            }
            if page.file(file).is_wheel() {
                file = self.speaker(everywhere, files).unwrap_or(file);
            }
        }
        if let Some(builds) = &self.builds {
            let key = page.key(version);
            let is_pinned = self.pins.iter().any(|pin| pin.contains_key(key));
            let speaks_against = builds.unfit(&page.version(version), self.index, is_pinned);
            speaks_against.map_or(Ok(()), Err)?;
        }
        match self.constraints.iter().find(|(_, set)| {
            let is_in = set.contains_key(page.key(version));
            !is_in || !set.admits_spelling(page.version_text(version))
        }) {
            Some((at, _)) => Err(Unfit::Constraint(*at)),
            None => Ok(file),
        }
    }

    /// Returns the usable file of the best rank.
    #[inline]
    fn best_by_rank(&self, page: &Page, version: usize, files: Range<usize>) -> Option<usize> {
        let build = |at: usize| page.file(at).build_tag();
        let (mut best, mut least) = (None, Ranks::SOURCE);
        for (at, tags) in files.clone().zip(self.columns.tags_of(files)) {
            let rank = self.ranks.of_file(tags);
            if rank > least {
                continue;
            }
            let is_better = best.is_none_or(|other| rank < least || build(at) > build(other));
            if is_better && self.is_old_enough(at) && self.check_others(page, version, at).is_ok() {
                (best, least) = (Some(at), rank);
            }
        }
        best
    }

    /// Whether a file is older than the cut-off, if there is one.
    #[inline]
    fn is_old_enough(&self, file: usize) -> bool {
        !self.terms.demands_age()
            || self
                .terms
                .check_seconds(self.columns.upload_seconds(file))
                .is_ok()
    }

    /// Returns what speaks against that file of a version which comes nearest to fit.
    fn nearest(&self, page: &Page, version: usize) -> Unfit {
        let files = page.files(version);
        let (mut nearest, mut least) = (Unfit::NoFiles, Ranks::NONE);
        for (at, tags) in files.clone().zip(self.columns.tags_of(files)) {
            let rank = self.ranks.of_file(tags);
            // Of what is for elsewhere, much is for the same.
            if rank >= least && rank > Ranks::SOURCE && !self.terms.demands_age() {
                continue;
            }
            if let Err(unfit) = self.check(page, version, at) {
                (nearest, least) = (nearest.max(unfit), least.min(rank));
            }
        }
        nearest
    }

    /// Returns the wheel that tells best what its version needs in every part of a region.
    fn speaker(&self, everywhere: &Everywhere, files: Range<usize>) -> Option<usize> {
        let rank = |at: usize| {
            let is_out = self.columns.is_yanked(at) || !self.is_old_enough(at);
            everywhere.speaking[self.columns.tags(at).filter(|_| !is_out)?]
        };
        let ranked = files.filter_map(|at| Some((rank(at)?, at)));
        ranked.min().map(|(_, at)| at)
    }

    /// Whether each Python of a region, on some platform, is among those served by a version, and
    /// each environment that must be served has a file of it.
    fn serves(
        &self,
        everywhere: &Everywhere,
        page: &Page,
        version: usize,
        files: Range<usize>,
    ) -> bool {
        let usable = || {
            let files = files.clone();
            files.filter(|at| self.check(page, version, *at).is_ok())
        };
        let pythons = usable().fold(0, |pythons, at| {
            pythons | everywhere.pythons_of(self.columns.tags(at))
        });
        everywhere.every_python & !pythons == 0
            && everywhere.required.iter().all(|served| {
                usable().any(|at| self.columns.tags(at).is_none_or(|tags| served[tags]))
            })
    }

    /// Returns a wheel that can lend its metadata to a source distribution: the wheels of a version
    /// rarely differ in it, and reading it runs no code.
    fn lender(&self, page: &Page, version: usize, file: usize) -> Option<usize> {
        if self.columns.tags(file).is_some() {
            return None;
        }
        page.files(version)
            .filter(|at| page.file(*at).is_wheel())
            .find(|at| self.is_old_enough(*at))
    }

    /// Looks at all that may speak against a file.
    fn check(&self, page: &Page, version: usize, file: usize) -> Result<(), Unfit> {
        self.terms
            .check_seconds(self.columns.upload_seconds(file))?;
        let tags = self.columns.tags(file);
        self.terms.check_kind(tags.is_some())?;
        if let Some(tags) = tags {
            self.tags[tags].map_err(Unfit::Tags)?;
        }
        self.check_others(page, version, file)
    }

    /// Looks at what else may speak against a file: not its age, kind and tags.
    #[inline]
    fn check_others(&self, page: &Page, version: usize, file: usize) -> Result<(), Unfit> {
        let python = self.columns.requires_python(file);
        if python.is_some_and(|at| !self.pythons[at]) {
            return Err(Unfit::Python);
        }
        if self.terms.demands_digests() {
            self.terms.check_digest(&page.file(file))?;
        }
        if self.columns.is_yanked(file) && !self.takes_yanked(page, version) {
            return Err(Unfit::Yanked);
        }
        Ok(())
    }

    fn takes_yanked(&self, page: &Page, version: usize) -> bool {
        let key = page.key(version);
        let is_preferred = |preferred: &VersionKey| preferred.as_bytes() == key;
        self.pins.iter().any(|pin| pin.contains_key(key))
            || self.preferred.as_ref().is_some_and(is_preferred)
    }
}

/// Puts the versions of several pages into one ascending order, each once: the earlier page wins.
fn merge_pages(project: &Project, usable: &mut Vec<Candidate>, refused: &mut Vec<Refused>) {
    let key = |at: VersionAt| project.pages[at.page()].page.key(at.version());
    usable.sort_by(|a, b| key(a.at).cmp(key(b.at)).then(a.page().cmp(&b.page())));
    usable.dedup_by(|later, earlier| key(later.at) == key(earlier.at));
    refused.sort_by(|a, b| key(a.at).cmp(key(b.at)).then(a.page().cmp(&b.page())));
    let known: std::collections::BTreeSet<&[u8]> =
        usable.iter().map(|candidate| key(candidate.at)).collect();
    refused.retain(|version| !known.contains(key(version.at)));
}
