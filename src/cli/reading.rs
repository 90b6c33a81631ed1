//! Reads a lock, and makes of its record the question that it answers: for commands that speak of
//! a lock that is there.
//!
//! The inputs are taken from their files where those still say what the record says, so that
//! their lines can be shown; else the record speaks for them.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Parser as _;

use super::args::{CacheArgs, Cli, Command, IndexArgs, QuestionArgs};
use super::reading_args::LockFileArgs;
use super::relock::relocked;
use super::settings::{Heard, Settings, settle};
use super::terminal::Terminal;
use crate::host::{LoadRequest, load, read_ambient, read_former};
use crate::input::{Ambient, Manifest, Selection};
use crate::lock::{Format, Lock, LockOptions, LockedDeclaration, LockedTarget, ToolRecord};
use crate::package::{Declaration, DeclarationKind, IndexUrl, MarkerTexts, Requirement, Timestamp};
use crate::solve::Question;
use crate::source::{Origin, Problem, SourceFile, Span};
use crate::target::{Platform, PythonVersion, Target};

/// The names that are looked for where none is typed.
const USUAL: &[&str] = &["pylock.toml", "requirements.txt"];

/// A lock that was read.
pub(super) struct Reading {
    /// The lock.
    pub(super) lock: Lock,
    /// Its file as the user knows it.
    pub(super) file: String,
    /// The target that it is read for; none where neither it nor the user says one.
    pub(super) target: Option<Target>,
}

/// The question of a lock, and how to ask the indexes about it.
pub(super) struct Asked {
    /// The question, with no preferences.
    pub(super) question: Question,
    /// The settings; their target and policy are the question's.
    pub(super) settings: Settings,
}

impl Reading {
    /// Reads the lock that is named, else the usual one of the current folder.
    pub(super) fn read(args: &LockFileArgs) -> Result<Self, Box<Problem>> {
        let path = match &args.lock {
            Some(path) => path.clone(),
            None => usual_lock()?,
        };
        let lock = read_lock(&path)?;
        let target = match &args.target {
            Some(text) => Some(read_target(text)?),
            None => recorded_target(&lock),
        };
        Ok(Self {
            lock,
            file: path.to_string_lossy().into_owned(),
            target,
        })
    }

    /// Finds out what a requirements file of pyaudit's does not hold.
    pub(super) fn complete(&mut self, outside: (&IndexArgs, &CacheArgs), terminal: &Terminal) {
        let has_record = |lock: &Lock| {
            let record = lock.tool.as_ref();
            record.is_some_and(|record| !record.targets.is_empty())
        };
        if has_record(&self.lock) {
            return;
        }
        let Ok(Some(text)) = read_former(Path::new(&self.file)) else {
            return;
        };
        if let Some(lock) = relocked(&text, &self.lock, outside, terminal) {
            self.target = self.target.take().or_else(|| recorded_target(&lock));
            self.lock = lock;
        }
    }

    /// Makes the question of the record; none where the lock has none.
    pub(super) fn question(
        &self,
        index: &IndexArgs,
        cache: &CacheArgs,
    ) -> Result<Option<Asked>, Box<Problem>> {
        let (Some(record), Some(target)) = (&self.lock.tool, &self.target) else {
            return Ok(None);
        };
        if record.targets.is_empty() {
            return Ok(None);
        }
        let folder = std::env::current_dir().map_err(|error| {
            let message = format!("the current folder cannot be read: {error}");
            Box::new(Problem::anywhere(message))
        })?;
        let now = Timestamp::from_seconds(jiff::Timestamp::now().as_second());
        let ambient = read_ambient(&folder, now);
        let manifest = read_inputs(record, &ambient, &folder);
        let declarations = declarations(record, &manifest)?;
        let settings = settings(record, (index, cache), (&manifest, &ambient), &folder, now)?;
        let excludes = record.options.excludes.iter();
        Ok(Some(Asked {
            question: Question {
                declarations,
                excludes: excludes.filter_map(|name| name.parse().ok()).collect(),
                target: target
                    .clone()
                    .with_accelerators(settings.target.accelerators().clone()),
                policy: settings.policy.clone(),
                preferences: BTreeMap::new(),
                facts: Arc::clone(&settings.facts),
            },
            settings,
        }))
    }
}

pub(super) fn usual_lock() -> Result<PathBuf, Box<Problem>> {
    let found = USUAL.iter().find(|name| Path::new(name).is_file());
    found.map(PathBuf::from).ok_or_else(|| {
        let message = "there is no `pylock.toml` and no `requirements.txt` here";
        let help = "Name the lock with `--lock FILE`, or make one: `pyaudit lock -o pylock.toml`.";
        Box::new(Problem::anywhere(message).with_help(help))
    })
}

/// Reads a lock, whoever wrote it.
pub(super) fn read_lock(path: &Path) -> Result<Lock, Box<Problem>> {
    let name = path.to_string_lossy();
    let text = read_former(path).map_err(Box::new)?.ok_or_else(|| {
        let message = format!("there is no file `{name}`");
        Box::new(Problem::anywhere(message))
    })?;
    let file = SourceFile::new(name.as_ref(), text);
    (Format::of_path(&name).read)(&file).map_err(Box::new)
}

/// Reads `linux/3.12` or `3.12/linux`.
fn read_target(text: &str) -> Result<Target, Box<Problem>> {
    let fail = || {
        let message = format!("`--for`: expected a platform and a Python, but found `{text}`");
        Box::new(Problem::anywhere(message).with_help("Example: `--for linux/3.12`."))
    };
    let (one, other) = text.split_once('/').ok_or_else(fail)?;
    let read = |platform: &str, python: &str| {
        let platform = platform.trim().parse::<Platform>().ok()?;
        Some(Target::new(python.trim().parse().ok()?, platform))
    };
    read(one, other)
        .or_else(|| read(other, one))
        .ok_or_else(fail)
}

pub(super) fn recorded_target(lock: &Lock) -> Option<Target> {
    let target = lock.tool.as_ref()?.targets.first()?;
    let python: PythonVersion = target.python.parse().ok()?;
    Some(Target::new(python, recorded_platform(&target.platform)?))
}

/// Locks tell a platform in words; a name or a tag is understood as well.
pub(super) fn recorded_platform(text: &str) -> Option<Platform> {
    Platform::described(text).or_else(|| text.parse().ok())
}

/// Reads the input files that the record names and that are still there: for their lines, and for
/// the settings that they hold.
fn read_inputs(record: &ToolRecord, ambient: &Ambient, folder: &Path) -> Manifest {
    let named = |kind: DeclarationKind| -> Vec<String> {
        let declared = record.declarations.iter().filter(|it| it.kind == kind);
        let names: BTreeSet<&String> = declared.map(|it| &it.file).collect();
        let is_there = |name: &&&String| folder.join(name).is_file();
        names
            .iter()
            .filter(is_there)
            .map(ToString::to_string)
            .collect()
    };
    let (inputs, constraints, overrides) = (
        named(DeclarationKind::Requirement),
        named(DeclarationKind::Constraint),
        named(DeclarationKind::Override),
    );
    if inputs.is_empty() && constraints.is_empty() && overrides.is_empty() {
        return Manifest::default();
    }
    let selection = Selection {
        all_extras: true,
        all_groups: true,
        ..Selection::default()
    };
    let request = LoadRequest {
        inputs: &inputs,
        constraints: &constraints,
        overrides: &overrides,
        excludes: &[],
        selection: &selection,
        folder,
        variables: ambient.variables.as_map(),
    };
    match inputs.is_empty() {
        true => Manifest::default(),
        false => load(&request, &mut io::empty()),
    }
}

/// Returns the record's declarations, one for one.
fn declarations(
    record: &ToolRecord,
    manifest: &Manifest,
) -> Result<Vec<Declaration>, Box<Problem>> {
    let markers = &mut MarkerTexts::default();
    let mut declarations = Vec::with_capacity(record.declarations.len());
    for locked in &record.declarations {
        let unchanged = manifest.declarations.iter().find(|it| is_said(locked, it));
        let declaration = match unchanged {
            Some(declaration) => declaration.clone(),
            None => of_record(locked, markers)?,
        };
        declarations.push(declaration);
    }
    Ok(declarations)
}

fn is_said(locked: &LockedDeclaration, declaration: &Declaration) -> bool {
    let origin = &declaration.origin;
    origin.label() == locked.file
        && origin.line() == locked.line
        && origin.column() == locked.column
        && declaration.kind == locked.kind
        && IndexUrl::redacted(&declaration.requirement.to_string()) == locked.text
}

/// Makes a declaration of the record alone, at its place in a file that is otherwise blank.
pub(super) fn of_record(
    locked: &LockedDeclaration,
    markers: &mut MarkerTexts,
) -> Result<Declaration, Box<Problem>> {
    let requirement = Requirement::parse_lenient(&locked.text, markers).map_err(|error| {
        let message = format!(
            "the lock's own `{}` cannot be asked again: {}",
            locked.text, error.message
        );
        Box::new(Problem::anywhere(message).with_help("Make the lock anew: `pyaudit lock`."))
    })?;
    let lines = "\n".repeat(locked.line.saturating_sub(1));
    let columns = " ".repeat(locked.column.saturating_sub(1));
    let before = lines.len() + columns.len();
    let text = format!("{lines}{columns}{}", locked.text);
    Ok(Declaration {
        requirement,
        kind: locked.kind,
        origin: Origin::new(
            &SourceFile::new(&*locked.file, text),
            Span::new(before, locked.text.len()),
        ),
        section: locked.section.clone(),
        digests: Vec::new(),
    })
}

/// Settles as `pyaudit lock` does with the options of the record. Indexes that come out the same
/// without the record are those of the surroundings, which know the credentials that a lock never
/// holds.
fn settings(
    record: &ToolRecord,
    (index, cache): (&IndexArgs, &CacheArgs),
    (manifest, ambient): (&Manifest, &Ambient),
    folder: &Path,
    now: Timestamp,
) -> Result<Settings, Box<Problem>> {
    let heard = Heard { manifest, ambient };
    let settled = |words: Vec<String>| -> Result<Settings, Box<Problem>> {
        let mut args = question_args(&words)?;
        args.cache = cache.clone();
        let from_record = std::mem::replace(&mut args.index, index.clone());
        if !says_where(index) {
            args.index = IndexArgs {
                offline: index.offline,
                cert: index.cert.clone(),
                allow_insecure_host: index.allow_insecure_host.clone(),
                timeout: index.timeout,
                retries: index.retries,
                ..from_record
            };
        }
        let mut problems = Vec::new();
        let settings = settle(&args, heard, folder, now, &mut problems);
        let wrong = problems.into_iter().find(Problem::is_error);
        match (settings, wrong) {
            (Some(settings), None) => Ok(settings),
            (_, wrong) => Err(Box::new(wrong.unwrap_or_else(|| {
                Problem::anywhere("the options of the lock make no sense")
            }))),
        }
    };
    let options = &record.options;
    let around = settled(choice_words(record));
    let is_same = |found: &LockOptions| {
        found.index == options.index
            && found.extra_indexes == options.extra_indexes
            && found.find_links == options.find_links
            && found.index_strategy == options.index_strategy
            && found.torch_index == options.torch_index
    };
    match around {
        Ok(around) if says_where(index) || is_same(&around.options) => Ok(around),
        _ => {
            let mut words = choice_words(record);
            words.extend(index_words(options));
            settled(words)
        }
    }
}

/// Whether the user says where packages come from.
fn says_where(index: &IndexArgs) -> bool {
    index.default_index.is_some()
        || index.no_index
        || !index.index.is_empty()
        || !index.extra_index_url.is_empty()
        || !index.find_links.is_empty()
        || index.index_strategy.is_some()
}

/// Reads words as `pyaudit lock` does.
pub(super) fn question_args(words: &[String]) -> Result<QuestionArgs, Box<Problem>> {
    let lead = ["pyaudit", "lock"].map(str::to_owned);
    let parsed = Cli::try_parse_from(lead.iter().chain(words));
    match parsed.map(|cli| cli.command) {
        Ok(Command::Lock(args)) => Ok(args.question),
        Ok(_) | Err(_) => {
            let message = "the options of the lock make no sense";
            Err(Box::new(Problem::anywhere(message)))
        }
    }
}

fn choice_words(record: &ToolRecord) -> Vec<String> {
    let options = &record.options;
    let mut words = Vec::new();
    if let Some(target) = record.targets.first() {
        words.push(format!("--python={}", target.python));
        let platform = recorded_platform(&target.platform);
        words.extend(platform.map(|it| format!("--platform={}", it.tag())));
        words.extend(accelerator_words(target, options));
    }
    words.extend(options.no_facts.then(|| "--no-facts".to_owned()));
    for (option, value) in [
        ("--resolution", &options.resolution),
        ("--prerelease", &options.prerelease),
        ("--exclude-newer", &options.exclude_newer),
    ] {
        words.extend(value.iter().map(|value| format!("{option}={value}")));
    }
    let cutoffs = options.exclude_newer_package.iter();
    words.extend(cutoffs.map(|(name, when)| format!("--exclude-newer-package={name}={when}")));
    for (option, values) in [
        ("--no-binary", &options.no_binary),
        ("--only-binary", &options.only_binary),
        ("--allow-build", &options.allow_build),
    ] {
        words.extend(values.iter().map(|value| format!("{option}={value}")));
    }
    words
}

/// The flavour that was chosen is the one to ask for again.
fn accelerator_words(target: &LockedTarget, options: &LockOptions) -> Vec<String> {
    let torch = target.flavour.as_ref().or(options.torch.as_ref());
    let mut words: Vec<String> = torch.iter().map(|it| format!("--torch={it}")).collect();
    for (option, value) in [("--cuda", &target.cuda), ("--driver", &target.driver)] {
        words.extend(value.iter().map(|value| format!("{option}={value}")));
    }
    let gpus = target.gpus.iter();
    words.extend(gpus.map(|gpu| format!("--gpu={}", gpu.capability)));
    words
}

fn index_words(options: &LockOptions) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for (option, values) in [
        ("--index", &options.extra_indexes),
        ("--find-links", &options.find_links),
    ] {
        words.extend(values.iter().map(|value| format!("{option}={value}")));
    }
    let index = options.index.iter();
    words.extend(index.map(|index| format!("--default-index={index}")));
    let torch = options.torch_index.iter();
    words.extend(torch.map(|index| format!("--torch-index-url={index}")));
    let strategy = options.index_strategy.iter();
    words.extend(strategy.map(|strategy| format!("--index-strategy={strategy}")));
    words.extend(options.no_index.then(|| "--no-index".to_owned()));
    words
}
