//! Invented universes, large ones, as a catalog that answers at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use pyaudit::index::{
    FileEntry, IndexPage, Listing, Merge, Metadata, MetadataSource, Page, Project,
};
use pyaudit::package::{
    Declaration, DeclarationKind, DirectUrl, MarkerTexts, PackageName, Requirement,
};
use pyaudit::solve::{Catalog, FileAt, Policy, Question, Refusal};
use pyaudit::source::{Origin, SourceFile};
use pyaudit::target::Target;

use super::Numbers;

/// What every package of a universe holds: the projects and, file by file, their metadata.
#[derive(Default)]
pub(crate) struct Universe {
    packages: BTreeMap<PackageName, (Arc<Project>, Vec<Arc<Metadata>>)>,
}

impl Universe {
    /// Packages in layers without a conflict: each needs some of those after it, newest first.
    pub(crate) fn layered(packages: u64, versions: u64) -> Self {
        let mut universe = Self::default();
        let mut numbers = Numbers::new(4);
        for package in 0..packages {
            let releases = (0..versions).map(|version| {
                let needs = (0..4).filter_map(|_| {
                    let needed = package + 1 + numbers.below(12);
                    let from = version / 2;
                    (needed < packages).then(|| format!("p{needed}>=1.{from},<2"))
                });
                (format!("1.{version}"), needs.collect())
            });
            universe.add(&format!("p{package}"), releases);
        }
        universe
    }

    /// A client whose every release needs the like release of its core, and a core whose newer
    /// half needs a library newer than the question admits: half the releases have to be passed.
    pub(crate) fn in_step(versions: u64) -> Self {
        let mut universe = Self::default();
        let all = || 0..versions;
        let client = |version| {
            let core = format!("core>=1.{version}.0,<1.{}.0", version + 1);
            (format!("1.{version}.0"), vec![core, "transfer".to_owned()])
        };
        let core = |version| {
            let library = match version < versions / 2 {
                true => "library>=1.25,<1.27",
                false => "library>=2.0,<3",
            };
            (format!("1.{version}.0"), vec![library.to_owned()])
        };
        let transfer = |version| {
            let core = format!("core>=1.{},<2", version * 4);
            (format!("0.{version}"), vec![core])
        };
        universe.add("client", all().map(client));
        universe.add("core", all().map(core));
        universe.add("transfer", (0..versions / 4).map(transfer));
        let libraries = (20..30).map(|minor| (format!("1.{minor}"), Vec::new()));
        let newer = (0..9).map(|minor| (format!("2.{minor}"), Vec::new()));
        universe.add("library", libraries.chain(newer));
        universe
    }

    fn add(&mut self, name: &str, releases: impl Iterator<Item = (String, Vec<String>)>) {
        let mut markers = MarkerTexts::default();
        let mut files = Vec::new();
        let mut metadata = BTreeMap::new();
        for (version, requires) in releases {
            let filename = format!("{name}-{version}-py3-none-any.whl");
            let mut text = format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n");
            for requirement in requires {
                text.push_str(&format!("Requires-Dist: {requirement}\n"));
            }
            let read = Metadata::parse(text.as_bytes(), MetadataSource::Wheel, &mut markers);
            metadata.insert(filename.clone(), Arc::new(read.expect("it is well-formed")));
            files.push(FileEntry {
                url: format!("https://files.example/{filename}"),
                filename,
                ..FileEntry::default()
            });
        }
        let name = package(name);
        let listing = Listing {
            files,
            ..Listing::default()
        };
        let page = Page::build(&name, listing);
        let in_order = (0..page.file_count())
            .map(|at| Arc::clone(&metadata[page.file(at).filename()]))
            .collect();
        let index = "https://index.example/simple".into();
        let project = Arc::new(Project {
            name: name.clone(),
            pages: vec![IndexPage { index, page }],
            merge: Merge::Best,
        });
        self.packages.insert(name, (project, in_order));
    }
}

impl Catalog for Universe {
    fn project(&self, name: &PackageName) -> Result<Arc<Project>, Refusal> {
        let found = self.packages.get(name);
        let project = found.map(|(project, _)| Arc::clone(project));
        project.ok_or_else(|| Refusal::Missing(format!("there is no `{name}`")))
    }

    fn direct(&self, name: &PackageName, _: &DirectUrl) -> Result<Arc<Project>, Refusal> {
        Err(Refusal::Missing(format!("there is no `{name}`")))
    }

    fn metadata(&self, project: &Project, at: FileAt) -> Result<Arc<Metadata>, Refusal> {
        Ok(Arc::clone(&self.packages[&project.name].1[at.file]))
    }
}

/// Returns the name for a text that is one.
pub(crate) fn package(text: &str) -> PackageName {
    PackageName::new(text.to_owned()).expect("it is a name")
}

/// Asks for some requirements on Linux.
pub(crate) fn question(requirements: &[&str]) -> Arc<Question> {
    let declaration = |text: &&str| Declaration {
        requirement: Requirement::parse(text).expect("it is a requirement"),
        kind: DeclarationKind::Requirement,
        origin: Origin::whole(&SourceFile::new("requirements.in", *text)),
        section: None,
        digests: Vec::new(),
    };
    let python = "3.12".parse().expect("it is a version");
    let platform = "linux".parse().expect("it is a platform");
    Arc::new(Question {
        declarations: requirements.iter().map(declaration).collect(),
        excludes: Default::default(),
        target: Target::new(python, platform),
        region: None,
        policy: Policy::default(),
        preferences: BTreeMap::new(),
        facts: pyaudit::facts::Facts::embedded(),
        sources: Arc::default(),
    })
}
