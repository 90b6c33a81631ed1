//! Which pages the last run of the same declarations looked at: where they have to be confirmed,
//! all are asked for at once, and not one level of dependencies after the other.

use std::collections::BTreeSet;
use std::sync::Mutex;

use super::key::{Key, Kind};
use super::live_catalog::LiveCatalog;
use super::once::lock;
use super::shared::Shared;
use crate::package::PackageName;
use crate::solve::Question;

/// More names than any run looks at; a longer list is not kept.
const MOST: usize = 20_000;

/// What a run looks at, and what the last one did.
#[derive(Debug, Default)]
pub(super) struct Consulted {
    /// Where the list of this run's declarations is kept, from its first question on.
    key: Mutex<Option<Key>>,
    names: Mutex<BTreeSet<PackageName>>,
}

impl Consulted {
    /// Takes a question into account: the first of a run says whose list it is.
    pub(super) fn expect(&self, question: &Question, shared: &Shared) {
        lock(&self.key).get_or_insert_with(|| {
            let declared: BTreeSet<&str> = question
                .declarations
                .iter()
                .map(|declaration| declaration.requirement.name.as_ref())
                .collect();
            let places: Vec<&str> = shared
                .indexes
                .all()
                .map(|index| index.public().as_str())
                .collect();
            let parts: Vec<&str> = places.into_iter().chain(declared).collect();
            Key::of(Kind::Consulted, &parts)
        });
    }

    /// Notes that the solver asked for a page.
    pub(super) fn note(&self, name: &PackageName) {
        let mut names = lock(&self.names);
        if !names.contains(name) {
            names.insert(name.clone());
        }
    }

    /// Whether the solver asked for a page.
    fn has(&self, name: &PackageName) -> bool {
        lock(&self.names).contains(name)
    }

    /// Returns what the last run asked for.
    pub(super) fn former(&self, shared: &Shared) -> Vec<PackageName> {
        let stored = || shared.cache.as_ref()?.get((*lock(&self.key))?);
        let Some(stored) = stored() else {
            return Vec::new();
        };
        String::from_utf8_lossy(&stored)
            .lines()
            .take(MOST)
            .filter_map(|line| PackageName::new(line.to_owned()).ok())
            .collect()
    }

    /// Keeps what was asked for, for the next run.
    pub(super) fn keep(&self, shared: &Shared) {
        let names = lock(&self.names);
        let Some(key) = *lock(&self.key) else { return };
        if names.is_empty() || names.len() > MOST {
            return;
        }
        let lines: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
        let lines = lines.join("\n");
        let cache = shared.cache.as_ref();
        let former = cache.and_then(|cache| cache.get(key));
        if former.as_deref() != Some(lines.as_bytes()) {
            shared.keep(key, lines.as_bytes());
        }
    }
}

impl LiveCatalog {
    /// Whether the solver has looked at any version of a project so far.
    pub fn has_looked_at(&self, name: &PackageName) -> bool {
        self.engine.consulted.has(name)
    }
}
