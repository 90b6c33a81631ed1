//! The install commands of a notebook: lines that begin with `!` or `%pip`, and cells of
//! `%%bash`. The text of a cell stands in JSON strings; places are those of the file.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{InstallCommand, Speaker, of_script};
use crate::input::excerpt::Excerpt;
use crate::source::{SourceFile, Span};

/// Magics of cells that are scripts of a shell.
const CELLS: &[&str] = &["%%bash", "%%sh", "%%script bash", "%%script sh", "%%shell"];

#[derive(Deserialize)]
struct NotebookWire<'t> {
    #[serde(borrow, default)]
    cells: Vec<CellWire<'t>>,
}

#[derive(Deserialize)]
struct CellWire<'t> {
    #[serde(default)]
    cell_type: String,
    #[serde(borrow)]
    source: Option<&'t RawValue>,
}

/// Reads the commands of a notebook in the order of its cells.
pub(super) fn read_notebook(file: &Arc<SourceFile>) -> Vec<InstallCommand> {
    let Ok(notebook) = serde_json::from_str::<NotebookWire<'_>>(file.text()) else {
        return Vec::new();
    };
    let cells = notebook.cells.iter().filter(|it| it.cell_type == "code");
    let sources = cells.filter_map(|it| it.source);
    let whole = Excerpt::whole(file);
    let found = sources.flat_map(|source| of_cell(&cell(&whole, source)));
    found.collect()
}

/// Puts a cell's lines together.
fn cell(whole: &Excerpt, source: &RawValue) -> Excerpt {
    let strings = match source.get().starts_with('[') {
        true => serde_json::from_str::<Vec<&RawValue>>(source.get()).unwrap_or_default(),
        false => vec![source],
    };
    let mut text = Excerpt::new(whole.file());
    for string in strings {
        if let Some(span) = place_in(whole.file().text(), string) {
            append_json_string(&mut text, whole, span);
        }
    }
    text
}

fn of_cell(cell: &Excerpt) -> Vec<InstallCommand> {
    let first = cell.text().lines().next().unwrap_or_default().trim();
    if CELLS.iter().any(|magic| first.starts_with(magic)) {
        let start = cell.text().find('\n').unwrap_or(cell.text().len());
        return of_script(&part(cell, start, cell.text().len()), Speaker::Notebook);
    }
    if first.starts_with("%%") && !first.starts_with("%%capture") && !first.starts_with("%%time") {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut at = 0;
    while at < cell.text().len() {
        let end = line_end(cell.text(), at);
        if let Some(from) = command_start(&cell.text()[at..end]) {
            let line = part(cell, at + from, end);
            found.extend(of_script(&line, Speaker::Notebook));
        }
        at = end + 1;
    }
    found
}

/// Returns the end of a line, with those that it goes on in.
fn line_end(text: &str, from: usize) -> usize {
    let mut at = from;
    loop {
        let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
        let goes_on = text[at..end].trim_end_matches('\r').ends_with('\\');
        if !goes_on || end == text.len() {
            return end;
        }
        at = end + 1;
    }
}

/// Returns where the command of a line starts: behind `!`, or at the `pip` of `%pip`, which
/// IPython hands to a shell as well.
fn command_start(line: &str) -> Option<usize> {
    let lead = line.len() - line.trim_start().len();
    let rest = &line[lead..];
    let behind = |sign: &str| {
        let after = rest.strip_prefix(sign)?;
        let blank = after.len() - after.trim_start().len();
        Some(lead + sign.len() + blank)
    };
    if rest.starts_with("%pip ") || rest.starts_with("%uv ") {
        return Some(lead + 1);
    }
    behind("!!")
        .or_else(|| behind("!"))
        .or_else(|| behind("%sx "))
        .or_else(|| behind("%system "))
}

fn part(whole: &Excerpt, start: usize, end: usize) -> Excerpt {
    let mut part = Excerpt::new(whole.file());
    part.push_from(whole, Span { start, end });
    part
}

/// Returns where a value stands in the text that it was read from: it is a piece of it.
pub(super) fn place_in(text: &str, value: &RawValue) -> Option<Span> {
    let start = (value.get().as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    Some(Span::new(start, value.get().len())).filter(|span| span.end <= text.len())
}

/// Decodes a string of JSON; each part of its text knows where it stands.
pub(super) fn json_string(whole: &Excerpt, span: Span) -> Excerpt {
    let mut text = Excerpt::new(whole.file());
    append_json_string(&mut text, whole, span);
    text
}

fn append_json_string(to: &mut Excerpt, whole: &Excerpt, span: Span) {
    let Some(raw) = whole.text().get(span.start..span.end) else {
        return;
    };
    let inner = raw.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    let Some(inner) = inner else { return };
    let start = span.start + 1;
    let mut at = 0;
    while at < inner.len() {
        let plain = inner[at..].find('\\').unwrap_or(inner.len() - at);
        to.push_from(whole, Span::new(start + at, plain));
        at += plain;
        if at == inner.len() {
            return;
        }
        let length = escape_length(&inner[at..]);
        let escape = &inner[at..at + length];
        let decoded = serde_json::from_str::<String>(&format!("\"{escape}\""));
        let place = whole.origin(Span::new(start + at, length)).span;
        to.push_instead(&decoded.unwrap_or_default(), place);
        at += length;
    }
}

/// Returns the length of `\n`, `\u00e9` or a pair of surrogates.
fn escape_length(text: &str) -> usize {
    let wanted = match text.as_bytes().get(1) {
        Some(b'u') if text[2..].starts_with(['d', 'D']) && text.get(6..8) == Some("\\u") => 12,
        Some(b'u') => 6,
        _ => 2,
    };
    (1..=wanted.min(text.len()))
        .rev()
        .find(|length| text.is_char_boundary(*length))
        .unwrap_or(text.len())
}
