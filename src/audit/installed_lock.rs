//! An environment as a lock, so that whatever reads locks reads environments.
//!
//! Nobody keeps which extras were asked for when something was installed: an extra counts where a
//! package or a declaration asks for it, and else nobody can hold its absence against the
//! environment.

use std::collections::{BTreeMap, BTreeSet};

use super::{Distribution, Installed};
use crate::lock::{Lock, LockedEdge, LockedPackage};
use crate::package::{ExtraName, PackageName, Requirement};
use crate::target::Target;

/// The extras that count, by package.
type Extras<'a> = BTreeMap<&'a PackageName, BTreeSet<&'a ExtraName>>;

impl Installed {
    /// Returns what is imported in this environment as a lock for its target; `asked` is what is
    /// declared.
    pub fn to_lock<'a>(
        &'a self,
        target: &Target,
        asked: impl IntoIterator<Item = &'a Requirement>,
    ) -> Lock {
        let active = self.active();
        let extras = extras(&active, target, asked);
        let packages = active.values().map(|distribution| {
            let own = extras.get(&distribution.name).into_iter().flatten();
            let own: Vec<ExtraName> = own.map(|extra| (*extra).clone()).collect();
            package(distribution, own, target)
        });
        Lock {
            created_by: String::new(),
            packages: packages.collect(),
            ..Lock::empty()
        }
        .sorted()
    }
}

fn extras<'a>(
    active: &BTreeMap<&'a PackageName, &'a Distribution>,
    target: &Target,
    asked: impl IntoIterator<Item = &'a Requirement>,
) -> Extras<'a> {
    let mut extras = Extras::new();
    let mut waiting: Vec<&PackageName> = active.keys().copied().collect();
    for requirement in asked {
        let own = extras.entry(&requirement.name).or_default();
        own.extend(&requirement.extras);
    }
    // Each step adds extras, and there are no more than metadata names.
    while let Some(name) = waiting.pop() {
        let Some(distribution) = active.get(name) else {
            continue;
        };
        let own = extras.get(name).into_iter().flatten();
        let own: Vec<ExtraName> = own.map(|extra| (*extra).clone()).collect();
        for need in counting(distribution, &own, target) {
            let theirs = extras.entry(&need.name).or_default();
            let before = theirs.len();
            theirs.extend(&need.extras);
            if theirs.len() > before {
                waiting.push(&need.name);
            }
        }
    }
    extras
}

/// Returns the requirements that count on the target, with these extras asked for.
fn counting<'a>(
    distribution: &'a Distribution,
    extras: &[ExtraName],
    target: &Target,
) -> impl Iterator<Item = &'a Requirement> {
    let needs = distribution.needs.iter();
    needs.filter(|need| need.marker.holds(target.environment(), extras))
}

fn package(distribution: &Distribution, extras: Vec<ExtraName>, target: &Target) -> LockedPackage {
    let edges = counting(distribution, &extras, target).map(|need| LockedEdge {
        requirement: need.clone(),
        version: None,
    });
    LockedPackage {
        requires_python: distribution
            .requires_python
            .as_ref()
            .map(ToString::to_string),
        source: distribution.source.clone(),
        edges: edges.collect(),
        extras,
        ..LockedPackage::new(distribution.name.clone(), distribution.version.clone())
    }
}
