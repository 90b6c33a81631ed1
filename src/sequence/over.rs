//! The indexes with what is installed beside them: a version that no index has any more, such as a
//! build of an image's maker, is taken as it stands where it answers.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use super::baseline::{Baseline, bare};
use crate::index::{FileEntry, IndexPage, Listing, Merge, Metadata, Page, Project, Requires};
use crate::package::{DirectUrl, PackageName, Timestamp};
use crate::solve::{Catalog, FileAt, Refusal};
use crate::target::Flavour;

/// What stands in the place of an index's address for what is installed.
pub const INSTALLED: &str = "installed";

/// Whether what packages require counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Requirements {
    /// It does.
    Count,
    /// It does not (`--no-deps`).
    AreIgnored,
}

/// A [`Catalog`] with what is installed as further candidates.
pub struct Over<'a> {
    baseline: &'a Baseline,
    catalog: &'a dyn Catalog,
    requirements: Requirements,
    /// A question has the same answer each time, down to the allocation.
    known: RefCell<HashMap<(PackageName, Option<Flavour>), Answer>>,
}

type Answer = Result<Arc<Project>, Refusal>;

impl<'a> Over<'a> {
    /// Puts what is installed beside a catalog.
    pub fn new(baseline: &'a Baseline, catalog: &'a dyn Catalog) -> Self {
        Self {
            baseline,
            catalog,
            requirements: Requirements::Count,
            known: RefCell::default(),
        }
    }

    pub(super) fn ignoring(self, requirements: Requirements) -> Self {
        Self {
            requirements,
            ..self
        }
    }

    fn known(
        &self,
        name: &PackageName,
        flavour: Option<&Flavour>,
        ask: impl FnOnce() -> Answer,
    ) -> Answer {
        let key = (name.clone(), flavour.copied());
        if let Some(known) = self.known.borrow().get(&key) {
            return known.clone();
        }
        let answer = self.with_installed(name, ask());
        self.known.borrow_mut().insert(key, answer.clone());
        answer
    }

    fn with_installed(&self, name: &PackageName, answer: Answer) -> Answer {
        let Some(page) = self.page(name) else {
            return answer;
        };
        let mut project = match answer {
            Ok(project) => Project::clone(&project),
            Err(Refusal::Missing(_)) => Project {
                name: name.clone(),
                pages: Vec::new(),
                merge: Merge::Best,
            },
            Err(other @ (Refusal::Unusable(_) | Refusal::Failed(_))) => return Err(other),
        };
        project.pages.push(page);
        Ok(Arc::new(project))
    }

    /// Returns a page with the one version that is installed. Where an index has it too, its page
    /// stands before, and counts.
    fn page(&self, name: &PackageName) -> Option<IndexPage> {
        let version = self.baseline.get(name)?.version.as_ref()?;
        let stem = name.as_ref().replace('-', "_");
        let entry = FileEntry {
            filename: format!("{stem}-{version}-py3-none-any.whl"),
            // No cut-off takes away what is there already.
            upload_time: Some(Timestamp::from_seconds(0)),
            ..FileEntry::default()
        };
        let listing = Listing {
            files: vec![entry],
            ..Listing::default()
        };
        Some(IndexPage {
            index: INSTALLED.into(),
            page: Page::build(name, listing),
        })
    }
}

impl Catalog for Over<'_> {
    fn project(&self, name: &PackageName) -> Answer {
        self.known(name, None, || self.catalog.project(name))
    }

    fn build(&self, name: &PackageName, flavour: &Flavour) -> Answer {
        self.known(name, Some(flavour), || self.catalog.build(name, flavour))
    }

    fn direct(&self, name: &PackageName, url: &DirectUrl) -> Answer {
        self.catalog.direct(name, url)
    }

    fn metadata(&self, project: &Project, at: FileAt) -> Result<Arc<Metadata>, Refusal> {
        let metadata = match is_installed(project, at) {
            true => installed(self.baseline, project, at),
            false => self.catalog.metadata(project, at)?,
        };
        match self.requirements {
            Requirements::Count => Ok(metadata),
            Requirements::AreIgnored => Ok(Arc::new(Metadata {
                requires: Requires::default(),
                ..Metadata::clone(&metadata)
            })),
        }
    }

    fn soon(&self, wanted: &[(Arc<Project>, FileAt)]) {
        let wanted = wanted.iter().filter(|(it, at)| !is_installed(it, *at));
        self.catalog.soon(&wanted.cloned().collect::<Vec<_>>());
    }

    fn likely(&self, project: &Project) -> Option<FileAt> {
        self.catalog.likely(project)
    }

    fn soon_apart(&self, wanted: &[(Arc<Project>, FileAt)]) {
        let wanted = wanted.iter().filter(|(it, at)| !is_installed(it, *at));
        self.catalog
            .soon_apart(&wanted.cloned().collect::<Vec<_>>());
    }

    fn soon_builds(&self, names: &[PackageName], flavours: &[Flavour]) {
        self.catalog.soon_builds(names, flavours);
    }

    fn soon_projects(&self, names: &[PackageName]) {
        self.catalog.soon_projects(names);
    }
}

fn is_installed(project: &Project, at: FileAt) -> bool {
    let page = project.pages.get(at.page);
    page.is_some_and(|page| &*page.index == INSTALLED)
}

/// Returns what is known of an installed version; where nothing is, it is taken to require nothing.
fn installed(baseline: &Baseline, project: &Project, at: FileAt) -> Arc<Metadata> {
    let present = baseline.get(&project.name);
    let known = present.and_then(|present| present.metadata()).cloned();
    known.unwrap_or_else(|| {
        let page = &project.pages[at.page].page;
        let version = page.version(page.version_of(at.file));
        Arc::new(bare(&project.name, &version))
    })
}
