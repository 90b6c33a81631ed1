//! Where a lock has to run, for `pyaudit check`: what was typed, else what the lock says.

use std::collections::BTreeSet;
use std::str::FromStr;

use super::args::CheckArgs;
use crate::audit::claimed_targets;
use crate::cli::reading::recorded_platform;
use crate::cli::relock::recorded_command;
use crate::facts::Facts;
use crate::host::this_machine;
use crate::lock::{Lock, LockedGpu, LockedTarget};
use crate::source::Problem;
use crate::target::{AcceleratorError, Accelerators, Gpu, Platform, Target};

/// Returns the targets; none where nobody says one.
pub(super) fn targets(
    args: &CheckArgs,
    (lock, text): (&Lock, &str),
    facts: &Facts,
    problems: &mut Vec<Problem>,
) -> Vec<Target> {
    let recorded = recorded(lock, text);
    let is_typed = args.target.python.is_some()
        || args.target.platform.is_some()
        || args.target.torch.is_some()
        || args.target.driver.is_some()
        || args.target.cuda.is_some()
        || !args.target.gpu.is_empty();
    let recorded = match recorded.as_slice() {
        [] if !is_typed => return Vec::new(),
        [] => vec![claimed(lock)],
        _ => recorded,
    };
    let mut seen = BTreeSet::new();
    let mut targets = Vec::new();
    for told in recorded.into_iter().map(|told| typed_over(told, args)) {
        let target = target(&told, facts, problems);
        targets.extend(target.filter(|target| seen.insert(target.describe())));
    }
    targets
}

/// Returns the one Python that a lock claims to be for, on whatever system; of several nobody says which is
/// meant.
fn claimed(lock: &Lock) -> LockedTarget {
    let targets = claimed_targets(lock);
    let pythons: BTreeSet<String> = targets.iter().map(|it| it.python().to_string()).collect();
    LockedTarget {
        python: pythons
            .first()
            .filter(|_| pythons.len() == 1)
            .cloned()
            .unwrap_or_default(),
        ..LockedTarget::default()
    }
}

/// Returns the one target that is told, with what was typed in place of it.
pub(super) fn target_of(
    told: LockedTarget,
    args: &CheckArgs,
    facts: &Facts,
    problems: &mut Vec<Problem>,
) -> Option<Target> {
    target(&typed_over(told, args), facts, problems)
}

/// Returns what the lock says, in its record or in the command at its head.
fn recorded(lock: &Lock, text: &str) -> Vec<LockedTarget> {
    let record = lock.tool.as_ref();
    let recorded = record.map(|record| record.targets.clone());
    match recorded.unwrap_or_default() {
        recorded if !recorded.is_empty() => return recorded,
        _ => {}
    }
    let asked = recorded_command(text).map(|args| args.target);
    let told = asked.and_then(|asked| {
        Some(LockedTarget {
            python: asked.python?,
            platform: asked.platform.unwrap_or_default(),
            flavour: asked.torch.filter(|it| is_flavour(it)),
            cuda: asked.cuda,
            driver: asked.driver,
            gpus: asked.gpu.into_iter().map(named).collect(),
            facts: None,
        })
    });
    told.into_iter().collect()
}

/// Whether `--torch` names one flavour, and not how to choose.
fn is_flavour(text: &str) -> bool {
    text != "auto" && text != "pypi"
}

fn named(text: String) -> LockedGpu {
    LockedGpu {
        name: None,
        capability: text,
    }
}

fn typed_over(mut told: LockedTarget, args: &CheckArgs) -> LockedTarget {
    for (field, typed) in [
        (&mut told.python, &args.target.python),
        (&mut told.platform, &args.target.platform),
    ] {
        if let Some(typed) = typed {
            field.clone_from(typed);
        }
    }
    if let Some(typed) = &args.target.torch {
        told.flavour = Some(typed.clone()).filter(|it| is_flavour(it));
    }
    for (field, typed) in [
        (&mut told.cuda, &args.target.cuda),
        (&mut told.driver, &args.target.driver),
    ] {
        if typed.is_some() {
            field.clone_from(typed);
        }
    }
    if !args.target.gpu.is_empty() {
        told.gpus = args.target.gpu.iter().cloned().map(named).collect();
    }
    told
}

fn target(told: &LockedTarget, facts: &Facts, problems: &mut Vec<Problem>) -> Option<Target> {
    if told.python.is_empty() {
        let message = "the lock does not say which Python it is for";
        problems.push(Problem::anywhere(message).with_help("Add `--python 3.12`."));
        return None;
    }
    let platform = match told.platform.as_str() {
        "" => Some(this_machine()),
        text => recorded_platform(text),
    };
    let platform = platform.map_or_else(|| told.platform.parse::<Platform>(), Ok);
    let platform = platform.map_err(|error| {
        problems.push(Problem::anywhere(error.message).with_help(error.help));
    });
    let python = told
        .python
        .parse()
        .map_err(|error: crate::target::PythonError| {
            problems.push(Problem::anywhere(error.message).with_help(error.help));
        });
    let accelerators = Accelerators {
        flavour: read(told.flavour.as_deref(), problems),
        cuda: read(told.cuda.as_deref(), problems),
        driver: read(told.driver.as_deref(), problems),
        gpus: gpus(told, facts, problems),
    };
    let target = Target::new(python.ok()?, platform.ok()?);
    Some(target.with_accelerators(accelerators))
}

fn read<T: FromStr<Err = AcceleratorError>>(
    text: Option<&str>,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    match text?.parse() {
        Ok(value) => Some(value),
        Err(error) => {
            problems.push(Problem::anywhere(error.message).with_help(error.help));
            None
        }
    }
}

fn gpus(told: &LockedTarget, facts: &Facts, problems: &mut Vec<Problem>) -> Vec<Gpu> {
    let mut gpus = Vec::new();
    for gpu in &told.gpus {
        match facts.gpu(gpu.capability.trim()) {
            Ok(found) => gpus.push(Gpu {
                name: gpu.name.clone().or(found.name),
                ..found
            }),
            Err(unknown) => {
                let message = format!("`{}` is not a GPU that pyaudit knows", gpu.capability);
                let near = unknown.nearest.first();
                let near = near.map(|near| format!("Did you mean `{near}`? "));
                problems.push(Problem::anywhere(message).with_help(format!(
                    "{}A compute capability will do, such as `sm_120` or `12.0`.",
                    near.unwrap_or_default()
                )));
            }
        }
    }
    gpus
}
