//! What is allowed and yet may not be what was meant: told as warnings.

use std::collections::BTreeMap;

use super::settings::{Settings, TorchChoice};
use crate::input::Manifest;
use crate::package::DeclarationKind;
use crate::solve::{Dependent, Question, Resolution};
use crate::source::Problem;
use crate::target::{Flavour, Gpu};

/// Looks at what was read and settled.
pub(super) fn misgivings(manifest: &Manifest, settings: Option<&Settings>) -> Vec<Problem> {
    let mut misgivings = Vec::new();
    let mut declarations = manifest.declarations.iter();
    let is_empty = !declarations.any(|it| it.kind == DeclarationKind::Requirement)
        && manifest.unnamed.is_empty();
    if is_empty {
        misgivings.push(Problem::anywhere("the inputs require no package").as_warning());
    }
    if let (Some(settings), Some((wanted, origin))) = (settings, &manifest.requires_python)
        && !settings.target.admits_python(wanted)
    {
        let python = settings.target.python();
        let message = format!("this project does not admit Python {python}, which the lock is for");
        misgivings.push(Problem::at(origin.clone(), message).as_warning());
    }
    misgivings.extend(settings.into_iter().flat_map(other_flavours));
    misgivings.extend(settings.and_then(idle_gpus));
    misgivings
}

/// Tells of GPUs beside a flavour that uses none.
fn idle_gpus(settings: &Settings) -> Option<Problem> {
    let gpus = &settings.target.accelerators().gpus;
    let is_idle = settings.torch == TorchChoice::Only(Flavour::Cpu) && !gpus.is_empty();
    is_idle.then(|| {
        let names: Vec<String> = gpus.iter().map(Gpu::describe).collect();
        let message = format!("builds for the CPU do not use {}", names.join(", "));
        Problem::anywhere(message).as_warning()
    })
}

/// Tells of indexes of another flavour than the one that was asked for.
fn other_flavours(settings: &Settings) -> Vec<Problem> {
    let TorchChoice::Only(wanted) = &settings.torch else {
        return Vec::new();
    };
    let indexes = settings.outside.indexes.all();
    let others = indexes.filter_map(|index| {
        let flavour = Flavour::of_index(index.public().as_str())?;
        (flavour != *wanted).then(|| {
            let label = index.label();
            format!("`{label}` is an index of {flavour}, and {wanted} is asked for")
        })
    });
    let help = format!("torch and its family come from the index of {wanted} alone.");
    let problems = others.map(|message| Problem::anywhere(message).with_help(&*help));
    problems.map(Problem::as_warning).collect()
}

/// Tells of packages for different major versions of CUDA in one answer.
pub(super) fn mixed_cuda(question: &Question, resolution: &Resolution) -> Option<Problem> {
    let platform = question.target.platform();
    let mut by_major: BTreeMap<u16, Vec<String>> = BTreeMap::new();
    for package in &resolution.packages {
        let (name, version) = (&package.name, &package.version);
        if let Some(major) = question.facts.cuda_major(name, version, platform) {
            let labels = by_major.entry(major).or_default();
            labels.push(format!("{name} {version}"));
        }
    }
    if by_major.len() < 2 {
        return None;
    }
    let sides: Vec<String> = by_major
        .iter()
        .map(|(major, labels)| match &labels[..] {
            [first, others @ ..] if others.len() > 2 => {
                format!("{first} and {} more are for CUDA {major}", others.len())
            }
            [only] => format!("{only} is for CUDA {major}"),
            labels => format!("{} are for CUDA {major}", labels.join(", ")),
        })
        .collect();
    let message = format!("two majors of CUDA in one lock: {}", sides.join("; "));
    let help = "They load libraries that do not go together: choose builds for one CUDA.";
    Some(Problem::anywhere(message).with_help(help).as_warning())
}

/// Tells of extras that were asked for and that the versions chosen do not have.
pub(super) fn unknown_extras(question: &Question, resolution: &Resolution) -> Vec<Problem> {
    let unknown = resolution.unknown_extras.iter();
    let problems = unknown.map(|(name, extra, by)| {
        let chosen = resolution.package(name);
        let version = chosen.map(|it| format!(" {}", it.version));
        let message = format!(
            "{name}{} has no extra `{extra}`",
            version.unwrap_or_default()
        );
        match by {
            Dependent::Declaration(at) => {
                Problem::at(question.declarations[*at].origin.clone(), message)
            }
            Dependent::Package(by) => Problem::anywhere(format!("{message}, which {by} asks for")),
        }
    });
    problems.map(Problem::as_warning).collect()
}
