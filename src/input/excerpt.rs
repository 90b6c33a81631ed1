//! Text put together from pieces of a file, which still knows where each piece stands: what
//! readers parse after continuations, variables and comment signs are out of the way.

use std::sync::Arc;

use crate::source::{Origin, SourceFile, Span};

/// Text that was taken from a file in pieces.
#[derive(Clone, Debug)]
pub(super) struct Excerpt {
    file: Arc<SourceFile>,
    text: String,
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug)]
struct Piece {
    /// Where in the excerpt's text it starts.
    at: usize,
    /// What of the file it stands for.
    source: Span,
    /// Whether the text is the file's own, byte for byte, and not put in its place.
    is_literal: bool,
}

impl Excerpt {
    /// Starts with no text.
    pub(super) fn new(file: &Arc<SourceFile>) -> Self {
        Self {
            file: Arc::clone(file),
            text: String::new(),
            pieces: Vec::new(),
        }
    }

    /// Takes the whole file.
    pub(super) fn whole(file: &Arc<SourceFile>) -> Self {
        let mut excerpt = Self::new(file);
        excerpt.push(Span::new(0, file.text().len()));
        excerpt
    }

    /// Appends a part of the file.
    pub(super) fn push(&mut self, source: Span) {
        let Some(text) = self.file.text().get(source.start..source.end) else {
            return;
        };
        if text.is_empty() {
            return;
        }
        self.pieces.push(Piece {
            at: self.text.len(),
            source,
            is_literal: true,
        });
        self.text.push_str(text);
    }

    /// Appends text that stands in the place of a part of the file.
    pub(super) fn push_instead(&mut self, text: &str, source: Span) {
        self.pieces.push(Piece {
            at: self.text.len(),
            source,
            is_literal: false,
        });
        self.text.push_str(text);
    }

    /// Appends a part of another excerpt of the same file.
    pub(super) fn push_from(&mut self, other: &Self, part: Span) {
        let first = other.pieces.partition_point(|piece| piece.at <= part.start);
        for index in first.saturating_sub(1)..other.pieces.len() {
            let piece = &other.pieces[index];
            let next = other.pieces.get(index + 1);
            let start = part.start.max(piece.at);
            let end = part.end.min(next.map_or(other.text.len(), |next| next.at));
            if piece.at >= part.end {
                return;
            }
            if start >= end {
                continue;
            }
            let from = piece.source.start + (start - piece.at);
            match (piece.is_literal, other.text.get(start..end)) {
                (true, _) => self.push(Span::new(from, end - start)),
                (false, Some(text)) => self.push_instead(text, piece.source),
                (false, None) => {}
            }
        }
    }

    /// Returns the text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Returns the file.
    pub(super) fn file(&self) -> &Arc<SourceFile> {
        &self.file
    }

    /// Returns the place in the file that a part of the text stands for.
    pub(super) fn origin(&self, part: Span) -> Origin {
        let start = self.source_start(part.start);
        let end = match part.is_empty() {
            true => start,
            false => self.source_end(part.end).max(start),
        };
        Origin::new(&self.file, Span { start, end })
    }

    fn source_start(&self, offset: usize) -> usize {
        let after = self.pieces.partition_point(|piece| piece.at <= offset);
        let Some(piece) = after.checked_sub(1).and_then(|at| self.pieces.get(at)) else {
            return self.pieces.first().map_or(0, |piece| piece.source.start);
        };
        match piece.is_literal {
            true => (piece.source.start + (offset - piece.at)).min(piece.source.end),
            false => piece.source.start,
        }
    }

    fn source_end(&self, offset: usize) -> usize {
        let after = self.pieces.partition_point(|piece| piece.at < offset);
        let Some(piece) = after.checked_sub(1).and_then(|at| self.pieces.get(at)) else {
            return 0;
        };
        match piece.is_literal {
            true => (piece.source.start + (offset - piece.at)).min(piece.source.end),
            false => piece.source.end,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_an_excerpt_covers_the_bytes_it_came_from() {
        let file = SourceFile::new("a.in", "num\\\npy==${V}!");
        let mut excerpt = Excerpt::new(&file);
        excerpt.push(Span::new(0, 3));
        excerpt.push(Span::new(5, 4));
        excerpt.push_instead("1.2", Span::new(9, 4));
        excerpt.push(Span::new(13, 1));

        assert_eq!(excerpt.text(), "numpy==1.2!");
        assert_eq!(excerpt.origin(Span::new(0, 5)).text(), "num\\\npy");
        assert_eq!(excerpt.origin(Span::new(7, 1)).text(), "${V}");
        assert_eq!(excerpt.origin(Span::new(7, 4)).text(), "${V}!");
        assert_eq!(excerpt.origin(Span::new(3, 0)).text(), "");
    }
}
