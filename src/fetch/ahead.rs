//! What a first run wishes for beyond what is known to be required. Where no earlier run tells which
//! pages are looked at, it would wait twice for each level of the dependencies, for a page and for
//! metadata. So the pages of what a project usually requires, and of what that does, are asked for
//! together with its own, and those of the versions that are preferred, such as a former lock's, at
//! once. A page that nothing is known to require so far leads to the metadata of the version that
//! will probably be tried first, and no further. A wrong guess costs a request and never an answer.
//!
//! A name that only its owners know is never told to anybody before something requires it: all that
//! is asked for here stands in a public table.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use foldhash::HashSet;

use super::once::lock;
use super::walker::Wish;
use crate::facts::{is_widely_known, usually_required};
use crate::package::PackageName;
use crate::solve::Question;

/// Looks ahead of what is known, from when it is told to.
pub(super) struct Ahead {
    question: Arc<Question>,
    is_on: AtomicBool,
    /// What was wished for already because something usually requires it.
    wished: Mutex<HashSet<&'static str>>,
}

impl Ahead {
    /// Wishes for nothing yet.
    pub(super) fn new(question: Arc<Question>) -> Self {
        Self {
            question,
            is_on: AtomicBool::new(false),
            wished: Mutex::default(),
        }
    }

    /// Wishes from now on.
    pub(super) fn begin(&self) {
        self.is_on.store(true, Ordering::Relaxed);
    }

    /// Whether it was told to.
    pub(super) fn is_on(&self) -> bool {
        self.is_on.load(Ordering::Relaxed)
    }

    /// Wishes for the pages of what is preferred.
    pub(super) fn preferred(&self) -> Vec<Wish> {
        let names = self.question.preferences.keys();
        self.pages(names.filter(|name| is_widely_known(name)).cloned())
    }

    /// Wishes for the pages of what a project usually requires, and of what that does, each once; one
    /// that is preferred requires what is preferred too, mostly.
    pub(super) fn usual(&self, project: &PackageName) -> Vec<Wish> {
        if !self.is_on() || self.question.preferences.contains_key(project) {
            return Vec::new();
        }
        let named = |name: &'static str| PackageName::new(name.to_owned()).ok();
        let own = || usually_required(project);
        let beyond = own()
            .filter_map(named)
            .flat_map(|name| usually_required(&name));
        let mut wished = lock(&self.wished);
        let fresh = own().chain(beyond).filter(|name| wished.insert(name));
        let fresh: Vec<PackageName> = fresh.filter_map(named).collect();
        // What is required itself is asked for before what only goes with it.
        self.pages(fresh.into_iter().rev())
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
}
