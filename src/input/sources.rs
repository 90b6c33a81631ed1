//! The `sources` table: where single packages come from, told apart from what is asked of them.
//! The shapes are uv's.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;

use toml::de::DeTable;

use super::PinnedIndex;
use super::document::{Document, Value};
use super::pyproject::ProjectReader;
use super::reference::{package_name, read_url};
use crate::package::{DirectUrl, ExtraName, Marker, PackageName, Requirement};
use crate::source::Problem;

/// Packages that come from a URL, repository or folder.
#[derive(Clone, Debug, Default)]
pub(super) struct Sources(BTreeMap<PackageName, Vec<Source>>);

#[derive(Clone, Debug)]
struct Source {
    url: Arc<DirectUrl>,
    marker: Marker,
    /// The only section it counts in.
    section: Option<String>,
}

/// What is wrong with a source that is a member of the workspace: only a lock of uv's says where that
/// is.
pub const OF_WORKSPACE: &str = "workspace members are not looked for";

const KEYS: &[&str] = &[
    "branch",
    "editable",
    "extra",
    "git",
    "group",
    "index",
    "lfs",
    "marker",
    "package",
    "path",
    "rev",
    "subdirectory",
    "tag",
    "url",
    "workspace",
];

impl Sources {
    /// Returns what a requirement becomes: one for each source that can apply, and itself where
    /// none does.
    pub(super) fn applied(&self, requirement: Requirement, section: &str) -> Vec<Requirement> {
        let sources = self
            .0
            .get(&requirement.name)
            .filter(|_| requirement.url.is_none());
        let Some(sources) = sources else {
            return vec![requirement];
        };
        let mut rest = requirement.marker.tree().clone();
        let mut applied = Vec::new();
        for source in sources {
            if source.section.as_ref().is_some_and(|only| only != section) {
                continue;
            }
            let marker = requirement.marker.and(&source.marker);
            if marker.tree().is_false() {
                continue;
            }
            rest.and(source.marker.tree().negate());
            applied.push(Requirement {
                url: Some(Arc::clone(&source.url)),
                marker,
                ..requirement.clone()
            });
        }
        if applied.is_empty() {
            return vec![requirement];
        }
        if !rest.is_false() {
            applied.push(Requirement {
                marker: Marker::from_tree(rest),
                ..requirement
            });
        }
        applied
    }
}

/// Reads a `sources` table; packages that are tied to an index go to the manifest.
pub(super) fn read_sources<'d>(
    value: &Value<'d>,
    section: &str,
    project: &mut ProjectReader<'d>,
) -> Sources {
    let mut sources = Sources::default();
    for (key, value) in project.document.table(value).into_iter().flatten() {
        let Some(package) = package_name(key.get_ref()) else {
            project.document.report(key, "this is not a package name");
            continue;
        };
        let items = match value.get_ref().as_array() {
            Some(array) => array,
            None => std::slice::from_ref(value),
        };
        for item in items {
            let Some(table) = project.document.table(item) else {
                continue;
            };
            let section = format!("{section}.{package}");
            project.document.warn_of_unknown_keys(table, &section, KEYS);
            if let Some(source) = read_source(item, table, &package, project) {
                sources.0.entry(package.clone()).or_default().push(source);
            }
        }
    }
    sources
}

fn read_source<'d>(
    item: &Value<'d>,
    table: &DeTable<'d>,
    package: &PackageName,
    project: &mut ProjectReader<'d>,
) -> Option<Source> {
    let marker = match table.get("marker") {
        None => Marker::always(),
        Some(value) => {
            let text = project.document.string(value)?;
            Marker::parse(&text.text)
                .map_err(|message| {
                    project
                        .document
                        .problems
                        .push(Problem::at(text.origin, message))
                })
                .ok()?
        }
    };
    if let Some(value) = table.get("index") {
        let index = project.document.string(value)?;
        let section = section_of(table, project);
        project.manifest.indexes.pinned.push(PinnedIndex {
            package: package.clone(),
            index: index.text,
            marker,
            section,
            origin: index.origin,
        });
        return None;
    }
    if table.contains_key("workspace") {
        project.document.report(item, OF_WORKSPACE);
        if let Some(problem) = project.document.problems.pop() {
            let help = format!("Give the folder: `{package} = {{ path = \"…\" }}`.");
            project.document.problems.push(problem.with_help(help));
        }
        return None;
    }
    let url = source_url(item, table, project)?;
    Some(Source {
        url: Arc::new(url),
        marker,
        section: section_of(table, project),
    })
}

/// `extra` and `group` narrow a source to one list of the project.
fn section_of<'d>(table: &DeTable<'d>, project: &mut ProjectReader<'d>) -> Option<String> {
    for (key, section) in [
        ("extra", "project.optional-dependencies"),
        ("group", "dependency-groups"),
    ] {
        if let Some(value) = table.get(key) {
            let text = project.document.string(value)?;
            let name = ExtraName::from_str(&text.text).ok()?;
            return Some(format!("{section}.{name}"));
        }
    }
    None
}

fn source_url<'d>(
    item: &Value<'d>,
    table: &DeTable<'d>,
    project: &mut ProjectReader<'d>,
) -> Option<DirectUrl> {
    let text = |key: &str, document: &mut Document<'d>| {
        table.get(key).and_then(|value| document.string(value))
    };
    let document = &mut project.document;
    let subdirectory = text("subdirectory", document);
    let (address, place) = if let Some(git) = text("git", document) {
        let revision = ["rev", "tag", "branch"]
            .into_iter()
            .find_map(|key| text(key, document));
        let revision = revision.map_or(String::new(), |revision| format!("@{}", revision.text));
        (format!("git+{}{revision}", git.text), git.origin)
    } else if let Some(url) = text("url", document) {
        (url.text, url.origin)
    } else if let Some(path) = text("path", document) {
        (path.text, path.origin)
    } else {
        document.report(item, "expected one of `index`, `git`, `url` and `path`");
        return None;
    };
    let address = match subdirectory {
        Some(subdirectory) => format!("{address}#subdirectory={}", subdirectory.text),
        None => address,
    };
    let mut url = read_url(&address, project.context.folder)
        .map_err(|message| project.document.problems.push(Problem::at(place, message)))
        .ok()?;
    if let Some(value) = table.get("editable") {
        url.editable = project.document.boolean(value).unwrap_or(false);
    }
    Some(url)
}
