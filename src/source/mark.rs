//! Marks that people leave in comments beside what they declare: `# pyaudit: keep`.
//!
//! They are looked for in the text around a place, so that no reader has to carry them along.

use std::sync::Arc;

use super::{Origin, SourceFile, Span};

const SIGN: &str = "pyaudit:";

/// A comment that speaks to pyaudit: `# pyaudit: allow numpy-abi — only its constants are used`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// What it asks for: `allow`.
    pub word: String,
    /// What stands behind that, without white space around it.
    pub rest: String,
    /// The comment, from its sign on.
    pub origin: Origin,
    /// The line that it speaks of, from 1: its own, or the next one where it stands alone.
    pub line: usize,
}

/// Returns the comments of a text that speak to pyaudit, in their order.
pub fn marks(file: &Arc<SourceFile>) -> Vec<Mark> {
    let text = file.text();
    let mut marks = Vec::new();
    let mut from = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let found = line.match_indices('#').find_map(|(at, _)| {
            let rest = alone(&line[at..]).strip_prefix(SIGN)?;
            Some((at, rest.trim()))
        });
        if let Some((at, said)) = found {
            let word_end = said.find(char::is_whitespace).unwrap_or(said.len());
            let start = line.len() - alone(&line[at..]).len();
            let len = line.trim_end().len() - start;
            let is_alone = line[..at].trim_matches([' ', '\t', '#']).is_empty();
            marks.push(Mark {
                word: said[..word_end].to_owned(),
                rest: said[word_end..].trim().to_owned(),
                origin: Origin::new(file, Span::new(from + start, len)),
                line: number + 1 + usize::from(is_alone),
            });
        }
        from += line.len();
    }
    marks
}

impl Origin {
    /// Whether a comment behind the place, or alone on the line above it, marks it with this word.
    /// Lines that end in `\` go on, as in requirements files.
    pub fn is_marked(&self, word: &str) -> bool {
        let text = self.file.text();
        let start = text.get(..self.span.start).unwrap_or_default();
        let (above, _) = start.rsplit_once('\n').unwrap_or_default();
        let above = above.rsplit('\n').next().unwrap_or_default();
        let is = |mark: Option<&str>| mark.is_some_and(|mark| mark.eq_ignore_ascii_case(word));
        let is_comment = above.trim_start().starts_with('#');
        let rest = text.get(self.span.end..).unwrap_or_default();
        (is_comment && is(mark_of(alone(above))))
            || comments(behind(rest)).any(|comment| is(mark_of(comment)))
    }
}

/// Returns the rest of the line, and the lines that it goes on in.
fn behind(rest: &str) -> &str {
    let mut end = 0;
    for line in rest.split_inclusive('\n') {
        end += line.len();
        if !line.trim_end_matches(['\r', '\n']).ends_with('\\') {
            break;
        }
    }
    &rest[..end]
}

/// Takes a comment out of its signs; one in a script's block of metadata has two of them.
fn alone(line: &str) -> &str {
    line.trim_start_matches([' ', '\t', '#'])
}

fn comments(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices('#').map(|(at, _)| alone(&text[at..]))
}

/// Returns the word of a comment that starts with our sign; more may follow it.
fn mark_of(comment: &str) -> Option<&str> {
    let rest = comment.strip_prefix(SIGN)?.trim_start();
    rest.split(|c: char| !(c.is_alphanumeric() || c == '-'))
        .next()
}

#[cfg(test)]
mod tests {
    use crate::source::{SourceFile, Span};

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: bool) {
        let file = SourceFile::new("a.in", text);
        let at = text.find("numpy<2").unwrap();
        let origin = Origin::new(&file, Span::new(at, 7));

        assert_eq!(origin.is_marked("keep"), expected, "{text}");
    }

    #[test]
    fn a_mark_stands_behind_the_place_or_alone_above_it() {
        check("numpy<2 # pyaudit: keep", true);
        check("numpy<2  #pyaudit:keep (the models need it)\r\nb", true);
        check("numpy<2 \\\n  --hash=sha256:0 # pyaudit: keep\nb", true);
        check("numpy<2 # pyaudit: KEEP", true);
        check("a\n# pyaudit: keep, as agreed\nnumpy<2\n", true);
        check("# pyaudit: keep\r\n  \"numpy<2\",\r\n", true);
        check(
            "dependencies = [\"a\", \"numpy<2\"] # pyaudit: keep\n",
            true,
        );
        check(
            "# dependencies = [\n#   # pyaudit: keep\n#   \"numpy<2\",\n# ]\n",
            true,
        );
        check("#   \"numpy<2\", # pyaudit: keep\n", true);
    }

    #[test]
    fn what_stands_elsewhere_or_says_something_else_is_no_mark() {
        check("numpy<2\nb # pyaudit: keep", false);
        check("b # pyaudit: keep\nnumpy<2", false);
        check("# pyaudit: keep\n\nnumpy<2", false);
        check("numpy<2 # pyaudit: keeper", false);
        check("numpy<2 # pyaudit: keep-me", false);
        check("numpy<2 # keep", false);
        check("numpy<2", false);
    }
}
