//! A rule: its names, what it weighs, what it has to be given, and the function that looks.

use super::remarks::Remarks;
use super::{Kind, Severity, Subject};

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
    /// Its page, as Markdown: what it finds, why that matters, an example, what to do.
    pub page: &'static str,
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
    /// The text of a lock: what is resolved today, or installed, has none.
    LockFile,
    /// To know the files that are installed from.
    Files,
    /// What the indexes say.
    Index,
    /// What advisories say.
    Advisories,
    /// An environment.
    Installed,
    /// An environment, or to know what was declared.
    InstalledOrDeclared,
    /// The files of the packages.
    Contents,
    /// Solves of the declarations.
    Trials,
    /// The texts of the project.
    Texts,
}

/// Why a rule has nothing to go by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lacking {
    /// Nobody asked for what it needs: it is left out.
    NotAsked(&'static str),
    /// What it needs cannot be had: nothing could be judged.
    Unknown(&'static str),
}

/// Why rules on requirements have nothing to go by.
pub(super) const NO_REQUIREMENTS: &str = "the lock does not say what its packages require";

/// Why ranges cannot be judged.
pub(super) const NO_RANGES: &str =
    "the lock says which packages are required, and not in which versions";

/// Why rules on targets have nothing to go by.
pub(super) const NO_TARGET: &str =
    "neither the lock nor an option says where it has to run: add `--python 3.12 --platform linux`";

/// Why rules on what indexes have are left out.
const NO_NETWORK: &str = "without the network (`--offline`)";

/// Why a requirements file cannot be judged by more than its pins.
pub(super) const PINS_ALONE: &str =
    "a requirements file says neither which versions are required nor which files are installed";

/// The same of the lock of Pipenv, which names its packages with their hashes.
pub(super) const KEYS_ALONE: &str =
    "a Pipfile.lock says neither which versions are required nor which files are installed";

impl Needs {
    /// Whether a rule has anything to say of a subject: what has no lock has no text of one, and
    /// where nothing is resolved there is no set to look at.
    pub(super) fn concerns(self, subject: &Subject<'_>) -> bool {
        let is_of_locks = matches!(self, Self::LockFile | Self::Files);
        let has_builds = subject
            .evidence
            .index
            .is_some_and(|it| !it.builds.is_empty());
        match (subject.kind, self) {
            (_, Self::InstalledOrDeclared) => {
                subject.declared.is_some() || subject.evidence.installed.is_some()
            }
            (Kind::Lock, Self::Trials | Self::Installed) => false,
            (Kind::Lock, _) | (Kind::Declarations, Self::Trials | Self::Texts) => true,
            (Kind::Declarations, Self::Declarations | Self::Installed) => false,
            (Kind::Declarations, Self::Index) if has_builds => true,
            (Kind::Declarations, _) => !is_of_locks && !subject.lock.packages.is_empty(),
            (Kind::Environment, Self::Trials | Self::Texts | Self::Index) => false,
            (Kind::Environment, _) => !is_of_locks,
        }
    }

    /// Returns why there is not enough to go by.
    pub(super) fn missing(self, subject: &Subject<'_>) -> Option<Lacking> {
        let evidence = &subject.evidence;
        let unasked = |is_there: bool, why| (!is_there).then_some(Lacking::NotAsked(why));
        let target = subject
            .target_is_unknown()
            .then_some(Lacking::Unknown(NO_TARGET));
        match self {
            Self::Lock | Self::LockFile | Self::InstalledOrDeclared => None,
            // What files say of themselves, metadata-mismatch holds the lock to.
            Self::Requirements => (!subject.tells_needs() && evidence.index.is_none())
                .then_some(Lacking::Unknown(subject.lacks_needs())),
            Self::Target => target,
            Self::Declarations if subject.kind == Kind::Environment => unasked(
                subject.declared.is_some(),
                "without declarations or a lock to hold the environment to",
            ),
            Self::Declarations if subject.is_by_hand() => Some(Lacking::NotAsked(
                "without a file that it was locked from (`--input`)",
            )),
            Self::Declarations => subject.declared.is_none().then_some(Lacking::Unknown(
                "neither the lock nor an option says what was declared: name the file with `--input`",
            )),
            Self::Files => unasked(subject.tells_files() || evidence.index.is_some(), NO_NETWORK),
            Self::Index => unasked(evidence.index.is_some(), NO_NETWORK),
            Self::Advisories => {
                unasked(evidence.advisories.is_some(), "without advisories (`--advisories`)")
            }
            Self::Installed => unasked(evidence.installed.is_some(), "without an environment (`--env`)"),
            Self::Contents => unasked(
                evidence.contents.is_some(),
                "without the packages' files (`--deep`, `--env`)",
            ),
            Self::Trials => unasked(evidence.trials.is_some(), "without solving the declarations"),
            Self::Texts => unasked(evidence.texts.is_some(), "without the texts of the project"),
        }
    }
}
