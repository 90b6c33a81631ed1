//! What is installed in an environment, beyond what a lock can say: folders, installers, recorded
//! files, copies that hide each other, and how the environment came to be.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::lock::LockedSource;
use crate::package::{MarkerTexts, PackageName, Requirement, Specifiers, Version};
use crate::source::{Origin, SourceFile, Span};

/// An environment, read without running anything in it.
#[derive(Clone, Debug, Default)]
pub struct Installed {
    /// The environment's folder as the user knows it.
    pub root: String,
    /// What kind of environment it is.
    pub kind: EnvironmentKind,
    /// The folders that packages are imported from, the first that has a name counting.
    pub folders: Vec<String>,
    /// What they hold, by folder, name and version.
    pub distributions: Vec<Distribution>,
    /// Files that run code when Python starts, which was not run: it may add folders.
    pub start_code: Vec<String>,
    /// What was left behind by an installation that did not end.
    pub leftovers: Vec<String>,
    /// How the environment is kept.
    pub keeping: Keeping,
}

/// What an environment is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EnvironmentKind {
    /// A virtual environment: it has a `pyvenv.cfg`.
    #[default]
    Virtual,
    /// An environment of conda's: it has a `conda-meta`.
    Conda,
    /// The folders of an interpreter that is no environment of its own.
    Global,
    /// A folder that packages were installed into.
    Folder,
}

/// One installed distribution.
#[derive(Clone, Debug)]
pub struct Distribution {
    /// The project.
    pub name: PackageName,
    /// The version; none where neither its metadata nor its folder says one.
    pub version: Option<Version>,
    /// The folder it is imported from, by its position.
    pub folder: usize,
    /// Where its metadata stands.
    pub info: String,
    /// Whether the interpreter below a virtual environment has it, and not the environment.
    pub is_inherited: bool,
    /// The program that installed it.
    pub installer: Option<String>,
    /// Whether somebody asked for it, and not only another package.
    pub is_requested: bool,
    /// Where it was installed from.
    pub source: LockedSource,
    /// The Python versions it runs on.
    pub requires_python: Option<Specifiers>,
    /// What it requires.
    pub needs: Vec<Requirement>,
    /// The text that says what it requires.
    pub text: Option<Arc<SourceFile>>,
    /// Why what it requires is not known, in words that may follow "because".
    pub unread: Option<String>,
    /// Its files beside its record; none where nobody looked.
    pub files: Option<Files>,
}

/// The files of a distribution beside its record.
#[derive(Clone, Debug)]
pub enum Files {
    /// There is no telling, and why.
    Unknown(&'static str),
    /// They were compared.
    Compared {
        /// How many of them are recorded with a digest, and could be read.
        judged: usize,
        /// Those that are not what was installed, in the record's order.
        altered: Vec<Altered>,
    },
}

/// A file that is not what was installed.
#[derive(Clone, Debug)]
pub struct Altered {
    /// The file, as the record names it.
    pub path: String,
    /// What is the matter with it.
    pub fault: Fault,
    /// The line of the record.
    pub origin: Origin,
}

/// What is the matter with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is not there.
    Missing,
    /// It has another size.
    Size {
        /// The bytes that it had.
        recorded: u64,
        /// The bytes that it has.
        found: u64,
    },
    /// It has the same size, and other bytes.
    Bytes,
}

/// How an environment is kept.
#[derive(Clone, Debug, Default)]
pub struct Keeping {
    /// Whether packages of the interpreter below it are seen, at the line that says so.
    pub shows_base: Option<Origin>,
    /// The file that says that the system's own package manager keeps it.
    pub managed_by_system: Option<String>,
    /// Whether a lock stands beside it; nothing where there is no telling.
    pub has_lock: Option<bool>,
    /// How the repository around it treats it.
    pub in_repository: Option<InRepository>,
    /// Packages of conda's whose files pip wrote over.
    pub overwritten: Vec<Overwritten>,
}

/// How a repository treats an environment in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InRepository {
    /// It is committed.
    Committed,
    /// No line of a `.gitignore` keeps it out.
    NotIgnored,
}

/// A package of conda's whose files another installer wrote over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overwritten {
    /// The distribution that owns the files now.
    pub by: PackageName,
    /// What conda thinks is there: `numpy 1.26.4`.
    pub package: String,
    /// How many files both name.
    pub files: usize,
    /// One of them.
    pub example: String,
}

impl Installed {
    /// Returns the distribution of each name that is imported: that of the first folder, and of
    /// several in one folder the newest.
    pub fn active(&self) -> BTreeMap<&PackageName, &Distribution> {
        let mut active: BTreeMap<&PackageName, &Distribution> = BTreeMap::new();
        for distribution in &self.distributions {
            let first = active.entry(&distribution.name).or_insert(distribution);
            let is_beside = first.folder == distribution.folder;
            if is_beside && first.version < distribution.version {
                *first = distribution;
            }
        }
        active
    }

    /// Returns the distribution of a name that is imported.
    pub fn named(&self, name: &PackageName) -> Option<&Distribution> {
        let of_name = self.distributions.iter().filter(|it| it.name == *name);
        // The first folder counts, and in it the newest.
        of_name.reduce(|first, other| {
            let is_better = first.folder == other.folder && first.version < other.version;
            if is_better { other } else { first }
        })
    }
}

impl EnvironmentKind {
    /// Returns words for it.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Virtual => "a virtual environment",
            Self::Conda => "an environment of conda's",
            Self::Global => "a global interpreter",
            Self::Folder => "a folder of packages",
        }
    }
}

impl Distribution {
    /// Returns `name version`, or the name alone where there is no version.
    pub fn label(&self) -> String {
        match &self.version {
            Some(version) => format!("{} {version}", self.name),
            None => self.name.to_string(),
        }
    }

    /// Whether it is installed in place.
    pub fn is_editable(&self) -> bool {
        matches!(self.source, LockedSource::Directory { editable: true, .. })
    }

    /// Returns the line that says its version, else the folder of its metadata.
    pub fn place(&self) -> Origin {
        let folder = || Origin::whole(&SourceFile::new(self.info.as_str(), ""));
        self.line_of("Version").unwrap_or_else(folder)
    }

    /// Returns the line of a header of its metadata.
    pub fn line_of(&self, name: &str) -> Option<Origin> {
        let file = self.text.as_ref()?;
        let (line, from) = lines(file.text()).find(|line| header(line.0, name).is_some())?;
        Some(Origin::new(file, Span::new(from, line.trim_end().len())))
    }

    /// Returns the line that says a requirement.
    pub fn place_of(&self, requirement: &Requirement) -> Option<Origin> {
        let file = self.text.as_ref()?;
        let markers = &mut MarkerTexts::default();
        let said = lines(file.text()).filter_map(|(line, from)| {
            let text = match header(line, "Requires-Dist") {
                Some(value) => value,
                // A `requires.txt` has nothing but requirements and sections.
                None if !file.label().ends_with("requires.txt") => return None,
                None => line,
            };
            let text = text.trim();
            let read = Requirement::parse_lenient(text, markers).ok()?;
            let is_it = read.name == requirement.name && read.specifiers == requirement.specifiers;
            let at = from + line.find(text)?;
            is_it.then(|| (read.marker == requirement.marker, Span::new(at, text.len())))
        });
        // The same requirement may stand there under other markers.
        let best = said.reduce(|best, other| if other.0 && !best.0 { other } else { best });
        best.map(|(_, span)| Origin::new(file, span))
    }
}

/// Returns the lines of a text, with where each begins.
fn lines(text: &str) -> impl Iterator<Item = (&str, usize)> {
    text.split_inclusive('\n').scan(0, |from, line| {
        let at = *from;
        *from += line.len();
        Some((line, at))
    })
}

/// Returns the value of a header, where the line is one of it.
fn header<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let (said, value) = line.split_once(':')?;
    said.eq_ignore_ascii_case(name).then_some(value)
}
