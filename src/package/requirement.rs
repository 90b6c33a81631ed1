//! PEP 508 requirements, read leniently where metadata in the wild is loose, and declarations: a
//! requirement with the place that says so.
//!
//! Requirements are split here and not by pep508_rs, because its parser panics on some hostile
//! names, knows no leniency, and loses the spelling.

use std::fmt;
use std::sync::Arc;

use pep508_rs::{ExtraName, PackageName};

use super::{Digest, DirectUrl, Marker, MarkerTexts, SpecifierError, Specifiers};
use crate::source::{Origin, Span};

/// `name[extra] specifiers ; marker`, or `name[extra] @ url ; marker`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Requirement {
    /// The normalized name.
    pub name: PackageName,
    /// The extras, sorted, each once.
    pub extras: Vec<ExtraName>,
    /// The versions admitted; all of them where there is a URL.
    pub specifiers: Specifiers,
    /// Where to take it from, for a direct reference.
    pub url: Option<Arc<DirectUrl>>,
    /// The environments in which it counts.
    pub marker: Marker,
}

/// Text that is no requirement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequirementError {
    /// What is wrong, in lower case.
    pub message: String,
    /// Where in the text that was given.
    pub span: Span,
}

/// What a declaration does to the solution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeclarationKind {
    /// The package has to be there.
    Requirement,
    /// The package, where something requires it, has to be so (`-c`).
    Constraint,
    /// Replaces what everything else says of the package (`--override`).
    Override,
}

/// A requirement with the place in the user's own files that says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// What is asked for.
    pub requirement: Requirement,
    /// Whether it requires, constrains or overrides.
    pub kind: DeclarationKind,
    /// Where it stands.
    pub origin: Origin,
    /// The place within a structured file, such as `project.optional-dependencies.dev`.
    pub section: Option<String>,
    /// Hashes given with `--hash`.
    pub digests: Vec<Digest>,
}

impl Declaration {
    /// The section of what is declared to be installed: no change of a file changes that.
    pub const OF_BASELINE: &str = "baseline";

    /// Whether it is to stay as it is: a comment says so, `# pyaudit: keep` on its line or alone on
    /// the line above, or it tells what is installed.
    pub fn is_kept(&self) -> bool {
        self.section.as_deref() == Some(Self::OF_BASELINE) || self.origin.is_marked("keep")
    }
}

impl Requirement {
    /// Reads a requirement strictly, as a user writes it.
    pub fn parse(text: &str) -> Result<Self, RequirementError> {
        Self::read(text, Specifiers::parse, &mut |marker| Marker::parse(marker))
    }

    /// Reads a requirement as metadata holds it, forgiving in quotes, specifiers and markers;
    /// `markers` remembers the markers read so far, as the same few recur thousands of times.
    pub fn parse_lenient(text: &str, markers: &mut MarkerTexts) -> Result<Self, RequirementError> {
        let (inner, from) = without_quotes(text);
        let read = Self::read(inner, Specifiers::parse_lenient, &mut |marker| {
            markers.parse(marker)
        });
        read.map_err(|error| RequirementError {
            span: Span::new(from + error.span.start, error.span.len()),
            ..error
        })
    }

    /// Returns where in its text a requirement's specifiers stand, without parentheses and space
    /// around them; where there are none, the empty place for them. A direct reference has none.
    pub fn specifiers_in(text: &str) -> Option<Span> {
        let parts = Parts::split(text).ok()?;
        if parts.url.is_some() {
            return None;
        }
        let Span { start, end } = parts.specifiers;
        let given = text[start..end].trim();
        if given.is_empty() {
            return Some(Span::new(start, 0));
        }
        let at = skip_space(text, start);
        let inner = given.strip_prefix('(').and_then(|it| it.strip_suffix(')'));
        match inner {
            Some(inner) => Some(Span::new(skip_space(text, at + 1), inner.trim().len())),
            None => Some(Span::new(at, given.len())),
        }
    }

    fn read(
        text: &str,
        specifiers: impl Fn(&str) -> Result<Specifiers, SpecifierError>,
        marker: &mut dyn FnMut(&str) -> Result<Marker, String>,
    ) -> Result<Self, RequirementError> {
        let parts = Parts::split(text)?;
        let url = parts
            .url
            .map(|span| {
                DirectUrl::parse(&text[span.start..span.end])
                    .map(Arc::new)
                    .map_err(|message| RequirementError { message, span })
            })
            .transpose()?;
        let specifiers =
            specifiers(&text[parts.specifiers.start..parts.specifiers.end]).map_err(|error| {
                RequirementError {
                    message: error.message,
                    span: Span::new(parts.specifiers.start + error.span.start, error.span.len()),
                }
            })?;
        let marker_text = &text[parts.marker.start..parts.marker.end];
        let marker = marker(marker_text).map_err(|message| RequirementError {
            message: format!("this environment marker is not valid: {message}"),
            span: Span::new(
                skip_space(text, parts.marker.start),
                marker_text.trim().len(),
            ),
        })?;
        Ok(Self {
            name: parts.name,
            extras: parts.extras,
            specifiers,
            url,
            marker,
        })
    }
}

/// Writes `name[extra]>=1 ; marker`.
impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        if !self.extras.is_empty() {
            let extras: Vec<&str> = self.extras.iter().map(AsRef::as_ref).collect();
            write!(f, "[{}]", extras.join(","))?;
        }
        match &self.url {
            Some(url) => write!(f, " @ {}", url.given)?,
            None => write!(f, "{}", self.specifiers)?,
        }
        if !self.marker.text().is_empty() {
            write!(f, " ; {}", self.marker.text())?;
        }
        Ok(())
    }
}

/// The parts of a requirement as spans of its text.
struct Parts {
    name: PackageName,
    extras: Vec<ExtraName>,
    specifiers: Span,
    url: Option<Span>,
    marker: Span,
}

impl Parts {
    fn split(text: &str) -> Result<Self, RequirementError> {
        let (name, name_end) = split_name(text)?;
        let (extras, after) = split_extras(text, name_end)?;
        let body_from = skip_space(text, after);
        if text[body_from..].starts_with('@') {
            return Self::with_url(text, name, extras, body_from + 1);
        }
        let (body_end, marker) = split_marker(text, after);
        Ok(Self {
            name,
            extras,
            specifiers: Span {
                start: after,
                end: body_end,
            },
            url: None,
            marker,
        })
    }

    /// A URL ends at white space (PEP 508), so that `;` can be part of it.
    fn with_url(
        text: &str,
        name: PackageName,
        extras: Vec<ExtraName>,
        after_at: usize,
    ) -> Result<Self, RequirementError> {
        let from = skip_space(text, after_at);
        let end = text[from..]
            .find(char::is_whitespace)
            .map_or(text.len(), |at| from + at);
        if from == end || text[from..].starts_with(';') {
            return Err(RequirementError {
                message: "expected a URL after `@`, but found nothing".into(),
                span: Span::new(after_at - 1, 1),
            });
        }
        let (rest_end, marker) = split_marker(text, end);
        let rest = text[end..rest_end].trim();
        if !rest.is_empty() {
            return Err(RequirementError {
                message: format!("expected ` ; ` and a marker after the URL, but found `{rest}`"),
                span: Span::new(skip_space(text, end), rest.len()),
            });
        }
        Ok(Self {
            name,
            extras,
            specifiers: Span::new(end, 0),
            url: Some(Span { start: from, end }),
            marker,
        })
    }
}

fn skip_space(text: &str, from: usize) -> usize {
    from + (text[from..].len() - text[from..].trim_start().len())
}

/// Returns where the first `;` is (or the end), and what stands behind it.
fn split_marker(text: &str, from: usize) -> (usize, Span) {
    match text[from..].find(';').map(|at| from + at) {
        Some(at) => {
            let (start, end) = (at + 1, text.len());
            (at, Span { start, end })
        }
        None => (text.len(), Span::new(text.len(), 0)),
    }
}

fn split_name(text: &str) -> Result<(PackageName, usize), RequirementError> {
    let start = skip_space(text, 0);
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let end = text[start..]
        .find(|c| !is_name(c))
        .map_or(text.len(), |at| start + at);
    // pep508_rs takes the empty name for a valid one.
    if let Ok(name) = PackageName::new(text[start..end].to_owned())
        && start < end
    {
        return Ok((name, end));
    }
    let shown = text[start..].split_whitespace().next().unwrap_or_default();
    let found = match shown {
        "" => "nothing".to_owned(),
        _ => format!("`{shown}`"),
    };
    Err(RequirementError {
        message: format!("expected a package name, but found {found}"),
        span: Span::new(start, shown.len()),
    })
}

fn split_extras(text: &str, from: usize) -> Result<(Vec<ExtraName>, usize), RequirementError> {
    let open = skip_space(text, from);
    if !text[open..].starts_with('[') {
        return Ok((Vec::new(), from));
    }
    let Some(close) = text[open..].find(']').map(|at| open + at) else {
        return Err(RequirementError {
            message: "this `[` of the extras is never closed".into(),
            span: Span::new(open, 1),
        });
    };
    let mut extras = Vec::new();
    for extra in text[open + 1..close].split(',').map(str::trim) {
        if extra.is_empty() {
            continue;
        }
        match ExtraName::new(extra.to_owned()) {
            Ok(extra) => extras.push(extra),
            Err(_) => {
                return Err(RequirementError {
                    message: format!("`{extra}` is not a valid name for an extra"),
                    span: Span::new(open, close + 1 - open),
                });
            }
        }
    }
    extras.sort();
    extras.dedup();
    Ok((extras, close + 1))
}

/// Takes off the quotes around a whole requirement; also returns where the rest begins.
fn without_quotes(text: &str) -> (&str, usize) {
    let trimmed = text.trim();
    let inner = ['"', '\''].into_iter().find_map(|quote| {
        let inner = trimmed.strip_prefix(quote)?.strip_suffix(quote)?;
        (!inner.contains(quote)).then_some(inner)
    });
    match inner {
        Some(inner) => (inner, skip_space(text, 0) + 1),
        None => (text, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> String {
        Requirement::parse(text).unwrap().to_string()
    }

    #[test]
    fn a_requirement_reads_as_pep_508_says() {
        assert_eq!(parts("Flask"), "flask");
        assert_eq!(parts("a.B_c [x, Y] >= 1 , < 2"), "a-b-c[x,y]>=1,<2");
        assert_eq!(parts("a (>=1)"), "a>=1");
        assert_eq!(
            parts("a>=1; python_version < '3.9'"),
            "a>=1 ; python_version < '3.9'"
        );
        assert_eq!(
            parts("a@https://h/a;b.whl ; os_name == 'nt'"),
            "a @ https://h/a;b.whl ; os_name == 'nt'"
        );
    }

    #[test]
    fn specifiers_are_found_in_the_text() {
        let found = |text: &str| {
            let span = Requirement::specifiers_in(text)?;
            Some(format!(
                "{}|{}|{}",
                &text[..span.start],
                &text[span.start..span.end],
                &text[span.end..]
            ))
        };

        for (text, expected) in [
            ("a", "a||"),
            ("a[x] ; os_name == 'nt'", "a[x]|| ; os_name == 'nt'"),
            (
                "a [x] >= 1, <2;os_name == 'nt'",
                "a [x] |>= 1, <2|;os_name == 'nt'",
            ),
            ("a ( >=1 ) ", "a ( |>=1| ) "),
            ("a()", "a(||)"),
        ] {
            assert_eq!(found(text).as_deref(), Some(expected));
        }
        assert_eq!(found("a @ https://h.example/a.zip"), None);
    }

    #[test]
    fn what_metadata_holds_in_the_wild_is_understood() {
        for (text, expected) in [
            ("foo (>=1.0.*)", "foo>=1.0"),
            ("foo>=1.0,", "foo>=1.0"),
            ("foo (>1.0) ; extra=='x'", "foo>1.0 ; extra=='x'"),
            ("foo>=1.0.post1<2", "foo>=1.0.post1,<2"),
            ("\"foo\"", "foo"),
            ("'foo>=1; extra == \"x\"'", "foo>=1 ; extra == \"x\""),
            ("foo 1.0", "foo==1.0"),
            ("foo[a,]>=1;os_name=='nt'", "foo[a]>=1 ; os_name=='nt'"),
            ("a[b]@https://h/x", "a[b] @ https://h/x"),
            (
                "foo;python_version>='3.8.*'",
                "foo ; python_version>='3.8.*'",
            ),
            ("foo ; extra == 'a;b'", "foo ; extra == 'a;b'"),
            ("foo ()", "foo"),
        ] {
            let requirement = Requirement::parse_lenient(text, &mut MarkerTexts::default());

            assert_eq!(requirement.unwrap().to_string(), expected, "{text}");
        }
    }

    #[test]
    fn hostile_names_are_errors() {
        for text in [
            "foo- >=1",
            "foo-",
            "foo_",
            "foo.",
            "-a",
            "_a",
            ".a",
            "-",
            "@",
            "[x]",
            ">=1",
            ";",
            "f\u{f6}o",
            "\u{0130}",
            "foo- ; os_name == 'nt'",
            "foo-[x]",
            "foo-@https://h/x",
            "\0",
            "\"",
        ] {
            assert!(Requirement::parse(text).is_err(), "{text}");
            let lenient = Requirement::parse_lenient(text, &mut MarkerTexts::default());
            assert!(lenient.is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_pointed_at() {
        let error = |text: &str| {
            let error = Requirement::parse(text).unwrap_err();
            (
                text[error.span.start..error.span.end].to_owned(),
                error.message,
            )
        };

        assert_eq!(error("numpy >=1.2, =2").0, "=2");
        assert_eq!(error("foo- >=1").0, "foo-");
        assert_eq!(error("a[x").0, "[");
        assert!(error("a; python_version >= 'abc'").1.contains("marker"));
        assert!(error("").1.contains("found nothing"));
        assert_eq!(error("foo bar").0, "bar");
        assert_eq!(error("a @ ; os_name == 'nt'").0, "@");
        assert_eq!(error("a @").0, "@");
        assert_eq!(error("a @ https://h/x y ; os_name == 'nt'").0, "y");
    }
}
