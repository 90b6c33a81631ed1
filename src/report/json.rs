//! The outcome of `pyaudit lock` for machines, version 1. Within a version keys are only added;
//! nothing in it depends on the clock, so that the same lock gives the same bytes. The schema
//! stands in `fixtures/schemas/pyaudit.lock.v1.json`.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::conflict::ConflictReport;
use super::plan_json::baseline_json;
use crate::lock::{
    ArtifactPlace, Lock, LockChange, LockedArtifact, LockedPackage, LockedSource, LockedTarget, Via,
};
use crate::package::{IndexUrl, PackageName};
use crate::sequence::{Baseline, Break, Effect};
use crate::source::Problem;

/// The whole report; serialize it with any serde format.
#[derive(Debug, Serialize)]
pub struct LockReport {
    schema: Schema,
    #[serde(flatten)]
    outcome: LockOutcome,
}

#[derive(Debug, Serialize)]
struct Schema {
    name: &'static str,
    version: &'static str,
}

/// How locking ended.
#[derive(Debug, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum LockOutcome {
    /// There is a lock.
    Locked(LockedReport),
    /// There is none.
    Conflict(ConflictReport),
}

/// What was locked.
#[derive(Debug, Serialize)]
pub struct LockedReport {
    targets: Vec<TargetJson>,
    output: Option<String>,
    packages: Vec<PackageJson>,
    changes: Option<Vec<ChangeJson>>,
    warnings: Vec<WarningJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<Value>,
}

/// What is not known of the accelerators has no key.
#[derive(Debug, Serialize)]
struct TargetJson {
    python: String,
    platform: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    flavour: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cuda: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    driver: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    gpus: Vec<GpuJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    facts: Option<String>,
}

#[derive(Debug, Serialize)]
struct GpuJson {
    name: Option<String>,
    capability: String,
}

#[derive(Debug, Serialize)]
struct PackageJson {
    name: String,
    version: Option<String>,
    source: &'static str,
    index: Option<String>,
    marker: Option<String>,
    requires_python: Option<String>,
    extras: Vec<String>,
    via: Vec<ViaJson>,
    artifacts: Vec<ArtifactJson>,
    notes: Vec<NoteJson>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum ViaJson {
    Package {
        name: String,
        version: Option<String>,
    },
    Declaration {
        declaration: &'static str,
        text: String,
        file: String,
        line: usize,
        column: usize,
        section: Option<String>,
    },
}

#[derive(Debug, Serialize)]
struct ArtifactJson {
    name: String,
    url: Option<String>,
    path: Option<String>,
    size: Option<u64>,
    upload_time: Option<String>,
    hashes: BTreeMap<&'static str, String>,
}

#[derive(Debug, Serialize)]
struct NoteJson {
    kind: &'static str,
    text: String,
}

#[derive(Debug, Serialize)]
struct ChangeJson {
    kind: &'static str,
    name: String,
    from: Option<String>,
    to: Option<String>,
}

#[derive(Debug, Serialize)]
struct WarningJson {
    message: String,
    help: Option<String>,
    file: Option<String>,
    line: Option<usize>,
    column: Option<usize>,
}

impl LockReport {
    /// Wraps an outcome with the name and version of the schema.
    pub fn new(outcome: LockOutcome) -> Self {
        Self {
            schema: Schema {
                name: "pyaudit.lock",
                version: "1",
            },
            outcome,
        }
    }
}

impl LockReport {
    /// Writes it as indented JSON with a newline at its end.
    pub fn to_json(&self) -> String {
        to_text(self)
    }
}

/// Writes a report as indented JSON with a newline at its end. Of control characters JSON lets
/// those beyond ASCII stand, and some terminals heed them.
pub(super) fn to_text<T: Serialize>(report: &T) -> String {
    // Strings, numbers and maps with string keys always serialize.
    let pretty = serde_json::to_string_pretty(report).unwrap_or_default();
    let mut text = String::with_capacity(pretty.len() + 1);
    for c in pretty.chars() {
        match c {
            '\u{7f}'..='\u{9f}' => text.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => text.push(c),
        }
    }
    text + "\n"
}

impl LockedReport {
    /// Describes a lock; `changes` is none where there was no former one, `output` none for
    /// standard output.
    pub fn new(
        lock: &Lock,
        output: Option<&str>,
        changes: Option<&[LockChange]>,
        warnings: &[Problem],
    ) -> Self {
        let via = lock.via();
        let targets = lock.tool.iter().flat_map(|tool| &tool.targets);
        let packages = lock.packages.iter().map(|package| {
            let reasons = via.get(&package.name).map_or(&[][..], Vec::as_slice);
            package_json(package, reasons)
        });
        Self {
            targets: targets.map(target_json).collect(),
            output: output.map(str::to_owned),
            packages: packages.collect(),
            changes: changes.map(|changes| changes.iter().map(change_json).collect()),
            warnings: warnings.iter().map(warning_json).collect(),
            baseline: None,
        }
    }

    /// Adds what the lock does to what is installed.
    #[must_use]
    pub fn over(
        mut self,
        before: &Baseline,
        effect: &Effect,
        broken: &[Break],
        keep: &[PackageName],
    ) -> Self {
        self.baseline = Some(baseline_json(before, effect, broken, keep));
        self
    }
}

fn target_json(target: &LockedTarget) -> TargetJson {
    let gpus = target.gpus.iter().map(|gpu| GpuJson {
        name: gpu.name.clone(),
        capability: gpu.capability.clone(),
    });
    TargetJson {
        python: target.python.clone(),
        platform: target.platform.clone(),
        flavour: target.flavour.clone(),
        cuda: target.cuda.clone(),
        driver: target.driver.clone(),
        gpus: gpus.collect(),
        facts: target.facts.clone(),
    }
}

fn package_json(package: &LockedPackage, via: &[Via<'_>]) -> PackageJson {
    let notes = package.notes.iter().map(|note| NoteJson {
        kind: note.kind(),
        text: note.to_string(),
    });
    PackageJson {
        name: package.name.to_string(),
        version: package.version.as_ref().map(ToString::to_string),
        source: match package.source {
            LockedSource::Registry => "registry",
            LockedSource::Archive { .. } => "archive",
            LockedSource::Directory { .. } => "directory",
            LockedSource::Vcs { .. } => "vcs",
        },
        index: package.index.as_deref().map(IndexUrl::redacted),
        marker: package.marker.clone(),
        requires_python: package.requires_python.clone(),
        extras: package.extras.iter().map(ToString::to_string).collect(),
        via: via.iter().map(via_json).collect(),
        artifacts: package.artifacts().map(artifact_json).collect(),
        notes: notes.collect(),
    }
}

fn via_json(via: &Via<'_>) -> ViaJson {
    match via {
        Via::Package(package) => ViaJson::Package {
            name: package.name.to_string(),
            version: package.version.as_ref().map(ToString::to_string),
        },
        Via::Declaration(declaration) => ViaJson::Declaration {
            declaration: declaration.kind_name(),
            text: IndexUrl::redacted(&declaration.text),
            file: IndexUrl::redacted(&declaration.file),
            line: declaration.line,
            column: declaration.column,
            section: declaration.section.clone(),
        },
    }
}

fn artifact_json(artifact: &LockedArtifact) -> ArtifactJson {
    let public = artifact.place.public();
    let (url, path) = match artifact.place {
        ArtifactPlace::Url(_) => (Some(public), None),
        ArtifactPlace::Path(_) => (None, Some(public)),
        ArtifactPlace::Index(_) => (None, None),
    };
    let hashes = artifact.digests.iter();
    ArtifactJson {
        name: artifact.name.clone(),
        url,
        path,
        size: artifact.size,
        upload_time: artifact.upload_time.map(|time| time.to_string()),
        hashes: hashes
            .map(|digest| (digest.algorithm(), digest.to_hex()))
            .collect(),
    }
}

fn change_json(change: &LockChange) -> ChangeJson {
    let (from, to) = change.versions();
    ChangeJson {
        kind: change.kind(),
        name: change.name().to_string(),
        from: from.map(ToString::to_string),
        to: to.map(ToString::to_string),
    }
}

fn warning_json(problem: &Problem) -> WarningJson {
    let origin = problem.origin.as_ref();
    WarningJson {
        message: problem.message.clone(),
        help: problem.help.clone(),
        file: origin.map(|origin| origin.label().to_owned()),
        line: origin.map(crate::source::Origin::line),
        column: origin.map(crate::source::Origin::column),
    }
}
