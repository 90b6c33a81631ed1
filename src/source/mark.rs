//! Marks that people leave in comments beside what they declare: `# pyaudit: keep`.
//!
//! They are looked for in the text around a place, so that no reader has to carry them along.

use super::Origin;

const SIGN: &str = "pyaudit:";

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
