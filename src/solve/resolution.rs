//! The answer to a solve: one version of each package that is needed, and who needs it.

use std::collections::BTreeMap;
use std::sync::Arc;

use pubgrub::{SelectedDependencies, VersionSet as _};

use super::candidates::{Candidate, Candidates};
use super::catalog::Failure;
use super::ledger::Ledger;
use super::ordinals::{ABSENT, Ordinal, Ordinals};
use super::package::SolverPackage;
use crate::facts::Limit;
use crate::index::{Metadata, Page};
use crate::package::{DirectUrl, ExtraName, PackageName, Requirement, Version, VersionSet};
use crate::target::Flavour;

/// Packages by name, each with one version.
#[derive(Clone, Debug)]
pub struct Resolution {
    /// The packages that the declarations reach, sorted by name.
    pub packages: Vec<Resolved>,
    /// The positions of those whose limits made a difference.
    pub limiting: Vec<usize>,
    /// Extras that were asked for and that the chosen version does not have, with who asked.
    pub unknown_extras: Vec<(PackageName, ExtraName, Dependent)>,
    /// What the builds of the torch family are for, where one of them says it.
    pub flavour: Option<Flavour>,
}

impl Resolution {
    /// Returns the package of a name.
    pub fn package(&self, name: &PackageName) -> Option<&Resolved> {
        find(&self.packages, name)
    }
}

fn find<'a>(packages: &'a [Resolved], name: &PackageName) -> Option<&'a Resolved> {
    let at = packages.binary_search_by(|package| package.name.cmp(name));
    at.ok().map(|at| &packages[at])
}

/// One package of the answer.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The name.
    pub name: PackageName,
    /// The version chosen.
    pub version: Version,
    /// The project's versions and files.
    pub candidates: Arc<Candidates>,
    /// The version among them.
    pub candidate: Candidate,
    /// Its metadata.
    pub metadata: Arc<Metadata>,
    /// The extras that are wanted of it.
    pub extras: Vec<ExtraName>,
    /// What it needs under the target, extras included, in the order of its metadata.
    pub edges: Vec<Edge>,
    /// Who needs it: declarations first.
    pub dependents: Vec<Dependent>,
    /// The direct reference it is taken from.
    pub url: Option<Arc<DirectUrl>>,
    /// The versions that were tried before it and could not be used, newest first, each with the
    /// reason: a person should hear that another one was taken.
    pub passed_over: Vec<(Version, String)>,
    /// The limits that hold for it and made a difference: without them a newer version of what
    /// they limit would have met all that is said of it.
    pub limits: Vec<Arc<Limit>>,
}

/// A requirement of a package that holds under the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The requirement that counts: its own, or the override in its place.
    pub requirement: Requirement,
    /// The extra of the requiring package under which it holds.
    pub extra: Option<ExtraName>,
    /// The declaration that overrides it.
    pub overridden_by: Option<usize>,
}

/// Who needs a package.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dependent {
    /// The declaration at this position of the question.
    Declaration(usize),
    /// Another package.
    Package(PackageName),
}

impl Resolved {
    /// Returns the page that the version was found on.
    pub fn page(&self) -> &Page {
        self.candidates.page(self.candidate.page())
    }
}

/// Walks from the declarations over the chosen versions, so that nothing is in the answer that
/// nothing needs.
pub(crate) fn resolution_of(
    ledger: &Ledger<'_>,
    selected: &SelectedDependencies<SolverPackage, Ordinal>,
) -> Result<Resolution, Failure> {
    let mut walk = Walk {
        ledger,
        chosen: selected
            .iter()
            .filter_map(|(package, ordinal)| match package {
                SolverPackage::Project(project) if *ordinal != ABSENT => Some((*project, *ordinal)),
                _ => None,
            })
            .collect(),
        reached: BTreeMap::new(),
        unknown_extras: Vec::new(),
        waiting: Vec::new(),
        flavour: None,
    };
    for &at in &ledger.declared {
        let requirement = &ledger.question.declarations[at].requirement;
        for effective in ledger.effective(requirement) {
            let extras = effective.extras.iter().chain(&requirement.extras);
            walk.reach(&effective.name, extras, Dependent::Declaration(at))?;
        }
    }
    while let Some((name, extra)) = walk.waiting.pop() {
        walk.follow(&name, extra.as_ref())?;
    }
    walk.unknown_extras.sort();
    walk.unknown_extras.dedup();
    let mut packages: Vec<Resolved> = walk.reached.into_values().collect();
    let binding: Vec<Vec<Arc<Limit>>> = packages
        .iter()
        .map(|package| binding(ledger, package, &packages))
        .collect();
    for (package, binding) in packages.iter_mut().zip(binding) {
        package.limits = binding;
        package.dependents.sort();
        package.dependents.dedup();
        package.extras.sort();
    }
    Ok(Resolution {
        flavour: walk.flavour,
        limiting: (0..packages.len())
            .filter(|at| !packages[*at].limits.is_empty())
            .collect(),
        packages,
        unknown_extras: walk.unknown_extras,
    })
}

/// Returns the limits of a package that made a difference: without them a newer version of what
/// they limit would have met all that the answer says of it.
fn binding(ledger: &Ledger<'_>, by: &Resolved, packages: &[Resolved]) -> Vec<Arc<Limit>> {
    let is_binding = |limit: &&Arc<Limit>| {
        let name = &limit.needs.name;
        let Some(limited) = find(packages, name) else {
            return false;
        };
        let edges = packages.iter().flat_map(|package| &package.edges);
        let edges = edges.map(|edge| &edge.requirement);
        let declared = ledger.declared.iter();
        let declared = declared
            .map(|at| &ledger.question.declarations[*at].requirement)
            .flat_map(|requirement| ledger.effective(requirement));
        let said: Vec<&VersionSet> = edges
            .chain(declared)
            .filter(|requirement| requirement.name == *name)
            .map(|requirement| requirement.specifiers.set())
            .collect();
        let mut newer = limited.candidates.usable().iter().filter(|candidate| {
            !candidate.is_prerelease && limited.candidates.version(candidate) > limited.version
        });
        newer.any(|candidate| {
            let version = limited.candidates.version(candidate);
            !limit.needs.specifiers.contains(&version)
                && said.iter().all(|set| set.contains(&version))
        })
    };
    by.limits.iter().filter(is_binding).cloned().collect()
}

struct Walk<'l, 'a> {
    ledger: &'l Ledger<'a>,
    chosen: BTreeMap<u32, Ordinal>,
    reached: BTreeMap<PackageName, Resolved>,
    unknown_extras: Vec<(PackageName, ExtraName, Dependent)>,
    waiting: Vec<(PackageName, Option<ExtraName>)>,
    flavour: Option<Flavour>,
}

impl Walk<'_, '_> {
    fn reach<'e>(
        &mut self,
        name: &PackageName,
        extras: impl Iterator<Item = &'e ExtraName>,
        by: Dependent,
    ) -> Result<(), Failure> {
        if !self.reached.contains_key(name) {
            let Some(resolved) = self.resolved(name)? else {
                return Ok(());
            };
            self.reached.insert(name.clone(), resolved);
            self.waiting.push((name.clone(), None));
        }
        let Some(resolved) = self.reached.get_mut(name) else {
            return Ok(());
        };
        for extra in extras {
            if !resolved.metadata.extras.contains(extra) {
                self.unknown_extras
                    .push((name.clone(), extra.clone(), by.clone()));
            } else if !resolved.extras.contains(extra) {
                resolved.extras.push(extra.clone());
                self.waiting.push((name.clone(), Some(extra.clone())));
            }
        }
        resolved.dependents.push(by);
        Ok(())
    }

    fn resolved(&mut self, name: &PackageName) -> Result<Option<Resolved>, Failure> {
        let project = self.ledger.names.borrow_mut().project_id(name);
        let Some(&ordinal) = self.chosen.get(&project) else {
            return Ok(None);
        };
        let known = self.ledger.known(project)?;
        let Ok(metadata) = self.ledger.metadata(project, ordinal)? else {
            return Ok(None);
        };
        if let Some(flavour) = self.ledger.flavour_of(project, ordinal)? {
            let of_it = Ordinals::singleton(flavour);
            self.flavour = self.ledger.flavours_in(&of_it).first().copied();
        }
        let candidate = known.candidates.usable()[ordinal as usize];
        Ok(Some(Resolved {
            name: name.clone(),
            version: known.candidates.version(&candidate),
            candidates: Arc::clone(&known.candidates),
            candidate,
            metadata,
            extras: Vec::new(),
            edges: Vec::new(),
            dependents: Vec::new(),
            url: known.url.clone(),
            passed_over: self.passed_over(project, &known.candidates),
            limits: self.ledger.limits_on(project, ordinal)?,
        }))
    }

    fn passed_over(&self, project: u32, candidates: &Candidates) -> Vec<(Version, String)> {
        let untold = self.ledger.untold.borrow();
        untold
            .range((project, Ordinal::MIN)..=(project, Ordinal::MAX))
            .rev()
            .map(|((_, ordinal), why)| {
                let candidate = candidates.usable()[*ordinal as usize];
                (candidates.version(&candidate), why.to_string())
            })
            .collect()
    }

    fn follow(&mut self, name: &PackageName, extra: Option<&ExtraName>) -> Result<(), Failure> {
        let Some(resolved) = self.reached.get(name) else {
            return Ok(());
        };
        let metadata = Arc::clone(&resolved.metadata);
        let mut edges = Vec::new();
        for requirement in self.ledger.active(&metadata, extra) {
            for effective in self.ledger.effective(requirement) {
                let overridden_by = self
                    .ledger
                    .overrides(&requirement.name)
                    .iter()
                    .find(|at| {
                        std::ptr::eq(
                            &raw const self.ledger.question.declarations[**at].requirement,
                            effective,
                        )
                    })
                    .copied();
                edges.push(Edge {
                    requirement: effective.clone(),
                    extra: extra.cloned(),
                    overridden_by,
                });
                let extras = effective.extras.iter().chain(&requirement.extras);
                self.reach(&effective.name, extras, Dependent::Package(name.clone()))?;
            }
        }
        if let Some(resolved) = self.reached.get_mut(name) {
            resolved.edges.append(&mut edges);
        }
        Ok(())
    }
}
