//! What is known of the packages that claims speak of.

use std::collections::BTreeMap;

use crate::package::{PackageName, Requirement, Specifiers, Version};

/// What the indexes say of the packages in claims.
#[derive(Clone, Debug, Default)]
pub struct ClaimEvidence {
    /// What the indexes have, by package; none for those that no index has.
    pub projects: BTreeMap<PackageName, Released>,
    /// The packages that could not be asked for, with the reason.
    pub failed: BTreeMap<PackageName, String>,
    /// What installing one package does to another that is installed.
    pub installs: Vec<InstallTried>,
}

/// What installing one package does to another that is installed: it was played.
#[derive(Clone, Debug)]
pub struct InstallTried {
    /// The package that is installed.
    pub name: PackageName,
    /// Its versions.
    pub range: Specifiers,
    /// Over what: `colab.freeze`.
    pub over: String,
    /// The package that is there.
    pub other: PackageName,
    /// Its version.
    pub before: Version,
    /// Its version then.
    pub after: Version,
    /// What the one would be installed as.
    pub chosen: Version,
}

/// What an index has of a package.
#[derive(Clone, Debug, Default)]
pub struct Released {
    /// Its final versions that are not yanked, ascending.
    pub versions: Vec<Version>,
    /// The names of their wheels.
    pub wheels: Vec<(Version, String)>,
    /// What those versions require that were looked into.
    pub requires: BTreeMap<Version, Vec<Requirement>>,
}

impl Released {
    /// Returns the versions that stand for a range: the oldest and the newest in it.
    pub fn samples(&self, range: &Specifiers) -> Vec<&Version> {
        let mut within = self.versions.iter().filter(|it| range.contains(it));
        let oldest = within.next();
        let newest = within.next_back();
        oldest.into_iter().chain(newest).collect()
    }
}
