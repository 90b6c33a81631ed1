//! The files that a package can be installed from: those that the lock names; of a lock that names none,
//! those of the version on its indexes.

use super::remarks::Remarks;
use super::seen::{agrees, seen};
use super::{IndexFile, OnIndex, Subject};
use crate::lock::{LockedPackage, Pins};
use crate::package::{Digest, DistName, Specifiers};
use crate::target::Target;

/// What a package can be installed from.
#[derive(Debug, Default)]
pub(super) struct Offer<'a> {
    /// The files.
    pub(super) files: Vec<Offered<'a>>,
    /// Whether these are all.
    pub(super) is_whole: bool,
}

/// A file that a package can be installed from.
#[derive(Debug)]
pub(super) struct Offered<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// The Pythons that it admits, where that is its own matter and not the version's.
    pub(super) pythons: Option<Specifiers>,
    /// Whether the lock allows its hash.
    pub(super) is_allowed: bool,
}

/// Returns what each package of the lock can be installed from, in the order of the lock; nothing of
/// those of which no index told, which is noted.
pub(super) fn offers<'a>(subject: &Subject<'a>, remarks: &mut Remarks) -> Vec<Option<Offer<'a>>> {
    if subject.tells_files() {
        let packages = subject.lock.packages.iter();
        return packages
            .map(|package| Some(Offer::locked(package)))
            .collect();
    }
    let pins = subject.pins();
    let mut offers: Vec<Option<Offer<'_>>> = Vec::new();
    offers.resize_with(subject.lock.packages.len(), || None);
    for (at, package, on) in seen(subject, remarks) {
        offers[at] = Some(Offer::on_index(package, on, &pins));
    }
    offers
}

impl Offered<'_> {
    /// Whether a target's Python may install it.
    pub(super) fn admits(&self, target: &Target) -> bool {
        let wanted = self.pythons.as_ref();
        wanted.is_none_or(|wanted| target.admits_python(wanted))
    }
}

impl<'a> Offer<'a> {
    fn locked(package: &'a LockedPackage) -> Self {
        let files = package.artifacts().map(|file| Offered {
            name: &file.name,
            pythons: None,
            is_allowed: true,
        });
        Self {
            files: files.collect(),
            is_whole: true,
        }
    }

    fn on_index(package: &LockedPackage, on: &'a OnIndex, pins: &Pins) -> Self {
        let version = package.version.as_ref();
        let allowed: Vec<&Digest> = version
            .into_iter()
            .flat_map(|version| pins.digests(&package.name, version))
            .collect();
        let is_allowed = |file: &IndexFile| {
            let mut allowed_of = allowed.iter().map(|digest| std::slice::from_ref(*digest));
            allowed.is_empty() || allowed_of.any(|it| agrees(it, &file.digests) != Some(false))
        };
        // Installers pass over what is neither a wheel nor a source archive.
        let files = on.files();
        let files = files.filter(|file| DistName::parse(&file.name, &package.name).is_ok());
        let files = files.map(|file| Offered {
            name: &file.name,
            is_allowed: is_allowed(file),
            pythons: file
                .requires_python
                .as_deref()
                .and_then(|text| Specifiers::parse_lenient(text).ok()),
        });
        let mut files: Vec<Offered<'_>> = files.collect();
        // That all of its hashes are of nothing is told by `artifact-changed`.
        if !files.iter().any(|file| file.is_allowed) {
            for file in &mut files {
                file.is_allowed = true;
            }
        }
        Self {
            files,
            is_whole: !on.pages.iter().any(|page| page.is_partial),
        }
    }
}
