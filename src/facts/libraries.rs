//! Which libraries come from where, and which projects own the same folder: the table of
//! `facts/libraries.toml`, read when it is first asked.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::package::{PackageName, Specifiers, Version};

const TEXT: &str = include_str!("../../facts/libraries.toml");

/// What is known of libraries and of those who share folders.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Libraries {
    source: String,
    base: BTreeSet<String>,
    driver: BTreeSet<String>,
    packages: Vec<OfPackage>,
    debian: Vec<OfDebian>,
    instead: Vec<Instead>,
    owners: Vec<Owners>,
    strings: Vec<StringsOf>,
}

/// The form of C++ strings that the wheels of torch for Linux on x86-64 were compiled with.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StringsOf {
    releases: String,
    /// Whether it is the newer one.
    pub is_new: bool,
    /// Who says so.
    pub source: String,
}

/// A project whose wheels have libraries that others need.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfPackage {
    /// The project.
    pub project: PackageName,
    libraries: Vec<String>,
    /// What to say of it: "torch has it".
    pub note: String,
}

/// A package of Debian's and of its relatives.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfDebian {
    /// The package of Debian 12 and Ubuntu 22.04.
    pub package: String,
    /// Its name since Debian 13 and Ubuntu 24.04, where that is another.
    pub later: Option<String>,
    libraries: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Instead {
    project: PackageName,
    takes: PackageName,
}

/// Projects that install the same folder.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owners {
    /// The folder: `cv2`.
    pub folder: String,
    /// The projects, sorted.
    pub projects: Vec<PackageName>,
    /// Who says so.
    pub source: String,
}

static LIBRARIES: OnceLock<Libraries> = OnceLock::new();

/// Returns the embedded table.
pub fn libraries() -> &'static Libraries {
    // A test reads it, so that there is nothing wrong with it here.
    LIBRARIES.get_or_init(|| toml::from_str(TEXT).unwrap_or_default())
}

impl Libraries {
    /// Who says where libraries are.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether a library is in every image that runs Python, or comes with a driver.
    pub fn is_given(&self, library: &str) -> bool {
        let is_musl = library.starts_with("libc.musl-") || library.starts_with("ld-musl-");
        is_musl || self.base.contains(library) || self.driver.contains(library)
    }

    /// Returns the project whose wheels have a library.
    pub fn of_package(&self, library: &str) -> Option<&OfPackage> {
        let mut rows = self.packages.iter();
        rows.find(|row| row.libraries.iter().any(|it| it == library))
    }

    /// Returns Debian's package of a library.
    pub fn of_debian(&self, library: &str) -> Option<&OfDebian> {
        let mut rows = self.debian.iter();
        rows.find(|row| row.libraries.iter().any(|it| it == library))
    }

    /// Returns the project that does the same without a screen.
    pub fn instead_of(&self, project: &PackageName) -> Option<&PackageName> {
        let mut rows = self.instead.iter();
        rows.find(|row| row.project == *project)
            .map(|row| &row.takes)
    }

    /// Returns the form of C++ strings that a release of torch was compiled with, where its builds for
    /// all accelerators have the same.
    pub fn strings_of(&self, torch: &Version) -> Option<&StringsOf> {
        let torch = torch.clone().without_local();
        let mut rows = self.strings.iter();
        rows.find(|row| Specifiers::parse(&row.releases).is_ok_and(|it| it.contains(&torch)))
    }

    /// Returns those who share folders.
    pub fn owners(&self) -> &[Owners] {
        &self.owners
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_whole_and_says_everything_once() {
        let read: Libraries = toml::from_str(TEXT).unwrap();

        let mut names: Vec<&String> = read.debian.iter().flat_map(|it| &it.libraries).collect();
        names.extend(read.packages.iter().flat_map(|it| &it.libraries));
        names.extend(read.base.iter().chain(&read.driver));
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(read.debian.len() > 40);
        for row in &read.strings {
            assert!(Specifiers::parse(&row.releases).is_ok() && !row.source.is_empty());
        }
        for owners in &read.owners {
            assert!(owners.projects.is_sorted(), "{}", owners.folder);
            assert!(owners.projects.len() > 1 && !owners.source.is_empty());
        }
    }
}
