//! `pyaudit fix`: where there is no lock, makes one of the smallest changes of the inputs under
//! which there is one.

use std::path::Path;
use std::time::Instant;

use super::Exit;
use super::args::FixArgs;
use super::command::instead;
use super::conflict::{Unsolved, tell_conflicts};
use super::lock_over::{ground, keep, prefer};
use super::many::kept_pins;
use super::mending::{Plan, plan};
use super::output::Output;
use super::prepare::{Inputs, Prepared};
use super::terminal::Terminal;
use crate::explain::list;
use crate::host::write_edits;
use crate::input::Edit;
use crate::repair::Repair;
use crate::report::{Style, count, draw_edit};
use crate::solve::{Failure, Outcome};
use crate::source::Problem;

/// Runs the command.
pub(super) fn run(mut args: FixArgs, terminal: &Terminal) -> Exit {
    fix(&mut args, terminal).unwrap_or_else(|exit| exit)
}

fn fix(args: &mut FixArgs, terminal: &Terminal) -> Result<Exit, Exit> {
    let baseline = ground(&args.baseline, &mut args.question, terminal)?;
    let args = &*args;
    let mut inputs = Inputs::read(&args.question, terminal)?;
    // Versions of a former lock are preferred as `lock` prefers them: the same repairs come of it.
    let former = Output(&args.output).former(&mut inputs.problems);
    let preferences = inputs.preferences(&args.question.choice, former.as_ref());
    if let Some(baseline) = &baseline {
        keep(&args.baseline, baseline, &mut inputs);
    }
    let folder = inputs.folder.clone();
    let pins = Output(&args.output).former_pins();
    let pins = kept_pins(&args.question.choice, pins);
    let mut prepared = inputs.settled(terminal)?.prepare(preferences, terminal)?;
    prepared.former = pins;
    if let Some(baseline) = &baseline {
        prefer(baseline, &args.question.choice, &mut prepared);
    }
    prepared.baseline = baseline;
    let solving = Instant::now();
    let solved = prepared.solve_first();
    let took = solving.elapsed();
    prepared.take_warnings();
    let solved = solved.map_err(|failure| failed(&failure, &prepared, terminal))?;
    match solved.answer.outcome {
        Outcome::Solved(_) => {
            prepared.progress.finish();
            terminal.say_problems(&prepared.problems);
            terminal.mention("Nothing to fix: there is a solution.");
            Ok(Exit::Fine)
        }
        Outcome::Unsolvable(first) => {
            let unsolved = Unsolved {
                prepared: &prepared,
                question: &solved.question,
                tried: &solved.tried,
                first: &first,
                took,
            };
            repair(args, &unsolved, &folder, terminal)
        }
    }
}

/// Tells the repairs, or takes one.
fn repair(
    args: &FixArgs,
    unsolved: &Unsolved<'_>,
    folder: &Path,
    terminal: &Terminal,
) -> Result<Exit, Exit> {
    let prepared = unsolved.prepared;
    if args.apply.is_none() && !args.dry_run {
        prepared.progress.finish();
        return Ok(tell_conflicts(unsolved, &args.output, terminal));
    }
    let found = unsolved.search(&mut |_| {}, &mut || {});
    let found = found.map_err(|failure| failed(&failure, prepared, terminal))?;
    prepared.progress.finish();
    terminal.say_problems(&prepared.problems);
    let number = args.apply.map_or(1, usize::from);
    let repair = chosen(&found.repairs, number, terminal)?;
    let plan = plan(&prepared.question, &repair.changes).map_err(|problem| {
        terminal.say_problems(&[problem]);
        Exit::Usage
    })?;
    match args.dry_run {
        true => show(&plan, terminal),
        false => make(&plan, folder, terminal),
    }
}

fn failed(failure: &Failure, prepared: &Prepared, terminal: &Terminal) -> Exit {
    prepared.progress.finish();
    terminal.say_problems(&prepared.problems);
    terminal.say_failure(failure);
    Exit::Outside
}

/// Returns the repair of a number.
fn chosen<'r>(
    repairs: &'r [Repair],
    number: usize,
    terminal: &Terminal,
) -> Result<&'r Repair, Exit> {
    let (message, help, exit) = match repairs.len() {
        0 => (
            "there is no solution, and no repair was found".to_owned(),
            "To see why, leave out `--apply` and `--dry-run`.",
            Exit::No,
        ),
        1 => ("there is only one repair".to_owned(), ALL, Exit::Usage),
        found => (
            format!("there are only {}", count(found, "repair")),
            ALL,
            Exit::Usage,
        ),
    };
    repairs.get(number - 1).ok_or_else(|| {
        terminal.say_problems(&[Problem::anywhere(message).with_help(help)]);
        exit
    })
}

const ALL: &str = "To see all of them, leave out `--apply`.";

/// Writes the diff to standard output, where it can be taken further.
fn show(plan: &Plan, terminal: &Terminal) -> Result<Exit, Exit> {
    let drawn = plan
        .edits
        .iter()
        .map(|edit| draw(edit, terminal.style_of_results));
    let text: String = drawn.collect();
    terminal.put_out_text(&text).map_err(|error| {
        let message = format!("the diff could not be written: {error}");
        terminal.say_problems(&[Problem::anywhere(message)]);
        Exit::Outside
    })?;
    tell_notes(plan, terminal);
    Ok(Exit::Fine)
}

fn make(plan: &Plan, folder: &Path, terminal: &Terminal) -> Result<Exit, Exit> {
    write_edits(folder, &plan.edits).map_err(|error| {
        terminal.say_problems(&[Problem::anywhere(error.to_string())]);
        Exit::Outside
    })?;
    for edit in &plan.edits {
        terminal.mention(&draw(edit, terminal.style));
    }
    let files = plan
        .edits
        .iter()
        .map(|edit| format!("`{}`", edit.file.label()));
    let files: Vec<String> = files.collect();
    if !files.is_empty() {
        let command = instead("lock", &plan.options);
        terminal.mention(&format!("Changed {}. Next: {command}", list(&files)));
    }
    tell_notes(plan, terminal);
    Ok(Exit::Fine)
}

fn draw(edit: &Edit, style: Style) -> String {
    let old = (!edit.is_new).then(|| edit.file.text());
    draw_edit(edit.file.label(), old, &edit.text(), style)
}

fn tell_notes(plan: &Plan, terminal: &Terminal) {
    for note in plan.edits.iter().flat_map(|edit| &edit.notes) {
        terminal.mention(note);
    }
    if plan.edits.is_empty() {
        let command = instead("lock", &plan.options);
        terminal.mention(&format!("No file changes: {command}"));
    }
}
