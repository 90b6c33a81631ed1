//! `[tool.poetry]`: dependencies in Poetry's own words, its groups, extras and sources. What
//! `[project]` says goes before; Poetry then only adds to it where things come from.

use std::collections::BTreeSet;
use std::sync::Arc;

use toml::de::DeTable;

use super::Syncer;
use super::document::{Document, Value};
use super::pyproject::ProjectReader;
use super::reference::{package_name, read_address, read_url};
use super::selection::is_same;
use super::{IndexTable, PinnedIndex};
use crate::package::{
    DirectUrl, ExtraName, Marker, PackageName, Requirement, SpecifierError, Specifiers,
};
use crate::source::{Origin, Problem};

/// No dependency has more alternatives.
const MOST_ALTERNATIVES: usize = 100;

/// Reads what is declared, as far as the selection asks for it.
pub(super) fn read_poetry<'d>(root: &DeTable<'d>, project: &mut ProjectReader<'d>) {
    let Some(poetry) = Document::find(root, &["tool", "poetry"]) else {
        return;
    };
    let Some(poetry) = project.document.table(poetry) else {
        return;
    };
    read_sources(poetry, project);
    let selection = project.context.selection;
    let has_standard = Document::find(root, &["project", "dependencies"]).is_some();
    if !has_standard && selection.only_groups.is_empty() {
        read_main(poetry, project);
    }
    if let Some(table) = poetry.get("dev-dependencies")
        && is_selected("dev", root, project)
    {
        read_table(table, "tool.poetry.dev-dependencies", &|_| true, project);
    }
    for (group, table) in groups(poetry) {
        if is_selected(group, root, project) {
            let section = format!("tool.poetry.group.{group}.dependencies");
            read_table(table, &section, &|_| true, project);
        }
    }
}

/// Whether a project has a group of Poetry's of this name.
pub(super) fn has_group(root: &DeTable<'_>, name: &str) -> bool {
    let poetry = Document::find(root, &["tool", "poetry"]);
    let poetry = poetry.and_then(|it| it.get_ref().as_table());
    poetry.is_some_and(|poetry| groups(poetry).any(|(group, _)| is_same(group, name)))
}

/// Whether it says what is required in Poetry's own table.
pub(super) fn is_poetry(root: &DeTable<'_>) -> bool {
    Document::find(root, &["tool", "poetry", "dependencies"]).is_some()
}

fn groups<'t, 'd>(poetry: &'t DeTable<'d>) -> impl Iterator<Item = (&'t str, &'t Value<'d>)> {
    let groups = poetry.get("group").and_then(|it| it.get_ref().as_table());
    groups.into_iter().flatten().filter_map(|(name, group)| {
        let dependencies = group.get_ref().as_table()?.get("dependencies")?;
        Some((name.get_ref().as_ref(), dependencies))
    })
}

/// Whether a group is installed only where it is asked for.
pub(super) fn is_optional(root: &DeTable<'_>, group: &str) -> bool {
    Document::find(root, &["tool", "poetry", "group", group]).is_some_and(optional)
}

fn is_selected(group: &str, root: &DeTable<'_>, project: &ProjectReader<'_>) -> bool {
    let selection = project.context.selection;
    let mut named = selection.groups.iter().chain(&selection.only_groups);
    let is_own = selection.defaults_of == Some(Syncer::Poetry) && !is_optional(root, group);
    selection.takes_all_but(group)
        || is_own && !selection.leaves_out(group)
        || named.any(|name| is_same(name, group))
}

fn read_main<'d>(poetry: &DeTable<'d>, project: &mut ProjectReader<'d>) {
    if project.manifest.name.is_none() {
        let name = poetry.get("name").and_then(|it| it.get_ref().as_str());
        project.manifest.name = name.and_then(package_name);
    }
    let selection = project.context.selection;
    let extras = poetry.get("extras").and_then(|it| it.get_ref().as_table());
    let extras = extras.into_iter().flatten();
    let chosen = extras.filter(|(name, _)| selection.takes_extra(name.get_ref()));
    let chosen: BTreeSet<PackageName> = chosen
        .flat_map(|(_, packages)| packages.get_ref().as_array().into_iter().flatten())
        .filter_map(|name| package_name(name.get_ref().as_str()?))
        .collect();
    if let Some(table) = poetry.get("dependencies") {
        let section = "tool.poetry.dependencies";
        read_table(table, section, &|name| chosen.contains(name), project);
    }
}

/// Declares what a table says; of what is optional what is chosen.
fn read_table<'d>(
    value: &Value<'d>,
    section: &str,
    is_chosen: &dyn Fn(&PackageName) -> bool,
    project: &mut ProjectReader<'d>,
) {
    for (key, value) in project.document.table(value).into_iter().flatten() {
        if key.get_ref() == "python" {
            read_python(value, project);
            continue;
        }
        let Some(name) = package_name(key.get_ref()) else {
            project.document.report(key, "this is not a package name");
            continue;
        };
        let (from, to) = (key.span(), value.span());
        let origin = project.document.origin(match from.end <= to.start {
            true => from.start..to.end,
            false => from,
        });
        let alternatives = match value.get_ref().as_array() {
            Some(array) => array.iter().take(MOST_ALTERNATIVES).collect(),
            None => vec![value],
        };
        for alternative in alternatives {
            let requirement = requirement(&name, alternative, &origin, project);
            let is_optional = optional(alternative) && !is_chosen(&name);
            if let Some(requirement) = requirement.filter(|_| !is_optional) {
                project.declare(requirement, project.context.kind, &origin, section);
            }
        }
    }
}

fn read_python<'d>(value: &Value<'d>, project: &mut ProjectReader<'d>) {
    let Some(text) = project.document.string(value) else {
        return;
    };
    if project.manifest.requires_python.is_some() {
        return;
    }
    match Specifiers::parse_poetry(&text.text) {
        Ok(pythons) => project.manifest.requires_python = Some((pythons, text.origin)),
        Err(error) => report(&text.origin, &error, project),
    }
}

fn optional(value: &Value<'_>) -> bool {
    let table = value.get_ref().as_table();
    let flag = table.and_then(|table| table.get("optional"));
    flag.and_then(|flag| flag.get_ref().as_bool()) == Some(true)
}

fn requirement<'d>(
    name: &PackageName,
    value: &Value<'d>,
    origin: &Origin,
    project: &mut ProjectReader<'d>,
) -> Option<Requirement> {
    let mut requirement = Requirement {
        name: name.clone(),
        extras: Vec::new(),
        specifiers: Specifiers::any(),
        url: None,
        marker: Marker::always(),
    };
    if let Some(text) = value.get_ref().as_str() {
        let read = Specifiers::parse_poetry(text);
        requirement.specifiers = understood(read, origin, project)?;
        return Some(requirement);
    }
    let table = project.document.table(value)?;
    let document = &mut project.document;
    let mut text = |key: &str| {
        let value = table.get(key)?;
        document.string(value).map(|text| text.text)
    };
    let (version, python) = (text("version"), text("python"));
    let (markers, platform, index) = (text("markers"), text("platform"), text("source"));
    if let Some(version) = version {
        let read = Specifiers::parse_poetry(&version);
        requirement.specifiers = understood(read, origin, project)?;
    }
    if let Some(python) = python {
        let read = Marker::of_poetry_python(&python);
        requirement.marker = understood(read, origin, project)?;
    }
    let platform = platform.map(|name| format!("sys_platform == '{name}'"));
    for marker in markers.into_iter().chain(platform) {
        match Marker::parse(&marker) {
            Ok(marker) => requirement.marker = requirement.marker.and(&marker),
            Err(message) => {
                let problem = Problem::at(origin.clone(), message);
                project.document.problems.push(problem);
                return None;
            }
        }
    }
    if let Some(extras) = table.get("extras") {
        let extras = project.document.strings(extras);
        let extras = extras
            .into_iter()
            .filter_map(|it| ExtraName::new(it.text).ok());
        requirement.extras = extras.collect::<BTreeSet<_>>().into_iter().collect();
    }
    if let Some(index) = index {
        project.manifest.indexes.pinned.push(PinnedIndex {
            package: name.clone(),
            index,
            marker: requirement.marker.clone(),
            section: None,
            origin: origin.clone(),
        });
    }
    requirement.url = url(table, origin, project).map(Arc::new);
    Some(requirement)
}

fn url<'d>(
    table: &DeTable<'d>,
    origin: &Origin,
    project: &mut ProjectReader<'d>,
) -> Option<DirectUrl> {
    let text = |key: &str| table.get(key).and_then(|it| it.get_ref().as_str());
    let mut address = match (text("git"), text("url"), text("path").or(text("file"))) {
        (Some(git), ..) => {
            let revision = text("rev").or(text("tag")).or(text("branch"));
            let revision = revision.map(|it| format!("@{it}")).unwrap_or_default();
            format!("git+{git}{revision}")
        }
        (None, Some(url), _) => url.to_owned(),
        (None, None, Some(path)) => path.to_owned(),
        (None, None, None) => return None,
    };
    if let Some(subdirectory) = text("subdirectory") {
        address = format!("{address}#subdirectory={subdirectory}");
    }
    match read_url(&address, project.context.folder) {
        Ok(mut url) => {
            let develop = table.get("develop");
            url.editable = develop.and_then(|it| it.get_ref().as_bool()) == Some(true);
            Some(url)
        }
        Err(message) => {
            let problem = Problem::at(origin.clone(), message);
            project.document.problems.push(problem);
            None
        }
    }
}

/// Reads `[[tool.poetry.source]]`. The first one that is no second choice takes PyPI's place.
fn read_sources<'d>(poetry: &DeTable<'d>, project: &mut ProjectReader<'d>) {
    let sources = poetry.get("source");
    let sources = sources.and_then(|it| it.get_ref().as_array());
    for source in sources.into_iter().flatten() {
        let Some(table) = project.document.table(source) else {
            continue;
        };
        let name = table.get("name").and_then(|it| it.get_ref().as_str());
        let priority = table.get("priority").and_then(|it| it.get_ref().as_str());
        // `PyPI` has no address of its own here.
        let Some(url) = table.get("url") else {
            continue;
        };
        let Some(url) = project.document.string(url) else {
            continue;
        };
        let tables = &mut project.manifest.indexes.tables;
        let is_primary = matches!(priority, None | Some("primary" | "default"));
        match read_address(&url.text, project.context.folder) {
            Ok(address) => tables.push(IndexTable {
                name: name.map(str::to_owned),
                url: address,
                is_explicit: priority == Some("explicit"),
                is_default: is_primary && !tables.iter().any(|it| it.is_default),
                is_flat: false,
                statuses_for_missing: None,
                origin: url.origin,
            }),
            Err(message) => {
                let problem = Problem::at(url.origin, message);
                project.document.problems.push(problem);
            }
        }
    }
}

fn understood<T>(
    read: Result<T, SpecifierError>,
    origin: &Origin,
    project: &mut ProjectReader<'_>,
) -> Option<T> {
    read.map_err(|error| report(origin, &error, project)).ok()
}

fn report(origin: &Origin, error: &SpecifierError, project: &mut ProjectReader<'_>) {
    let problem = Problem::at(origin.clone(), error.message.clone());
    project.document.problems.push(problem);
}
