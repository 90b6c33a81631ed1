//! The table of contents of a wheel, out of parts of it: what files there are, and where.

use zip::read::{ArchiveOffset, Config};
use zip::{CompressionMethod, ZipArchive};

use super::wheel_tail::{MAX_DIRECTORY, WheelError, Window};
use std::ops::Range;

/// No wheel has more files.
const MOST_MEMBERS: usize = 200_000;
/// What stands before a file's bytes: a header, its name, and what else the archiver put there.
const HEADER: u64 = 30;
const EXTRA: u64 = 1 << 10;

/// A file in a wheel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its path in the archive.
    pub path: String,
    /// The checksum of its bytes.
    pub crc32: u32,
    /// How many bytes it has.
    pub size: u64,
    /// How many of them the archive keeps.
    pub packed: u64,
    /// How they are kept; nothing where it is a way that wheels do not use.
    pub packing: Option<Packing>,
    at: u64,
}

/// How the bytes of a file are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// As they are.
    Stored,
    /// Deflated.
    Deflated,
}

/// What the parts at hand gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Directory {
    /// The files, in the archive's order.
    Members(Vec<Member>),
    /// This range of the wheel is needed as well.
    Need(Range<u64>),
}

/// Reads the table of contents from parts of a wheel: each with its place, ascending, the last one
/// reaching the wheel's end.
pub fn read_wheel_directory(parts: &[(u64, &[u8])]) -> Result<Directory, WheelError> {
    let mut window = Window::new(parts, MAX_DIRECTORY + (1 << 20));
    let last_start = parts.last().map_or(0, |(start, _)| *start);
    let config = Config {
        archive_offset: ArchiveOffset::Known(0),
    };
    let archive = match ZipArchive::with_config(config, &mut window) {
        Ok(archive) => archive,
        Err(error) => {
            return window
                .before_directory(last_start, &error.to_string())
                .map(Directory::Need);
        }
    };
    if archive.len() > MOST_MEMBERS {
        return Err(WheelError::TooLarge("the archive's directory"));
    }
    let mut members = Vec::with_capacity(archive.len());
    for at in 0..archive.len() {
        let entry = archive
            .by_index_data(at)
            .map_err(|error| WheelError::Archive(error.to_string()))?;
        let packing = match entry.compression() {
            _ if entry.encrypted() => None,
            CompressionMethod::Stored => Some(Packing::Stored),
            CompressionMethod::Deflated => Some(Packing::Deflated),
            _ => None,
        };
        let path = String::from_utf8_lossy(entry.name_raw()).into_owned();
        if path.ends_with('/') {
            continue;
        }
        members.push(Member {
            path,
            crc32: entry.crc32(),
            size: entry.size(),
            packed: entry.compressed_size(),
            packing,
            at: entry.header_start(),
        });
    }
    Ok(Directory::Members(members))
}

impl Member {
    /// Returns the range of the wheel that holds the first bytes of it, with what stands before them.
    pub fn range(&self, most: u64) -> Range<u64> {
        let head = HEADER + EXTRA + self.path.len() as u64;
        let end = self.at.saturating_add(head);
        self.at..end.saturating_add(self.packed.min(most))
    }

    /// Returns the packed bytes out of what a range of the wheel holds; nothing where its beginning
    /// makes no sense.
    pub fn packed_in<'b>(&self, bytes: &'b [u8]) -> Option<&'b [u8]> {
        let two = |at: usize| {
            Some(usize::from(u16::from_le_bytes(
                bytes.get(at..at + 2)?.try_into().ok()?,
            )))
        };
        let is_header = bytes.starts_with(b"PK\x03\x04");
        let start = (HEADER as usize)
            .checked_add(two(26)?)?
            .checked_add(two(28)?)?;
        let rest = bytes.get(start..).filter(|_| is_header)?;
        let packed = usize::try_from(self.packed).unwrap_or(usize::MAX);
        Some(&rest[..rest.len().min(packed)])
    }
}
