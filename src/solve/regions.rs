//! The answer for a region as it is asked for: what forking aims at, and what becomes of the newest
//! Pythons that nobody asked for by name.

use std::sync::Arc;

use super::catalog::{Catalog, Failure};
use super::fork::{Forked, Preferred, alike_together};
use super::forks::Forking;
use super::memo::Memo;
use super::question::Question;
use super::split;

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
    let forked = forking.answer_all(strategy)?;
    let Some(end) = forking.end.take() else {
        return Ok(forked);
    };
    let region = question.region.as_ref().zip(end.first_python());
    let region = region.and_then(|(region, python)| region.part(&split::before_python(&python)?));
    let Some(region) = region else {
        return Ok(forked);
    };
    let older = Arc::new(Question {
        region: Some(Arc::new(region)),
        ..Question::clone(question)
    });
    let mut older = Forking::new(&older, preferred, catalog, &memo);
    let mut answered = older.answer_all(strategy)?;
    answered.trail.splice(0..0, forked.trail);
    answered.solves += forked.solves;
    match answered.unserved.is_empty() {
        true => answered.left_out = end.unserved,
        false => {
            answered.unserved.extend(end.unserved);
            answered.unserved = alike_together(answered.unserved);
        }
    }
    Ok(answered)
}
