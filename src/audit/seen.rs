//! What rules on indexes share: the packages that an index has told of, and why it told nothing of
//! the others.

use super::remarks::Remarks;
use super::{Known, OnIndex, Subject};
use crate::lock::LockedPackage;
use crate::package::{Digest, Timestamp};

/// Seconds of a day.
pub(super) const DAY: i64 = 24 * 60 * 60;

/// Returns the packages that an index has told of, with their positions; of those that could not be
/// asked for it is told that they were not judged. What comes from no index, and what no index has,
/// is nothing to these rules.
pub(super) fn seen<'s>(
    subject: &Subject<'s>,
    remarks: &mut Remarks,
) -> Vec<(usize, &'s LockedPackage, &'s OnIndex)> {
    let mut seen = Vec::new();
    for (at, package, known) in known(subject) {
        match known {
            Known::Seen(on) => seen.push((at, package, on.as_ref())),
            Known::Failed(why) | Known::NotAsked(why) => remarks.cannot_judge(&package.name, why),
            Known::Absent { .. } | Known::Direct => {}
        }
    }
    seen
}

/// Returns what is known of each package, with its position.
pub(super) fn known<'s>(
    subject: &Subject<'s>,
) -> impl Iterator<Item = (usize, &'s LockedPackage, &'s Known)> {
    let known = subject
        .evidence
        .index
        .into_iter()
        .flat_map(|it| &it.packages);
    let packages = subject.lock.packages.iter().zip(known).enumerate();
    packages.map(|(at, (package, known))| (at, package, known))
}

/// Whether a file has one of the digests; nothing where none is of an algorithm that both tell.
pub(super) fn agrees(one: &[Digest], other: &[Digest]) -> Option<bool> {
    let both = one.iter().filter_map(|digest| {
        let mut same = other.iter();
        same.find(|it| it.algorithm() == digest.algorithm())
            .map(|it| it == digest)
    });
    both.reduce(|all, same| all && same)
}

/// Returns the day of a moment: `2026-10-01`.
pub(super) fn day(moment: Timestamp) -> String {
    moment.to_string().chars().take(10).collect()
}
