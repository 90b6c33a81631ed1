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
