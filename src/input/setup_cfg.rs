//! `setup.cfg`: the requirements of `[options]` and the extras of `[options.extras_require]`.

use std::sync::Arc;

use super::excerpt::Excerpt;
use super::requirements::read_lines;
use super::{ReadContext, Reading};
use crate::package::Specifiers;
use crate::source::{Origin, Problem, SourceFile, Span};

/// Reads what a `setup.cfg` declares; what it takes from other places is told and left out.
pub(super) fn read_setup_cfg(file: &Arc<SourceFile>, context: &ReadContext<'_>) -> Reading {
    let mut lines = Vec::new();
    let mut extras = Vec::new();
    let mut problems = Vec::new();
    let mut name = None;
    let mut requires_python = None;
    for entry in entries(file) {
        let text = file.text().get(entry.value.start..entry.value.end);
        let (text, origin) = (text.unwrap_or_default(), Origin::new(file, entry.value));
        match (entry.section, entry.key) {
            ("metadata", "name") => name = text.parse().ok(),
            ("options", "python_requires") => match Specifiers::parse(text) {
                Ok(specifiers) => requires_python = Some((specifiers, origin)),
                Err(_) => {
                    let message = format!("expected the versions of Python, but found `{text}`");
                    problems.push(Problem::at(origin, message));
                }
            },
            ("options", "install_requires") => lines.push((entry, text, origin)),
            ("options.extras_require", extra) => {
                extras.push(extra.trim());
                if context.selection.takes_extra(extra.trim()) {
                    lines.push((entry, text, origin));
                }
            }
            _ => {}
        }
    }
    problems.extend(context.selection.unknown(&extras, &[]));
    let mut excerpts = Vec::new();
    for (entry, text, origin) in lines {
        if text.starts_with("file:") || text.starts_with("attr:") {
            let message = "what is declared stands in another place, and is left out";
            problems.push(Problem::at(origin, message).as_warning());
            continue;
        }
        let mut excerpt = Excerpt::new(file);
        excerpt.push(entry.value);
        excerpts.push(excerpt);
    }
    let mut reading = read_lines(&excerpts, context);
    reading.manifest.problems.extend(problems);
    reading.manifest.name = name;
    reading.manifest.requires_python = requires_python;
    reading
}

/// One line of a value.
struct Entry<'t> {
    section: &'t str,
    key: &'t str,
    value: Span,
}

/// Takes the file apart, with one entry for each line of a value.
fn entries(file: &SourceFile) -> Vec<Entry<'_>> {
    let (mut section, mut key) = ("", "");
    let mut found = Vec::new();
    let mut at = 0;
    for line in file.text().split_inclusive('\n') {
        let start = at;
        at += line.len();
        let text = line.split(" #").next().unwrap_or_default().trim_end();
        let inner = text.trim_start();
        if inner.is_empty() || inner.starts_with(['#', ';']) {
            continue;
        }
        let is_continued = text.len() != inner.len();
        if let (false, Some(name)) = (is_continued, inner.strip_prefix('[')) {
            (section, key) = (name.split(']').next().unwrap_or_default().trim(), "");
            continue;
        }
        let value = match (is_continued, inner.split_once(['=', ':'])) {
            (false, Some((name, value))) => {
                key = name.trim();
                value.trim_start()
            }
            _ => inner,
        };
        if !value.is_empty() {
            let value = Span::new(start + text.len() - value.len(), value.len());
            found.push(Entry {
                section,
                key,
                value,
            });
        }
    }
    found
}
