//! Claims: sentences of comments and documents that say of a package what metadata, files or facts
//! can answer: "accelerate 1.0.0+ requires NumPy 2.x".
//!
//! `words` takes a line apart, `nouns` and `phrases` read a small and strict grammar, `documents`
//! finds lines and tables. `judge` and `judge_builds` compare a claim with the evidence. What the
//! grammar does not understand is no claim: better none than a wrong one.

mod documents;
mod evidence;
mod judge;
mod judge_builds;
mod nouns;
mod phrases;
mod tables;
mod words;

#[cfg(test)]
mod tests;

use std::fmt;

use crate::package::{PackageName, Specifiers, Version};
use crate::source::Origin;
use crate::target::{Capability, Flavour, Platform};

pub use documents::{Known, read_claims};
pub use evidence::{ClaimEvidence, InstallTried, Released};
pub(super) use judge::judge;

use super::Confidence;

/// Something that a text says of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// What it says.
    pub says: Statement,
    /// The words that say it.
    pub origin: Origin,
}

/// What a claim says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    /// Whoever has the one needs such a version of the other.
    Requires(Packages, Packages),
    /// The one brings the other along.
    Brings(Packages, PackageName),
    /// The one does without the other.
    DoesWithout(Packages, PackageName),
    /// The two go together.
    WorksWith(Packages, Packages),
    /// The two cannot be installed together.
    Conflicts(Packages, Packages),
    /// It runs on these minor versions of Python 3, from the first to the last, and no other.
    Pythons(Packages, u8, u8),
    /// Its first version for a minor version of Python 3 is this one.
    StartsAt(Packages, u8),
    /// A GPU has a compute capability.
    Capability(String, Capability),
    /// A build runs on a GPU.
    RunsOn(Packages, Option<Flavour>, String),
    /// What the default index has is for the CPU alone, on a system, or on all of them.
    CpuOnly(Packages, Option<Platform>),
}

/// A package with the versions that are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packages {
    /// The package.
    pub name: PackageName,
    /// Its versions.
    pub range: Specifiers,
    /// The first version that is named.
    pub named: Option<Version>,
    /// The words for it.
    pub text: String,
}

/// What the evidence says to a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is so.
    Confirmed,
    /// It is not so.
    Refuted {
        /// What is the case, to follow "but".
        message: String,
        /// What that rests on, as sentences.
        evidence: Vec<String>,
        /// How sure that is.
        confidence: Confidence,
    },
    /// That cannot be said, as what follows "because".
    Unknown(String),
}

impl Claim {
    /// Returns the package that it is about; none for GPUs.
    pub fn package(&self) -> Option<&PackageName> {
        self.says.subject().map(|it| &it.name)
    }

    /// Returns the packages whose versions have to be known, each with those of its versions whose
    /// requirements have to be.
    pub fn asks(&self) -> Vec<(&PackageName, Option<&Specifiers>)> {
        match &self.says {
            Statement::Requires(one, other) | Statement::WorksWith(one, other) => {
                vec![(&one.name, Some(&one.range)), (&other.name, None)]
            }
            Statement::Conflicts(one, other) => {
                vec![
                    (&one.name, Some(&one.range)),
                    (&other.name, Some(&other.range)),
                ]
            }
            Statement::Brings(one, _) | Statement::DoesWithout(one, _) => {
                vec![(&one.name, Some(&one.range))]
            }
            Statement::Pythons(one, ..) | Statement::StartsAt(one, _) => vec![(&one.name, None)],
            Statement::CpuOnly(one, _) => vec![(&one.name, None)],
            Statement::Capability(..) | Statement::RunsOn(..) => Vec::new(),
        }
    }
}

impl Statement {
    fn subject(&self) -> Option<&Packages> {
        match self {
            Self::Requires(one, _)
            | Self::Brings(one, _)
            | Self::DoesWithout(one, _)
            | Self::WorksWith(one, _)
            | Self::Conflicts(one, _)
            | Self::Pythons(one, ..)
            | Self::StartsAt(one, _)
            | Self::RunsOn(one, ..)
            | Self::CpuOnly(one, _) => Some(one),
            Self::Capability(..) => None,
        }
    }
}

/// Writes `numpy >=2`.
impl fmt::Display for Packages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.range.is_any() {
            true => write!(f, "{}", self.name),
            false => write!(f, "{} {}", self.name, self.range),
        }
    }
}

/// Writes the claim in our own words, as what follows "that".
impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Requires(one, other) => write!(f, "{one} requires {other}"),
            Self::Brings(one, name) => write!(f, "{one} brings {name} along"),
            Self::DoesWithout(one, name) => write!(f, "{one} does without {name}"),
            Self::WorksWith(one, other) => write!(f, "{one} works with {other}"),
            Self::Conflicts(one, other) => write!(f, "{one} and {other} conflict"),
            Self::Pythons(one, first, last) => {
                write!(f, "{one} is for Python 3.{first} to 3.{last}")
            }
            Self::StartsAt(one, minor) => {
                let from = one.named.as_ref().map(ToString::to_string);
                let from = from.unwrap_or_default();
                write!(f, "{} {from} is the first for Python 3.{minor}", one.name)
            }
            Self::Capability(gpu, said) => {
                let Capability { major, minor } = said;
                write!(f, "the compute capability of {gpu} is {major}.{minor}")
            }
            Self::RunsOn(one, None, gpu) => write!(f, "{one} runs on {gpu}"),
            Self::RunsOn(one, Some(flavour), gpu) => write!(f, "{one} ({flavour}) runs on {gpu}"),
            Self::CpuOnly(one, None) => write!(f, "{one} of PyPI is for the CPU alone"),
            Self::CpuOnly(one, Some(system)) => {
                write!(f, "{one} of PyPI is for the CPU alone on {system}")
            }
        }
    }
}
