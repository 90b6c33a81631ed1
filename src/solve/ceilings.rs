//! Upper bounds of Python over the versions of a project.
//!
//! The newest versions often say up to which Python they were tested, and old ones from before that
//! custom say nothing. For several Pythons at once such an old version is no way round the bounds of
//! the new ones: it works no better there, it only does not say so. The same goes for wheels. Where a region ends below the
//! bound, or lies wholly above it, versions are taken at their word.

use super::candidates::{Candidate, Refused, Unfit};
use crate::index::{Page, Project};
use crate::package::Specifiers;
use crate::target::Region;

/// Refuses the usable versions of a project that are older than all that have a bound within the
/// region.
pub(super) fn heed_ceilings(
    region: &Region,
    project: &Project,
    usable: &mut Vec<Candidate>,
    refused: &mut Vec<Refused>,
) {
    let key = |page: usize, version: usize| project.pages[page].page.key(version);
    let Some(newest) = usable.iter().rfind(|candidate| !candidate.is_prerelease) else {
        return;
    };
    let newest = key(newest.page, newest.version);
    let newer = refused.iter().filter(|version| {
        let page = &project.pages[version.page].page;
        matches!(version.why, Unfit::Python | Unfit::Tags(_))
            && !page.is_prerelease(version.version)
            && page.key(version.version) > newest
    });
    let mut ceilings = newer.map(|version| {
        let page = &project.pages[version.page].page;
        match version.why {
            Unfit::Python => has_ceiling(region, page, version.version),
            _ => lacks_newest(region, page, version.version),
        }
    });
    let Some(first) = ceilings.next() else {
        return;
    };
    if !first || !ceilings.all(|has_ceiling| has_ceiling) {
        return;
    }
    for candidate in usable.drain(..) {
        refused.push(Refused {
            page: candidate.page,
            version: candidate.version,
            why: Unfit::Python,
        });
    }
    refused.sort_by(|a, b| key(a.page, a.version).cmp(key(b.page, b.version)));
}

/// Whether a version has wheels for some Python of the region, and none for the newest.
fn lacks_newest(region: &Region, page: &Page, version: usize) -> bool {
    let served = minors_served(region, page, version);
    served.last() == Some(&false) && served.contains(&true)
}

/// Returns for each minor version of a region whether a version of a project has wheels for it.
pub(super) fn minors_served(region: &Region, page: &Page, version: usize) -> Vec<bool> {
    let strings: Vec<&str> = page.tag_strings().collect();
    let files = || page.files(version).filter_map(|at| page.file(at).tags());
    let tags = files().filter_map(|at| strings.get(at));
    let bits = tags.map(|tags| region.tags().judge(tags).map_or(0, |it| it.pythons));
    region.minors_of(bits.fold(0, |all, bits| all | bits))
}

/// Whether a version admits some Python of the region, and not the newest.
fn has_ceiling(region: &Region, page: &Page, version: usize) -> bool {
    let strings: Vec<&str> = page.python_strings().collect();
    page.files(version).all(|at| {
        let wanted = page.file(at).requires_python();
        let wanted = wanted.and_then(|at| Specifiers::parse_lenient(strings.get(at)?).ok());
        wanted.is_some_and(|wanted| {
            let newest = region.newest_admitted(&wanted);
            newest.is_some() && newest != region.pythons().last()
        })
    })
}
