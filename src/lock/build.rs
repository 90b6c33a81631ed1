//! A solver's answer → a [`Lock`]: the files, edges and remarks that are worth writing down.

use super::{
    ArtifactPlace, Lock, LockOptions, LockedArtifact, LockedDeclaration, LockedEdge, LockedNote,
    LockedPackage, LockedSource, LockedTarget, ToolRecord,
};
use crate::index::{FileView, MetadataSource};
use crate::package::{DirectUrl, PackageName};
use crate::solve::{Dependent, Fitting, Question, Resolution, Resolved};
use crate::target::PythonVersion;

/// What a lock says beside the answer itself.
#[derive(Clone, Debug, Default)]
pub struct Circumstances {
    /// The project whose dependencies these are.
    pub project: Option<PackageName>,
    /// The options that shaped the answer.
    pub options: LockOptions,
    /// The version of pyaudit.
    pub version: String,
    /// Which files of a version are written down.
    pub files: WhichFiles,
}

/// Which files of a chosen version a lock holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhichFiles {
    /// Those that the target can install.
    #[default]
    Fitting,
    /// All of them: a requirements file names every hash, as pip-compile's do.
    All,
}

/// Makes the lock of an answer.
pub fn build(question: &Question, resolution: &Resolution, given: &Circumstances) -> Lock {
    let fitting = Fitting::new(question);
    let packages = resolution
        .packages
        .iter()
        .map(|resolved| locked_package(question, resolution, resolved, &fitting, given.files))
        .collect();
    let lock = Lock {
        requires_python: Some(least_python(question.target.python())),
        environments: vec![question.target.marker()],
        extras: Vec::new(),
        dependency_groups: Vec::new(),
        default_groups: Vec::new(),
        created_by: "pyaudit".to_owned(),
        packages,
        tool: Some(ToolRecord {
            version: given.version.clone(),
            project: given.project.as_ref().map(ToString::to_string),
            targets: vec![LockedTarget {
                python: question.target.python().to_string(),
                platform: question.target.platform().to_string(),
            }],
            options: given.options.clone(),
            declarations: question
                .declarations
                .iter()
                .map(|declaration| LockedDeclaration {
                    name: declaration.requirement.name.clone(),
                    text: crate::package::IndexUrl::redacted(&declaration.requirement.to_string()),
                    kind: declaration.kind,
                    file: declaration.origin.label().to_owned(),
                    line: declaration.origin.line(),
                    column: declaration.origin.column(),
                    section: declaration.section.clone(),
                    applies: declaration
                        .requirement
                        .marker
                        .holds(question.target.environment(), &[]),
                })
                .collect(),
        }),
    };
    lock.sorted()
}

/// The Python of the target, and later ones of the same language: `environments` says it closely.
fn least_python(python: &PythonVersion) -> String {
    match python.is_full() {
        true => format!(">={}", python.version()),
        false => format!(">={}.{}", python.major(), python.minor()),
    }
}

fn locked_package(
    question: &Question,
    resolution: &Resolution,
    resolved: &Resolved,
    fitting: &Fitting<'_>,
    which: WhichFiles,
) -> LockedPackage {
    let page = resolved.page();
    let mut package = LockedPackage::new(resolved.name.clone(), Some(resolved.version.clone()));
    package.requires_python = resolved
        .metadata
        .requires_python
        .as_ref()
        .map(|wanted| wanted.to_string())
        .filter(|wanted| !wanted.is_empty());
    package.extras = resolved.extras.clone();
    package.notes = notes(question, resolved);
    package.edges = resolved
        .edges
        .iter()
        .map(|edge| LockedEdge {
            requirement: edge.requirement.clone(),
            version: resolution
                .packages
                .iter()
                .find(|other| other.name == edge.requirement.name)
                .map(|other| other.version.clone()),
        })
        .collect();
    if let Some(url) = &resolved.url {
        package.source = direct_source(url, page.file(resolved.candidate.file));
        return package;
    }
    let index_page = &resolved.candidates.project().pages[resolved.candidate.page];
    package.index = Some(index_page.index.to_string());
    for at in page.files(resolved.candidate.version) {
        let file = page.file(at);
        if which == WhichFiles::Fitting && !fitting.takes(&resolved.name, page, &file) {
            continue;
        }
        if file.is_wheel() {
            package.wheels.push(artifact(&file));
        } else if package.sdist.is_none() {
            package.sdist = Some(artifact(&file));
        }
    }
    package
}

fn artifact(file: &FileView<'_>) -> LockedArtifact {
    let url = file.url();
    LockedArtifact {
        name: file.filename().to_owned(),
        place: match url.strip_prefix("file://") {
            Some(path) => ArtifactPlace::Path(path.to_owned()),
            None => ArtifactPlace::Url(url),
        },
        upload_time: file.upload_time(),
        size: file.size(),
        digests: file.digests(),
    }
}

fn direct_source(url: &DirectUrl, file: FileView<'_>) -> LockedSource {
    let subdirectory = url.subdirectory.clone();
    if let Some((kind, requested_revision)) = &url.vcs {
        return LockedSource::Vcs {
            kind: kind.clone(),
            place: ArtifactPlace::Url(url.url.to_string()),
            requested_revision: requested_revision.clone(),
            commit_id: revision_of(&file.url()),
            subdirectory,
        };
    }
    let is_archive = file.is_wheel() || !file.digests().is_empty();
    match url.url.to_file_path() {
        Ok(path) if !is_archive => LockedSource::Directory {
            path: path.to_string_lossy().into_owned(),
            editable: url.editable,
            subdirectory,
        },
        _ => LockedSource::Archive {
            artifact: artifact(&file),
            subdirectory,
        },
    }
}

/// The catalog gives what it found in a repository an address that ends in `@commit`.
fn revision_of(address: &str) -> String {
    address
        .rsplit_once('@')
        .map_or_else(String::new, |(_, commit)| commit.to_owned())
}

/// What a person should know of a choice.
fn notes(question: &Question, resolved: &Resolved) -> Vec<LockedNote> {
    let mut notes = Vec::new();
    let file = resolved.page().file(resolved.candidate.file);
    if resolved.candidate.is_prerelease {
        notes.push(LockedNote::Prerelease(prerelease_reason(
            question, resolved,
        )));
    }
    if let Some(reason) = file.yanked() {
        notes.push(LockedNote::Yanked(reason.to_owned()));
    }
    match resolved.metadata.source {
        MetadataSource::SdistUnverified => notes.push(LockedNote::Unverified),
        MetadataSource::Built => notes.push(LockedNote::Built),
        MetadataSource::Wheel | MetadataSource::SdistStatic | MetadataSource::Project => {}
    }
    notes
}

fn prerelease_reason(question: &Question, resolved: &Resolved) -> String {
    let has_release = resolved
        .candidates
        .usable()
        .iter()
        .any(|candidate| !candidate.is_prerelease);
    let named = resolved.dependents.iter().find_map(|by| match by {
        Dependent::Declaration(at) => {
            let declaration = &question.declarations[*at];
            declaration
                .requirement
                .specifiers
                .names_prerelease()
                .then(|| declaration.origin.to_string())
        }
        Dependent::Package(_) => None,
    });
    match (named, has_release) {
        _ if question.policy.prereleases == crate::solve::Prereleases::Allow => {
            "all pre-releases are allowed".to_owned()
        }
        (Some(origin), _) => format!("{origin} names a pre-release"),
        (None, false) => "no release of it can be used".to_owned(),
        (None, true) => "no release satisfies all that require it".to_owned(),
    }
}
