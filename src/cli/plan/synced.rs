//! What a command installs that takes a project from its lock: `uv sync`, `poetry install`. The lock is
//! the one that the image gets; what of it counts is what the project's file declares.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::lines::path_of;
use super::ready::Outside;
use crate::cli::baseline::present_in;
use crate::graph::Graph;
use crate::host::{LoadRequest, load, read_list, stays_in};
use crate::input::{FileRole, Step, StepFile, SyncCommand, Syncer};
use crate::lock::{Format, Lock, read_pipfile_lock_without_development};
use crate::package::{DeclarationKind, ExtraName, PackageName, Specifiers, Version};
use crate::sequence::Locked;
use crate::solve::Failure;
use crate::source::{Problem, SourceFile};
use crate::target::Target;

/// A package that is asked for.
struct Wanted {
    name: PackageName,
    extras: Vec<ExtraName>,
    version: Option<Version>,
}

/// What a command installs.
pub(super) struct Synced {
    /// The packages.
    pub(super) packages: Vec<Locked>,
    /// The lock, by the name that it has in messages.
    pub(super) lock: String,
    /// What a person should know of it.
    pub(super) notes: Vec<String>,
}

/// Why it is not known what a command installs.
pub(super) enum Unsynced {
    /// It is left out, for this reason.
    LeftOut(String),
    /// A file of the project makes no sense.
    Unread(Failure),
}

impl From<String> for Unsynced {
    fn from(why: String) -> Self {
        Self::LeftOut(why)
    }
}

/// Returns the packages that a command installs on a target; where it cannot be played, the reason.
pub(super) fn locked(
    step: &Step,
    command: &SyncCommand,
    target: &Target,
    outside: Outside<'_>,
) -> Result<Synced, Unsynced> {
    if let Some(other) = &command.other {
        let why = format!("it is for something else than the project (`{other}`)");
        return Err(why.into());
    }
    let name = command.syncer.lock_name();
    let lock = step.files.iter().find(|it| it.role == FileRole::Lock);
    let lock = lock.ok_or_else(|| format!("there is no `{name}`"))?;
    let path = match lock.paths.is_empty() && !outside.is_typed {
        true => Err(missing(lock, name)),
        false => path_of(lock, outside).ok_or_else(|| format!("no `{name}` is in the project")),
    }?;
    let shown = path.trim_start_matches("./");
    let unread = |problem: Problem| unread(shown, &[problem]);
    let file = read_list(&outside.folder.join(&path), shown).map_err(unread)?;
    let file = file.ok_or_else(|| format!("no `{name}` is in the project"))?;
    let lock = read(command, &file).map_err(unread)?;
    let pythons = lock
        .requires_python
        .as_deref()
        .map(Specifiers::parse_lenient);
    if let Some(Ok(pythons)) = pythons.filter(|it| {
        let pythons = it.as_ref().ok();
        pythons.is_some_and(|it| !it.contains(target.python().version()))
    }) {
        return Err(format!("its lock is for Python {pythons}").into());
    }
    let graph = Graph::new(&lock, Some(target));
    let mut notes = Vec::new();
    let reached = match wanted(command, Path::new(&path), target, (outside, &mut notes))? {
        Some(wanted) => reached(&graph, wanted, target),
        // Nobody says what was declared.
        None => (0..graph.packages().len()).collect(),
    };
    let packages = reached.into_iter().map(|at| graph.packages()[at]);
    let locked = packages.map(|package| Locked {
        present: present_in(&lock, package, &file),
        size: package
            .installed_file(Some(target))
            .and_then(|file| file.size),
    });
    Ok(Synced {
        packages: locked.collect(),
        lock: shown.to_owned(),
        notes,
    })
}

/// Says how a lock gets to where a command looks for it.
fn missing(lock: &StepFile, name: &str) -> String {
    let folder = lock.argument.text.strip_suffix(name);
    match (&lock.place, folder.filter(|_| lock.argument.is_literal)) {
        (Some(place), Some(folder)) => {
            let to = if folder.is_empty() { "./" } else { folder };
            format!("no COPY brings `{name}` to `{place}`; add `COPY {name} {to}`")
        }
        _ => format!("nothing brings a `{name}` to where it runs"),
    }
}

fn read(command: &SyncCommand, file: &Arc<SourceFile>) -> Result<Lock, Problem> {
    match command.syncer {
        // This one does not say who needs whom.
        Syncer::Pipenv if command.selection.groups.is_empty() => {
            read_pipfile_lock_without_development(file)
        }
        Syncer::Uv | Syncer::Poetry | Syncer::Pdm | Syncer::Pipenv => {
            (Format::of_path(command.syncer.lock_name()).read)(file)
        }
    }
}

/// Returns what the project's file beside a lock asks for; nothing where there is none, and for a
/// lock that does not say who needs whom.
fn wanted(
    command: &SyncCommand,
    lock: &Path,
    target: &Target,
    (outside, notes): (Outside<'_>, &mut Vec<String>),
) -> Result<Option<Vec<Wanted>>, Unsynced> {
    if command.syncer == Syncer::Pipenv {
        return Ok(None);
    }
    let project = lock.with_file_name(command.syncer.project_name());
    let beside = outside.folder.join(&project);
    let folder = beside.parent().unwrap_or(outside.folder);
    let is_own =
        outside.is_typed || stays_in(&beside, folder) || stays_in(&beside, outside.project);
    if !beside.is_file() {
        return Ok(None);
    }
    let shown = project.to_string_lossy();
    let shown = shown.trim_start_matches("./");
    if !is_own {
        let problem =
            Problem::anywhere(format!("`{shown}` is a link that leads out of the project"));
        return Err(unread(shown, &[problem]));
    }
    let request = LoadRequest {
        inputs: &[project.to_string_lossy().into_owned()],
        constraints: &[],
        overrides: &[],
        excludes: &[],
        selection: &command.selection,
        folder: outside.folder,
        variables: outside.ambient.variables.as_map(),
    };
    let manifest = load(&request, &mut io::empty());
    let (wrong, doubtful): (Vec<Problem>, Vec<Problem>) =
        manifest.problems.into_iter().partition(Problem::is_error);
    if !wrong.is_empty() {
        return Err(unread(shown, &wrong));
    }
    notes.extend(doubtful.iter().map(in_words));
    let declared = manifest.declarations.into_iter().filter(|it| {
        it.kind == DeclarationKind::Requirement
            && it.requirement.marker.holds(target.environment(), &[])
    });
    let declared = declared.map(|it| Wanted {
        name: it.requirement.name,
        extras: it.requirement.extras,
        version: None,
    });
    // What a reference is for without a name is not known here.
    Ok(manifest.unnamed.is_empty().then(|| declared.collect()))
}

/// Says what makes no sense in a file.
fn unread(shown: &str, problems: &[Problem]) -> Unsynced {
    Unsynced::Unread(Failure {
        doing: format!("could not read `{shown}`"),
        causes: problems.iter().map(in_words).collect(),
        help: None,
    })
}

fn in_words(problem: &Problem) -> String {
    match &problem.origin {
        Some(place) => format!("{place}: {}", problem.message),
        None => problem.message.clone(),
    }
}

/// Returns the packages that requirements ask for, with all that these need in the extras that are
/// asked for.
fn reached(graph: &Graph<'_>, wanted: Vec<Wanted>, target: &Target) -> BTreeSet<usize> {
    let mut extras: BTreeMap<usize, BTreeSet<ExtraName>> = BTreeMap::new();
    let mut waiting = wanted;
    while let Some(wanted) = waiting.pop() {
        for at in graph.named(&wanted.name) {
            let package = graph.packages()[at];
            if wanted.version.is_some() && wanted.version != package.version {
                continue;
            }
            let is_new = !extras.contains_key(&at);
            let known = extras.entry(at).or_default();
            let before = known.len();
            known.extend(wanted.extras.iter().cloned());
            if !is_new && known.len() == before {
                continue;
            }
            let known: Vec<ExtraName> = known.iter().cloned().collect();
            let edges = package.edges.iter();
            let needed = edges.filter(|edge| {
                let marker = &edge.requirement.marker;
                marker.holds(target.environment(), &known)
            });
            waiting.extend(needed.map(|edge| Wanted {
                name: edge.requirement.name.clone(),
                extras: edge.requirement.extras.clone(),
                version: edge.version.clone(),
            }));
        }
    }
    extras.into_keys().collect()
}
