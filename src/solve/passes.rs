//! The passes of a solve: first with releases alone, then, only where that fails, with the
//! pre-releases of the packages that the failure speaks of.
//!
//! Taking a pre-release whenever no release is in range at some moment of the search accepts them
//! in branches that a later backtrack would have left. Solving without them first costs nothing
//! where it succeeds, and where it fails the proof names the few packages that matter.

use std::sync::Arc;

use pubgrub::{DerivationTree, PubGrubError, Set};

use super::catalog::{Catalog, Failure};
use super::conflict::{Conflict, Proof, conflict_of};
use super::ledger::Ledger;
use super::memo::Memo;
use super::package::SolverPackage;
use super::provider::{Halt, Provider};
use super::question::{Prereleases, Question};
use super::resolution::{Resolution, resolution_of};
use super::trail::Step;

/// The outcome of a solve that ran to its end.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A version for everything.
    Solved(Resolution),
    /// There is none.
    Unsolvable(Conflict),
}

/// The outcome, and how it came about.
#[derive(Clone, Debug)]
pub struct Answer {
    /// A version for everything, or why there is none.
    pub outcome: Outcome,
    /// What was tried, in order.
    pub trail: Vec<Step>,
}

/// Answers a question from a catalog. Fails only where the catalog does.
pub fn solve(question: &Arc<Question>, catalog: &dyn Catalog) -> Result<Answer, Failure> {
    remembering(question, catalog, None)
}

/// Answers a question with what is remembered of others.
pub(super) fn remembering(
    question: &Arc<Question>,
    catalog: &dyn Catalog,
    memo: Option<&Memo>,
) -> Result<Answer, Failure> {
    let ledger = Ledger::new(question, catalog, memo);
    let outcome = loop {
        // It may always go on, and so it comes to its end.
        if let Some(outcome) = search(&ledger, &|| true)? {
            break outcome;
        }
    };
    Ok(Answer {
        outcome,
        trail: ledger.trail.into_inner(),
    })
}

/// The same as long as it may go on; nothing if that is over before there is an answer.
pub(super) fn remembering_while(
    may_go_on: &dyn Fn() -> bool,
    question: &Arc<Question>,
    catalog: &dyn Catalog,
    memo: &Memo,
) -> Result<Option<Outcome>, Failure> {
    search(&Ledger::new(question, catalog, Some(memo)), may_go_on)
}

fn search(ledger: &Ledger<'_>, may_go_on: &dyn Fn() -> bool) -> Result<Option<Outcome>, Failure> {
    let mut allowed = Set::default();
    loop {
        allow_named(ledger, &mut allowed);
        let provider = Provider::new(ledger, &allowed, may_go_on);
        match pubgrub::resolve(&provider, SolverPackage::Root, 0_u32) {
            Ok(selected) => {
                return Ok(Some(Outcome::Solved(resolution_of(ledger, &selected)?)));
            }
            Err(PubGrubError::NoSolution(proof)) => {
                if !allow_more(ledger, &proof, &mut allowed)? {
                    return Ok(Some(Outcome::Unsolvable(conflict_of(ledger, &proof)?)));
                }
            }
            Err(
                PubGrubError::ErrorRetrievingDependencies { source, .. }
                | PubGrubError::ErrorChoosingVersion { source, .. }
                | PubGrubError::ErrorInShouldCancel(source),
            ) => match source {
                Halt::NewOrder => {}
                Halt::Spent => return Ok(None),
                Halt::Failed(failure) => return Err(failure),
            },
        }
    }
}

/// Allows the pre-releases of packages for which a declaration names one.
fn allow_named(ledger: &Ledger<'_>, allowed: &mut Set<u32>) {
    let takes_named = matches!(
        ledger.question.policy.prereleases,
        Prereleases::Explicit | Prereleases::IfNecessaryOrExplicit
    );
    if !takes_named {
        return;
    }
    for name in &ledger.question.policy.prereleases_of {
        allowed.insert(ledger.names.borrow_mut().project_id(name));
    }
    for declaration in &ledger.question.declarations {
        let requirement = &declaration.requirement;
        let holds = ledger.question.holds(&requirement.marker, &[]);
        if holds && requirement.specifiers.names_prerelease() {
            let name = &declaration.requirement.name;
            allowed.insert(ledger.names.borrow_mut().project_id(name));
        }
    }
}

/// Allows the pre-releases of the packages in a proof; returns whether that adds any.
fn allow_more(ledger: &Ledger<'_>, proof: &Proof, allowed: &mut Set<u32>) -> Result<bool, Failure> {
    let falls_back = matches!(
        ledger.question.policy.prereleases,
        Prereleases::IfNecessary | Prereleases::IfNecessaryOrExplicit
    );
    if !falls_back {
        return Ok(false);
    }
    let mut new = Vec::new();
    for project in projects_in(proof) {
        let known = ledger.known(project)?;
        let has_any = known
            .candidates
            .usable()
            .iter()
            .any(|candidate| candidate.is_prerelease);
        if has_any && allowed.insert(project) {
            new.push(ledger.name(project));
        }
    }
    let is_more = !new.is_empty();
    if is_more {
        ledger.note(Step::AllowedPrereleases(new));
    }
    Ok(is_more)
}

fn projects_in(proof: &Proof) -> Vec<u32> {
    let mut found = Vec::new();
    let mut seen = std::collections::HashSet::new();
    let mut waiting = vec![proof];
    while let Some(node) = waiting.pop() {
        if !seen.insert(std::ptr::from_ref(node)) {
            continue;
        }
        match node {
            DerivationTree::External(external) => {
                use pubgrub::External::{Custom, FromDependencyOf, NoVersions, NotRoot};
                match external {
                    NotRoot(..) => {}
                    NoVersions(package, _) | Custom(package, ..) => {
                        found.extend(package.project());
                    }
                    FromDependencyOf(parent, _, child, _) => {
                        found.extend(parent.project());
                        found.extend(child.project());
                    }
                }
            }
            DerivationTree::Derived(derived) => {
                waiting.push(&derived.cause1);
                waiting.push(&derived.cause2);
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}
