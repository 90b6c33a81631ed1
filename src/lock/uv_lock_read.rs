//! `uv.lock` → [`Lock`]. The project itself is no package of it: its entry tells what was declared.
//! Edges have names, markers and, where the lock is forked, versions, but no specifiers; only the
//! projects of this machine say those.

use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;

use super::toml_reading::{Document, NEWER, digest, parsed, problem, requirement};
use super::uv_lock_choices::Choices;
use super::uv_lock_wire::{
    DependencyWire, FileOfWire, FileWire, PackageWire, RequirementWire, SourceWire, VersionWire,
};
use super::{
    ArtifactPlace, EdgeDetail, Lock, LockedArtifact, LockedDeclaration, LockedEdge, LockedFiles,
    LockedPackage, LockedSource, ToolRecord,
};
use crate::package::{DeclarationKind, ExtraName, MarkerTexts, PackageName, Timestamp};
use crate::source::{Problem, SourceFile};

/// The one version of the format.
const VERSION: i64 = 1;

/// Reads a lock of uv's; the problem says what was expected where.
pub fn read_uv_lock(file: &Arc<SourceFile>) -> Result<Lock, Problem> {
    let document = Document::parse(file)?;
    let version = document.part::<VersionWire>("version")?.version;
    if *version.get_ref() != VERSION {
        let message = format!(
            "expected version `{VERSION}`, but found `{}`",
            version.get_ref()
        );
        return Err(problem(file, version.span(), message).with_help(NEWER));
    }
    let mut wire: FileWire = document.shape()?;
    let project = wire.package.iter().map(|it| it.get_ref());
    let project = project
        .into_iter()
        .find(|it| is_project(it.source.get_ref()));
    let mut markers = MarkerTexts::default();
    let mut choices = Choices::of(&wire, project);
    let leads = choices.leads(&wire, &mut markers);
    let of_lock = match wire.supported_markers.is_empty() {
        true => std::mem::take(&mut wire.resolution_markers),
        false => std::mem::take(&mut wire.supported_markers),
    };
    let environments = choices.settle_each(&of_lock, &mut markers);
    let mut reader = Reader {
        file,
        markers,
        choices,
        record: ToolRecord::default(),
        declared_in: declared_in(file.label()),
    };
    let mut lock = Lock {
        requires_python: wire.requires_python,
        environments,
        created_by: "uv".into(),
        edge_detail: EdgeDetail::Names,
        ..Lock::empty()
    };
    for (package, lead) in wire.package.into_iter().zip(leads) {
        let span = package.span();
        let package = package.into_inner();
        if is_project(package.source.get_ref()) {
            reader.project(&mut lock, package, &span)?;
        } else {
            lock.packages.push(reader.package(package, lead)?);
        }
    }
    let manifest = wire.manifest;
    for (list, kind, section) in [
        (
            manifest.requirements,
            DeclarationKind::Requirement,
            "script.dependencies",
        ),
        (
            manifest.constraints,
            DeclarationKind::Constraint,
            "tool.uv.constraint-dependencies",
        ),
        (
            manifest.overrides,
            DeclarationKind::Override,
            "tool.uv.override-dependencies",
        ),
    ] {
        for wire in list {
            reader.declare(&wire, kind, section)?;
        }
    }
    lock.tool = Some(reader.record);
    Ok(lock.sorted())
}

/// Returns the file that a lock of this name stands beside.
fn declared_in(label: &str) -> String {
    if let Some(script) = label.strip_suffix(".lock").filter(|it| it.ends_with(".py")) {
        return script.to_owned();
    }
    let folder = label.rfind(['/', '\\']).map_or("", |at| &label[..=at]);
    format!("{folder}pyproject.toml")
}

/// Whether an entry is the project that the lock stands beside.
fn is_project(source: &SourceWire) -> bool {
    let folders = [&source.virtual_folder, &source.editable, &source.directory];
    let mut folders = folders.into_iter().flatten();
    folders.any(|folder| folder == ".")
}

struct Reader<'a> {
    file: &'a Arc<SourceFile>,
    markers: MarkerTexts,
    choices: Choices,
    record: ToolRecord,
    declared_in: String,
}

impl Reader<'_> {
    fn project(
        &mut self,
        lock: &mut Lock,
        wire: PackageWire,
        span: &Range<usize>,
    ) -> Result<(), Problem> {
        let name: PackageName = parsed(self.file, &wire.name, "a package name")?;
        self.record.project = Some(name.to_string());
        for requirement in &wire.metadata.requires_dist {
            let extra = requirement.marker.as_deref().and_then(extra_of);
            let section = match extra {
                Some(extra) => format!("project.optional-dependencies.{extra}"),
                None => "project.dependencies".to_owned(),
            };
            self.declare(requirement, DeclarationKind::Requirement, &section)?;
        }
        for (group, requirements) in &wire.metadata.requires_dev {
            for requirement in requirements {
                let section = format!("dependency-groups.{group}");
                self.declare(requirement, DeclarationKind::Requirement, &section)?;
            }
        }
        // A lock without the metadata of its project tells at least what it needs.
        if wire.metadata.requires_dist.is_empty() {
            for edge in self.edges(&wire.dependencies, None, span)? {
                let name = edge.requirement.name.clone();
                let text = edge.requirement.to_string();
                self.push(
                    name,
                    text,
                    DeclarationKind::Requirement,
                    "project.dependencies",
                );
            }
        }
        lock.extras = wire.metadata.provides_extras;
        lock.dependency_groups = wire.metadata.requires_dev.into_keys().collect();
        Ok(())
    }

    fn declare(
        &mut self,
        wire: &RequirementWire,
        kind: DeclarationKind,
        section: &str,
    ) -> Result<(), Problem> {
        let read = requirement(
            self.file,
            &text_of(wire),
            wire.name.span(),
            &mut self.markers,
        )?;
        // A place is told without the place, as other locks of ours do for what has no name.
        let text = match wire.is_by_address() {
            true => format!("{} @ …", read.name),
            false => read.to_string(),
        };
        self.push(read.name, text, kind, section);
        Ok(())
    }

    fn push(&mut self, name: PackageName, text: String, kind: DeclarationKind, section: &str) {
        // An extra is asked for by its section, and not by its marker.
        let text = match section.starts_with("project.optional-dependencies.") {
            true => without_extra(&text),
            false => text,
        };
        self.record.declarations.push(LockedDeclaration {
            name,
            text,
            kind,
            file: self.declared_in.clone(),
            line: 0,
            column: 0,
            section: Some(section.to_owned()),
            applies: true,
            is_kept: false,
        });
    }

    fn package(
        &mut self,
        wire: PackageWire,
        lead: Option<String>,
    ) -> Result<LockedPackage, Problem> {
        let span = wire.name.span();
        let name: PackageName = parsed(self.file, &wire.name, "a package name")?;
        let version = wire.version.as_ref();
        let version = version
            .map(|version| parsed(self.file, version, "a version"))
            .transpose()?;
        let mut package = LockedPackage::new(name, version);
        let forks = &wire.resolution_markers;
        let forks = joined(&self.choices.settle_each(forks, &mut self.markers));
        package.marker = match (forks, lead) {
            (Some(forks), Some(lead)) => Some(format!("({forks}) and ({lead})")),
            (forks, lead) => forks.or(lead),
        };
        package.edges = self.edges(&wire.dependencies, None, &span)?;
        for (extra, dependencies) in &wire.optional_dependencies {
            let edges = self.edges(dependencies, Some(extra), &span)?;
            package.edges.extend(edges);
            package.extras.extend(ExtraName::new(extra.clone()));
        }
        package.has_ranges = !wire.metadata.requires_dist.is_empty();
        for wire in wire
            .metadata
            .requires_dist
            .iter()
            .filter(|it| !it.is_by_address())
        {
            let text = text_of(wire);
            let requirement = requirement(self.file, &text, span.clone(), &mut self.markers)?;
            package.edges.push(LockedEdge {
                requirement,
                version: None,
            });
        }
        self.place(&mut package, wire.source, (wire.sdist, wire.wheels))?;
        Ok(package)
    }

    fn place(
        &self,
        package: &mut LockedPackage,
        source: Spanned<SourceWire>,
        (sdist, wheels): (Option<Spanned<FileOfWire>>, Vec<Spanned<FileOfWire>>),
    ) -> Result<(), Problem> {
        let span = source.span();
        let source = source.into_inner();
        let wheels = wheels.into_iter().map(|wheel| self.artifact(wheel));
        let wheels: Vec<LockedArtifact> = wheels.collect::<Result<_, _>>()?;
        let sdist = sdist.map(|sdist| self.artifact(sdist)).transpose()?;
        if let Some(index) = source.registry {
            package.index = Some(index);
            package.files = LockedFiles::new(wheels, sdist);
            return Ok(());
        }
        let subdirectory = source.subdirectory;
        let archive = |place: ArtifactPlace| {
            let file = wheels.into_iter().chain(sdist).next();
            LockedArtifact {
                name: place.file_name(),
                upload_time: None,
                size: file.as_ref().and_then(|file| file.size),
                digests: file.map(|file| file.digests).unwrap_or_default(),
                place,
            }
        };
        let editable = source.editable.is_some();
        let folder = source
            .editable
            .or(source.directory)
            .or(source.virtual_folder);
        package.source = match (source.git, source.url, source.path, folder) {
            (Some(git), ..) => repository(&git),
            (None, Some(url), ..) => LockedSource::Archive {
                artifact: archive(ArtifactPlace::Url(url)),
                subdirectory,
            },
            (None, None, Some(path), _) => LockedSource::Archive {
                artifact: archive(ArtifactPlace::Path(path)),
                subdirectory,
            },
            (None, None, None, Some(path)) => LockedSource::Directory {
                path,
                editable,
                subdirectory,
            },
            (None, None, None, None) => {
                let message = format!("there is nothing to install `{}` from", package.name);
                return Err(problem(self.file, span, message).with_help(EXPECTED_SOURCE));
            }
        };
        Ok(())
    }

    fn artifact(&self, wire: Spanned<FileOfWire>) -> Result<LockedArtifact, Problem> {
        let wire = wire.into_inner();
        let name = || wire.filename.clone().unwrap_or_default();
        let place = match (wire.url, wire.path) {
            (Some(url), _) => ArtifactPlace::Url(url),
            (None, Some(path)) => ArtifactPlace::Path(path),
            (None, None) => ArtifactPlace::Index(name()),
        };
        let digests = wire.hash.as_ref();
        let digests = digests.map(|hash| digest(self.file, hash)).transpose()?;
        let moment = wire.upload_time.as_deref();
        Ok(LockedArtifact {
            name: wire.filename.unwrap_or_else(|| place.file_name()),
            place,
            upload_time: moment.and_then(Timestamp::parse),
            size: wire.size,
            digests: digests.flatten().into_iter().collect(),
        })
    }

    fn edges(
        &mut self,
        dependencies: &[DependencyWire],
        extra: Option<&str>,
        span: &Range<usize>,
    ) -> Result<Vec<LockedEdge>, Problem> {
        let mut edges = Vec::with_capacity(dependencies.len());
        for dependency in dependencies {
            let marker = dependency.marker.as_deref();
            let marker = marker.and_then(|it| self.choices.settle(it, &mut self.markers));
            let marker = marker.filter(|marker| !marker.is_empty());
            let extra = extra.map(|extra| format!("extra == '{extra}'"));
            let marker = match (marker, extra) {
                (Some(marker), Some(extra)) => format!(" ; ({marker}) and {extra}"),
                (Some(marker), None) => format!(" ; {marker}"),
                (None, Some(extra)) => format!(" ; {extra}"),
                (None, None) => String::new(),
            };
            let extras = bracketed(&dependency.extra);
            let text = format!("{}{extras}{marker}", dependency.name.get_ref());
            let version = dependency.version.as_ref();
            edges.push(LockedEdge {
                requirement: requirement(self.file, &text, span.clone(), &mut self.markers)?,
                version: version
                    .map(|version| parsed(self.file, version, "a version"))
                    .transpose()?,
            });
        }
        Ok(edges)
    }
}

const EXPECTED_SOURCE: &str =
    "A source is one of `registry`, `git`, `url`, `path`, `directory`, `editable` and `virtual`.";

fn text_of(wire: &RequirementWire) -> String {
    let specifier = wire.specifier.as_deref().filter(|it| *it != "*");
    let marker = wire.marker.as_deref();
    format!(
        "{}{}{}{}",
        wire.name.get_ref(),
        bracketed(&wire.extras),
        specifier.unwrap_or_default(),
        marker.map_or(String::new(), |marker| format!(" ; {marker}"))
    )
}

fn bracketed(extras: &[String]) -> String {
    match extras {
        [] => String::new(),
        extras => format!("[{}]", extras.join(",")),
    }
}

/// Returns the extra of `… extra == 'name'`, which uv writes last.
fn extra_of(marker: &str) -> Option<&str> {
    let (_, rest) = marker.rsplit_once("extra == '")?;
    rest.strip_suffix('\'')
}

fn without_extra(text: &str) -> String {
    let Some((declared, marker)) = text.split_once(" ; ") else {
        return text.to_owned();
    };
    let at = marker.rfind("extra == '").unwrap_or(marker.len());
    let rest = marker[..at].trim_end().trim_end_matches(" and").trim_end();
    match rest {
        "" => declared.to_owned(),
        rest => format!("{declared} ; {rest}"),
    }
}

/// Returns the marker that holds where one of several does.
fn joined(markers: &[String]) -> Option<String> {
    match markers {
        [] => None,
        [only] => Some(only.clone()),
        markers => Some(format!("({})", markers.join(") or ("))),
    }
}

/// Reads `https://host/repo?rev=main&subdirectory=a#COMMIT`.
fn repository(text: &str) -> LockedSource {
    let (address, commit_id) = text.split_once('#').unwrap_or((text, ""));
    let (url, query) = address.split_once('?').unwrap_or((address, ""));
    let value = |keys: &[&str]| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let found = pairs.find(|(key, _)| keys.contains(key));
        found.map(|(_, value)| value.to_owned())
    };
    LockedSource::Vcs {
        kind: "git".into(),
        place: ArtifactPlace::Url(url.to_owned()),
        requested_revision: value(&["rev", "tag", "branch"]),
        commit_id: commit_id.to_owned(),
        subdirectory: value(&["subdirectory"]),
    }
}
