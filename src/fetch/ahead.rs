//! What a first run wishes for beyond what is known to be required. Where no earlier run tells which
//! pages are looked at, it would wait twice for each level of the dependencies, for a page and for
//! metadata. So the pages of what a project usually requires are asked for while its metadata is on
//! the way, and those of the versions that are preferred, such as a former lock's, at once. A wrong
//! guess costs a request and never an answer.
//!
//! A name that only its owners know is never told to anybody before something requires it: all that
//! is asked for here stands in a public table.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::walker::Wish;
use crate::facts::{is_widely_known, usually_required};
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

    /// Wishes for the pages of what is preferred.
    pub(super) fn preferred(&self) -> Vec<Wish> {
        let names = self.question.preferences.keys();
        self.pages(names.filter(|name| is_widely_known(name)).cloned())
    }

    /// Wishes for the pages of what a project usually requires; one that is preferred requires what
    /// is preferred too, mostly.
    pub(super) fn usual(&self, project: &PackageName) -> Vec<Wish> {
        if self.question.preferences.contains_key(project) {
            return Vec::new();
        }
        let required = usually_required(project);
        self.pages(required.filter_map(|name| PackageName::new(name.to_owned()).ok()))
    }

    fn pages(&self, names: impl Iterator<Item = PackageName>) -> Vec<Wish> {
        if !self.is_on() {
            return Vec::new();
        }
        let question = &self.question;
        let is_direct = |name: &PackageName| {
            let mut declared = question.declarations.iter().map(|it| &it.requirement);
            declared.any(|requirement| requirement.name == *name && requirement.url.is_some())
        };
        names
            .filter(|name| !question.excludes.contains(name) && !is_direct(name))
            .map(Wish::Page)
            .collect()
    }

    /// Wishes for the metadata of the version that is preferred of a project which nothing is known
    /// to require so far.
    pub(super) fn preferred_version(&self, candidates: &Candidates) -> Option<Wish> {
        if !self.is_on() {
            return None;
        }
        let project = candidates.project();
        let version = self.question.preferences.get(&project.name)?;
        let at = candidates.ordinal_of(version)?;
        let candidate = candidates.usable().get(at as usize)?;
        Some(Wish::Metadata(Arc::clone(project), candidate.at()))
    }
}
