//! The files that a package can be installed from: those that the lock names; of a lock that names none,
//! those of the version on its indexes.

use super::remarks::Remarks;
use super::seen::{agrees, seen};
use super::{IndexFile, OnIndex, Subject};
use crate::lock::{LockedPackage, Pins};
use crate::package::{Digest, DistName, Specifiers};
use crate::target::Target;

/// What a package can be installed from.
#[derive(Debug)]
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Learned, OnPage};
    use crate::lock::Pin;
    use crate::target::{Arch, Platform};

    const SHA256: &str = "0000000000000000000000000000000000000000000000000000000000000001";

    fn file(name: &str, digest: &str, pythons: Option<&str>) -> IndexFile {
        IndexFile {
            name: name.to_owned(),
            host: None,
            digests: Digest::parse(digest).into_iter().collect(),
            size: None,
            uploaded: None,
            requires_python: pythons.map(str::to_owned),
            yanked: None,
        }
    }

    /// Returns the names of what is offered of `a` 1 on Python 3.12, those marked whose hash is not allowed.
    fn offered(files: Vec<IndexFile>, hash: &str) -> Vec<String> {
        let package = LockedPackage::new("a".parse().unwrap(), Some("1".parse().unwrap()));
        let on = OnIndex {
            pages: vec![OnPage {
                index: "https://index.example/simple".to_owned(),
                is_flat: false,
                files,
                status: None,
                same_as: Vec::new(),
                last_upload: None,
                is_partial: false,
            }],
            elsewhere: None,
            learned: Learned::Unknown(String::new()),
            newest_then: None,
            behind_since: None,
        };
        let mut pins = Pins::default();
        let pin = Pin {
            version: package.version.clone(),
            digests: Digest::parse(hash).into_iter().collect(),
        };
        pins.add(package.name.clone(), pin);
        let target = Target::new(
            "3.12".parse().unwrap(),
            Platform::default_linux(Arch::X86_64),
        );
        let offer = Offer::on_index(&package, &on, &pins);
        let files = offer.files.iter().filter(|file| file.admits(&target));
        files
            .map(|file| {
                let mark = if file.is_allowed { "" } else { " (barred)" };
                format!("{}{mark}", file.name)
            })
            .collect()
    }

    #[test]
    fn what_is_no_file_of_an_installer_or_refuses_the_python_is_not_offered() {
        let files = vec![
            file("a-1.win32.exe", "", None),
            file("a-1-cp311-none-any.whl", "", Some("<3.12")),
            file("a-1-py3-none-any.whl", "", Some(">=3.8")),
            file("a-1.tar.gz", "", None),
        ];

        assert_eq!(offered(files, ""), ["a-1-py3-none-any.whl", "a-1.tar.gz"]);
    }

    #[test]
    fn a_hash_bars_files_that_have_another_of_its_kind() {
        let own = format!("sha256:{SHA256}");
        let files = || {
            vec![
                file("a-1-py3-none-any.whl", &own, None),
                file("a-1.tar.gz", &own.replace("01", "02"), None),
                file("a-1.zip", &format!("md5:{}", &SHA256[..32]), None),
            ]
        };

        let barred = ["a-1-py3-none-any.whl", "a-1.tar.gz (barred)", "a-1.zip"];
        assert_eq!(offered(files(), &own), barred);
        // A hash of none of the files is a fault of its own.
        let free = ["a-1-py3-none-any.whl", "a-1.tar.gz"];
        let known = files().into_iter().take(2).collect();
        assert_eq!(offered(known, &own.replace("01", "03")), free);
        assert_eq!(offered(files().into_iter().take(2).collect(), ""), free);
    }
}
