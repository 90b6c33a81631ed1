//! What the indexes say of the packages of a lock: a plain value, gathered before the audit.
//!
//! Each package is known, absent, or unknown for a reason that rules can tell. Texts of an index are
//! hostile, so that they are made plain before they come here.

use std::sync::Arc;

use crate::index::Metadata;
use crate::lock::LockedPackage;
use crate::package::{Declaration, Digest, PackageName, Timestamp, Version};

/// What the indexes say, package by package.
#[derive(Clone, Debug, Default)]
pub struct IndexEvidence {
    /// What is known of the package at each position of the lock.
    pub packages: Vec<Known>,
    /// What is known of the versions with a local part that are declared.
    pub builds: Vec<(Declaration, LockedPackage, Known)>,
    /// When it was asked.
    pub asked_at: Option<Timestamp>,
    /// When the lock was made, as far as the upload times of its files tell that.
    pub made_at: Option<Timestamp>,
    /// How young a file must not be.
    pub cooldown: Option<Cooldown>,
}

/// What is known of a locked package.
#[derive(Clone, Debug)]
pub enum Known {
    /// It comes from no index: from a URL, a folder or a repository.
    Direct,
    /// No index was asked, for this reason.
    NotAsked(String),
    /// An index was asked and did not answer.
    Failed(String),
    /// The indexes that were asked do not have the version.
    Absent {
        /// Those that were asked, by their public addresses.
        asked: Vec<String>,
        /// Whether one of them has other versions.
        has_others: bool,
    },
    /// It is there.
    Seen(Box<OnIndex>),
}

/// A locked version as the indexes have it.
#[derive(Clone, Debug)]
pub struct OnIndex {
    /// The pages that have the project, the best first.
    pub pages: Vec<OnPage>,
    /// An index that was not asked now, and from which the lock takes the package all the same.
    pub elsewhere: Option<String>,
    /// What it requires, as its file says.
    pub learned: Learned,
    /// The newest stable version that could be used when the lock was made, as far as the upload
    /// times of its files tell that.
    pub newest_then: Option<Release>,
    /// When the first newer version came that could be used as well.
    pub behind_since: Option<Timestamp>,
}

/// A project on one index, and the locked version's files there.
#[derive(Clone, Debug)]
pub struct OnPage {
    /// The index's public address.
    pub index: String,
    /// Whether it is a page of files and no index of projects.
    pub is_flat: bool,
    /// The files of the version.
    pub files: Vec<IndexFile>,
    /// The project's status (PEP 792), where it is said.
    pub status: Option<String>,
    /// The other indexes that it says hold the same project (PEP 708).
    pub same_as: Vec<String>,
    /// When the newest file of any version was uploaded.
    pub last_upload: Option<Timestamp>,
    /// Whether files of it could not be read.
    pub is_partial: bool,
}

/// A file on an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexFile {
    /// Its name.
    pub name: String,
    /// The scheme and host of its address, where it has one.
    pub host: Option<String>,
    /// Its digests.
    pub digests: Vec<Digest>,
    /// How many bytes it has.
    pub size: Option<u64>,
    /// When it was uploaded.
    pub uploaded: Option<Timestamp>,
    /// The Pythons that it admits, as the index says it (`Requires-Python`).
    pub requires_python: Option<String>,
    /// Why it was yanked, possibly for no reason given; none if it was not.
    pub yanked: Option<String>,
}

/// What became of the question what a version requires.
#[derive(Clone, Debug)]
pub enum Learned {
    /// It is this, as this file says.
    Of(Arc<Metadata>, String),
    /// It cannot be known, for this reason.
    Unknown(String),
}

/// A version with the day it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// The version.
    pub version: Version,
    /// When its first file was uploaded.
    pub uploaded: Timestamp,
}

/// How young a file must not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cooldown {
    /// As it was said.
    pub text: String,
    /// Files uploaded from then on are too young.
    pub cutoff: Timestamp,
    /// Other cut-offs of single packages; none lifts it.
    pub by_package: Vec<(PackageName, Option<Timestamp>)>,
}

impl OnIndex {
    /// Returns the files of the version on all pages.
    pub fn files(&self) -> impl Iterator<Item = &IndexFile> {
        self.pages.iter().flat_map(|page| &page.files)
    }
}

impl Cooldown {
    /// Returns from when on files of a package are too young.
    pub fn cutoff(&self, name: &PackageName) -> Option<Timestamp> {
        let mut own = self.by_package.iter();
        match own.find(|(package, _)| package == name) {
            Some((_, cutoff)) => *cutoff,
            None => Some(self.cutoff),
        }
    }
}

/// Makes a foreign text fit for a message: one line, not too long, no control characters.
pub fn plain(text: &str) -> String {
    const MOST: usize = 200;
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    let mut shown: String = line
        .chars()
        .filter(|sign| !sign.is_control())
        .take(MOST)
        .collect();
    if line.chars().count() > MOST {
        shown.push('…');
    }
    shown
}
