//! Which facts of a proof can go untold. PubGrub refutes each version by the first reason that it
//! comes upon, so that of a hundred versions some are out for one requirement and some for another,
//! where one alone would do for all; and it refutes versions that a declaration shuts out anyway.

use std::collections::{BTreeMap, BTreeSet};

use super::catalog::Failure;
use super::ledger::Ledger;
use super::ordinals::Ordinal;

/// A project, the extra under which it needs another, and that one.
pub(super) type Edge = (u32, Option<u32>, u32);

/// The versions that each edge is told of.
pub(super) type Needs = BTreeMap<Edge, BTreeSet<Ordinal>>;

/// Leaves out the versions that the declarations of a proof, which are told too, do not admit.
pub(super) fn without_shut_out(
    ledger: &Ledger<'_>,
    declared: &BTreeSet<(u32, u32)>,
    needs: &mut Needs,
) -> Result<(), Failure> {
    for &(at, project) in declared {
        let requirement = &ledger.declaration(at).requirement;
        if requirement.url.is_some() || !ledger.overrides(&requirement.name).is_empty() {
            continue;
        }
        let candidates = &ledger.known(project)?.candidates;
        let admitted = candidates.ordinals(requirement.specifiers.set());
        let count = candidates.usable().len();
        let admitted: BTreeSet<Ordinal> = admitted.ascending(count).collect();
        for (_, versions) in needs.range_mut((project, None, 0)..(project + 1, None, 0)) {
            versions.retain(|version| admitted.contains(version));
        }
    }
    needs.retain(|_, versions| !versions.is_empty());
    Ok(())
}

/// Tells of each version that some requirement alone refutes only one such, and of as few as will
/// do. `dead` has the versions whose requirement no usable version meets.
pub(super) fn with_fewest_reasons(needs: &mut Needs, dead: &Needs) {
    let parents: BTreeSet<(u32, Option<u32>)> = dead.keys().map(|edge| (edge.0, edge.1)).collect();
    for (project, extra) in parents {
        let edges = (project, extra, 0)..=(project, extra, u32::MAX);
        let mut reasons: Needs = BTreeMap::new();
        for (edge, versions) in dead.range(edges.clone()) {
            let told = needs.get(edge).into_iter().flatten();
            let told: BTreeSet<Ordinal> = told.copied().collect();
            reasons.insert(*edge, &told & versions);
        }
        let refuted: BTreeSet<Ordinal> = reasons.values().flatten().copied().collect();
        for (_, versions) in needs.range_mut(edges) {
            versions.retain(|version| !refuted.contains(version));
        }
        let mut left = refuted;
        while let Some((edge, versions)) = best(&reasons, &left) {
            left = &left - &versions;
            needs.entry(edge).or_default().extend(versions);
        }
    }
    needs.retain(|_, versions| !versions.is_empty());
}

/// Returns the reason that refutes most of some versions, the first of equals, and those it refutes.
fn best(reasons: &Needs, left: &BTreeSet<Ordinal>) -> Option<(Edge, BTreeSet<Ordinal>)> {
    let refuting = reasons
        .iter()
        .map(|(edge, versions)| (*edge, versions & left));
    let best = refuting.rev().max_by_key(|(_, versions)| versions.len());
    best.filter(|(_, versions)| !versions.is_empty())
}
