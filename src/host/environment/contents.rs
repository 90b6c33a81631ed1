//! The files of an installed distribution, looked at once: held to their record, and the compiled
//! ones scanned. What was found is kept under the state of all of them, so that nothing is read again
//! while nothing changes.

use std::fs::{File, Metadata};
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use sha2::{Digest as _, Sha256};

use super::record::{Entry, Place, compare, read_record};
use crate::audit::{Contents, Files, Fingerprint, OwnedFile};
use crate::binary::{BinaryFacts, decode, encode, is_binary, scan_file};
use crate::source::SourceFile;

/// No package has more compiled files.
const MOST_BINARIES: usize = 20_000;

/// What keeps answers from one run to the next.
pub trait Keep: Sync {
    /// Returns what was kept.
    fn kept(&self, stamp: &[u8; 32]) -> Option<Vec<u8>>;

    /// Keeps something.
    fn keep(&self, stamp: &[u8; 32], value: &[u8]);
}

/// What the files of a distribution tell.
pub(super) struct Looked {
    pub(super) files: Files,
    pub(super) contents: Contents,
}

/// Looks at the files that a record names.
pub(super) fn look(place: Place<'_>, record: &Arc<SourceFile>, keep: &dyn Keep) -> Looked {
    let entries = read_record(record.text());
    let states = entries.iter();
    let states = states.map(|entry| place.of(&entry.path).and_then(|path| state(&path)));
    let states: Vec<Option<[u8; 40]>> = states.collect();
    let stamp = stamp(place, record, &states);
    let files = entries.iter().zip(&states).map(owned).collect();
    if let Some((judged, binaries)) = keep.kept(&stamp).and_then(|value| read_kept(&value)) {
        let contents = Contents {
            files,
            binaries,
            ..Contents::default()
        };
        let altered = Vec::new();
        let files = Files::Compared { judged, altered };
        return Looked { files, contents };
    }
    let compared = compare(place, record, &entries);
    let (binaries, unread) = scan(place, &entries);
    if let Files::Compared { judged, altered } = &compared
        && altered.is_empty()
        && unread.is_empty()
    {
        let mut value = (*judged as u64).to_le_bytes().to_vec();
        value.extend(encode(&binaries));
        keep.keep(&stamp, &value);
    }
    Looked {
        files: compared,
        contents: Contents {
            files,
            binaries,
            unread,
            ..Contents::default()
        },
    }
}

fn read_kept(value: &[u8]) -> Option<(usize, Vec<BinaryFacts>)> {
    let (judged, binaries) = value.split_first_chunk()?;
    let judged = usize::try_from(u64::from_le_bytes(*judged)).ok()?;
    Some((judged, decode(binaries)?))
}

fn owned((entry, state): (&Entry, &Option<[u8; 40]>)) -> OwnedFile {
    let found = state.and_then(|state| state.first_chunk().map(|it| u64::from_le_bytes(*it)));
    OwnedFile {
        path: entry.path.clone(),
        bytes: entry.digest.map(Fingerprint::Sha256),
        size: found.or(entry.size),
    }
}

/// Scans the compiled files; beside what they say, those that cannot be read.
fn scan(place: Place<'_>, entries: &[Entry]) -> (Vec<BinaryFacts>, Vec<String>) {
    let (mut binaries, mut unread) = (Vec::new(), Vec::new());
    let compiled = entries.iter().filter(|entry| is_binary(&entry.path));
    for entry in compiled.take(MOST_BINARIES) {
        let file = inside(place, &entry.path).and_then(|path| File::open(path).ok());
        match file.and_then(|file| scan_file(&entry.path, BufReader::new(file)).ok()) {
            Some(facts) => binaries.push(facts),
            None => unread.push(entry.path.clone()),
        }
    }
    (binaries, unread)
}

/// Returns where a file lies, unless a link leads out of the environment.
fn inside(place: Place<'_>, entry: &str) -> Option<PathBuf> {
    let path = place.of(entry)?.canonicalize().ok()?;
    let root = place.root.canonicalize().ok()?;
    (path.starts_with(root) && path.is_file()).then_some(path)
}

/// Returns a digest of the record and of the state of every file that it names.
fn stamp(place: Place<'_>, record: &SourceFile, states: &[Option<[u8; 40]>]) -> [u8; 32] {
    let mut sha256 = Sha256::new();
    sha256.update(place.folder.as_os_str().as_encoded_bytes());
    sha256.update(record.text().as_bytes());
    for state in states {
        sha256.update(state.unwrap_or([0; 40]));
    }
    sha256.finalize().into()
}

/// Returns what changes when a file does: its size, its times and which file it is.
fn state(path: &Path) -> Option<[u8; 40]> {
    let metadata = std::fs::metadata(path).ok()?;
    let written = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    let mut state = [0; 40];
    state[..8].copy_from_slice(&metadata.len().to_le_bytes());
    state[8..24].copy_from_slice(&written.as_nanos().to_le_bytes());
    state[24..].copy_from_slice(&identity(&metadata));
    Some(state)
}

/// Whoever writes a file can set the time of its writing, and not that of its last change.
#[cfg(unix)]
fn identity(metadata: &Metadata) -> [u8; 16] {
    use std::os::unix::fs::MetadataExt as _;

    let changed = metadata.ctime().wrapping_mul(1_000_000_000);
    let changed = changed.wrapping_add(metadata.ctime_nsec());
    let mut identity = [0; 16];
    identity[..8].copy_from_slice(&changed.to_le_bytes());
    identity[8..].copy_from_slice(&metadata.ino().to_le_bytes());
    identity
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> [u8; 16] {
    [0; 16]
}
