//! The answer for a region as it is asked for: what forking aims at, and what becomes of the newest
//! Pythons that nobody asked for by name.

use std::sync::Arc;

use super::catalog::{Catalog, Failure};
use super::fork::{Forked, Preferred, Unserved, alike_together};
use super::forks::Forking;
use super::memo::Memo;
use super::question::Question;
use super::split;
use crate::target::Region;

/// What forking aims at; the names are uv's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForkStrategy {
    /// As few versions of a package as there can be.
    #[default]
    Fewest,
    /// The newest versions for each Python.
    RequiresPython,
}

/// Answers a question for its region. Where that has no last Python, and only the newest ones have no
/// answer, it is answered without them: nobody asked for them by name. Fails only where the catalog
/// does.
pub fn solve_region(
    question: &Arc<Question>,
    preferred: &[Preferred],
    strategy: ForkStrategy,
    catalog: &dyn Catalog,
) -> Result<Forked, Failure> {
    let memo = Memo::default();
    let mut forking = Forking::new(question, preferred, catalog, &memo);
    let mut forked = forking.answer_all(strategy)?;
    let Some(end) = forking.end.take() else {
        return Ok(forked);
    };
    let region = question.region.as_ref().zip(end.first_python());
    let parts = region.and_then(|(region, python)| region.split(&split::before_python(&python)?));
    let Some((older, newest)) = parts else {
        forked.unserved.extend(end.unserved);
        return Ok(forked);
    };
    let within = |region: Region, question: &Question| {
        Arc::new(Question {
            region: Some(Arc::new(region)),
            ..question.clone()
        })
    };
    let older = within(older, question);
    let mut answered = Forking::new(&older, preferred, catalog, &memo).answer_all(strategy)?;
    answered.trail.splice(0..0, forked.trail);
    answered.solves += forked.solves;
    if answered.unserved.is_empty() {
        // Whatever speaks against a part of the newest, the lock ends before all of them.
        let first = end.unserved.into_iter().next();
        let left_out = first.map(|unserved| Unserved {
            question: within(newest, &unserved.question),
            ..unserved
        });
        answered.left_out = left_out.into_iter().collect();
    } else {
        answered.unserved.extend(end.unserved);
        answered.unserved = alike_together(answered.unserved);
    }
    Ok(answered)
}
