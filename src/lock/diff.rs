//! What moved between two locks, whatever files they were read from.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::Pins;
use crate::package::{Digest, PackageName, Version};

/// One difference between a former lock and a new one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockChange {
    /// The package was not there.
    Added {
        /// The package.
        name: PackageName,
        /// Its version; source trees may have none.
        version: Option<Version>,
    },
    /// The package is not there any more.
    Removed {
        /// The package.
        name: PackageName,
        /// The version it had.
        version: Option<Version>,
    },
    /// The version grew.
    Upgraded {
        /// The package.
        name: PackageName,
        /// The former version.
        from: Version,
        /// The new one.
        to: Version,
    },
    /// The version shrank.
    Downgraded {
        /// The package.
        name: PackageName,
        /// The former version.
        from: Version,
        /// The new one.
        to: Version,
    },
    /// The version is the same and its files are not.
    FilesChanged {
        /// The package.
        name: PackageName,
        /// The version.
        version: Option<Version>,
    },
}

impl LockChange {
    /// Returns the package it speaks of.
    pub fn name(&self) -> &PackageName {
        match self {
            Self::Added { name, .. }
            | Self::Removed { name, .. }
            | Self::Upgraded { name, .. }
            | Self::Downgraded { name, .. }
            | Self::FilesChanged { name, .. } => name,
        }
    }

    /// Returns the word for its kind, as reports for machines have it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Added { .. } => "added",
            Self::Removed { .. } => "removed",
            Self::Upgraded { .. } => "upgraded",
            Self::Downgraded { .. } => "downgraded",
            Self::FilesChanged { .. } => "files-changed",
        }
    }

    /// Returns the version before and the one after, where there are such.
    pub fn versions(&self) -> (Option<&Version>, Option<&Version>) {
        match self {
            Self::Added { version, .. } => (None, version.as_ref()),
            Self::Removed { version, .. } => (version.as_ref(), None),
            Self::Upgraded { from, to, .. } | Self::Downgraded { from, to, .. } => {
                (Some(from), Some(to))
            }
            Self::FilesChanged { version, .. } => (version.as_ref(), version.as_ref()),
        }
    }
}

/// Returns what has to change for `former` to become `new`, sorted by name.
pub fn changes(former: &Pins, new: &Pins) -> Vec<LockChange> {
    let names: BTreeSet<&PackageName> = former.names().chain(new.names()).collect();
    names
        .into_iter()
        .flat_map(|name| changes_of(name, former, new))
        .collect()
}

fn changes_of(name: &PackageName, former: &Pins, new: &Pins) -> Vec<LockChange> {
    let before: BTreeMap<_, _> = former.of(name).collect();
    let after: BTreeMap<_, _> = new.of(name).collect();
    let only = |pins: &BTreeMap<&Option<Version>, &BTreeSet<Digest>>,
                others: &BTreeMap<&Option<Version>, &BTreeSet<Digest>>| {
        pins.keys()
            .filter(|version| !others.contains_key(*version))
            .map(|version| (*version).clone())
            .collect::<Vec<_>>()
    };
    let gone = only(&before, &after);
    let come = only(&after, &before);
    let mut changes = match (gone.as_slice(), come.as_slice()) {
        ([Some(from)], [Some(to)]) => vec![moved(name, from, to)],
        _ => replaced(name, gone, come),
    };
    for (version, digests) in &before {
        if after
            .get(version)
            .is_some_and(|now| are_other_files(digests, now))
        {
            changes.push(LockChange::FilesChanged {
                name: name.clone(),
                version: (*version).clone(),
            });
        }
    }
    changes
}

/// Digests that one side does not tell prove no change.
fn are_other_files(former: &BTreeSet<Digest>, new: &BTreeSet<Digest>) -> bool {
    !former.is_empty() && !new.is_empty() && former != new
}

fn moved(name: &PackageName, from: &Version, to: &Version) -> LockChange {
    let (name, from, to) = (name.clone(), from.clone(), to.clone());
    match from.cmp(&to) {
        Ordering::Greater => LockChange::Downgraded { name, from, to },
        Ordering::Less | Ordering::Equal => LockChange::Upgraded { name, from, to },
    }
}

fn replaced(
    name: &PackageName,
    gone: Vec<Option<Version>>,
    come: Vec<Option<Version>>,
) -> Vec<LockChange> {
    let removed = gone.into_iter().map(|version| LockChange::Removed {
        name: name.clone(),
        version,
    });
    let added = come.into_iter().map(|version| LockChange::Added {
        name: name.clone(),
        version,
    });
    removed.chain(added).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lock::read_requirements_pins;
    use crate::source::SourceFile;

    #[track_caller]
    fn check(former: &str, new: &str, expected: &[&str]) {
        let pins = |text: &str| read_requirements_pins(&SourceFile::new("a.txt", text));
        let told: Vec<String> = changes(&pins(former), &pins(new))
            .iter()
            .map(|change| format!("{change:?}").replace("PackageName", ""))
            .collect();

        assert_eq!(told.len(), expected.len(), "{told:?}");
        for (told, expected) in told.iter().zip(expected) {
            let words: Vec<&str> = expected.split_whitespace().collect();
            assert!(words.iter().all(|word| told.contains(word)), "{told}");
        }
    }

    #[test]
    fn changes_are_sorted_by_name_and_tell_their_direction() {
        check(
            "c==2\nb==1\na==1\n",
            "d==1\nc==1\nb==1.1\na==1\n",
            &["Upgraded b 1.1", "Downgraded c", "Added d"],
        );
        check("b==1\n", "", &["Removed b"]);
        check("", "", &[]);
    }

    #[test]
    fn several_versions_of_a_name_come_and_go_one_by_one() {
        check(
            "a==1 ; os_name == 'nt'\na==2 ; os_name != 'nt'\n",
            "a==2\n",
            &["Removed a 1"],
        );
        check("a==1.0\n", "a==1\n", &[]);
    }

    #[test]
    fn other_digests_are_a_change_only_where_both_sides_tell_them() {
        let hashed = |digit: &str| format!("a==1 --hash=sha256:{}\n", digit.repeat(64));

        check(&hashed("1"), &hashed("2"), &["FilesChanged a"]);
        check("a==1\n", &hashed("2"), &[]);
    }
}
