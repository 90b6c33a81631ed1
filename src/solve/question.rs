//! What is to be solved: declarations, a target, and the policies that choose among versions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::facts::Facts;
use crate::input::FormatControl;
use crate::package::{Declaration, PackageName, Timestamp, Version};
use crate::target::Target;

/// One question to the solver.
#[derive(Clone, Debug)]
pub struct Question {
    /// Requirements, constraints and overrides, in the order in which they were declared.
    pub declarations: Vec<Declaration>,
    /// Packages that are left out wherever they are asked for.
    pub excludes: BTreeSet<PackageName>,
    /// Where the result has to run.
    pub target: Target,
    /// How to choose.
    pub policy: Policy,
    /// Versions to prefer where they fit, such as those of a former lock.
    pub preferences: BTreeMap<PackageName, Version>,
    /// What metadata does not say: bounds that nobody declares, drivers, GPUs.
    pub facts: Arc<Facts>,
}

/// How to choose among versions and files.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Whether pre-releases may be chosen.
    pub prereleases: Prereleases,
    /// Which end of the admitted versions to take.
    pub resolution: ResolutionMode,
    /// Packages of which the oldest version is taken, whatever `resolution` says.
    pub lowest_of: BTreeSet<PackageName>,
    /// Files uploaded at this moment or later do not exist.
    pub exclude_newer: Option<Timestamp>,
    /// Other cut-offs for some packages; `None` lifts the general one.
    pub exclude_newer_package: BTreeMap<PackageName, Option<Timestamp>>,
    /// Packages whose wheels, or whose source distributions, are not used.
    pub formats: FormatControl,
}

/// When pre-releases may be chosen; the names are uv's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Prereleases {
    /// Never.
    Disallow,
    /// Always, as if they were releases.
    Allow,
    /// Only where no stable release can serve.
    IfNecessary,
    /// Only for packages of which a declaration names a pre-release.
    Explicit,
    /// Either of the two before.
    #[default]
    IfNecessaryOrExplicit,
}

/// Which end of the admitted versions to take; the names are uv's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResolutionMode {
    /// The newest of everything.
    #[default]
    Highest,
    /// The oldest of everything.
    Lowest,
    /// The oldest of what is declared, the newest of the rest.
    LowestDirect,
}

impl Policy {
    /// Returns the cut-off for a package.
    pub fn cutoff(&self, name: &PackageName) -> Option<Timestamp> {
        match self.exclude_newer_package.get(name) {
            Some(cutoff) => *cutoff,
            None => self.exclude_newer,
        }
    }
}
