//! What is asked of the version of one package: by declarations, and by the packages of the lock.

use super::Graph;
use crate::package::{DeclarationKind, Requirement, Version, VersionKey, VersionSet};
use crate::solve::Question;
use crate::target::Target;

/// Something that is asked of a package.
#[derive(Clone, Debug)]
pub struct Demand {
    /// Who asks.
    pub by: By,
    /// The specifiers as they are written; empty for any version.
    pub specifiers: String,
    /// The versions that they admit.
    pub set: VersionSet,
    /// Why, where it is not declared.
    pub because: Option<String>,
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// The declaration at this position of the lock's record.
    Declaration(usize),
    /// The package at this position of the graph.
    Package(usize),
    /// The same, by a fact that its metadata does not tell.
    Limit(usize),
}

impl Demand {
    fn of<'r>(by: By, requirements: impl Iterator<Item = &'r Requirement>) -> Option<Self> {
        let mut texts: Vec<String> = Vec::new();
        let mut set = VersionSet::full();
        for requirement in requirements.filter(|it| it.url.is_none()) {
            set = set.intersection(requirement.specifiers.set());
            let text = requirement.specifiers.to_string();
            if !text.is_empty() && !texts.contains(&text) {
                texts.push(text);
            }
        }
        (!texts.is_empty()).then(|| Self {
            by,
            specifiers: texts.join(","),
            set,
            because: None,
        })
    }

    /// Whether it admits a version.
    pub fn admits(&self, version: &Version) -> bool {
        self.set.contains_key(VersionKey::of(version).as_bytes())
            && self.set.admits_spelling(&version.to_string())
    }
}

impl Graph<'_> {
    /// Returns all that is asked of a package's version: declarations first, then packages by name.
    /// Overrides silence what requires it, and no constraint, as the solver has it.
    pub fn demands_on(&self, package: usize, target: Option<&Target>) -> Vec<Demand> {
        if self.is_overridden(package, target) {
            let kinds = [DeclarationKind::Override, DeclarationKind::Constraint];
            return self.declared_demands(package, &kinds, target);
        }
        let kinds = [DeclarationKind::Requirement, DeclarationKind::Constraint];
        let mut demands = self.declared_demands(package, &kinds, target);
        demands.extend(self.needed_by(package).iter().filter_map(|link| {
            let requirements = link.requirements.iter().copied();
            Demand::of(By::Package(link.from), requirements)
        }));
        demands
    }

    /// Returns what packages of the lock need of a package beside what they declare, as facts tell.
    /// An override does not lift it, as the solver has it.
    pub fn limits_on(&self, package: usize, question: &Question) -> Vec<Demand> {
        let target = &question.target;
        let name = &self.packages()[package].name;
        let mut demands = Vec::new();
        for (at, limited) in self.packages().iter().enumerate() {
            let Some(version) = &limited.version else {
                continue;
            };
            let platform = target.platform();
            let limits = question.facts.limits_on(&limited.name, version, platform);
            for limit in limits.filter(|limit| limit.needs.name == *name) {
                let demand = Demand::of(By::Limit(at), std::iter::once(&limit.needs));
                demands.extend(demand.map(|demand| Demand {
                    because: Some(limit.because.clone()),
                    ..demand
                }));
            }
        }
        demands
    }

    fn is_overridden(&self, package: usize, target: Option<&Target>) -> bool {
        let name = &self.packages()[package].name;
        let overrides = self.declarations_of(name, DeclarationKind::Override, target);
        !overrides.is_empty()
    }

    fn declared_demands(
        &self,
        package: usize,
        kinds: &[DeclarationKind],
        target: Option<&Target>,
    ) -> Vec<Demand> {
        let name = &self.packages()[package].name;
        let mut demands = Vec::new();
        for kind in kinds {
            for (at, declaration) in self.declarations_of(name, *kind, target) {
                let read = Requirement::parse(&declaration.text).ok();
                demands.extend(
                    read.and_then(|it| Demand::of(By::Declaration(at), std::iter::once(&it))),
                );
            }
        }
        demands
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::testing::lock;

    #[track_caller]
    fn check(declared: &[&str], expected: &[(By, &str)]) {
        let lock = lock(
            declared,
            &["a 1: b>=1, b<3 ; os_name == 'posix'", "b 2:", "c 1: b"],
        );
        let graph = Graph::new(&lock, None);
        let demands = graph.demands_on(1, None);
        let told: Vec<(By, &str)> = demands
            .iter()
            .map(|it| (it.by, it.specifiers.as_str()))
            .collect();

        assert_eq!(told, expected);
    }

    #[test]
    fn declarations_and_packages_ask_and_who_takes_any_version_does_not() {
        check(
            &["r.in:1 a", "r.in:2 b!=9", "c.txt:1 b<8"],
            &[
                (By::Declaration(1), "!=9"),
                (By::Declaration(2), "<8"),
                (By::Package(0), "<3,>=1"),
            ],
        );
    }

    #[test]
    fn an_override_silences_all_others_but_constraints() {
        check(
            &["r.in:1 a", "r.in:2 b!=9", "o.txt:1 b>=2", "c.txt:1 b<8"],
            &[(By::Declaration(2), ">=2"), (By::Declaration(3), "<8")],
        );
    }
}
