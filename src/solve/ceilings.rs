//! Upper bounds of Python over the versions of a project.
//!
//! The newest versions often say up to which Python they were tested, and old ones from before that
//! custom say nothing. For several Pythons at once such an old version is no way round the bounds of
//! the new ones: it works no better there, it only does not say so. The same goes for wheels. Where a
//! region ends below all bounds, or lies wholly above them, versions are taken at their word, unless
//! it has no end and only the newest Pythons: then nobody asked for them by name.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use super::candidates::{Candidate, Refused, Unfit, VersionAt};
use crate::index::{Page, Project};
use crate::package::{Specifiers, Version};
use crate::target::Region;

/// A patch version that every minor version is taken to have reached.
const LAST_PATCH: u64 = 99;

/// Refuses the usable versions of a project that are older than all that have a bound within the
/// region.
pub(super) fn heed_ceilings(
    region: &Region,
    project: &Project,
    usable: &mut Vec<Candidate>,
    refused: &mut Vec<Refused>,
) {
    let key = |at: VersionAt| project.pages[at.page()].page.key(at.version());
    let Some(newest) = usable.iter().rfind(|candidate| !candidate.is_prerelease) else {
        return;
    };
    let newest = key(newest.at);
    let newer = refused.iter().filter(|version| {
        let page = &project.pages[version.page()].page;
        matches!(version.why, Unfit::Python | Unfit::Tags(_))
            && !page.is_prerelease(version.version())
            && page.key(version.version()) > newest
    });
    let said = PythonsSaid::by(region, project);
    let ceilings = newer.map(|version| match version.why {
        Unfit::Python => said.ceiling(version.page(), version.version()),
        _ => said.ceiling_of_wheels(version.page(), version.version()),
    });
    let all: Option<BTreeSet<Ceiling>> = ceilings.collect();
    let is_heeded = |all: BTreeSet<Ceiling>| match region.is_of_newest() {
        true => !all.is_empty(),
        false => all.contains(&Ceiling::Within),
    };
    if !all.is_some_and(is_heeded) {
        return;
    }
    for candidate in usable.drain(..) {
        refused.push(Refused {
            at: candidate.at,
            why: Unfit::Python,
        });
    }
    refused.sort_by(|a, b| key(a.at).cmp(key(b.at)));
}

/// Where the Pythons end that a version can be used with.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Ceiling {
    /// Before those of the region.
    Before,
    /// Among them.
    Within,
}

/// What the pages of a project say of Pythons, each read once and only where somebody asks.
pub(super) struct PythonsSaid<'p> {
    region: &'p Region,
    project: &'p Project,
    pages: Vec<OnceCell<PythonsOn>>,
}

/// What a page says of Pythons.
struct PythonsOn {
    /// For each set of tags the minor versions that it serves, as bits.
    served: Vec<u64>,
    /// Each `requires-python`, where it can be read.
    wanted: Vec<Option<Specifiers>>,
}

impl<'p> PythonsSaid<'p> {
    /// Prepares to read the pages of a project.
    pub(super) fn by(region: &'p Region, project: &'p Project) -> Self {
        let pages = project.pages.iter().map(|_| OnceCell::new()).collect();
        Self {
            region,
            project,
            pages,
        }
    }

    fn on(&self, page: usize) -> (&Page, &PythonsOn) {
        let read = &self.project.pages[page].page;
        let said = self.pages[page].get_or_init(|| {
            let tags = self.region.tags();
            let served = |it: &str| tags.judge(it).map_or(0, |it| it.pythons);
            let wanted = |it: &str| Specifiers::parse_lenient(it).ok();
            PythonsOn {
                served: read.tag_strings().map(served).collect(),
                wanted: read.python_strings().map(wanted).collect(),
            }
        });
        (read, said)
    }

    /// Returns for each minor version of the region whether a version has wheels for it.
    pub(super) fn minors_served(&self, page: usize, version: usize) -> Vec<bool> {
        let (read, said) = self.on(page);
        let tags = read.files(version).filter_map(|at| read.file(at).tags());
        let bits = tags.filter_map(|at| said.served.get(at));
        self.region.minors_of(bits.fold(0, |all, bits| all | bits))
    }

    /// Returns the `requires-python` of each file of a version.
    pub(super) fn wanted(
        &self,
        page: usize,
        version: usize,
    ) -> impl Iterator<Item = Option<&Specifiers>> {
        let (read, said) = self.on(page);
        read.files(version).map(|at| {
            let at = read.file(at).requires_python()?;
            said.wanted.get(at)?.as_ref()
        })
    }

    /// Returns where the wheels of a version end, if it has some for the region, and none for its
    /// newest Python.
    fn ceiling_of_wheels(&self, page: usize, version: usize) -> Option<Ceiling> {
        let served = self.minors_served(page, version);
        let is_within = served.last() == Some(&false) && served.contains(&true);
        is_within.then_some(Ceiling::Within)
    }

    /// Returns where a version ends by what all its files say, if that is not after the region.
    fn ceiling(&self, page: usize, version: usize) -> Option<Ceiling> {
        let ceilings = self.wanted(page, version).map(|it| self.ceiling_of(it?));
        let all: Option<Vec<Ceiling>> = ceilings.collect();
        all?.into_iter().min()
    }

    fn ceiling_of(&self, wanted: &Specifiers) -> Option<Ceiling> {
        let newest = self.region.pythons().last()?;
        match self.region.newest_admitted(wanted) {
            Some(admitted) => (admitted != newest).then_some(Ceiling::Within),
            None => {
                admits_before(wanted, self.region.pythons().first()?).then_some(Ceiling::Before)
            }
        }
    }
}

/// Whether some minor version of Python 3 is admitted before one.
fn admits_before(wanted: &Specifiers, first: &Version) -> bool {
    let minors = 0..first.release().get(1).copied().unwrap_or_default();
    let mut last_patches = minors.map(|minor| Version::new([3, minor, LAST_PATCH]));
    last_patches.any(|python| wanted.contains(&python))
}
