//! What the solver did, step by step: for `-v`, and for whoever wonders at an answer.

use std::fmt;
use std::sync::Arc;

use super::candidates::Candidates;
use super::ordinals::Ordinal;
use crate::package::{PackageName, Version};

/// One step of the search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A version was tried.
    Tried(Tried),
    /// A version that was tried cannot be used.
    Refused(PackageName, Version, String),
    /// A package had tried several versions in vain: the search began again, and decides it before
    /// those that stood in its way.
    Restarted(PackageName),
    /// These versions, from the newest to the oldest, were passed over: those of them that were read
    /// need what is newer than the declarations allow.
    PassedOver(PackageName, Version, Version),
    /// A version needs a package of which no one version serves in all environments: it can be used
    /// in a part of them only.
    Divided(PackageName, Version),
    /// No release could serve: the search began again with the pre-releases of these packages.
    AllowedPrereleases(Vec<PackageName>),
}

/// A version that was tried. Thousands are, and rarely does anybody want to see them: it is looked
/// up when it is.
#[derive(Clone)]
pub struct Tried {
    candidates: Arc<Candidates>,
    ordinal: Ordinal,
}

impl Tried {
    /// Takes the usable version at a place.
    pub(super) fn new(candidates: &Arc<Candidates>, ordinal: Ordinal) -> Self {
        Self {
            candidates: Arc::clone(candidates),
            ordinal,
        }
    }

    fn told(&self) -> (&PackageName, &str) {
        let candidate = &self.candidates.usable()[self.ordinal as usize];
        let page = self.candidates.page(candidate.page());
        let version = page.version_text(candidate.version());
        (&self.candidates.project().name, version)
    }
}

impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, version) = self.told();
        write!(f, "trying {name} {version}")
    }
}

impl fmt::Debug for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PartialEq for Tried {
    fn eq(&self, other: &Self) -> bool {
        self.told() == other.told()
    }
}

impl Eq for Tried {}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tried(tried) => tried.fmt(f),
            Self::Refused(name, version, why) => {
                write!(f, "{name} {version} cannot be used: {why}")
            }
            Self::Divided(name, version) => write!(
                f,
                "{name} {version} needs a package of which no one version serves in all environments"
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
