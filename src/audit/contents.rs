//! The files of a package: which there are, out of an installation's record or a wheel's table of
//! contents, and what the compiled ones say.

use std::collections::{BTreeMap, BTreeSet};

use crate::binary::BinaryFacts;

/// The files of a package.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    /// All of them, in their order.
    pub files: Vec<OwnedFile>,
    /// What the compiled ones say that were read.
    pub binaries: Vec<BinaryFacts>,
    /// The compiled ones that were not read, or not to their end.
    pub unread: Vec<String>,
    /// The platform tags of the wheel, as it says them.
    pub tags: Vec<String>,
}

/// A file of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedFile {
    /// Where it is installed, below the folder that packages are imported from.
    pub path: String,
    /// What tells its bytes from others; none where nobody says.
    pub bytes: Option<Fingerprint>,
    /// How many bytes it has.
    pub size: Option<u64>,
}

/// What tells bytes from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fingerprint {
    /// A digest of a record.
    Sha256([u8; 32]),
    /// A checksum of an archive, beside the size.
    Crc32(u32, u64),
}

/// What is known of the files of a package.
#[derive(Clone, Debug)]
pub enum Look {
    /// They were looked at.
    Seen(Contents),
    /// They cannot be, for this reason.
    Unknown(String),
}

/// What is known of the files of each package.
#[derive(Clone, Debug, Default)]
pub struct ContentsEvidence {
    /// What was looked at, each once.
    pub looks: Vec<Look>,
    /// For each target, the look at each package of the lock; nothing for those that were not looked
    /// at. One alone counts for all targets.
    pub by_target: Vec<Vec<Option<usize>>>,
    /// The libraries that the target has beside packages, where that is known.
    pub libraries: Option<Libraries>,
    /// What was consulted, in words; none where that goes without saying.
    pub told: Option<String>,
}

/// The libraries that a system has.
#[derive(Clone, Debug, Default)]
pub struct Libraries {
    /// Their names: `libGL.so.1`.
    pub names: BTreeSet<String>,
    /// Where that was learned: "this machine".
    pub source: String,
}

impl Contents {
    /// Returns how many bytes it takes on the disk; nothing where a file does not say.
    pub fn size(&self) -> Option<u64> {
        self.files.iter().map(|file| file.size).sum()
    }
}

impl ContentsEvidence {
    /// Returns the files of the package at a position of the lock, on the target at a place.
    pub fn of(&self, place: usize, at: usize) -> Option<&Look> {
        let on_target = self.by_target.get(place).or(self.by_target.first())?;
        self.looks.get((*on_target.get(at)?)?)
    }

    /// Returns the same, where they were looked at.
    pub fn seen(&self, place: usize, at: usize) -> Option<&Contents> {
        match self.of(place, at)? {
            Look::Seen(contents) => Some(contents),
            Look::Unknown(_) => None,
        }
    }

    /// Returns the packages that could not be looked at on a target, by their positions, and why.
    pub fn unknown(&self) -> BTreeMap<usize, String> {
        let seen = |at: usize| {
            let mut places = 0..self.by_target.len();
            places.any(|place| self.seen(place, at).is_some())
        };
        let rows = self.by_target.iter().flat_map(|row| row.iter().enumerate());
        let told = rows.filter_map(|(at, look)| match self.looks.get((*look)?)? {
            Look::Unknown(why) if seen(at) => Some((at, format!("on some targets {why}"))),
            Look::Unknown(why) => Some((at, why.clone())),
            Look::Seen(_) => None,
        });
        told.collect()
    }
}
