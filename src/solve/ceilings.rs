//! Upper bounds of Python over the versions of a project.
//!
//! The newest versions often say up to which Python they were tested, and old ones from before that
//! custom say nothing. For several Pythons at once such an old version is no way round the bounds of
//! the new ones: it works no better there, it only does not say so. Where a region ends below the
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
    let mut newer = refused.iter().filter(|version| {
        let page = &project.pages[version.page].page;
        version.why == Unfit::Python
            && !page.is_prerelease(version.version)
            && page.key(version.version) > newest
    });
    let mut ceilings = newer.by_ref().map(|version| {
        let page = &project.pages[version.page].page;
        has_ceiling(region, page, version.version)
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
