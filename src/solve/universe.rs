//! Invented worlds for tests: packages, a question, and what is expected of it, as TOML.
//!
//! `fixtures/universes/<topic>/<case>.toml`:
//! `[packages.NAME."VERSION"]` with `requires`, `requires-python`, `yanked`, `wheels` (tags),
//! `sdist`, `script` (whether only a `setup.py` tells what it needs), `upload-time`, `broken`;
//! `[question]` with `requires`, `constraints`, `overrides`, `excludes`, `python`, `platform`,
//! `prerelease`, `resolution`, `exclude-newer`, `only-binary`, `prefer`, `sources` (`NAME from INDEX ;
//! MARKER`, of what `[indexes.INDEX.NAME."VERSION"]` has), `facts` (the text of a facts file),
//! `flavour`, `cuda`, `driver`, `gpus`; `[expected]` with `pins` or `report`, and beside a report
//! `conflicts`, a list of the lines in each, and `repairs`, each a list of changes:
//! `requirements.in:1 a==2`, `override a<2`, `python 3.12`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proptest::prelude::*;
use serde::Deserialize;

use super::{Catalog, FileAt, Policy, Prereleases, Question, Refusal, ResolutionMode, Source};
use crate::facts::Facts;
use crate::index::{
    FileEntry, IndexPage, Listing, Merge, Metadata, MetadataFile, MetadataSource, Page, Project,
};
use crate::input::{FormatControl, FormatList, FormatName};
use crate::package::{
    Declaration, DeclarationKind, DirectUrl, Marker, MarkerTexts, PackageName, Requirement,
    Timestamp, Version,
};
use crate::source::{Origin, SourceFile, Span};
use crate::target::{Accelerators, Target};

/// The index of what has no source.
const INDEX: &str = "https://index.example/simple";

/// Releases by package and version.
pub(crate) type Packages = BTreeMap<String, BTreeMap<String, Release>>;

/// A fixture.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct World {
    #[serde(default)]
    pub(crate) packages: Packages,
    #[serde(default)]
    pub(crate) indexes: BTreeMap<String, Packages>,
    pub(crate) question: Asked,
    #[serde(default)]
    pub(crate) expected: Expected,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct Release {
    pub(crate) requires: Vec<String>,
    pub(crate) extras: Vec<String>,
    pub(crate) requires_python: Option<String>,
    pub(crate) yanked: Option<String>,
    pub(crate) wheels: Option<Vec<String>>,
    pub(crate) sdist: bool,
    pub(crate) script: bool,
    pub(crate) upload_time: Option<String>,
    pub(crate) broken: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct Asked {
    pub(crate) requires: Vec<String>,
    pub(crate) constraints: Vec<String>,
    pub(crate) overrides: Vec<String>,
    pub(crate) excludes: Vec<String>,
    pub(crate) python: Option<String>,
    pub(crate) platform: Option<String>,
    pub(crate) prerelease: Option<String>,
    pub(crate) resolution: Option<String>,
    pub(crate) exclude_newer: Option<String>,
    pub(crate) only_binary: bool,
    pub(crate) prefer: BTreeMap<String, String>,
    pub(crate) sources: Vec<String>,
    /// A file of facts, on top of none at all.
    pub(crate) facts: String,
    pub(crate) flavour: Option<String>,
    pub(crate) cuda: Option<String>,
    pub(crate) driver: Option<String>,
    pub(crate) gpus: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Expected {
    pub(crate) pins: Option<BTreeMap<String, String>>,
    pub(crate) conflicts: Option<Vec<Vec<String>>>,
    pub(crate) repairs: Option<Vec<Vec<String>>>,
    pub(crate) report: Option<String>,
}

/// Every fixture, with its path.
pub(crate) fn worlds() -> Vec<(PathBuf, World)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/universes");
    let mut worlds = Vec::new();
    for topic in std::fs::read_dir(folder).unwrap() {
        for case in std::fs::read_dir(topic.unwrap().path()).unwrap() {
            let path = case.unwrap().path();
            if path.extension().is_some_and(|ending| ending == "toml") {
                let world = World::parse(&std::fs::read_to_string(&path).unwrap());
                worlds.push((path, world));
            }
        }
    }
    worlds
}

/// A package name that a test knows to be valid.
pub(crate) fn name(text: &str) -> PackageName {
    PackageName::new(text.to_owned()).unwrap()
}

fn some_requirements() -> impl Strategy<Value = Vec<String>> {
    let specifier = prop_oneof![
        Just(String::new()),
        (0u8..5).prop_map(|n| format!("=={n}")),
        (0u8..5).prop_map(|n| format!(">={n}")),
        (1u8..5).prop_map(|n| format!("<{n}")),
        (0u8..5).prop_map(|n| format!("!={n}")),
    ];
    let package = prop_oneof![Just("a"), Just("b"), Just("c"), Just("d"), Just("e")];
    proptest::collection::vec(
        (package, specifier).prop_map(|(p, s)| format!("{p}{s}")),
        0..3,
    )
}

/// Any small world of five packages.
pub(crate) fn some_world() -> impl Strategy<Value = World> {
    let release = some_requirements().prop_map(|requires| Release {
        requires,
        ..Release::default()
    });
    let versions =
        proptest::collection::btree_map((0u8..4).prop_map(|n| n.to_string()), release, 0..4);
    let names = ["a", "b", "c", "d", "e"];
    let packages = proptest::collection::vec(versions, names.len());
    (packages, some_requirements()).prop_map(move |(packages, requires)| World {
        packages: names
            .iter()
            .map(ToString::to_string)
            .zip(packages)
            .collect(),
        indexes: BTreeMap::new(),
        question: Asked {
            requires,
            ..Asked::default()
        },
        expected: Expected::default(),
    })
}

impl World {
    /// Reads a fixture.
    pub(crate) fn parse(text: &str) -> Self {
        toml::from_str(text).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Returns the question, each list as a file of its own with a line for each entry.
    pub(crate) fn question(&self) -> Arc<Question> {
        let asked = &self.question;
        let mut declarations = declared(
            "requirements.in",
            &asked.requires,
            DeclarationKind::Requirement,
        );
        declarations.extend(declared(
            "constraints.txt",
            &asked.constraints,
            DeclarationKind::Constraint,
        ));
        declarations.extend(declared(
            "overrides.txt",
            &asked.overrides,
            DeclarationKind::Override,
        ));
        let facts = asked.facts();
        let python = asked.python.as_deref().unwrap_or("3.12");
        let platform = asked.platform.as_deref().unwrap_or("linux");
        Arc::new(Question {
            declarations,
            excludes: asked.excludes.iter().map(|text| name(text)).collect(),
            target: Target::new(python.parse().unwrap(), platform.parse().unwrap())
                .with_accelerators(asked.accelerators(&facts)),
            region: None,
            policy: Policy {
                prereleases: match asked.prerelease.as_deref() {
                    None => Prereleases::default(),
                    Some("disallow") => Prereleases::Disallow,
                    Some("allow") => Prereleases::Allow,
                    Some("explicit") => Prereleases::Explicit,
                    Some("if-necessary") => Prereleases::IfNecessary,
                    Some(other) => panic!("no policy `{other}`"),
                },
                resolution: match asked.resolution.as_deref() {
                    None => ResolutionMode::Highest,
                    Some("lowest") => ResolutionMode::Lowest,
                    Some("lowest-direct") => ResolutionMode::LowestDirect,
                    Some(other) => panic!("no mode `{other}`"),
                },
                exclude_newer: asked
                    .exclude_newer
                    .as_deref()
                    .map(|text| Timestamp::parse(text).unwrap()),
                formats: formats(asked.only_binary),
                ..Policy::default()
            },
            preferences: asked
                .prefer
                .iter()
                .map(|(package, version)| (name(package), version.parse().unwrap()))
                .collect(),
            facts,
            sources: asked.sources.iter().map(|text| source(text)).collect(),
        })
    }

    /// Returns the catalog of its packages.
    pub(crate) fn catalog(&self) -> Universe {
        let mut universe = Universe::default();
        universe.add(INDEX, &self.packages);
        for (index, packages) in &self.indexes {
            universe.add(&format!("https://{index}.example/simple"), packages);
        }
        universe
    }
}

impl Asked {
    fn facts(&self) -> Arc<Facts> {
        let file = SourceFile::new("facts.toml", self.facts.clone());
        let facts = Facts::none().extended(&file);
        Arc::new(facts.unwrap_or_else(|problems| panic!("{problems:?}")))
    }

    fn accelerators(&self, facts: &Facts) -> Accelerators {
        Accelerators {
            flavour: self.flavour.as_ref().map(|text| text.parse().unwrap()),
            cuda: self.cuda.as_ref().map(|text| text.parse().unwrap()),
            driver: self.driver.as_ref().map(|text| text.parse().unwrap()),
            gpus: self
                .gpus
                .iter()
                .map(|text| facts.gpu(text).unwrap())
                .collect(),
        }
    }
}

fn formats(only_binary: bool) -> FormatControl {
    let mut formats = FormatControl::default();
    if only_binary {
        formats.apply(FormatList::OnlyBinary, &[FormatName::All]);
    }
    formats
}

fn declared(label: &str, lines: &[String], kind: DeclarationKind) -> Vec<Declaration> {
    let file = SourceFile::new(label, lines.join("\n"));
    let mut at = 0;
    lines
        .iter()
        .map(|line| {
            let text = line.split("  #").next().unwrap();
            let span = Span::new(at, text.len());
            at += line.len() + 1;
            Declaration {
                requirement: Requirement::parse(text).unwrap(),
                kind,
                origin: Origin::new(&file, span),
                section: None,
                digests: Vec::new(),
            }
        })
        .collect()
}

/// Reads `NAME from INDEX ; MARKER`.
fn source(text: &str) -> Source {
    let (text, marker) = text.split_once(" ; ").unwrap_or((text, ""));
    let (package, index) = text.split_once(" from ").unwrap();
    let marker = match marker {
        "" => Marker::always(),
        marker => Marker::parse(marker).unwrap(),
    };
    Source {
        package: name(package),
        index: index.to_owned(),
        marker,
    }
}

fn project(index: &str, package: &str, releases: &BTreeMap<String, Release>) -> Arc<Project> {
    let mut files = Vec::new();
    for (version, release) in releases {
        let any = ["py3-none-any".to_owned()];
        let stem = package.replace('-', "_");
        let wheels = release.wheels.as_deref().unwrap_or(&any);
        let wheels = wheels
            .iter()
            .map(|tags| format!("{stem}-{version}-{tags}.whl"));
        let sdist = release.sdist.then(|| format!("{stem}-{version}.tar.gz"));
        files.extend(wheels.chain(sdist).map(|filename| FileEntry {
            url: format!("https://files.example/{filename}"),
            filename,
            requires_python: release.requires_python.clone(),
            upload_time: release.upload_time.as_deref().and_then(Timestamp::parse),
            yanked: release.yanked.clone(),
            metadata: MetadataFile::NotSaid,
            ..FileEntry::default()
        }));
    }
    let listing = Listing {
        files,
        ..Listing::default()
    };
    Arc::new(Project {
        name: name(package),
        pages: vec![IndexPage {
            index: index.into(),
            page: Page::build(&name(package), listing),
        }],
        merge: Merge::Best,
    })
}

fn metadata(package: &str, version: &str, release: &Release) -> Result<Arc<Metadata>, Refusal> {
    if let Some(why) = &release.broken {
        return Err(Refusal::Unusable(why.clone()));
    }
    let mut text = format!("Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n");
    for requirement in &release.requires {
        text.push_str(&format!("Requires-Dist: {requirement}\n"));
    }
    for extra in &release.extras {
        text.push_str(&format!("Provides-Extra: {extra}\n"));
    }
    let mut markers = MarkerTexts::default();
    let source = match release.script {
        true => MetadataSource::SetupScript,
        false => MetadataSource::Wheel,
    };
    let metadata = Metadata::parse(text.as_bytes(), source, &mut markers).unwrap();
    // As it comes from a cache.
    let record = metadata.encode().into();
    Ok(Arc::new(Metadata::decode(&record, &mut markers).unwrap()))
}

/// The packages of a [`World`] as a catalog.
#[derive(Default)]
pub(crate) struct Universe {
    /// By the index that has them.
    projects: BTreeMap<(String, PackageName), Arc<Project>>,
    releases: BTreeMap<(String, PackageName, Version), Result<Arc<Metadata>, Refusal>>,
}

impl Universe {
    fn add(&mut self, index: &str, packages: &Packages) {
        for (package, releases) in packages {
            let key = (index.to_owned(), name(package));
            self.projects.insert(key, project(index, package, releases));
            for (version, release) in releases {
                let key = (index.to_owned(), name(package), version.parse().unwrap());
                self.releases
                    .insert(key, metadata(package, version, release));
            }
        }
    }

    fn on(&self, index: &str, name: &PackageName) -> Result<Arc<Project>, Refusal> {
        let found = self.projects.get(&(index.to_owned(), name.clone()));
        found
            .cloned()
            .ok_or_else(|| Refusal::Missing(format!("not on `{index}`")))
    }
}

impl Catalog for Universe {
    fn project(&self, name: &PackageName) -> Result<Arc<Project>, Refusal> {
        self.on(INDEX, name)
    }

    fn sourced(&self, name: &PackageName, index: &str) -> Result<Arc<Project>, Refusal> {
        self.on(&format!("https://{index}.example/simple"), name)
    }

    fn direct(&self, name: &PackageName, url: &DirectUrl) -> Result<Arc<Project>, Refusal> {
        Err(Refusal::Unusable(format!("{name} is not at {}", url.given)))
    }

    fn metadata(&self, project: &Project, at: FileAt) -> Result<Arc<Metadata>, Refusal> {
        let page = &project.pages[at.page].page;
        let version = page.version(page.version_of(at.file));
        let index = project.pages[at.page].index.to_string();
        self.releases[&(index, project.name.clone(), version)].clone()
    }
}
