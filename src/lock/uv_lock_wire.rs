//! The shapes of `uv.lock`, key by key, for reading. Unknown keys are passed over.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::{Spanned, Value};

/// What has to be known before anything else is read.
#[derive(Deserialize)]
pub(super) struct VersionWire {
    pub(super) version: Spanned<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct FileWire {
    pub(super) requires_python: Option<String>,
    #[serde(default)]
    pub(super) resolution_markers: Vec<String>,
    #[serde(default)]
    pub(super) supported_markers: Vec<String>,
    #[serde(default)]
    pub(super) manifest: ManifestWire,
    #[serde(default)]
    pub(super) package: Vec<Spanned<PackageWire>>,
}

/// What is declared beside the projects.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ManifestWire {
    pub(super) requirements: Vec<RequirementWire>,
    pub(super) constraints: Vec<RequirementWire>,
    pub(super) overrides: Vec<RequirementWire>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct PackageWire {
    pub(super) name: Spanned<String>,
    pub(super) version: Option<Spanned<String>>,
    pub(super) source: Spanned<SourceWire>,
    #[serde(default)]
    pub(super) resolution_markers: Vec<String>,
    #[serde(default)]
    pub(super) dependencies: Vec<DependencyWire>,
    #[serde(default)]
    pub(super) optional_dependencies: BTreeMap<String, Vec<DependencyWire>>,
    #[serde(default)]
    pub(super) dev_dependencies: BTreeMap<String, Vec<DependencyWire>>,
    #[serde(default)]
    pub(super) metadata: MetadataWire,
    pub(super) sdist: Option<Spanned<FileOfWire>>,
    #[serde(default)]
    pub(super) wheels: Vec<Spanned<FileOfWire>>,
}

/// Where a package comes from: one of the first seven keys.
#[derive(Deserialize)]
pub(super) struct SourceWire {
    pub(super) registry: Option<String>,
    pub(super) git: Option<String>,
    pub(super) url: Option<String>,
    pub(super) path: Option<String>,
    pub(super) directory: Option<String>,
    pub(super) editable: Option<String>,
    #[serde(rename = "virtual")]
    pub(super) virtual_folder: Option<String>,
    pub(super) subdirectory: Option<String>,
}

impl SourceWire {
    /// Whether it is a project of this machine.
    pub(super) fn is_folder(&self) -> bool {
        let folders = [&self.virtual_folder, &self.editable, &self.directory];
        folders.into_iter().any(Option::is_some)
    }
}

#[derive(Deserialize)]
pub(super) struct DependencyWire {
    pub(super) name: Spanned<String>,
    pub(super) version: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) extra: Vec<String>,
    pub(super) marker: Option<String>,
}

/// What the metadata of a project of this machine says.
#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct MetadataWire {
    pub(super) requires_dist: Vec<RequirementWire>,
    pub(super) requires_dev: BTreeMap<String, Vec<RequirementWire>>,
    pub(super) provides_extras: Vec<String>,
}

/// A requirement in parts; one that names a place has no specifier.
#[derive(Deserialize)]
pub(super) struct RequirementWire {
    pub(super) name: Spanned<String>,
    #[serde(default)]
    pub(super) extras: Vec<String>,
    pub(super) specifier: Option<String>,
    pub(super) marker: Option<String>,
    pub(super) git: Option<Value>,
    pub(super) url: Option<Value>,
    pub(super) path: Option<Value>,
    pub(super) directory: Option<Value>,
    pub(super) editable: Option<Value>,
    #[serde(rename = "virtual")]
    pub(super) virtual_folder: Option<Value>,
}

impl RequirementWire {
    /// Whether it names a place and no range of versions.
    pub(super) fn is_by_address(&self) -> bool {
        let places = [&self.git, &self.url, &self.path, &self.directory];
        let folders = [&self.editable, &self.virtual_folder];
        places.into_iter().chain(folders).any(Option::is_some)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct FileOfWire {
    pub(super) url: Option<String>,
    pub(super) path: Option<String>,
    pub(super) filename: Option<String>,
    pub(super) hash: Option<Spanned<String>>,
    pub(super) size: Option<u64>,
    pub(super) upload_time: Option<String>,
}
