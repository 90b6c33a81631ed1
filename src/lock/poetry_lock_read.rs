//! `poetry.lock` → [`Lock`]. Edges have Poetry's constraints; files have names and hashes, and their
//! place is the index's to know. What is declared stands in `pyproject.toml` alone.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use super::poetry_lock_wire::{
    ConditionalWire, DependencyWire, FileOfWire, FileWire, MarkersWire, PackageWire, SourceWire,
    VersionWire,
};
use super::toml_reading::{Document, NEWER, digest, parsed, problem};
use super::{
    ArtifactPlace, EdgeDetail, Lock, LockedArtifact, LockedEdge, LockedFiles, LockedPackage,
    LockedSource,
};
use crate::package::{ExtraName, Marker, MarkerTexts, PackageName, Requirement, Specifiers};
use crate::source::{Problem, SourceFile};

/// Reads a lock of Poetry's; the problem says what was expected where.
pub fn read_poetry_lock(file: &Arc<SourceFile>) -> Result<Lock, Problem> {
    let document = Document::parse(file)?;
    let version = document
        .part::<VersionWire>("metadata")?
        .metadata
        .lock_version;
    if !matches!(version.get_ref().split('.').next(), Some("1" | "2")) {
        let found = version.get_ref();
        let message = format!("expected lock-version `2.1`, but found `{found}`");
        return Err(problem(file, version.span(), message).with_help(NEWER));
    }
    let wire: FileWire = document.shape()?;
    let mut lock = Lock {
        extras: wire.extras.into_keys().collect(),
        created_by: "poetry".into(),
        edge_detail: EdgeDetail::Ranges,
        ..Lock::empty()
    };
    if let Some(text) = &wire.metadata.python_versions {
        let read = (
            Specifiers::parse_poetry(text.get_ref()),
            Marker::of_poetry_python(text.get_ref()),
        );
        let (Ok(pythons), Ok(marker)) = read else {
            let message = format!("expected Pythons, but found `{}`", text.get_ref());
            return Err(problem(file, text.span(), message));
        };
        match is_standard(&pythons) {
            true => lock.requires_python = Some(pythons.text().to_owned()),
            false => lock.environments = vec![marker.text().to_owned()],
        }
    }
    let mut reader = Reader {
        file,
        markers: MarkerTexts::default(),
    };
    let mut groups = BTreeSet::new();
    for mut package in wire.package {
        let older = wire.metadata.files.get(package.name.get_ref());
        package.files.extend(older.into_iter().flatten().cloned());
        groups.extend(package.groups.iter().cloned());
        lock.packages.push(reader.package(package)?);
    }
    groups.remove("main");
    lock.dependency_groups = groups.into_iter().collect();
    Ok(lock.sorted())
}

/// Whether PEP 440 can say it.
fn is_standard(specifiers: &Specifiers) -> bool {
    !specifiers.text().contains('|')
}

struct Reader<'a> {
    file: &'a Arc<SourceFile>,
    markers: MarkerTexts,
}

impl Reader<'_> {
    fn package(&mut self, wire: PackageWire) -> Result<LockedPackage, Problem> {
        let name: PackageName = parsed(self.file, &wire.name, "a package name")?;
        let version = parsed(self.file, &wire.version, "a version")?;
        let mut package = LockedPackage::new(name, Some(version));
        let marker = wire
            .markers
            .and_then(|markers| everywhere(markers, &wire.groups));
        package.marker = marker
            .map(|text| self.with_all_extras(&text))
            .filter(|it| !it.is_empty());
        let pythons = wire.python_versions.as_deref();
        let pythons = pythons.and_then(|text| Specifiers::parse_poetry(text).ok());
        let pythons = pythons.filter(|it| is_standard(it) && !it.is_any());
        package.requires_python = pythons.map(|it| it.text().to_owned());
        for (name, dependency) in wire.dependencies {
            self.add_edges(&mut package, (name.get_ref(), name.span()), dependency)?;
        }
        let files = wire.files.into_iter().map(|file| self.artifact(file));
        let files: Vec<LockedArtifact> = files.collect::<Result<_, _>>()?;
        place(&mut package, wire.source, files);
        Ok(package)
    }

    /// The project's extras stand in markers; a lock is judged with all of them.
    fn with_all_extras(&mut self, text: &str) -> String {
        let Ok(marker) = self.markers.parse(text) else {
            return text.to_owned();
        };
        match text.contains("extra") {
            true => {
                let tree = marker.tree().clone().simplify_extras_with(|_| true);
                Marker::from_tree(tree).text().to_owned()
            }
            false => text.to_owned(),
        }
    }

    fn add_edges(
        &mut self,
        package: &mut LockedPackage,
        (name, span): (&str, Range<usize>),
        wire: DependencyWire,
    ) -> Result<(), Problem> {
        let conditional = match wire {
            DependencyWire::Several(several) => {
                for one in several {
                    // A list in a list means nothing, and could be deep.
                    if !matches!(one, DependencyWire::Several(_)) {
                        self.add_edges(package, (name, span.clone()), one)?;
                    }
                }
                return Ok(());
            }
            DependencyWire::Constraint(version) => ConditionalWire {
                version: Some(version),
                extras: Vec::new(),
                markers: None,
                python: None,
            },
            DependencyWire::Conditional(conditional) => conditional,
        };
        let requirement = self.requirement((name, span), &conditional)?;
        let marker = conditional.markers.as_deref().unwrap_or_default();
        package.extras.extend(extras_in(marker));
        package.edges.push(LockedEdge {
            requirement,
            version: None,
        });
        Ok(())
    }

    fn requirement(
        &mut self,
        (name, span): (&str, Range<usize>),
        wire: &ConditionalWire,
    ) -> Result<Requirement, Problem> {
        let fail = |file, what: &str, found: &str| {
            let message = format!("expected {what}, but found `{found}`");
            problem(file, span.clone(), message)
        };
        let bare = Requirement::parse(name);
        let bare = bare.map_err(|_| fail(self.file, "a package name", name))?;
        let version = wire.version.as_deref().unwrap_or("*");
        let specifiers = Specifiers::parse_poetry(version);
        let specifiers = specifiers.map_err(|_| fail(self.file, "a constraint", version))?;
        let mut marker = Marker::always();
        if let Some(text) = &wire.markers {
            let read = self.markers.parse(text);
            marker = read.map_err(|_| fail(self.file, "a marker", text))?;
        }
        if let Some(text) = &wire.python {
            let pythons = Marker::of_poetry_python(text);
            let pythons = pythons.map_err(|_| fail(self.file, "Pythons", text))?;
            marker = marker.and(&pythons);
        }
        let mut extras: Vec<ExtraName> = Vec::new();
        for extra in &wire.extras {
            let read = ExtraName::new(extra.clone());
            extras.push(read.map_err(|_| fail(self.file, "an extra", extra))?);
        }
        extras.sort();
        extras.dedup();
        Ok(Requirement {
            extras,
            specifiers,
            marker,
            ..bare
        })
    }

    fn artifact(&self, wire: FileOfWire) -> Result<LockedArtifact, Problem> {
        let digests = wire.hash.as_ref();
        let digests = digests.map(|hash| digest(self.file, hash)).transpose()?;
        Ok(LockedArtifact {
            place: match wire.url {
                Some(url) => ArtifactPlace::Url(url),
                None => ArtifactPlace::Index(wire.file.clone()),
            },
            name: wire.file,
            upload_time: None,
            size: None,
            digests: digests.flatten().into_iter().collect(),
        })
    }
}

/// Returns the marker of all groups together; nothing where one of them has none.
fn everywhere(markers: MarkersWire, groups: &[String]) -> Option<String> {
    match markers {
        MarkersWire::Everywhere(text) => Some(text),
        MarkersWire::ByGroup(by_group) => {
            let is_told = |group: &String| by_group.contains_key(group);
            let texts: Vec<&str> = by_group.values().map(String::as_str).collect();
            let joined = || format!("({})", texts.join(") or ("));
            (groups.iter().all(is_told) && !texts.is_empty()).then(joined)
        }
    }
}

/// Returns the extras that a marker names: those of the package that are asked for.
fn extras_in(marker: &str) -> Vec<ExtraName> {
    let named = marker.split("extra == ").skip(1).filter_map(|rest| {
        let quote = rest.chars().next().filter(|c| ['\'', '"'].contains(c))?;
        let name = rest[1..].split(quote).next()?;
        ExtraName::new(name.to_owned()).ok()
    });
    named.collect()
}

fn place(package: &mut LockedPackage, source: Option<SourceWire>, files: Vec<LockedArtifact>) {
    let is_index = |source: &SourceWire| {
        let kinds = ["git", "directory", "file", "url"];
        !kinds.contains(&source.kind.as_str())
    };
    let source = match source {
        Some(source) if !is_index(&source) => source,
        index => {
            package.index = index.map(|index| index.url);
            package.files = sorted_out(files);
            return;
        }
    };
    let subdirectory = source.subdirectory;
    let archive = |place: ArtifactPlace| {
        let digests = files.into_iter().next().map(|file| file.digests);
        LockedArtifact {
            name: place.file_name(),
            upload_time: None,
            size: None,
            digests: digests.unwrap_or_default(),
            place,
        }
    };
    package.source = match source.kind.as_str() {
        "git" => LockedSource::Vcs {
            kind: source.kind,
            place: ArtifactPlace::Url(source.url),
            requested_revision: source.reference,
            commit_id: source.resolved_reference.unwrap_or_default(),
            subdirectory,
        },
        "directory" => LockedSource::Directory {
            path: source.url,
            editable: false,
            subdirectory,
        },
        "file" => LockedSource::Archive {
            artifact: archive(ArtifactPlace::Path(source.url)),
            subdirectory,
        },
        _ => LockedSource::Archive {
            artifact: archive(ArtifactPlace::Url(source.url)),
            subdirectory,
        },
    };
}

/// Tells wheels from the source archive; of several archives the last.
pub(super) fn sorted_out(files: Vec<LockedArtifact>) -> LockedFiles {
    let is_wheel = |file: &LockedArtifact| file.name.ends_with(".whl");
    let (wheels, mut others): (Vec<_>, Vec<_>) = files.into_iter().partition(is_wheel);
    LockedFiles::new(wheels, others.pop())
}
