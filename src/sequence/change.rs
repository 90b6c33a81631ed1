//! One package that a command adds, moves or takes away, and by whose doing.

use std::cmp::Ordering;

use super::baseline::Present;
use crate::package::{PackageName, Requirement};

/// What happens to one package.
#[derive(Clone, Debug)]
pub struct Change {
    /// What was installed.
    pub before: Option<Present>,
    /// What is installed then.
    pub after: Option<Present>,
    /// Why, as far as it is known: for what moves, what spoke against the former version.
    pub because: Vec<Because>,
    /// How many bytes are downloaded for it, where the index says that.
    pub size: Option<u64>,
}

/// By whose doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Because {
    /// The command asks for it so.
    Asked(Requirement),
    /// A package that the command reaches needs it so.
    Needed {
        /// Its label: `datasets 4.4.1`.
        by: String,
        /// What it needs.
        requirement: Requirement,
    },
    /// A limit that a package does not declare.
    Limited {
        /// The package's label.
        by: String,
        /// What it works with.
        requirement: Requirement,
    },
    /// The command does not keep what is there.
    Anew,
}

/// The kinds of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// It was not there.
    Added,
    /// The version grew.
    Upgraded,
    /// The version shrank.
    Downgraded,
    /// The release is the same, and the build is another: `2.3.1+cu121` and `2.3.1`.
    Rebuilt,
    /// The version is the same, and it is installed again.
    Reinstalled,
    /// It is there no longer.
    Removed,
}

impl Change {
    /// Returns the package.
    pub fn name(&self) -> Option<&PackageName> {
        let either = self.after.as_ref().or(self.before.as_ref());
        either.map(|present| &present.name)
    }

    /// Returns what kind of change it is.
    pub fn kind(&self) -> ChangeKind {
        let (before, after) = match (&self.before, &self.after) {
            (Some(before), Some(after)) => (&before.version, &after.version),
            (None, _) => return ChangeKind::Added,
            (Some(_), None) => return ChangeKind::Removed,
        };
        let (Some(before), Some(after)) = (before, after) else {
            return ChangeKind::Reinstalled;
        };
        let release = |version: &crate::package::Version| version.clone().without_local();
        match after.cmp(before) {
            Ordering::Equal => ChangeKind::Reinstalled,
            _ if release(before) == release(after) => ChangeKind::Rebuilt,
            Ordering::Greater => ChangeKind::Upgraded,
            Ordering::Less => ChangeKind::Downgraded,
        }
    }

    /// Whether something that was there is not there any more as it was.
    pub fn is_move(&self) -> bool {
        !matches!(self.kind(), ChangeKind::Added | ChangeKind::Reinstalled)
    }
}
