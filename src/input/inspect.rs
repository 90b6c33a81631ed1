//! What `pip inspect` writes: the packages of an environment, with what they say of themselves.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::source::{Problem, SourceFile};

/// More packages than any environment has; those beyond are passed over.
const MOST: usize = 20_000;

/// The report of `pip inspect`.
#[derive(Debug, Deserialize)]
pub struct Inspected {
    /// What is installed, in the order of the report.
    pub installed: Vec<InspectedPackage>,
    #[serde(default)]
    environment: BTreeMap<String, serde_json::Value>,
}

/// One installed package.
#[derive(Debug, Deserialize)]
pub struct InspectedPackage {
    /// Its core metadata.
    pub metadata: InspectedMetadata,
    /// Whether somebody asked for it by name.
    #[serde(default)]
    pub requested: bool,
    /// Where it came from, if from no index (PEP 610).
    pub direct_url: Option<InspectedUrl>,
}

/// Core metadata, as texts.
#[derive(Debug, Deserialize)]
pub struct InspectedMetadata {
    /// `Name`.
    pub name: String,
    /// `Version`.
    pub version: String,
    /// `Requires-Dist`.
    #[serde(default)]
    pub requires_dist: Vec<String>,
    /// `Requires-Python`.
    pub requires_python: Option<String>,
    /// `Provides-Extra`.
    #[serde(default)]
    pub provides_extra: Vec<String>,
}

/// The origin of a package that came from no index (PEP 610).
#[derive(Debug, Deserialize)]
pub struct InspectedUrl {
    /// The address.
    pub url: String,
    /// Its repository.
    pub vcs_info: Option<InspectedVcs>,
    /// Its folder.
    pub dir_info: Option<InspectedFolder>,
}

/// A repository (PEP 610).
#[derive(Debug, Deserialize)]
pub struct InspectedVcs {
    /// Its kind, such as `git`.
    pub vcs: String,
    /// The revision that was asked for.
    pub requested_revision: Option<String>,
    /// The commit that it was.
    pub commit_id: Option<String>,
}

/// A folder (PEP 610).
#[derive(Debug, Deserialize)]
pub struct InspectedFolder {
    /// Whether it is imported from where it lies.
    #[serde(default)]
    pub editable: bool,
}

impl Inspected {
    /// Reads a report.
    pub fn read(file: &SourceFile) -> Result<Self, Problem> {
        let text = file.text().trim_start_matches('\u{feff}');
        let mut read: Self = serde_json::from_str(text).map_err(|error| {
            let label = file.label();
            Problem::anywhere(format!(
                "`{label}` is not what `pip inspect` writes: {error}"
            ))
        })?;
        read.installed.truncate(MOST);
        Ok(read)
    }

    /// Returns the full version of its Python.
    pub fn python(&self) -> Option<String> {
        let python = self.environment.get("python_full_version")?;
        python.as_str().map(str::to_owned)
    }
}
