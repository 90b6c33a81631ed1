//! `[tool.pyaudit]`, and `[tool.uv]` for what the former leaves unsaid: a project that already
//! tells uv where its packages come from need not say it again.

use toml::de::DeTable;

use super::document::{Document, Text, Value};
use super::pyproject::ProjectReader;
use super::reference::package_name;
use super::sources::{Sources, read_sources};
use super::tool_calls::read_calls;
use super::tool_environments::read_environments;
use super::tool_indexes::read_indexes;
use super::{AllowBuild, FormatList, FormatName, Located};
use crate::package::{DeclarationKind, PackageName};
use crate::source::Problem;

/// The keys of `[tool.pyaudit]`, sorted.
const KEYS: &[&str] = &[
    "advisories",
    "allow-build",
    "conflicts",
    "constraint-dependencies",
    "cooldown",
    "environments",
    "exclude-dependencies",
    "exclude-newer",
    "exclude-newer-package",
    "extra-index-url",
    "facts",
    "find-links",
    "fork-strategy",
    "index",
    "index-strategy",
    "index-url",
    "no-binary",
    "no-index",
    "only-binary",
    "override-dependencies",
    "prerelease",
    "python",
    "required-environments",
    "resolution",
    "rules",
    "sources",
    "target",
    "torch-index-url",
    "waive",
];

const TARGET_KEYS: &[&str] = &["cuda", "driver", "gpu", "platform", "python", "torch"];

const RESOLUTIONS: &[&str] = &["highest", "lowest", "lowest-direct"];

const PRERELEASES: &[&str] = &[
    "allow",
    "disallow",
    "explicit",
    "if-necessary",
    "if-necessary-or-explicit",
];

const INDEX_STRATEGIES: &[&str] = &["first-index", "unsafe-best-match", "unsafe-first-match"];

/// The two tables of a document.
pub(super) struct Tables<'t, 'd> {
    pyaudit: Option<&'t DeTable<'d>>,
    uv: Option<&'t DeTable<'d>>,
}

impl<'t, 'd> Tables<'t, 'd> {
    /// Returns a key's value and the table that has it, our own first.
    pub(super) fn find(&self, key: &str) -> Option<(&'static str, &'t Value<'d>)> {
        let ours = self.ours(key).map(|value| ("tool.pyaudit", value));
        ours.or_else(|| self.uvs(key).map(|value| ("tool.uv", value)))
    }

    /// Returns a key's value in `[tool.pyaudit]`.
    pub(super) fn ours(&self, key: &str) -> Option<&'t Value<'d>> {
        self.pyaudit.and_then(|table| table.get(key))
    }

    /// Returns a key's value in `[tool.uv]`.
    pub(super) fn uvs(&self, key: &str) -> Option<&'t Value<'d>> {
        self.uv.and_then(|table| table.get(key))
    }
}

/// Reads the tool tables into the project's manifest, and returns the sources for its
/// requirements.
pub(super) fn read_tool<'d>(root: &DeTable<'d>, project: &mut ProjectReader<'d>) -> Sources {
    let mut table = |name: &str| {
        Document::find(root, &["tool", name]).and_then(|value| project.document.table(value))
    };
    let tables = Tables {
        pyaudit: table("pyaudit"),
        uv: table("uv"),
    };
    if let Some(ours) = tables.pyaudit {
        project
            .document
            .warn_of_unknown_keys(ours, "tool.pyaudit", KEYS);
    }
    read_indexes(&tables, project);
    let sources = match tables.find("sources") {
        Some((table, value)) => read_sources(value, &format!("{table}.sources"), project),
        None => Sources::default(),
    };
    project.sources = sources.clone();
    read_words(&tables, project);
    read_target(&tables, project);
    read_environments(&tables, project);
    read_cutoffs(&tables, project);
    read_formats(&tables, project);
    read_lists(&tables, project);
    if let Some(value) = tables.ours("allow-build") {
        read_allow_build(value, project);
    }
    if let Some(value) = tables.ours("python") {
        // They are for other files; what is wrong with them is told here as well.
        read_calls(value, &mut project.document);
    }
    sources
}

fn read_words<'d>(tables: &Tables<'_, 'd>, project: &mut ProjectReader<'d>) {
    let mut word = |key: &str, words: &[&str]| {
        let (_, value) = tables.find(key)?;
        project.document.word(value, words).map(located)
    };
    let resolution = word("resolution", RESOLUTIONS);
    let prerelease = word("prerelease", PRERELEASES);
    let index_strategy = word("index-strategy", INDEX_STRATEGIES);
    let tool = &mut project.manifest.tool;
    tool.resolution = resolution;
    tool.prerelease = prerelease;
    tool.index_strategy = index_strategy;
}

fn read_target<'d>(tables: &Tables<'_, 'd>, project: &mut ProjectReader<'d>) {
    if let Some(value) = tables.ours("facts") {
        let file = project.document.string(value);
        let folder = project.context.folder;
        project.manifest.tool.facts = file.map(|file| (folder.join(&file.text), file.origin));
    }
    let Some(target) = tables.ours("target") else {
        return;
    };
    let Some(target) = project.document.table(target) else {
        return;
    };
    project
        .document
        .warn_of_unknown_keys(target, "tool.pyaudit.target", TARGET_KEYS);
    let mut text = |key: &str| {
        let value = target.get(key)?;
        project.document.string(value).map(located)
    };
    let (python, platform) = (text("python"), text("platform"));
    let (cuda, driver, torch) = (text("cuda"), text("driver"), text("torch"));
    let gpus = match target.get("gpu") {
        Some(value) => project.document.string_or_strings(value),
        None => Vec::new(),
    };
    let tool = &mut project.manifest.tool;
    tool.python = python;
    tool.platform = platform;
    tool.cuda = cuda;
    tool.driver = driver;
    tool.torch = torch;
    tool.gpus = gpus.into_iter().map(located).collect();
}

fn read_cutoffs<'d>(tables: &Tables<'_, 'd>, project: &mut ProjectReader<'d>) {
    let document = &mut project.document;
    if let Some((_, value)) = tables.find("exclude-newer") {
        project.manifest.tool.exclude_newer = moment(document, value);
    }
    let Some((_, value)) = tables.find("exclude-newer-package") else {
        return;
    };
    for (key, value) in document.table(value).into_iter().flatten() {
        let Some(package) = package_name(key.get_ref()) else {
            document.report(key, "this is not a package name");
            continue;
        };
        let cutoff = match value.get_ref().as_bool() {
            Some(false) => Some((None, document.origin(value.span()))),
            _ => moment(document, value).map(|(text, origin)| (Some(text), origin)),
        };
        if let Some(cutoff) = cutoff {
            let cutoffs = &mut project.manifest.tool.exclude_newer_package;
            cutoffs.insert(package, cutoff);
        }
    }
}

/// Reads a date, time or duration, quoted or as TOML's own date.
fn moment<'d>(document: &mut Document<'d>, value: &Value<'d>) -> Option<Located<String>> {
    match value.get_ref().as_datetime() {
        Some(date) => Some((date.to_string(), document.origin(value.span()))),
        None => document.string(value).map(located),
    }
}

fn read_formats<'d>(tables: &Tables<'_, 'd>, project: &mut ProjectReader<'d>) {
    for (list, ours, uvs, uvs_names) in [
        (
            FormatList::NoBinary,
            "no-binary",
            "no-binary",
            "no-binary-package",
        ),
        (
            FormatList::OnlyBinary,
            "only-binary",
            "no-build",
            "no-build-package",
        ),
    ] {
        let values = match tables.ours(ours) {
            Some(value) => vec![value],
            None => [uvs, uvs_names]
                .into_iter()
                .filter_map(|key| tables.uvs(key))
                .collect(),
        };
        for value in values {
            if let Some(all) = value.get_ref().as_bool() {
                if all {
                    project.manifest.formats.apply(list, &[FormatName::All]);
                }
                continue;
            }
            for text in project.document.string_or_strings(value) {
                match text.text.parse::<FormatName>() {
                    Ok(name) => project.manifest.formats.apply(list, &[name]),
                    Err(message) => {
                        let problem = Problem::at(text.origin, message);
                        project.document.problems.push(problem);
                    }
                }
            }
        }
    }
}

fn read_lists<'d>(tables: &Tables<'_, 'd>, project: &mut ProjectReader<'d>) {
    for (key, kind) in [
        ("constraint-dependencies", DeclarationKind::Constraint),
        ("override-dependencies", DeclarationKind::Override),
    ] {
        if let Some((table, value)) = tables.find(key) {
            let texts = project.document.strings(value);
            project.declare_all(&texts, kind, &format!("{table}.{key}"));
        }
    }
    if let Some((_, value)) = tables.find("exclude-dependencies") {
        for text in project.document.strings(value) {
            if let Some(name) = read_name(&text, &mut project.document) {
                project.manifest.excludes.push((name, text.origin));
            }
        }
    }
}

fn read_allow_build<'d>(value: &Value<'d>, project: &mut ProjectReader<'d>) {
    let origin = project.document.origin(value.span());
    let allowed = match value.get_ref().as_bool() {
        Some(all) => AllowBuild::All(all),
        None => {
            let texts = project.document.string_or_strings(value);
            let names = texts
                .iter()
                .filter_map(|text| read_name(text, &mut project.document))
                .collect();
            AllowBuild::Packages(names)
        }
    };
    project.manifest.tool.allow_build = Some((allowed, origin));
}

fn read_name(text: &Text, document: &mut Document<'_>) -> Option<PackageName> {
    let name = package_name(&text.text);
    if name.is_none() {
        let message = format!("`{}` is not a package name", text.text);
        let problem = Problem::at(text.origin.clone(), message);
        document.problems.push(problem);
    }
    name
}

pub(super) fn located(text: Text) -> Located<String> {
    (text.text, text.origin)
}
