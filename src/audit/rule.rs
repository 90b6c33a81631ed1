//! A rule: its names, what it weighs, what it has to be given, and the function that looks.

use super::remarks::Remarks;
use super::{Severity, Subject};

/// A rule of the audit.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its code, stable for ever: `PYA101`.
    pub id: &'static str,
    /// The fault in kebab-case: `requirement-violated`.
    pub name: &'static str,
    /// What its findings weigh, where neither they nor the user say otherwise.
    pub severity: Severity,
    /// What it finds, as a sentence.
    pub summary: &'static str,
    /// What it cannot do without.
    pub needs: Needs,
    /// Looks.
    pub(super) check: fn(&Subject<'_>, &mut Remarks),
}

/// What a rule cannot do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// A lock alone.
    Lock,
    /// A lock that says what its packages require.
    Requirements,
    /// To know where the lock has to run.
    Target,
    /// To know what was declared.
    Declarations,
    /// To know the files that are installed from.
    Files,
    /// To know files and target.
    FilesAndTarget,
}

/// Why rules on requirements have nothing to go by.
pub(super) const NO_REQUIREMENTS: &str = "the lock does not say what its packages require";

impl Needs {
    /// Returns why there is not enough to go by.
    pub(super) fn missing(self, subject: &Subject<'_>) -> Option<&'static str> {
        let target = subject.target_is_unknown().then_some(
            "neither the lock nor an option says where it has to run: add `--python 3.12 --platform linux`",
        );
        let files = (!subject.tells_files())
            .then_some("a requirements file does not say which files are installed");
        match self {
            Self::Lock => None,
            Self::Requirements => (!subject.tells_needs()).then_some(NO_REQUIREMENTS),
            Self::Target => target,
            Self::Declarations => subject.declared.is_none().then_some(
                "neither the lock nor an option says what was declared: name the file with `--input`",
            ),
            Self::Files => files,
            Self::FilesAndTarget => files.or(target),
        }
    }
}
