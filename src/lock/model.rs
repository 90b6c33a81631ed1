//! The lock as a value: packages, their files and their edges, in one stable order. It holds what
//! PEP 751 can say, and what checks and explanations need beside it.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::files::FileDigests;
use super::{LockedFiles, LockedNote, ToolRecord};
use crate::package::{
    Digest, ExtraName, IndexUrl, PackageName, Requirement, Timestamp, Version, origin_of,
};
use crate::target::Target;

/// A set of pinned packages, for the environments it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    /// The Python versions that can install it, as a specifier set.
    pub requires_python: Option<String>,
    /// The environments it was made for, as markers; empty for all of them.
    pub environments: Vec<String>,
    /// The extras that an installer may choose from: those that package markers speak of.
    pub extras: Vec<String>,
    /// The dependency groups that an installer may choose from.
    pub dependency_groups: Vec<String>,
    /// The groups that are installed where none is chosen.
    pub default_groups: Vec<String>,
    /// The tool that made it.
    pub created_by: String,
    /// What is pinned, sorted by name, version and marker.
    pub packages: Vec<LockedPackage>,
    /// How much it says of what its packages require.
    pub edge_detail: EdgeDetail,
    /// What pyaudit keeps for itself; none in the locks of other tools.
    pub tool: Option<ToolRecord>,
}

/// How much a lock says of what its packages require.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EdgeDetail {
    /// Nothing.
    Nothing,
    /// Which packages, and not in which versions: an edge without specifiers says nothing of them.
    Names,
    /// Which packages in which versions.
    Ranges,
}

/// One pinned package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockedPackage {
    /// The project.
    pub name: PackageName,
    /// The version; source trees may have none.
    pub version: Option<Version>,
    /// The environments in which it is installed; none for all of the lock's.
    pub marker: Option<String>,
    /// The Python versions that its files admit.
    pub requires_python: Option<String>,
    /// The index its files were found on.
    pub index: Option<String>,
    /// Where it comes from.
    pub source: LockedSource,
    /// Its wheels and its source archive; none unless the source is a registry.
    pub files: LockedFiles,
    /// What it requires in these environments, sorted.
    pub edges: Vec<LockedEdge>,
    /// Whether these have ranges though those of the lock's other packages have none: it says what
    /// the projects of this machine declare.
    pub has_ranges: bool,
    /// What only one of the file's two lists names, `dependencies` and pyaudit's own: somebody
    /// changed the file. Nothing of it is written.
    pub disputed: Vec<PackageName>,
    /// The extras of it that are asked for, sorted.
    pub extras: Vec<ExtraName>,
    /// What a person should know of this choice, sorted.
    pub notes: Vec<LockedNote>,
}

/// Where a package comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockedSource {
    /// An index or a find-links page: its `files`.
    Registry,
    /// An archive that was named directly.
    Archive {
        /// The file.
        artifact: LockedArtifact,
        /// Where in it the project stands.
        subdirectory: Option<String>,
    },
    /// A folder of this machine.
    Directory {
        /// The folder, relative to the lock file where it can be.
        path: String,
        /// Whether it is to be installed in place.
        editable: bool,
        /// Where in it the project stands.
        subdirectory: Option<String>,
    },
    /// A commit of a repository.
    Vcs {
        /// The version control system: `git`, `hg`, `svn` or `bzr`.
        kind: String,
        /// The repository.
        place: ArtifactPlace,
        /// The branch or tag that was asked for.
        requested_revision: Option<String>,
        /// The commit.
        commit_id: String,
        /// Where in it the project stands.
        subdirectory: Option<String>,
    },
}

/// A distribution file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockedArtifact {
    /// The file name.
    pub name: String,
    /// Where it is.
    pub place: ArtifactPlace,
    /// When it was published.
    pub upload_time: Option<Timestamp>,
    /// How many bytes it has.
    pub size: Option<u64>,
    /// Its digests, sorted.
    pub digests: Vec<Digest>,
}

/// A URL or a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ArtifactPlace {
    /// A URL; it is shown and written without credentials.
    Url(String),
    /// A path, relative to the lock file where it can be.
    Path(String),
    /// The package's index, which knows it by this name: the lock does not say where it is.
    Index(String),
}

/// Something that a package requires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockedEdge {
    /// The requirement as the package's metadata says it.
    pub requirement: Requirement,
    /// The version that answers it; where the lock has but one entry of the name, that entry's.
    pub version: Option<Version>,
}

impl Lock {
    /// Returns a lock of pyaudit's that pins nothing.
    pub fn empty() -> Self {
        Self {
            requires_python: None,
            environments: Vec::new(),
            extras: Vec::new(),
            dependency_groups: Vec::new(),
            default_groups: Vec::new(),
            created_by: "pyaudit".into(),
            packages: Vec::new(),
            edge_detail: EdgeDetail::Ranges,
            tool: None,
        }
    }

    /// Returns the lock with everything in its stable order, each edge, note and digest once, and
    /// each edge answered where the lock has but one entry of its name.
    #[must_use]
    pub fn sorted(mut self) -> Self {
        self.packages.sort_by(|a, b| {
            (&a.name, &a.version, &a.marker).cmp(&(&b.name, &b.version, &b.marker))
        });
        self.answer_edges();
        for package in &mut self.packages {
            package.sort();
        }
        self
    }

    /// Whether it is for all environments of a region; where it does not say so, it has more targets,
    /// which stand for all, than environments.
    pub fn is_universal(&self) -> bool {
        let environments = self.environments.len();
        self.tool.as_ref().is_some_and(|record| {
            let targets = record.targets.len();
            let has_samples = targets > environments.max(1) || targets == 0 && environments > 0;
            record.options.universal || has_samples
        })
    }

    /// Returns the hosts of its files, sorted.
    pub fn hosts(&self) -> Vec<String> {
        let mut origins: BTreeSet<&str> = BTreeSet::new();
        for package in &self.packages {
            match package.files.origin() {
                Some(origin) => drop(origins.insert(origin)),
                None => origins.extend(package.artifacts().filter_map(|it| it.place.origin())),
            }
        }
        let hosts: BTreeSet<String> = origins.into_iter().filter_map(host_of).collect();
        hosts.into_iter().collect()
    }

    fn answer_edges(&mut self) {
        for at in 0..self.packages.len() {
            let mut edges = std::mem::take(&mut self.packages[at].edges);
            for edge in &mut edges {
                match self.named(&edge.requirement.name) {
                    [] => edge.version = None,
                    [only] => edge.version.clone_from(&only.version),
                    _ => {}
                }
            }
            self.packages[at].edges = edges;
        }
    }

    /// Returns the entries of one name: several where environments differ.
    pub fn named(&self, name: &PackageName) -> &[LockedPackage] {
        let from = self
            .packages
            .partition_point(|package| package.name < *name);
        let rest = &self.packages[from..];
        let count = rest.iter().take_while(|package| package.name == *name);
        &rest[..count.count()]
    }
}

impl LockedPackage {
    /// Describes a package of a registry that nothing else is known of yet.
    pub fn new(name: PackageName, version: Option<Version>) -> Self {
        Self {
            name,
            version,
            marker: None,
            requires_python: None,
            index: None,
            source: LockedSource::Registry,
            files: LockedFiles::default(),
            edges: Vec::new(),
            has_ranges: false,
            disputed: Vec::new(),
            extras: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Returns every file of it that can be installed from.
    pub fn artifacts(&self) -> impl Iterator<Item = &LockedArtifact> {
        self.files.artifacts().chain(self.archive())
    }

    /// Returns the digests of each of these files.
    pub(super) fn digests(&self) -> impl Iterator<Item = FileDigests<'_>> {
        let archive = self.archive().map(FileDigests::from);
        self.files.digests().chain(archive)
    }

    fn archive(&self) -> Option<&LockedArtifact> {
        match &self.source {
            LockedSource::Archive { artifact, .. } => Some(artifact),
            LockedSource::Registry | LockedSource::Directory { .. } | LockedSource::Vcs { .. } => {
                None
            }
        }
    }

    /// Returns the wheel that fits a target best, else the first file there is.
    pub fn installed_file(&self, target: Option<&Target>) -> Option<&LockedArtifact> {
        let rank = |wheel: &LockedArtifact| {
            let mut parts = wheel.name.strip_suffix(".whl")?.rsplitn(4, '-');
            let (platform, abi, python) = (parts.next()?, parts.next()?, parts.next()?);
            let tags = format!("{python}-{abi}-{platform}");
            target?.tags().rank(&tags).ok()
        };
        let fitting = self.files.wheels().iter();
        let fitting = fitting.filter_map(|wheel| Some((rank(wheel)?, wheel)));
        let best = fitting.min_by_key(|(rank, _)| *rank);
        let best = best.map(|(_, wheel)| wheel);
        best.or_else(|| self.artifacts().next())
    }

    /// Whether it comes from an index or a find-links page.
    pub fn is_from_registry(&self) -> bool {
        matches!(self.source, LockedSource::Registry)
    }

    /// Whether it is a project in a folder of this machine.
    pub fn is_folder(&self) -> bool {
        matches!(self.source, LockedSource::Directory { .. })
    }

    /// Returns `name version`, or the name alone where there is no version.
    pub fn label(&self) -> String {
        match &self.version {
            Some(version) => format!("{} {version}", self.name),
            None => self.name.to_string(),
        }
    }

    fn sort(&mut self) {
        self.files.sort();
        self.extras.sort();
        self.extras.dedup();
        self.notes.sort();
        self.notes.dedup();
        self.edges.sort_by(LockedEdge::compare);
        self.edges.dedup();
        if let LockedSource::Archive { artifact, .. } = &mut self.source {
            artifact.sort();
        }
    }
}

impl LockedEdge {
    /// Compares the texts of the requirements, then the versions.
    fn compare(&self, other: &Self) -> Ordering {
        let (one, two) = (&self.requirement, &other.requirement);
        let (name, other_name) = (one.name.as_ref(), two.name.as_ref());
        let mut pairs = name.bytes().zip(other_name.bytes());
        // The texts start with the names, which nearly always decide.
        match pairs.find(|(a, b)| a != b) {
            Some((a, b)) => a.cmp(&b),
            None => {
                let texts = one.to_string().cmp(&two.to_string());
                texts.then_with(|| self.version.cmp(&other.version))
            }
        }
    }
}

impl ArtifactPlace {
    /// Returns the URL without credentials, the path, or the name.
    pub fn public(&self) -> String {
        match self {
            Self::Url(url) => IndexUrl::redacted(url),
            Self::Path(path) | Self::Index(path) => path.clone(),
        }
    }

    /// Returns the scheme and host of a URL, and its port where it says one: `https://host`.
    pub fn host(&self) -> Option<String> {
        self.origin().and_then(host_of)
    }

    /// Returns a URL up to its path.
    fn origin(&self) -> Option<&str> {
        let Self::Url(url) = self else { return None };
        origin_of(url)
    }

    /// Returns the last part of the path, percent-decoded for a URL.
    pub(super) fn file_name(&self) -> String {
        match self {
            Self::Url(url) => {
                let path = url.split(['?', '#']).next().unwrap_or_default();
                percent_decoded(path.rsplit('/').next().unwrap_or_default())
            }
            Self::Path(path) => {
                let last = path.rsplit(['/', '\\']).next().unwrap_or_default();
                last.to_owned()
            }
            Self::Index(name) => name.clone(),
        }
    }
}

/// Takes the credentials off what comes before a URL's path.
fn host_of(origin: &str) -> Option<String> {
    let (scheme, rest) = origin.split_once("://")?;
    let host = rest.rsplit('@').next()?;
    Some(format!("{scheme}://{host}").to_ascii_lowercase())
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = (bytes[at] == b'%')
            .then(|| text.get(at + 1..at + 3))
            .flatten()
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        decoded.push(escaped.unwrap_or(bytes[at]));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_is_the_decoded_end_of_its_place() {
        let url = ArtifactPlace::Url("https://files.example/a/torch-2%2Bcu1-x.whl#b=c".into());
        let path = ArtifactPlace::Path("wheels\\a-1.whl".into());

        assert_eq!(url.file_name(), "torch-2+cu1-x.whl");
        assert_eq!(path.file_name(), "a-1.whl");
        assert_eq!(percent_decoded("100%é%2"), "100%é%2");
    }
}
