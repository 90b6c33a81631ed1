//! Why a build told nothing, and what that means for the run.

use std::fmt;

use crate::fetch::error::FetchErrorKind;

/// A build that did not come to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::fetch) struct BuildError {
    /// Whose fault it is.
    pub(in crate::fetch) kind: FetchErrorKind,
    /// What was met: lower case, no full stop.
    pub(in crate::fetch) met: String,
}

impl BuildError {
    /// The version itself cannot be built.
    pub(super) fn of_version(met: impl Into<String>) -> Self {
        Self {
            kind: FetchErrorKind::BuildFailed,
            met: met.into(),
        }
    }

    /// This machine cannot build anything.
    pub(super) fn of_machine(met: impl Into<String>) -> Self {
        Self {
            kind: FetchErrorKind::Setup,
            met: met.into(),
        }
    }

    /// The disk did not do as it was told.
    pub(super) fn of_disk(error: &std::io::Error) -> Self {
        Self {
            kind: FetchErrorKind::Disk,
            met: format!("there is no room to build in: {error}"),
        }
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.met)
    }
}

impl std::error::Error for BuildError {}
