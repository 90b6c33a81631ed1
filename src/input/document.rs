//! A TOML document whose values know their place in the file, and the questions that readers ask
//! of it: each answer of the wrong kind becomes a problem.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::excerpt::Excerpt;
use super::hints::explain;
use super::nearest::nearest;
use crate::package::{IndexUrl, RequirementError};
use crate::source::{Origin, Problem, Span};

/// A value of the document.
pub(super) type Value<'d> = Spanned<DeValue<'d>>;

/// A string of the document.
#[derive(Clone, Debug)]
pub(super) struct Text {
    pub(super) text: String,
    /// The text between the quotes.
    pub(super) origin: Origin,
    /// Where in the excerpt the text starts, if it stands there byte for byte.
    literal_at: Option<usize>,
}

/// The text, and the problems met so far.
pub(super) struct Document<'d> {
    excerpt: &'d Excerpt,
    pub(super) problems: Vec<Problem>,
    /// Where the lines with syntax errors start, of which nothing else is told.
    broken_lines: Vec<usize>,
    syntax: Vec<Problem>,
}

/// The syntax errors that are looked at; a text with more of them is no TOML at all.
const MOST_ERRORS: usize = 100;

impl<'d> Document<'d> {
    /// Parses a text, going on after syntax errors.
    pub(super) fn parse(excerpt: &'d Excerpt) -> (DeTable<'d>, Self) {
        let (root, errors) = DeTable::parse_recoverable(excerpt.text());
        let mut document = Self {
            excerpt,
            problems: Vec::new(),
            broken_lines: Vec::new(),
            syntax: Vec::new(),
        };
        // One mistake often brings others on its line.
        for error in errors.into_iter().take(MOST_ERRORS) {
            let origin = document.origin(error.span().unwrap_or_default());
            let line = line_start(&origin);
            if !document.broken_lines.contains(&line) {
                document.broken_lines.push(line);
                let message = format!("this is not valid TOML: {}", error.message());
                document.syntax.push(Problem::at(origin, message));
            }
        }
        (root.into_inner(), document)
    }

    /// Whether the text is no TOML.
    pub(super) fn is_broken(&self) -> bool {
        !self.syntax.is_empty()
    }

    /// Returns all problems in the order of the text, each once.
    pub(super) fn into_problems(mut self) -> Vec<Problem> {
        let broken = self.broken_lines;
        self.problems.retain(|problem| {
            let line = problem.origin.as_ref().map(line_start);
            !line.is_some_and(|line| broken.contains(&line))
        });
        self.syntax.append(&mut self.problems);
        in_order(self.syntax)
    }

    /// Returns the place of a span of the text.
    pub(super) fn origin(&self, range: Range<usize>) -> Origin {
        self.excerpt.origin(Span {
            start: range.start,
            end: range.end,
        })
    }

    /// Notes a problem at a value or key.
    pub(super) fn report<T>(&mut self, place: &Spanned<T>, message: impl Into<String>) {
        let origin = self.origin(place.span());
        self.problems.push(Problem::at(origin, message));
    }

    /// Notes that a requirement or name in a string cannot be read.
    pub(super) fn report_in(&mut self, text: &Text, error: RequirementError) {
        let mistake = explain(&text.text, error);
        let origin = match text.literal_at {
            Some(at) => self
                .excerpt
                .origin(Span::new(at + mistake.span.start, mistake.span.len())),
            None => text.origin.clone(),
        };
        let problem = Problem::at(origin, IndexUrl::redacted(&mistake.message));
        self.problems.push(match mistake.help {
            Some(help) => problem.with_help(IndexUrl::redacted(&help)),
            None => problem,
        });
    }

    /// Returns a table's value under a path of keys; what is not there, or stands under something
    /// that is no table, is `None`.
    pub(super) fn find<'t>(root: &'t DeTable<'d>, path: &[&str]) -> Option<&'t Value<'d>> {
        let (first, rest) = path.split_first()?;
        let value = root.get(*first)?;
        match rest {
            [] => Some(value),
            rest => Self::find(value.get_ref().as_table()?, rest),
        }
    }

    /// Reads a table.
    pub(super) fn table<'t>(&mut self, value: &'t Value<'d>) -> Option<&'t DeTable<'d>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.expected("a table", value);
        }
        table
    }

    /// Reads an array.
    pub(super) fn array<'t>(&mut self, value: &'t Value<'d>) -> &'t [Value<'d>] {
        let Some(array) = value.get_ref().as_array() else {
            self.expected("a list", value);
            return &[];
        };
        array
    }

    /// Reads `true` or `false`.
    pub(super) fn boolean(&mut self, value: &Value<'d>) -> Option<bool> {
        let boolean = value.get_ref().as_bool();
        if boolean.is_none() {
            self.expected("`true` or `false`", value);
        }
        boolean
    }

    /// Reads a string.
    pub(super) fn string(&mut self, value: &Value<'d>) -> Option<Text> {
        let Some(text) = value.get_ref().as_str() else {
            self.expected("a string", value);
            return None;
        };
        Some(self.text(text, value.span()))
    }

    /// Reads a list of strings.
    pub(super) fn strings(&mut self, value: &Value<'d>) -> Vec<Text> {
        self.array(value)
            .iter()
            .filter_map(|item| self.string(item))
            .collect()
    }

    /// Reads a string or a list of them.
    pub(super) fn string_or_strings(&mut self, value: &Value<'d>) -> Vec<Text> {
        match value.get_ref().as_str() {
            Some(text) => vec![self.text(text, value.span())],
            None => self.strings(value),
        }
    }

    /// Reads a list of whole numbers of a range.
    pub(super) fn numbers(&mut self, value: &Value<'d>, range: Range<u16>, what: &str) -> Vec<u16> {
        let mut numbers = Vec::new();
        for item in self.array(value) {
            let number = item.get_ref().as_integer();
            let number = number.and_then(|number| number.as_str().parse().ok());
            match number.filter(|number| range.contains(number)) {
                Some(number) => numbers.push(number),
                None => self.expected(what, item),
            }
        }
        numbers
    }

    /// Reads one of a fixed list of words.
    pub(super) fn word(&mut self, value: &Value<'d>, words: &[&str]) -> Option<Text> {
        let text = self.string(value)?;
        if words.contains(&text.text.as_str()) {
            return Some(text);
        }
        let message = format!(
            "expected one of {}, but found `{}`",
            listed(words),
            text.text
        );
        let problem = Problem::at(text.origin, message);
        let near = nearest(&text.text, words.iter().copied());
        self.problems.push(match near {
            Some(near) => problem.with_help(format!("Did you mean `{near}`?")),
            None => problem,
        });
        None
    }

    /// Warns of keys that mean nothing.
    pub(super) fn warn_of_unknown_keys(
        &mut self,
        table: &DeTable<'d>,
        section: &str,
        known: &[&str],
    ) {
        for key in table.keys() {
            let name = key.get_ref().as_ref();
            if known.contains(&name) {
                continue;
            }
            let message = format!("`{section}` has no key `{name}`");
            let help = match nearest(name, known.iter().copied()) {
                Some(near) => format!("Did you mean `{near}`?"),
                None => format!("It knows {}.", listed(known)),
            };
            let problem = Problem::at(self.origin(key.span()), message).with_help(help);
            self.problems.push(problem.as_warning());
        }
    }

    fn expected(&mut self, what: &str, value: &Value<'d>) {
        let found = match value.get_ref() {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) | DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "`true` or `false`",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.report(value, format!("expected {what}, but found {found}"));
    }

    fn text(&self, text: &str, span: Range<usize>) -> Text {
        let raw = self.excerpt.text().get(span.clone()).unwrap_or_default();
        // Text that is no TOML may lack the closing quotes.
        let (quotes, inner) = ["\"\"\"", "'''", "\"", "'"]
            .into_iter()
            .find_map(|quotes| {
                let inner = raw.strip_prefix(quotes)?.strip_suffix(quotes)?;
                Some((quotes.len(), inner))
            })
            .unwrap_or((0, raw));
        // A line end right after three quotes is not part of the string.
        let lead = inner.len() - inner.trim_start_matches(['\r', '\n']).len();
        let lead = if inner.get(lead..) == Some(text) {
            lead
        } else {
            0
        };
        let start = span.start + quotes + lead;
        let end = (span.end - quotes).max(start);
        Text {
            text: text.to_owned(),
            origin: self.origin(start..end),
            literal_at: (inner.get(lead..) == Some(text)).then_some(start),
        }
    }
}

/// Returns where the line starts; counting the lines before it would take longer.
fn line_start(origin: &Origin) -> usize {
    let before = origin.file.text().get(..origin.span.start);
    before
        .and_then(|text| text.rfind('\n'))
        .map_or(0, |at| at + 1)
}

/// Sorts problems by their place, and tells each once.
pub(super) fn in_order(mut problems: Vec<Problem>) -> Vec<Problem> {
    let place = |problem: &Problem| problem.origin.as_ref().map(|origin| origin.span);
    let mut sorted: Vec<Problem> = Vec::with_capacity(problems.len());
    problems.sort_by_key(place);
    for problem in problems {
        let of_place = |other: &&Problem| place(other) == place(&problem);
        let mut here = sorted.iter().rev().take_while(of_place);
        if !here.any(|other| *other == problem) {
            sorted.push(problem);
        }
    }
    sorted
}

/// Writes `` `a`, `b` `` for a message.
pub(super) fn listed<T: std::fmt::Display>(words: &[T]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    words.join(", ")
}
