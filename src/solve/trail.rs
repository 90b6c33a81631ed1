//! What the solver did, step by step: for `-v`, and for whoever wonders at an answer.

use std::fmt;

use crate::package::{PackageName, Version};

/// One step of the search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A version was tried.
    Tried(PackageName, Version),
    /// A version that was tried cannot be used.
    Refused(PackageName, Version, String),
    /// A package had tried several versions in vain: the search began again, and decides it before
    /// those that stood in its way.
    Restarted(PackageName),
    /// These versions, from the newest to the oldest, were passed over: those of them that were read
    /// need what is newer than the declarations allow.
    PassedOver(PackageName, Version, Version),
    /// A version needs different versions of one package in different environments: it can be used
    /// in a part of them only.
    Divided(PackageName, Version),
    /// No release could serve: the search began again with the pre-releases of these packages.
    AllowedPrereleases(Vec<PackageName>),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tried(name, version) => write!(f, "trying {name} {version}"),
            Self::Refused(name, version, why) => {
                write!(f, "{name} {version} cannot be used: {why}")
            }
            Self::Divided(name, version) => write!(
                f,
                "{name} {version} needs different versions of a package in different environments"
            ),
            Self::PassedOver(name, newest, oldest) => write!(
                f,
                "passing over {name} {newest} to {oldest}: they need what is too new for what is \
                 declared"
            ),
            Self::Restarted(name) => write!(
                f,
                "beginning again: {name} found no version that fits what was decided before it"
            ),
            Self::AllowedPrereleases(names) => {
                let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
                write!(
                    f,
                    "beginning again: no release serves; pre-releases allowed of {}",
                    names.join(", ")
                )
            }
        }
    }
}
