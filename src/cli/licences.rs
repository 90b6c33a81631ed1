//! The licences of a lock's packages. A lock holds none, so that they are read from the metadata of
//! its files: that of the cache, which has all that was read when the lock was made, else that of
//! the indexes.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::args::{CacheArgs, IndexArgs};
use super::reading::Reading;
use super::terminal::Terminal;
use super::why::{Unanswered, pins, with_catalog};
use crate::fetch::LiveCatalog;
use crate::graph::Graph;
use crate::index::{Metadata, Project};
use crate::lock::LockedPackage;
use crate::package::{Version, VersionKey};
use crate::report::count;
use crate::solve::{Catalog as _, Failure, FileAt, Judge, Question, Refusal};

/// Of more packages than these, all are sent for at once.
const FEW: usize = 4;

/// What was found out.
pub(super) struct Licences {
    /// The licence of each package of the graph; none where it is not known.
    pub(super) told: Vec<Option<String>>,
    /// Why some could not be asked for.
    pub(super) failure: Option<Failure>,
}

/// Finds out the licences of some packages of a lock. Where the cache lacks some and nothing else
/// may be asked, that is mentioned.
pub(super) fn licences(
    (index, cache): (&IndexArgs, &CacheArgs),
    reading: &Reading,
    graph: &Graph<'_>,
    wanted: &BTreeSet<usize>,
    terminal: &Terminal,
) -> Licences {
    let mut reading = reading.clone();
    reading.complete((index, cache), terminal);
    let mut told = vec![None; graph.packages().len()];
    let mut open: Vec<usize> = wanted.iter().copied().collect();
    let found = with_catalog((index, cache), &reading, |question, catalog| {
        if open.len() > FEW && !catalog.is_offline() {
            catalog.expect(pinned(graph, question));
        }
        let mut asking = Asking {
            graph,
            question,
            catalog,
            judge: Judge::new(Arc::clone(question)),
        };
        asking.all(&mut open, &mut told)
    });
    let mut failure = None;
    match found {
        Ok(Some(())) => {}
        Ok(None) => terminal.mention(&format!(
            "The licences are not known: {} does not keep what was declared for which target, as a \
             lock that `pyaudit lock -o pylock.toml` writes does.",
            reading.file
        )),
        Err(Unanswered::Problem(problem)) => terminal.say_problems(&[*problem]),
        Err(Unanswered::Failure(_)) if index.offline => terminal.mention(&format!(
            "The cache does not have the metadata of {}.",
            count(open.len(), "package")
        )),
        Err(Unanswered::Failure(met)) => failure = Some(met),
    }
    Licences { told, failure }
}

/// The question of the lock with the lock's own answer, for fetching ahead.
fn pinned(graph: &Graph<'_>, question: &Question) -> Arc<Question> {
    Arc::new(Question {
        preferences: pins(graph.packages().iter().copied()),
        ..question.clone()
    })
}

struct Asking<'a> {
    graph: &'a Graph<'a>,
    question: &'a Arc<Question>,
    catalog: &'a LiveCatalog,
    judge: Judge,
}

impl Asking<'_> {
    /// Asks for the licences of the packages that are open, and closes those of which there is no
    /// more to know. The first failure of the network ends it; the cache may have the rest.
    fn all(&mut self, open: &mut Vec<usize>, told: &mut [Option<String>]) -> Result<(), Failure> {
        let mut failed = None;
        open.retain(|at| {
            if failed.is_some() && !self.catalog.is_offline() {
                return true;
            }
            match self.metadata(self.graph.packages()[*at]) {
                Ok(metadata) => told[*at] = metadata.license.clone(),
                Err(Refusal::Missing(_) | Refusal::Unusable(_)) => {}
                Err(Refusal::Failed(failure)) => {
                    failed.get_or_insert(failure);
                    return true;
                }
            }
            false
        });
        failed.map_or(Ok(()), Err)
    }

    /// Returns the metadata of a package: where it can be, of the file that the solver read.
    fn metadata(&mut self, package: &LockedPackage) -> Result<Arc<Metadata>, Refusal> {
        let unknown = || Refusal::Unusable("the lock does not say enough of it".to_owned());
        if !package.is_from_registry() {
            return self.of_reference(package);
        }
        let version = package.version.as_ref().ok_or_else(unknown)?;
        let project = self.question.project_of(&package.name, self.catalog)?;
        let at = self.file_read(&project, version);
        let at = at.or_else(|| file_locked(package, &project, version));
        self.catalog.metadata(&project, at.ok_or_else(unknown)?)
    }

    /// Asks for what a declaration or another package of the lock points to.
    fn of_reference(&self, package: &LockedPackage) -> Result<Arc<Metadata>, Refusal> {
        let declared = self.question.declarations.iter().map(|it| &it.requirement);
        let needed = self.graph.packages().iter().flat_map(|it| &it.edges);
        let needed = needed.map(|edge| &edge.requirement);
        let mut named = declared.chain(needed).filter(|it| it.name == package.name);
        let Some(url) = named.find_map(|it| it.url.as_ref()) else {
            return Err(Refusal::Unusable("nothing points to it".to_owned()));
        };
        let project = self.catalog.direct(&package.name, url)?;
        self.catalog.metadata(&project, FileAt { page: 0, file: 0 })
    }

    fn file_read(&mut self, project: &Arc<Project>, version: &Version) -> Option<FileAt> {
        let candidates = self.judge.judge(Arc::clone(project));
        let mut usable = candidates.usable().iter();
        let read = usable.find(|it| candidates.version(it) == *version)?;
        Some(read.at())
    }
}

/// Returns a file of the lock where none fits this target, else any of the version.
fn file_locked(package: &LockedPackage, project: &Project, version: &Version) -> Option<FileAt> {
    let key = VersionKey::of(version);
    let mut any = None;
    for (page, on) in project.pages.iter().enumerate() {
        let found = on.page.find(key.as_bytes());
        for file in found.into_iter().flat_map(|at| on.page.files(at)) {
            let name = on.page.file(file).filename();
            if package.artifacts().any(|locked| locked.name == name) {
                return Some(FileAt { page, file });
            }
            any.get_or_insert(FileAt { page, file });
        }
    }
    any
}
