//! Where no usable version is left: which wordings ask for what is not there, and why the versions
//! that exist cannot serve.

use std::collections::{BTreeMap, BTreeSet};

use super::candidates::Unfit;
use super::catalog::Failure;
use super::conflict::Fact;
use super::ledger::{Known, Ledger};
use crate::package::{PackageName, Requirement, Version, VersionSet};

/// Tells a hole, unless no fact asks for the package, or the wordings that ask for it are each met
/// by some version: then they only exclude each other, and the facts before say so.
pub(super) fn nothing_fact(
    ledger: &Ledger<'_>,
    project: u32,
    facts: &[Fact],
) -> Result<Option<Fact>, Failure> {
    let known = ledger.known(project)?;
    let name = ledger.name(project);
    let asked = wordings(ledger, &name, facts);
    if asked.is_empty() {
        return Ok(None);
    }
    let mut wanted: Vec<Requirement> = asked
        .iter()
        .filter(|requirement| is_hole(&known, requirement.specifiers.set()))
        .cloned()
        .collect();
    if wanted.is_empty() {
        // Together they may still leave only versions that cannot be used.
        let all = asked.iter().fold(VersionSet::full(), |set, requirement| {
            set.intersection(requirement.specifiers.set())
        });
        let leaves_some = unusable_in(&known, &all)
            .iter()
            .any(|(_, versions)| !versions.is_empty());
        if known.absence.is_none() && !leaves_some {
            return Ok(None);
        }
        wanted = asked;
    }
    let set = wanted.iter().fold(VersionSet::full(), |set, requirement| {
        set.intersection(requirement.specifiers.set())
    });
    let mut unusable = unusable_in(&known, &set);
    if unusable.is_empty() {
        // Each wording may be that of another version, and have a hole of its own.
        let mut by_reason: BTreeMap<Unfit, BTreeSet<Version>> = BTreeMap::new();
        for requirement in &wanted {
            for (why, versions) in unusable_in(&known, requirement.specifiers.set()) {
                by_reason.entry(why).or_default().extend(versions);
            }
        }
        let newest_first = |versions: BTreeSet<Version>| versions.into_iter().rev().collect();
        let by_reason = by_reason.into_iter();
        unusable = by_reason
            .map(|(why, versions)| (why, newest_first(versions)))
            .collect();
    }
    Ok(Some(Fact::Nothing {
        unusable,
        absence: known.absence.clone(),
        name,
        wanted,
    }))
}

fn is_hole(known: &Known, set: &VersionSet) -> bool {
    let usable = known.candidates.usable();
    known
        .candidates
        .ordinals(set)
        .ascending(usable.len())
        .all(|ordinal| usable[ordinal as usize].is_prerelease)
}

/// Returns what the facts ask of a package, each wording once.
fn wordings(ledger: &Ledger<'_>, name: &PackageName, facts: &[Fact]) -> Vec<Requirement> {
    let mut asked: Vec<Requirement> = Vec::new();
    let mut add = |requirement: &Requirement| {
        if requirement.name == *name && !asked.contains(requirement) {
            asked.push(requirement.clone());
        }
    };
    let none = Vec::new();
    for fact in facts {
        let (own, overrides) = match fact {
            Fact::Declared { at, overrides } => (
                vec![&ledger.question.declarations[*at].requirement],
                overrides,
            ),
            Fact::Needs {
                needs, overrides, ..
            } => (needs.iter().collect(), overrides),
            Fact::Limited { limit, .. } => (vec![&limit.needs], &none),
            Fact::BuiltFor { .. }
            | Fact::Unmet { .. }
            | Fact::Refused { .. }
            | Fact::Nothing { .. } => continue,
        };
        if overrides.is_empty() {
            own.into_iter().for_each(&mut add);
        } else {
            for at in overrides {
                add(&ledger.question.declarations[*at].requirement);
            }
        }
    }
    asked
}

fn unusable_in(known: &Known, set: &VersionSet) -> Vec<(Unfit, Vec<Version>)> {
    let candidates = &known.candidates;
    let mut by_reason: BTreeMap<Unfit, Vec<Version>> = BTreeMap::new();
    for refused in candidates.refused().iter().rev() {
        if candidates.is_refused_in(refused, set) {
            let page = candidates.page(refused.page());
            by_reason
                .entry(refused.why)
                .or_default()
                .push(page.version(refused.version()));
        }
    }
    by_reason.into_iter().collect()
}
