//! What a first run wishes for beyond what is known to be required. Where no earlier run tells which
//! pages are looked at, it would wait twice for each level of the dependencies, for a page and for
//! metadata. So the pages of what a project usually requires are asked for while its metadata is on
//! the way, and all that a former lock has at once. A wrong guess costs a request and never an
//! answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::walker::Wish;
use crate::facts::usually_required;
use crate::package::PackageName;
use crate::solve::{Candidates, Question};

/// Looks ahead of what is known, from when it is told to.
pub(super) struct Ahead {
    question: Arc<Question>,
    is_on: AtomicBool,
}

impl Ahead {
    /// Wishes for nothing yet.
    pub(super) fn new(question: Arc<Question>) -> Self {
        Self {
            question,
            is_on: AtomicBool::new(false),
        }
    }

    /// Wishes from now on.
    pub(super) fn begin(&self) {
        self.is_on.store(true, Ordering::Relaxed);
    }

    fn is_on(&self) -> bool {
        self.is_on.load(Ordering::Relaxed)
    }

    /// Wishes for the pages of all that a former lock has.
    pub(super) fn of_lock(&self) -> Vec<Wish> {
        self.pages(self.question.preferences.keys().cloned())
    }

    /// Wishes for the pages of what a project usually requires; one of a former lock requires what
    /// that has, mostly.
    pub(super) fn usual(&self, project: &PackageName) -> Vec<Wish> {
        if self.question.preferences.contains_key(project) {
            return Vec::new();
        }
        let required = usually_required(project);
        self.pages(required.filter_map(|name| PackageName::new(name.to_owned()).ok()))
    }

    fn pages(&self, names: impl Iterator<Item = PackageName>) -> Vec<Wish> {
        let question = &self.question;
        let is_direct = |name: &PackageName| {
            let mut declared = question.declarations.iter().map(|it| &it.requirement);
            declared.any(|requirement| requirement.name == *name && requirement.url.is_some())
        };
        names
            .filter(|_| self.is_on())
            .filter(|name| !question.excludes.contains(name) && !is_direct(name))
            .map(Wish::Page)
            .collect()
    }

    /// Wishes for the metadata of the version that a former lock has of a project which nothing is
    /// known to require so far.
    pub(super) fn former(&self, candidates: &Candidates) -> Option<Wish> {
        let project = candidates.project();
        let version = self.question.preferences.get(&project.name)?;
        let mut usable = candidates.usable().iter().filter(|_| self.is_on());
        let former = usable.find(|candidate| candidates.version(candidate) == *version)?;
        Some(Wish::Metadata(Arc::clone(project), former.at()))
    }
}
