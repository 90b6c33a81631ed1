//! How much a repair changes: of two that work, the smaller is told first.

use crate::package::{Specifiers, Version, VersionKey};
use crate::solve::Candidates;

/// Less is smaller.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cost {
    /// How many extras they ask for in vain: to come to a version without them mends little.
    pub(crate) lost: usize,
    /// How many declarations change.
    pub(crate) touched: usize,
    /// How many of them come to a pre-release.
    pub(crate) prereleases: usize,
    /// How many of them come to another major version.
    pub(crate) majors: usize,
    /// How many of them go back to older versions.
    pub(crate) older: usize,
    /// Over how many releases they move together.
    pub(crate) releases: usize,
}

/// Measures the way from what a declaration admits to a version.
pub(crate) fn distance(
    specifiers: &Specifiers,
    version: &Version,
    candidates: Option<&Candidates>,
) -> Cost {
    let key = VersionKey::of(version);
    let releases = candidates.map(releases).unwrap_or_default();
    let is_admitted = |key: &[u8]| specifiers.set().contains_key(key);
    let nearest = releases
        .iter()
        .enumerate()
        .filter(|(_, (known, _))| is_admitted(known))
        .map(|(at, _)| at);
    let place = releases.partition_point(|(known, _)| known.as_slice() < key.as_bytes());
    let nearest = nearest.min_by_key(|at| at.abs_diff(place));
    let from = match nearest {
        Some(at) => Some(releases[at].1.clone()),
        None => operand(specifiers),
    };
    let major = |version: &Version| (version.epoch(), version.release().first().copied());
    let is_older = from.as_ref().is_some_and(|from| version < from);
    let is_other_major = from.is_some_and(|from| major(&from) != major(version));
    Cost {
        lost: 0,
        touched: 1,
        prereleases: usize::from(version.any_prerelease()),
        majors: usize::from(is_other_major),
        older: usize::from(is_older),
        releases: nearest.map_or(1, |at| at.abs_diff(place)),
    }
}

impl std::ops::AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.lost += other.lost;
        self.touched += other.touched;
        self.prereleases += other.prereleases;
        self.majors += other.majors;
        self.older += other.older;
        self.releases += other.releases;
    }
}

/// The releases of a project, usable or not, ascending.
fn releases(candidates: &Candidates) -> Vec<(Vec<u8>, Version)> {
    let mut releases = Vec::new();
    for index_page in &candidates.project().pages {
        let page = &index_page.page;
        let stable = (0..page.len()).filter(|version| !page.is_prerelease(*version));
        releases.extend(stable.map(|at| (page.key(at).to_vec(), page.version(at))));
    }
    releases.sort();
    releases.dedup();
    releases
}

/// The version that the first clause names.
fn operand(specifiers: &Specifiers) -> Option<Version> {
    let clause = specifiers.text().split(',').next()?;
    let operand = clause.trim_start_matches(['=', '<', '>', '!', '~']);
    operand.trim().trim_end_matches(".*").parse().ok()
}
