//! Plays the install commands of the project's files in their order, for the rule on them.

use std::collections::BTreeSet;
use std::path::Path;

use super::args::CheckArgs;
use super::inputs::Around;
use crate::audit::{Claim, InstallTried, Packages, Played, Statement};
use crate::cli::args::TargetArgs;
use crate::cli::plan::{
    Asked, Outside, Unready, asked_of, asked_of_words, is_of_packages, place_of, ready,
};
use crate::cli::terminal::Terminal;
use crate::input::Recipe;
use crate::package::PackageName;
use crate::sequence::{
    Baseline, Installed, Lapse, Layer, Step, Surroundings, install, lapses, run,
};
use crate::source::Origin;

/// So many files are played.
const MOST_FILES: usize = 6;
/// A file with more commands than this is left alone.
const MOST_COMMANDS: usize = 60;
/// So many claims are tried out.
const MOST_CLAIMS: usize = 20;
/// Files whose commands are not one after another: jobs, and calls that each make an image.
const APART: &[&str] = &[".py", ".yaml", ".yml"];

/// Plays the files that have several commands.
pub(super) fn played(
    recipes: &[(String, Recipe)],
    args: &CheckArgs,
    around: Around<'_>,
) -> Vec<Played> {
    let asked = recipes
        .iter()
        .filter_map(|(label, recipe)| Some((label, in_order(label, recipe, around)?)));
    let played = asked.take(MOST_FILES).map(|(label, asked)| {
        let label = label.clone();
        let (commands, lapses) = match of_file(&label, &asked, args, around) {
            Ok((commands, lapses)) => (commands, Ok(lapses)),
            Err(why) => (
                Vec::new(),
                Err(format!("the commands of `{label}` were not played: {why}")),
            ),
        };
        Played {
            file: label,
            commands,
            lapses,
        }
    });
    played.collect()
}

/// Returns the commands of a file that has several that install packages.
fn in_order(label: &str, recipe: &Recipe, around: Around<'_>) -> Option<Asked> {
    if APART.iter().any(|ending| label.ends_with(ending)) {
        return None;
    }
    let beside = Path::new(label).parent().unwrap_or(Path::new(""));
    let asked = asked_of(recipe, None, around.folder.join(beside), false)?;
    let steps = asked.steps.iter().filter(|step| is_of_packages(step));
    let places: BTreeSet<usize> = steps.map(|step| step.origin.span.start).collect();
    (2..=MOST_COMMANDS).contains(&places.len()).then_some(asked)
}

type Lapses = (Vec<Origin>, Vec<Lapse>);

fn of_file(
    label: &str,
    asked: &Asked,
    args: &CheckArgs,
    around: Around<'_>,
) -> Result<Lapses, String> {
    let silent = Terminal::silent();
    let outside = (&args.index, &args.cache);
    let machine = around.machine;
    let target = place_of(label, outside, &target_on(machine, args), &silent);
    let target = target.map_err(|problem| problem.message)?;
    let outside = outside_of(asked, &target, args, around);
    let ready = ready(&asked.steps, outside, &|| None).map_err(|unready| why(unready, args))?;
    let surroundings = Surroundings {
        target: &ready.target,
        facts: &ready.facts,
    };
    let layers = ready.layers();
    let mut before = machine.cloned().unwrap_or_default();
    let played = run(&mut before, &layers, surroundings);
    if let Some(step) = ready.steps.iter().find(|it| it.is_unread) {
        let failure = step.unplayed.as_ref();
        return Err(failure.map_or_else(String::new, ToString::to_string));
    }
    let failures = ready.steps.iter().filter_map(|it| it.unplayed.as_ref());
    let mut failures = failures.chain(played.iter().filter_map(|it| it.unplayed.as_ref()));
    if let Some(failure) = failures.next() {
        return Err(why(Unready::Failure(failure.clone()), args));
    }
    let commands = layers.iter().map(|layer| layer.step.origin().clone());
    Ok((commands.collect(), lapses(&layers, &played)))
}

/// Returns where commands run: as it was typed, else as the machine says.
fn target_on(machine: Option<&Baseline>, args: &CheckArgs) -> TargetArgs {
    let mut target = args.target.clone();
    target.python = target.python.or_else(|| machine?.python.clone());
    target.platform = target.platform.or_else(|| machine?.platform.clone());
    target
}

fn outside_of<'a>(
    asked: &'a Asked,
    target: &'a TargetArgs,
    args: &'a CheckArgs,
    around: Around<'a>,
) -> Outside<'a> {
    Outside {
        index: &args.index,
        cache: &args.cache,
        target,
        ambient: around.ambient,
        now: around.now,
        folder: around.folder,
        project: &asked.project,
        is_typed: asked.is_typed,
        takes_folders: asked.takes_folders,
    }
}

fn why(unready: Unready, args: &CheckArgs) -> String {
    match unready {
        Unready::Problems(problems) => {
            let first = problems.into_iter().next();
            first.map_or_else(String::new, |problem| problem.message)
        }
        Unready::Failure(_) if args.index.offline => {
            "the network is off, and the cache does not have it all".to_owned()
        }
        Unready::Failure(failure) => failure.doing,
    }
}

/// Finds out what installing one package does to another of the machine, for the claims that say so.
pub(super) fn tried(
    claims: &[Claim],
    machine: &Baseline,
    args: &CheckArgs,
    around: Around<'_>,
) -> Vec<InstallTried> {
    let said = claims.iter().filter_map(|claim| match &claim.says {
        Statement::Conflicts(one, other) => Some((one, &other.name)),
        _ => None,
    });
    let on_machine = said.filter(|(_, other)| machine.get(other).is_some());
    let tried = on_machine.take(MOST_CLAIMS);
    let tried = tried.filter_map(|(one, other)| install_tried(one, other, machine, args, around));
    tried.collect()
}

fn install_tried(
    one: &Packages,
    other: &PackageName,
    machine: &Baseline,
    args: &CheckArgs,
    around: Around<'_>,
) -> Option<InstallTried> {
    let words = ["pip", "install"].map(str::to_owned);
    let wanted = format!("{}{}", one.name, one.range);
    let words: Vec<String> = words.into_iter().chain([wanted]).collect();
    let asked = asked_of_words(&words, around.folder).ok()?;
    let target = target_on(Some(machine), args);
    let outside = outside_of(&asked, &target, args, around);
    let ready = ready(&asked.steps, outside, &|| None).ok()?;
    let surroundings = Surroundings {
        target: &ready.target,
        facts: &ready.facts,
    };
    let layers = ready.layers();
    let [
        Layer {
            step: Step::Install(wish),
            catalog,
        },
    ] = layers.as_slice()
    else {
        return None;
    };
    let Installed::Done(effect) = install(machine, wish, surroundings, catalog).ok()? else {
        return None;
    };
    let version = |baseline: &Baseline, name| baseline.get(name)?.version.clone();
    Some(InstallTried {
        name: one.name.clone(),
        range: one.range.clone(),
        over: machine.label.clone(),
        other: other.clone(),
        before: version(machine, other)?,
        after: version(&effect.after, other)?,
        chosen: version(&effect.after, &one.name)?,
    })
}
