//! How much a search may spend that solves many questions: a number of solves, and the caller's
//! leave to go on, also in the middle of a solve, since this room knows no clock. Steps between
//! solves cost little, and are counted too: a search must not wander for long among questions that
//! it never asks.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use super::catalog::{Catalog, Failure};
use super::memo::Memo;
use super::passes::{Outcome, remembering_while};
use super::question::Question;

/// So many steps may be taken.
const MOST_STEPS: usize = 10_000;

/// What is left to be spent.
pub struct Effort<'a> {
    left: Cell<usize>,
    steps_left: Cell<usize>,
    is_out: Cell<bool>,
    memo: Rc<Memo>,
    may_go_on: &'a dyn Fn() -> bool,
}

impl<'a> Effort<'a> {
    /// Allows a number of solves, as long as `may_go_on` holds.
    pub fn new(solves: usize, may_go_on: &'a dyn Fn() -> bool) -> Self {
        Self {
            left: Cell::new(solves),
            steps_left: Cell::new(MOST_STEPS),
            is_out: Cell::new(false),
            memo: Rc::default(),
            may_go_on,
        }
    }

    /// Allows more for the next part of a search, which remembers what was judged in this one.
    pub fn next<'n>(&self, solves: usize, may_go_on: &'n dyn Fn() -> bool) -> Effort<'n> {
        Effort {
            memo: Rc::clone(&self.memo),
            ..Effort::new(solves, may_go_on)
        }
    }

    pub(super) fn memo(&self) -> &Memo {
        &self.memo
    }

    /// Answers a question; nothing once all is spent, or when it is before there is an answer.
    pub fn solve(
        &self,
        question: &Arc<Question>,
        catalog: &dyn Catalog,
    ) -> Result<Option<Outcome>, Failure> {
        if !self.spend(&self.left) {
            return Ok(None);
        }
        let outcome = remembering_while(self.may_go_on, question, catalog, &self.memo)?;
        if outcome.is_none() {
            self.is_out.set(true);
        }
        Ok(outcome)
    }

    /// Takes a step of a search that asks nothing; no further one may be taken once all is spent.
    pub fn step(&self) -> bool {
        self.spend(&self.steps_left)
    }

    fn spend(&self, left: &Cell<usize>) -> bool {
        let may = left.get() > 0 && (self.may_go_on)();
        match may {
            true => left.set(left.get() - 1),
            false => self.is_out.set(true),
        }
        may
    }

    /// Whether a question went unanswered.
    pub fn is_out(&self) -> bool {
        self.is_out.get()
    }
}
