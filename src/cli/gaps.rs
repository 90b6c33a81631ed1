//! Platforms and Pythons in a lock for many environments that would get no file of some packages.

use std::collections::{BTreeMap, BTreeSet};

use crate::explain::list;
use crate::solve::{Fork, Gap, gaps};
use crate::source::Problem;
use crate::target::Target;

/// Of the packages that a platform gets no file of, so many are named.
const MOST_SHOWN: usize = 6;

/// Tells of platforms and Pythons that would get no file of some packages.
pub(super) fn gap_warnings(forks: &[Fork]) -> Vec<Problem> {
    // Parts that differ in Python alone may leave out the same.
    let mut minors: BTreeMap<(Option<String>, String), BTreeSet<u64>> = BTreeMap::new();
    for gap in forks.iter().flat_map(gaps) {
        let label = format!("{} {}", gap.name, gap.version);
        let platform = gap.platform.map(|platform| platform.words());
        let of_label = minors.entry((platform, label)).or_default();
        of_label.extend(gap.minors);
    }
    let mut by_place: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for ((platform, label), minors) in minors {
        let place = place_of(platform, &minors.into_iter().collect::<Vec<_>>());
        by_place.entry(place).or_default().insert(label);
    }
    let warnings = by_place.into_iter().map(|(place, labels)| {
        let mut shown: Vec<String> = labels.iter().take(MOST_SHOWN).cloned().collect();
        if labels.len() > MOST_SHOWN {
            shown.push(format!("{} more", labels.len() - MOST_SHOWN));
        }
        let message = format!("{place} gets no file of {}", list(&shown));
        let help = "What needs them cannot be installed there. Leave it out of `environments`, or \
                    put it into `required-environments` for versions that serve it.";
        Problem::anywhere(message).with_help(help).as_warning()
    });
    warnings.collect()
}

fn place_of(platform: Option<String>, minors: &[u64]) -> String {
    let number = |minor: &u64| format!("3.{minor}");
    let pythons = match minors {
        [] => String::new(),
        [only] => format!("Python {}", number(only)),
        [first, .., last] => format!("Python {} to {}", number(first), number(last)),
    };
    match platform {
        Some(platform) => format!("{platform} ({pythons})"),
        None => pythons,
    }
}

/// Returns the targets that get a file of every package: the others were told of, and a lock is not
/// judged by them again. All of them, where none does.
pub(super) fn served(forks: &[Fork], targets: &[Target]) -> Vec<Target> {
    let gaps: Vec<Gap> = forks.iter().flat_map(gaps).collect();
    let lacks = |target: &&Target| {
        let minor = target.python().minor();
        gaps.iter().any(|gap| {
            let is_there = gap.minors.contains(&minor);
            is_there && gap.platform.is_none_or(|it| it.is_of(target.environment()))
        })
    };
    let (lacking, served): (Vec<&Target>, Vec<&Target>) = targets.iter().partition(lacks);
    let kept = if served.is_empty() { lacking } else { served };
    kept.into_iter().cloned().collect()
}
