//! Why there is no solution, as the facts that PubGrub's proof rests on.
//!
//! A derivation tree is too long to read and its sets are ordinals. What a person needs are its
//! leaves, in the order in which one leads to the next: a line of theirs, what the packages it
//! brings in need, and where no version is left. This is that list, in plain values.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use pubgrub::{DerivationTree, External};

use super::candidates::{Candidates, Unfit};
use super::catalog::{Failure, Refusal};
use super::holes::nothing_fact;
use super::ledger::Ledger;
use super::ordinals::{Ordinal, Ordinals};
use super::package::SolverPackage;
use super::thinning::{Edge, Needs, with_fewest_reasons, without_shut_out};
use super::tried::TriedAndRefused;
use crate::facts::Limit;
use crate::package::{ExtraName, PackageName, Requirement, Version};
use crate::target::Flavour;

/// The proof that no solution exists.
pub(crate) type Proof = DerivationTree<SolverPackage, Ordinals, TriedAndRefused>;

/// Why there is no solution.
#[derive(Clone, Debug)]
pub struct Conflict {
    /// The facts, each after those that lead to it; the last ones say where nothing is left.
    pub facts: Vec<Fact>,
    /// The packages that the facts speak of, and others of the proof.
    pub packages: BTreeMap<PackageName, Arc<Candidates>>,
}

/// One leaf of the proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A declaration asks for a package.
    Declared {
        /// The position of the declaration in the question.
        at: usize,
        /// The declarations that override it.
        overrides: Vec<usize>,
    },
    /// A declaration cannot be met as it stands, whatever else is declared.
    Unmet {
        /// The position of the declaration in the question.
        at: usize,
        /// The reason.
        why: String,
    },
    /// Versions of a package need another one.
    Needs {
        /// The package and the versions that the proof speaks of.
        who: VersionsOf,
        /// The extra under which it needs it.
        extra: Option<ExtraName>,
        /// What it needs, each wording once, from the newest version to the oldest.
        needs: Vec<Requirement>,
        /// The declarations that override these needs.
        overrides: Vec<usize>,
    },
    /// Versions of a package work only with some of another one, though they do not say so.
    Limited {
        /// The package and the versions that the proof speaks of.
        who: VersionsOf,
        /// The limit.
        limit: Arc<Limit>,
    },
    /// Versions of a package are built for these flavours, and one answer has one flavour.
    BuiltFor {
        /// The package and the versions that the proof speaks of.
        who: VersionsOf,
        /// What they are built for, sorted.
        flavours: Vec<Flavour>,
    },
    /// Versions of a package turned out to be unusable when they were tried.
    Refused {
        /// The package and the versions.
        who: VersionsOf,
        /// The reason.
        why: String,
        /// Whether it is the target's Python that is refused.
        is_python: bool,
    },
    /// No usable version is left where one is wanted.
    Nothing {
        /// The package.
        name: PackageName,
        /// The wordings that ask for it and that no usable version meets.
        wanted: Vec<Requirement>,
        /// Why there is nothing of it at all.
        absence: Option<Absence>,
        /// The versions that exist there and cannot be used, by reason, newest first.
        unusable: Vec<(Unfit, Vec<Version>)>,
    },
}

/// Why there is nothing at all of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Absence {
    /// No index that may be asked has it; which ones were asked.
    NotFound(String),
    /// The direct reference it comes from cannot be used; why.
    Unusable(String),
}

impl Absence {
    /// Takes a refusal of a whole project; a failure is none.
    pub(crate) fn of(refusal: Refusal) -> Option<Self> {
        match refusal {
            Refusal::Missing(asked) => Some(Self::NotFound(asked)),
            Refusal::Unusable(why) => Some(Self::Unusable(why)),
            Refusal::Failed(_) => None,
        }
    }
}

/// Some of the versions of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionsOf {
    /// The package.
    pub name: PackageName,
    /// Runs of neighbouring usable versions, first and last, ascending.
    pub runs: Vec<(Version, Version)>,
    /// Whether these are all its usable versions.
    pub is_all: bool,
}

/// Gathers the facts of a proof.
pub(crate) fn conflict_of(ledger: &Ledger<'_>, proof: &Proof) -> Result<Conflict, Failure> {
    let mut gathered = Gathered::default();
    for leaf in leaves(proof) {
        gathered.add(ledger, leaf);
    }
    gathered.into_conflict(ledger)
}

/// Returns every leaf once, without recursion: a proof can be thousands of steps deep.
fn leaves(proof: &Proof) -> Vec<&External<SolverPackage, Ordinals, TriedAndRefused>> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let mut waiting = vec![proof];
    while let Some(node) = waiting.pop() {
        if !seen.insert(std::ptr::from_ref(node)) {
            continue;
        }
        match node {
            DerivationTree::External(external) => found.push(external),
            DerivationTree::Derived(derived) => {
                waiting.push(&derived.cause2);
                waiting.push(&derived.cause1);
            }
        }
    }
    found
}

#[derive(Default)]
struct Gathered {
    declared: BTreeSet<(u32, u32)>,
    unmet: BTreeMap<u32, String>,
    needs: Needs,
    /// Those of them whose wish no usable version meets.
    dead: Needs,
    /// The versions of the torch family of which the proof says what they are built for.
    built: BTreeMap<u32, BTreeSet<Ordinal>>,
    refused: BTreeMap<(u32, TriedAndRefused), BTreeSet<Ordinal>>,
    /// Packages of which the proof says that no version is left.
    emptied: BTreeSet<u32>,
}

impl Gathered {
    fn add(
        &mut self,
        ledger: &Ledger<'_>,
        leaf: &External<SolverPackage, Ordinals, TriedAndRefused>,
    ) {
        let count = |project: u32| {
            ledger
                .known(project)
                .map_or(0, |known| known.candidates.usable().len())
        };
        match leaf {
            External::NotRoot(..) => {}
            External::NoVersions(package, _) => self.emptied.extend(package.project()),
            External::Custom(package, versions, why) => match package {
                SolverPackage::Root | SolverPackage::Flavour => {}
                SolverPackage::Declared(at) => {
                    let name = &ledger.declaration(*at).requirement.name;
                    let project = ledger.names.borrow_mut().project_id(name);
                    self.declared.insert((*at, project));
                    self.unmet.insert(*at, why.to_string());
                }
                SolverPackage::Project(project) | SolverPackage::Extra(project, _) => self
                    .refused
                    .entry((*project, why.clone()))
                    .or_default()
                    .extend(versions.ascending(count(*project))),
            },
            External::FromDependencyOf(parent, versions, child, wanted) => {
                let Some(to) = child.project() else {
                    if let (SolverPackage::Flavour, Some(from)) = (child, parent.project()) {
                        let all = versions.ascending(count(from));
                        self.built.entry(from).or_default().extend(all);
                    }
                    return;
                };
                if wanted.is_empty() {
                    self.emptied.insert(to);
                }
                let (from, extra) = match *parent {
                    SolverPackage::Root | SolverPackage::Flavour => return,
                    SolverPackage::Declared(at) => {
                        self.declared.insert((at, to));
                        return;
                    }
                    SolverPackage::Project(project) => (project, None),
                    SolverPackage::Extra(project, extra) => (project, Some(extra)),
                };
                if extra.is_some() && from == to {
                    return;
                }
                let edge = (from, extra, to);
                let versions: Vec<Ordinal> = versions.ascending(count(from)).collect();
                if wanted.is_empty() {
                    self.dead.entry(edge).or_default().extend(&versions);
                }
                self.needs.entry(edge).or_default().extend(versions);
            }
        }
    }

    /// Puts the facts in order: each declaration, then what follows from it, step by step.
    fn into_conflict(mut self, ledger: &Ledger<'_>) -> Result<Conflict, Failure> {
        let packages = self.packages(ledger)?;
        without_shut_out(ledger, &self.declared, &mut self.needs)?;
        with_fewest_reasons(&mut self.needs, &self.dead);
        let mut facts = Vec::new();
        let mut told: BTreeSet<Edge> = BTreeSet::new();
        let mut told_refused: BTreeSet<(u32, TriedAndRefused)> = BTreeSet::new();
        let mut told_built: BTreeSet<u32> = BTreeSet::new();
        for &(at, to) in &self.declared {
            facts.push(declared_fact(ledger, at));
            facts.extend(self.unmet.get(&at).map(|why| Fact::Unmet {
                at: ledger.declared[at as usize],
                why: why.clone(),
            }));
            let mut waiting = vec![to];
            while let Some(from) = waiting.pop() {
                for (edge, versions) in self.needs.range((from, None, 0)..(from + 1, None, 0)) {
                    if told.insert(*edge) {
                        facts.extend(needs_fact(ledger, *edge, versions)?);
                        facts.extend(limited_facts(ledger, *edge, versions)?);
                        waiting.push(edge.2);
                    }
                }
                if let Some(versions) = self.built.get(&from)
                    && told_built.insert(from)
                {
                    facts.extend(built_facts(ledger, from, versions)?);
                }
                for (key, versions) in &self.refused {
                    if key.0 == from && told_refused.insert(key.clone()) {
                        facts.push(Fact::Refused {
                            who: versions_of(ledger, from, versions)?,
                            why: key.1.to_string(),
                            is_python: key.1.is_python,
                        });
                    }
                }
            }
        }
        for &project in &self.emptied {
            let hole = nothing_fact(ledger, project, &facts)?;
            facts.extend(hole);
        }
        Ok(Conflict { facts, packages })
    }

    /// Returns the packages that the proof speaks of, told or not.
    fn packages(
        &self,
        ledger: &Ledger<'_>,
    ) -> Result<BTreeMap<PackageName, Arc<Candidates>>, Failure> {
        let of_edges = self.needs.keys().flat_map(|edge| [edge.0, edge.2]);
        let declared = self.declared.iter().map(|(_, to)| *to);
        let projects = of_edges.chain(declared).chain(self.emptied.iter().copied());
        projects
            .map(|project| Ok((ledger.name(project), candidates(ledger, project)?)))
            .collect()
    }
}

fn candidates(ledger: &Ledger<'_>, project: u32) -> Result<Arc<Candidates>, Failure> {
    Ok(Arc::clone(&ledger.known(project)?.candidates))
}

fn declared_fact(ledger: &Ledger<'_>, at: u32) -> Fact {
    Fact::Declared {
        at: ledger.declared[at as usize],
        overrides: ledger
            .overrides(&ledger.declaration(at).requirement.name)
            .to_vec(),
    }
}

fn needs_fact(
    ledger: &Ledger<'_>,
    (from, extra, to): Edge,
    versions: &BTreeSet<Ordinal>,
) -> Result<Option<Fact>, Failure> {
    let child = ledger.name(to);
    let extra = extra.map(|extra| ledger.names.borrow().extra(extra).clone());
    let mut needs: Vec<Requirement> = Vec::new();
    for &ordinal in versions.iter().rev() {
        let Ok(metadata) = ledger.metadata(from, ordinal)? else {
            continue;
        };
        for requirement in ledger.active(&metadata, extra.as_ref()) {
            if requirement.name == child && !needs.contains(requirement) {
                needs.push(requirement.clone());
            }
        }
    }
    if needs.is_empty() {
        return Ok(None);
    }
    Ok(Some(Fact::Needs {
        who: versions_of(ledger, from, versions)?,
        extra,
        needs,
        overrides: ledger.overrides(&child).to_vec(),
    }))
}

/// Tells the limits by which versions of one package bear only some of another.
fn limited_facts(
    ledger: &Ledger<'_>,
    (from, extra, to): Edge,
    versions: &BTreeSet<Ordinal>,
) -> Result<Vec<Fact>, Failure> {
    if extra.is_some() {
        return Ok(Vec::new());
    }
    let child = ledger.name(to);
    let mut limited: Vec<(Arc<Limit>, BTreeSet<Ordinal>)> = Vec::new();
    for &ordinal in versions {
        for limit in ledger.limits_on(from, ordinal)? {
            if limit.needs.name != child {
                continue;
            }
            match limited.iter_mut().find(|(known, _)| *known == limit) {
                Some((_, versions)) => drop(versions.insert(ordinal)),
                None => limited.push((limit, BTreeSet::from([ordinal]))),
            }
        }
    }
    limited
        .into_iter()
        .map(|(limit, versions)| {
            let who = versions_of(ledger, from, &versions)?;
            Ok(Fact::Limited { who, limit })
        })
        .collect()
}

/// Tells what versions are built for, those of one flavour together.
fn built_facts(
    ledger: &Ledger<'_>,
    project: u32,
    versions: &BTreeSet<Ordinal>,
) -> Result<Option<Fact>, Failure> {
    let mut ids = Vec::new();
    for &ordinal in versions {
        ids.extend(ledger.flavour_of(project, ordinal)?);
    }
    ids.sort_unstable();
    ids.dedup();
    let flavours = ledger.flavours_in(&Ordinals::from_ranges(ids.iter().map(|id| (*id, id + 1))));
    let who = versions_of(ledger, project, versions)?;
    Ok((!flavours.is_empty()).then_some(Fact::BuiltFor { who, flavours }))
}

fn versions_of(
    ledger: &Ledger<'_>,
    project: u32,
    ordinals: &BTreeSet<Ordinal>,
) -> Result<VersionsOf, Failure> {
    let known = ledger.known(project)?;
    let usable = known.candidates.usable();
    let version = |ordinal: Ordinal| known.candidates.version(&usable[ordinal as usize]);
    let mut runs: Vec<(Ordinal, Ordinal)> = Vec::new();
    for &ordinal in ordinals {
        match runs.last_mut() {
            Some(run) if run.1 + 1 == ordinal => run.1 = ordinal,
            _ => runs.push((ordinal, ordinal)),
        }
    }
    Ok(VersionsOf {
        name: ledger.name(project),
        is_all: ordinals.len() == usable.len(),
        runs: runs
            .into_iter()
            .map(|(first, last)| (version(first), version(last)))
            .collect(),
    })
}
