//! What was declared, from all files together, and how the parts of one come to be a whole.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use super::commands::{BaseImage, FileRole};
use super::formats::{FormatList, FormatName};
use super::{FormatControl, Selection, ToolEnvironments};
use crate::package::{
    Declaration, DeclarationKind, Digest, DirectUrl, ExtraName, IndexUrl, Marker, PackageName,
    Specifiers,
};
use crate::source::{Origin, Problem};

/// A value with the place that says it.
pub type Located<T> = (T, Origin);

/// Everything that inputs declare.
#[derive(Clone, Debug, Default)]
pub struct Manifest {
    /// Requirements, constraints and overrides, in the order of the files.
    pub declarations: Vec<Declaration>,
    /// Direct references whose project only their own metadata can name.
    pub unnamed: Vec<Unnamed>,
    /// Packages that conda and pip both install.
    pub doubled: Vec<Doubled>,
    /// Lists of requirements on other machines, which are not fetched.
    pub remote_lists: Vec<Located<String>>,
    /// Packages to leave out wherever something requires them.
    pub excludes: Vec<Located<PackageName>>,
    /// The Python versions that the project says it runs on.
    pub requires_python: Option<Located<Specifiers>>,
    /// The name of a `pyproject.toml`'s project.
    pub name: Option<PackageName>,
    /// Where packages are looked for.
    pub indexes: IndexOptions,
    /// `--no-binary` and `--only-binary`.
    pub formats: FormatControl,
    /// `--pre`.
    pub allow_prereleases: bool,
    /// `--require-hashes`.
    pub require_hashes: bool,
    /// The settings of `[tool.pyaudit]`, or of `[tool.uv]` where it means the same.
    pub tool: ToolTable,
    /// What they say of the machine that they install into.
    pub machine: Machine,
    /// What is wrong with the inputs.
    pub problems: Vec<Problem>,
}

/// What inputs say of the machine that they install into.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// The image that it starts from.
    pub image: Option<BaseImage>,
    /// The Python that a command installs: `3.12`.
    pub python: Option<Located<String>>,
    /// The packages of its operating system that commands install, without versions.
    pub system_packages: Vec<Located<String>>,
}

/// A direct reference that does not say which project it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unnamed {
    /// Where it is.
    pub url: Arc<DirectUrl>,
    /// The extras asked for, sorted, each once.
    pub extras: Vec<ExtraName>,
    /// The environments in which it counts.
    pub marker: Marker,
    /// Hashes given with `--hash`.
    pub digests: Vec<Digest>,
    /// Where it stands.
    pub origin: Origin,
}

/// A package that conda installs, and pip over it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubled {
    /// The package.
    pub name: PackageName,
    /// The versions that pip is asked for.
    pub by_pip: Located<Specifiers>,
    /// Those that conda is asked for, in the words of PEP 440.
    pub by_conda: Located<Specifiers>,
}

impl Doubled {
    /// Returns it as a warning.
    pub fn warning(&self) -> Problem {
        let Self { name, by_conda, .. } = self;
        let message = format!(
            "pip installs `{name}` over the one of conda at {}",
            by_conda.1
        );
        Problem::at(self.by_pip.1.clone(), message)
            .with_help("Leave it to one of the two: conda does not see what pip changes.")
            .as_warning()
    }
}

/// Where packages are looked for, as the files say; the command line outranks all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexOptions {
    /// `--index-url`: takes the default index's place.
    pub index_url: Option<Located<IndexUrl>>,
    /// `--extra-index-url`, in order.
    pub extra_index_urls: Vec<Located<IndexUrl>>,
    /// `--find-links`, in order; `file:` for folders.
    pub find_links: Vec<Located<IndexUrl>>,
    /// `--no-index`.
    pub no_index: bool,
    /// The index tables, in order.
    pub tables: Vec<IndexTable>,
    /// Packages tied to an index by name.
    pub pinned: Vec<PinnedIndex>,
    /// `--trusted-host`.
    pub trusted_hosts: Vec<Located<String>>,
}

/// One `[[tool.pyaudit.index]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexTable {
    /// The name that `sources` use.
    pub name: Option<String>,
    /// Its address.
    pub url: IndexUrl,
    /// Whether only packages that name it are looked for there.
    pub is_explicit: bool,
    /// Whether it takes the default index's place.
    pub is_default: bool,
    /// Whether it is a flat page of links.
    pub is_flat: bool,
    /// The statuses by which it says that it does not have something, where the file says so.
    pub statuses_for_missing: Option<Vec<u16>>,
    /// Where its address stands.
    pub origin: Origin,
}

impl IndexTable {
    /// Describes an index of the usual shape for the packages that name it, and for no others.
    pub fn explicit(name: Option<String>, url: IndexUrl, origin: Origin) -> Self {
        Self {
            name,
            url,
            is_explicit: true,
            is_default: false,
            is_flat: false,
            statuses_for_missing: None,
            origin,
        }
    }
}

/// `sources = { torch = { index = "name" } }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinnedIndex {
    /// The package.
    pub package: PackageName,
    /// The index table's name.
    pub index: String,
    /// The environments in which it counts.
    pub marker: Marker,
    /// The only section whose declarations it counts for.
    pub section: Option<String>,
    /// Where the index is named.
    pub origin: Origin,
}

/// Settings of a lock; words of fixed lists are known to be on them, the rest is the caller's to
/// understand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolTable {
    /// `target.python`.
    pub python: Option<Located<String>>,
    /// `target.platform`.
    pub platform: Option<Located<String>>,
    /// `target.cuda`, the CUDA toolkit.
    pub cuda: Option<Located<String>>,
    /// `target.driver`, the version of NVIDIA's driver.
    pub driver: Option<Located<String>>,
    /// `target.gpu`: names or compute capabilities.
    pub gpus: Vec<Located<String>>,
    /// `target.torch`: a flavour, `auto` or `pypi`.
    pub torch: Option<Located<String>>,
    /// `torch-index-url`: below it, every flavour has its index.
    pub torch_index: Option<Located<IndexUrl>>,
    /// `facts`: the file with the user's own, absolute.
    pub facts: Option<Located<PathBuf>>,
    /// The environments to lock for.
    pub environments: ToolEnvironments,
    /// `highest`, `lowest` or `lowest-direct`.
    pub resolution: Option<Located<String>>,
    /// One of the five policies on pre-releases.
    pub prerelease: Option<Located<String>>,
    /// One of the three index strategies.
    pub index_strategy: Option<Located<String>>,
    /// The cut-off, a date, time or duration.
    pub exclude_newer: Option<Located<String>>,
    /// Cut-offs of single packages; `None` lifts it.
    pub exclude_newer_package: BTreeMap<PackageName, Located<Option<String>>>,
    /// Which packages may be built to learn their metadata.
    pub allow_build: Option<Located<AllowBuild>>,
}

/// Which packages may run code to be built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllowBuild {
    /// All or none.
    All(bool),
    /// These.
    Packages(BTreeSet<PackageName>),
}

/// One thing that a requirements file says, in the order it says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    /// A requirement, constraint or override.
    Declaration(Declaration),
    /// A requirement that does not say its name.
    Unnamed(Unnamed),
    /// `-r` or `-c`.
    Include(Include),
    /// `--find-links` with a path, which is looked for beside the file first, then in the current
    /// folder, as pip does.
    FindLinksPath(Located<String>),
    /// A file of the project that a command reads.
    File(ProjectFile),
    /// Packages that a command removes, of those that the same file has declared before.
    Remove(Vec<PackageName>),
    /// Any other option.
    Setting(Setting),
}

/// A file of the project that a command reads, by the name that it has where the command runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectFile {
    /// Where it can be, likeliest first: relative to the project's folder, and never out of it.
    pub paths: Vec<String>,
    /// What it is read for.
    pub role: FileRole,
    /// What of it is asked for, where it is the file of a project whose dependencies are installed, and
    /// perhaps not itself.
    pub synced: Option<Selection>,
    /// What the command says: `/app/requirements.txt`, `.[gpu]`.
    pub text: String,
    /// What its requirements are.
    pub kind: DeclarationKind,
    /// Where it is named.
    pub origin: Origin,
}

/// A file to be read in the place of an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Include {
    /// The path, relative to the file that names it, or an address.
    pub path: String,
    /// What its requirements are.
    pub kind: DeclarationKind,
    /// Where it is named.
    pub origin: Origin,
}

/// An option of a requirements file that counts for the whole lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// `--index-url`.
    IndexUrl(Located<IndexUrl>),
    /// `--extra-index-url`.
    ExtraIndexUrl(Located<IndexUrl>),
    /// `--find-links` with an address.
    FindLinks(Located<IndexUrl>),
    /// `--no-index`.
    NoIndex,
    /// `--pre`.
    Pre,
    /// `--require-hashes`.
    RequireHashes,
    /// `--no-binary` or `--only-binary`.
    Formats(FormatList, Vec<FormatName>),
    /// `--trusted-host`.
    TrustedHost(Located<String>),
}

impl Manifest {
    /// Applies an option after those applied before. A later `--index-url` takes the place of an
    /// earlier one, as in pip, with a warning where they differ; the others add up.
    pub fn set(&mut self, setting: Setting) {
        let indexes = &mut self.indexes;
        match setting {
            Setting::IndexUrl(url) => self.set_index_url(url),
            Setting::ExtraIndexUrl(url) => push_new(&mut indexes.extra_index_urls, url),
            Setting::FindLinks(url) => push_new(&mut indexes.find_links, url),
            Setting::NoIndex => indexes.no_index = true,
            Setting::Pre => self.allow_prereleases = true,
            Setting::RequireHashes => self.require_hashes = true,
            Setting::Formats(list, values) => self.formats.apply(list, &values),
            Setting::TrustedHost(host) => push_new(&mut indexes.trusted_hosts, host),
        }
    }

    /// Adds what another input says. Declarations, excludes and indexes add up in order. Of what
    /// there can only be one (`--index-url` aside, see [`Manifest::set`]), the first input that
    /// says it wins: `requires-python`, the project's name, each setting of the tool table.
    pub fn merge(&mut self, other: Self) {
        self.declarations.extend(other.declarations);
        self.unnamed.extend(other.unnamed);
        self.doubled.extend(other.doubled);
        self.remote_lists.extend(other.remote_lists);
        self.excludes.extend(other.excludes);
        self.problems.extend(other.problems);
        self.requires_python = self.requires_python.take().or(other.requires_python);
        self.name = self.name.take().or(other.name);
        self.allow_prereleases |= other.allow_prereleases;
        self.require_hashes |= other.require_hashes;
        self.formats.merge(other.formats);
        self.tool.merge(other.tool);
        self.machine.merge(other.machine);
        self.merge_indexes(other.indexes);
    }

    fn merge_indexes(&mut self, other: IndexOptions) {
        if let Some(url) = other.index_url {
            self.set_index_url(url);
        }
        let indexes = &mut self.indexes;
        for url in other.extra_index_urls {
            push_new(&mut indexes.extra_index_urls, url);
        }
        for url in other.find_links {
            push_new(&mut indexes.find_links, url);
        }
        for host in other.trusted_hosts {
            push_new(&mut indexes.trusted_hosts, host);
        }
        indexes.no_index |= other.no_index;
        indexes.tables.extend(other.tables);
        indexes.pinned.extend(other.pinned);
    }

    fn set_index_url(&mut self, url: Located<IndexUrl>) {
        if let Some((former, place)) = &self.indexes.index_url
            && *former != url.0
        {
            self.problems.push(
                Problem::at(
                    url.1.clone(),
                    format!("this index takes the place of the one at {place}"),
                )
                .with_help("To look in both, give one of them as `--extra-index-url`.")
                .as_warning(),
            );
        }
        self.indexes.index_url = Some(url);
    }
}

impl ToolTable {
    fn merge(&mut self, other: Self) {
        fn first<T>(mine: &mut Option<Located<T>>, theirs: Option<Located<T>>) {
            *mine = mine.take().or(theirs);
        }
        first(&mut self.python, other.python);
        first(&mut self.platform, other.platform);
        first(&mut self.cuda, other.cuda);
        first(&mut self.driver, other.driver);
        if self.gpus.is_empty() {
            self.gpus = other.gpus;
        }
        if self.environments == ToolEnvironments::default() {
            self.environments = other.environments;
        }
        first(&mut self.torch, other.torch);
        first(&mut self.torch_index, other.torch_index);
        first(&mut self.facts, other.facts);
        first(&mut self.resolution, other.resolution);
        first(&mut self.prerelease, other.prerelease);
        first(&mut self.index_strategy, other.index_strategy);
        first(&mut self.exclude_newer, other.exclude_newer);
        first(&mut self.allow_build, other.allow_build);
        for (package, cutoff) in other.exclude_newer_package {
            self.exclude_newer_package.entry(package).or_insert(cutoff);
        }
    }
}

/// The same value said twice counts once.
fn push_new<T: PartialEq>(values: &mut Vec<Located<T>>, value: Located<T>) {
    if !values.iter().any(|known| known.0 == value.0) {
        values.push(value);
    }
}
