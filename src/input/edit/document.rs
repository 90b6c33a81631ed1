//! `pyproject.toml` and scripts: strings in the lists of a TOML document, found again by parsing it
//! once more.

use std::sync::Arc;

use super::items::Items;
use super::splice::Splice;
use super::worded;
use crate::input::document::{Document, Value};
use crate::input::excerpt::Excerpt;
use crate::input::reader_of;
use crate::input::script::find_block;
use crate::package::Declaration;
use crate::source::{Origin, Problem, SourceFile};

/// Replaces or removes a declaration.
pub(super) fn rewrite(
    file: &Arc<SourceFile>,
    declaration: &Declaration,
    becomes: Option<&str>,
) -> Result<Vec<Splice>, Problem> {
    let excerpt = excerpt_of(file)?;
    let Some((items, at, text)) = find_item(&excerpt, &declaration.origin) else {
        let message = "this is not found again in its file";
        return Err(Problem::at(declaration.origin.clone(), message));
    };
    match becomes {
        Some(becomes) => {
            let new = worded(declaration, &text, becomes)?;
            let inner = &declaration.origin;
            Ok(vec![items.replacement(at, inner, &text, &new)])
        }
        None => Ok(items.removal(at)),
    }
}

/// Returns the TOML of a file.
pub(super) fn excerpt_of(file: &Arc<SourceFile>) -> Result<Excerpt, Problem> {
    match reader_of(file.label()).name {
        "script" => find_block(file),
        _ => Ok(Excerpt::whole(file)),
    }
}

/// Finds the list that has a string at a place, the string's position in it, and what it says.
fn find_item<'e>(excerpt: &'e Excerpt, origin: &Origin) -> Option<(Items<'e>, usize, String)> {
    let (root, mut document) = Document::parse(excerpt);
    let mut waiting: Vec<&Value<'_>> = root.values().collect();
    while let Some(value) = waiting.pop() {
        if let Some(table) = value.get_ref().as_table() {
            waiting.extend(table.values());
        }
        let Some(array) = value.get_ref().as_array() else {
            continue;
        };
        for (at, item) in array.iter().enumerate() {
            if item.get_ref().as_str().is_none() {
                waiting.push(item);
                continue;
            }
            let text = document.string(item)?;
            if text.origin.span == origin.span {
                return Some((Items::new(excerpt, array), at, text.text));
            }
        }
    }
    None
}
