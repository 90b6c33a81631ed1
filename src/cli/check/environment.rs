//! The audit of an environment: what is installed is audited as a lock would be, and held to the
//! locks and the declarations that are named beside it.

use std::path::Path;
use std::sync::Arc;

use super::args::CheckArgs;
use super::contents::{contents, read_files};
use super::inputs::{Around, declared_in};
use super::targets::target_of;
use super::what::{What, what_to_check};
use super::{Checked, Scales, Trouble, advisories, checked, read_file};
use crate::audit::{Declared, Evidence, Kind, Subject, Wanted, place_in_lock, rule_named};
use crate::cli::terminal::Terminal;
use crate::facts::Facts;
use crate::graph::Graph;
use crate::host::{Environment, read_environment};
use crate::lock::{Format, Lock, LockedPackage, LockedTarget};
use crate::package::{Declaration, DeclarationKind, Marker, Requirement, Specifiers};
use crate::source::{Origin, Problem, SourceFile};
use crate::target::Target;

/// The rules for which every installed file is read.
const BY_FILES: &[&str] = &[
    "altered-files",
    "extension-cohort",
    "file-collision",
    "missing-shared-lib",
    "numpy-abi",
];

/// Audits the environment of a folder or an interpreter; nothing where it has no package.
pub(super) fn audit_environment(
    (args, path): (&CheckArgs, &Path),
    around: Around<'_>,
    scales: &Scales,
    terminal: &Terminal,
) -> Result<Option<Checked>, Trouble> {
    let mut environment = read_environment(path, around.folder).map_err(Problem::from)?;
    let facts = Facts::embedded();
    let mut problems = Vec::new();
    let told = told(&environment, args)?;
    let target = target_of(told, args, &facts, &mut problems);
    let Some(target) = target else {
        return Err(Trouble::Problems(problems));
    };
    let beside = match args.files.as_slice() {
        // What an environment is made of is not guessed.
        [] => Vec::new(),
        named => what_to_check(named, around.folder, terminal)?,
    };
    let declared = held_to(&beside, (args, around), &target, &mut problems)?;
    if problems.iter().any(Problem::is_error) {
        return Err(Trouble::Problems(problems));
    }
    let is_wanted = |name: &str| rule_named(name).is_some_and(|rule| !scales.levels.allows(rule));
    let looks = match BY_FILES.iter().any(|name| is_wanted(name)) {
        true => read_files(args, &mut environment, around, terminal)?,
        false => Vec::new(),
    };
    let wanted = declared.iter().flat_map(|it| &it.wanted);
    let asked = wanted.map(|it| &it.declaration.requirement);
    let installed = &environment.installed;
    let lock = installed.to_lock(&target, asked);
    if lock.packages.is_empty() {
        return Ok(None);
    }
    let file = as_text(&installed.root, &lock);
    let targets = [target];
    let subject = Subject::new((&lock, &file), &targets, declared.as_ref(), &facts, &[]);
    let gathered = advisories::gather(args, scales, &lock, around)?;
    let contents = contents(args, &environment, &lock, looks);
    let evidence = Evidence {
        installed: Some(installed),
        contents: contents.as_ref(),
        advisories: gathered.as_ref().map(|it| &it.evidence),
        ..Evidence::default()
    };
    let subject = subject.of_kind(Kind::Environment).with_evidence(evidence);
    let checked = checked(&subject, installed.root.clone(), scales);
    Ok(Some(checked.after(gathered.as_ref(), None)))
}

/// Returns what the environment says of where it runs.
fn told(environment: &Environment, args: &CheckArgs) -> Result<LockedTarget, Problem> {
    let python = environment.python.as_ref().map(ToString::to_string);
    if python.is_none() && args.target.python.is_none() {
        let root = &environment.installed.root;
        let message = format!("`{root}` does not say which Python it is for");
        return Err(Problem::anywhere(message).with_help("Add `--python 3.12`."));
    }
    Ok(LockedTarget {
        python: python.unwrap_or_default(),
        platform: environment.platform.to_string(),
        ..LockedTarget::default()
    })
}

/// Returns what the environment has to answer: what is declared, and what locks pin.
fn held_to(
    beside: &[What],
    (args, around): (&CheckArgs, Around<'_>),
    target: &Target,
    problems: &mut Vec<Problem>,
) -> Result<Option<Declared>, Trouble> {
    let mut inputs = args.inputs.clone();
    let mut declared = Declared::default();
    for what in beside {
        match what {
            What::Declarations(files) => inputs.extend(files.iter().cloned()),
            // Its lines are declarations, and their markers count.
            What::Lock(path) if path.extension().is_some_and(|it| it == "txt") => {
                let name = path.to_string_lossy().into_owned();
                inputs.push(name.clone());
                declared.by_lock = Some(name);
            }
            What::Lock(path) => {
                let file = read_file(path)?;
                let lock = (Format::of_path(file.label()).read)(&file)?;
                declared.wanted.extend(pins(&lock, &file, target));
                declared.by_lock = Some(file.label().to_owned());
            }
        }
    }
    if !inputs.is_empty() {
        let more = declared_in(&inputs, around, problems);
        declared.wanted.extend(more.wanted);
        declared.overridden_by_address = more.overridden_by_address;
    }
    let is_held = !inputs.is_empty() || declared.by_lock.is_some();
    Ok(is_held.then_some(declared))
}

/// Returns what a lock pins for a target, each where the lock says it.
fn pins(lock: &Lock, file: &Arc<SourceFile>, target: &Target) -> Vec<Wanted> {
    let graph = Graph::new(lock, Some(target));
    let pin = |package: &&LockedPackage| {
        let version = package
            .version
            .as_ref()
            .filter(|_| package.is_from_registry());
        let specifiers = version.map(|version| format!("=={version}"));
        let origin = place_in_lock(file, package, None);
        Some(Wanted {
            declaration: Declaration {
                requirement: Requirement {
                    name: package.name.clone(),
                    extras: package.extras.clone(),
                    specifiers: Specifiers::parse(&specifiers.unwrap_or_default()).ok()?,
                    url: None,
                    marker: Marker::always(),
                },
                kind: DeclarationKind::Requirement,
                origin: origin.unwrap_or_else(|| Origin::whole(file)),
                section: None,
                digests: Vec::new(),
            },
            is_in_file: true,
        })
    };
    graph.packages().iter().filter_map(pin).collect()
}

/// Writes what is installed, so that two environments with the same packages look the same.
fn as_text(root: &str, lock: &Lock) -> Arc<SourceFile> {
    let lines = lock.packages.iter().map(|it| match &it.version {
        Some(version) => format!("{}=={version}\n", it.name),
        None => format!("{}\n", it.name),
    });
    SourceFile::new(root, lines.collect::<String>())
}
