//! What is settled before versions are chosen, or nearly so: what the declarations leave of the packages
//! that they name, and what the versions of these that were picked require of others. Of two that
//! require what excludes one another, the one that is declared mostly stays.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use foldhash::{HashMap, HashSet};

use super::once::lock;
use crate::index::Metadata;
use crate::package::{DeclarationKind, ExtraName, PackageName, Requirement, VersionSet};
use crate::solve::Question;

/// The versions within which an answer lies, as far as can be told.
pub(super) struct Bounds {
    question: Arc<Question>,
    declared: HashMap<PackageName, VersionSet>,
    /// The packages of which the declarations replace what others require.
    overridden: HashSet<PackageName>,
    required: Mutex<Required>,
}

/// What the picked versions of declared packages require.
#[derive(Default)]
struct Required {
    /// By the name of what is required, and of the one that does.
    sets: HashMap<PackageName, HashMap<PackageName, VersionSet>>,
    /// By the name of the one that does, what is required.
    bounded: HashMap<PackageName, BTreeSet<PackageName>>,
    /// By the name of what is required, the others that ask for it and were let through.
    asking: HashMap<PackageName, HashSet<PackageName>>,
}

/// By what a version is ruled out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RuledOut {
    /// By the declarations themselves.
    Declarations,
    /// By what the picked version of a declared package requires.
    By(PackageName),
}

/// What new bounds change for others.
#[derive(Debug, Default)]
pub(super) struct Learned {
    /// Whether less was required before by the same package: what that ruled out may fit now.
    pub(super) is_replaced: bool,
    /// The packages that ask for what has new bounds.
    pub(super) asking: BTreeSet<PackageName>,
}

impl Bounds {
    /// Starts with what the declarations say.
    pub(super) fn of(question: Arc<Question>) -> Self {
        let holding = question.declarations.iter().filter(|declaration| {
            declaration.kind == DeclarationKind::Override
                && question.holds(&declaration.requirement.marker, &[])
        });
        Self {
            declared: declared(&question),
            overridden: holding.map(|it| it.requirement.name.clone()).collect(),
            question,
            required: Mutex::default(),
        }
    }

    /// Returns what the declarations leave of a package that they name.
    pub(super) fn declared(&self, name: &PackageName) -> Option<&VersionSet> {
        self.declared.get(name)
    }

    /// Takes into account what a version requires, with some extras, if its package is declared, instead of
    /// what another of its versions required.
    pub(super) fn learn(&self, metadata: &Metadata, extras: &[ExtraName]) -> Learned {
        let by = &metadata.name;
        if !self.declared.contains_key(by) {
            return Learned::default();
        }
        let mut new: HashMap<PackageName, VersionSet> = HashMap::default();
        for requirement in metadata.requires.asked(extras) {
            let is_for_some = self.question.region.is_some() && !requirement.marker.is_always();
            if !is_for_some && self.may_bound(requirement) && self.counts(requirement, extras) {
                let left = new.entry(requirement.name.clone());
                let left = left.or_insert_with(VersionSet::full);
                *left = left.intersection(requirement.specifiers.set());
            }
        }
        // What excludes itself is for the solver to tell.
        new.retain(|_, set| !set.is_empty());
        let mut required = lock(&self.required);
        let Required {
            sets,
            bounded,
            asking,
        } = &mut *required;
        let names: BTreeSet<PackageName> = new.keys().cloned().collect();
        let before = bounded.insert(by.clone(), names).unwrap_or_default();
        let mut learned = Learned::default();
        for name in before.iter().filter(|name| !new.contains_key(*name)) {
            sets.get_mut(name).and_then(|sets| sets.remove(by));
            learned.is_replaced = true;
        }
        for (name, set) in new {
            let sets = sets.entry(name.clone()).or_default();
            if sets.get(by) == Some(&set) {
                continue;
            }
            learned.is_replaced |= sets.insert(by.clone(), set).is_some();
            learned
                .asking
                .extend(asking.get(&name).into_iter().flatten().cloned());
        }
        learned
    }

    /// Returns by what a version, with some extras, is ruled out, because it requires what lies out of the
    /// bounds; one that is not is remembered among those that ask.
    pub(super) fn rule_out(&self, metadata: &Metadata, extras: &[ExtraName]) -> Option<RuledOut> {
        let mut required = lock(&self.required);
        let Required { sets, asking, .. } = &mut *required;
        // Of those that are declared, none is preferred to another.
        let is_declared = self.declared.contains_key(&metadata.name);
        for requirement in metadata.requires.asked(extras) {
            let name = &requirement.name;
            let wanted = requirement.specifiers.set();
            let declared = self.declared.get(name);
            let out = match declared.filter(|set| set.intersection(wanted).is_empty()) {
                Some(_) => Some(RuledOut::Declarations),
                None if is_declared => None,
                None => sets.get(name).and_then(|sets| excluding(sets, wanted)),
            };
            if let Some(out) = out.filter(|_| self.counts(requirement, extras)) {
                return Some(out);
            }
        }
        if !is_declared {
            for requirement in metadata
                .requires
                .asked(extras)
                .filter(|it| self.may_bound(it))
            {
                let asking = asking.entry(requirement.name.clone()).or_default();
                asking.insert(metadata.name.clone());
            }
        }
        None
    }

    /// Whether a requirement can leave less of a package.
    fn may_bound(&self, requirement: &Requirement) -> bool {
        !requirement.specifiers.is_any() && !self.overridden.contains(&requirement.name)
    }

    /// Whether a requirement asks for anything on the target.
    fn counts(&self, requirement: &Requirement, extras: &[ExtraName]) -> bool {
        requirement.url.is_none()
            && !self.question.excludes.contains(&requirement.name)
            && self.question.holds(&requirement.marker, extras)
    }
}

/// Returns whose set excludes what is wanted. Where the sets exclude one another they say nothing of
/// others.
fn excluding(sets: &HashMap<PackageName, VersionSet>, wanted: &VersionSet) -> Option<RuledOut> {
    let is_out = |set: &VersionSet| set.intersection(wanted).is_empty();
    let by = sets
        .iter()
        .filter(|(_, set)| is_out(set))
        .map(|(by, _)| by)
        .min()?;
    let mut all = VersionSet::full();
    for set in sets.values() {
        all = all.intersection(set);
    }
    (!all.is_empty()).then(|| RuledOut::By(by.clone()))
}

/// Returns what a question's declarations leave of the packages that they name. In a region, what
/// some environments are told rules nothing out in the others.
fn declared(question: &Question) -> HashMap<PackageName, VersionSet> {
    let mut declared: HashMap<PackageName, VersionSet> = HashMap::default();
    let counts = question
        .declarations
        .iter()
        .filter(|declaration| question.holds(&declaration.requirement.marker, &[]));
    let everywhere = counts.clone().filter(|declaration| {
        question.region.is_none() || declaration.requirement.marker.is_always()
    });
    for declaration in everywhere {
        let requirement = &declaration.requirement;
        let set = requirement.specifiers.set();
        let left = declared
            .entry(requirement.name.clone())
            .or_insert_with(VersionSet::full);
        *left = left.intersection(set);
    }
    // What is replaced bars nothing.
    for declaration in counts.filter(|it| it.kind == DeclarationKind::Override) {
        declared.remove(&declaration.requirement.name);
    }
    // Neither do declarations that exclude one another: the solver says so.
    declared.retain(|_, set| !set.is_empty());
    declared
}
