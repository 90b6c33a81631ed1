//! PEP 440 version specifiers, read by our own rules and tested against Python's `packaging`.
//!
//! pep440_rs parses versions well, but its conversion of specifiers into ranges ignores local
//! versions, loses `<1.0.post2`, and takes `===` for `==`; so the meaning of each operator stands
//! here, as intervals of [`VersionKey`](super::VersionKey)s.

use std::fmt;

use pep440_rs::Version;

use super::VersionSet;
use super::version_key::{MAX, public_bytes, release_bytes};
use crate::source::Span;

/// A specifier set as it was written, with the versions it admits.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Specifiers {
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
        Self {
            text: "".into(),
            set: VersionSet::full(),
            pins: false,
            names_prerelease: false,
        }
    }

    /// Reads `>=1,<2`, with or without parentheses; the empty text admits everything.
    pub fn parse(text: &str) -> Result<Self, SpecifierError> {
        let mut specifiers = Self::any();
        let mut texts = Vec::new();
        let mut rest_from = 0;
        let (inner, inner_from) = without_parentheses(text);
        if inner.trim().is_empty() {
            return Ok(specifiers);
        }
        for part in inner.split(',') {
            let lead = part.len() - part.trim_start().len();
            let span = Span::new(inner_from + rest_from + lead, part.trim().len());
            rest_from += part.len() + 1;
            let clause =
                Clause::parse(part.trim()).map_err(|message| SpecifierError { message, span })?;
            specifiers.pins |= clause.is_pin();
            specifiers.names_prerelease |= clause.names_prerelease();
            specifiers.set = specifiers.set.intersection(&clause.to_set());
            texts.push(clause.to_string());
        }
        specifiers.text = texts.join(",").into();
        Ok(specifiers)
    }

    /// Reads what indexes and old metadata hold: as [`Specifiers::parse`], and forgiving of
    /// trailing and missing commas, quotes, `=>`, `>=1.*`, `~=1` and a bare version for `==`.
    pub fn parse_lenient(text: &str) -> Result<Self, SpecifierError> {
        Self::parse(text).or_else(|error| Self::parse(&mended(text)).map_err(|_| error))
    }

    /// Rebuilds specifiers from a cache: their text, set and marks.
    pub fn from_parts(text: &str, set: VersionSet, pins: bool, names_prerelease: bool) -> Self {
        Self {
            text: text.into(),
            set,
            pins,
            names_prerelease,
        }
    }

    /// Returns the normal text: clauses in the order written, no spaces.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the versions admitted.
    pub fn set(&self) -> &VersionSet {
        &self.set
    }

    /// Whether it admits every version.
    pub fn is_any(&self) -> bool {
        self.text.is_empty()
    }

    /// Whether a clause is `==` without a wildcard, or `===`.
    pub fn is_pin(&self) -> bool {
        self.pins
    }

    /// Whether a clause other than `!=` names a pre-release, as `>=1.0b1` does: PEP 440 takes that
    /// as leave to use pre-releases.
    pub fn names_prerelease(&self) -> bool {
        self.names_prerelease
    }

    /// Whether a version is admitted.
    pub fn contains(&self, version: &Version) -> bool {
        self.set.contains(version)
    }
}

impl fmt::Display for Specifiers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Specifiers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Specifiers({:?})", self.text)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Operator {
    Identical,
    Equal,
    NotEqual,
    Compatible,
    AtMost,
    AtLeast,
    Less,
    Greater,
}

/// Longer spellings first, so that `==` is not read as the start of `===`.
const OPERATORS: &[(&str, Operator)] = &[
    ("===", Operator::Identical),
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("~=", Operator::Compatible),
    ("<=", Operator::AtMost),
    (">=", Operator::AtLeast),
    ("<", Operator::Less),
    (">", Operator::Greater),
];

enum Operand {
    Version(Version),
    Prefix(Version),
    Text(String),
}

struct Clause {
    operator: Operator,
    operand: Operand,
    operand_text: String,
}

impl Clause {
    fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("expected a version specifier, such as `>=1.0`, but found nothing".into());
        }
        let Some((symbol, operator)) = OPERATORS
            .iter()
            .find(|(symbol, _)| text.starts_with(symbol))
        else {
            return Err(format!(
                "expected an operator (`==`, `!=`, `~=`, `<`, `<=`, `>`, `>=` or `===`) before `{text}`"
            ));
        };
        let operand_text = text[symbol.len()..].trim();
        Ok(Self {
            operator: *operator,
            operand: parse_operand(*operator, symbol, operand_text)?,
            operand_text: operand_text.to_owned(),
        })
    }

    fn is_pin(&self) -> bool {
        match self.operator {
            Operator::Identical => true,
            Operator::Equal => matches!(self.operand, Operand::Version(_)),
            _ => false,
        }
    }

    fn names_prerelease(&self) -> bool {
        self.operator != Operator::NotEqual
            && match &self.operand {
                Operand::Version(version) | Operand::Prefix(version) => version.any_prerelease(),
                Operand::Text(text) => text
                    .parse::<Version>()
                    .is_ok_and(|version| version.any_prerelease()),
            }
    }

    fn to_set(&self) -> VersionSet {
        match &self.operand {
            Operand::Text(text) => VersionSet::full().with_literal(text),
            Operand::Prefix(prefix) if self.operator == Operator::NotEqual => {
                prefix_set(prefix.epoch(), prefix.release()).complement()
            }
            Operand::Prefix(prefix) => prefix_set(prefix.epoch(), prefix.release()),
            Operand::Version(version) => version_set(self.operator, version),
        }
    }
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let symbol = OPERATORS
            .iter()
            .find(|(_, operator)| *operator == self.operator)
            .map_or("", |(symbol, _)| symbol);
        write!(f, "{symbol}{}", self.operand_text)
    }
}

fn parse_operand(operator: Operator, symbol: &str, text: &str) -> Result<Operand, String> {
    if text.is_empty() {
        return Err(format!("expected a version after `{symbol}`"));
    }
    if operator == Operator::Identical {
        return match text.contains(char::is_whitespace) {
            true => Err(format!(
                "unexpected text after the version in `{symbol}{text}`"
            )),
            false => Ok(Operand::Text(text.to_owned())),
        };
    }
    let version = |text: &str| {
        text.parse::<Version>()
            .map_err(|_| format!("`{text}` is not a version (PEP 440)"))
    };
    if let Some(prefix) = text.strip_suffix(".*") {
        if !matches!(operator, Operator::Equal | Operator::NotEqual) {
            return Err(format!(
                "`{symbol}` cannot be used with `{text}`: only `==` and `!=` take a `.*`"
            ));
        }
        let prefix = version(prefix)?;
        if prefix.any_prerelease() || prefix.is_post() || prefix.is_local() {
            return Err(format!("`{text}`: a `.*` can only follow release numbers"));
        }
        return Ok(Operand::Prefix(prefix));
    }
    let version = version(text)?;
    let takes_local = matches!(operator, Operator::Equal | Operator::NotEqual);
    if version.is_local() && !takes_local {
        return Err(format!(
            "`{symbol}` cannot be used with the local version `{text}`: only `==` and `!=` can"
        ));
    }
    if operator == Operator::Compatible && version.release().len() < 2 {
        return Err(format!(
            "`~={text}` needs at least two release numbers, such as `~={text}.0`"
        ));
    }
    Ok(Operand::Version(version))
}

/// The meaning of each operator, PEP 440 "Version specifiers".
fn version_set(operator: Operator, version: &Version) -> VersionSet {
    let from_here = || public_bytes(version);
    let past_here = || with(public_bytes(version), MAX);
    match operator {
        Operator::Identical => VersionSet::empty(),
        Operator::Equal if version.is_local() => {
            let key = super::VersionKey::of(version);
            VersionSet::interval(key.as_bytes().to_vec(), with(key.as_bytes().to_vec(), 0))
        }
        Operator::Equal => VersionSet::interval(from_here(), past_here()),
        Operator::NotEqual => version_set(Operator::Equal, version).complement(),
        Operator::AtLeast => VersionSet::interval(from_here(), vec![MAX]),
        Operator::AtMost => VersionSet::interval(Vec::new(), past_here()),
        Operator::Less => VersionSet::interval(Vec::new(), less_bound(version)),
        Operator::Greater => greater_set(version),
        Operator::Compatible => {
            let kept = version.release().len() - 1;
            prefix_set(version.epoch(), &version.release()[..kept])
                .intersection(&VersionSet::interval(from_here(), vec![MAX]))
        }
    }
}

/// `<V` leaves out the pre-releases of `V` itself, unless `V` is one.
fn less_bound(version: &Version) -> Vec<u8> {
    if version.any_prerelease() {
        return public_bytes(version);
    }
    public_bytes(&version.clone().with_dev(Some(0)))
}

/// `>V` leaves out the post-releases of `V` (unless `V` is one) and all its local versions.
fn greater_set(version: &Version) -> VersionSet {
    let past = with(public_bytes(version), MAX);
    if version.is_post() || version.is_dev() {
        return VersionSet::interval(past, vec![MAX]);
    }
    // Post-releases of `V` share its key up to the mark that says whether there is one.
    let mut posts = public_bytes(version);
    posts.truncate(posts.len() - 2);
    VersionSet::interval(with(posts, MAX), vec![MAX])
}

/// Every version whose release starts with these numbers, pre-releases of the first included.
fn prefix_set(epoch: u64, prefix: &[u64]) -> VersionSet {
    let Some((last, kept)) = prefix.split_last() else {
        return VersionSet::full();
    };
    let mut next = kept.to_vec();
    next.push(last.saturating_add(1));
    VersionSet::interval(release_bytes(epoch, prefix), release_bytes(epoch, &next))
}

fn with(mut bytes: Vec<u8>, last: u8) -> Vec<u8> {
    bytes.push(last);
    bytes
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

/// Rewrites what pip and setuptools once let through.
fn mended(text: &str) -> String {
    let text = text
        .replace(['"', '\'', '(', ')'], "")
        .replace("=>", ">=")
        .replace("=<", "<=");
    let mut clauses = Vec::new();
    for part in text.split(',') {
        let mut rest = part.trim();
        while !rest.is_empty() {
            let symbol_len = rest.find(|c| !"<>=!~".contains(c)).unwrap_or(rest.len());
            let operand_at = rest[symbol_len..]
                .find(|c: char| !c.is_whitespace())
                .map_or(rest.len(), |at| symbol_len + at);
            let end = rest[operand_at..]
                .find(|c: char| c.is_whitespace() || "<>=!~".contains(c))
                .map_or(rest.len(), |at| operand_at + at);
            clauses.push(mended_clause(&rest[..symbol_len], &rest[operand_at..end]));
            rest = rest[end..].trim_start();
        }
    }
    clauses.join(",")
}

fn mended_clause(symbol: &str, operand: &str) -> String {
    let stem = operand.strip_suffix(".*").unwrap_or(operand);
    match symbol {
        "" | "=" => format!("=={operand}"),
        ">=" | "<" | ">" | "<=" => format!("{symbol}{stem}"),
        "~=" if !stem.contains('.') => format!(">={stem}"),
        "~=" => format!("~={stem}"),
        _ => format!("{symbol}{operand}"),
    }
}
