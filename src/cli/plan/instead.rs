//! What could be typed instead of commands that break something; it was played before it is told.

use super::PlanArgs;
use super::ready::Ready;
use crate::cli::command::{joined, quoted_words};
use crate::cli::lock_over::{over, prefer_all};
use crate::cli::prepare::Inputs;
use crate::cli::terminal::Terminal;
use crate::package::masked;
use crate::report::{Instead, count};
use crate::sequence::{Baseline, Layer, Layered, Step, Surroundings, better};
use crate::solve::{Failure, Outcome};
use crate::source::Problem;

/// Looks for a command that breaks nothing, in the place of one that does.
pub(super) fn instead(
    ready: &Ready,
    before: &Baseline,
    (layers, layered): (&[Layer<'_>], &[Layered]),
    around: Surroundings<'_>,
) -> Result<Option<Instead>, Failure> {
    let ([layer], [done]) = (layers, layered) else {
        return Ok(None);
    };
    let Step::Install(wish) = &layer.step else {
        return Ok(None);
    };
    if done.broken.is_empty() || done.failed.is_some() {
        return Ok(None);
    }
    let found = better(before, wish, &done.effect, (around, layer.catalog))?;
    let command = ready.steps.iter().find(|it| it.step.is_some());
    Ok(found.zip(command).map(|(found, command)| {
        let pins = found
            .pins
            .iter()
            .map(|(name, version)| format!("{name}=={version}"));
        let pins = quoted_words(&pins.collect::<Vec<_>>());
        let moves = found.effect.changes.iter().any(|it| it.before.is_some());
        Instead {
            command: masked(&format!("{} {pins}", command.command)),
            changes: found.effect.changes,
            sentence: match moves {
                true => "This breaks nothing, as it moves along what has to move:",
                false => "This breaks nothing, and leaves what is installed as it is:",
            }
            .to_owned(),
        }
    }))
}

/// Solves what all commands ask for together: one lock, in which no order matters. Nothing where that
/// cannot be found out.
pub(super) fn one_lock(
    inputs: Inputs,
    before: &Baseline,
    args: &PlanArgs,
    terminal: &Terminal,
) -> Option<Instead> {
    if inputs.problems.iter().any(Problem::is_error) {
        return None;
    }
    let settled = inputs.settled(terminal).ok()?;
    let mut prepared = settled.prepare(Default::default(), terminal).ok()?;
    if !before.is_empty() {
        prefer_all(before, &mut prepared);
        prepared.baseline = Some(before.clone());
    }
    let solved = prepared.solve();
    prepared.progress.finish();
    let solved = match solved {
        Ok(solved) => solved,
        Err(failure) => {
            let doing = &failure.doing;
            terminal.mention(&format!("one lock for all of it was not tried: {doing}"));
            return None;
        }
    };
    let (command, sentence) = match solved.answer.outcome {
        Outcome::Solved(resolution) => {
            let packages = count(resolution.packages.len(), "package");
            let over = over(&prepared, (&solved.question, &resolution)).ok()?;
            let still = match over.is_some_and(|over| !over.broken.is_empty()) {
                true => ", tells what it breaks of what was there",
                false => "",
            };
            let sentence = format!(
                "One lock makes the order not matter; this one was solved{still}, and has {packages}:"
            );
            (locking(args, true), sentence)
        }
        Outcome::Unsolvable(_) => {
            let sentence = "No order makes it right: together the commands ask for what has no \
                            solution. This shows why, and what to change:";
            (locking(args, false), sentence.to_owned())
        }
    };
    Some(Instead {
        command: masked(&command),
        changes: Vec::new(),
        sentence,
    })
}

/// Returns the command that locks what a file installs, as it was asked to be planned.
fn locking(args: &PlanArgs, writes: bool) -> String {
    let mut words = vec!["lock".to_owned()];
    words.extend(args.words.iter().cloned());
    let index = &args.index;
    let options = [
        ("--stage", args.stage.as_ref()),
        ("--baseline", args.baseline.as_ref()),
        ("--python", args.python.as_ref()),
        ("--platform", args.platform.as_ref()),
        ("--index-url", index.default_index.as_ref()),
    ];
    let repeated = index.extra_index_url.iter();
    let repeated = repeated.map(|url| ("--extra-index-url", Some(url)));
    for (option, value) in options.into_iter().chain(repeated) {
        words.extend(
            value
                .iter()
                .flat_map(|it| [option.to_owned(), (*it).clone()]),
        );
    }
    if writes {
        words.extend(["-o".to_owned(), "requirements.lock.txt".to_owned()]);
    }
    joined(&words)
}
