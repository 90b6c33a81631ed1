//! The logical lines of a requirements file, as pip sees them: joined at `\`, freed from
//! comments, with `${VARIABLES}` filled in, and every byte still traceable to the file.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::excerpt::Excerpt;
use crate::source::{Problem, SourceFile, Span};

/// Splits a file into its logical lines; empty ones are left out.
pub(super) fn logical_lines(
    file: &Arc<SourceFile>,
    variables: &BTreeMap<String, String>,
    problems: &mut Vec<Problem>,
) -> Vec<Excerpt> {
    let mut lines = Vec::new();
    let mut joined = Joined::new(file);
    for line in physical_lines(file.text()) {
        let text = &file.text()[line.start..line.end];
        if text.trim_start().starts_with('#') {
            // Even with a `\` at its end a comment line ends the line it interrupts.
            joined.finish(variables, &mut lines, problems);
        } else if let Some(kept) = text.strip_suffix('\\') {
            joined.push(Span::new(line.start, kept.trim_end_matches('\\').len()));
        } else {
            joined.push(line);
            joined.finish(variables, &mut lines, problems);
        }
    }
    joined.finish(variables, &mut lines, problems);
    lines
}

/// Returns the spans of the lines without their ends; `decode` leaves only `\n` and `\r\n`.
fn physical_lines(text: &str) -> impl Iterator<Item = Span> {
    let mut from = 0;
    text.split('\n').map(move |line| {
        let span = Span::new(from, line.strip_suffix('\r').unwrap_or(line).len());
        from += line.len() + 1;
        span
    })
}

struct Joined<'a> {
    file: &'a Arc<SourceFile>,
    excerpt: Excerpt,
    /// Where in the excerpt each physical line starts.
    starts: Vec<usize>,
}

impl<'a> Joined<'a> {
    fn new(file: &'a Arc<SourceFile>) -> Self {
        Self {
            file,
            excerpt: Excerpt::new(file),
            starts: Vec::new(),
        }
    }

    fn push(&mut self, line: Span) {
        self.starts.push(self.excerpt.text().len());
        self.excerpt.push(line);
    }

    fn finish(
        &mut self,
        variables: &BTreeMap<String, String>,
        lines: &mut Vec<Excerpt>,
        problems: &mut Vec<Problem>,
    ) {
        let joined = std::mem::replace(self, Self::new(self.file));
        let text = joined.excerpt.text();
        let end = comment_start(text).unwrap_or(text.len());
        joined.warn_of_swallowed(end, problems);
        let start = end - text[..end].trim_start().len();
        let end = text[..end].trim_end().len();
        if start < end {
            let span = Span { start, end };
            lines.push(expanded(
                self.file,
                &joined.excerpt,
                span,
                variables,
                problems,
            ));
        }
    }

    /// A comment that ends in `\` takes the next line with it, which is hardly ever meant.
    fn warn_of_swallowed(&self, comment: usize, problems: &mut Vec<Problem>) {
        let text = self.excerpt.text();
        let Some(start) = self.starts.iter().copied().find(|start| *start > comment) else {
            return;
        };
        let swallowed = text[start..].trim();
        if swallowed.is_empty() {
            return;
        }
        let lead = text[start..].len() - text[start..].trim_start().len();
        let origin = self
            .excerpt
            .origin(Span::new(start + lead, swallowed.len()));
        problems.push(
            Problem::at(origin, "this line belongs to the comment above it and is not read")
                .with_help("The comment above ends in `\\`, which joins this line to it, as in pip. Remove the `\\`.")
                .as_warning(),
        );
    }
}

/// A comment starts at a `#` at the beginning or after white space; the white space belongs to it.
fn comment_start(text: &str) -> Option<usize> {
    text.match_indices('#')
        .map(|(at, _)| text[..at].trim_end().len()..at)
        .find(|space| space.start == 0 || !space.is_empty())
        .map(|space| space.start)
}

/// Fills in the variables; one that is not set, or empty, stays as it is, as in pip.
fn expanded(
    file: &Arc<SourceFile>,
    joined: &Excerpt,
    span: Span,
    variables: &BTreeMap<String, String>,
    problems: &mut Vec<Problem>,
) -> Excerpt {
    let text = joined.text();
    let mut line = Excerpt::new(file);
    let mut from = span.start;
    while let Some((name, place)) = next_variable(&text[..span.end], from) {
        match variables.get(name).filter(|value| !value.is_empty()) {
            Some(value) => {
                line.push_from(
                    joined,
                    Span {
                        start: from,
                        end: place.start,
                    },
                );
                line.push_instead(value, joined.origin(place).span);
            }
            None => {
                line.push_from(
                    joined,
                    Span {
                        start: from,
                        end: place.end,
                    },
                );
                problems.push(
                    Problem::at(
                        joined.origin(place),
                        format!("the environment variable `{name}` is not set"),
                    )
                    .with_help(format!("`${{{name}}}` is taken as it stands, as pip does."))
                    .as_warning(),
                );
            }
        }
        from = place.end;
    }
    line.push_from(
        joined,
        Span {
            start: from,
            end: span.end,
        },
    );
    line
}

/// Finds the next `${NAME}`, the name of upper-case letters, digits and `_`.
fn next_variable(text: &str, from: usize) -> Option<(&str, Span)> {
    let mut search = from;
    while let Some(at) = text[search..].find("${").map(|at| search + at) {
        let rest = &text[at + 2..];
        let len = rest
            .find(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'))
            .unwrap_or(rest.len());
        if len > 0 && rest[len..].starts_with('}') {
            return Some((&rest[..len], Span::new(at, len + 3)));
        }
        search = at + 2;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) -> Vec<Problem> {
        let file = SourceFile::new("a.in", text);
        let variables = BTreeMap::from([("HOST".to_owned(), "h.example".to_owned())]);
        let mut problems = Vec::new();
        let lines = logical_lines(&file, &variables, &mut problems);
        let lines: Vec<&str> = lines.iter().map(Excerpt::text).collect();

        assert_eq!(lines, expected);
        problems
    }

    #[test]
    fn lines_join_at_a_backslash_and_lose_their_comments() {
        check("a\r\n\r\n b # c\n", &["a", "b"]);
        check(
            "a==1 \\\n  --hash=x \\\r\n  --hash=y\n",
            &["a==1   --hash=x   --hash=y"],
        );
        check("a#b\n#c\n", &["a#b"]);
        check("a\\\n# c\nb", &["a", "b"]);
        check("a\\\n# c\\\nb", &["a", "b"]);
        check("a\\", &["a"]);
    }

    #[test]
    fn a_comment_that_ends_in_a_backslash_takes_the_next_line_with_it() {
        let problems = check("a # c \\\n b\nd", &["a", "d"]);

        assert_eq!(problems[0].origin.as_ref().map(|o| o.text()), Some("b"));
    }

    #[test]
    fn only_variables_that_are_set_are_filled_in() {
        check(
            "-i https://${HOST}/${host}",
            &["-i https://h.example/${host}"],
        );
        assert_eq!(
            check("a @ https://${NONE}/x", &["a @ https://${NONE}/x"]).len(),
            1
        );
    }
}
