//! Settings: command line, input files and surroundings, settled once. Nothing after this asks
//! where a value came from.
//!
//! What was typed wins over the input files, those over the surroundings, those over defaults.

mod builds;
mod choice;
mod scope;
mod sources;
mod target;
mod torch;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::{CacheArgs, QuestionArgs};
use crate::facts::Facts;
use crate::fetch::{CachePolicy, Indexes, Outside};
use crate::host::load_text;
use crate::input::{Ambient, Manifest, Said, ToolTable};
use crate::lock::LockOptions;
use crate::package::{IndexUrl, PackageName, Timestamp};
use crate::solve::{Policy, Source};
use crate::source::{Origin, Problem};
use crate::target::Target;

pub(super) use scope::{Scope, Universal};
pub(super) use sources::DEFAULT_INDEX;
pub(super) use torch::TorchChoice;

/// What a lock is made under.
pub(super) struct Settings {
    /// Where it has to run.
    pub(super) target: Target,
    /// Whether it has to run elsewhere too.
    pub(super) scope: Scope,
    /// How versions are chosen.
    pub(super) policy: Policy,
    /// Where packages come from.
    pub(super) outside: Outside,
    /// Which packages come from one index alone, and where.
    pub(super) sources: Arc<[Source]>,
    /// Which builds of torch are wanted.
    pub(super) torch: TorchChoice,
    /// What is known beside metadata.
    pub(super) facts: Arc<Facts>,
    /// What was found on this machine, where it was looked at, in words.
    pub(super) found: Option<String>,
    /// The same in the words that a lock keeps.
    pub(super) options: LockOptions,
}

/// What was heard beside the command line.
#[derive(Clone, Copy)]
pub(super) struct Heard<'a> {
    /// From the input files.
    pub(super) manifest: &'a Manifest,
    /// From the surroundings.
    pub(super) ambient: &'a Ambient,
}

/// Settles everything; what makes no sense goes to the problems, and then there are no settings.
pub(super) fn settle(
    args: &QuestionArgs,
    heard: Heard<'_>,
    folder: &Path,
    now: Timestamp,
    problems: &mut Vec<Problem>,
) -> Option<Settings> {
    let target = match scope::first_target(&args.scope) {
        Some(target) => Some(target),
        None => target::settle_target(&args.target, heard, problems),
    };
    let mut options = LockOptions::default();
    let policy = choice::settle_policy(&args.choice, heard, now, &mut options, problems);
    let indexes = sources::settle_indexes(
        &args.index,
        heard,
        (folder, target.as_ref()),
        &mut options,
        problems,
    );
    let facts = settle_facts(args.choice.no_facts, heard, folder, &mut options, problems);
    let place = (folder, facts.index_base());
    let base = sources::settle_torch_index(&args.index, heard, place, &mut options, problems);
    let torch = torch::Settling::new(&args.target, heard, &facts, problems);
    let torch = torch.settle(target.as_ref(), indexes.as_ref());
    let known = target
        .clone()
        .map(|it| it.with_accelerators(torch.accelerators.clone()));
    let scope = scope::settle_scope(
        (&args.scope, &args.target),
        heard,
        &facts,
        known.as_ref(),
        problems,
    );
    options.torch = torch.choice.name();
    options.stage.clone_from(&args.declared.stage);
    if let Scope::Region(region) = &scope {
        options.universal = true;
        options.fork_strategy = scope::unusual(region.strategy);
    }
    let python = target.as_ref().map(Target::python);
    let builds = builds::settle_builds(&args.choice, heard, python, &mut options, problems);
    let mut cache = CachePolicy::new(cache_folder(&args.cache, heard.ambient), now);
    cache.offline = args.index.offline || is_said(heard.ambient.offline.as_ref());
    cache.refresh = args.cache.refresh;
    cache.refresh_packages = names(&args.cache.refresh_package, "--refresh-package", problems);
    options.excludes = heard
        .manifest
        .excludes
        .iter()
        .map(|(name, _)| name.to_string())
        .collect();
    Some(Settings {
        target: target?.with_accelerators(torch.accelerators),
        sources: sources::by_marker(heard.manifest, &scope),
        scope,
        policy,
        outside: Outside {
            options: sources::fetch_options(&args.index, heard),
            indexes: with_builds(indexes?, base, &facts),
            cache,
            builds,
            listener: None,
        },
        torch: torch.choice,
        facts,
        found: torch.found,
        options,
    })
}

/// Adds where builds for accelerators are.
fn with_builds(indexes: Indexes, base: Option<IndexUrl>, facts: &Facts) -> Indexes {
    match base {
        Some(base) => indexes.with_builds(base, facts.family().cloned()),
        None => indexes,
    }
}

/// Settles what is known beside metadata; a mistake in the user's own file is told.
fn settle_facts(
    is_without_limits: bool,
    heard: Heard<'_>,
    folder: &Path,
    options: &mut LockOptions,
    problems: &mut Vec<Problem>,
) -> Arc<Facts> {
    let tool = &heard.manifest.tool;
    let mut facts = own_facts(tool, folder).unwrap_or_else(|mistakes| {
        problems.extend(mistakes);
        Facts::embedded()
    });
    options.facts = tool.facts.as_ref().map(|(_, it)| it.text().to_owned());
    if is_without_limits {
        facts = Arc::new(facts.without_limits());
        options.no_facts = true;
    }
    facts
}

/// Returns the facts with those of the user's own file, if one is named.
pub(super) fn own_facts(tool: &ToolTable, folder: &Path) -> Result<Arc<Facts>, Vec<Problem>> {
    let facts = Facts::embedded();
    let Some((path, origin)) = &tool.facts else {
        return Ok(facts);
    };
    let file = load_text(path, folder, origin).map_err(|problem| vec![problem])?;
    facts.extended(&file).map(Arc::new)
}

fn cache_folder(args: &CacheArgs, ambient: &Ambient) -> Option<PathBuf> {
    use etcetera::BaseStrategy as _;
    if args.no_cache || is_said(ambient.no_cache.as_ref()) {
        return None;
    }
    let around = || ambient.cache_dir.as_ref().map(|said| said.value.clone());
    let usual = || {
        Some(
            etcetera::choose_base_strategy()
                .ok()?
                .cache_dir()
                .join("pyaudit"),
        )
    };
    args.cache_dir.clone().or_else(around).or_else(usual)
}

fn is_said(said: Option<&Said<bool>>) -> bool {
    said.is_some_and(|said| said.value)
}

/// Reads package names of an option.
pub(super) fn names(
    texts: &[String],
    option: &str,
    problems: &mut Vec<Problem>,
) -> Vec<PackageName> {
    let mut names = Vec::new();
    for text in texts {
        match PackageName::new(text.clone()) {
            Ok(name) if !text.is_empty() => names.push(name),
            _ => problems.push(problem(
                option,
                None,
                format!("`{text}` is not a package name"),
            )),
        }
    }
    names
}

/// Returns what was typed, else what a file says, with its place, else what the surroundings say.
fn said<'a>(
    typed: Option<&'a str>,
    in_file: Option<&'a (String, Origin)>,
    around: Option<&'a Said<String>>,
) -> Option<(&'a str, Option<&'a Origin>)> {
    let in_file = in_file.map(|(text, origin)| (text.as_str(), Some(origin)));
    let around = around.map(|said| (said.value.as_str(), None));
    typed.map(|typed| (typed, None)).or(in_file).or(around)
}

/// A problem in a file, or with an option of the command line.
fn problem(option: &str, origin: Option<&Origin>, message: String) -> Problem {
    match origin {
        Some(origin) => Problem::at(origin.clone(), message),
        None => Problem::anywhere(format!("`{option}`: {message}")),
    }
}
