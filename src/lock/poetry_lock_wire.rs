//! The shapes of `poetry.lock`, key by key, for reading. Unknown keys are passed over.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

/// What has to be known before anything else is read.
#[derive(Deserialize)]
pub(super) struct VersionWire {
    pub(super) metadata: LockVersionWire,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct LockVersionWire {
    pub(super) lock_version: Spanned<String>,
}

#[derive(Deserialize)]
pub(super) struct FileWire {
    #[serde(default)]
    pub(super) package: Vec<PackageWire>,
    #[serde(default)]
    pub(super) extras: BTreeMap<String, Vec<String>>,
    pub(super) metadata: MetadataWire,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct MetadataWire {
    pub(super) python_versions: Option<Spanned<String>>,
    /// The files of all packages, before version 2 of the format.
    #[serde(default)]
    pub(super) files: BTreeMap<String, Vec<FileOfWire>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct PackageWire {
    pub(super) name: Spanned<String>,
    pub(super) version: Spanned<String>,
    pub(super) python_versions: Option<String>,
    #[serde(default)]
    pub(super) groups: Vec<String>,
    pub(super) markers: Option<MarkersWire>,
    #[serde(default)]
    pub(super) files: Vec<FileOfWire>,
    #[serde(default)]
    pub(super) dependencies: BTreeMap<Spanned<String>, DependencyWire>,
    pub(super) source: Option<SourceWire>,
}

/// Where a package is installed: for all groups alike, or group by group.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum MarkersWire {
    Everywhere(String),
    ByGroup(BTreeMap<String, String>),
}

#[derive(Clone, Deserialize)]
pub(super) struct FileOfWire {
    pub(super) file: String,
    pub(super) url: Option<String>,
    pub(super) hash: Option<Spanned<String>>,
}

/// A dependency: a constraint, one with conditions, or several.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum DependencyWire {
    Constraint(String),
    Conditional(ConditionalWire),
    Several(Vec<DependencyWire>),
}

#[derive(Deserialize)]
pub(super) struct ConditionalWire {
    pub(super) version: Option<String>,
    #[serde(default)]
    pub(super) extras: Vec<String>,
    pub(super) markers: Option<String>,
    pub(super) python: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct SourceWire {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) url: String,
    pub(super) reference: Option<String>,
    pub(super) resolved_reference: Option<String>,
    pub(super) subdirectory: Option<String>,
}
