//! Members of a source archive by their path below the top folder, read in memory within bounds.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};

use flate2::read::MultiGzDecoder;
use tar::{Archive, EntryType};
use zip::ZipArchive;

/// The most that an archive may unpack to, to keep bombs from taking all the time.
const MAX_UNPACKED: u64 = 512 << 20;
/// The most bytes of a member that is kept.
const MAX_MEMBER: u64 = 16 << 20;
const MAX_MEMBERS: usize = 200_000;

/// The wanted members, by their path below the top folder.
pub(super) type Members = BTreeMap<String, Vec<u8>>;

/// Reads the wanted members of a `.zip` or a tar archive, packed with gzip or not at all.
pub(super) fn read_members(
    archive: &[u8],
    filename: &str,
    wanted: fn(&str) -> bool,
) -> Result<Members, String> {
    let lower = filename.to_ascii_lowercase();
    if lower.ends_with(".zip") {
        return from_zip(archive, wanted);
    }
    if archive.starts_with(&[0x1f, 0x8b]) {
        return from_tar(MultiGzDecoder::new(archive), wanted);
    }
    match lower.ends_with(".tar") {
        true => from_tar(archive, wanted),
        false => Err(format!("`{filename}` is in a format that is not read here")),
    }
}

fn from_tar(reader: impl Read, wanted: fn(&str) -> bool) -> Result<Members, String> {
    let mut archive = Archive::new(Bounded {
        reader,
        left: MAX_UNPACKED,
    });
    let mut members = Members::new();
    let entries = archive.entries().map_err(|error| error.to_string())?;
    for (count, entry) in entries.enumerate() {
        let mut entry = entry.map_err(|error| error.to_string())?;
        if count >= MAX_MEMBERS {
            return Err("it has more members than any real one".into());
        }
        let kind = entry.header().entry_type();
        if !matches!(kind, EntryType::Regular | EntryType::Continuous) {
            continue;
        }
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if let Some(path) = below_top(&path).filter(|path| wanted(path)) {
            let content = read_bounded(&mut entry)?;
            members.insert(path.to_owned(), content);
        }
    }
    Ok(members)
}

fn from_zip(archive: &[u8], wanted: fn(&str) -> bool) -> Result<Members, String> {
    let mut archive = ZipArchive::new(Cursor::new(archive)).map_err(|error| error.to_string())?;
    if archive.len() > MAX_MEMBERS {
        return Err("it has more members than any real one".into());
    }
    let mut members = Members::new();
    let mut left = MAX_UNPACKED;
    for at in 0..archive.len() {
        let name = archive.name_for_index(at).and_then(Result::ok);
        let Some(path) = name.as_deref().and_then(below_top).map(str::to_owned) else {
            continue;
        };
        if path.ends_with('/') || !wanted(&path) {
            continue;
        }
        let mut member = archive.by_index(at).map_err(|error| error.to_string())?;
        let content = read_bounded(&mut member)?;
        left = left
            .checked_sub(content.len() as u64)
            .ok_or("it unpacks to more than any real one")?;
        members.insert(path, content);
    }
    Ok(members)
}

fn read_bounded(member: &mut dyn Read) -> Result<Vec<u8>, String> {
    let mut content = Vec::new();
    member
        .take(MAX_MEMBER + 1)
        .read_to_end(&mut content)
        .map_err(|error| error.to_string())?;
    match content.len() as u64 > MAX_MEMBER {
        true => Err("a member is larger than any real one".into()),
        false => Ok(content),
    }
}

/// Returns what follows the top folder of a path.
fn below_top(path: &str) -> Option<&str> {
    let path = path.strip_prefix("./").unwrap_or(path);
    path.split_once('/').map(|(_, rest)| rest)
}

/// Fails once more has been read than an archive may unpack to.
struct Bounded<R> {
    reader: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = self.reader.read(buffer)?;
        self.left = self
            .left
            .checked_sub(len as u64)
            .ok_or_else(|| io::Error::other("it unpacks to more than any real one"))?;
        Ok(len)
    }
}
