//! What a file of facts holds at a place, or a problem that underlines it.

use std::ops::Range;
use std::str::FromStr;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::source::{Origin, Problem, SourceFile, Span};

/// A table and the place to underline when something is missing in it.
#[derive(Clone)]
pub(super) struct Row<'t, 'd> {
    pub(super) table: &'t DeTable<'d>,
    pub(super) span: Range<usize>,
}

/// A string of the file.
#[derive(Clone)]
pub(super) struct Text<'t> {
    pub(super) text: &'t str,
    span: Range<usize>,
}

impl Text<'_> {
    /// Returns where it stands.
    pub(super) fn span(&self) -> Range<usize> {
        self.span.clone()
    }
}

/// The file, and what was wrong in it so far.
pub(super) struct Values<'f> {
    file: &'f Arc<SourceFile>,
    pub(super) problems: Vec<Problem>,
}

impl<'f> Values<'f> {
    pub(super) fn new(file: &'f Arc<SourceFile>) -> Self {
        Self {
            file,
            problems: Vec::new(),
        }
    }

    /// Notes a problem.
    pub(super) fn report(&mut self, span: Range<usize>, message: impl Into<String>) {
        let span = Span {
            start: span.start,
            end: span.end,
        };
        let origin = Origin::new(self.file, span);
        self.problems.push(Problem::at(origin, message));
    }

    /// Notes a problem in a string, at a span of its text where one is given.
    pub(super) fn report_in(&mut self, text: &Text, inner: Option<Span>, message: String) {
        let quoted = self.file.text().get(text.span.clone()).unwrap_or_default();
        let is_literal = quoted.get(1..quoted.len().saturating_sub(1)) == Some(text.text);
        let span = match inner.filter(|span| is_literal && !span.is_empty()) {
            Some(span) => text.span.start + 1 + span.start..text.span.start + 1 + span.end,
            None if is_literal && !text.text.is_empty() => text.span.start + 1..text.span.end - 1,
            None => text.span.clone(),
        };
        self.report(span, message);
    }

    /// Notes the keys that mean nothing.
    pub(super) fn know_only(&mut self, table: &DeTable, known: &[&str]) {
        for key in table.keys() {
            if !known.contains(&key.get_ref().as_ref()) {
                let known: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
                let message = format!("no fact has the key `{}`", key.get_ref());
                self.report(key.span(), message);
                let last = self.problems.pop();
                let help = format!("This table knows {}.", known.join(", "));
                self.problems.extend(last.map(|last| last.with_help(help)));
            }
        }
    }

    /// Reads the tables of a list of tables.
    pub(super) fn rows<'t, 'd>(&mut self, root: &'t DeTable<'d>, key: &str) -> Vec<Row<'t, 'd>> {
        let Some(value) = root.get(key) else {
            return Vec::new();
        };
        let Some(array) = value.get_ref().as_array() else {
            self.report(
                value.span(),
                format!("expected a list of tables, `[[{key}]]`"),
            );
            return Vec::new();
        };
        let rows = array.iter().filter_map(|item| self.row(item));
        rows.collect()
    }

    /// Reads a table.
    pub(super) fn row<'t, 'd>(&mut self, value: &'t Spanned<DeValue<'d>>) -> Option<Row<'t, 'd>> {
        let span = value.span();
        match value.get_ref().as_table() {
            Some(table) => Some(Row { table, span }),
            None => {
                self.report(span, "expected a table");
                None
            }
        }
    }

    /// Reads a string that has to be there.
    pub(super) fn text<'t>(&mut self, row: &Row<'t, '_>, key: &str) -> Option<Text<'t>> {
        if !row.table.contains_key(key) {
            self.report(row.span.clone(), format!("`{key}` is missing here"));
        }
        self.text_if_any(row, key)
    }

    /// Reads a string that may be there.
    pub(super) fn text_if_any<'t>(&mut self, row: &Row<'t, '_>, key: &str) -> Option<Text<'t>> {
        row.table.get(key).and_then(|value| self.string(value))
    }

    /// Reads a string or a list of them.
    pub(super) fn texts<'t>(&mut self, row: &Row<'t, '_>, key: &str) -> Vec<Text<'t>> {
        match row.table.get(key) {
            Some(value) => self.strings(value),
            None => Vec::new(),
        }
    }

    /// Reads a string or a list of them.
    pub(super) fn strings<'t>(&mut self, value: &'t Spanned<DeValue<'_>>) -> Vec<Text<'t>> {
        match value.get_ref().as_array() {
            Some(array) => array.iter().filter_map(|item| self.string(item)).collect(),
            None => self.string(value).into_iter().collect(),
        }
    }

    /// Reads what a string says.
    pub(super) fn parse<T: FromStr<Err: ToString>>(&mut self, text: &Text) -> Option<T> {
        let read = text.text.parse();
        read.map_err(|error: T::Err| self.report_in(text, None, error.to_string()))
            .ok()
    }

    /// Notes that a string or a list of them is missing.
    pub(super) fn text_or_list(&mut self, row: &Row, key: &str) {
        if !row.table.contains_key(key) {
            self.report(row.span.clone(), format!("`{key}` is missing here"));
        }
    }

    fn string<'t>(&mut self, value: &'t Spanned<DeValue<'_>>) -> Option<Text<'t>> {
        let span = value.span();
        match value.get_ref().as_str() {
            Some(text) => Some(Text { text, span }),
            None => {
                self.report(span, "expected a string");
                None
            }
        }
    }
}
