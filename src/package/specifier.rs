//! PEP 440 version specifiers as they are written: sets of clauses between commas. What a clause
//! means stands in `clause`, what is forgiven in `leniency`.

use std::fmt;
use std::sync::{Arc, LazyLock};

use pep440_rs::Version;

use super::VersionSet;
use super::clause::Clause;
use super::leniency::mended;
use crate::source::Span;

/// A specifier set as it was written, with the versions it admits. Copies share it: an answer, its
/// lock and what explains them hold the same requirements.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Specifiers(Arc<Parts>);

#[derive(PartialEq, Eq, Hash)]
struct Parts {
    text: Box<str>,
    set: VersionSet,
    pins: bool,
    names_prerelease: bool,
}

/// A specifier that is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecifierError {
    /// What is wrong, in lower case.
    pub message: String,
    /// Where in the text that was given.
    pub span: Span,
}

impl Specifiers {
    /// Returns the set that admits every version.
    pub fn any() -> Self {
        static ANY: LazyLock<Specifiers> =
            LazyLock::new(|| Specifiers::from_parts("", VersionSet::full(), false, false));
        ANY.clone()
    }

    /// Reads `>=1,<2`, with or without parentheses; the empty text admits everything, and nothing
    /// between two commas says nothing, as in `packaging`.
    pub fn parse(text: &str) -> Result<Self, SpecifierError> {
        let mut set = VersionSet::full();
        let (mut pins, mut names_prerelease) = (false, false);
        let mut texts = Vec::new();
        let mut rest_from = 0;
        let (inner, inner_from) = without_parentheses(text);
        for part in inner.split(',') {
            let lead = part.len() - part.trim_start().len();
            let span = Span::new(inner_from + rest_from + lead, part.trim().len());
            rest_from += part.len() + 1;
            if span.is_empty() {
                continue;
            }
            let clause =
                Clause::parse(part.trim()).map_err(|message| SpecifierError { message, span })?;
            pins |= clause.is_pin();
            names_prerelease |= clause.names_prerelease();
            set = set.intersection(&clause.to_set());
            texts.push(clause.to_string());
        }
        let text = texts.join(",");
        Ok(Self::from_parts(&text, set, pins, names_prerelease))
    }

    /// Reads what indexes and old metadata hold: as [`Specifiers::parse`], and forgiving of
    /// missing commas, quotes, stray parentheses, `=>`, `>=1.*`, `~=1`, `>dev`, `1.0a1.0` and a bare
    /// version for `==`.
    /// The error, if it cannot be read so either, is that of the strict reading.
    pub fn parse_lenient(text: &str) -> Result<Self, SpecifierError> {
        Self::parse(text).or_else(|error| Self::parse(&mended(text)).map_err(|_| error))
    }

    /// Rebuilds specifiers from a cache: their text, set and marks.
    pub fn from_parts(text: &str, set: VersionSet, pins: bool, names_prerelease: bool) -> Self {
        Self(Arc::new(Parts {
            text: text.into(),
            set,
            pins,
            names_prerelease,
        }))
    }

    /// Returns the normal text: clauses in the order written, no spaces.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// Returns the versions admitted.
    pub fn set(&self) -> &VersionSet {
        &self.0.set
    }

    /// Returns the versions that its clauses name, in their order.
    pub fn bounds(&self) -> Vec<Version> {
        let clauses = self.0.text.split(',').map(|clause| {
            let number = clause.trim_start_matches(['<', '>', '=', '!', '~']);
            number.trim_end_matches(".*")
        });
        clauses.filter_map(|number| number.parse().ok()).collect()
    }

    /// Whether it admits every version.
    pub fn is_any(&self) -> bool {
        self.0.text.is_empty()
    }

    /// Whether a clause is `==` without a wildcard, or `===`.
    pub fn is_pin(&self) -> bool {
        self.0.pins
    }

    /// Whether a clause other than `!=` names a pre-release, as `>=1.0b1` does: PEP 440 takes that
    /// as leave to use pre-releases.
    pub fn names_prerelease(&self) -> bool {
        self.0.names_prerelease
    }

    /// Whether a version is admitted.
    pub fn contains(&self, version: &Version) -> bool {
        self.0.set.contains(version)
    }
}

impl fmt::Display for Specifiers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text)
    }
}

impl fmt::Debug for Specifiers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Specifiers({:?})", self.0.text)
    }
}

fn without_parentheses(text: &str) -> (&str, usize) {
    let trimmed = text.trim();
    let start = text.len() - text.trim_start().len();
    match trimmed
        .strip_prefix('(')
        .and_then(|inner| inner.strip_suffix(')'))
    {
        Some(inner) => (inner, start + 1),
        None => (trimmed, start),
    }
}
