//! The indexes that a tool table names.

use toml::de::DeTable;

use super::document::{Text, Value};
use super::pyproject::ProjectReader;
use super::reference::read_address;
use super::tool::Tables;
use super::{IndexTable, Located, Setting};
use crate::package::IndexUrl;
use crate::source::Problem;

/// The keys of an index table; uv has more, which are about publishing and caching.
const INDEX_KEYS: &[&str] = &[
    "default",
    "explicit",
    "format",
    "ignore-error-codes",
    "name",
    "url",
];

const FORMATS: &[&str] = &["flat", "simple"];

/// Reads index tables, `index-url` and its like.
pub(super) fn read_indexes<'d>(tables: &Tables<'_, 'd>, project: &mut ProjectReader<'d>) {
    if let Some((table, value)) = tables.find("index") {
        for item in project.document.array(value) {
            let Some(index) = project.document.table(item) else {
                continue;
            };
            if table == "tool.pyaudit" {
                project
                    .document
                    .warn_of_unknown_keys(index, "tool.pyaudit.index", INDEX_KEYS);
            }
            if let Some(index) = read_index(item, index, project) {
                project.manifest.indexes.tables.push(index);
            }
        }
    }
    type Make = fn(Located<IndexUrl>) -> Setting;
    for (key, make) in [
        ("index-url", Setting::IndexUrl as Make),
        ("extra-index-url", Setting::ExtraIndexUrl as Make),
        ("find-links", Setting::FindLinks as Make),
    ] {
        let texts = match tables.find(key) {
            Some((_, value)) => project.document.string_or_strings(value),
            None => Vec::new(),
        };
        for text in texts {
            if let Some(url) = address(text, project) {
                project.manifest.set(make(url));
            }
        }
    }
    if let Some(value) = tables.ours("torch-index-url") {
        let text = project.document.string(value);
        project.manifest.tool.torch_index = text.and_then(|text| address(text, project));
    }
    if let Some((_, value)) = tables.find("no-index") {
        project.manifest.indexes.no_index = project.document.boolean(value).unwrap_or(false);
    }
}

fn read_index<'d>(
    item: &Value<'d>,
    table: &DeTable<'d>,
    project: &mut ProjectReader<'d>,
) -> Option<IndexTable> {
    let Some(url) = table.get("url") else {
        project.document.report(item, "this index has no `url`");
        return None;
    };
    let url = project.document.string(url)?;
    let (url, origin) = address(url, project)?;
    let document = &mut project.document;
    let name = table.get("name").and_then(|value| document.string(value));
    let format = table
        .get("format")
        .and_then(|value| document.word(value, FORMATS));
    let statuses_for_missing = table
        .get("ignore-error-codes")
        .map(|value| document.numbers(value, 400..600, "a status from 400 to 599"));
    let mut flag = |key: &str| {
        table
            .get(key)
            .and_then(|value| document.boolean(value))
            .unwrap_or(false)
    };
    let (is_explicit, is_default) = (flag("explicit"), flag("default"));
    if is_explicit && name.is_none() {
        let message = "an explicit index needs a `name`, or nothing can ask for it";
        project.document.report(item, message);
    }
    Some(IndexTable {
        name: name.map(|name| name.text),
        url,
        is_explicit,
        is_default,
        is_flat: format.is_some_and(|format| format.text == "flat"),
        statuses_for_missing,
        origin,
    })
}

fn address(text: Text, project: &mut ProjectReader<'_>) -> Option<Located<IndexUrl>> {
    match read_address(&text.text, project.context.folder) {
        Ok(url) => Some((url, text.origin)),
        Err(message) => {
            let problem = Problem::at(text.origin, message);
            project.document.problems.push(problem);
            None
        }
    }
}
