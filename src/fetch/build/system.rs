//! `[build-system]` of a source tree (PEP 517, PEP 518), with the defaults of a tree without one.

use std::path::{Component, Path};

use serde::Deserialize;

use super::error::BuildError;
use crate::package::Requirement;

/// How a source tree is built.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BuildSystem {
    /// What has to be installed, as valid requirements.
    pub(super) requires: Vec<String>,
    /// The backend, as `module:object`.
    pub(super) backend: String,
    /// Folders of the tree that the backend is imported from.
    pub(super) backend_path: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct File {
    build_system: Option<Table>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Table {
    #[serde(default)]
    requires: Vec<String>,
    build_backend: Option<String>,
    #[serde(default)]
    backend_path: Vec<String>,
}

const DEFAULT_BACKEND: &str = "setuptools.build_meta:__legacy__";
const DEFAULT_REQUIRES: &[&str] = &["setuptools>=40.8.0", "wheel"];

impl BuildSystem {
    /// Reads that of a source tree; `pyproject` is the text of its `pyproject.toml`.
    pub(super) fn read(pyproject: Option<&str>) -> Result<Self, BuildError> {
        let table = match pyproject.map(toml::from_str::<File>) {
            None => None,
            Some(Ok(file)) => file.build_system,
            Some(Err(error)) => {
                let met = format!("its `pyproject.toml` cannot be read: {}", error.message());
                return Err(BuildError::of_version(met));
            }
        };
        let Some(table) = table else {
            return Ok(Self {
                requires: DEFAULT_REQUIRES.iter().map(ToString::to_string).collect(),
                backend: DEFAULT_BACKEND.to_owned(),
                backend_path: Vec::new(),
            });
        };
        check_requires(&table.requires)?;
        if let Some(path) = table.backend_path.iter().find(|path| !is_inside(path)) {
            let met = format!("its `backend-path` leaves the source tree: `{path}`");
            return Err(BuildError::of_version(met));
        }
        Ok(Self {
            requires: table.requires,
            backend: table
                .build_backend
                .unwrap_or_else(|| DEFAULT_BACKEND.to_owned()),
            backend_path: table.backend_path,
        })
    }
}

/// Refuses what is no requirement: pip would take a line that starts with `-` for an option.
pub(super) fn check_requires(requires: &[String]) -> Result<(), BuildError> {
    for text in requires {
        let is_one_line = !text.contains(['\n', '\r']);
        let starts_with_name = text.trim_start().starts_with(char::is_alphanumeric);
        if !is_one_line || !starts_with_name || Requirement::parse(text).is_err() {
            let met = format!("what its build requires is no requirement: `{text}`");
            return Err(BuildError::of_version(met));
        }
    }
    Ok(())
}

/// Whether a path stays below the folder it starts in.
fn is_inside(path: &str) -> bool {
    Path::new(path)
        .components()
        .all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_that_says_nothing_is_built_by_setuptools() {
        for text in [None, Some("[project]\nname = 'a'")] {
            let system = BuildSystem::read(text).unwrap();

            assert_eq!(system.backend, DEFAULT_BACKEND);
            assert_eq!(system.requires, DEFAULT_REQUIRES);
        }
    }

    #[test]
    fn a_backend_outside_the_tree_and_options_for_pip_are_refused() {
        for text in [
            "[build-system]\nrequires = []\nbackend-path = ['../x']",
            "[build-system]\nrequires = []\nbackend-path = ['/x']",
            "[build-system]\nrequires = ['--index-url=https://h.example']",
            "[build-system]\nrequires = [\"a\\n--pre\"]",
        ] {
            assert!(BuildSystem::read(Some(text)).is_err(), "{text}");
        }
    }
}
