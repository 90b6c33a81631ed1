//! `conda-meta`: what conda thinks it has installed, and where pip wrote over it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::bounded::{bytes_of, entries, plain};
use super::distribution::Found;
use super::record::{MAX_RECORD, Place, read_record};
use crate::audit::Overwritten;
use crate::target::PythonVersion;

/// No record of conda's is larger, and no environment has more.
const MAX_SIZE: u64 = 64 << 20;
const MOST_PACKAGES: usize = 5_000;

/// The name that conda signs its installations with.
pub(super) const CONDA: &str = "conda";

#[derive(Debug, Deserialize)]
struct Wire {
    name: String,
    version: String,
    #[serde(default)]
    files: Vec<String>,
}

/// Returns the Python of an environment: that of `conda-meta/python-3.11.5-….json`.
pub(super) fn python_of(root: &Path) -> Option<PythonVersion> {
    let records = entries(&root.join("conda-meta")).into_iter();
    let mut versions = records.filter_map(|(name, _)| {
        let version = name.strip_prefix("python-")?.split('-').next()?;
        version.parse().ok()
    });
    versions.next()
}

/// Finds the packages of conda's whose files somebody else installed too.
pub(super) fn overwritten(root: &Path, found: &[Found]) -> Vec<Overwritten> {
    let mut owners: BTreeMap<PathBuf, usize> = BTreeMap::new();
    let others = found.iter().enumerate().filter(|(_, it)| {
        it.distribution.installer.as_deref() != Some(CONDA) && !it.distribution.is_inherited
    });
    for (at, found) in others {
        let Some(folder) = found.info.parent() else {
            continue;
        };
        let bytes = bytes_of(&found.info.join("RECORD"), MAX_RECORD).unwrap_or_default();
        let place = Place { folder, root };
        let files = read_record(&String::from_utf8_lossy(&bytes)).into_iter();
        let files = files.filter(|it| !it.path.ends_with(".pyc"));
        owners.extend(files.filter_map(|it| Some((place.of(&it.path)?, at))));
    }
    if owners.is_empty() {
        return Vec::new();
    }
    let records = entries(&root.join("conda-meta")).into_iter();
    let records = records.filter(|(name, _)| name.ends_with(".json"));
    let mut overwritten = Vec::new();
    for (_, path) in records.take(MOST_PACKAGES) {
        let bytes = bytes_of(&path, MAX_SIZE).unwrap_or_default();
        let Ok(wire) = serde_json::from_slice::<Wire>(&bytes) else {
            continue;
        };
        let mut by: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
        for file in &wire.files {
            if let Some(at) = owners.get(&root.join(file)) {
                by.entry(*at).or_default().push(file);
            }
        }
        overwritten.extend(by.into_iter().map(|(at, files)| Overwritten {
            by: found[at].distribution.name.clone(),
            package: plain(&format!("{} {}", wire.name, wire.version)),
            files: files.len(),
            example: plain(files[0]),
        }));
    }
    overwritten
}
