//! Which extras of a lock's packages are asked for on a target: an entry of a lock for many
//! environments names those that are asked for in any of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::lock::{Lock, LockedDeclaration, LockedPackage};
use crate::package::{DeclarationKind, ExtraName, Marker, PackageName, Requirement};

/// The extras that are asked for, by package.
type Asked = BTreeMap<PackageName, BTreeSet<ExtraName>>;

/// Returns for each package its extras that declarations and packages ask for, where `holds` tells
/// which markers do. Locks that do not keep what was declared say it of every environment.
pub(super) fn asked_for(
    lock: &Lock,
    packages: &[&LockedPackage],
    declared: &[&LockedDeclaration],
    holds: &dyn Fn(&Marker, &[ExtraName]) -> bool,
) -> Vec<Vec<ExtraName>> {
    let of_entry = |package: &&LockedPackage| package.extras.clone();
    let is_kept = lock.tool.as_ref().is_some_and(|it| !it.version.is_empty());
    let kinds = [DeclarationKind::Requirement, DeclarationKind::Override];
    let read: Option<Vec<Requirement>> = declared
        .iter()
        .filter(|it| kinds.contains(&it.kind))
        .map(|it| Requirement::parse(&it.text).ok())
        .collect();
    let Some(read) = read.filter(|read| is_kept && !read.is_empty()) else {
        return packages.iter().map(of_entry).collect();
    };
    let mut asked = Asked::new();
    for requirement in read.iter().filter(|it| holds(&it.marker, &[])) {
        add(&mut asked, requirement);
    }
    let own = |asked: &Asked, package: &LockedPackage| -> Vec<ExtraName> {
        let of_name = asked.get(&package.name);
        let is_asked = |extra: &&ExtraName| of_name.is_some_and(|it| it.contains(*extra));
        package.extras.iter().filter(is_asked).cloned().collect()
    };
    // Each round but the last finds an extra.
    let mut is_more = true;
    while is_more {
        is_more = false;
        for package in packages {
            let extras = own(&asked, package);
            let edges = package.edges.iter().map(|edge| &edge.requirement);
            let edges = edges.filter(|it| !it.extras.is_empty() && holds(&it.marker, &extras));
            for requirement in edges {
                is_more |= add(&mut asked, requirement);
            }
        }
    }
    packages
        .iter()
        .map(|package| own(&asked, package))
        .collect()
}

/// Adds what a requirement asks for, and tells whether that is new.
fn add(asked: &mut Asked, requirement: &Requirement) -> bool {
    let known = asked.entry(requirement.name.clone()).or_default();
    let before = known.len();
    known.extend(requirement.extras.iter().cloned());
    known.len() > before
}
