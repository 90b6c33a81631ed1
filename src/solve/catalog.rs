//! The questions that the solver asks of the world, and the answers that it can bear.
//!
//! The solver asks synchronously, one question at a time. The live catalog downloads ahead of the
//! questions; tests bring an invented universe.

use std::fmt;
use std::sync::Arc;

use super::candidates::Candidates;
use super::question::Question;
use crate::index::{Metadata, Project};
use crate::package::{DirectUrl, PackageName};
use crate::target::Flavour;

/// A file of a [`Project`]: which of its pages, and which file there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileAt {
    /// The position in [`Project::pages`].
    pub page: usize,
    /// The position in that page.
    pub file: usize,
}

/// Knows projects and metadata. The same question must always get the same answer, whatever else
/// was asked before.
pub trait Catalog {
    /// Returns the files of a project on the indexes that may be asked for it.
    fn project(&self, name: &PackageName) -> Result<Arc<Project>, Refusal>;

    /// Returns the files of a project where builds for one accelerator are kept; of a project that
    /// is not built for accelerators, those of [`Self::project`].
    fn build(&self, name: &PackageName, _flavour: &Flavour) -> Result<Arc<Project>, Refusal> {
        self.project(name)
    }

    /// Returns the files of a project on the one index that it comes from, by the index' name.
    fn sourced(&self, name: &PackageName, _index: &str) -> Result<Arc<Project>, Refusal> {
        self.project(name)
    }

    /// Returns what a direct reference points to, as a project of one version.
    fn direct(&self, name: &PackageName, url: &DirectUrl) -> Result<Arc<Project>, Refusal>;

    /// Returns the metadata of a file.
    fn metadata(&self, project: &Project, at: FileAt) -> Result<Arc<Metadata>, Refusal>;

    /// Returns a project as it is judged under a question: by `judge`, unless a catalog that looks
    /// ahead has judged it already.
    fn judged(
        &self,
        _question: &Arc<Question>,
        _project: &Arc<Project>,
        judge: &mut dyn FnMut() -> Candidates,
    ) -> Arc<Candidates> {
        Arc::new(judge())
    }

    /// Returns the metadata of a wheel that is looked at and not chosen: nothing follows from it.
    fn glance(&self, project: &Project, at: FileAt) -> Result<Arc<Metadata>, Refusal> {
        self.metadata(project, at)
    }

    /// Says which metadata will probably be asked for next.
    fn soon(&self, _wanted: &[(Arc<Project>, FileAt)]) {}

    /// Returns the file of the version at which going back through a project will probably end, where a
    /// look ahead found one.
    fn likely(&self, _project: &Project) -> Option<FileAt> {
        None
    }

    /// Says which metadata will be asked for next, of versions that lie apart: what they require is
    /// not asked for with them.
    fn soon_apart(&self, _wanted: &[(Arc<Project>, FileAt)]) {}

    /// Says of which flavours builds will probably be asked for.
    fn soon_builds(&self, _names: &[PackageName], _flavours: &[Flavour]) {}

    /// Says which projects will certainly be asked for.
    fn soon_projects(&self, _names: &[PackageName]) {}
}

impl<T: Catalog + ?Sized> Catalog for &T {
    fn project(&self, name: &PackageName) -> Result<Arc<Project>, Refusal> {
        (**self).project(name)
    }

    fn build(&self, name: &PackageName, flavour: &Flavour) -> Result<Arc<Project>, Refusal> {
        (**self).build(name, flavour)
    }

    fn sourced(&self, name: &PackageName, index: &str) -> Result<Arc<Project>, Refusal> {
        (**self).sourced(name, index)
    }

    fn direct(&self, name: &PackageName, url: &DirectUrl) -> Result<Arc<Project>, Refusal> {
        (**self).direct(name, url)
    }

    fn metadata(&self, project: &Project, at: FileAt) -> Result<Arc<Metadata>, Refusal> {
        (**self).metadata(project, at)
    }

    fn judged(
        &self,
        question: &Arc<Question>,
        project: &Arc<Project>,
        judge: &mut dyn FnMut() -> Candidates,
    ) -> Arc<Candidates> {
        (**self).judged(question, project, judge)
    }

    fn glance(&self, project: &Project, at: FileAt) -> Result<Arc<Metadata>, Refusal> {
        (**self).glance(project, at)
    }

    fn soon(&self, wanted: &[(Arc<Project>, FileAt)]) {
        (**self).soon(wanted);
    }

    fn likely(&self, project: &Project) -> Option<FileAt> {
        (**self).likely(project)
    }

    fn soon_apart(&self, wanted: &[(Arc<Project>, FileAt)]) {
        (**self).soon_apart(wanted);
    }

    fn soon_builds(&self, names: &[PackageName], flavours: &[Flavour]) {
        (**self).soon_builds(names, flavours);
    }

    fn soon_projects(&self, names: &[PackageName]) {
        (**self).soon_projects(names);
    }
}

/// Why a question was not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No index that may be asked has the name; the text says which were asked.
    Missing(String),
    /// This one version cannot be used, and others can be tried: its metadata is unreadable, or
    /// its code would have to run.
    Unusable(String),
    /// The outside world failed; going on would risk a wrong answer.
    Failed(Failure),
}

/// What failed outside, in words that name the index and the package and hold no credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What was being done, such as ``could not fetch the page of `numpy` ``.
    pub doing: String,
    /// What was met, from the outermost cause to the innermost.
    pub causes: Vec<String>,
    /// What to do about it.
    pub help: Option<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.doing)?;
        self.causes
            .iter()
            .try_for_each(|cause| write!(f, ": {cause}"))
    }
}

impl std::error::Error for Failure {}
