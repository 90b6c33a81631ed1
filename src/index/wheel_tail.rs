//! METADATA out of parts of a wheel: its last bytes hold the archive's directory and mostly the
//! metadata, so that a few kilobytes serve instead of gigabytes.
//!
//! The archive is read through a window over the parts at hand; what falls outside is reported as
//! the range to ask for next.

use std::fmt;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use zip::read::{ArchiveOffset, Config};
use zip::{CompressionMethod, ZipArchive};

use crate::package::{PackageName, WheelName};

/// What the parts at hand gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TailAnswer {
    /// The content of `METADATA`.
    Metadata(Vec<u8>),
    /// This range of the wheel is needed as well.
    Need(Range<u64>),
}

/// Why a wheel gives no metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WheelError {
    /// Not an archive, or a damaged one.
    Archive(String),
    /// No `.dist-info` folder of the wheel's own name, or several.
    DistInfo(String),
    /// Larger than any real one: the archive's directory or the metadata.
    TooLarge(&'static str),
    /// The metadata is encrypted or compressed in a way that wheels do not use.
    Unreadable,
}

/// The most bytes that the directory may have, and the most that reading it may read.
pub(super) const MAX_DIRECTORY: u64 = 32 << 20;
/// The most bytes that `METADATA` may have.
const MAX_METADATA: u64 = 16 << 20;
/// A local header with its name, and room for a long extra field that only it has.
const LOCAL_HEADER: u64 = 1 << 10;

/// Reads METADATA from the last bytes of a wheel, which start at `tail_start`.
pub fn read_wheel_tail(
    tail: &[u8],
    tail_start: u64,
    wheel: &WheelName,
) -> Result<TailAnswer, WheelError> {
    read_wheel_parts(&[(tail_start, tail)], wheel)
}

/// Reads METADATA from parts of a wheel: each with its place, ascending, the last one reaching
/// the wheel's end.
pub fn read_wheel_parts(
    parts: &[(u64, &[u8])],
    wheel: &WheelName,
) -> Result<TailAnswer, WheelError> {
    let mut window = Window::new(parts, MAX_DIRECTORY + (1 << 20));
    let last_start = parts.last().map_or(0, |(start, _)| *start);
    let config = Config {
        archive_offset: ArchiveOffset::Known(0),
    };
    let mut archive = match ZipArchive::with_config(config, &mut window) {
        Ok(archive) => archive,
        Err(error) => return window.missed_directory(last_start, &error.to_string()),
    };
    let (at, needed) = find_metadata(&mut archive, &wheel.name)?;
    drop(archive);
    if let Some(gap) = window.gap(needed) {
        return Ok(TailAnswer::Need(gap));
    }
    window.budget = 4 * MAX_DIRECTORY;
    let mut archive = ZipArchive::with_config(config, &mut window).map_err(broken)?;
    match read_member(&mut archive, at) {
        Ok(metadata) => Ok(TailAnswer::Metadata(metadata)),
        Err(error) => {
            drop(archive);
            match window.missed.take() {
                Some(missed) => Ok(TailAnswer::Need(missed)),
                None => Err(error),
            }
        }
    }
}

/// Reads METADATA from a whole wheel.
pub fn read_wheel(bytes: &[u8], wheel: &WheelName) -> Result<Vec<u8>, WheelError> {
    match read_wheel_parts(&[(0, bytes)], wheel)? {
        TailAnswer::Metadata(metadata) => Ok(metadata),
        TailAnswer::Need(_) => Err(WheelError::Archive("it ends in the middle".into())),
    }
}

/// Returns the place of `METADATA` in the directory and the range of the wheel that holds it.
fn find_metadata<R: Read + Seek>(
    archive: &mut ZipArchive<R>,
    wheel: &PackageName,
) -> Result<(usize, Range<u64>), WheelError> {
    let path = metadata_path(archive, wheel)?;
    let at = archive
        .index_for_name(&path)
        .ok_or_else(|| WheelError::DistInfo(format!("it has no `{path}`")))?;
    let entry = archive.by_index_data(at).map_err(broken)?;
    let supported = matches!(
        entry.compression(),
        CompressionMethod::Stored | CompressionMethod::Deflated
    );
    if entry.encrypted() || !supported {
        return Err(WheelError::Unreadable);
    }
    if entry.size() > MAX_METADATA || entry.compressed_size() > MAX_METADATA {
        return Err(WheelError::TooLarge("`METADATA`"));
    }
    let start = entry.header_start();
    let len = LOCAL_HEADER + path.len() as u64 + entry.compressed_size();
    let end = start
        .saturating_add(len)
        .min(archive.central_directory_start());
    Ok((at, start..end.max(start)))
}

/// Finds the one `.dist-info` folder at the top whose name is the wheel's own.
fn metadata_path<R: Read + Seek>(
    archive: &ZipArchive<R>,
    wheel: &PackageName,
) -> Result<String, WheelError> {
    let mut found: Option<&str> = None;
    for name in archive.file_names_raw() {
        let folder = std::str::from_utf8(name).ok().and_then(|name| {
            let (folder, _) = name.split_once('/')?;
            let (project, _) = folder.strip_suffix(".dist-info")?.split_once('-')?;
            let project = PackageName::new(project.to_owned()).ok()?;
            (project == *wheel).then_some(folder)
        });
        match (found, folder) {
            (Some(one), Some(other)) if one != other => {
                return Err(WheelError::DistInfo(
                    "it has more than one `.dist-info` folder".into(),
                ));
            }
            (_, Some(_)) => found = folder,
            (_, None) => {}
        }
    }
    let missing = || WheelError::DistInfo(format!("it has no `.dist-info` folder of `{wheel}`"));
    Ok(format!("{}/METADATA", found.ok_or_else(missing)?))
}

fn read_member<R: Read + Seek>(
    archive: &mut ZipArchive<R>,
    at: usize,
) -> Result<Vec<u8>, WheelError> {
    let member = archive.by_index(at).map_err(broken)?;
    let mut bytes = Vec::new();
    member
        .take(MAX_METADATA + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| WheelError::Archive(error.to_string()))?;
    match bytes.len() as u64 > MAX_METADATA {
        true => Err(WheelError::TooLarge("`METADATA`")),
        false => Ok(bytes),
    }
}

fn broken(error: zip::result::ZipError) -> WheelError {
    WheelError::Archive(error.to_string())
}

/// The parts at hand as a file with holes.
pub(super) struct Window<'a> {
    parts: &'a [(u64, &'a [u8])],
    len: u64,
    at: u64,
    /// How many more bytes may be read: a directory that lies about its size is not read twice.
    budget: u64,
    missed: Option<Range<u64>>,
}

impl<'a> Window<'a> {
    pub(super) fn new(parts: &'a [(u64, &'a [u8])], budget: u64) -> Self {
        let end = |(start, part): &(u64, &[u8])| start.saturating_add(part.len() as u64);
        Self {
            parts,
            len: parts.last().map_or(0, end),
            at: 0,
            budget,
            missed: None,
        }
    }

    /// Returns the bytes at hand from a place on.
    fn from(&self, at: u64) -> &'a [u8] {
        let held = self.parts.iter().find_map(|(start, part)| {
            let skip = usize::try_from(at.checked_sub(*start)?).ok()?;
            part.get(skip..).filter(|rest| !rest.is_empty())
        });
        held.unwrap_or_default()
    }

    /// Returns what of a range is not at hand.
    fn gap(&self, range: Range<u64>) -> Option<Range<u64>> {
        let mut at = range.start;
        while at < range.end.min(self.len) {
            match self.from(at).len() as u64 {
                0 => return Some(at..range.end.min(self.len)),
                held => at += held,
            }
        }
        None
    }

    fn missed_directory(&self, last_start: u64, error: &str) -> Result<TailAnswer, WheelError> {
        self.before_directory(last_start, error)
            .map(TailAnswer::Need)
    }

    /// Tells what to ask for when the directory starts before the last part.
    pub(super) fn before_directory(
        &self,
        last_start: u64,
        error: &str,
    ) -> Result<Range<u64>, WheelError> {
        let too_large = WheelError::TooLarge("the archive's directory");
        match &self.missed {
            Some(missed) if missed.start < last_start => {
                match self.len - missed.start > MAX_DIRECTORY {
                    true => Err(too_large),
                    false => Ok(missed.start..last_start),
                }
            }
            _ if self.budget == 0 => Err(too_large),
            _ => Err(WheelError::Archive(error.to_owned())),
        }
    }
}

impl Read for Window<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() || self.at >= self.len {
            return Ok(0);
        }
        let held = self.from(self.at);
        if held.is_empty() {
            let missed = self.at..(self.at + buffer.len() as u64).min(self.len);
            self.missed.get_or_insert(missed);
            return Err(io::Error::other("this part of the wheel is not at hand"));
        }
        let room = usize::try_from(self.budget).unwrap_or(usize::MAX);
        let len = held.len().min(buffer.len()).min(room);
        if len == 0 {
            return Err(io::Error::other("the archive's directory is too large"));
        }
        buffer[..len].copy_from_slice(&held[..len]);
        self.at += len as u64;
        self.budget -= len as u64;
        Ok(len)
    }
}

impl Seek for Window<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.len.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        let invalid = || io::Error::new(io::ErrorKind::InvalidInput, "a seek before the start");
        self.at = target.ok_or_else(invalid)?;
        Ok(self.at)
    }
}

impl fmt::Display for WheelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Archive(reason) => write!(f, "the wheel is not a readable archive: {reason}"),
            Self::DistInfo(reason) => write!(f, "the wheel is malformed: {reason}"),
            Self::TooLarge(what) => write!(f, "{what} of the wheel is larger than any real one"),
            Self::Unreadable => f.write_str(
                "`METADATA` in the wheel is encrypted or compressed in a way that wheels do not use",
            ),
        }
    }
}

impl std::error::Error for WheelError {}
