//! What is said of environments without a solution: each with its conflict, and then which have one.

use std::time::{Duration, Instant};

use super::Exit;
use super::args::{OutputArgs, OutputFormatArg};
use super::conflict::{Unsolved, put_out, tell_conflicts};
use super::many::Many;
use super::prepare::Prepared;
use super::terminal::Terminal;
use crate::explain::{Explanation, explain};
use crate::report::{Findings, draw_conflict};
use crate::solve::{Effort, Unserved, core_of};

/// So many questions are solved to shrink one conflict.
const MOST_SOLVES: usize = 60;
/// After this long no conflict is shrunk any more.
const LONGEST: Duration = Duration::from_secs(10);

/// Tells every environment without a solution, and in one line those with one.
pub(super) fn tell_unserved(
    prepared: &Prepared,
    many: &Many,
    took: Duration,
    output: &OutputArgs,
    terminal: &Terminal,
) -> Exit {
    let is_json = output.output_format == OutputFormatArg::Json;
    if let ([only], true) = (many.unserved.as_slice(), many.forks.is_empty()) {
        let unsolved = Unsolved {
            prepared,
            question: &only.question,
            first: &only.conflict,
            tried: &[],
            took,
        };
        return tell_conflicts(&unsolved, output, terminal);
    }
    terminal.say_problems(&prepared.problems);
    let until = Instant::now() + LONGEST;
    let mut explanations = Vec::new();
    for part in &many.unserved {
        let told = explained(prepared, part, until);
        if !is_json {
            terminal.say(&draw_conflict(&told, terminal.style));
        }
        explanations.push(told);
    }
    let coverage = many.coverage();
    if !is_json {
        terminal.say(&format!("\n{coverage}"));
    }
    let places: Vec<String> = many.unserved.iter().map(|it| it.question.place()).collect();
    let findings = Findings {
        target: &places.join("; "),
        explanations: &explanations,
        is_complete: true,
        repairs: &[],
    };
    put_out(&findings, output, terminal)
}

/// Explains one part's conflict, by as few declarations as can be found in time.
fn explained(prepared: &Prepared, part: &Unserved, until: Instant) -> Explanation {
    let may_go_on = || Instant::now() < until;
    let effort = Effort::new(MOST_SOLVES, &may_go_on);
    let core = core_of(&part.question, &prepared.catalog, &part.conflict, &effort);
    match core {
        Ok(Some(core)) => explain(&part.question, &core.conflict),
        Ok(None) | Err(_) => explain(&part.question, &part.conflict),
    }
}
