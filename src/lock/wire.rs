//! The shapes of `pylock.toml`, key by key as PEP 751 names them, for reading. Unknown keys are
//! passed over, as the specification asks; the tables of pyaudit itself are read in a second step,
//! because another schema of theirs must not keep the rest from being read.

use serde::Deserialize;
use toml::value::Datetime;
use toml::{Spanned, Table};

use super::{LockOptions, LockedTarget};

/// What has to be known before anything else is read.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct VersionWire {
    pub(super) lock_version: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct FileWire {
    pub(super) requires_python: Option<String>,
    #[serde(default)]
    pub(super) environments: Vec<String>,
    #[serde(default)]
    pub(super) extras: Vec<String>,
    #[serde(default)]
    pub(super) dependency_groups: Vec<String>,
    #[serde(default)]
    pub(super) default_groups: Vec<String>,
    pub(super) created_by: String,
    pub(super) packages: Vec<Spanned<PackageWire>>,
    #[serde(default)]
    pub(super) tool: ToolWire,
}

#[derive(Default, Deserialize)]
pub(super) struct ToolWire {
    pub(super) pyaudit: Option<Spanned<Table>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct PackageWire {
    pub(super) name: Spanned<String>,
    pub(super) version: Option<Spanned<String>>,
    pub(super) marker: Option<String>,
    pub(super) requires_python: Option<String>,
    #[serde(default)]
    pub(super) dependencies: Vec<DependencyWire>,
    pub(super) vcs: Option<VcsWire>,
    pub(super) directory: Option<DirectoryWire>,
    pub(super) archive: Option<Spanned<ArtifactWire>>,
    pub(super) index: Option<String>,
    pub(super) sdist: Option<Spanned<ArtifactWire>>,
    #[serde(default)]
    pub(super) wheels: Vec<Spanned<ArtifactWire>>,
    #[serde(default)]
    pub(super) tool: ToolWire,
}

/// What tells an entry from the others of its name may be any key; the version is the only one
/// that edges have a use for.
#[derive(Deserialize)]
pub(super) struct DependencyWire {
    pub(super) name: Option<Spanned<String>>,
    pub(super) version: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct VcsWire {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) url: Option<String>,
    pub(super) path: Option<String>,
    pub(super) requested_revision: Option<String>,
    pub(super) commit_id: String,
    pub(super) subdirectory: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct DirectoryWire {
    pub(super) path: String,
    #[serde(default)]
    pub(super) editable: bool,
    pub(super) subdirectory: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct ArtifactWire {
    pub(super) name: Option<String>,
    pub(super) upload_time: Option<Datetime>,
    pub(super) url: Option<String>,
    pub(super) path: Option<String>,
    pub(super) size: Option<u64>,
    #[serde(default)]
    pub(super) hashes: std::collections::BTreeMap<String, Spanned<String>>,
    pub(super) subdirectory: Option<String>,
}

/// `[packages.tool.pyaudit]`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct PackageRecordWire {
    pub(super) version: Option<String>,
    pub(super) extras: Vec<String>,
    pub(super) requires: Vec<EdgeWire>,
    pub(super) notes: Vec<String>,
}

/// A requirement line; with its answer where several entries have that name.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum EdgeWire {
    Line(String),
    Answered { line: String, version: String },
}

/// `[tool.pyaudit]`.
#[derive(Deserialize)]
pub(super) struct RecordWire {
    pub(super) version: String,
    pub(super) project: Option<String>,
    #[serde(default)]
    pub(super) targets: Vec<LockedTarget>,
    #[serde(default)]
    pub(super) hosts: Vec<String>,
    #[serde(default)]
    pub(super) options: LockOptions,
    #[serde(default)]
    pub(super) declarations: Vec<DeclarationWire>,
}

#[derive(Deserialize)]
pub(super) struct DeclarationWire {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) kind: String,
    pub(super) file: String,
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) section: Option<String>,
    #[serde(default = "holds")]
    pub(super) applies: bool,
    #[serde(default)]
    pub(super) keep: bool,
}

fn holds() -> bool {
    true
}
