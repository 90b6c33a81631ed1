//! What all readers of TOML locks share: shapes, values at their places, and the words for what is
//! wrong with them.

use std::ops::Range;
use std::str::FromStr;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, Deserializer};

use crate::package::{Digest, MarkerTexts, Requirement, Timestamp};
use crate::source::{Origin, Problem, SourceFile, Span};

/// What is told to who has a lock of a version that nobody knows yet.
pub(super) const NEWER: &str = "A newer version of pyaudit may be able to read this lock.";

/// A text that was parsed: what comes first in it can be looked at before the rest takes shape.
pub(super) struct Document<'t> {
    file: &'t Arc<SourceFile>,
    root: Spanned<DeTable<'t>>,
}

impl<'t> Document<'t> {
    /// Parses TOML.
    pub(super) fn parse(file: &'t Arc<SourceFile>) -> Result<Self, Problem> {
        let root = DeTable::parse(file.text()).map_err(|error| told(file, &error))?;
        Ok(Self { file, root })
    }

    /// Reads one key of it, as part of a shape that has nothing else.
    pub(super) fn part<T: DeserializeOwned>(&self, key: &str) -> Result<T, Problem> {
        let mut part = DeTable::new();
        if let Some((name, value)) = self.root.get_ref().get_key_value(key) {
            part.insert(name.clone(), value.clone());
        }
        let part = Spanned::new(self.root.span(), part);
        T::deserialize(Deserializer::from(part)).map_err(|error| told(self.file, &error))
    }

    /// Reads the whole into a shape.
    pub(super) fn shape<T: DeserializeOwned>(self) -> Result<T, Problem> {
        T::deserialize(Deserializer::from(self.root)).map_err(|error| told(self.file, &error))
    }
}

fn told(file: &Arc<SourceFile>, error: &toml::de::Error) -> Problem {
    let span = error.span().unwrap_or(0..0);
    problem(file, span, in_our_words(error.message()))
}

/// Says what serde says in the order of our messages: first what was expected.
pub(super) fn in_our_words(message: &str) -> String {
    if let Some(key) = message.strip_prefix("missing field ") {
        return format!("the key {key} is missing here");
    }
    if let Some((found, expected)) = message
        .strip_prefix("invalid type: ")
        .and_then(|rest| rest.rsplit_once(", expected "))
    {
        return format!("expected {expected}, but found {found}");
    }
    message.lines().collect::<Vec<_>>().join(", ")
}

/// Describes a problem at a place of the file.
pub(super) fn problem(
    file: &Arc<SourceFile>,
    span: Range<usize>,
    message: impl Into<String>,
) -> Problem {
    let span = Span::new(span.start, span.len());
    Problem::at(Origin::new(file, span), message)
}

/// Reads a name, a version and the like.
pub(super) fn parsed<T: FromStr>(
    file: &Arc<SourceFile>,
    text: &Spanned<String>,
    what: &str,
) -> Result<T, Problem> {
    text.get_ref().parse().map_err(|_| {
        let message = format!("expected {what}, but found `{}`", text.get_ref());
        problem(file, text.span(), message)
    })
}

/// Reads `sha256:HEX`. Algorithms that are not known are passed over; a digest that does not fit
/// its algorithm is an error, because a lock without it would protect less than it says.
pub(super) fn digest(
    file: &Arc<SourceFile>,
    text: &Spanned<String>,
) -> Result<Option<Digest>, Problem> {
    const KNOWN: &[&str] = &["md5", "sha1", "sha224", "sha256", "sha384", "sha512"];
    let digest = Digest::parse(text.get_ref());
    let algorithm = text.get_ref().split(':').next().unwrap_or_default();
    if digest.is_none() && KNOWN.contains(&algorithm) {
        let message = format!("expected the hexadecimal digits of a {algorithm} digest");
        return Err(problem(file, text.span(), message));
    }
    Ok(digest)
}

/// Reads a requirement that a lock records, at the place of the entry that has it.
pub(super) fn requirement(
    file: &Arc<SourceFile>,
    text: &str,
    span: Range<usize>,
    markers: &mut MarkerTexts,
) -> Result<Requirement, Problem> {
    Requirement::parse_lenient(text, markers).map_err(|error| {
        let message = format!(
            "expected a requirement, but found `{text}`: {}",
            error.message
        );
        problem(file, span, message)
    })
}

/// A moment without an offset counts as UTC, which the specification demands anyway.
pub(super) fn moment(datetime: &toml::value::Datetime) -> Option<Timestamp> {
    let text = datetime.to_string();
    match datetime.offset {
        Some(_) => Timestamp::parse(&text),
        None => Timestamp::parse(&format!("{text}Z")),
    }
}
