//! The items of a TOML list in their file: written otherwise, taken out, and added.

use std::ops::Range;

use super::line_end;
use super::splice::Splice;
use crate::input::document::Value;
use crate::input::excerpt::Excerpt;
use crate::source::{Origin, Span};

/// The items of a list, by their places in an excerpt.
pub(super) struct Items<'e> {
    excerpt: &'e Excerpt,
    spans: Vec<Range<usize>>,
}

impl<'e> Items<'e> {
    pub(super) fn new(excerpt: &'e Excerpt, array: &[Value<'_>]) -> Self {
        Self {
            excerpt,
            spans: array.iter().map(|item| item.span()).collect(),
        }
    }

    /// Writes another text in the place of an item's: within its quotes, where they stand around
    /// the text as it is and can hold the other.
    pub(super) fn replacement(&self, at: usize, inner: &Origin, old: &str, new: &str) -> Splice {
        let span = self.spans[at].clone();
        let unfit = match self.excerpt.text()[span.clone()].starts_with('\'') {
            true => ['\'', '\''],
            false => ['"', '\\'],
        };
        match inner.text() == old && !new.contains(unfit) {
            true => Splice::new(inner.span, new),
            false => Splice::new(self.source(span), basic(new)),
        }
    }

    /// Takes an item out with its comma, and with its lines where nothing else stands there.
    pub(super) fn removal(&self, at: usize) -> Vec<Splice> {
        let text = self.excerpt.text();
        let span = self.spans[at].clone();
        let start = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
        let comma = self.comma_after(span.end);
        let end = comma.filter(|comma| !text[span.end..*comma].contains('\n'));
        let end = end.map_or(span.end, |comma| comma + 1);
        let line = text[end..].split('\n').next().unwrap_or_default();
        let is_alone = text[start..span.start].trim().is_empty()
            && (line.trim().is_empty() || line.trim_start().starts_with('#'));
        let mut splices = Vec::new();
        if let Some(comma) = comma.filter(|comma| *comma >= end) {
            splices.push(Splice::removal(self.source(comma..comma + 1)));
        }
        if is_alone {
            let place = self.source(span.start..end);
            let file = self.excerpt.file().text();
            splices.push(Splice::removal(Span {
                start: file[..place.start].rfind('\n').map_or(0, |at| at + 1),
                end: next_line(file, place.end),
            }));
            return splices;
        }
        let is_space = [' ', '\t'];
        let end_of_space = text.len() - text[end..].trim_start_matches(is_space).len();
        let before = text[..span.start].trim_end_matches(is_space);
        let (start, end) = match (comma.is_some(), before.strip_suffix(',')) {
            (true, _) if !text[end_of_space..].starts_with(['#', '\r', '\n']) => {
                (span.start, end_of_space)
            }
            (false, Some(before)) => (before.len(), end),
            _ => (span.start, end),
        };
        splices.push(Splice::removal(self.source(start..end)));
        splices
    }

    /// Adds an item behind the last one, on a line of its own where that one has it.
    pub(super) fn addition(&self, list: Range<usize>, value: &str) -> Vec<Splice> {
        let text = self.excerpt.text();
        let file = self.excerpt.file().text();
        let Some(last) = self.spans.last() else {
            let place = self.source(list.start..list.start + 1).end;
            return vec![Splice::insertion(place, basic(value))];
        };
        let comma = self.comma_after(last.end);
        let place = self.source(last.clone());
        let line_start = file[..place.start].rfind('\n').map_or(0, |at| at + 1);
        let excerpt_line = text[..last.start].rfind('\n').map_or(0, |at| at + 1);
        let is_alone = text[excerpt_line..last.start].trim().is_empty();
        let mut splices = Vec::new();
        if comma.is_none() {
            splices.push(Splice::insertion(place.end, ","));
        }
        let written = match comma.is_some() {
            true => format!("{},", basic(value)),
            false => basic(value),
        };
        let after = comma.map_or(place.end, |comma| self.source(comma..comma + 1).end);
        let rest = &file[after..next_line(file, after)];
        match is_alone && (rest.trim().is_empty() || rest.trim_start().starts_with('#')) {
            true => {
                let indent = &file[line_start..place.start];
                let line = format!("{indent}{written}{}", line_end(file));
                splices.push(Splice::insertion(next_line(file, after), line));
            }
            false => splices.push(Splice::insertion(after, format!(" {written}"))),
        }
        splices
    }

    /// Finds the comma behind an item; comments may stand before it.
    fn comma_after(&self, end: usize) -> Option<usize> {
        let text = self.excerpt.text();
        let mut at = end;
        loop {
            at += text[at..].len() - text[at..].trim_start().len();
            match text[at..].chars().next()? {
                ',' => return Some(at),
                '#' => at = next_line(text, at),
                _ => return None,
            }
        }
    }

    fn source(&self, range: Range<usize>) -> Span {
        let Range { start, end } = range;
        self.excerpt.origin(Span { start, end }).span
    }
}

/// Writes a basic string.
pub(super) fn basic(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Returns where the line after the one of an offset starts.
pub(super) fn next_line(text: &str, from: usize) -> usize {
    text[from..]
        .find('\n')
        .map_or(text.len(), |at| from + at + 1)
}
