//! Where claims stand: in comments of files that declare or install, and in the lines and tables of
//! Markdown.

use std::sync::Arc;

use super::nouns::{ALIASES, Names};
use super::{Claim, phrases, tables};
use crate::package::PackageName;
use crate::source::{Origin, SourceFile, Span};

/// Longer lines are not written by people.
const LONGEST_LINE: usize = 2_000;
/// So many claims of one file are looked at.
const MOST_CLAIMS: usize = 200;

/// The packages that a project has to do with: only claims about them are read.
#[derive(Clone, Debug, Default)]
pub struct Known(Names);

impl Known {
    /// Takes names, and what people call them.
    pub fn new(names: impl IntoIterator<Item = PackageName>) -> Self {
        let names = names.into_iter().map(|name| (name.to_string(), name));
        let mut names: Names = names.collect();
        for (alias, name) in ALIASES {
            if let Some(known) = names.get(*name).cloned() {
                names.entry((*alias).to_owned()).or_insert(known);
            }
        }
        Self(names)
    }
}

/// Reads the claims of a text.
pub fn read_claims(file: &Arc<SourceFile>, known: &Known) -> Vec<Claim> {
    let text = file.text();
    let label = file.label().to_ascii_lowercase();
    let is_document = label.ends_with(".md");
    if label.ends_with(".ipynb") {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let part = match is_document {
            true => Some(Span::new(start, line.trim_end().len())),
            false => comment(line).map(|at| Span::new(start + at, line.trim_end().len() - at)),
        };
        start += line.len();
        let is_row = is_document && line.trim_start().starts_with('|');
        let part = part.filter(|part| part.len() <= LONGEST_LINE && !is_row);
        if let Some(part) = part {
            found.extend(phrases::statements(text, part, &known.0));
        }
    }
    if is_document {
        found.extend(tables::statements(text, &known.0));
    }
    found.sort_by_key(|(_, span)| *span);
    let claims = found.into_iter().take(MOST_CLAIMS);
    let claims = claims.map(|(says, span)| Claim {
        says,
        origin: Origin::new(file, span),
    });
    claims.collect()
}

/// Returns where the comment of a line starts.
fn comment(line: &str) -> Option<usize> {
    let mut signs = line.match_indices('#').map(|(at, _)| at);
    let is_start = |at: &usize| *at == 0 || line[..*at].ends_with([' ', '\t']);
    signs.find(is_start).map(|at| at + 1)
}
