//! How much a search may spend that solves many questions: a number of solves, and the caller's
//! leave to go on, since this room knows no clock.

use std::cell::Cell;
use std::sync::Arc;

use super::catalog::{Catalog, Failure};
use super::passes::{Outcome, solve};
use super::question::Question;

/// What is left to be spent.
pub struct Effort<'a> {
    left: Cell<usize>,
    spent: Cell<usize>,
    is_out: Cell<bool>,
    may_go_on: &'a dyn Fn() -> bool,
}

impl<'a> Effort<'a> {
    /// Allows a number of solves, and before each asks whether to go on.
    pub fn new(solves: usize, may_go_on: &'a dyn Fn() -> bool) -> Self {
        Self {
            left: Cell::new(solves),
            spent: Cell::new(0),
            is_out: Cell::new(false),
            may_go_on,
        }
    }

    /// Answers a question; nothing once all is spent.
    pub fn solve(
        &self,
        question: &Arc<Question>,
        catalog: &dyn Catalog,
    ) -> Result<Option<Outcome>, Failure> {
        if self.left.get() == 0 || !(self.may_go_on)() {
            self.is_out.set(true);
            return Ok(None);
        }
        self.left.set(self.left.get() - 1);
        self.spent.set(self.spent.get() + 1);
        Ok(Some(solve(question, catalog)?.outcome))
    }

    /// Whether a question went unanswered.
    pub fn is_out(&self) -> bool {
        self.is_out.get()
    }

    /// Returns how many questions were answered.
    pub fn spent(&self) -> usize {
        self.spent.get()
    }
}
