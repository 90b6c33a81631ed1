//! The files of a locked package. A lock that was just made leaves them on the page of their index
//! until somebody asks: there are thousands, and a requirements file names no more of them than
//! their digests.

use std::slice;
use std::sync::{Arc, OnceLock};

use super::{ArtifactPlace, LockedArtifact};
use crate::index::{Digests, FileView, Page, Project};
use crate::package::Digest;

/// The wheels of a package and its source archive.
#[derive(Clone, Debug, Default)]
pub struct LockedFiles {
    /// Where they stand, if it is on a page; they are told as soon as somebody asks.
    listed: Option<ListedFiles>,
    told: OnceLock<Box<ToldFiles>>,
}

/// Files on one page of an index, all of one version and one host.
#[derive(Clone, Debug)]
struct ListedFiles {
    project: Arc<Project>,
    page: usize,
    wheels: Vec<usize>,
    sdist: Option<usize>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct ToldFiles {
    wheels: Vec<LockedArtifact>,
    sdist: Option<LockedArtifact>,
}

/// The digests of one file.
pub(super) enum FileDigests<'a> {
    Listed(Digests<'a>),
    Told(slice::Iter<'a, Digest>),
}

impl LockedFiles {
    /// Takes wheels and a source archive as they are told.
    pub fn new(wheels: Vec<LockedArtifact>, sdist: Option<LockedArtifact>) -> Self {
        Self {
            listed: None,
            told: OnceLock::from(Box::new(ToldFiles { wheels, sdist })),
        }
    }

    /// Takes files of one version by their places on a page whose files are all on one host.
    pub(super) fn on(
        project: &Arc<Project>,
        page: usize,
        wheels: Vec<usize>,
        sdist: Option<usize>,
    ) -> Self {
        let project = Arc::clone(project);
        Self {
            listed: Some(ListedFiles {
                project,
                page,
                wheels,
                sdist,
            }),
            told: OnceLock::new(),
        }
    }

    /// Returns the wheels, sorted by name.
    pub fn wheels(&self) -> &[LockedArtifact] {
        &self.told().wheels
    }

    /// Returns the source archive.
    pub fn sdist(&self) -> Option<&LockedArtifact> {
        self.told().sdist.as_ref()
    }

    /// Returns the wheels, then the source archive.
    pub fn artifacts(&self) -> impl Iterator<Item = &LockedArtifact> {
        self.wheels().iter().chain(self.sdist())
    }

    /// Returns how many files there are.
    pub(super) fn count(&self) -> usize {
        match &self.listed {
            Some(listed) => listed.wheels.len() + usize::from(listed.sdist.is_some()),
            None => self.artifacts().count(),
        }
    }

    /// Returns the digests of each file.
    pub(super) fn digests(&self) -> impl Iterator<Item = FileDigests<'_>> {
        let listed = self.listed.iter().flat_map(ListedFiles::files);
        let told = self.told.get().filter(|_| self.listed.is_none());
        let told = told
            .into_iter()
            .flat_map(|it| it.wheels.iter().chain(&it.sdist));
        let listed = listed.map(|file| FileDigests::Listed(file.digests()));
        listed.chain(told.map(FileDigests::from))
    }

    /// Returns the scheme and host where all of them are, where that is known of their page.
    pub(super) fn origin(&self) -> Option<&str> {
        let listed = self.listed.as_ref().filter(|_| self.count() > 0);
        listed?.page().origin()
    }

    /// Adds those that another lock of the same version has.
    pub(super) fn join(&mut self, other: Self) {
        if let (Some(own), Some(others)) = (&mut self.listed, &other.listed)
            && own.is_beside(others)
        {
            own.join(others);
            self.told = OnceLock::new();
            return;
        }
        let (mut own, other) = (std::mem::take(self).into_told(), other.into_told());
        for wheel in other.wheels {
            if !own.wheels.contains(&wheel) {
                own.wheels.push(wheel);
            }
        }
        *self = Self::new(own.wheels, own.sdist.or(other.sdist));
    }

    /// Puts the files that are told in their order; on a page they stand in it.
    pub(super) fn sort(&mut self) {
        let Some(told) = self.told.get_mut() else {
            return;
        };
        told.wheels.sort_by(|a, b| a.name.cmp(&b.name));
        for artifact in told.wheels.iter_mut().chain(&mut told.sdist) {
            artifact.sort();
        }
    }

    fn told(&self) -> &ToldFiles {
        let of_page = || self.listed.as_ref().map(ListedFiles::told);
        self.told.get_or_init(|| of_page().unwrap_or_default())
    }

    fn into_told(self) -> ToldFiles {
        self.told();
        *self.told.into_inner().unwrap_or_default()
    }
}

/// Where they are kept makes no difference.
impl PartialEq for LockedFiles {
    fn eq(&self, other: &Self) -> bool {
        self.told() == other.told()
    }
}

impl Eq for LockedFiles {}

impl ListedFiles {
    fn page(&self) -> &Page {
        &self.project.pages[self.page].page
    }

    fn files(&self) -> impl Iterator<Item = FileView<'_>> {
        let all = self.wheels.iter().chain(&self.sdist);
        all.map(|at| self.page().file(*at))
    }

    fn told(&self) -> Box<ToldFiles> {
        let told = |at: &usize| LockedArtifact::of(&self.page().file(*at));
        Box::new(ToldFiles {
            wheels: self.wheels.iter().map(told).collect(),
            sdist: self.sdist.as_ref().map(told),
        })
    }

    fn is_beside(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.project, &other.project) && self.page == other.page
    }

    fn join(&mut self, other: &Self) {
        self.wheels.extend(&other.wheels);
        self.wheels.sort_unstable();
        self.wheels.dedup();
        self.sdist = self.sdist.or(other.sdist);
    }
}

impl<'a> From<&'a LockedArtifact> for FileDigests<'a> {
    fn from(file: &'a LockedArtifact) -> Self {
        Self::Told(file.digests.iter())
    }
}

impl Iterator for FileDigests<'_> {
    type Item = Digest;

    fn next(&mut self) -> Option<Digest> {
        match self {
            Self::Listed(digests) => digests.next(),
            Self::Told(digests) => digests.next().cloned(),
        }
    }
}

impl LockedArtifact {
    /// Describes a file of a page.
    pub(super) fn of(file: &FileView<'_>) -> Self {
        let details = file.details();
        let mut artifact = Self {
            name: details.filename.to_owned(),
            place: ArtifactPlace::Url(details.url),
            upload_time: file.upload_time(),
            size: details.size,
            digests: details.digests.collect(),
        };
        artifact.sort();
        artifact
    }

    /// Puts the digests in their order, each once.
    pub(super) fn sort(&mut self) {
        self.digests.sort();
        self.digests.dedup();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::{FileEntry, IndexPage, Listing};

    const NAMES: [&str; 3] = [
        "a-1-cp310-none-any.whl",
        "a-1-py3-none-any.whl",
        "a-1.tar.gz",
    ];

    fn project() -> Arc<Project> {
        let name: crate::package::PackageName = "a".parse().unwrap();
        let entry = |filename: &str| FileEntry {
            filename: filename.to_owned(),
            url: format!("https://files.example/{filename}"),
            digests: vec![Digest::new("md5", &"0a".repeat(16)).unwrap()],
            ..FileEntry::default()
        };
        let listing = Listing {
            files: NAMES.map(entry).into(),
            ..Listing::default()
        };
        let page = IndexPage {
            index: "https://index.example".into(),
            page: Page::build(&name, listing),
        };
        Arc::new(Project {
            name,
            pages: vec![page],
            merge: Default::default(),
        })
    }

    #[test]
    fn files_on_a_page_are_what_they_are_when_they_are_told() {
        let listed = LockedFiles::on(&project(), 0, vec![0, 1], Some(2));

        let told = LockedFiles::new(listed.wheels().into(), listed.sdist().cloned());

        let names: Vec<&str> = told.artifacts().map(|it| &*it.name).collect();
        let digests = |files: &LockedFiles| files.digests().map(Vec::from_iter).collect::<Vec<_>>();
        assert_eq!(names, NAMES);
        assert_eq!(listed, told);
        assert_eq!(digests(&listed), digests(&told));
        assert_eq!(listed.count(), told.count());
        assert_eq!(listed.origin(), Some("https://files.example"));
    }

    #[test]
    fn files_are_joined_in_the_order_of_their_names() {
        let project = project();
        let joined = |mut one: LockedFiles, other: LockedFiles| {
            one.join(other);
            one.sort();
            one
        };
        let first = LockedFiles::on(&project, 0, vec![0], None);
        let others = LockedFiles::on(&project, 0, vec![0, 1], Some(2));
        let told = LockedFiles::new(first.wheels().into(), None);
        let later = LockedFiles::on(&project, 0, vec![1], Some(2));
        let all = LockedFiles::on(&project, 0, vec![0, 1], Some(2));

        assert_eq!(joined(first.clone(), others.clone()), all);
        assert_eq!(joined(others, told.clone()), all);
        assert_eq!(joined(later.clone(), first), all);
        assert_eq!(joined(later, told), all);
    }
}
