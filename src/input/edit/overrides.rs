//! Overrides are added: to the list that counts in a TOML document, or to one that is begun.

use std::sync::Arc;

use toml::de::DeTable;

use super::document::excerpt_of;
use super::items::{Items, basic, next_line};
use super::line_end;
use super::splice::{Splice, settled, spliced};
use crate::input::document::{Document, Value};
use crate::input::excerpt::Excerpt;
use crate::input::reader_of;
use crate::source::{Origin, Problem, SourceFile, Span};

/// Adds an override to a `pyproject.toml` or script.
pub(super) fn add_override(
    file: &Arc<SourceFile>,
    requirement: &str,
) -> Result<Vec<Splice>, Problem> {
    let excerpt = excerpt_of(file)?;
    let splices = match addition(&excerpt, requirement) {
        Some(splices) => splices,
        None => new_list(&excerpt, requirement),
    };
    // A table can be written in more ways than are known here: what came of it is read.
    let is_well = settled(splices.clone()).is_some_and(|splices| {
        let file = SourceFile::new(file.label(), spliced(file.text(), &splices));
        excerpt_of(&file).is_ok_and(|excerpt| has_override(&excerpt, requirement))
    });
    match is_well {
        true => Ok(splices),
        false => Err(Problem::at(
            Origin::new(file, Span::new(0, 0)),
            format!("there is no telling where the override `{requirement}` goes"),
        )
        .with_help("Add it to `override-dependencies` in `[tool.pyaudit]` by hand.")),
    }
}

fn addition(excerpt: &Excerpt, requirement: &str) -> Option<Vec<Splice>> {
    let (root, _) = Document::parse(excerpt);
    let list = overrides(&root)?;
    let items = Items::new(excerpt, list.get_ref().as_array()?);
    Some(items.addition(list.span(), requirement))
}

fn has_override(excerpt: &Excerpt, requirement: &str) -> bool {
    let (root, document) = Document::parse(excerpt);
    let items = overrides(&root).and_then(|list| list.get_ref().as_array());
    let says = |item: &Value<'_>| item.get_ref().as_str() == Some(requirement);
    !document.is_broken() && items.is_some_and(|items| items.iter().any(says))
}

/// The list that counts: ours, else uv's.
fn overrides<'t, 'd>(root: &'t DeTable<'d>) -> Option<&'t Value<'d>> {
    let mut lists = ["pyaudit", "uv"].into_iter();
    lists.find_map(|tool| Document::find(root, &["tool", tool, "override-dependencies"]))
}

/// Begins a list: in the table that is there, else in one at the end.
fn new_list(excerpt: &Excerpt, requirement: &str) -> Vec<Splice> {
    let file = excerpt.file();
    let (text, end) = (file.text(), line_end(file.text()));
    let is_script = reader_of(file.label()).name == "script";
    let sign = if is_script { "# " } else { "" };
    let list = basic(requirement);
    let entry = format!("{sign}override-dependencies = [{list}]{end}");
    if let Some(header) = our_header(excerpt) {
        return vec![Splice::insertion(next_line(text, header.end), entry)];
    }
    let place = match is_script {
        true => next_line(
            text,
            excerpt.origin(Span::new(excerpt.text().len(), 0)).span.end,
        ),
        false => text.len(),
    };
    let is_open = place > 0 && !text[..place].ends_with('\n');
    let close = if is_open { end } else { "" };
    let blank = sign.trim_end();
    let table = format!("{close}{blank}{end}{sign}[tool.pyaudit]{end}{entry}");
    vec![Splice::insertion(place, table)]
}

/// Finds the line `[tool.pyaudit]`.
fn our_header(excerpt: &Excerpt) -> Option<Span> {
    let mut at = 0;
    for line in excerpt.text().split_inclusive('\n') {
        let header: String = line.split('#').next()?.split_whitespace().collect();
        if header == "[tool.pyaudit]" && line.ends_with('\n') {
            let span = Span::new(at, line.trim_end().len());
            return Some(excerpt.origin(span).span);
        }
        at += line.len();
    }
    None
}
