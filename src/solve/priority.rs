//! What to decide next: which package the solver turns to, as long as several wait.
//!
//! Declarations first, then direct references, then packages that are pinned or have one version
//! left, then contested ones, and among equals the one that was met first. An extra goes right
//! before its base.
//!
//! A package is contested once it has tried several versions in vain: some package decided before
//! it stands in its way, and deciding the two the other way round is what helps. boto3 against an
//! urllib3 that is newer than any botocore bears would otherwise try a thousand versions. PubGrub
//! cannot undo a decision on request, so the search starts again with the new order; each package
//! causes that at most once, and all that was learned of the world is in memory by then.

use std::cmp::Reverse;

use foldhash::HashMap;
use pubgrub::{Set, VersionSet as _};

use super::ordinals::{ABSENT, Ordinals};
use super::package::SolverPackage;

/// Greater is decided sooner.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Priority {
    class: Class,
    met: Reverse<u32>,
    is_extra: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    /// Nothing needs it so far: only limits speak of it.
    Unneeded,
    Quiet,
    Contested,
    Pinned,
    Direct,
    Declared,
}

/// The order in which projects were met, and what was seen of them.
#[derive(Debug, Default)]
pub(crate) struct Order {
    met: HashMap<u32, Met>,
}

#[derive(Debug)]
struct Met {
    at: u32,
    is_pinned: bool,
    is_direct: bool,
}

impl Order {
    /// Notes that a requirement on a project was met. That some requirement pins it stays true.
    pub(crate) fn meet(&mut self, project: u32, is_pin: bool, is_direct: bool) {
        let at = self.met.len() as u32;
        let met = self.met.entry(project).or_insert(Met {
            at,
            is_pinned: false,
            is_direct,
        });
        met.is_pinned |= is_pin;
    }

    /// Returns the priority of a package.
    pub(crate) fn priority(
        &self,
        package: SolverPackage,
        range: &Ordinals,
        contested: &Set<u32>,
    ) -> Priority {
        let (project, is_extra) = match package {
            SolverPackage::Root => return Priority::declared(0),
            SolverPackage::Declared(at) => return Priority::declared(at + 1),
            SolverPackage::Flavour => return Priority::first_of(Class::Pinned),
            SolverPackage::Project(_) if range.contains(&ABSENT) => {
                return Priority::first_of(Class::Unneeded);
            }
            SolverPackage::Project(project) => (project, false),
            SolverPackage::Extra(project, _) => (project, true),
        };
        let Some(met) = self.met.get(&project) else {
            return Priority::declared(0);
        };
        let class = if met.is_direct {
            Class::Direct
        } else if met.is_pinned || range.is_single() {
            Class::Pinned
        } else if contested.contains(&project) {
            Class::Contested
        } else {
            Class::Quiet
        };
        Priority {
            class,
            met: Reverse(met.at),
            is_extra,
        }
    }
}

impl Priority {
    fn first_of(class: Class) -> Self {
        Self {
            class,
            met: Reverse(0),
            is_extra: false,
        }
    }

    fn declared(at: u32) -> Self {
        Self {
            class: Class::Declared,
            met: Reverse(at),
            is_extra: false,
        }
    }
}
