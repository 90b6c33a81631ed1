//! A file's text under the name the user knows it by, and spans of bytes in it.

use std::fmt;
use std::sync::Arc;

/// A half-open range of byte offsets into a [`SourceFile`]'s text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last one; never less than `start`.
    pub end: usize,
}

impl Span {
    /// Returns the span of `len` bytes from `start`.
    pub fn new(start: usize, len: usize) -> Self {
        Self {
            start,
            end: start + len,
        }
    }

    /// Returns the number of bytes.
    pub fn len(self) -> usize {
        self.end - self.start
    }

    /// Whether nothing is in it.
    pub fn is_empty(self) -> bool {
        self.end == self.start
    }
}

/// Decoded text with the label that messages show: a path as the user gave it, `<stdin>`,
/// or an option of the command line.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceFile {
    label: String,
    text: String,
    /// Where each line starts: every declaration is asked for its line, in files of any length.
    line_starts: Vec<usize>,
}

impl SourceFile {
    /// Wraps text that has been decoded already.
    pub fn new(label: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        let text = text.into();
        let ends = text.match_indices('\n').map(|(at, _)| at + 1);
        Arc::new(Self {
            label: label.into(),
            line_starts: std::iter::once(0).chain(ends).collect(),
            text,
        })
    }

    /// Returns the name that messages show.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Returns the whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the 1-based line and column (in characters) of a byte offset; an offset past the
    /// end, or inside a character, counts as the nearest boundary before it.
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.line_starts.partition_point(|start| *start <= offset);
        let line_start = self.line_starts[line - 1];
        (line, self.text[line_start..offset].chars().count() + 1)
    }
}

/// A place in a [`SourceFile`]: where something was declared.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// The file.
    pub file: Arc<SourceFile>,
    /// The bytes of it that say the thing.
    pub span: Span,
}

impl Origin {
    /// Marks a span of a file.
    pub fn new(file: &Arc<SourceFile>, span: Span) -> Self {
        Self {
            file: Arc::clone(file),
            span,
        }
    }

    /// Marks the whole of a text.
    pub fn whole(file: &Arc<SourceFile>) -> Self {
        Self::new(file, Span::new(0, file.text.len()))
    }

    /// Returns the file's label.
    pub fn label(&self) -> &str {
        &self.file.label
    }

    /// Returns the 1-based line on which the span starts.
    pub fn line(&self) -> usize {
        self.file.line_column(self.span.start).0
    }

    /// Returns the 1-based column, in characters, at which the span starts.
    pub fn column(&self) -> usize {
        self.file.line_column(self.span.start).1
    }

    /// Returns the text of the span, or nothing where the span does not fit the file.
    pub fn text(&self) -> &str {
        self.file
            .text
            .get(self.span.start..self.span.end)
            .unwrap_or_default()
    }
}

/// Writes `requirements.in:3`.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.label(), self.line())
    }
}

/// Writes the place and not the whole file.
impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{} `{}`", self.label(), self.line(), self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_characters_from_one() {
        let file = SourceFile::new("a.in", "é = 1\r\nflask\n");

        assert_eq!(file.line_column(0), (1, 1));
        assert_eq!(file.line_column(1), (1, 1), "inside the two bytes of é");
        assert_eq!(file.line_column(3), (1, 3));
        assert_eq!(file.line_column(8), (2, 1));
        assert_eq!(file.line_column(999), (3, 1));
    }

    #[test]
    fn an_origin_prints_as_file_and_line() {
        let file = SourceFile::new("a.in", "flask\nnumpy<2\n");
        let origin = Origin::new(&file, Span::new(6, 7));

        assert_eq!(origin.to_string(), "a.in:2");
        assert_eq!(origin.text(), "numpy<2");
    }
}
