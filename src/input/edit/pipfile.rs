//! `Pipfile`: the version of an entry, and entries that go with their lines.

use std::ops::Range;
use std::sync::Arc;

use super::items::next_line;
use super::splice::Splice;
use super::wording;
use super::words::{Change, first_that_holds};
use crate::input::document::Document;
use crate::input::excerpt::Excerpt;
use crate::package::{Declaration, PackageName, Requirement};
use crate::source::{SourceFile, Span};

/// What stands for any version.
const ANY: &str = "*";

/// An entry of a table of packages.
struct Entry {
    key: Range<usize>,
    value: Range<usize>,
    /// The text of its version, and where that stands between its quotes.
    version: Option<(String, Span)>,
}

/// Replaces or removes a declaration; nothing where it is more than a version.
pub(super) fn rewrite(file: &Arc<SourceFile>, change: Change<'_>) -> Option<Vec<Splice>> {
    let (declaration, becomes) = change;
    let entry = entry_of(file, declaration)?;
    let splice = match becomes {
        Some(becomes) => {
            let (old, place) = entry.version?;
            Splice::new(place, version(declaration, &old, becomes)?)
        }
        None => Splice::removal(lines_of(file.text(), &entry)?),
    };
    first_that_holds(file, change, vec![splice])
}

fn entry_of(file: &Arc<SourceFile>, declaration: &Declaration) -> Option<Entry> {
    let whole = Excerpt::whole(file);
    let (root, mut document) = Document::parse(&whole);
    let place = declaration.origin.span;
    let name = &declaration.requirement.name;
    let tables = ["packages", "dev-packages"].iter();
    let tables = tables.filter_map(|section| root.get(*section)?.get_ref().as_table());
    for (key, value) in tables.flatten() {
        let is_name = |text: &str| text.parse().is_ok_and(|it: PackageName| it == *name);
        let (of_key, of_value) = (key.span(), value.span());
        let is_there = of_key.start.min(of_value.start) <= place.start
            && place.end <= of_key.end.max(of_value.end);
        if !is_there || !is_name(key.get_ref()) {
            continue;
        }
        let said = match value.get_ref().as_table() {
            Some(table) => table.get("version"),
            None => Some(value),
        };
        let version = said.and_then(|it| document.string(it));
        return Some(Entry {
            key: key.span(),
            value: value.span(),
            version: version.map(|it| (it.text, it.origin.span)),
        });
    }
    None
}

/// Returns the version that stands for another requirement; nothing where more than that changes.
fn version(declaration: &Declaration, old: &str, becomes: &str) -> Option<String> {
    let wanted = Requirement::parse(becomes).ok()?;
    let declared = &declaration.requirement;
    let moves_bounds_alone = wanted.name == declared.name
        && wanted.extras == declared.extras
        && wanted.url == declared.url
        && wanted.marker.tree() == declared.marker.tree();
    if !moves_bounds_alone {
        return None;
    }
    let old = if old == ANY { "" } else { old };
    let written = wording::with_specifiers(&format!("{}{old}", declared.name), becomes)?;
    let bounds = written.strip_prefix(declared.name.as_ref() as &str)?.trim();
    Some(if bounds.is_empty() { ANY } else { bounds }.to_owned())
}

/// Returns the lines of an entry that has them for itself.
fn lines_of(text: &str, entry: &Entry) -> Option<Span> {
    let start = text[..entry.key.start].rfind('\n').map_or(0, |at| at + 1);
    let end = next_line(text, entry.value.end);
    let rest = text[entry.value.end..end].trim();
    let is_alone = text[start..entry.key.start].trim().is_empty()
        && (rest.is_empty() || rest.starts_with('#'));
    is_alone.then_some(Span { start, end })
}
