//! What is to be solved: declarations, a target, and the policies that choose among versions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::catalog::{Catalog, Refusal};
use crate::facts::Facts;
use crate::index::Project;
use crate::input::FormatControl;
use crate::package::{Declaration, ExtraName, Marker, PackageName, Specifiers, Timestamp, Version};
use crate::target::{Misfit, Region, Target};

/// One question to the solver.
#[derive(Clone, Debug)]
pub struct Question {
    /// Requirements, constraints and overrides, in the order in which they were declared.
    pub declarations: Vec<Declaration>,
    /// Packages that are left out wherever they are asked for.
    pub excludes: BTreeSet<PackageName>,
    /// Where the result has to run; of a region, one of its environments.
    pub target: Target,
    /// All environments in which one answer has to serve, where that is more than the target.
    pub region: Option<Arc<Region>>,
    /// How to choose.
    pub policy: Policy,
    /// Versions to prefer where they fit, such as those of a former lock.
    pub preferences: BTreeMap<PackageName, Version>,
    /// What metadata does not say: bounds that nobody declares, drivers, GPUs.
    pub facts: Arc<Facts>,
    /// Which packages come from one index and from no other, and where; the first that holds counts.
    pub sources: Arc<[Source]>,
}

/// The one index that a package comes from, in some environments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The package.
    pub package: PackageName,
    /// The index' name.
    pub index: String,
    /// The environments.
    pub marker: Marker,
}

/// How to choose among versions and files.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Whether pre-releases may be chosen.
    pub prereleases: Prereleases,
    /// Packages whose pre-releases may be chosen as if a declaration named one.
    pub prereleases_of: BTreeSet<PackageName>,
    /// Which end of the admitted versions to take.
    pub resolution: ResolutionMode,
    /// Packages of which the oldest version is taken, whatever `resolution` says.
    pub lowest_of: BTreeSet<PackageName>,
    /// Packages that are decided as early as those that a requirement pins.
    pub early: BTreeSet<PackageName>,
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

impl Question {
    /// Whether a marker holds where the answer has to serve, or in some of those environments, with
    /// these extras asked for.
    pub fn holds(&self, marker: &Marker, extras: &[ExtraName]) -> bool {
        match &self.region {
            None => marker.holds(self.target.environment(), extras),
            Some(region) => region.may_hold(marker, extras),
        }
    }

    /// Returns the name of the one index that a package comes from, where there is one. A region is
    /// parted by the environments of sources before anything is asked.
    pub fn source_of(&self, name: &PackageName) -> Option<&str> {
        let mut sources = self.sources.iter().filter(|it| it.package == *name);
        let source = sources.find(|source| self.holds(&source.marker, &[]))?;
        Some(&source.index)
    }

    /// Asks for a project where it comes from: on its own index, where the builds of the target's
    /// flavour are, or on the indexes for any name.
    pub fn project_of(
        &self,
        name: &PackageName,
        catalog: &dyn Catalog,
    ) -> Result<Arc<Project>, Refusal> {
        match (self.source_of(name), self.target.accelerators().flavour) {
            (Some(index), _) => catalog.sourced(name, index),
            (None, Some(flavour)) if self.facts.is_family(name) => catalog.build(name, &flavour),
            (None, _) => catalog.project(name),
        }
    }

    /// Whether a `requires-python` admits the target's Python, or every Python of the region.
    pub fn admits_python(&self, requires_python: &Specifiers) -> bool {
        match &self.region {
            None => self.target.admits_python(requires_python),
            Some(region) => region.admits_python(requires_python),
        }
    }

    /// Returns how good the tags of a wheel are, lower for better ones, or the first axis on which
    /// they do not fit; of a region for some of its environments.
    pub fn rank(&self, tags: &str) -> Result<u32, Misfit> {
        match &self.region {
            None => self.target.tags().rank(tags),
            Some(region) => region.tags().judge(tags).map(|accepted| accepted.rank),
        }
    }

    /// Returns words for where the answer has to serve: `Python 3.10 on Linux x86_64 (glibc 2.28)`.
    pub fn place(&self) -> String {
        match &self.region {
            None => self.target.describe(),
            Some(region) => {
                let accelerators = self.target.accelerators().describe();
                [vec![region.describe()], accelerators].concat().join(", ")
            }
        }
    }
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
