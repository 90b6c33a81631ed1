//! How one declaration may give way: to which side of the versions that it admits, and which
//! question is asked to find out how far.

use std::sync::Arc;

use crate::package::{Declaration, PackageName, Specifiers, VersionSet};
use crate::solve::{Candidates, Question, Unfit};

/// Where the versions are that a declaration does not admit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    /// Newer than all that it admits.
    Above,
    /// Older than all that it admits.
    Below,
    /// Between some that it admits.
    Between,
}

impl Side {
    fn of(self, set: &VersionSet) -> VersionSet {
        match self {
            Self::Above => set.above(),
            Self::Below => set.below(),
            Self::Between => set.gaps(),
        }
    }
}

/// Returns the sides to which a declaration can give way; none where it admits every version, names
/// a file, or demands hashes that other versions cannot have.
pub(crate) fn sides(declaration: &Declaration, candidates: Option<&Candidates>) -> Vec<Side> {
    let requirement = &declaration.requirement;
    if requirement.url.is_some() || !declaration.digests.is_empty() {
        return Vec::new();
    }
    let set = requirement.specifiers.set();
    [Side::Above, Side::Below, Side::Between]
        .into_iter()
        .filter(|side| {
            let there = side.of(set);
            !there.is_empty() && candidates.is_none_or(|known| has_any(known, &there))
        })
        .collect()
}

/// Whether a version there can be used, or could, but for a constraint that may give way too.
fn has_any(candidates: &Candidates, set: &VersionSet) -> bool {
    candidates.newest_in(set).is_some()
        || candidates.refused().iter().any(|refused| {
            matches!(refused.why, Unfit::Constraint(_))
                && set.contains_key(candidates.page(refused.page()).key(refused.version()))
        })
}

/// Returns the sides on which a version has a wheel that fits.
pub(crate) fn wheel_sides(declaration: &Declaration, candidates: &Candidates) -> Vec<Side> {
    let has_wheel = |side: &Side| {
        let there = side.of(declaration.requirement.specifiers.set());
        candidates.has_wheel_in(&there)
    };
    let sides = sides(declaration, Some(candidates));
    sides.into_iter().filter(has_wheel).collect()
}

/// Returns the question with some declarations moved to their sides, where the nearest version is
/// the one to take: the oldest above, the newest below. They are decided before what goes with them:
/// the newest torchvision would have the newest torch.
pub(crate) fn relaxed(question: &Question, moved: &[(usize, Side)]) -> Arc<Question> {
    let mut relaxed = question.clone();
    for &(at, side) in moved {
        let Some(declaration) = relaxed.declarations.get_mut(at) else {
            continue;
        };
        let requirement = &mut declaration.requirement;
        let old = &requirement.specifiers;
        requirement.specifiers = Specifiers::from_parts(
            old.text(),
            side.of(old.set()),
            false,
            old.names_prerelease(),
        );
        let name: PackageName = requirement.name.clone();
        match side {
            Side::Above => relaxed.policy.lowest_of.insert(name.clone()),
            Side::Below | Side::Between => relaxed.policy.lowest_of.remove(&name),
        };
        relaxed.policy.early.insert(name);
    }
    Arc::new(relaxed)
}

/// Returns the ways in which several declarations can give way together, the likeliest first: each
/// to its first side, then one of them to another.
pub(crate) fn combinations(sides: &[(usize, Vec<Side>)], most: usize) -> Vec<Vec<(usize, Side)>> {
    let Some(first) = sides
        .iter()
        .map(|(at, sides)| Some((*at, *sides.first()?)))
        .collect::<Option<Vec<_>>>()
    else {
        return Vec::new();
    };
    let mut all = vec![first.clone()];
    for (place, (at, sides)) in sides.iter().enumerate() {
        for &side in &sides[1..] {
            let mut other = first.clone();
            other[place] = (*at, side);
            all.push(other);
        }
    }
    all.truncate(most);
    all
}
