//! What the texts of a project say, for `pyaudit check`: its declarations and install commands, the
//! claims in its comments and documents, and what the indexes have of the packages in those.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use super::args::CheckArgs;
use super::inputs::Around;
use super::played::{played, tried};
use crate::audit::{
    Claim, ClaimEvidence, CommandText, DeclaredText, KnownNames, Released, Texts, is_compiled,
    read_claims,
};
use crate::cli::recorded::question_args;
use crate::cli::settings::{Heard, settle};
use crate::fetch::LiveCatalog;
use crate::host::{FoundTexts, LoadRequest, default_inputs, load, project_calls, project_texts};
use crate::input::{
    Action, Calls, Located, Manifest, Recipe, Selection, Unnamed, command_reader_of, read_own_calls,
};
use crate::package::{PackageName, Requirement, Specifiers};
use crate::sequence::Baseline;
use crate::solve::{Catalog as _, FileAt, Refusal};
use crate::source::SourceFile;

/// So many packages of claims are asked for.
const MOST_PACKAGES: usize = 40;

/// Reads the texts of the folder that something to check stands in; `names` are packages that it
/// has to do with.
pub(super) fn texts(
    args: &CheckArgs,
    label: &str,
    names: impl Iterator<Item = PackageName>,
    around: Around<'_>,
) -> Texts {
    let beside = Path::new(label).parent().unwrap_or(Path::new(""));
    let mut found = project_texts(&around.folder.join(beside), around.folder);
    let projects = projects(&found);
    let said = said(&found, &projects, around);
    let declarations = said.declarations;
    let recipes = recipes(&mut found, label, around);
    let system_packages = system_packages(&recipes);
    let played = played(&recipes, args, around);
    let commands = commands(recipes, &projects, around);
    let of_commands = commands.iter().flat_map(|it| &it.command.requirements);
    let of_commands = of_commands.filter_map(|it| Requirement::parse(&it.text).ok());
    let of_files = declarations
        .iter()
        .map(|it| it.declaration.requirement.name.clone());
    let installed = around.machine.into_iter().flat_map(Baseline::iter);
    let installed = installed.map(|it| it.name.clone());
    let names = names.chain(installed);
    let known = names.chain(of_files).chain(of_commands.map(|it| it.name));
    let known = KnownNames::new(known);
    let claims = found.files.iter().flat_map(|it| read_claims(it, &known));
    let claims: Vec<Claim> = claims.collect();
    let mut claim_evidence = evidence(args, &claims, around);
    if let Some(machine) = around.machine {
        claim_evidence.installs = tried(&claims, machine, args, around);
    }
    Texts {
        system_packages,
        played,
        evidence: claim_evidence,
        declarations,
        unnamed: said.unnamed,
        remote_lists: said.remote_lists,
        commands,
        claims,
        unread: found.unread,
    }
}

/// Returns the folders that declare anything, each a project.
fn projects(found: &FoundTexts) -> BTreeSet<String> {
    let declaring = found.files.iter().filter(|it| declares(it));
    let folders = declaring.map(|it| folder_of(it.label()).to_owned());
    folders.collect()
}

fn folder_of(label: &str) -> &str {
    label.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Returns the nearest folder above a file that is a project.
fn project_of(label: &str, projects: &BTreeSet<String>) -> String {
    let mut folder = folder_of(label);
    while !projects.contains(folder) && !folder.is_empty() {
        folder = folder_of(folder);
    }
    folder.to_owned()
}

/// Whether a file declares as a whole, and was not written by a tool.
fn declares(file: &SourceFile) -> bool {
    let label = file.label().to_ascii_lowercase();
    match label.rsplit_once('.') {
        Some((_, "in")) => true,
        Some((_, "txt")) => !is_compiled(file),
        _ => label.ends_with("pyproject.toml"),
    }
}

/// What files say that declare as a whole.
#[derive(Default)]
struct Said {
    declarations: Vec<DeclaredText>,
    unnamed: Vec<Unnamed>,
    remote_lists: Vec<Located<String>>,
}

fn said(found: &FoundTexts, projects: &BTreeSet<String>, around: Around<'_>) -> Said {
    let labels: BTreeSet<&str> = found.files.iter().map(|it| it.label()).collect();
    // A list that is made of another repeats it.
    let is_made = |label: &str| {
        let source = label.strip_suffix(".txt").map(|stem| format!("{stem}.in"));
        source.is_some_and(|source| labels.contains(source.as_str()))
    };
    let mut seen = BTreeSet::new();
    let mut said = Said::default();
    let files = found.files.iter().filter(|it| declares(it));
    for file in files.filter(|it| !is_made(it.label())) {
        let manifest = read(file.label(), around);
        said.unnamed.extend(manifest.unnamed);
        said.remote_lists.extend(manifest.remote_lists);
        let own = manifest.name;
        for declaration in manifest.declarations {
            let is_own = Some(&declaration.requirement.name) == own.as_ref();
            if !is_own && seen.insert((declaration.origin.clone(), declaration.kind)) {
                let project = project_of(declaration.origin.label(), projects);
                said.declarations.push(DeclaredText {
                    declaration,
                    project,
                });
            }
        }
    }
    said
}

fn read(label: &str, around: Around<'_>) -> Manifest {
    let request = LoadRequest {
        inputs: &[label.to_owned()],
        constraints: &[],
        overrides: &[],
        excludes: &[],
        selection: &Selection::default(),
        folder: around.folder,
        variables: around.ambient.variables.as_map(),
    };
    load(&request, &mut io::empty())
}

/// Reads the files with commands, each under its name. What is not read of the file that is checked
/// is told as it is of any input.
fn recipes(found: &mut FoundTexts, checked: &str, around: Around<'_>) -> Vec<(String, Recipe)> {
    let of_folder = project_calls(around.folder, around.folder);
    let projects = found.files.iter();
    let projects = projects.filter(|it| it.label().ends_with("pyproject.toml"));
    let projects: BTreeMap<&str, Calls> = projects
        .map(|it| (folder_of(it.label()), read_own_calls(it)))
        .collect();
    let recipes = found.files.iter().filter_map(|file| {
        let label = file.label();
        let calls = projects.get(folder_of(label)).unwrap_or(&of_folder);
        let recipe = (command_reader_of(label)?.read)(file, calls);
        Some((label.to_owned(), recipe))
    });
    let recipes: Vec<_> = recipes.collect();
    let others = recipes.iter().filter(|(label, _)| label != checked);
    let unread: BTreeSet<String> = others
        .flat_map(|(_, recipe)| recipe.unread())
        .map(|problem| match &problem.origin {
            Some(place) => format!("{place}: {}", problem.message),
            None => problem.message.clone(),
        })
        .collect();
    found.unread.extend(unread);
    recipes
}

fn commands(
    recipes: Vec<(String, Recipe)>,
    projects: &BTreeSet<String>,
    around: Around<'_>,
) -> Vec<CommandText> {
    let mut there = BTreeMap::new();
    let mut found = Vec::new();
    for (label, recipe) in recipes {
        let project = project_of(&label, projects);
        let beside = around.folder.join(folder_of(&label));
        let mut is_there = |path: &String| {
            let paths = [beside.join(path), around.folder.join(path)];
            paths.into_iter().any(|path| match there.get(&path) {
                Some(is_there) => *is_there,
                None => {
                    let is_there = path.is_file();
                    there.insert(path, is_there);
                    is_there
                }
            })
        };
        for step in recipe.stages.into_iter().flat_map(|stage| stage.steps) {
            let Action::Install(command) = step.action else {
                continue;
            };
            let own = step.files.into_iter();
            let own = own.filter(|file| file.paths.iter().any(&mut is_there));
            found.push(CommandText {
                own_lists: own.map(|file| file.argument.text).collect(),
                command,
                project: project.clone(),
            });
        }
    }
    found
}

/// Returns what the images of the project install with their system's package manager; nothing
/// where none does.
fn system_packages(recipes: &[(String, Recipe)]) -> Option<Vec<String>> {
    let mut installed: Option<Vec<String>> = None;
    for (_, recipe) in recipes {
        let steps = recipe.build(None).map(|build| build.steps);
        for step in steps.into_iter().flatten() {
            if let Action::SystemPackages(names) = &step.action {
                let names = names.iter().filter(|it| it.is_literal);
                let installed = installed.get_or_insert_default();
                installed.extend(names.map(|it| it.text.clone()));
            }
        }
    }
    installed
}

/// Asks the indexes for what the claims are about.
fn evidence(args: &CheckArgs, claims: &[Claim], around: Around<'_>) -> ClaimEvidence {
    let mut asked: BTreeMap<&PackageName, Vec<&Specifiers>> = BTreeMap::new();
    for (name, range) in claims.iter().flat_map(Claim::asks) {
        asked.entry(name).or_default().extend(range);
    }
    let mut found = ClaimEvidence::default();
    if asked.is_empty() {
        return found;
    }
    let catalog = match catalog(args, around) {
        Ok(catalog) => catalog,
        Err(why) => {
            let failed = asked.into_keys().map(|name| (name.clone(), why.clone()));
            found.failed = failed.collect();
            return found;
        }
    };
    for (at, (name, ranges)) in asked.into_iter().enumerate() {
        let answer = match at < MOST_PACKAGES {
            true => released(name, &ranges, &catalog),
            false => Err("more packages are spoken of than are asked for".to_owned()),
        };
        match answer {
            Ok(Some(released)) => drop(found.projects.insert(name.clone(), released)),
            Ok(None) => {}
            Err(why) => drop(found.failed.insert(name.clone(), why)),
        }
    }
    if args.index.offline {
        let why = "the network is off, and the cache does not have its versions";
        found
            .failed
            .values_mut()
            .for_each(|it| *it = why.to_owned());
    }
    found
}

/// Opens the indexes that the user's own files and options name.
fn catalog(args: &CheckArgs, around: Around<'_>) -> Result<LiveCatalog, String> {
    let no_settings = || "the options make no sense".to_owned();
    let mut question = question_args(&[]).map_err(|problem| problem.message)?;
    question.index = args.index.clone();
    question.cache = args.cache.clone();
    let mut manifest = match default_inputs(around.folder) {
        Ok(label) => read(label, around),
        Err(_) => Manifest::default(),
    };
    manifest.tool.allow_build = None;
    let heard = Heard {
        manifest: &manifest,
        ambient: around.ambient,
    };
    let problems = &mut Vec::new();
    let settings = settle(&question, heard, around.folder, around.now, problems);
    let settings = settings.ok_or_else(no_settings)?;
    Ok(LiveCatalog::open(settings.outside, None))
}

/// Asks for the versions of a package, and for the metadata of those that stand for the ranges;
/// nothing of a package that no index has.
fn released(
    name: &PackageName,
    ranges: &[&Specifiers],
    catalog: &LiveCatalog,
) -> Result<Option<Released>, String> {
    let project = match catalog.project(name) {
        Ok(project) => project,
        Err(Refusal::Missing(_)) => return Ok(None),
        Err(Refusal::Unusable(why)) => return Err(why),
        Err(Refusal::Failed(failure)) => return Err(failure.to_string()),
    };
    let mut found = Released::default();
    let mut files = BTreeMap::new();
    for (at, index) in project.pages.iter().enumerate() {
        let page = &index.page;
        for version in 0..page.len() {
            let mut of_version = page.files(version).filter(|it| !page.file(*it).is_yanked());
            let Some(first) = of_version.next() else {
                continue;
            };
            let key = page.version(version);
            let of_version = std::iter::once(first).chain(of_version);
            for file in of_version {
                let view = page.file(file);
                if view.is_wheel() {
                    found.wheels.push((key.clone(), view.filename().to_owned()));
                }
                let place = FileAt { page: at, file };
                let best = files.entry(key.clone()).or_insert((view.is_wheel(), place));
                if view.is_wheel() && !best.0 {
                    *best = (true, place);
                }
            }
            if !page.is_prerelease(version) {
                found.versions.push(key);
            }
        }
    }
    found.versions.sort();
    found.versions.dedup();
    for range in ranges {
        let samples: Vec<_> = found.samples(range).into_iter().cloned().collect();
        for version in samples {
            let Some((_, place)) = files.get(&version) else {
                continue;
            };
            match catalog.metadata(&project, *place) {
                Ok(metadata) => drop(
                    found
                        .requires
                        .insert(version, metadata.requires.all().to_vec()),
                ),
                Err(Refusal::Missing(_) | Refusal::Unusable(_)) => {}
                Err(Refusal::Failed(failure)) => return Err(failure.to_string()),
            }
        }
    }
    Ok(Some(found))
}
