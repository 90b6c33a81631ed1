//! Reads a lock, and makes of its record the question that it answers: for commands that speak of
//! a lock that is there.
//!
//! The inputs are taken from their files where those still say what the record says, so that
//! their lines can be shown; else the record speaks for them.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::{CacheArgs, IndexArgs};
use super::reading_args::LockFileArgs;
use super::recorded::{leads_away, settle_recorded};
use super::relock::relocked;
use super::settings::{Heard, Settings};
use super::terminal::Terminal;
use super::unnamed;
use crate::graph::Graph;
use crate::host::{Environment, LoadRequest, load, read_ambient, read_environment, read_if_there};
use crate::input::{Ambient, Manifest, Selection, read_requirement};
use crate::lock::{Format, Lock, LockedDeclaration, LockedTarget, ToolRecord};
use crate::package::{
    Declaration, DeclarationKind, IndexUrl, MarkerTexts, PackageName, Requirement, Timestamp,
};
use crate::solve::Question;
use crate::source::{Origin, Problem, SourceFile, Span};
use crate::target::{Platform, PythonVersion, Target};

/// The names that are looked for where none is typed.
const USUAL: &[&str] = &[
    "pylock.toml",
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "Pipfile.lock",
    "pixi.lock",
    "requirements.txt",
];

/// So many bytes of blank lines are made for declarations whose files are gone.
pub(super) const MOST_BLANKS: usize = 16 << 20;

/// What stood behind a declaration that is to stay as it is.
const KEPT: &str = "  # pyaudit: keep";

/// A lock that was read.
#[derive(Clone)]
pub(super) struct Reading {
    /// The lock.
    pub(super) lock: Lock,
    /// Its file as the user knows it.
    pub(super) file: String,
    /// The target that it is read for; none where neither it nor the user says one.
    pub(super) target: Option<Target>,
    /// The environment, where it was read in place of a lock.
    pub(super) environment: Option<Arc<Environment>>,
}

/// The question of a lock, and how to ask the indexes about it.
pub(super) struct Asked {
    /// The question, with no preferences.
    pub(super) question: Question,
    /// The settings; their target and policy are the question's.
    pub(super) settings: Settings,
    /// The addresses that only the lock names: they are not asked.
    pub(super) strange: Vec<String>,
}

impl Reading {
    /// Reads the lock that is named, else the usual one of the current folder.
    pub(super) fn read(args: &LockFileArgs) -> Result<Self, Box<Problem>> {
        if let Some(path) = &args.env {
            return Self::of_environment(path, args.target.as_deref());
        }
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
            environment: None,
        })
    }

    /// Reads an environment as a lock; for its own Python and platform, where none is typed.
    fn of_environment(path: &Path, target: Option<&str>) -> Result<Self, Box<Problem>> {
        let folder = current_folder()?;
        let environment = read_environment(path, &folder);
        let environment = environment.map_err(|error| Box::new(error.into()))?;
        let installed = &environment.installed;
        let own = environment.python.clone();
        let own = own.map(|python| Target::new(python, environment.platform));
        let target = target.map(read_target).transpose()?.or(own);
        let Some(target) = target else {
            let message = format!("`{}` does not say which Python it is for", installed.root);
            let help = "Add `--for linux/3.12`.";
            return Err(Box::new(Problem::anywhere(message).with_help(help)));
        };
        Ok(Self {
            lock: installed.to_lock(&target, []),
            file: installed.root.clone(),
            target: Some(target),
            environment: Some(Arc::new(environment)),
        })
    }

    /// Turns to the first target that the lock was made for which has a package, where the one that it
    /// is read for has it not.
    pub(super) fn turn_to(&mut self, name: &PackageName) {
        let has = |target: &Target| {
            let graph = Graph::new(&self.lock, Some(target));
            !graph.named(name).is_empty()
        };
        if self.target.as_ref().is_none_or(has) {
            return;
        }
        let recorded = self.lock.tool.iter().flat_map(|record| &record.targets);
        let found = recorded.filter_map(read_recorded).find(has);
        self.target = found.or(self.target.take());
    }

    /// Returns words for the target, where the lock is for others too.
    pub(super) fn one_of_many(&self) -> Option<String> {
        let count = self.lock.tool.as_ref()?.targets.len();
        let target = self.target.as_ref().filter(|_| count > 1)?;
        Some(target.describe())
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
        let Ok(Some(text)) = read_if_there(Path::new(&self.file)) else {
            return;
        };
        if let Some(lock) = relocked(&text, (&self.lock, &self.file), outside, terminal) {
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
        let folder = current_folder()?;
        let now = Timestamp::from_seconds(jiff::Timestamp::now().as_second());
        let ambient = read_ambient(&folder, now);
        let mut manifest = read_inputs(record, &ambient, &folder, &self.file);
        // Which files are read is the lock's to say, and who reads a lock runs nobody's code.
        manifest.tool.allow_build = None;
        let (declarations, mut strange) = declarations(record, &manifest, &folder)?;
        let mut index = index.clone();
        index.offline |= !strange.is_empty();
        let heard = Heard {
            manifest: &manifest,
            ambient: &ambient,
        };
        let recorded = settle_recorded(record, (&index, cache), heard, &folder, now)?;
        let settings = recorded.settings;
        strange.extend(recorded.strange);
        let excludes = record.options.excludes.iter();
        Ok(Some(Asked {
            question: Question {
                declarations,
                excludes: excludes.filter_map(|name| name.parse().ok()).collect(),
                target: target
                    .clone()
                    .with_accelerators(settings.target.accelerators().clone()),
                region: None,
                policy: settings.policy.clone(),
                preferences: BTreeMap::new(),
                facts: Arc::clone(&settings.facts),
                sources: Arc::clone(&settings.sources),
            },
            settings,
            strange,
        }))
    }
}

/// Returns the lock of a folder, by its name.
pub(super) fn usual_lock_of(folder: &Path) -> Option<PathBuf> {
    let mut names = USUAL.iter().map(|name| folder.join(name));
    names.find(|path| path.is_file())
}

fn usual_lock() -> Result<PathBuf, Box<Problem>> {
    usual_lock_of(Path::new("")).ok_or_else(|| {
        let message = "there is no `pylock.toml` and no `requirements.txt` here";
        let help = "Name the lock with `--lock FILE`, or make one: `pyaudit lock -o pylock.toml`.";
        Box::new(Problem::anywhere(message).with_help(help))
    })
}

/// Reads a lock, whoever wrote it.
pub(super) fn read_lock(path: &Path) -> Result<Lock, Box<Problem>> {
    let name = path.to_string_lossy();
    let text = read_if_there(path).map_err(Box::new)?.ok_or_else(|| {
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
    read_recorded(lock.tool.as_ref()?.targets.first()?)
}

fn read_recorded(target: &LockedTarget) -> Option<Target> {
    let python: PythonVersion = target.python.parse().ok()?;
    Some(Target::new(python, recorded_platform(&target.platform)?))
}

/// Locks tell a platform in words; a name or a tag is understood as well.
pub(super) fn recorded_platform(text: &str) -> Option<Platform> {
    Platform::described(text).or_else(|| text.parse().ok())
}

fn current_folder() -> Result<PathBuf, Box<Problem>> {
    std::env::current_dir().map_err(|error| {
        let message = format!("the current folder cannot be read: {error}");
        Box::new(Problem::anywhere(message))
    })
}

/// Reads the input files that the record names and that are still there: for their lines, and for
/// the settings that they hold. The lock is none of them: what it says it says as a lock.
pub(super) fn read_inputs(
    record: &ToolRecord,
    ambient: &Ambient,
    folder: &Path,
    lock: &str,
) -> Manifest {
    let named = |kind: DeclarationKind| -> Vec<String> {
        let declared = record.declarations.iter().filter(|it| it.kind == kind);
        let names: BTreeSet<&String> = declared.map(|it| &it.file).collect();
        let is_there = |name: &&&String| is_input(name, folder, lock);
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
    let selection = Selection::everything();
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

/// Whether a lock can have been made from a file: it is one, of this machine, and not the lock.
pub(super) fn is_input(name: &str, folder: &Path, lock: &str) -> bool {
    if leads_away(name) {
        return false;
    }
    let path = folder.join(name);
    let is_lock = || path.canonicalize().ok() == folder.join(lock).canonicalize().ok();
    path.is_file() && !is_lock()
}

/// Returns the record's declarations, one for one, and the places that it alone declares.
fn declarations(
    record: &ToolRecord,
    manifest: &Manifest,
    folder: &Path,
) -> Result<(Vec<Declaration>, Vec<String>), Box<Problem>> {
    let markers = &mut MarkerTexts::default();
    let mut strange = Vec::new();
    let mut room = MOST_BLANKS;
    let mut declarations = Vec::with_capacity(record.declarations.len());
    for locked in &record.declarations {
        let unchanged = manifest.declarations.iter().find(|it| is_said(locked, it));
        let unchanged = unchanged.cloned().or_else(|| named_since(locked, manifest));
        let declaration = match unchanged {
            Some(declaration) => declaration,
            None => {
                let declaration = of_record(locked, folder, markers, &mut room)?;
                let url = declaration.requirement.url.as_ref();
                let away = url.filter(|url| url.url.scheme() != "file" || url.url.has_host());
                strange.extend(away.map(|url| IndexUrl::redacted(&url.given)));
                declaration
            }
        };
        declarations.push(declaration);
    }
    Ok((declarations, strange))
}

fn is_said(locked: &LockedDeclaration, declaration: &Declaration) -> bool {
    let origin = &declaration.origin;
    origin.label() == locked.file
        && origin.line() == locked.line
        && origin.column() == locked.column
        && declaration.kind == locked.kind
        && IndexUrl::redacted(&declaration.requirement.to_string()) == locked.text
}

/// Finds the reference that had no name in its file and got one when it was locked.
fn named_since(locked: &LockedDeclaration, manifest: &Manifest) -> Option<Declaration> {
    let unnamed = manifest.unnamed.iter();
    let mut named = unnamed.map(|it| unnamed::declaration(it.clone(), locked.name.clone()));
    named.find(|it| is_said(locked, it))
}

/// Makes a declaration of the record alone, at its place in a file that is otherwise blank, as far
/// as there is room.
pub(super) fn of_record(
    locked: &LockedDeclaration,
    folder: &Path,
    markers: &mut MarkerTexts,
    room: &mut usize,
) -> Result<Declaration, Box<Problem>> {
    let read = Requirement::parse_lenient(&locked.text, markers);
    let read = read.or_else(|_| read_requirement(&locked.text, folder));
    let requirement = read.map_err(|error| {
        let message = format!(
            "the lock's own `{}` cannot be asked again: {}",
            locked.text, error.message
        );
        Box::new(Problem::anywhere(message).with_help("Make the lock anew: `pyaudit lock`."))
    })?;
    let lines = locked.line.saturating_sub(1);
    let columns = locked.column.saturating_sub(1);
    let (lines, columns) = match lines + columns <= *room {
        true => (lines, columns),
        false => (0, 0),
    };
    let before = lines + columns;
    *room -= before;
    let text = format!(
        "{}{}{}{}",
        "\n".repeat(lines),
        " ".repeat(columns),
        locked.text,
        if locked.is_kept { KEPT } else { "" }
    );
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_no_file_has_takes_no_room() {
        let read = |line: &str| {
            let text = format!(
                "lock-version = \"1.0\"\ncreated-by = \"x\"\npackages = []\n[tool.pyaudit]\n\
                 schema = 1\nversion = \"1\"\ndeclarations = [{{ name = \"a\", text = \"a\", \
                 kind = \"requirement\", file = \"gone.in\", line = {line}, column = {line}, keep = true }}]\n"
            );
            let file = SourceFile::new("pylock.toml", text);
            let record = crate::lock::read_pylock(&file).unwrap().tool.unwrap();
            let manifest = Manifest::default();
            let (declarations, _) = declarations(&record, &manifest, Path::new("")).unwrap();
            assert!(declarations[0].is_kept());
            declarations[0].origin.line()
        };

        assert_eq!(read("3"), 3);
        assert_eq!(read("9223372036854775807"), 1);
    }

    #[test]
    fn many_far_places_take_no_more_room_than_there_is() {
        let locked = LockedDeclaration {
            name: "a".parse().unwrap(),
            text: "a".to_owned(),
            kind: DeclarationKind::Requirement,
            file: "gone.in".to_owned(),
            line: 900_000,
            column: 900_000,
            section: None,
            applies: true,
            is_kept: true,
        };
        let record = ToolRecord {
            declarations: vec![locked; 100],
            ..ToolRecord::default()
        };
        let (declarations, _) = declarations(&record, &Manifest::default(), Path::new("")).unwrap();
        assert!(declarations[0].is_kept());
        let sizes = declarations
            .iter()
            .map(|it| it.origin.line() + it.origin.column());

        assert!(sizes.sum::<usize>() < MOST_BLANKS + 1000);
    }
}
