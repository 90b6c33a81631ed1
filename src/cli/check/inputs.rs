//! What a lock has to answer, for `pyaudit check`: the declarations of the files that were named,
//! else of those that the lock's record names, else of those beside it.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use super::args::CheckArgs;
use crate::audit::{Declared, Wanted};
use crate::cli::reading::{MOST_BLANKS, is_input, of_record};
use crate::cli::settings::DEFAULT_INDEX;
use crate::host::{LoadRequest, default_inputs, load};
use crate::input::{Ambient, IndexOptions, IndexTable, Manifest, OF_WORKSPACE, Selection};
use crate::lock::{ArtifactPlace, Format, Lock, LockedDeclaration};
use crate::package::{
    Declaration, DeclarationKind, IndexUrl, MarkerTexts, PackageName, Requirement, Timestamp,
};
use crate::sequence::Baseline;
use crate::source::{Origin, Problem};

/// Where files are looked for, with which variables, and when.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    pub(super) folder: &'a Path,
    pub(super) ambient: &'a Ambient,
    pub(super) now: Timestamp,
    /// What the machine has that the project's commands run on.
    pub(super) machine: Option<&'a Baseline>,
}

/// Returns what the lock has to answer; nothing where nobody says.
pub(super) fn declared(
    args: &CheckArgs,
    (lock, label): (&Lock, &str),
    around: Around<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Declared> {
    let record = lock.tool.as_ref();
    let recorded = record.map_or(&[][..], |record| &record.declarations);
    if !args.inputs.is_empty() {
        let manifest = read(&args.inputs, (&[], &[]), &Selection::default(), around);
        return Some(of_manifest(manifest, true, around, problems));
    }
    if Format::of_path(label).write.is_none()
        && let Some(project) = project_of(label).filter(|it| is_input(it, around.folder, label))
    {
        return Some(of_project(lock, project, around, problems));
    }
    if !recorded.is_empty() {
        return Some(of_recorded((recorded, label), around, problems));
    }
    let found = beside(label, around.folder)?;
    let manifest = read(&[found], (&[], &[]), &Selection::default(), around);
    Some(of_manifest(manifest, false, around, problems))
}

/// Returns the file that another tool made a lock of this name from.
fn project_of(label: &str) -> Option<String> {
    let path = Path::new(label);
    let name = path.file_name()?.to_string_lossy();
    let script = name.strip_suffix(".lock").filter(|it| it.ends_with(".py"));
    let pipfile = (name == "Pipfile.lock").then_some("Pipfile");
    let project = path.with_file_name(script.or(pipfile).unwrap_or("pyproject.toml"));
    Some(project.to_string_lossy().into_owned())
}

/// Takes all that a project declares: other tools lock its extras and groups together, and PDM those
/// that its lock names.
fn of_project(
    lock: &Lock,
    project: String,
    around: Around<'_>,
    problems: &mut Vec<Problem>,
) -> Declared {
    let is_script = project.ends_with(".py");
    let selection = Selection {
        all_extras: !is_script,
        all_groups: !is_script,
        ..Selection::default()
    };
    let mut manifest = read(&[project], (&[], &[]), &selection, around);
    // The lock itself says where members of a workspace are.
    manifest.problems.retain(|it| it.message != OF_WORKSPACE);
    if lock.created_by == "pdm" {
        manifest.declarations.retain(|it| {
            let section = it.section.as_deref().unwrap_or_default();
            let optional = ["project.optional-dependencies.", "dependency-groups."];
            let mut names = optional
                .iter()
                .filter_map(|lead| section.strip_prefix(lead));
            names.all(|name| lock.dependency_groups.iter().any(|it| it == name))
        });
    }
    of_manifest(manifest, true, around, problems)
}

/// Returns what some files declare.
pub(super) fn declared_in(
    inputs: &[String],
    around: Around<'_>,
    problems: &mut Vec<Problem>,
) -> Declared {
    let manifest = read(inputs, (&[], &[]), &Selection::default(), around);
    of_manifest(manifest, false, around, problems)
}

/// `requirements.txt` is usually made of `requirements.in`, a `pylock.toml` of what the folder has.
pub(super) fn beside(label: &str, folder: &Path) -> Option<String> {
    match label.strip_suffix(".txt") {
        Some(stem) => {
            let source = format!("{stem}.in");
            folder.join(&source).is_file().then_some(source)
        }
        None => default_inputs(folder).ok().map(str::to_owned),
    }
}

pub(super) fn read(
    inputs: &[String],
    (constraints, overrides): (&[String], &[String]),
    selection: &Selection,
    around: Around<'_>,
) -> Manifest {
    let request = LoadRequest {
        inputs,
        constraints,
        overrides,
        excludes: &[],
        selection,
        folder: around.folder,
        variables: around.ambient.variables.as_map(),
    };
    load(&request, &mut io::empty())
}

fn of_manifest(
    manifest: Manifest,
    is_all: bool,
    around: Around<'_>,
    problems: &mut Vec<Problem>,
) -> Declared {
    let index_hosts = index_hosts(&manifest.indexes, around.ambient);
    // A project's own name is no package to be locked.
    let own = manifest.name;
    let is_other = |it: &Declaration| Some(&it.requirement.name) != own.as_ref();
    let declarations = manifest.declarations.into_iter().filter(is_other);
    problems.extend(manifest.problems.into_iter().filter(Problem::is_error));
    Declared {
        wanted: declarations.map(now).collect(),
        is_all: is_all && manifest.unnamed.is_empty(),
        pythons: manifest.requires_python,
        doubled: manifest.doubled,
        index_hosts,
        ..Declared::default()
    }
}

/// Returns the hosts of the indexes that the files name, and then those around as well.
fn index_hosts(named: &IndexOptions, ambient: &Ambient) -> BTreeSet<String> {
    let host = |url: &IndexUrl| ArtifactPlace::Url(url.public().to_string()).host();
    let tables = named.tables.iter().map(|it| &it.url);
    let options = named.index_url.iter().chain(&named.extra_index_urls);
    let options = options.chain(&named.find_links).map(|(url, _)| url);
    let mut hosts: BTreeSet<String> = tables.chain(options).filter_map(host).collect();
    if hosts.is_empty() {
        return hosts;
    }
    let is_default = |it: &IndexTable| it.is_default;
    if named.index_url.is_none() && !named.tables.iter().any(is_default) {
        hosts.extend(ArtifactPlace::Url(DEFAULT_INDEX.to_owned()).host());
    }
    let around = ambient.default_index.iter().chain(&ambient.indexes);
    let around = around.map(|said| &said.value.url);
    let pages = ambient.find_links.iter().map(|said| &said.value);
    hosts.extend(around.chain(pages).filter_map(host));
    hosts
}

fn now(declaration: Declaration) -> Wanted {
    Wanted {
        declaration,
        is_in_file: true,
    }
}

/// Takes what the files say now, and where one is gone what the record says.
fn of_recorded(
    (recorded, label): (&[LockedDeclaration], &str),
    around: Around<'_>,
    problems: &mut Vec<Problem>,
) -> Declared {
    let home = home((recorded, label), around.folder);
    let here = |name: &str| home.join(name).to_string_lossy().into_owned();
    // The lock may come from a stranger.
    let files: BTreeSet<&str> = recorded.iter().map(|it| it.file.as_str()).collect();
    let there = files.into_iter();
    let there: BTreeSet<&str> = there
        .filter(|name| is_input(&here(name), around.folder, label))
        .collect();
    let is_there = |name: &str| there.contains(name);
    let named = |kind: DeclarationKind| -> Vec<String> {
        let declared = recorded.iter().filter(|it| it.kind == kind);
        // A project's table of constraints is read with the project.
        let is_project = |name: &str| name.ends_with(".toml") || name.ends_with(".py");
        let files: BTreeSet<&String> = declared
            .map(|it| &it.file)
            .filter(|name| kind == DeclarationKind::Requirement || !is_project(name))
            .collect();
        let files = files.into_iter().filter(|name| is_there(name));
        files.map(|name| here(name)).collect()
    };
    let inputs = named(DeclarationKind::Requirement);
    let constraints = named(DeclarationKind::Constraint);
    let overrides = named(DeclarationKind::Override);
    let has_project = inputs.iter().any(|name| name.ends_with("pyproject.toml"));
    let selection = Selection {
        all_extras: has_project,
        all_groups: has_project,
        ..Selection::default()
    };
    let manifest = match inputs.is_empty() {
        true => Manifest::default(),
        false => read(&inputs, (&constraints, &overrides), &selection, around),
    };
    let index_hosts = index_hosts(&manifest.indexes, around.ambient);
    let sections: BTreeSet<&str> = recorded
        .iter()
        .filter_map(|it| it.section.as_deref())
        .collect();
    let own = manifest.name.clone();
    let counts = |it: &Declaration| {
        let section = it.section.as_deref();
        let is_chosen = section.is_none_or(|section| {
            sections.contains(section)
                || section == "project.dependencies"
                || section.starts_with("tool.")
        });
        is_chosen && Some(&it.requirement.name) != own.as_ref()
    };
    problems.extend(manifest.problems.into_iter().filter(Problem::is_error));
    let mut seen: BTreeSet<Origin> = BTreeSet::new();
    let current = manifest.declarations.into_iter();
    let current = current.filter(|it| counts(it) && seen.insert(it.origin.clone()));
    let mut declared = Declared {
        wanted: current.map(now).collect(),
        is_all: true,
        pythons: manifest.requires_python,
        doubled: manifest.doubled,
        index_hosts,
        ..Declared::default()
    };
    let mut missing = BTreeSet::new();
    let markers = &mut MarkerTexts::default();
    let mut room = MOST_BLANKS;
    for locked in recorded {
        if is_by_address(locked) {
            let names = match locked.kind {
                DeclarationKind::Requirement => &mut declared.by_address,
                DeclarationKind::Constraint => continue,
                DeclarationKind::Override => &mut declared.overridden_by_address,
            };
            names.push(locked.name.clone());
            continue;
        }
        if !inputs.is_empty() && is_there(&locked.file) {
            continue;
        }
        if !locked.file.starts_with('<') {
            missing.insert(locked.file.clone());
        }
        match of_record(locked, around.folder, markers, &mut room) {
            Ok(declaration) => declared.wanted.push(Wanted {
                declaration,
                is_in_file: false,
            }),
            Err(problem) => problems.push(*problem),
        }
    }
    declared.missing_files = missing.into_iter().collect();
    declared
}

/// Returns where the files are that a lock's record names: beside the lock, where all of them are
/// there, so that another project's file of the same name is not taken for one of them.
fn home((recorded, label): (&[LockedDeclaration], &str), folder: &Path) -> PathBuf {
    let beside = Path::new(label).parent().unwrap_or(Path::new(""));
    let names: BTreeSet<&str> = recorded.iter().map(|it| it.file.as_str()).collect();
    let is_beside = |name: &str| {
        let path = beside.join(name);
        name.starts_with('<') || is_input(&path.to_string_lossy(), folder, label)
    };
    match !beside.as_os_str().is_empty() && names.into_iter().all(is_beside) {
        true => beside.to_path_buf(),
        false => PathBuf::new(),
    }
}

/// Whether a declaration names nothing but an address.
fn is_by_address(locked: &LockedDeclaration) -> bool {
    !Requirement::parse(&locked.text).is_ok_and(|it| it.name == locked.name)
}

/// Returns the lines of a requirements file that pin nothing of the lock.
pub(super) fn loose(
    (lock, label): (&Lock, &str),
    around: Around<'_>,
    problems: &mut Vec<Problem>,
) -> Vec<(PackageName, Origin)> {
    let manifest = read(
        &[label.to_owned()],
        (&[], &[]),
        &Selection::default(),
        around,
    );
    problems.extend(manifest.problems.into_iter().filter(Problem::is_error));
    let pinned = |it: &Declaration| {
        let entries = lock.named(&it.requirement.name).iter();
        let mut versions = entries.filter_map(|entry| entry.version.as_ref());
        it.requirement.specifiers.is_pin()
            && versions.any(|version| it.requirement.specifiers.contains(version))
    };
    let declarations = manifest.declarations.into_iter();
    let required = declarations.filter(|it| it.kind == DeclarationKind::Requirement);
    let loose = required.filter(|it| !pinned(it));
    loose.map(|it| (it.requirement.name, it.origin)).collect()
}
