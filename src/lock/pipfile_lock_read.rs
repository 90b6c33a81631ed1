//! `Pipfile.lock` → [`Lock`]. It has no edges: which package needs which is not in it. Files have
//! hashes and no names.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::toml_reading::{NEWER, problem};
use super::{
    ArtifactPlace, EdgeDetail, Lock, LockedArtifact, LockedPackage, LockedSource, Pin, Pins,
};
use crate::package::{Digest, ExtraName, PackageName, Version};
use crate::source::{Problem, SourceFile};

/// The version of the format that is read.
const SPEC: u64 = 6;

/// The group of what is for development.
const DEV: &str = "dev";

#[derive(Deserialize)]
struct FileWire {
    #[serde(rename = "_meta")]
    meta: MetaWire,
    #[serde(default)]
    default: BTreeMap<String, PackageWire>,
    #[serde(default)]
    develop: BTreeMap<String, PackageWire>,
}

#[derive(Deserialize)]
struct MetaWire {
    #[serde(rename = "pipfile-spec")]
    spec: u64,
    #[serde(default)]
    requires: BTreeMap<String, String>,
    #[serde(default)]
    sources: Vec<SourceWire>,
}

#[derive(Deserialize)]
struct SourceWire {
    name: String,
    url: String,
}

#[derive(Deserialize)]
struct PackageWire {
    version: Option<String>,
    #[serde(default)]
    hashes: Vec<String>,
    #[serde(default)]
    extras: Vec<String>,
    markers: Option<String>,
    index: Option<String>,
    git: Option<String>,
    #[serde(rename = "ref")]
    reference: Option<String>,
    path: Option<String>,
    file: Option<String>,
    #[serde(default)]
    editable: bool,
    subdirectory: Option<String>,
}

/// Reads a lock of Pipenv's; the problem says what was expected where.
pub fn read_pipfile_lock(file: &Arc<SourceFile>) -> Result<Lock, Problem> {
    to_lock(read(file)?, file)
}

/// Reads the same without what is for development: the packages do not say who needs them.
pub fn read_pipfile_lock_without_development(file: &Arc<SourceFile>) -> Result<Lock, Problem> {
    let mut wire = read(file)?;
    wire.develop.clear();
    to_lock(wire, file)
}

/// Reads its pins, with the hashes that the files of each may have.
pub fn read_pipfile_lock_pins(file: &Arc<SourceFile>) -> Result<Pins, Problem> {
    let wire = read(file)?;
    let mut pins = Pins::default();
    for (name, package) in wire.default.into_iter().chain(wire.develop) {
        let digests = digests(&package).collect();
        let package = locked(file, &name, package, &[])?;
        let version = package.version;
        pins.add(package.name, Pin { version, digests });
    }
    Ok(pins)
}

fn read(file: &Arc<SourceFile>) -> Result<FileWire, Problem> {
    let wire: FileWire = serde_json::from_str(file.text()).map_err(|error| {
        let at = offset(file.text(), error.line(), error.column());
        let message = format!("this is not a lock of Pipenv's: {error}");
        problem(file, at..at, message)
    })?;
    if wire.meta.spec != SPEC {
        let message = format!(
            "expected pipfile-spec `{SPEC}`, but found `{}`",
            wire.meta.spec
        );
        return Err(problem(file, 0..0, message).with_help(NEWER));
    }
    Ok(wire)
}

fn to_lock(wire: FileWire, file: &Arc<SourceFile>) -> Result<Lock, Problem> {
    let mut lock = Lock {
        created_by: "pipenv".into(),
        edge_detail: EdgeDetail::Nothing,
        ..Lock::empty()
    };
    let requires = &wire.meta.requires;
    let full = requires
        .get("python_full_version")
        .map(|it| format!("=={it}"));
    let python = requires.get("python_version").map(|it| format!("=={it}.*"));
    lock.requires_python = full.or(python);
    if !wire.develop.is_empty() {
        lock.dependency_groups = vec![DEV.to_owned()];
    }
    let both = wire.default.into_iter().chain(wire.develop);
    for (name, package) in both {
        let package = locked(file, &name, package, &wire.meta.sources)?;
        // What both groups have stands in the file twice.
        if !lock.packages.iter().any(|it| it.name == package.name) {
            lock.packages.push(package);
        }
    }
    Ok(lock.sorted())
}

fn locked(
    file: &Arc<SourceFile>,
    name: &str,
    wire: PackageWire,
    sources: &[SourceWire],
) -> Result<LockedPackage, Problem> {
    let fail = |what: &str, found: &str| {
        let at = file.text().find(&format!("\"{found}\"")).unwrap_or(0);
        let message = format!("expected {what}, but found `{found}`");
        problem(file, at..at, message)
    };
    let digests: Vec<Digest> = digests(&wire).collect();
    let known = name.parse::<PackageName>();
    let known = known.map_err(|_| fail("a package name", name))?;
    let version = match &wire.version {
        // What Pipenv found no version of where it locked is left to the installer.
        Some(text) if text == "*" => None,
        Some(text) => {
            let version = text.trim_start_matches('=').parse::<Version>();
            Some(version.map_err(|_| fail("a version", text))?)
        }
        None => None,
    };
    let mut package = LockedPackage::new(known, version);
    package.marker = wire.markers;
    let extras = wire.extras.into_iter();
    package.extras = extras.filter_map(|it| ExtraName::new(it).ok()).collect();
    let source = sources
        .iter()
        .find(|it| Some(&it.name) == wire.index.as_ref());
    package.index = source.or(sources.first()).map(|it| it.url.clone());
    let subdirectory = wire.subdirectory;
    let archive = |place: ArtifactPlace| LockedArtifact {
        name: place.file_name(),
        upload_time: None,
        size: None,
        digests: digests.clone(),
        place,
    };
    package.source = match (wire.git, wire.path, wire.file) {
        (Some(url), ..) => LockedSource::Vcs {
            kind: "git".to_owned(),
            place: ArtifactPlace::Url(url),
            requested_revision: None,
            commit_id: wire.reference.unwrap_or_default(),
            subdirectory,
        },
        (None, Some(path), _) => LockedSource::Directory {
            path,
            editable: wire.editable,
            subdirectory,
        },
        (None, None, Some(url)) => LockedSource::Archive {
            artifact: archive(ArtifactPlace::Url(url)),
            subdirectory,
        },
        // Which file of the release has which hash is not said: the pins have the hashes.
        (None, None, None) => LockedSource::Registry,
    };
    if !package.is_from_registry() {
        package.index = None;
    }
    Ok(package)
}

fn digests(wire: &PackageWire) -> impl Iterator<Item = Digest> {
    wire.hashes.iter().filter_map(|text| Digest::parse(text))
}

/// Returns the byte at a line and a column, both counted from 1.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let before = text.split_inclusive('\n').take(line.saturating_sub(1));
    let start: usize = before.map(str::len).sum();
    let at = (start + column.saturating_sub(1)).min(text.len());
    (0..=at)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0)
}
