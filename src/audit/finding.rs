//! What a rule found, as it is told to people and machines.

use crate::advisory::Score;
use crate::input::Edit;
use crate::package::{PackageName, Version};
use crate::source::Origin;

/// How much something weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Deserves a look.
    Warning,
    /// Broken.
    Error,
}

/// What a finding rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// What the lock, the declarations and the metadata recorded in it say.
    Metadata,
    /// What files hold.
    Bytes,
    /// Dated tables of facts.
    Table,
    /// What usually goes together.
    Heuristic,
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The code of the rule: `PYA101`.
    pub rule: &'static str,
    /// Its name: `requirement-violated`.
    pub name: &'static str,
    /// How much it weighs, as the levels have it.
    pub severity: Severity,
    /// What it rests on.
    pub confidence: Confidence,
    /// The package, if it is about one.
    pub package: Option<PackageName>,
    /// Its version.
    pub version: Option<Version>,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// The facts behind it, as sentences.
    pub evidence: Vec<String>,
    /// Where it stands.
    pub place: Option<Origin>,
    /// What else has to be seen beside it, each with what is there.
    pub also: Vec<(Origin, String)>,
    /// How declarations lead to the package; the shortest paths.
    pub paths: Vec<Vec<String>>,
    /// What mends it, where that is known.
    pub fix: Option<Fix>,
    /// What databases call the flaw, the best told record first; none where it is no known flaw.
    pub ids: Vec<String>,
    /// How bad they say that it is.
    pub score: Option<Score>,
    /// Whether they know a later version without it.
    pub has_fix: bool,
}

/// What mends something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What to do, as a sentence.
    pub text: String,
    /// The changes of files that do it; none where a command does, or a person.
    pub edits: Vec<Edit>,
    /// Whether it cannot change what anybody meant.
    pub is_safe: bool,
    /// Whether it was tried out and holds.
    pub is_verified: bool,
}

/// Something that a rule could not judge.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unaudited {
    /// The code of the rule.
    pub rule: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Why, in words that may follow "because".
    pub why: String,
    /// The packages; none for all of them.
    pub packages: Vec<PackageName>,
}

/// A finding that a person answers for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waived {
    /// The finding.
    pub finding: Finding,
    /// The reason that was given.
    pub reason: String,
    /// Who answers for it.
    pub owner: Option<String>,
}

impl Finding {
    /// Returns where it stands, and what else has to be seen, each with what is there.
    pub fn places(&self) -> impl Iterator<Item = (&Origin, String)> {
        let own = self
            .place
            .iter()
            .map(|origin| (origin, self.name.to_owned()));
        let also = self
            .also
            .iter()
            .map(|(origin, what)| (origin, what.clone()));
        own.chain(also)
    }
}

impl Severity {
    /// Returns the word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl Confidence {
    /// Returns the word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Metadata => "metadata",
            Self::Bytes => "bytes",
            Self::Table => "table",
            Self::Heuristic => "heuristic",
        }
    }
}
