//! A compiled file, scanned: a look at its tables for what it needs, and one pass over the bytes that can
//! hold them for texts and code for GPUs.

use std::fmt;
use std::io::{self, Read, Seek, SeekFrom};

use serde::{Deserialize, Serialize};

use super::fatbin::Fatbins;
use super::linkage::{Linkage, Tables, tables};
use super::numpy::NumpyAbi;
use super::parts::rest;
use super::window::{look, look_at};

/// What a compiled file says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BinaryFacts {
    /// The file, as its package's record names it.
    pub path: String,
    /// Which NumPy it was built against.
    pub numpy: NumpyAbi,
    /// The code for GPUs in it, if it has any.
    pub fatbins: Option<Fatbins>,
    /// What it needs to be loaded.
    pub linkage: Linkage,
    /// Whether only its beginning was read.
    pub is_partial: bool,
}

/// A version with two parts: `2.34`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct MajorMinor {
    /// The first part.
    pub major: u16,
    /// The second part.
    pub minor: u16,
}

/// Scans a file; what cannot be read is an error, and a file that is none of a known form merely
/// says nothing.
pub fn scan_file(path: &str, mut file: impl Read + Seek) -> io::Result<BinaryFacts> {
    let len = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(0))?;
    let Tables {
        linkage,
        passed_over,
    } = tables(&mut file);
    if linkage.format.is_none() {
        return Ok(BinaryFacts::of(path));
    }
    let (numpy, fatbins) = look_at(file, &rest(&passed_over, len))?;
    Ok(BinaryFacts {
        numpy,
        fatbins,
        linkage,
        ..BinaryFacts::of(path)
    })
}

/// Scans what comes of a file, at most so many bytes: what stands in tables is not read.
pub fn scan_stream(path: &str, file: impl Read, most: u64) -> io::Result<BinaryFacts> {
    let mut limited = file.take(most);
    let (numpy, fatbins) = look(&mut limited)?;
    let is_partial = limited.limit() == 0;
    Ok(BinaryFacts {
        numpy,
        fatbins,
        is_partial,
        ..BinaryFacts::of(path)
    })
}

impl BinaryFacts {
    /// A file of which nothing is known.
    pub fn of(path: &str) -> Self {
        Self {
            path: path.to_owned(),
            ..Self::default()
        }
    }
}

impl MajorMinor {
    /// Puts one together.
    pub const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor }
    }

    /// Reads `2.34`.
    pub fn read(text: &str) -> Option<Self> {
        let (major, minor) = text.split_once('.')?;
        Some(Self::new(major.parse().ok()?, minor.parse().ok()?))
    }
}

impl fmt::Display for MajorMinor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}
