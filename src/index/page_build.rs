//! Writes a page's buffer: parses file names, sorts by version, interns what recurs.

use std::collections::HashMap;

use super::page_layout::{
    FILE_HAS_SIZE, FILE_HAS_TIME, FILE_METADATA_ABSENT, FILE_METADATA_PRESENT,
    FILE_URL_ENDS_WITH_NAME, FILE_YANKED, Header, NO_STRING, Row, VERSION_PRERELEASE,
};
use super::{FileEntry, Listing, MetadataFile};
use crate::package::{Digest, DistName, DistNameError, PackageName, Version, VersionKey};

/// What a note's first character says of the rest.
pub(super) const NOTE_STATUS: char = 's';
pub(super) const NOTE_ALTERNATE: char = 'a';
pub(super) const NOTE_TRACKS: char = 't';

/// More files than any project has; what is beyond is counted as unreadable.
const MAX_FILES: usize = 1 << 20;

/// The digest algorithms by their number in the buffer, with their length in bytes.
const ALGORITHMS: &[(&str, usize)] = &[
    ("sha256", 32),
    ("sha512", 64),
    ("sha384", 48),
    ("sha224", 28),
    ("sha1", 20),
    ("md5", 16),
];

/// Writes the page of a listing.
pub(super) fn build(project: &PackageName, mut listing: Listing) -> Vec<u8> {
    let beyond = listing.files.len().saturating_sub(MAX_FILES);
    listing.files.truncate(MAX_FILES);
    let mut skipped = [0, 0, 0, to_u32(listing.unreadable + beyond)];
    let files = sorted_files(project, &listing.files, &mut skipped);
    let mut writer = Writer::new(&files);
    for group in files.chunk_by(|one, next| one.key == next.key) {
        writer.push_version(group);
    }
    let notes = [
        (NOTE_STATUS, listing.status.as_slice()),
        (NOTE_ALTERNATE, &listing.alternates),
        (NOTE_TRACKS, &listing.tracks),
    ];
    for (kind, texts) in notes {
        for text in texts {
            writer.notes.push(format!("{kind}{text}").as_bytes());
        }
    }
    writer.header.skipped = skipped;
    writer.finish()
}

/// Digests, read back one after another.
#[derive(Clone, Debug, Default)]
pub struct Digests<'a>(pub(super) &'a [u8]);

impl Iterator for Digests<'_> {
    type Item = Digest;

    fn next(&mut self) -> Option<Digest> {
        let (algorithm, rest) = self.0.split_first()?;
        let (name, len) = ALGORITHMS.get(usize::from(*algorithm))?;
        let (raw, rest) = rest.split_at_checked(*len)?;
        self.0 = rest;
        Digest::from_bytes(name, raw)
    }
}

fn pack_digest(digest: &Digest, bytes: &mut Vec<u8>) {
    let known = ALGORITHMS
        .iter()
        .position(|(name, _)| *name == digest.algorithm());
    let Some(algorithm) = known.and_then(|at| u8::try_from(at).ok()) else {
        return;
    };
    bytes.push(algorithm);
    bytes.extend_from_slice(digest.as_bytes());
}

/// A file whose name makes sense.
struct Named<'a> {
    key: VersionKey,
    version: Version,
    tags: Option<String>,
    entry: &'a FileEntry,
}

/// Parses the names and orders by version, then by name; of two files of one name the first
/// counts.
fn sorted_files<'a>(
    project: &PackageName,
    entries: &'a [FileEntry],
    skipped: &mut [u32; 4],
) -> Vec<Named<'a>> {
    let mut files = Vec::with_capacity(entries.len());
    for entry in entries {
        match DistName::parse(&entry.filename, project) {
            Ok(DistName::Wheel(wheel)) if wheel.name != *project => skipped[1] += 1,
            Ok(name) => files.push(Named {
                key: VersionKey::of(name.version()),
                version: name.version().clone(),
                tags: match name {
                    DistName::Wheel(wheel) => Some(wheel.tags),
                    DistName::Sdist(_) => None,
                },
                entry,
            }),
            Err(DistNameError::OtherKind) => skipped[0] += 1,
            Err(DistNameError::Malformed) => skipped[1] += 1,
            Err(DistNameError::InvalidVersion) => skipped[2] += 1,
        }
    }
    files.sort_by(|one, other| {
        (&one.key, &one.entry.filename).cmp(&(&other.key, &other.entry.filename))
    });
    files.dedup_by(|next, one| next.entry.filename == one.entry.filename);
    files
}

/// A table of strings being written.
#[derive(Default)]
struct Table {
    ends: Vec<u8>,
    bytes: Vec<u8>,
}

impl Table {
    /// Adds a string; one that no offset could reach becomes empty.
    fn push(&mut self, string: &[u8]) {
        if self.bytes.len() + string.len() < NO_STRING as usize {
            self.bytes.extend_from_slice(string);
        }
        self.ends
            .extend_from_slice(&to_u32(self.bytes.len()).to_le_bytes());
    }

    fn count(&self) -> u32 {
        to_u32(self.ends.len() / 4)
    }

    fn size(&self) -> u32 {
        to_u32(self.bytes.len())
    }
}

/// A table in which each string stands once.
#[derive(Default)]
struct Interned<'a> {
    table: Table,
    places: HashMap<&'a str, u32>,
}

impl<'a> Interned<'a> {
    fn place(&mut self, text: Option<&'a str>) -> u32 {
        let Some(text) = text else { return NO_STRING };
        *self.places.entry(text).or_insert_with(|| {
            self.table.push(text.as_bytes());
            self.table.count() - 1
        })
    }
}

#[derive(Default)]
struct Writer<'a> {
    header: Header,
    prefix: &'a str,
    file_ends: Vec<u8>,
    version_flags: Vec<u8>,
    times: Vec<u8>,
    file_tags: Vec<u8>,
    file_pythons: Vec<u8>,
    file_flags: Vec<u8>,
    sums: Vec<u8>,
    keys: Table,
    tags: Interned<'a>,
    pythons: Interned<'a>,
    texts: Table,
    rows: Table,
    notes: Table,
    /// A row on its way into `rows`.
    row: Vec<u8>,
}

impl<'a> Writer<'a> {
    fn new(files: &'a [Named<'a>]) -> Self {
        Self {
            prefix: common_prefix(files),
            ..Self::default()
        }
    }

    fn push_version(&mut self, files: &'a [Named<'a>]) {
        let Some(first) = files
            .iter()
            .find(|file| file.tags.is_some())
            .or(files.first())
        else {
            return;
        };
        self.keys.push(first.key.as_bytes());
        self.texts.push(first.version.to_string().as_bytes());
        self.version_flags
            .push(match first.version.any_prerelease() {
                true => VERSION_PRERELEASE,
                false => 0,
            });
        let before = self.rows.bytes.len();
        for file in files {
            self.push_file(file);
        }
        self.file_ends
            .extend_from_slice(&self.rows.count().to_le_bytes());
        let sum = crc32fast::hash(&self.rows.bytes[before..]);
        self.sums.extend_from_slice(&sum.to_le_bytes());
    }

    fn push_file(&mut self, file: &'a Named<'a>) {
        let entry = file.entry;
        let mut flags = 0;
        let mut mark = |flag, holds| flags |= if holds { flag } else { 0 };
        mark(FILE_YANKED, entry.yanked.is_some());
        mark(FILE_HAS_TIME, entry.upload_time.is_some());
        mark(FILE_HAS_SIZE, entry.size.is_some());
        mark(FILE_METADATA_ABSENT, entry.metadata == MetadataFile::Absent);
        let mut metadata = Vec::new();
        if let MetadataFile::Present(digest) = &entry.metadata {
            mark(FILE_METADATA_PRESENT, true);
            digest
                .iter()
                .for_each(|digest| pack_digest(digest, &mut metadata));
        }
        let url = entry.url.strip_prefix(self.prefix).unwrap_or(&entry.url);
        let middle = url.strip_suffix(&entry.filename);
        mark(FILE_URL_ENDS_WITH_NAME, middle.is_some());

        let seconds = entry.upload_time.map_or(0, |time| time.seconds());
        self.times.extend_from_slice(&seconds.to_le_bytes());
        let tags = self.tags.place(file.tags.as_deref());
        self.file_tags.extend_from_slice(&tags.to_le_bytes());
        let python = self.pythons.place(entry.requires_python.as_deref());
        self.file_pythons.extend_from_slice(&python.to_le_bytes());
        self.file_flags.push(flags);
        let mut digests = Vec::new();
        entry
            .digests
            .iter()
            .for_each(|digest| pack_digest(digest, &mut digests));
        let row = Row {
            size: entry.size.unwrap_or_default(),
            name: entry.filename.as_bytes(),
            url: middle.unwrap_or(url).as_bytes(),
            reason: entry.yanked.as_deref().unwrap_or_default().as_bytes(),
            digests: &digests,
            metadata: &metadata,
        };
        let mut space = std::mem::take(&mut self.row);
        space.clear();
        self.row = postcard::to_extend(&row, space).unwrap_or_default();
        self.rows.push(&self.row);
    }

    /// Puts the parts together in the order that `page_layout` tells.
    fn finish(self) -> Vec<u8> {
        let header = Header {
            versions: self.keys.count(),
            files: self.rows.count(),
            tags: self.tags.table.count(),
            pythons: self.pythons.table.count(),
            notes: self.notes.count(),
            keys_size: self.keys.size(),
            tags_size: self.tags.table.size(),
            pythons_size: self.pythons.table.size(),
            notes_size: self.notes.size(),
            texts_size: self.texts.size(),
            prefix_size: to_u32(self.prefix.len()),
            rows_size: self.rows.size(),
            ..self.header
        };
        let parts: [&[u8]; 20] = [
            &self.keys.ends,
            &self.file_ends,
            &self.tags.table.ends,
            &self.pythons.table.ends,
            &self.notes.ends,
            &self.texts.ends,
            &self.sums,
            &self.times,
            &self.file_tags,
            &self.file_pythons,
            &self.file_flags,
            &self.version_flags,
            &self.keys.bytes,
            &self.tags.table.bytes,
            &self.pythons.table.bytes,
            &self.notes.bytes,
            &self.texts.bytes,
            self.prefix.as_bytes(),
            &self.rows.ends,
            &self.rows.bytes,
        ];
        let mut bytes = Vec::with_capacity(
            super::page_layout::HEADER + parts.iter().map(|part| part.len()).sum::<usize>(),
        );
        header.write(&mut bytes);
        parts.iter().for_each(|part| bytes.extend_from_slice(part));
        bytes
    }
}

/// The part that all URLs start with, up to a `/`.
fn common_prefix<'a>(files: &'a [Named<'a>]) -> &'a str {
    let mut urls = files.iter().map(|file| file.entry.url.as_str());
    let first = urls.next().unwrap_or_default();
    let shared = urls.fold(first.len(), |shared, url| {
        let alike = first.bytes().zip(url.bytes()).take_while(|(a, b)| a == b);
        shared.min(alike.count())
    });
    let shared = first.as_bytes().get(..shared).unwrap_or_default();
    let end = shared
        .iter()
        .rposition(|byte| *byte == b'/')
        .map_or(0, |at| at + 1);
    first.get(..end).unwrap_or_default()
}

fn to_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
