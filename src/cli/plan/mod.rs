//! `pyaudit plan`: what install commands would change and break, without running any.

mod args;
mod asked;
mod instead;
mod lines;
mod options;
mod ready;
mod synced;

use std::path::Path;

use clap::Parser as _;

pub(crate) use args::PlanArgs;
use args::PlanFormatArg;
pub(super) use asked::{Asked, asked as asked_of, is_of_packages, of_words as asked_of_words};
use options::hold_to_installer;
use ready::Ready;
pub(super) use ready::{Outside, Unready, ready};

use super::Exit;
use super::args::{CacheArgs, Cli, Command, IndexArgs, TargetArgs};
use super::baseline::{baseline, of_environment, passed_over};
use super::prepare::Inputs;
use super::progress::Progress;
use super::recorded::question_args;
use super::terminal::Terminal;
use crate::explain::explain;
use crate::host::{Surroundings as Here, active_interpreter, read_ambient, read_environment};
use crate::package::Timestamp;
use crate::report::{Plan, PlannedStep, plan_json, plan_markdown, plan_text};
use crate::sequence::{
    Baseline, Layer, Layered, Step, Surroundings, lapses, question, run as play,
};
use crate::solve::Failure;
use crate::source::Problem;

/// Runs the command.
pub(super) fn run(args: PlanArgs, terminal: &Terminal) -> Exit {
    planned(args, terminal).unwrap_or_else(|unready| match unready {
        Unready::Problems(problems) => {
            terminal.say_problems(&problems);
            Exit::Usage
        }
        Unready::Failure(failure) => {
            terminal.say_failure(&failure);
            Exit::Outside
        }
    })
}

fn planned(args: PlanArgs, terminal: &Terminal) -> Result<Exit, Unready> {
    let args = with_file_at_end(args);
    let folder = std::env::current_dir().map_err(|error| {
        Problem::anywhere(format!("the current folder cannot be read: {error}"))
    })?;
    let asked = match asked::is_command(&args.words) {
        true => {
            hold_to_installer(&args.words)?;
            asked::of_words(&args.words, &folder)?
        }
        false => match args.words.as_slice() {
            [file] => {
                asked::of_file(file, args.stage.as_deref(), &folder).map_err(Unready::Problems)?
            }
            _ => {
                let message = "a plan is of one command, or of one file";
                let help = "Options of pyaudit stand before a command of pip.";
                return Err(Problem::anywhere(message).with_help(help).into());
            }
        },
    };
    terminal.say_problems(&asked.problems);
    let mut before = before(&args, &asked, &folder)?;
    terminal.say_problems(passed_over(&before).as_slice());
    let together = together(&args, &asked, &before, terminal)?;
    let target = target(&args, together.as_ref(), &before)?;
    let now = Timestamp::from_seconds(jiff::Timestamp::now().as_second());
    let ambient = read_ambient(&folder, now);
    let outside = Outside {
        index: &args.index,
        cache: &args.cache,
        target: &target,
        ambient: &ambient,
        now,
        folder: &folder,
        project: &asked.project,
        is_typed: asked.is_typed,
        takes_folders: asked.takes_folders,
    };
    let progress = Progress::new(terminal);
    let ready = ready(&asked.steps, outside, &|| progress.listener());
    let ready = ready.inspect_err(|_| progress.finish())?;
    let around = Surroundings {
        target: &ready.target,
        facts: &ready.facts,
    };
    let answer = answered(&ready, &mut before, around, (&args, together), terminal);
    progress.finish();
    answer
}

/// Reads what the commands of a file ask for together, as `lock` reads it.
fn together(
    args: &PlanArgs,
    asked: &Asked,
    before: &Baseline,
    terminal: &Terminal,
) -> Result<Option<Inputs>, Unready> {
    if asked.is_typed {
        return Ok(None);
    }
    let mut question = question_args(&[]).map_err(|problem| *problem)?;
    question.sources.clone_from(&args.words);
    question.declared.stage.clone_from(&args.stage);
    question.index = args.index.clone();
    question.cache = args.cache.clone();
    question.target.python = args.python.clone().or_else(|| before.python.clone());
    question.target.platform = args.platform.clone().or_else(|| before.platform.clone());
    // What makes no sense in it is told where it is locked.
    Ok(Inputs::read_of_others(&question, terminal).ok())
}

/// Returns where the commands of a file run: what was typed, else what its image says.
pub(super) fn place_of(
    file: &str,
    (index, cache): (&IndexArgs, &CacheArgs),
    typed: &TargetArgs,
    terminal: &Terminal,
) -> Result<TargetArgs, Problem> {
    let mut question = question_args(&[]).map_err(|problem| *problem)?;
    question.sources = vec![file.to_owned()];
    question.index = index.clone();
    question.cache = cache.clone();
    question.target.python.clone_from(&typed.python);
    question.target.platform.clone_from(&typed.platform);
    let inputs = Inputs::read_of_others(&question, terminal).ok();
    let settled = inputs.as_ref().and_then(Inputs::target);
    let mut target = question.target;
    let python = target.python.take();
    target.python = python.or_else(|| settled.map(|it| it.python().to_string()));
    let platform = target.platform.take();
    target.platform = platform.or_else(|| settled.map(|it| it.platform().tag()));
    Ok(target)
}

/// Plays the commands, and tells what came of it.
fn answered(
    ready: &Ready,
    before: &mut Baseline,
    around: Surroundings<'_>,
    (args, together): (&PlanArgs, Option<Inputs>),
    terminal: &Terminal,
) -> Result<Exit, Unready> {
    let layers = ready.layers();
    let layered = play(before, &layers, around);
    let failures = failures(ready, &layered);
    let is_nothing = layered.iter().all(|it| it.unplayed.is_some());
    if let Some(failure) = failures.first().filter(|_| is_nothing) {
        return Err(failure.clone().into());
    }
    let lapses = lapses(&layers, &layered);
    let instead = match together.filter(|_| !lapses.is_empty()) {
        Some(inputs) => instead::one_lock(inputs, before, args, terminal),
        None => instead::instead(ready, before, (&layers, &layered), around)?,
    };
    let steps = steps(ready, before, (&layers, &layered), around);
    let last = layered.last();
    let plan = Plan {
        target: &ready.target.describe(),
        before,
        after: last.map_or(before, |it| &it.effect.after),
        steps: &steps,
        lapses: &lapses,
        broken: last.map_or(&[][..], |it| &it.broken),
        instead: instead.as_ref(),
    };
    let told = tell(&plan, args.output_format, terminal);
    failures.iter().for_each(|it| terminal.say_failure(it));
    Ok(if failures.is_empty() {
        told
    } else {
        Exit::Outside
    })
}

/// Returns what failed outside, each once.
fn failures(ready: &Ready, layered: &[Layered]) -> Vec<Failure> {
    let of_steps = ready.steps.iter().filter_map(|it| it.unplayed.as_ref());
    let of_layers = layered.iter().filter_map(|it| it.unplayed.as_ref());
    let mut failures: Vec<Failure> = Vec::new();
    for failure in of_steps.chain(of_layers) {
        if !failures.iter().any(|it| it.doing == failure.doing) {
            failures.push(failure.clone());
        }
    }
    failures
}

fn tell(plan: &Plan<'_>, format: PlanFormatArg, terminal: &Terminal) -> Exit {
    let told = match format {
        PlanFormatArg::Text => terminal.show(&plan_text(plan, terminal.style_of_results)),
        PlanFormatArg::Json => terminal.hand_out(&plan_json(plan)),
        PlanFormatArg::Markdown => terminal.hand_out(&plan_markdown(plan)),
    };
    match told {
        Exit::Fine if plan.is_broken() => Exit::No,
        told => told,
    }
}

/// Puts what came of each command beside its words.
fn steps(
    ready: &Ready,
    before: &Baseline,
    (layers, layered): (&[Layer<'_>], &[Layered]),
    around: Surroundings<'_>,
) -> Vec<PlannedStep> {
    let mut at = 0;
    let mut missing: Option<String> = None;
    let steps = ready.steps.iter().map(|step| {
        let mut planned = PlannedStep {
            command: step.command.clone(),
            origin: step.origin.clone(),
            changes: Vec::new(),
            kept: 0,
            is_played: step.step.is_some(),
            conflict: None,
            notes: step.notes.clone(),
            is_unplayed: false,
        };
        let done = step.step.as_ref().map(|_| &layered[at]);
        let failure = done.map_or(&step.unplayed, |done| &done.unplayed);
        planned.notes.extend(ground(
            failure.as_ref(),
            missing.as_deref().filter(|_| done.is_some()),
        ));
        planned.is_unplayed = failure.is_some();
        if failure.is_some() {
            missing.get_or_insert_with(|| step.origin.to_string());
        }
        let Some(done) = done else {
            return planned;
        };
        let standing = at.checked_sub(1).map(|at| &layered[at].effect.after);
        let standing = standing.unwrap_or(before);
        planned.notes.extend(absent(&layers[at].step, standing));
        planned.changes.clone_from(&done.effect.changes);
        planned.kept = done.effect.kept.len();
        if let (Some(conflict), Step::Install(wish)) = (&done.failed, &layers[at].step) {
            let question = question(standing, wish, around);
            planned.conflict = Some(explain(&question, conflict));
        }
        at += 1;
        planned
    });
    steps.collect()
}

/// Tells that a command is not played, or over what is not all that there will be.
fn ground(failure: Option<&Failure>, missing: Option<&str>) -> Option<String> {
    match (failure, missing) {
        (Some(failure), _) => Some(format!("it is not played: {}", failure.doing)),
        (None, Some(missing)) => Some(format!(
            "it stands on incomplete ground: {missing} is not played"
        )),
        (None, None) => None,
    }
}

/// Tells what a command would remove that is not there.
fn absent(step: &Step, standing: &Baseline) -> Vec<String> {
    let Step::Remove { names, .. } = step else {
        return Vec::new();
    };
    let absent = names.iter().filter(|name| standing.get(name).is_none());
    let notes = absent.map(|name| format!("{name} is not installed"));
    notes.collect()
}

/// Options of pyaudit may stand behind a file as well: they are read again with the file at the end.
fn with_file_at_end(args: PlanArgs) -> PlanArgs {
    let Some((file, rest)) = args.words.split_first() else {
        return args;
    };
    if rest.is_empty() || asked::is_command(&args.words) {
        return args;
    }
    let mut words: Vec<String> = std::env::args_os()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    // The words of the command are the last ones.
    let at = words.len().saturating_sub(rest.len() + 1);
    if words.get(at) != Some(file) {
        return args;
    }
    let file = words.remove(at);
    words.push(file);
    match Cli::try_parse_from(words).map(|cli| cli.command) {
        Ok(Command::Plan(again)) => *again.0,
        _ => args,
    }
}

/// Returns what is installed before the commands.
fn before(args: &PlanArgs, asked: &Asked, folder: &Path) -> Result<Baseline, Problem> {
    if let Some(name) = &args.baseline {
        return baseline(name, folder);
    }
    if let Some(path) = &args.env {
        return Ok(of_environment(&read_environment(path, folder)?));
    }
    if !asked.is_typed {
        return Ok(Baseline::default());
    }
    let mut here = Here::of_this_process();
    here.path.clear();
    let found = active_interpreter(&here).ok().flatten();
    match found {
        Some(interpreter) => Ok(of_environment(&read_environment(
            &interpreter.path,
            folder,
        )?)),
        None => Ok(Baseline::default()),
    }
}

/// Returns where the commands run: what was typed, else what the baseline or the image says.
fn target(
    args: &PlanArgs,
    together: Option<&Inputs>,
    before: &Baseline,
) -> Result<TargetArgs, Problem> {
    let mut target = question_args(&[]).map_err(|problem| *problem)?.target;
    let settled = together.and_then(Inputs::target);
    let python = args.python.clone().or_else(|| before.python.clone());
    target.python = python.or_else(|| settled.map(|it| it.python().to_string()));
    let platform = args.platform.clone().or_else(|| before.platform.clone());
    target.platform = platform.or_else(|| settled.map(|it| it.platform().tag()));
    Ok(target)
}

impl From<Problem> for Unready {
    fn from(problem: Problem) -> Self {
        Self::Problems(vec![problem])
    }
}
