//! A requirement in the words it has, except for what changes: the spelling of the name, the
//! spaces, the marker and every clause that stays are the user's.

use crate::package::Requirement;
use crate::source::Span;

/// Returns the text with the specifiers of another requirement in the place of its own.
pub(super) fn with_specifiers(text: &str, becomes: &str) -> Option<String> {
    let place = Requirement::specifiers_in(text)?;
    let wanted = Requirement::specifiers_in(becomes)?;
    let old = &text[place.start..place.end];
    let style = Clauses::of(old);
    let clauses: Vec<String> = clauses(&becomes[wanted.start..wanted.end])
        .map(|clause| style.written(clause))
        .collect();
    let place = match clauses.is_empty() {
        true => with_surroundings(text, place),
        false => place,
    };
    let specifiers = clauses.join(style.comma);
    Some(format!(
        "{}{specifiers}{}",
        &text[..place.start],
        &text[place.end..]
    ))
}

/// Where no specifiers are left, the space before them and their parentheses go too.
fn with_surroundings(text: &str, place: Span) -> Span {
    let before = text[..place.start].trim_end();
    let after = &text[place.end..];
    let (before, after) = match before.strip_suffix('(') {
        Some(before) => (
            before.trim_end(),
            after.trim_start().strip_prefix(')').unwrap_or(after),
        ),
        None => (before, after),
    };
    Span {
        start: before.len(),
        end: text.len() - after.len(),
    }
}

/// How the clauses of one requirement are written.
struct Clauses<'t> {
    known: Vec<&'t str>,
    /// What stands between two of them.
    comma: &'static str,
    /// What stands between operator and version.
    gap: &'static str,
}

impl<'t> Clauses<'t> {
    fn of(text: &'t str) -> Self {
        let known: Vec<&str> = clauses(text).collect();
        let has_gap = known
            .iter()
            .any(|clause| version_of(clause).starts_with(char::is_whitespace));
        let has_space = match known.len() {
            0 | 1 => has_gap,
            _ => text.contains(", "),
        };
        Self {
            known,
            comma: if has_space { ", " } else { "," },
            gap: if has_gap { " " } else { "" },
        }
    }

    fn written(&self, clause: &str) -> String {
        let known = self.known.iter().find(|it| bare(it) == bare(clause));
        if let Some(known) = known {
            return (*known).to_owned();
        }
        let version = version_of(clause);
        let operator = &clause[..clause.len() - version.len()];
        format!("{operator}{}{}", self.gap, version.trim_start())
    }
}

fn clauses(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|it| !it.is_empty())
}

fn version_of(clause: &str) -> &str {
    clause.trim_start_matches(['<', '>', '=', '!', '~'])
}

fn bare(clause: &str) -> String {
    clause.split_whitespace().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_clauses_that_change_are_written_anew() {
        for (text, becomes, expected) in [
            ("NumPy<2", "numpy<2.1", "NumPy<2.1"),
            ("a >= 1, <2", "a>=1,<3", "a >= 1, < 3"),
            ("a>=1, <2", "a>=1,<3", "a>=1, <3"),
            ("a >=1,<2", "a>=0.9,<2", "a >=0.9,<2"),
            ("a== 1", "a>=1,<2", "a>= 1, < 2"),
            ("a", "a<2", "a<2"),
            (
                "a [X] ; os_name == 'nt'",
                "a[x]<2 ; os_name == 'nt'",
                "a [X]<2 ; os_name == 'nt'",
            ),
            ("a (>=1)  ;os_name=='nt'", "a>=2", "a (>=2)  ;os_name=='nt'"),
            ("a (>=1) ; os_name=='nt'", "a", "a ; os_name=='nt'"),
            ("A == 1", "a", "A"),
            ("a==1;os_name=='nt'", "a", "a;os_name=='nt'"),
            ("a===1", "a===2", "a===2"),
        ] {
            let written = with_specifiers(text, becomes);

            assert_eq!(written.as_deref(), Some(expected), "{text} -> {becomes}");
        }
    }

    #[test]
    fn a_direct_reference_has_no_specifiers_to_change() {
        assert_eq!(with_specifiers("a @ ./a", "a>=1"), None);
        assert_eq!(with_specifiers("a>=1", "a @ ./a"), None);
    }
}
