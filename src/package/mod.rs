//! The words of Python packaging: names, versions, specifiers, requirements, artifacts.

mod artifact;
mod choice;
mod clause;
mod comparison;
mod direct_url;
mod index_url;
mod leniency;
mod marker;
mod marker_algebra;
mod marker_grammar;
mod moving;
mod poetry;
mod requirement;
mod secret;
mod specifier;
mod timestamp;
mod version_key;
mod version_set;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub use artifact::{Digest, DistName, DistNameError, SdistName, WheelName};
pub use choice::{Choice, choice_in_words, choices_of, entry_holds, read_entry_marker};
pub use direct_url::DirectUrl;
pub(crate) use index_url::without_login;
pub use index_url::{IndexUrl, masked, origin_of};
pub use marker::{Marker, MarkerTexts, exactly_python};
pub use marker_algebra::{
    both, covers, either, pythons_named, shortest, shortest_text, shortest_tree, under_extras,
};
pub use moving::Moving;
pub use pep440_rs::Version;
pub use pep508_rs::{ExtraName, MarkerEnvironment, MarkerTree, PackageName};
pub use pep508_rs::{MarkerExpression, MarkerOperator, MarkerValueString, MarkerValueVersion};
pub use requirement::{Declaration, DeclarationKind, Requirement, RequirementError};
pub use secret::Secret;
pub use specifier::{SpecifierError, Specifiers};
pub use timestamp::Timestamp;
pub use version_key::VersionKey;
pub use version_set::VersionSet;
