//! The words of Python packaging: names, versions, specifiers, requirements, artifacts.

mod artifact;
mod direct_url;
mod index_url;
mod requirement;
mod specifier;
mod timestamp;
mod version_key;
mod version_set;

pub use artifact::{Digest, DistName, DistNameError, SdistName, WheelName};
pub use direct_url::DirectUrl;
pub use index_url::IndexUrl;
pub use pep440_rs::Version;
pub use pep508_rs::{ExtraName, MarkerEnvironment, MarkerTree, PackageName};
pub use requirement::{
    Declaration, DeclarationKind, Marker, MarkerTexts, Requirement, RequirementError,
};
pub use specifier::{SpecifierError, Specifiers};
pub use timestamp::Timestamp;
pub use version_key::VersionKey;
pub use version_set::VersionSet;
