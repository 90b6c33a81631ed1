//! Targets that stand for what the lock of another tool claims to be for: Pythons of its range, on
//! Linux, macOS and Windows, as far as its markers tell them apart.

use std::collections::BTreeSet;

use crate::explain::list;
use crate::lock::Lock;
use crate::package::{ExtraName, Marker, MarkerTexts, Specifiers, Version};
use crate::target::{PythonVersion, Target};

/// The oldest Python that is looked at.
pub(super) const OLDEST: u64 = 8;

/// Ordinary machines, new enough for all their wheels.
const USUAL: &[&str] = &["manylinux_2_40_x86_64", "macosx_26_0_arm64", "win_amd64"];

/// The machines to look at where a lock is for none of those.
const UNUSUAL: &[&str] = &[
    "manylinux_2_40_aarch64",
    "musllinux_1_2_x86_64",
    "macosx_26_0_x86_64",
    "win_arm64",
];

/// No lock is looked at on more targets.
const MOST: usize = 40;

/// Returns a target for each kind of environment that the lock is for and that its markers tell
/// apart; none where it does not say what it is for.
pub fn claimed_targets(lock: &Lock) -> Vec<Target> {
    if lock.requires_python.is_none() && lock.environments.is_empty() {
        return Vec::new();
    }
    let pythons = pythons(lock);
    let markers = Markers::new(lock);
    let on = |platforms: &[&str]| -> Vec<Target> {
        let platforms = platforms.iter().filter_map(|name| name.parse().ok());
        let targets = platforms.flat_map(|platform| {
            let targets = pythons
                .iter()
                .map(|python| Target::new(python.clone(), platform));
            markers.told_apart(targets)
        });
        targets.take(MOST).collect()
    };
    match on(USUAL) {
        none if none.is_empty() => on(UNUSUAL),
        targets => targets,
    }
}

/// Says for whom a lock is that claims so: `Python 3.10 to 3.15 on Linux and Windows`.
pub fn claims_in_words(targets: &[&Target]) -> String {
    let mut pythons: Vec<&PythonVersion> = targets.iter().map(|it| it.python()).collect();
    pythons.sort_by_key(|python| python.version());
    let pythons = match (pythons.first(), pythons.last()) {
        (Some(first), Some(last)) if first != last => format!("Python {first} to {last}"),
        (first, _) => first.map_or_else(String::new, |only| only.describe()),
    };
    let mut systems: Vec<&str> = Vec::new();
    for target in targets {
        if !systems.contains(&system(target)) {
            systems.push(system(target));
        }
    }
    format!("{pythons} on {}, as it claims", list(&systems))
}

/// Says what a lock tells of such a target: `Python 3.10 on Linux`.
pub(super) fn environment_in_words(target: &Target) -> String {
    format!("{} on {}", target.python().describe(), system(target))
}

/// Returns the system of a target in words.
pub(super) fn system(target: &Target) -> &str {
    match target.environment().platform_system() {
        "Darwin" => "macOS",
        other => other,
    }
}

/// The minor versions that the lock's range admits, and the versions that it names.
fn pythons(lock: &Lock) -> Vec<PythonVersion> {
    let range = lock.requires_python.as_deref();
    let range = range.and_then(|text| Specifiers::parse_lenient(text).ok());
    let newest = PythonVersion::newest_stable().minor();
    let mut named: BTreeSet<Version> = (OLDEST..=newest)
        .map(|minor| Version::new([3, minor]))
        .collect();
    let clauses = range.iter().flat_map(|range| range.text().split(','));
    let versions = clauses.filter_map(|clause| {
        let version = clause.trim_start_matches(['<', '>', '=', '!', '~']);
        version.parse::<Version>().ok()
    });
    named.extend(versions.filter(|it| it.release().len() == 3));
    let pythons = named.iter().filter_map(|it| it.to_string().parse().ok());
    let admitted = |python: &PythonVersion| {
        let range = range.as_ref();
        range.is_none_or(|range| range.contains(python.version()))
    };
    pythons.filter(admitted).collect()
}

/// All markers of a lock, each once.
struct Markers {
    environments: Vec<Marker>,
    others: Vec<Marker>,
    extras: Vec<ExtraName>,
}

impl Markers {
    fn new(lock: &Lock) -> Self {
        let texts = &mut MarkerTexts::default();
        let environments = lock.environments.iter();
        let environments = environments.filter_map(|text| texts.parse(text).ok());
        let environments: Vec<Marker> = environments.collect();
        let edges = lock.packages.iter().flat_map(|it| &it.edges);
        let edges = edges.map(|edge| edge.requirement.marker.text());
        let packages = lock.packages.iter().filter_map(|it| it.marker.as_deref());
        let distinct: BTreeSet<&str> = edges.chain(packages).filter(|it| !it.is_empty()).collect();
        let others = distinct
            .into_iter()
            .filter_map(|text| texts.parse(text).ok());
        Self {
            others: others.collect(),
            environments,
            extras: lock
                .packages
                .iter()
                .flat_map(|it| it.extras.clone())
                .collect(),
        }
    }

    /// Leaves of the Pythons of a platform the first of each run that the markers do not tell apart.
    fn told_apart(&self, targets: impl Iterator<Item = Target>) -> Vec<Target> {
        let mut former: Option<Vec<bool>> = None;
        let mut kept = Vec::new();
        for target in targets {
            let environment = target.environment();
            let holds = |marker: &Marker| marker.holds(environment, &self.extras);
            if !self.environments.is_empty() && !self.environments.iter().any(holds) {
                continue;
            }
            let answers: Vec<bool> = self.others.iter().map(holds).collect();
            if former.as_ref() != Some(&answers) {
                former = Some(answers);
                kept.push(target);
            }
        }
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lock::{LockedEdge, LockedPackage};
    use crate::package::Requirement;

    #[track_caller]
    fn check(pythons: Option<&str>, environments: &[&str], edges: &[&str], expected: &[&str]) {
        let edges = edges.iter().map(|text| LockedEdge {
            requirement: Requirement::parse(text).unwrap(),
            version: None,
        });
        let package = LockedPackage {
            edges: edges.collect(),
            ..LockedPackage::new("a".parse().unwrap(), None)
        };
        let lock = Lock {
            requires_python: pythons.map(str::to_owned),
            environments: environments.iter().map(|it| (*it).to_owned()).collect(),
            packages: vec![package],
            ..Lock::empty()
        };
        let targets = claimed_targets(&lock);
        let told: Vec<String> = targets.iter().map(environment_in_words).collect();

        assert_eq!(told, expected);
    }

    #[test]
    fn one_python_stands_for_those_that_no_marker_tells_apart() {
        check(None, &[], &["b"], &[]);
        check(
            Some(">=3.10"),
            &[],
            &["b"],
            &[
                "Python 3.10 on Linux",
                "Python 3.10 on macOS",
                "Python 3.10 on Windows",
            ],
        );
        check(
            Some(">=3.9,<3.13"),
            &["sys_platform == 'linux'"],
            &[
                "b ; python_version < '3.11'",
                "c ; python_version >= '3.12'",
            ],
            &[
                "Python 3.9 on Linux",
                "Python 3.11 on Linux",
                "Python 3.12 on Linux",
            ],
        );
    }

    #[test]
    fn a_lock_for_unusual_machines_or_a_patch_version_is_looked_at_there() {
        check(
            Some("==3.11.4"),
            &["platform_machine == 'aarch64'"],
            &["b"],
            &["Python 3.11.4 on Linux"],
        );
    }
}
