//! Which files of one package load which: what leaves the package is needed at import where an
//! extension module reaches it, and else only by plugins.

use std::collections::{BTreeMap, BTreeSet};

use super::{BinaryFacts, Role, role_of};

/// The files of a package, and how they need each other.
#[derive(Debug)]
pub struct Closure<'f> {
    files: &'f [BinaryFacts],
    /// The files that need each file.
    needed_by: Vec<Vec<usize>>,
    /// The libraries that are not in the package, each with the files that name it.
    outside: BTreeMap<String, Vec<usize>>,
}

/// Who reaches something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached<'f> {
    /// The extension modules that do, in the files' order.
    pub by: Vec<&'f BinaryFacts>,
    /// How many extension modules there are.
    pub of: usize,
}

impl<'f> Closure<'f> {
    /// Finds out which files need which.
    pub fn of(files: &'f [BinaryFacts]) -> Self {
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        for (at, file) in files.iter().enumerate() {
            let soname = file.linkage.soname.as_deref().map(base_name);
            let names = [Some(base_name(&file.path)), soname];
            for name in names.into_iter().flatten() {
                known.entry(name).or_insert(at);
            }
        }
        let mut needed_by = vec![Vec::new(); files.len()];
        let mut outside: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, file) in files.iter().enumerate() {
            for library in &file.linkage.needed {
                match known.get(&base_name(library)) {
                    Some(inside) => needed_by[*inside].push(at),
                    None => outside.entry(library.clone()).or_default().push(at),
                }
            }
        }
        Self {
            files,
            needed_by,
            outside,
        }
    }

    /// Returns the libraries that are not in the package, sorted.
    pub fn outside(&self) -> impl Iterator<Item = &str> {
        self.outside.keys().map(String::as_str)
    }

    /// Returns the extension modules that load a library from outside.
    pub fn loading(&self, library: &str) -> Reached<'f> {
        let by = self.outside.get(library).into_iter().flatten();
        self.reached(by.copied())
    }

    /// Returns the extension modules that load a file of which something holds.
    pub fn reaching(&self, holds: impl Fn(&BinaryFacts) -> bool) -> Reached<'f> {
        let files = self.files.iter().enumerate();
        self.reached(files.filter(|(_, file)| holds(file)).map(|(at, _)| at))
    }

    fn reached(&self, from: impl Iterator<Item = usize>) -> Reached<'f> {
        let mut waiting: Vec<usize> = from.collect();
        let mut seen: BTreeSet<usize> = BTreeSet::new();
        while let Some(at) = waiting.pop() {
            if seen.insert(at) {
                waiting.extend(&self.needed_by[at]);
            }
        }
        let is_extension = |file: &&BinaryFacts| role_of(&file.path) == Some(Role::Extension);
        Reached {
            by: seen
                .into_iter()
                .map(|at| &self.files[at])
                .filter(is_extension)
                .collect(),
            of: self.files.iter().filter(is_extension).count(),
        }
    }
}

/// Returns the name of a library without its folder, as loaders compare them.
pub fn base_name(path: &str) -> String {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let is_windows = name
        .rsplit_once('.')
        .is_some_and(|(_, ending)| ["dll", "pyd"].contains(&ending.to_ascii_lowercase().as_str()));
    match is_windows {
        true => name.to_ascii_lowercase(),
        false => name.to_owned(),
    }
}
