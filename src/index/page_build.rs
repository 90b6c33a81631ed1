//! Writes a page's buffer: parses file names, sorts by version, interns what recurs.

use std::borrow::Cow;

use super::listing::FileFound;
use super::page_digests::pack_digest;
use super::page_layout::{
    FILE_HAS_SIZE, FILE_HAS_TIME, FILE_METADATA_ABSENT, FILE_METADATA_PRESENT,
    FILE_URL_ENDS_WITH_NAME, FILE_YANKED, HEADER, Header, NO_STRING, TIME, VERSION_PRERELEASE,
    pack_time,
};
use super::page_row::{Row, USUAL_HEAD};
use super::page_tables::{Interned, MAX_SIZE, Table, to_u32};
use super::{Listing, MetadataFile};
use crate::package::{DistName, DistNameError, PackageName, Version, VersionKey, WheelName};

/// What a note's first character says of the rest.
pub(super) const NOTE_STATUS: char = 's';
pub(super) const NOTE_ALTERNATE: char = 'a';
pub(super) const NOTE_TRACKS: char = 't';

/// More files than any project has; what is beyond is counted as unreadable.
const MAX_FILES: usize = 1 << 20;

/// A page on its way: takes the files in any order.
pub(super) struct PageBuilder<'a> {
    project: &'a PackageName,
    files: Vec<Named<'a>>,
    /// How much of the first file's address all of them begin with.
    shared: usize,
    /// One for each run of files whose names begin alike.
    versions: Vec<(VersionKey, Version)>,
    /// The name of the last wheel up to the dash behind its version, which is the last one.
    last_start: String,
    tags: Interned,
    pythons: Interned,
    /// The digests of the files, and of the metadata beside them.
    digests: Vec<u8>,
    skipped: [u32; 4],
}

/// A file whose name makes sense.
struct Named<'a> {
    name: Cow<'a, str>,
    /// The address, without the name if it ends with that.
    url: Cow<'a, str>,
    yanked: Option<Cow<'a, str>>,
    size: u64,
    time: [u8; TIME],
    version: u32,
    tags: u16,
    python: u16,
    /// Where its digests begin, those of its metadata, and where these end.
    digests: [u32; 3],
    flags: u8,
}

impl<'a> PageBuilder<'a> {
    /// Starts a page without files, with room for so many.
    pub(super) fn new(project: &'a PackageName, files: usize) -> Self {
        Self {
            project,
            files: Vec::with_capacity(files.min(MAX_FILES)),
            shared: 0,
            versions: Vec::new(),
            last_start: String::new(),
            tags: Interned::default(),
            pythons: Interned::default(),
            digests: Vec::new(),
            skipped: [0; 4],
        }
    }

    /// Takes a file; one whose name makes no sense is counted only.
    pub(super) fn take(&mut self, file: FileFound<'a>) {
        if self.files.len() >= MAX_FILES {
            self.skipped[3] += 1;
            return;
        }
        match self.place(&file.filename) {
            Ok(Some(place)) => self.push(file, place),
            Ok(None) => self.skipped[3] += 1,
            Err(DistNameError::OtherKind) => self.skipped[0] += 1,
            Err(DistNameError::Malformed) => self.skipped[1] += 1,
            Err(DistNameError::InvalidVersion) => self.skipped[2] += 1,
        }
    }

    /// Returns the places of a file's version and tags; none where there is no room for the tags.
    fn place(&mut self, filename: &str) -> Result<Option<(u32, u16)>, DistNameError> {
        if !self.last_start.is_empty()
            && let Some(part) = filename.strip_prefix(&*self.last_start)
            && part.ends_with(".whl")
        {
            let tags = self.tags.place(WheelName::tags_in(part)?);
            return Ok(tags.map(|tags| (to_u32(self.versions.len() - 1), tags)));
        }
        let name = DistName::parse(filename, self.project)?;
        let tags = match &name {
            DistName::Wheel(wheel) => self.tags.place(&wheel.tags),
            DistName::Sdist(_) => Some(NO_STRING),
        };
        let Some(tags) = tags else {
            return Ok(None);
        };
        let key = VersionKey::of(name.version());
        self.versions.push((key, name.version().clone()));
        self.last_start.clear();
        if let DistName::Wheel(_) = &name {
            let dashes = filename.match_indices('-').map(|(at, _)| at);
            let end = dashes.take(2).last().unwrap_or_default();
            self.last_start.push_str(&filename[..=end]);
        }
        Ok(Some((to_u32(self.versions.len() - 1), tags)))
    }

    fn push(&mut self, file: FileFound<'a>, (version, tags): (u32, u16)) {
        let python = file.requires_python.as_deref();
        let Some(python) = python.map_or(Some(NO_STRING), |text| self.pythons.place(text)) else {
            self.skipped[3] += 1;
            return;
        };
        let mut flags = 0;
        let mut mark = |flag, holds| flags |= if holds { flag } else { 0 };
        mark(FILE_YANKED, file.yanked.is_some());
        mark(FILE_HAS_TIME, file.upload_time.is_some());
        mark(FILE_HAS_SIZE, file.size.is_some());
        mark(FILE_METADATA_ABSENT, file.metadata == MetadataFile::Absent);
        let start = to_u32(self.digests.len());
        for digest in &file.digests {
            pack_digest(digest, &mut self.digests);
        }
        let middle = to_u32(self.digests.len());
        if let MetadataFile::Present(digest) = &file.metadata {
            mark(FILE_METADATA_PRESENT, true);
            if let Some(digest) = digest {
                pack_digest(digest, &mut self.digests);
            }
        }
        let is_named = file.url.ends_with(&*file.filename);
        mark(FILE_URL_ENDS_WITH_NAME, is_named);
        let url = match is_named {
            true => without_end(file.url, file.filename.len()),
            false => file.url,
        };
        self.shared = match self.files.first() {
            Some(first) => alike(&first.url[..self.shared], &url),
            None => url.len(),
        };
        self.files.push(Named {
            python,
            name: file.filename,
            url,
            yanked: file.yanked,
            size: file.size.unwrap_or_default(),
            time: file.upload_time.map(pack_time).unwrap_or_default(),
            version,
            tags,
            digests: [start, middle, to_u32(self.digests.len())],
            flags,
        });
    }

    /// Writes the page; `listing` is what was told besides files.
    pub(super) fn finish(mut self, listing: &Listing) -> Vec<u8> {
        self.skipped[3] = self.skipped[3].saturating_add(to_u32(listing.unreadable));
        let order = self.order();
        let mut writer = Writer::new(&self, self.prefix());
        for group in versions(&order) {
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
        writer.finish(&order)
    }

    /// Returns the part that all addresses start with, up to a `/`.
    fn prefix(&self) -> &str {
        let first = self.files.first();
        let shared = first.map_or("", |first| &first.url[..self.shared]);
        let end = memchr::memrchr(b'/', shared.as_bytes());
        end.map_or("", |at| &shared[..=at])
    }

    /// Returns the files by the rank of their version, then by name; of two files of one name the
    /// first counts.
    fn order(&self) -> Vec<Place<'_>> {
        let mut by_key: Vec<usize> = (0..self.versions.len()).collect();
        by_key.sort_by_key(|at| &self.versions[*at].0);
        let mut ranks = vec![0; by_key.len()];
        let alike = by_key.chunk_by(|one, next| self.versions[*one].0 == self.versions[*next].0);
        for (rank, group) in (0..).zip(alike) {
            group.iter().for_each(|at| ranks[*at] = rank);
        }
        // Many have one version, and names take long to compare: those of one rank are put together
        // before they are sorted.
        let rank = |file: &Named<'_>| ranks[file.version as usize] as usize;
        let mut free = vec![0; by_key.len() + 1];
        self.files.iter().for_each(|file| free[rank(file) + 1] += 1);
        (1..free.len()).for_each(|at| free[at] += free[at - 1]);
        let mut order: Vec<Place<'_>> = vec![(0, "", 0); self.files.len()];
        for (at, file) in self.files.iter().enumerate() {
            order[free[rank(file)]] = (ranks[file.version as usize], &*file.name, at);
            free[rank(file)] += 1;
        }
        for of_one_rank in order.chunk_by_mut(|one, next| one.0 == next.0) {
            of_one_rank.sort_unstable_by_key(|(_, name, at)| (*name, *at));
        }
        order.dedup_by(|(_, next, _), (_, one, _)| next == one);
        order
    }
}

/// Where a file stands on a page: the rank of its version, its name, and its place among all.
type Place<'b> = (u32, &'b str, usize);

/// Leaves out so many bytes at the end of a text, which are whole characters.
fn without_end(text: Cow<'_, str>, length: usize) -> Cow<'_, str> {
    let end = text.len() - length;
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[..end]),
        Cow::Owned(mut text) => {
            text.truncate(end);
            Cow::Owned(text)
        }
    }
}

/// Returns with how much of a text another begins, in whole characters.
fn alike(text: &str, other: &str) -> usize {
    if other.starts_with(text) {
        return text.len();
    }
    let pairs = text.chars().zip(other.chars());
    pairs
        .take_while(|(one, other)| one == other)
        .map(|(one, _)| one.len_utf8())
        .sum()
}

struct Writer<'b, 'a> {
    builder: &'b PageBuilder<'a>,
    prefix: &'b str,
    file_ends: Vec<u8>,
    version_flags: Vec<u8>,
    times: Vec<u8>,
    file_tags: Vec<u8>,
    file_pythons: Vec<u8>,
    file_flags: Vec<u8>,
    keys: Table,
    texts: Table,
    notes: Table,
    /// How much the rows take, or little less.
    most_rows: usize,
}

impl<'b, 'a> Writer<'b, 'a> {
    fn new(builder: &'b PageBuilder<'a>, prefix: &'b str) -> Self {
        Self {
            builder,
            prefix,
            file_ends: Vec::new(),
            version_flags: Vec::new(),
            times: Vec::new(),
            file_tags: Vec::new(),
            file_pythons: Vec::new(),
            file_flags: Vec::new(),
            keys: Table::default(),
            texts: Table::default(),
            notes: Table::default(),
            most_rows: 0,
        }
    }

    fn push_version(&mut self, files: &[Place<'_>]) {
        let builder = self.builder;
        let file = |(_, _, at): &Place<'_>| &builder.files[*at];
        let has_tags = |named: &&Named<'_>| named.tags != NO_STRING;
        let wheel = files.iter().map(file).find(has_tags);
        let Some(first) = wheel.or_else(|| files.first().map(file)) else {
            return;
        };
        let (key, version) = &builder.versions[first.version as usize];
        self.keys.push(key.as_bytes());
        self.texts.push(version.to_string().as_bytes());
        self.version_flags.push(match version.any_prerelease() {
            true => VERSION_PRERELEASE,
            false => 0,
        });
        for named in files.iter().map(file) {
            self.push_file(named);
        }
        let end = to_u32(self.file_flags.len());
        self.file_ends.extend_from_slice(&end.to_le_bytes());
    }

    fn push_file(&mut self, file: &Named<'_>) {
        let url = self.behind_prefix(file).len();
        let reason = file.yanked.as_ref().map_or(0, |reason| reason.len());
        let digests = (file.digests[2] - file.digests[0]) as usize;
        self.most_rows += file.name.len() + url + reason + digests + USUAL_HEAD;
        self.times.extend_from_slice(&file.time);
        self.file_tags.extend_from_slice(&file.tags.to_le_bytes());
        self.file_pythons
            .extend_from_slice(&file.python.to_le_bytes());
        self.file_flags.push(file.flags);
    }

    /// Returns what a file's address has behind the prefix, with which all of them begin.
    fn behind_prefix<'r>(&self, file: &'r Named<'_>) -> &'r str {
        file.url.get(self.prefix.len()..).unwrap_or_default()
    }

    fn row<'r>(&'r self, file: &'r Named<'_>) -> Row<'r> {
        let [start, between, end] = file.digests.map(|at| at as usize);
        Row {
            size: file.size,
            name: file.name.as_bytes(),
            url: self.behind_prefix(file).as_bytes(),
            reason: file.yanked.as_deref().unwrap_or_default().as_bytes(),
            digests: &self.builder.digests[start..between],
            metadata: &self.builder.digests[between..end],
        }
    }

    /// Puts the parts together in the order that `page_layout` tells. The rows are most of a page,
    /// and are written where they stay.
    fn finish(self, order: &[Place<'_>]) -> Vec<u8> {
        let (tags, pythons) = (&self.builder.tags.table, &self.builder.pythons.table);
        let sums = vec![0; 4 * self.keys.count() as usize];
        let ends = vec![0; 4 * order.len()];
        let before_sums: [&[u8]; 6] = [
            &self.keys.ends,
            &self.file_ends,
            &tags.ends,
            &pythons.ends,
            &self.notes.ends,
            &self.texts.ends,
        ];
        let behind_sums: [&[u8]; 11] = [
            &self.times,
            &self.file_tags,
            &self.file_pythons,
            &self.file_flags,
            &self.version_flags,
            &self.keys.bytes,
            &tags.bytes,
            &pythons.bytes,
            &self.notes.bytes,
            &self.texts.bytes,
            self.prefix.as_bytes(),
        ];
        let hot_size = |parts: &[&[u8]]| parts.iter().map(|part| part.len()).sum::<usize>();
        let sums_at = HEADER + hot_size(&before_sums);
        let ends_at = sums_at + sums.len() + hot_size(&behind_sums);
        let mut bytes = Vec::with_capacity(ends_at + ends.len() + self.most_rows);
        bytes.resize(HEADER, 0);
        for part in [&before_sums[..], &[&sums], &behind_sums, &[&ends]].concat() {
            bytes.extend_from_slice(part);
        }
        let rows_size = self.write_rows(order, &mut bytes, sums_at, ends_at);

        let header = Header {
            versions: self.keys.count(),
            files: to_u32(order.len()),
            tags: tags.count(),
            pythons: pythons.count(),
            notes: self.notes.count(),
            skipped: self.builder.skipped,
            keys_size: self.keys.size(),
            tags_size: tags.size(),
            pythons_size: pythons.size(),
            notes_size: self.notes.size(),
            texts_size: self.texts.size(),
            prefix_size: to_u32(self.prefix.len()),
            rows_size,
        };
        let mut head = Vec::with_capacity(HEADER);
        header.write(&mut head);
        bytes[..HEADER].copy_from_slice(&head);
        bytes
    }

    /// Writes the rows behind all else, and where each ends and the sums of the versions' to their
    /// places; returns the size of all rows.
    fn write_rows(
        &self,
        order: &[Place<'_>],
        bytes: &mut Vec<u8>,
        mut sum_at: usize,
        mut end_at: usize,
    ) -> u32 {
        let start = bytes.len();
        let most = start.saturating_add(MAX_SIZE);
        let note = |bytes: &mut Vec<u8>, at: &mut usize, number: u32| {
            bytes[*at..*at + 4].copy_from_slice(&number.to_le_bytes());
            *at += 4;
        };
        for group in versions(order) {
            let before = bytes.len();
            for (_, _, at) in group {
                // One that no offset could reach becomes empty.
                self.row(&self.builder.files[*at]).write(bytes, most);
                let end = to_u32(bytes.len() - start);
                note(bytes, &mut end_at, end);
            }
            let sum = crc32fast::hash(&bytes[before..]);
            note(bytes, &mut sum_at, sum);
        }
        to_u32(bytes.len() - start)
    }
}

/// Parts files by the ranks of their versions.
fn versions<'o, 'b>(order: &'o [Place<'b>]) -> impl Iterator<Item = &'o [Place<'b>]> {
    order.chunk_by(|(one, ..), (next, ..)| one == next)
}
