//! Lines of the user's files with what is said of them: the one place where miette draws.
//!
//! miette shows either a bare span or its line with the lines around it. An [`Excerpt`] gives it
//! the span's own line whenever it asks for surroundings, and of a very long line only a part.

use std::sync::Arc;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError,
    MietteSpanContents, SourceCode, SourceSpan, SpanContents,
};

use super::Style;
use crate::package::masked;
use crate::source::{Origin, SourceFile};

/// Of lines longer than this many bytes, so much is shown before and after what is marked.
const LONGEST_LINE: usize = 300;
const AROUND: usize = 40;

/// Draws the lines of some places, file by file, with a label under each.
pub(super) fn draw_places(places: &[(&Origin, String)], style: Style) -> String {
    let mut excerpts: Vec<Excerpt<'_>> = Vec::new();
    for (origin, label) in places {
        let span = span_of(origin);
        let label = LabeledSpan::new_with_span(Some(label.clone()), (span.0, span.1 - span.0));
        let same = excerpts.iter_mut().find(|it| *it.file == origin.file);
        match same {
            Some(excerpt) => excerpt.labels.push(label),
            None => excerpts.push(Excerpt {
                file: &origin.file,
                text: masked(origin.file.text()),
                labels: vec![label],
            }),
        }
    }
    let theme = match (style.unicode, style.colour) {
        (true, true) => GraphicalTheme::unicode(),
        (true, false) => GraphicalTheme::unicode_nocolor(),
        (false, _) => GraphicalTheme::none(),
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(style.width)
        .with_context_lines(1)
        .with_links(false);
    let mut text = String::new();
    for excerpt in excerpts {
        let mut drawn = String::new();
        if handler.render_report(&mut drawn, &excerpt).is_ok() {
            // The first line is the message, which an excerpt does not have.
            let body = drawn.split_once('\n').map_or("", |(_, body)| body);
            text.push_str(body.trim_start_matches('\n'));
        }
    }
    text
}

/// Returns what is marked of a place: within its first line, and not too much of that.
fn span_of(origin: &Origin) -> (usize, usize) {
    let text = origin.file.text();
    let start = text.floor_char_boundary(origin.span.start.min(text.len()));
    let end = origin.span.end.clamp(start, text.len());
    let line_end = start + text[start..].find('\n').unwrap_or(text.len() - start);
    let longest = text.floor_char_boundary(start + LONGEST_LINE / 2);
    match text[..start].chars().next_back() {
        // Behind the last character there is nothing that could be marked.
        Some(last) if start == line_end && last != '\n' => (start - last.len_utf8(), start),
        _ => (start, end.min(line_end).min(longest.max(start))),
    }
}

/// Lines of one file with labels, in the shape that miette draws.
#[derive(Debug)]
struct Excerpt<'a> {
    file: &'a Arc<SourceFile>,
    /// The file's text with no credentials in it, byte for byte in the same places.
    text: String,
    labels: Vec<LabeledSpan>,
}

impl SourceCode for Excerpt<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        _after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let text = self.text.as_str();
        let (mut start, mut end) = (span.offset(), span.offset() + span.len());
        if text.get(start..end).is_none() {
            return Err(MietteError::OutOfBounds);
        }
        if before > 0 {
            (start, end) = shown(text, start, end);
        }
        let (line, column) = self.file.line_column(start);
        Ok(Box::new(MietteSpanContents::new_named(
            self.file.label().to_owned(),
            &text.as_bytes()[start..end],
            (start, end - start).into(),
            line - 1,
            column - 1,
            text[start..end].lines().count(),
        )))
    }
}

/// Widens a span to its lines, or to some of a line that is too long to show.
fn shown(text: &str, start: usize, end: usize) -> (usize, usize) {
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let rest = text[end..].split('\n').next().unwrap_or_default();
    // miette counts a `\r` as a line.
    let line_end = end + rest.strip_suffix('\r').unwrap_or(rest).len();
    let first = match start - line_start > LONGEST_LINE {
        true => text.floor_char_boundary(start - AROUND),
        false => line_start,
    };
    let last = match line_end - end > LONGEST_LINE {
        true => text.ceil_char_boundary(end + AROUND),
        false => line_end,
    };
    (first, last)
}

impl std::fmt::Display for Excerpt<'_> {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Excerpt<'_> {}

impl Diagnostic for Excerpt<'_> {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    fn drawn(text: &str, span: Span) -> String {
        let file = SourceFile::new("a.in", text);
        draw_places(
            &[(&Origin::new(&file, span), "here".to_owned())],
            Style::plain(),
        )
    }

    #[test]
    fn the_whole_line_is_shown_and_the_place_underlined() {
        assert_eq!(
            drawn("b\n  a >== 2  # why\nc\n", Span::new(6, 3)),
            "   ╭─[a.in:2:5]\n 2 │   a >== 2  # why\n   ·     ─┬─\n   ·      ╰── here\n   ╰────\n"
        );
    }

    #[test]
    fn a_line_that_ends_as_on_windows_is_shown_as_any_other() {
        let draw = |text: &str| {
            let file = SourceFile::new("a.in", text);
            let origin = Origin::new(&file, Span::new(text.find("b").unwrap(), 1));
            draw_places(&[(&origin, "here".to_owned())], Style::plain())
        };

        assert_eq!(draw("a\r\nb # c\r\n"), draw("a\nb # c\n"));
    }

    #[test]
    fn a_place_at_the_end_shows_the_last_line() {
        assert_eq!(
            drawn("a = [\n", Span::new(5, 1)),
            "   ╭─[a.in:1:5]\n 1 │ a = [\n   ·     ┬\n   ·     ╰── here\n   ╰────\n"
        );
        assert!(drawn("", Span::new(0, 0)).contains("a.in:1:1"));
        drawn("a\n", Span::new(2, 0));
        drawn("é", Span::new(1, 5));
    }

    #[test]
    fn of_a_long_line_only_the_place_is_shown() {
        let text = "é".repeat(100_000);

        assert!(drawn(&text, Span::new(50_000, 40_000)).len() < 2000);
    }
}
