//! Changes declarations in the texts that they stand in, and nothing else of them: comments, order,
//! line ends, quotes and encoding stay.
//!
//! `requirements`, `document`, `words` and `pipfile` find what is to be replaced, `wording` says by what;
//! `said` is what a file says that is read again after a change.

mod document;
mod items;
mod overrides;
mod pipfile;
mod requirements;
mod said;
mod splice;
mod wording;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::decode::{decode, recoded};
use super::{Edited, reader_of};
use crate::package::{Declaration, Requirement};
use crate::source::{Origin, Problem, SourceFile, Span};
use splice::{Splice, settled, spliced};

/// One change of what is declared.
#[derive(Clone, Copy, Debug)]
pub enum Rewrite<'a> {
    /// A declaration gets another text, or goes.
    Declaration(&'a Declaration, Option<&'a str>),
    /// A file gets an override: a `pyproject.toml` or script in its table, else a line at the end.
    Override(&'a Arc<SourceFile>, &'a str),
}

/// What changes in one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The file as it was read.
    pub file: Arc<SourceFile>,
    /// Whether the file is not there yet.
    pub is_new: bool,
    /// What else there is to know, as sentences.
    pub notes: Vec<String>,
    splices: Vec<Splice>,
}

/// What stands in the way of writing an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unwritable {
    /// The file is not as it was read.
    Changed,
    /// The encoding of the file cannot be kept.
    Encoding,
}

impl Edit {
    /// Puts a text in the place of another.
    pub fn in_place(origin: &Origin, text: impl Into<String>) -> Self {
        Self {
            file: Arc::clone(&origin.file),
            is_new: false,
            notes: Vec::new(),
            splices: vec![Splice::new(origin.span, text)],
        }
    }

    /// Makes it the edit of a file that is not there yet.
    #[must_use]
    pub fn into_new(mut self) -> Self {
        self.is_new = true;
        self
    }

    /// Returns this edit and another one of the same file in one; nothing where they cannot both be
    /// made, as the text was another or they change the same piece.
    pub fn joined(&self, other: &Self) -> Option<Self> {
        if self.file != other.file || self.is_new != other.is_new {
            return None;
        }
        let splices = self.splices.iter().chain(&other.splices);
        let notes = other.notes.iter().filter(|note| !self.notes.contains(note));
        Some(Self {
            splices: settled(splices.cloned().collect())?,
            notes: self.notes.iter().chain(notes).cloned().collect(),
            ..self.clone()
        })
    }

    /// Returns the pieces that are replaced, in their order, each with what takes its place.
    pub fn replacements(&self) -> impl Iterator<Item = (Span, &str)> {
        self.splices.iter().map(|it| (it.span, it.text.as_str()))
    }

    /// Returns the text after the edit, with the line ends that the reader saw.
    pub fn text(&self) -> String {
        spliced(self.file.text(), &self.splices)
    }

    /// Returns the bytes after the edit; `bytes` are those of the file as it is now.
    pub fn bytes(&self, bytes: &[u8]) -> Result<Vec<u8>, Unwritable> {
        let (now, _) = decode(self.file.label(), bytes);
        if now.text() != self.file.text() {
            return Err(Unwritable::Changed);
        }
        recoded(bytes, |text| {
            let mut splices = self.splices.clone();
            if !text.contains('\n') && text.contains('\r') {
                for splice in &mut splices {
                    splice.text = splice.text.replace('\n', "\r");
                }
            }
            spliced(text, &splices)
        })
        .ok_or(Unwritable::Encoding)
    }
}

/// Works out the edits of the files that the changes concern, by the files' names.
pub fn edits(rewrites: &[Rewrite<'_>]) -> Result<Vec<Edit>, Problem> {
    let mut edits: BTreeMap<&str, Edit> = BTreeMap::new();
    for rewrite in rewrites {
        let file = match rewrite {
            Rewrite::Declaration(declaration, _) => &declaration.origin.file,
            Rewrite::Override(file, _) => file,
        };
        let edit = edits.entry(file.label()).or_insert_with(|| Edit {
            file: Arc::clone(file),
            is_new: false,
            notes: Vec::new(),
            splices: Vec::new(),
        });
        match rewrite {
            Rewrite::Declaration(declaration, becomes) => edit.rewrite(declaration, *becomes)?,
            Rewrite::Override(file, requirement) => edit.add_override(file, requirement)?,
        }
    }
    let mut edits: Vec<Edit> = edits.into_values().collect();
    for edit in &mut edits {
        let splices = settled(std::mem::take(&mut edit.splices));
        edit.splices = splices.ok_or_else(|| {
            let message = "the changes of this file contradict each other";
            Problem::at(Origin::whole(&edit.file), message)
        })?;
        edit.hold(rewrites)?;
    }
    Ok(edits)
}

impl Edit {
    fn rewrite(&mut self, declaration: &Declaration, becomes: Option<&str>) -> Result<(), Problem> {
        let origin = &declaration.origin;
        if origin.label().starts_with('<') {
            let message = "this was read from standard input, where it cannot be edited";
            let help = "Write it into a file, and name that file instead of `-`.";
            return Err(Problem::at(origin.clone(), message).with_help(help));
        }
        let section = declaration.section.as_deref().unwrap_or_default();
        if section.starts_with("tool.poetry.") {
            let message = "this is in Poetry's own words, which pyaudit does not write";
            let help = "Edit it by hand, or move it to the standard `[project]` table.";
            return Err(Problem::at(origin.clone(), message).with_help(help));
        }
        match edited(&self.file, declaration) {
            Edited::Document => {
                let splices = document::rewrite(&self.file, declaration, becomes)?;
                self.splices.extend(splices);
            }
            Edited::Lines => {
                let (splices, notes) = requirements::rewrite(&self.file, declaration, becomes)?;
                self.splices.extend(splices);
                self.notes.extend(notes);
            }
            Edited::Words => {
                let change = (declaration, becomes);
                let splices = match reader_of(self.file.label()).name {
                    "Pipfile" => pipfile::rewrite(&self.file, change),
                    _ => words::rewrite(&self.file, change)?,
                };
                let splices = splices.ok_or_else(|| not_literal(origin, becomes))?;
                self.splices.extend(splices);
            }
            Edited::Never => return Err(by_hand(origin)),
        }
        Ok(())
    }

    /// Makes sure that all changes of a file of words hold together, as each does by itself.
    fn hold(&self, rewrites: &[Rewrite<'_>]) -> Result<(), Problem> {
        let changes = rewrites.iter().filter_map(|rewrite| match rewrite {
            Rewrite::Declaration(it, becomes) if it.origin.label() == self.file.label() => {
                (edited(&self.file, it) == Edited::Words).then_some((*it, *becomes))
            }
            Rewrite::Declaration(..) | Rewrite::Override(..) => None,
        });
        let changes: Vec<words::Change<'_>> = changes.collect();
        match changes.as_slice() {
            [] | [_] => Ok(()),
            [(first, becomes), ..] if !words::holds(&self.file, &changes, &self.splices) => {
                Err(not_literal(&first.origin, *becomes))
            }
            _ => Ok(()),
        }
    }

    fn add_override(&mut self, file: &Arc<SourceFile>, requirement: &str) -> Result<(), Problem> {
        let splices = match reader_of(file.label()).edited {
            Edited::Document => overrides::add_override(file, requirement)?,
            Edited::Lines => requirements::add_line(file, requirement),
            Edited::Words | Edited::Never => {
                return Err(by_hand(&Origin::new(file, Span::new(0, 0))));
            }
        };
        self.splices.extend(splices);
        Ok(())
    }
}

/// A Python source is a document by its `script` block, which a declaration has as its section; what
/// its calls ask for has none.
fn edited(file: &SourceFile, declaration: &Declaration) -> Edited {
    match reader_of(file.label()).edited {
        Edited::Document if declaration.section.is_none() => Edited::Words,
        edited => edited,
    }
}

fn by_hand(origin: &Origin) -> Problem {
    let message = "this file is not one that pyaudit writes";
    Problem::at(origin.clone(), message).with_help("Edit it by hand.")
}

fn not_literal(origin: &Origin, becomes: Option<&str>) -> Problem {
    let message = match becomes {
        Some(becomes) => format!("this does not stand here in words that can become `{becomes}`"),
        None => "this cannot be taken out without changing what stands around it".to_owned(),
    };
    Problem::at(origin.clone(), message).with_help("Edit it by hand.")
}

/// Returns how the lines of a text end.
fn line_end(text: &str) -> &'static str {
    match text.split_once('\n') {
        Some((first, _)) if first.ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

/// Returns a requirement as it is written in the place of a declaration: in the words of that, as
/// far as they stay.
pub fn written(declaration: &Declaration, becomes: &str) -> String {
    // A text with variables, escapes or line ends in it is not what it says.
    let text = declaration.origin.text();
    let is_plain = Requirement::parse(text).is_ok_and(|it| it == declaration.requirement);
    let worded = is_plain.then(|| worded(declaration, text, becomes).ok());
    // The words of a command stand in quotes.
    let quote = text.chars().next().filter(|it| matches!(it, '"' | '\''));
    let quote = quote.filter(|quote| text.len() > 1 && text.ends_with(*quote));
    match (worded.flatten(), quote) {
        (Some(worded), _) => worded,
        (None, Some(quote)) => format!("{quote}{becomes}{quote}"),
        (None, None) => becomes.to_owned(),
    }
}

/// Returns what is to stand in the place of a declaration's text, which says `text` once quotes and
/// escapes are taken off.
fn worded(declaration: &Declaration, text: &str, becomes: &str) -> Result<String, Problem> {
    let fail = |message: &str| Problem::at(declaration.origin.clone(), message);
    let wanted = Requirement::parse(becomes).map_err(|error| {
        let message = format!("this cannot become `{becomes}`: {}", error.message);
        fail(&message)
    })?;
    let declared = &declaration.requirement;
    let moves_bounds_alone = wanted.name == declared.name
        && wanted.extras == declared.extras
        && wanted.url == declared.url
        && wanted.marker.tree() == declared.marker.tree();
    let written = moves_bounds_alone
        .then(|| wording::with_specifiers(text, becomes))
        .flatten()
        .filter(|written| Requirement::parse(written).is_ok());
    if let Some(written) = written {
        return Ok(written);
    }
    let says_it_all = Requirement::parse(text)
        .is_ok_and(|it| it.name == declared.name && it.url.is_some() == declared.url.is_some());
    match says_it_all || declared.url.is_none() {
        true => Ok(becomes.to_owned()),
        false => Err(fail("where this comes from is said in another place")
            .with_help("Edit the `sources` table of this file by hand.")),
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod words_tests;
