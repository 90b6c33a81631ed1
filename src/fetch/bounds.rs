//! What is settled before versions are chosen, or nearly so: what the declarations leave of the packages
//! that they name, and what the versions of these that were picked require of others. Of two that
//! require what excludes one another, the one that is declared mostly stays.

use std::sync::{Arc, Mutex};

use foldhash::HashMap;

use super::once::lock;
use crate::index::Metadata;
use crate::package::{DeclarationKind, ExtraName, PackageName, Requirement, VersionSet};
use crate::solve::Question;

/// The versions within which an answer lies, as far as can be told.
pub(super) struct Bounds {
    question: Arc<Question>,
    declared: HashMap<PackageName, VersionSet>,
    required: Mutex<Required>,
}

/// What packages that are declared require.
#[derive(Default)]
struct Required {
    /// Of a package, by the name of the one that does.
    of: HashMap<PackageName, HashMap<PackageName, VersionSet>>,
    /// By the name of the one that does, of which packages.
    by: HashMap<PackageName, Vec<PackageName>>,
}

impl Bounds {
    /// Gathers those of the declarations.
    pub(super) fn of(question: Arc<Question>) -> Self {
        Self {
            declared: declared(&question),
            question,
            required: Mutex::default(),
        }
    }

    /// Returns what the declarations leave of a package that they name.
    pub(super) fn declared(&self, name: &PackageName) -> Option<&VersionSet> {
        self.declared.get(name)
    }

    /// Takes into account what a version requires, with some extras, if its package is declared, instead of
    /// what another of its versions required; returns of which packages that leaves less.
    pub(super) fn learn(&self, metadata: &Metadata, extras: &[ExtraName]) -> Vec<PackageName> {
        if !self.declared.contains_key(&metadata.name) {
            return Vec::new();
        }
        let mut required = lock(&self.required);
        let Required { of, by } = &mut *required;
        for name in by.remove(&metadata.name).unwrap_or_default() {
            if let Some(sets) = of.get_mut(&name) {
                sets.remove(&metadata.name);
            }
        }
        let mut names = Vec::new();
        for requirement in metadata.requires.asked(extras) {
            let is_for_some = self.question.region.is_some() && !requirement.marker.is_always();
            if is_for_some
                || requirement.specifiers.is_any()
                || self.is_overridden(&requirement.name)
                || !self.counts(requirement, extras)
            {
                continue;
            }
            let sets = of.entry(requirement.name.clone()).or_default();
            let left = sets
                .entry(metadata.name.clone())
                .or_insert_with(VersionSet::full);
            *left = left.intersection(requirement.specifiers.set());
            names.push(requirement.name.clone());
        }
        by.insert(metadata.name.clone(), names.clone());
        names
    }

    /// Whether a version, with some extras, requires what lies out of the bounds.
    pub(super) fn bar(&self, metadata: &Metadata, extras: &[ExtraName]) -> bool {
        let required = lock(&self.required);
        // Of those that are declared, none is preferred to another.
        let is_declared = self.declared.contains_key(&metadata.name);
        let is_out = |requirement: &Requirement| {
            let by = required.of.get(&requirement.name).filter(|_| !is_declared);
            let sets = by.into_iter().flat_map(HashMap::values);
            let mut sets = sets.chain(self.declared.get(&requirement.name));
            sets.any(|set| set.intersection(requirement.specifiers.set()).is_empty())
        };
        let mut asked = metadata.requires.asked(extras);
        asked.any(|requirement| is_out(requirement) && self.counts(requirement, extras))
    }

    /// Whether a requirement asks for anything on the target.
    fn counts(&self, requirement: &Requirement, extras: &[ExtraName]) -> bool {
        requirement.url.is_none()
            && !self.question.excludes.contains(&requirement.name)
            && self.question.holds(&requirement.marker, extras)
    }

    fn is_overridden(&self, name: &PackageName) -> bool {
        let mut declarations = self.question.declarations.iter();
        declarations.any(|declaration| {
            declaration.kind == DeclarationKind::Override && declaration.requirement.name == *name
        })
    }
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
