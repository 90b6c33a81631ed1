//! `pylock.toml` → [`Lock`]: ours and those of other tools, or the place where one is wrong.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::ops::Range;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use toml::{Spanned, Table};

use super::toml_reading::{Document, in_our_words, moment, parsed, problem};
use super::wire::{
    ArtifactWire, DeclarationWire, DependencyWire, EdgeWire, FileWire, PackageRecordWire,
    PackageWire, RecordWire, ToolWire, VcsWire, VersionWire,
};
use super::{
    ArtifactPlace, EdgeDetail, Lock, LockedArtifact, LockedDeclaration, LockedEdge, LockedFiles,
    LockedNote, LockedPackage, LockedSource, ToolRecord,
};
use crate::package::{Digest, ExtraName, MarkerTexts, PackageName, Requirement};
use crate::source::{Problem, SourceFile};

/// Reads a lock; the problem says what was expected where.
pub fn read_pylock(file: &Arc<SourceFile>) -> Result<Lock, Problem> {
    let document = Document::parse(file)?;
    let version: VersionWire = document.part("lock-version")?;
    let reader = &mut Reader {
        file,
        markers: MarkerTexts::default(),
    };
    reader.check_version(&version.lock_version)?;
    let wire: FileWire = document.shape()?;
    let tool = reader.record(wire.tool)?;
    let mut packages = Vec::with_capacity(wire.packages.len());
    let mut is_recorded = Vec::with_capacity(wire.packages.len());
    for package in wire.packages {
        is_recorded.push(package.get_ref().tool.pyaudit.is_some());
        packages.push(reader.package(package)?);
    }
    if tool.is_some() {
        settle_disputes(&mut packages, &is_recorded);
    }
    let edge_detail = match tool {
        Some(_) => EdgeDetail::Ranges,
        None if packages.iter().all(|it| it.edges.is_empty()) => EdgeDetail::Nothing,
        None => EdgeDetail::Names,
    };
    let lock = Lock {
        requires_python: wire.requires_python,
        environments: wire.environments,
        extras: wire.extras,
        dependency_groups: wire.dependency_groups,
        default_groups: wire.default_groups,
        created_by: wire.created_by,
        packages,
        edge_detail,
        tool,
    };
    Ok(lock.sorted())
}

/// Leaves of the names in `dependencies` those that the package's own record does not have, and
/// adds those of the record that they should name.
fn settle_disputes(packages: &mut [LockedPackage], is_recorded: &[bool]) {
    let locked: BTreeSet<PackageName> = packages.iter().map(|it| it.name.clone()).collect();
    for (package, is_recorded) in packages.iter_mut().zip(is_recorded) {
        let named: BTreeSet<PackageName> = package.disputed.drain(..).collect();
        let edges = package.edges.iter().map(|edge| &edge.requirement.name);
        let edges = edges.filter(|name| locked.contains(*name) && **name != package.name);
        let recorded: BTreeSet<PackageName> = edges.cloned().collect();
        // Of a package that requires something pyaudit always keeps what.
        if !is_recorded {
            package.disputed = recorded.into_iter().collect();
            continue;
        }
        package.disputed = named.symmetric_difference(&recorded).cloned().collect();
    }
}

/// No file of requirements has more lines, and none of them more columns.
const MOST_LINES: usize = 1_000_000;

/// A place that no file has counts as unknown.
fn believable(place: usize) -> usize {
    match place {
        0..=MOST_LINES => place,
        _ => 0,
    }
}

struct Reader<'a> {
    file: &'a Arc<SourceFile>,
    markers: MarkerTexts,
}

impl Reader<'_> {
    fn check_version(&self, version: &Spanned<String>) -> Result<(), Problem> {
        if version.get_ref().split('.').next() == Some("1") {
            return Ok(());
        }
        let message = format!(
            "expected lock-version `1.0`, but found `{}`",
            version.get_ref()
        );
        Err(problem(self.file, version.span(), message)
            .with_help("A newer version of pyaudit may be able to read this lock."))
    }

    fn parse<T>(&self, text: &Spanned<String>, what: &str) -> Result<T, Problem>
    where
        T: std::str::FromStr,
        T::Err: Display,
    {
        parsed(self.file, text, what)
    }

    fn record(&self, tool: ToolWire) -> Result<Option<ToolRecord>, Problem> {
        let Some(table) = tool.pyaudit else {
            return Ok(None);
        };
        // Another schema is another pyaudit's: the lock stands without it.
        if table
            .get_ref()
            .get("schema")
            .and_then(toml::Value::as_integer)
            != Some(ToolRecord::SCHEMA)
        {
            return Ok(None);
        }
        let span = table.span();
        let wire: RecordWire = self.own_table(table)?;
        let declarations = wire
            .declarations
            .into_iter()
            .map(|declaration| self.declaration(declaration, &span))
            .collect::<Result<_, _>>()?;
        Ok(Some(ToolRecord {
            version: wire.version,
            project: wire.project,
            targets: wire.targets,
            hosts: wire.hosts,
            options: wire.options,
            declarations,
        }))
    }

    fn own_table<T: DeserializeOwned>(&self, table: Spanned<Table>) -> Result<T, Problem> {
        let span = table.span();
        table
            .into_inner()
            .try_into()
            .map_err(|error: toml::de::Error| {
                let message = in_our_words(error.message());
                problem(
                    self.file,
                    span,
                    format!("in pyaudit's own table: {message}"),
                )
            })
    }

    fn declaration(
        &self,
        wire: DeclarationWire,
        span: &Range<usize>,
    ) -> Result<LockedDeclaration, Problem> {
        let fail = |what: &str, found: &str| {
            let message = format!("expected {what} of a declaration, but found `{found}`");
            problem(self.file, span.clone(), message)
        };
        let kind = LockedDeclaration::kind_named(&wire.kind)
            .ok_or_else(|| fail("the kind", &wire.kind))?;
        let name = PackageName::new(wire.name.clone())
            .map_err(|_| fail("the package name", &wire.name))?;
        Ok(LockedDeclaration {
            name,
            text: wire.text,
            kind,
            file: wire.file,
            line: believable(wire.line),
            column: believable(wire.column),
            section: wire.section,
            applies: wire.applies,
            is_kept: wire.keep,
        })
    }

    fn package(&mut self, wire: Spanned<PackageWire>) -> Result<LockedPackage, Problem> {
        let span = wire.span();
        let mut wire = wire.into_inner();
        let name: PackageName = self.parse(&wire.name, "a package name")?;
        let version = wire
            .version
            .take()
            .map(|version| self.parse(&version, "a version"))
            .transpose()?;
        let source = self.source(&mut wire, &name)?;
        let dependencies = std::mem::take(&mut wire.dependencies);
        let wheels = wire.wheels.into_iter().map(|wheel| self.artifact(wheel));
        let wheels = wheels.collect::<Result<_, _>>()?;
        let sdist = wire.sdist.map(|sdist| self.artifact(sdist)).transpose()?;
        let mut package = LockedPackage {
            marker: wire.marker,
            requires_python: wire.requires_python,
            index: wire.index,
            source,
            files: LockedFiles::new(wheels, sdist),
            ..LockedPackage::new(name, version)
        };
        match wire.tool.pyaudit {
            Some(table) => {
                let record = self.own_table(table)?;
                self.add_record(&mut package, record, &span)?;
                let named = dependencies.iter().filter_map(|it| it.name.as_ref());
                package.disputed = named.filter_map(|it| it.get_ref().parse().ok()).collect();
            }
            None => package.edges = self.bare_edges(&dependencies)?,
        }
        Ok(package)
    }

    fn source(&self, wire: &mut PackageWire, name: &PackageName) -> Result<LockedSource, Problem> {
        let span = wire.name.span();
        let has_files = wire.sdist.is_some() || !wire.wheels.is_empty();
        match (
            wire.vcs.take(),
            wire.directory.take(),
            wire.archive.take(),
            has_files,
        ) {
            (None, None, None, true) => Ok(LockedSource::Registry),
            (Some(vcs), None, None, false) => self.vcs(vcs, span),
            (None, Some(directory), None, false) => Ok(LockedSource::Directory {
                path: directory.path,
                editable: directory.editable,
                subdirectory: directory.subdirectory,
            }),
            (None, None, Some(archive), false) => Ok(LockedSource::Archive {
                subdirectory: archive.get_ref().subdirectory.clone(),
                artifact: self.artifact(archive)?,
            }),
            (None, None, None, false) => {
                let message = format!("there is nothing to install `{name}` from");
                Err(problem(self.file, span, message).with_help(EXPECTED_SOURCE))
            }
            _ => {
                let message = format!("`{name}` has more than one kind of source");
                Err(problem(self.file, span, message).with_help(EXPECTED_SOURCE))
            }
        }
    }

    fn vcs(&self, wire: VcsWire, span: Range<usize>) -> Result<LockedSource, Problem> {
        Ok(LockedSource::Vcs {
            kind: wire.kind,
            place: self.place(wire.url, wire.path, span)?,
            requested_revision: wire.requested_revision,
            commit_id: wire.commit_id,
            subdirectory: wire.subdirectory,
        })
    }

    /// A path comes first where there are both, as installers use it.
    fn place(
        &self,
        url: Option<String>,
        path: Option<String>,
        span: Range<usize>,
    ) -> Result<ArtifactPlace, Problem> {
        path.map(ArtifactPlace::Path)
            .or(url.map(ArtifactPlace::Url))
            .ok_or_else(|| problem(self.file, span, "expected a `url` or a `path` here"))
    }

    fn artifact(&self, wire: Spanned<ArtifactWire>) -> Result<LockedArtifact, Problem> {
        let span = wire.span();
        let wire = wire.into_inner();
        let place = self.place(wire.url, wire.path, span)?;
        let mut digests = Vec::with_capacity(wire.hashes.len());
        for (algorithm, hex) in &wire.hashes {
            digests.extend(self.digest(algorithm, hex)?);
        }
        Ok(LockedArtifact {
            name: wire.name.unwrap_or_else(|| place.file_name()),
            place,
            upload_time: wire.upload_time.as_ref().and_then(moment),
            size: wire.size,
            digests,
        })
    }

    /// Algorithms that are not known are passed over; a digest that does not fit its algorithm is
    /// an error, because a lock without it would protect less than it says.
    fn digest(&self, algorithm: &str, hex: &Spanned<String>) -> Result<Option<Digest>, Problem> {
        let digest = Digest::new(&algorithm.to_ascii_lowercase(), hex.get_ref());
        let is_known = matches!(
            algorithm,
            "sha256" | "sha384" | "sha512" | "sha224" | "sha1" | "md5"
        );
        if digest.is_none() && is_known {
            let message = format!("expected the hexadecimal digits of a {algorithm} digest");
            return Err(problem(self.file, hex.span(), message));
        }
        Ok(digest)
    }

    fn add_record(
        &mut self,
        package: &mut LockedPackage,
        record: PackageRecordWire,
        span: &Range<usize>,
    ) -> Result<(), Problem> {
        let fail = |file, what: &str, found: &str| {
            let message = format!("expected {what} in pyaudit's own table, but found `{found}`");
            problem(file, span.clone(), message)
        };
        if let Some(text) = &record.version {
            let version = text
                .parse()
                .map_err(|_| fail(self.file, "a version", text))?;
            package.version = Some(version);
        }
        for text in &record.extras {
            let extra = ExtraName::new(text.clone());
            package
                .extras
                .push(extra.map_err(|_| fail(self.file, "an extra", text))?);
        }
        for edge in record.requires {
            let (line, version) = match edge {
                EdgeWire::Line(line) => (line, None),
                EdgeWire::Answered { line, version } => (line, Some(version)),
            };
            package.edges.push(LockedEdge {
                requirement: Requirement::parse_lenient(&line, &mut self.markers)
                    .map_err(|_| fail(self.file, "a requirement", &line))?,
                version: version
                    .map(|text| {
                        text.parse()
                            .map_err(|_| fail(self.file, "a version", &text))
                    })
                    .transpose()?,
            });
        }
        package.notes = record
            .notes
            .iter()
            .map(|note| LockedNote::parse(note))
            .collect();
        Ok(())
    }

    /// The edges of other tools' locks: names, with a version where the tool says one.
    fn bare_edges(&mut self, dependencies: &[DependencyWire]) -> Result<Vec<LockedEdge>, Problem> {
        let mut edges = Vec::with_capacity(dependencies.len());
        for dependency in dependencies {
            let Some(name) = &dependency.name else {
                continue;
            };
            let version = dependency.version.as_ref();
            edges.push(LockedEdge {
                requirement: Requirement::parse_lenient(name.get_ref(), &mut self.markers)
                    .map_err(|error| problem(self.file, name.span(), error.message))?,
                version: version
                    .map(|version| self.parse(version, "a version"))
                    .transpose()?,
            });
        }
        Ok(edges)
    }
}

const EXPECTED_SOURCE: &str =
    "A package has either `wheels` and `sdist`, or one of `archive`, `directory` and `vcs`.";
