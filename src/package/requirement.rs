//! PEP 508 requirements, read leniently where metadata in the wild is loose, and declarations: a
//! requirement with the place that says so.
//!
//! pep508_rs parses and decides markers; names, extras, specifiers and URLs are split here,
//! because its parser panics on some hostile names, knows no leniency, and loses the spelling.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use pep508_rs::{ExtraName, MarkerEnvironment, MarkerTree, PackageName};
use url::Url;

use super::{Digest, Specifiers};
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

/// An environment marker with the text it was read from (pep508_rs prints `python_version` back as
/// `python_full_version`).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Marker {
    tree: MarkerTree,
    text: Arc<str>,
}

/// A direct reference (PEP 440 "Direct references", PEP 508), decoded.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DirectUrl {
    /// As the user wrote it; for messages, with any password removed.
    pub given: String,
    /// Where it points, without the VCS prefix, revision and fragment; `file:` for paths.
    pub url: Url,
    /// The version control system and the revision, for a `git+…@rev` URL.
    pub vcs: Option<(String, Option<String>)>,
    /// The `#subdirectory=`.
    pub subdirectory: Option<String>,
    /// The `#sha256=` and the like.
    pub digests: Vec<Digest>,
    /// Whether `-e` stood before it.
    pub editable: bool,
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

/// The longest marker that is read, and the most parentheses in it; foreign metadata may hold any.
const MAX_MARKER: usize = 8 << 10;
const MAX_PARENTHESES: usize = 200;

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
        // pep508_rs descends into each parenthesis on the stack.
        if text.len() > MAX_MARKER || text.matches('(').count() > MAX_PARENTHESES {
            return Err("it is longer or deeper than any real one".into());
        }
        let mut dropped = Vec::new();
        let mut report = |kind, message: String| {
            use pep508_rs::MarkerWarningKind as Kind;
            match kind {
                Kind::DeprecatedMarkerName | Kind::LexicographicComparison => {}
                Kind::ExtraInvalidComparison
                | Kind::MarkerMarkerComparison
                | Kind::Pep440Error
                | Kind::StringStringComparison => dropped.push(message),
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
        let marker = marker(&text[parts.marker.start..parts.marker.end]).map_err(|message| {
            RequirementError {
                message: format!("this environment marker is not valid: {message}"),
                span: parts.marker,
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
        let Ok(name) = PackageName::new(text[start..name_end].to_owned()) else {
            let shown = text[start..].split_whitespace().next().unwrap_or_default();
            return fail(
                format!("expected a package name, but found `{shown}`"),
                start,
                shown.len(),
            );
        };
        if name_end == start {
            let shown = text[start..].split_whitespace().next().unwrap_or_default();
            return match shown {
                "" => fail(
                    "expected a package name, but found nothing".into(),
                    start,
                    0,
                ),
                _ => fail(
                    format!("expected a package name, but found `{shown}`"),
                    start,
                    shown.len(),
                ),
            };
        }
        let (extras, after) = split_extras(text, name_end)?;
        let rest = &text[after..];
        let body_from = after + (rest.len() - rest.trim_start().len());
        if text[body_from..].starts_with('@') {
            return Ok(Self::with_url(text, name, extras, body_from + 1));
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
    fn with_url(text: &str, name: PackageName, extras: Vec<ExtraName>, after_at: usize) -> Self {
        let from = after_at + (text[after_at..].len() - text[after_at..].trim_start().len());
        let end = text[from..]
            .find(char::is_whitespace)
            .map_or(text.len(), |at| from + at);
        let marker = match text[end..].find(';') {
            Some(at) => Span {
                start: end + at + 1,
                end: text.len(),
            },
            None => Span::new(text.len(), 0),
        };
        Self {
            name,
            extras,
            specifiers: Span::new(end, 0),
            url: Some(Span { start: from, end }),
            marker,
        }
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

impl DirectUrl {
    /// Reads a URL with an optional VCS prefix, revision and fragment; a path that is no URL must
    /// have been made a `file:` URL before.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (vcs, address) = match text.split_once('+') {
            Some((vcs @ ("git" | "hg" | "svn" | "bzr"), address)) => (Some(vcs), address),
            _ => (None, text),
        };
        let mut url =
            Url::parse(address).map_err(|error| format!("`{text}` is not a URL: {error}"))?;
        let fragment: BTreeMap<String, String> = url
            .fragment()
            .map(|fragment| {
                url::form_urlencoded::parse(fragment.as_bytes())
                    .into_owned()
                    .collect()
            })
            .unwrap_or_default();
        url.set_fragment(None);
        let vcs = vcs.map(|vcs| (vcs.to_owned(), split_revision(&mut url)));
        let digests = fragment
            .iter()
            .filter_map(|(algorithm, value)| Digest::new(algorithm, value))
            .collect();
        Ok(Self {
            given: super::IndexUrl::redacted(text),
            url,
            vcs,
            subdirectory: fragment.get("subdirectory").cloned(),
            digests,
            editable: false,
        })
    }
}

/// Takes `@rev` off the end of a VCS URL's path.
fn split_revision(url: &mut Url) -> Option<String> {
    let path = url.path().to_owned();
    let at = path.rfind('@')?;
    let (path, revision) = path.split_at(at);
    url.set_path(path);
    Some(revision[1..].to_owned())
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
        assert!(error("").1.contains("found nothing"));
    }

    #[test]
    fn a_vcs_url_gives_up_its_revision_and_fragment() {
        let text = "git+https://u:secret@h/p.git@v1#subdirectory=x&egg=y";
        let url = DirectUrl::parse(text).unwrap();

        assert_eq!(url.vcs, Some(("git".into(), Some("v1".into()))));
        assert_eq!(url.url.path(), "/p.git");
        assert_eq!(url.subdirectory.as_deref(), Some("x"));
        assert!(!url.given.contains("secret"));
    }
}
