//! What is declared today, as files or the lock's record tell it.

use std::collections::BTreeSet;

use crate::input::Doubled;
use crate::package::{Declaration, PackageName, Specifiers};
use crate::source::Origin;

/// The declarations that a lock has to answer.
#[derive(Clone, Debug, Default)]
pub struct Declared {
    /// What is asked for.
    pub wanted: Vec<Wanted>,
    /// The Pythons that the project is for, at the place that says so.
    pub pythons: Option<(Specifiers, Origin)>,
    /// Packages that are declared by an address alone, as the lock's record names them.
    pub by_address: Vec<PackageName>,
    /// Packages that an override names by an address alone.
    pub overridden_by_address: Vec<PackageName>,
    /// Packages that conda and pip both install.
    pub doubled: Vec<Doubled>,
    /// The files that the record names and that are not there.
    pub missing_files: Vec<String>,
    /// The lock that says so, where it is one that an environment is held to.
    pub by_lock: Option<String>,
    /// The hosts of the indexes that files and surroundings name, as `https://host`; empty where no
    /// file names any.
    pub index_hosts: BTreeSet<String>,
    /// Whether these are all declarations of the lock, so that what they do not lead to is too
    /// much.
    pub is_all: bool,
}

/// One declaration.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The declaration, at its place.
    pub declaration: Declaration,
    /// Whether its file says it now; else only the lock's record does.
    pub is_in_file: bool,
}
