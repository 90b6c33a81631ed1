//! A project as the indexes of one run hold it.

use std::sync::Arc;

use super::Page;
use crate::package::PackageName;

/// Everything known of a project without reading its files.
#[derive(Clone, Debug)]
pub struct Project {
    /// Its name.
    pub name: PackageName,
    /// Its page on each index that has one, the best index first.
    pub pages: Vec<IndexPage>,
    /// How the pages stand to each other.
    pub merge: Merge,
}

/// A page with the index it came from.
#[derive(Clone, Debug)]
pub struct IndexPage {
    /// The index's address without credentials.
    pub index: Arc<str>,
    /// The page.
    pub page: Page,
}

/// How several pages of one project are combined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Merge {
    /// All versions are candidates and the best wins, whichever index has it
    /// (`unsafe-best-match`).
    #[default]
    Best,
    /// The first index with a version that serves is used (`unsafe-first-match`).
    FirstMatch,
}
