//! PEP 508 requirements, read leniently where metadata in the wild is loose, and declarations: a
//! requirement with the place that says so.
//!
//! pep508_rs parses and decides markers; names, extras, specifiers and URLs are split here,
//! because its parser panics on some hostile names, knows no leniency, and loses the spelling.

use std::fmt;
use std::sync::Arc;

use super::{Digest, DirectUrl, Specifiers};
use crate::source::{Origin, Span};
use pep508_rs::{ExtraName, MarkerEnvironment, MarkerTree, PackageName};

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

/// An environment marker with the text it was read from (pep508_rs prints `python_version` back as
/// `python_full_version`).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Marker {
    tree: MarkerTree,
    text: Arc<str>,
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

impl Marker {
    /// Returns the marker that always holds.
    pub fn always() -> Self {
        Self {
            tree: MarkerTree::TRUE,
            text: "".into(),
        }
    }

    /// Wraps a tree that was built and not read.
    pub fn from_tree(tree: MarkerTree) -> Self {
        let text = tree.try_to_string().unwrap_or_default();
        Self {
            tree,
            text: text.into(),
        }
    }

    /// Reads a marker; comparisons that mean nothing (`python_version >= 'abc'`) are an error and
    /// not, as in pep508_rs, silently true.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (marker, dropped) = Self::parse_lenient(text)?;
        match dropped.into_iter().next() {
            Some(reason) => Err(reason),
            None => Ok(marker),
        }
    }

    /// Reads a marker, and tells the comparisons that had to be dropped (they count as true).
    pub fn parse_lenient(text: &str) -> Result<(Self, Vec<String>), String> {
        let text = text.trim();
        if text.is_empty() {
            return Ok((Self::always(), Vec::new()));
        }
        // PEP 508 knows only ASCII here, and pep508_rs panics on some of the rest.
        if let Some(strange) = text.chars().find(|c| !c.is_ascii()) {
            return Err(format!("`{strange}` cannot stand in a marker"));
        }
        let mut dropped = Vec::new();
        let mut report = |kind, message: String| {
            use pep508_rs::MarkerWarningKind as Kind;
            match kind {
                Kind::DeprecatedMarkerName | Kind::LexicographicComparison => {}
                Kind::ExtraInvalidComparison
                | Kind::MarkerMarkerComparison
                | Kind::Pep440Error
                | Kind::StringStringComparison => {
                    let words: Vec<&str> = message.split_whitespace().collect();
                    dropped.push(words.join(" ").replace(", will be ignored", ""));
                }
            }
        };
        let tree = MarkerTree::parse_reporter(text, &mut report)
            .map_err(|error| error.message.to_string())?;
        Ok((
            Self {
                tree,
                text: text.into(),
            },
            dropped,
        ))
    }

    /// Returns the tree, for algebra.
    pub fn tree(&self) -> &MarkerTree {
        &self.tree
    }

    /// Returns the text it was read from; empty for the marker that always holds.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it is the marker that always holds.
    pub fn is_always(&self) -> bool {
        self.tree.is_true()
    }

    /// Whether it holds in an environment with these extras asked for.
    pub fn holds(&self, environment: &MarkerEnvironment, extras: &[ExtraName]) -> bool {
        self.tree.is_true() || self.tree.evaluate(environment, extras)
    }
}

impl fmt::Debug for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Marker({:?})", self.text)
    }
}

impl Requirement {
    /// Reads a requirement strictly, as a user writes it.
    pub fn parse(text: &str) -> Result<Self, RequirementError> {
        Self::read(text, Specifiers::parse, &mut |marker| Marker::parse(marker))
    }

    /// Reads a requirement as metadata holds it, forgiving in the specifiers; `markers` remembers
    /// the markers read so far, as the same few recur thousands of times.
    pub fn parse_lenient(text: &str, markers: &mut MarkerTexts) -> Result<Self, RequirementError> {
        Self::read(text, Specifiers::parse_lenient, &mut |marker| {
            markers.parse(marker)
        })
    }

    fn read(
        text: &str,
        specifiers: impl Fn(&str) -> Result<Specifiers, super::SpecifierError>,
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
        let marker = marker(marker_text).map_err(|message| {
            let lead = marker_text.len() - marker_text.trim_start().len();
            RequirementError {
                message: format!("this environment marker is not valid: {message}"),
                span: Span::new(parts.marker.start + lead, marker_text.trim().len()),
            }
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
        if !self.marker.text.is_empty() {
            write!(f, " ; {}", self.marker.text)?;
        }
        Ok(())
    }
}

/// Markers by their text, so that each is parsed once.
#[derive(Debug, Default)]
pub struct MarkerTexts(std::collections::HashMap<Box<str>, Marker>);

impl MarkerTexts {
    /// Returns the marker for a text; comparisons that mean nothing count as true.
    pub fn parse(&mut self, text: &str) -> Result<Marker, String> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(Marker::always());
        }
        if let Some(marker) = self.0.get(text) {
            return Ok(marker.clone());
        }
        let (marker, _) = Marker::parse_lenient(text)?;
        self.0.insert(text.into(), marker.clone());
        Ok(marker)
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
        let fail = |message: String, start: usize, len: usize| {
            Err(RequirementError {
                message,
                span: Span::new(start, len),
            })
        };
        let start = text.len() - text.trim_start().len();
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let name_end = text[start..]
            .find(|c| !is_name(c))
            .map_or(text.len(), |at| start + at);
        let name = PackageName::new(text[start..name_end].to_owned()).ok();
        // pep508_rs takes the empty name for one.
        let Some(name) = name.filter(|_| start < name_end) else {
            let shown = text[start..].split_whitespace().next().unwrap_or_default();
            let found = match shown {
                "" => "nothing".to_owned(),
                _ => format!("`{shown}`"),
            };
            return fail(
                format!("expected a package name, but found {found}"),
                start,
                shown.len(),
            );
        };
        let (extras, after) = split_extras(text, name_end)?;
        let rest = &text[after..];
        let body_from = after + (rest.len() - rest.trim_start().len());
        if text[body_from..].starts_with('@') {
            return Self::with_url(text, name, extras, body_from + 1);
        }
        let (body_end, marker) = match text[after..].find(';') {
            Some(at) => (
                after + at,
                Span {
                    start: after + at + 1,
                    end: text.len(),
                },
            ),
            None => (text.len(), Span::new(text.len(), 0)),
        };
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
        let from = after_at + (text[after_at..].len() - text[after_at..].trim_start().len());
        let end = text[from..]
            .find(char::is_whitespace)
            .map_or(text.len(), |at| from + at);
        let after = text[end..].trim_start();
        let after_from = text.len() - after.len();
        let marker = match after.strip_prefix(';') {
            Some(marker) => Span::new(text.len() - marker.len(), marker.len()),
            None if after.is_empty() => Span::new(text.len(), 0),
            None => {
                let message = match text[from..end].ends_with(';') {
                    true => "expected a space before the `;`, which could belong to the URL",
                    false => "expected `;` and a marker, or nothing, after the URL",
                };
                return Err(RequirementError {
                    message: message.into(),
                    span: Span::new(after_from, after.len()),
                });
            }
        };
        Ok(Self {
            name,
            extras,
            specifiers: Span::new(end, 0),
            url: Some(Span { start: from, end }),
            marker,
        })
    }
}

fn split_extras(text: &str, from: usize) -> Result<(Vec<ExtraName>, usize), RequirementError> {
    let lead = text[from..].len() - text[from..].trim_start().len();
    let open = from + lead;
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
        assert!(error("a; os_name == 'nt'é").1.contains("`é`"));
        assert!(error("").1.contains("found nothing"));
        assert_eq!(
            error("a @ https://h/x; os_name == 'nt'").0,
            "os_name == 'nt'"
        );
    }
}
