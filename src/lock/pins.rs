//! The least that any lock says: names, versions and digests. It is what a former output is read
//! for, as preferences of the solver and for the tale of what changed.

use std::collections::{BTreeMap, BTreeSet};

use super::{Lock, LockedSource};
use crate::package::{Digest, PackageName, Version};

/// One pinned version with the digests of its files, where they are told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pin {
    /// The version; source trees may have none.
    pub version: Option<Version>,
    /// The digests of all its files.
    pub digests: BTreeSet<Digest>,
}

/// Pins by name; a name has several where environments differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pins(BTreeMap<PackageName, BTreeMap<Option<Version>, BTreeSet<Digest>>>);

impl Pins {
    /// Adds a pin; digests of the same version come together.
    pub fn add(&mut self, name: PackageName, pin: Pin) {
        let versions = self.0.entry(name).or_default();
        versions.entry(pin.version).or_default().extend(pin.digests);
    }

    /// Returns the names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &PackageName> {
        self.0.keys()
    }

    /// Returns the versions of a name, ascending.
    pub fn versions(&self, name: &PackageName) -> impl Iterator<Item = &Version> {
        self.0
            .get(name)
            .into_iter()
            .flat_map(|versions| versions.keys().flatten())
    }

    /// Returns the digests of all files of a version.
    pub fn digests(&self, name: &PackageName, version: &Version) -> impl Iterator<Item = &Digest> {
        let versions = self.0.get(name).into_iter();
        let digests = versions.filter_map(|versions| versions.get(&Some(version.clone())));
        digests.flatten()
    }

    /// Returns the pins of a name, ascending by version.
    pub(super) fn of(
        &self,
        name: &PackageName,
    ) -> impl Iterator<Item = (&Option<Version>, &BTreeSet<Digest>)> {
        self.0.get(name).into_iter().flatten()
    }

    /// Whether nothing is pinned.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&Lock> for Pins {
    fn from(lock: &Lock) -> Self {
        let mut pins = Self::default();
        for package in &lock.packages {
            let files = package.artifacts().flat_map(|file| file.digests.clone());
            // A commit of git is named by a digest of all that is in it.
            let commit = match &package.source {
                LockedSource::Vcs { commit_id, .. } => Digest::parse(&format!("sha1:{commit_id}")),
                _ => None,
            };
            let digests = files.chain(commit);
            pins.add(
                package.name.clone(),
                Pin {
                    version: package.version.clone(),
                    digests: digests.collect(),
                },
            );
        }
        pins
    }
}
