//! `pdm.lock` → [`Lock`]. Edges are PEP 508 lines. A package with extras has an entry of its own
//! beside the plain one, and the two become one. What is declared stands in `pyproject.toml` alone.

use std::ops::Range;
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;

use super::poetry_lock_read::sorted_out;
use super::toml_reading::{Document, NEWER, digest, parsed, problem, requirement};
use super::{
    ArtifactPlace, EdgeDetail, Lock, LockedArtifact, LockedEdge, LockedPackage, LockedSource,
};
use crate::package::{ExtraName, MarkerTexts, PackageName};
use crate::source::{Problem, SourceFile};

/// What has to be known before anything else is read.
#[derive(Deserialize)]
struct VersionWire {
    metadata: LockVersionWire,
}

#[derive(Deserialize)]
struct LockVersionWire {
    lock_version: Spanned<String>,
}

#[derive(Deserialize)]
struct FileWire {
    metadata: MetadataWire,
    #[serde(default)]
    package: Vec<PackageWire>,
}

#[derive(Deserialize)]
struct MetadataWire {
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default)]
    targets: Vec<TargetWire>,
}

#[derive(Deserialize)]
struct TargetWire {
    requires_python: Option<String>,
    platform: Option<String>,
    implementation: Option<String>,
}

#[derive(Deserialize)]
struct PackageWire {
    name: Spanned<String>,
    version: Option<Spanned<String>>,
    #[serde(default)]
    extras: Vec<String>,
    requires_python: Option<String>,
    marker: Option<String>,
    #[serde(default)]
    dependencies: Vec<Spanned<String>>,
    #[serde(default)]
    files: Vec<FileOfWire>,
    url: Option<String>,
    path: Option<String>,
    #[serde(default)]
    editable: bool,
    git: Option<String>,
    #[serde(rename = "ref")]
    reference: Option<String>,
    revision: Option<String>,
    subdirectory: Option<String>,
}

#[derive(Deserialize)]
struct FileOfWire {
    file: Option<String>,
    url: Option<String>,
    hash: Option<Spanned<String>>,
}

/// Reads a lock of PDM's; the problem says what was expected where.
pub fn read_pdm_lock(file: &Arc<SourceFile>) -> Result<Lock, Problem> {
    let document = Document::parse(file)?;
    let version = document
        .part::<VersionWire>("metadata")?
        .metadata
        .lock_version;
    if version.get_ref().split('.').next() != Some("4") {
        let found = version.get_ref();
        let message = format!("expected lock_version `4.5.0`, but found `{found}`");
        return Err(problem(file, version.span(), message).with_help(NEWER));
    }
    let wire: FileWire = document.shape()?;
    let groups = wire.metadata.groups.into_iter();
    let mut lock = Lock {
        dependency_groups: groups.filter(|it| it != "default").collect(),
        created_by: "pdm".into(),
        edge_detail: EdgeDetail::Ranges,
        ..Lock::empty()
    };
    match wire.metadata.targets.as_slice() {
        [only] if only.platform.is_none() && only.implementation.is_none() => {
            lock.requires_python.clone_from(&only.requires_python);
        }
        targets => lock.environments = targets.iter().map(environment).collect(),
    }
    let mut reader = Reader {
        file,
        markers: MarkerTexts::default(),
    };
    for package in wire.package {
        let package = reader.package(package)?;
        let same = |it: &&mut LockedPackage| {
            (&it.name, &it.version) == (&package.name, &package.version)
                && (it.extras.is_empty()
                    || package.extras.is_empty()
                    || it.marker == package.marker)
        };
        match lock.packages.iter_mut().find(same) {
            Some(known) => merge(known, package),
            None => lock.packages.push(package),
        }
    }
    Ok(lock.sorted())
}

/// Adds an entry to another of the same package; the plain one says where it is installed.
fn merge(known: &mut LockedPackage, other: LockedPackage) {
    if other.extras.is_empty() {
        known.marker.clone_from(&other.marker);
    }
    known.extras.extend(other.extras);
    known.edges.extend(other.edges);
}

/// Makes a marker of one of PDM's targets.
fn environment(target: &TargetWire) -> String {
    let mut parts = Vec::new();
    for clause in target.requires_python.iter().flat_map(|it| it.split(',')) {
        let clause = clause.trim();
        let at = clause.find(|c: char| !"<>=!~".contains(c));
        let (operator, version) = clause.split_at(at.unwrap_or(clause.len()));
        if !operator.is_empty() {
            parts.push(format!(
                "python_full_version {operator} '{}'",
                version.trim()
            ));
        }
    }
    let platform = target.platform.as_deref().unwrap_or_default();
    let system = SYSTEMS.iter().find(|(lead, _)| platform.starts_with(lead));
    if let Some((_, system)) = system {
        parts.push(format!("sys_platform == '{system}'"));
        let machine = MACHINES
            .iter()
            .find(|(end, of, _)| platform.ends_with(end) && of == system);
        parts.extend(machine.map(|(_, _, name)| format!("platform_machine == '{name}'")));
    }
    if let Some(name) = &target.implementation {
        parts.push(format!("implementation_name == '{name}'"));
    }
    parts.join(" and ")
}

/// How PDM's platforms begin, and what they are to markers.
const SYSTEMS: &[(&str, &str)] = &[
    ("alpine", "linux"),
    ("linux", "linux"),
    ("macos", "darwin"),
    ("manylinux", "linux"),
    ("musllinux", "linux"),
    ("windows", "win32"),
];

/// How they end, and what that is to markers.
const MACHINES: &[(&str, &str, &str)] = &[
    ("_aarch64", "linux", "aarch64"),
    ("_amd64", "win32", "AMD64"),
    ("_arm64", "darwin", "arm64"),
    ("_arm64", "win32", "ARM64"),
    ("_x86_64", "darwin", "x86_64"),
    ("_x86_64", "linux", "x86_64"),
];

struct Reader<'a> {
    file: &'a Arc<SourceFile>,
    markers: MarkerTexts,
}

impl Reader<'_> {
    fn package(&mut self, wire: PackageWire) -> Result<LockedPackage, Problem> {
        let name: PackageName = parsed(self.file, &wire.name, "a package name")?;
        let version = wire.version.as_ref();
        let version = version
            .map(|version| parsed(self.file, version, "a version"))
            .transpose()?;
        let mut package = LockedPackage::new(name, version);
        let extras = wire.extras.iter();
        package.extras = extras
            .filter_map(|it| ExtraName::new(it.clone()).ok())
            .collect();
        let condition = match wire.extras.as_slice() {
            [only] => Some(format!("extra == '{only}'")),
            _ => None,
        };
        for line in &wire.dependencies {
            let text = on_condition(line.get_ref(), condition.as_deref());
            let requirement = self.requirement(&text, line.span())?;
            // The entry with extras needs the plain one.
            if requirement.name != package.name {
                package.edges.push(LockedEdge {
                    requirement,
                    version: None,
                });
            }
        }
        package.marker = wire.marker.clone().filter(|it| !it.is_empty());
        package.requires_python = wire.requires_python.clone();
        self.place(&mut package, wire)?;
        Ok(package)
    }

    fn requirement(
        &mut self,
        text: &str,
        span: Range<usize>,
    ) -> Result<crate::package::Requirement, Problem> {
        requirement(self.file, text, span, &mut self.markers)
    }

    fn place(&self, package: &mut LockedPackage, wire: PackageWire) -> Result<(), Problem> {
        let files = wire.files.into_iter().map(|file| self.artifact(file));
        let files: Vec<LockedArtifact> = files.collect::<Result<_, _>>()?;
        let subdirectory = wire.subdirectory;
        let archive = |place: ArtifactPlace| {
            let digests = files.first().map(|file| file.digests.clone());
            LockedArtifact {
                name: place.file_name(),
                upload_time: None,
                size: None,
                digests: digests.unwrap_or_default(),
                place,
            }
        };
        let is_archive = |path: &str| !files.is_empty() || path.ends_with(".whl");
        package.source = match (wire.git, wire.url, wire.path) {
            (Some(git), ..) => LockedSource::Vcs {
                kind: "git".into(),
                place: ArtifactPlace::Url(git),
                requested_revision: wire.reference,
                commit_id: wire.revision.unwrap_or_default(),
                subdirectory,
            },
            (None, Some(url), _) => LockedSource::Archive {
                artifact: archive(ArtifactPlace::Url(url)),
                subdirectory,
            },
            (None, None, Some(path)) if is_archive(&path) => LockedSource::Archive {
                artifact: archive(ArtifactPlace::Path(path)),
                subdirectory,
            },
            (None, None, Some(path)) => LockedSource::Directory {
                path,
                editable: wire.editable,
                subdirectory,
            },
            (None, None, None) => {
                package.files = sorted_out(files);
                LockedSource::Registry
            }
        };
        Ok(())
    }

    fn artifact(&self, wire: FileOfWire) -> Result<LockedArtifact, Problem> {
        let digests = wire.hash.as_ref();
        let digests = digests.map(|hash| digest(self.file, hash)).transpose()?;
        let place = match wire.url {
            Some(url) => ArtifactPlace::Url(url),
            None => ArtifactPlace::Index(wire.file.clone().unwrap_or_default()),
        };
        Ok(LockedArtifact {
            name: wire.file.unwrap_or_else(|| place.file_name()),
            place,
            upload_time: None,
            size: None,
            digests: digests.flatten().into_iter().collect(),
        })
    }
}

/// Adds a condition to the marker of a line.
fn on_condition(line: &str, condition: Option<&str>) -> String {
    match (condition, line.split_once(';')) {
        (None, _) => line.to_owned(),
        (Some(condition), None) => format!("{line} ; {condition}"),
        (Some(condition), Some((declared, marker))) => {
            format!("{declared}; ({}) and {condition}", marker.trim())
        }
    }
}
