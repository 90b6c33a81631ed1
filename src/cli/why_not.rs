//! `pyaudit why-not`: what stands in the way of a version, by solving the lock's question with that
//! demand added.

use std::sync::Arc;

use super::Exit;
use super::reading::Reading;
use super::reading_args::{GraphFormatArg, WhyArgs};
use super::terminal::Terminal;
use super::why::{Unanswered, with_catalog};
use super::witness::{Attempt, attempt, changes, exactly, told};
use crate::fetch::LiveCatalog;
use crate::graph::Graph;
use crate::package::{PackageName, Requirement, Version};
use crate::report::{Move, WhyNot, draw_why_not, why_not_json};
use crate::solve::{Failure, Judge, Question, Refusal};
use crate::source::Problem;

/// Tells it.
pub(super) fn why_not(
    args: &WhyArgs,
    wanted: &Requirement,
    reading: &Reading,
    terminal: &Terminal,
) -> Result<Exit, Box<Problem>> {
    let graph = Graph::new(&reading.lock, reading.target.as_ref());
    let answer = with_catalog((&args.index, &args.cache), reading, |question, catalog| {
        let Some(demand) = demand(wanted, question, catalog)? else {
            return Ok(None);
        };
        let answer = answer(&graph, &demand, question, (catalog, args.index.offline))?;
        Ok(Some((demand, answer)))
    });
    let (demand, answer) = match answer {
        Ok(Some(Some(answer))) => answer,
        Ok(Some(None)) => {
            let message = format!(
                "no index has a version of `{}` that can be used",
                wanted.name
            );
            return Err(Box::new(Problem::anywhere(message)));
        }
        Ok(None) => {
            let message = format!(
                "`{}` does not keep what was declared, so that nothing can be solved from it",
                reading.file
            );
            let help = "Make the lock with `pyaudit lock -o pylock.toml`.";
            return Err(Box::new(Problem::anywhere(message).with_help(help)));
        }
        Err(Unanswered::Problem(problem)) => return Err(problem),
        Err(Unanswered::Failure(failure)) => {
            terminal.say_failure(&failure);
            return Ok(Exit::Outside);
        }
    };
    let style = terminal.style_of_results;
    let shown = match args.output_format {
        GraphFormatArg::Json => terminal.hand_out(&why_not_json(&demand, &answer)),
        _ => {
            let place = reading.one_of_many();
            let told = draw_why_not(&demand, &answer, (&reading.file, place.as_deref()), style);
            terminal.show(&told)
        }
    };
    let exit = match answer {
        WhyNot::Impossible { .. } => Exit::No,
        WhyNot::Locked { .. } | WhyNot::Taken { .. } | WhyNot::Possible { .. } => Exit::Fine,
    };
    match shown {
        Exit::Fine => Ok(exit),
        failed => Ok(failed),
    }
}

/// Returns what is wanted; where no version is named, the newest that there is.
fn demand(
    wanted: &Requirement,
    question: &Arc<Question>,
    catalog: &LiveCatalog,
) -> Result<Option<Requirement>, Failure> {
    if !wanted.specifiers.is_any() {
        return Ok(Some(wanted.clone()));
    }
    let project = match question.project_of(&wanted.name, catalog) {
        Ok(project) => project,
        Err(Refusal::Failed(failure)) => return Err(failure),
        Err(Refusal::Missing(_) | Refusal::Unusable(_)) => return Ok(None),
    };
    let candidates = Judge::new(Arc::clone(question)).judge(project);
    let refused = candidates.refused().iter();
    let refused = refused.map(|it| candidates.page(it.page()).version(it.version()));
    let usable = candidates.usable().iter().map(|it| candidates.version(it));
    let newest = refused
        .chain(usable)
        .filter(|it| !it.any_prerelease())
        .max();
    Ok(newest.and_then(|newest| exactly(&wanted.name, &newest)))
}

fn answer(
    graph: &Graph<'_>,
    demand: &Requirement,
    question: &Arc<Question>,
    (catalog, is_offline): (&LiveCatalog, bool),
) -> Result<WhyNot, Failure> {
    let name = &demand.name;
    let locked = locked(graph, name);
    if let Some(version) = locked.filter(|version| demand.specifiers.contains(version)) {
        return Ok(WhyNot::Locked { version });
    }
    match attempt(graph, name, Some(demand), question, catalog)? {
        Attempt::Unsolvable(question, conflict) => Ok(WhyNot::Impossible {
            explanation: told(&question, &conflict),
            repairs: match changes(&question, &conflict, catalog) {
                // The proof stands without them.
                Err(_) if is_offline => Vec::new(),
                changes => changes?,
            },
        }),
        Attempt::Solved { mut pins, moves } => {
            let Some(version) = pins.remove(name) else {
                return Ok(WhyNot::Possible {
                    version: None,
                    moves,
                });
            };
            let is_taken = takes(graph, name, &version, question, catalog)?;
            let moves = others(moves, name);
            Ok(match is_taken {
                true => WhyNot::Taken { version, moves },
                false => WhyNot::Possible {
                    version: Some(version),
                    moves,
                },
            })
        }
    }
}

/// Whether a lock that chooses the package anew has this version.
fn takes(
    graph: &Graph<'_>,
    name: &PackageName,
    version: &Version,
    question: &Arc<Question>,
    catalog: &LiveCatalog,
) -> Result<bool, Failure> {
    if locked(graph, name).is_none() {
        return Ok(false);
    }
    Ok(match attempt(graph, name, None, question, catalog)? {
        Attempt::Solved { pins, .. } => pins.get(name) == Some(version),
        Attempt::Unsolvable(..) => false,
    })
}

fn locked(graph: &Graph<'_>, name: &PackageName) -> Option<Version> {
    let at = graph.named(name).next()?;
    graph.packages()[at].version.clone()
}

fn others(mut moves: Vec<Move>, name: &PackageName) -> Vec<Move> {
    moves.retain(|it| it.name != *name);
    moves
}
