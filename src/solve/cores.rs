//! Every conflict of a question, not only the first: minimal sets of declarations that have no
//! solution, none sharing a declaration with another, overrides aside.
//!
//! PubGrub proves one conflict and stops. Its leaves name the declarations that the proof rests on;
//! fewer may do. So each of them is left out in turn: where the rest still has no solution it was
//! not needed, and the new proof, of a smaller question, may name fewer still. What cannot be left
//! out is the conflict, told from a proof of its own. Without its declarations the question is
//! asked again, until it has a solution. Questions this small are answered in a fraction of the time
//! of the whole, from what is in memory by then.
//!
//! An override both demands and silences, so that leaving it out may bring up a conflict that the
//! user does not have. Overrides therefore stay while others are left out, and belong to a conflict
//! whose proof speaks of them. Where leaving them out with their conflict brought one up, they come
//! back.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::candidates::Unfit;
use super::catalog::{Catalog, Failure};
use super::conflict::{Conflict, Fact};
use super::effort::Effort;
use super::ledger::Ledger;
use super::passes::Outcome;
use super::question::Question;
use crate::package::{Declaration, DeclarationKind, Requirement, Specifiers};

/// A minimal conflict.
#[derive(Clone, Debug)]
pub struct Core {
    /// The positions of its declarations in the question, ascending: without any one of them the
    /// others have a solution.
    pub declarations: Vec<usize>,
    /// Why they have none together; its positions are those of the question.
    pub conflict: Conflict,
}

/// The conflicts of a question.
#[derive(Clone, Debug, Default)]
pub struct Conflicts {
    /// The conflicts, in the order in which they were found.
    pub cores: Vec<Core>,
    /// Whether these are all: what remains without them was seen to have a solution.
    pub is_complete: bool,
}

impl Core {
    /// Whether versions are out because of the target: another Python may be a way out.
    pub fn involves_target(&self) -> bool {
        self.conflict.facts.iter().any(|fact| match fact {
            Fact::Nothing { unusable, .. } => unusable
                .iter()
                .any(|(why, _)| matches!(why, Unfit::Tags(_) | Unfit::Python)),
            Fact::Refused { is_python, .. } => *is_python,
            Fact::Declared { .. }
            | Fact::Unmet { .. }
            | Fact::Needs { .. }
            | Fact::Limited { .. }
            | Fact::BuiltFor { .. } => false,
        })
    }
}

/// Finds all conflicts of a question, given the one that was met first. Each is handed over as soon
/// as it is known.
pub fn conflicts(
    question: &Arc<Question>,
    catalog: &dyn Catalog,
    first: &Conflict,
    effort: &Effort<'_>,
    found: &mut dyn FnMut(&Core),
) -> Result<Conflicts, Failure> {
    let search = Search {
        question,
        catalog,
        effort,
    };
    let mut answer = Conflicts::default();
    let mut left: BTreeSet<usize> = (0..question.declarations.len()).collect();
    for at in search.hopeless(first)? {
        let alone = BTreeSet::from([at]);
        match search.outcome(&alone)? {
            None => return Ok(answer),
            Some(Outcome::Solved(_)) => {}
            Some(Outcome::Unsolvable(conflict)) => {
                let core = Core {
                    declarations: vec![at],
                    conflict,
                };
                found(&core);
                left.remove(&at);
                answer.cores.push(core);
            }
        }
    }
    let mut conflict = match answer.cores.is_empty() {
        true => Some(first.clone()),
        false => None,
    };
    loop {
        let proof = match conflict.take() {
            Some(conflict) => conflict,
            None => match search.outcome(&left)? {
                None => return Ok(answer),
                Some(Outcome::Solved(_)) => break,
                Some(Outcome::Unsolvable(conflict)) => conflict,
            },
        };
        let Some(core) = search.core(&left, &proof)? else {
            return Ok(answer);
        };
        if !search.is_of_the_whole(&core, &left)? {
            // What is wrong beside it shows once the overrides are back.
            left.extend(search.overrides());
            continue;
        }
        found(&core);
        left.retain(|at| !core.declarations.contains(at));
        answer.cores.push(core);
    }
    answer.is_complete = !effort.is_out();
    Ok(answer)
}

/// Shrinks one conflict of a question to a minimal one; nothing once the effort is spent.
pub fn core_of(
    question: &Arc<Question>,
    catalog: &dyn Catalog,
    conflict: &Conflict,
    effort: &Effort<'_>,
) -> Result<Option<Core>, Failure> {
    let search = Search {
        question,
        catalog,
        effort,
    };
    let all = (0..question.declarations.len()).collect();
    search.core(&all, conflict)
}

/// Returns the question with only some of its declarations, all in their places. The others ask for
/// nothing; a pin among them still admits the yanked version that it names, so that leaving it out
/// never takes a way out away.
pub fn part_of(question: &Question, kept: &BTreeSet<usize>) -> Arc<Question> {
    let declarations = question.declarations.iter().enumerate();
    let declarations = declarations.map(|(at, declaration)| match kept.contains(&at) {
        true => declaration.clone(),
        false => muted(declaration),
    });
    Arc::new(Question {
        declarations: declarations.collect(),
        ..question.clone()
    })
}

fn muted(declaration: &Declaration) -> Declaration {
    let requirement = &declaration.requirement;
    let specifiers = &requirement.specifiers;
    Declaration {
        kind: DeclarationKind::Constraint,
        requirement: Requirement {
            extras: Vec::new(),
            url: None,
            specifiers: Specifiers::from_parts(
                "",
                specifiers.set().clone(),
                specifiers.is_pin(),
                specifiers.names_prerelease(),
            ),
            ..requirement.clone()
        },
        digests: Vec::new(),
        ..declaration.clone()
    }
}

struct Search<'s> {
    question: &'s Arc<Question>,
    catalog: &'s dyn Catalog,
    effort: &'s Effort<'s>,
}

/// A set of declarations without a solution, with the proof.
type Unsolvable = (BTreeSet<usize>, Conflict);

impl Search<'_> {
    fn outcome(&self, kept: &BTreeSet<usize>) -> Result<Option<Outcome>, Failure> {
        self.effort
            .solve(&part_of(self.question, kept), self.catalog)
    }

    /// Returns the requirements that no version meets, those of the first conflict before the
    /// others: each is a conflict of its own, and there may be many of one kind.
    fn hopeless(&self, first: &Conflict) -> Result<Vec<usize>, Failure> {
        let ledger = Ledger::new(self.question, self.catalog, Some(self.effort.memo()));
        let mut hopeless = Vec::new();
        for &at in &ledger.declared {
            let requirement = &self.question.declarations[at].requirement;
            let is_overridden = !ledger.overrides(&requirement.name).is_empty();
            let project = ledger.names.borrow_mut().project_id(&requirement.name);
            let candidates = Arc::clone(&ledger.known(project)?.candidates);
            let set = requirement.specifiers.set();
            let is_shut_out = candidates.refused().iter().any(|refused| {
                let page = candidates.page(refused.page());
                matches!(refused.why, Unfit::Constraint(_))
                    && set.contains_key(page.key(refused.version()))
            });
            let ordinals = candidates.ordinals(set);
            let mut usable = ordinals.ascending(candidates.usable().len());
            if !is_overridden && !is_shut_out && usable.next().is_none() {
                hopeless.push(at);
            }
        }
        let is_of_first = |at: &usize| !self.names(first, *at);
        hopeless.sort_by_key(is_of_first);
        Ok(hopeless)
    }

    fn names(&self, conflict: &Conflict, at: usize) -> bool {
        conflict.facts.iter().any(|fact| match fact {
            Fact::Declared { at: it, .. } | Fact::Unmet { at: it, .. } => *it == at,
            Fact::Needs { .. }
            | Fact::Limited { .. }
            | Fact::BuiltFor { .. }
            | Fact::Refused { .. }
            | Fact::Nothing { .. } => false,
        })
    }

    /// Shrinks a conflict among the declarations that are left.
    fn core(&self, left: &BTreeSet<usize>, conflict: &Conflict) -> Result<Option<Core>, Failure> {
        let suspects = self.suspects(left, conflict);
        let start = match self.outcome(&suspects)? {
            None => return Ok(None),
            Some(Outcome::Unsolvable(smaller)) => (self.suspects(&suspects, &smaller), smaller),
            Some(Outcome::Solved(_)) => (left.clone(), conflict.clone()),
        };
        let Some((set, conflict)) = self.shrunk(start)? else {
            return Ok(None);
        };
        Ok(Some(Core {
            declarations: self.without_idle_overrides(set, &conflict),
            conflict,
        }))
    }

    /// Leaves out one declaration after the other, later ones first.
    fn shrunk(&self, (mut set, mut conflict): Unsolvable) -> Result<Option<Unsolvable>, Failure> {
        let mut needed: BTreeSet<usize> = BTreeSet::new();
        while let Some(candidate) = self.next_candidate(&set, &needed) {
            let mut without = set.clone();
            without.remove(&candidate);
            if !without.iter().any(|at| self.is_requirement(*at)) {
                // Where nothing is asked for nothing is in the way.
                needed.insert(candidate);
                continue;
            }
            match self.outcome(&without)? {
                None => return Ok(None),
                Some(Outcome::Solved(_)) => {
                    needed.insert(candidate);
                }
                Some(Outcome::Unsolvable(smaller)) => {
                    set = self.suspects(&without, &smaller);
                    set.extend(&needed);
                    conflict = smaller;
                }
            }
        }
        Ok(Some((set, conflict)))
    }

    fn next_candidate(&self, set: &BTreeSet<usize>, needed: &BTreeSet<usize>) -> Option<usize> {
        let mut candidates = set.iter().rev().copied();
        candidates.find(|at| !needed.contains(at) && !self.is_override(*at))
    }

    /// Returns the declarations that a proof may rest on: those that it names, those that limit the
    /// versions of packages which it speaks of, and the overrides.
    fn suspects(&self, left: &BTreeSet<usize>, conflict: &Conflict) -> BTreeSet<usize> {
        let limits = |declaration: &Declaration| {
            let is_limit = declaration.kind == DeclarationKind::Constraint
                && !declaration.requirement.specifiers.is_any();
            let is_some = is_limit
                || !declaration.digests.is_empty()
                || declaration.requirement.url.is_some();
            is_some
                && conflict
                    .packages
                    .contains_key(&declaration.requirement.name)
        };
        let may_matter = |at: &usize| {
            self.names(conflict, *at)
                || self.is_override(*at)
                || limits(&self.question.declarations[*at])
        };
        left.iter().copied().filter(may_matter).collect()
    }

    fn is_requirement(&self, at: usize) -> bool {
        self.question.declarations[at].kind == DeclarationKind::Requirement
    }

    fn is_override(&self, at: usize) -> bool {
        self.question.declarations[at].kind == DeclarationKind::Override
    }

    fn overrides(&self) -> impl Iterator<Item = usize> {
        let all = 0..self.question.declarations.len();
        all.filter(|at| self.is_override(*at))
    }

    /// Drops the overrides that the proof does not speak of.
    fn without_idle_overrides(&self, set: BTreeSet<usize>, conflict: &Conflict) -> Vec<usize> {
        let speaks_of = |at: &usize| {
            conflict.facts.iter().any(|fact| match fact {
                Fact::Declared { overrides, .. } | Fact::Needs { overrides, .. } => {
                    overrides.contains(at)
                }
                Fact::Unmet { .. }
                | Fact::Limited { .. }
                | Fact::BuiltFor { .. }
                | Fact::Refused { .. }
                | Fact::Nothing { .. } => false,
            })
        };
        let all = set.into_iter();
        all.filter(|at| !self.is_override(*at) || speaks_of(at))
            .collect()
    }

    /// Whether a conflict among what is left is one of the whole too, and not only uncovered by an
    /// override that was left out.
    fn is_of_the_whole(&self, core: &Core, left: &BTreeSet<usize>) -> Result<bool, Failure> {
        if self.overrides().all(|at| left.contains(&at)) {
            return Ok(true);
        }
        let members = core.declarations.iter().copied();
        let kept = members.chain(self.overrides()).collect();
        let outcome = self.outcome(&kept)?;
        Ok(matches!(outcome, Some(Outcome::Unsolvable(_))))
    }
}
