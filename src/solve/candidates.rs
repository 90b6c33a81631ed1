//! Which versions of a project can be used here, by which file, and why the others cannot.
//!
//! Unusable versions never enter the solve: PubGrub would learn about each of them on its own and
//! could not merge what it learned. They are kept here with their reasons instead, and explained
//! afterwards where the derivation meets the hole they leave.

use std::sync::Arc;

use super::catalog::FileAt;
use super::ordinals::{Ordinal, Ordinals};
use crate::index::{Merge, Page, Project};
use crate::package::{Version, VersionSet};
use crate::target::Misfit;

/// A usable version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub(super) at: VersionAt,
    pub(super) file: u32,
    /// Whether it is a pre-release.
    pub is_prerelease: bool,
    /// Whether that file is a wheel which does not fit: only its metadata is borrowed, and what
    /// can be installed is the source distribution.
    pub is_borrowed: bool,
}

/// Where a version is. A page counts its versions and files in as many bits: there are a hundred
/// thousand of these in a large solve, and what they take has to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct VersionAt {
    page: u32,
    version: u32,
}

impl VersionAt {
    /// Takes the position of a page in its project, and that of a version on the page.
    pub(super) fn new(page: usize, version: usize) -> Self {
        Self {
            page: page as u32,
            version: version as u32,
        }
    }

    /// Returns the position of the page.
    pub(super) fn page(self) -> usize {
        self.page as usize
    }

    /// Returns the position of the version on it.
    pub(super) fn version(self) -> usize {
        self.version as usize
    }
}

impl Candidate {
    /// Returns the position of the page that has it.
    pub fn page(&self) -> usize {
        self.at.page()
    }

    /// Returns the position of the version on the page.
    pub fn version(&self) -> usize {
        self.at.version()
    }

    /// Returns the position of the file whose metadata speaks for it: the best wheel, else the source
    /// distribution.
    pub fn file(&self) -> usize {
        self.file as usize
    }

    /// Returns where its file is.
    pub fn at(&self) -> FileAt {
        FileAt {
            page: self.page(),
            file: self.file(),
        }
    }
}

/// A version that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    pub(super) at: VersionAt,
    /// What speaks against it: of all its files, the one that came nearest.
    pub why: Unfit,
}

impl Refused {
    /// Returns the position of the page that has it.
    pub fn page(&self) -> usize {
        self.at.page()
    }

    /// Returns the position of the version on the page.
    pub fn version(&self) -> usize {
        self.at.version()
    }
}

/// What speaks against a version. The order is about that of the tests: a later one was nearer to
/// fit.
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
    /// Built for a CUDA that the image's toolkit does not serve.
    Toolkit,
    /// Built for a CUDA of which nobody knows the driver that it needs.
    DriverUnknown,
    /// Built for a CUDA that needs a newer driver.
    Driver,
    /// Nobody knows for which GPUs it carries code, and the target has some.
    KernelsUnknown,
    /// It carries no code for some GPU of the target.
    Kernels,
    /// Yanked, and no declaration pins it.
    Yanked,
    /// Shut out by the constraint of this position among the declarations.
    Constraint(usize),
}

/// A project judged under a question: its usable versions in ascending order, and the others.
#[derive(Clone, Debug)]
pub struct Candidates {
    pub(super) project: Arc<Project>,
    pub(super) usable: Vec<Candidate>,
    pub(super) refused: Vec<Refused>,
    pub(super) has_only_prereleases: bool,
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
        self.has_wheel_in(&VersionSet::full())
    }

    /// Whether some usable version in a set has a wheel that fits.
    pub(crate) fn has_wheel_in(&self, set: &VersionSet) -> bool {
        let ordinals = self.ordinals(set);
        ordinals.ascending(self.usable.len()).any(|ordinal| {
            let candidate = &self.usable[ordinal as usize];
            !candidate.is_borrowed
                && self
                    .page(candidate.page())
                    .file(candidate.file())
                    .is_wheel()
        })
    }

    /// Returns the page of a candidate.
    pub fn page(&self, page: usize) -> &Page {
        &self.project.pages[page].page
    }

    /// Returns a usable version's number.
    pub fn version(&self, candidate: &Candidate) -> Version {
        self.page(candidate.page()).version(candidate.version())
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
            return Ordinals::any();
        }
        let ranges = set
            .intervals()
            .map(|(from, to)| (self.first_from(from), self.first_from(to)));
        let ordinals = Ordinals::from_ranges(ranges);
        if set.literal().is_none() {
            return ordinals;
        }
        Ordinals::from_ranges(
            ordinals
                .ascending(self.usable.len())
                .filter(|ordinal| {
                    let candidate = &self.usable[*ordinal as usize];
                    set.admits_spelling(
                        self.page(candidate.page())
                            .version_text(candidate.version()),
                    )
                })
                .map(|ordinal| (ordinal, ordinal + 1)),
        )
    }

    /// Whether a version that cannot be used is in a set.
    pub(super) fn is_refused_in(&self, refused: &Refused, set: &VersionSet) -> bool {
        let page = self.page(refused.page());
        set.contains_key(page.key(refused.version()))
            && set.admits_spelling(page.version_text(refused.version()))
    }

    /// Returns the place of the oldest usable version in a set or above it: past the newest where the
    /// whole set is.
    pub(crate) fn least_of(&self, set: &VersionSet) -> Ordinal {
        let from = set.intervals().next().map_or(&[][..], |(from, _)| from);
        self.first_from(from)
    }

    /// Returns the place of the first usable version whose key is at least this one. Most bounds lie
    /// below or above all there is, and keys far apart are slow to read.
    fn first_from(&self, key: &[u8]) -> Ordinal {
        let below = |candidate: &Candidate| self.key(candidate) < key;
        let place = match self.usable.last() {
            _ if key.is_empty() => 0,
            Some(newest) if below(newest) => self.usable.len(),
            _ => self.usable.partition_point(below),
        };
        place as Ordinal
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

    /// Returns the place of the newest usable build of a release: of the version without its local
    /// part, by which the indexes of accelerators tell theirs from each other.
    pub(crate) fn build_of(&self, version: &Version) -> Option<Ordinal> {
        let release = version.clone().without_local();
        let is_build = |candidate: &Candidate| self.version(candidate).without_local() == release;
        let at = self.usable.iter().rposition(is_build)?;
        Some(at as Ordinal)
    }

    /// Whether there are usable builds of a version's release that differ in the local part.
    pub(crate) fn has_other_builds(&self, version: &Version) -> bool {
        let Some(at) = self.ordinal_of(version) else {
            return false;
        };
        let release = version.clone().without_local();
        let at = at as usize;
        let beside = [at.checked_sub(1), at.checked_add(1)];
        let mut beside = beside
            .iter()
            .flatten()
            .filter_map(|at| self.usable.get(*at));
        beside.any(|candidate| self.version(candidate).without_local() == release)
    }

    fn key(&self, candidate: &Candidate) -> &[u8] {
        self.page(candidate.page()).key(candidate.version())
    }
}
