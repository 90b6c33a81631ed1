//! Where things stand in a page's buffer: the header, the columns and the string tables, found
//! with checked arithmetic so that no damaged buffer can be read past its end.
//!
//! All numbers are little-endian. After the header come, hot part first: the ends of the version
//! keys, the ends of the versions' file ranges, the versions' flags, the files' upload times, tag
//! and Python indices and flags, the keys, the tag strings, the Python strings; then, cold, the
//! version texts, sizes, file names, URLs, yanked reasons, digests, metadata digests and notes.

use std::ops::Range;

/// Names the format and its version (the last byte); a change of the layout changes the version.
const MAGIC: &[u8; 8] = b"pypage\x00\x01";
const FIELDS: usize = 20;
/// The length of the header.
pub(super) const HEADER: usize = MAGIC.len() + FIELDS * 4;

/// The marks of a version.
pub(super) const VERSION_PRERELEASE: u8 = 1;
/// The marks of a file.
pub(super) const FILE_YANKED: u8 = 1;
pub(super) const FILE_HAS_TIME: u8 = 2;
pub(super) const FILE_HAS_SIZE: u8 = 4;
pub(super) const FILE_METADATA_ABSENT: u8 = 8;
pub(super) const FILE_METADATA_PRESENT: u8 = 16;
/// The URL ends with the file's name, which is not stored twice.
pub(super) const FILE_URL_ENDS_WITH_NAME: u8 = 32;
/// The index that stands for no string.
pub(super) const NO_STRING: u32 = u32::MAX;

/// The counts and sizes that the header holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) versions: u32,
    pub(super) files: u32,
    pub(super) tags: u32,
    pub(super) pythons: u32,
    pub(super) notes: u32,
    pub(super) skipped: [u32; 4],
    pub(super) keys_size: u32,
    pub(super) tags_size: u32,
    pub(super) pythons_size: u32,
    pub(super) texts_size: u32,
    pub(super) names_size: u32,
    pub(super) urls_size: u32,
    pub(super) reasons_size: u32,
    pub(super) digests_size: u32,
    pub(super) metadata_size: u32,
    pub(super) notes_size: u32,
    pub(super) prefix_size: u32,
}

impl Header {
    fn fields(&mut self) -> [&mut u32; FIELDS] {
        let [other, malformed, invalid, unreadable] = &mut self.skipped;
        [
            &mut self.versions,
            &mut self.files,
            &mut self.tags,
            &mut self.pythons,
            &mut self.notes,
            other,
            malformed,
            invalid,
            unreadable,
            &mut self.keys_size,
            &mut self.tags_size,
            &mut self.pythons_size,
            &mut self.texts_size,
            &mut self.names_size,
            &mut self.urls_size,
            &mut self.reasons_size,
            &mut self.digests_size,
            &mut self.metadata_size,
            &mut self.notes_size,
            &mut self.prefix_size,
        ]
    }

    /// Writes the header.
    pub(super) fn write(mut self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(MAGIC);
        for field in self.fields() {
            bytes.extend_from_slice(&field.to_le_bytes());
        }
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let fields = bytes.get(..HEADER)?.strip_prefix(MAGIC)?;
        let mut header = Self::default();
        for (at, field) in header.fields().into_iter().enumerate() {
            *field = u32_at(fields, at * 4);
        }
        Some(header)
    }
}

/// A table of byte strings: their ends, and the bytes of all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Strings {
    ends: usize,
    bytes: usize,
    size: usize,
    count: usize,
}

impl Strings {
    /// Returns one of the strings; nothing where the table is damaged.
    pub(super) fn get(self, page: &[u8], at: usize) -> &[u8] {
        if at >= self.count {
            return &[];
        }
        let Range { start, end } = range_at(page, self.ends, at);
        page.get(self.bytes + start..self.bytes + end.min(self.size))
            .unwrap_or_default()
    }

    /// Returns one of the strings as text; nothing where it is none.
    pub(super) fn text(self, page: &[u8], at: usize) -> &str {
        std::str::from_utf8(self.get(page, at)).unwrap_or_default()
    }

    /// Returns how many strings there are.
    pub(super) fn count(self) -> usize {
        self.count
    }

    fn is_ascending(self, page: &[u8]) -> bool {
        ends_ascend_to(page, self.ends, self.count, self.size)
    }
}

/// The offsets of all parts of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) versions: usize,
    pub(super) files: usize,
    pub(super) skipped: [u32; 4],
    pub(super) file_ends: usize,
    pub(super) version_flags: usize,
    pub(super) times: usize,
    pub(super) file_tags: usize,
    pub(super) file_pythons: usize,
    pub(super) file_flags: usize,
    pub(super) sizes: usize,
    pub(super) keys: Strings,
    pub(super) tags: Strings,
    pub(super) pythons: Strings,
    pub(super) texts: Strings,
    pub(super) names: Strings,
    pub(super) urls: Strings,
    pub(super) reasons: Strings,
    pub(super) digests: Strings,
    pub(super) metadata: Strings,
    pub(super) notes: Strings,
    pub(super) prefix: (usize, usize),
}

/// Hands out consecutive parts of the buffer.
struct Cursor(usize);

impl Cursor {
    fn column(&mut self, count: usize, width: usize) -> Option<usize> {
        let at = self.0;
        self.0 = at.checked_add(count.checked_mul(width)?)?;
        Some(at)
    }

    fn strings(&mut self, ends: usize, count: usize, size: u32) -> Option<Strings> {
        let size = size as usize;
        Some(Strings {
            ends,
            bytes: self.column(size, 1)?,
            size,
            count,
        })
    }
}

impl Layout {
    /// Finds the parts of a page; `None` where they do not fill the buffer exactly, or where the
    /// hot part contradicts itself.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let layout = Self::place(&Header::read(bytes)?, bytes.len())?;
        let hot = [layout.keys, layout.tags, layout.pythons];
        let consistent = hot.iter().all(|strings| strings.is_ascending(bytes))
            && ends_ascend_to(bytes, layout.file_ends, layout.versions, layout.files);
        consistent.then_some(layout)
    }

    fn place(header: &Header, len: usize) -> Option<Self> {
        let (versions, files) = (header.versions as usize, header.files as usize);
        let (tags, pythons) = (header.tags as usize, header.pythons as usize);
        let notes = header.notes as usize;
        let mut at = Cursor(HEADER);
        let key_ends = at.column(versions, 4)?;
        let file_ends = at.column(versions, 4)?;
        let tag_ends = at.column(tags, 4)?;
        let python_ends = at.column(pythons, 4)?;
        let times = at.column(files, 8)?;
        let file_tags = at.column(files, 4)?;
        let file_pythons = at.column(files, 4)?;
        let file_flags = at.column(files, 1)?;
        let version_flags = at.column(versions, 1)?;
        let keys = at.strings(key_ends, versions, header.keys_size)?;
        let tags = at.strings(tag_ends, tags, header.tags_size)?;
        let pythons = at.strings(python_ends, pythons, header.pythons_size)?;
        let sizes = at.column(files, 8)?;
        let mut strings = |count: usize, size: u32| {
            let ends = at.column(count, 4)?;
            at.strings(ends, count, size)
        };
        let layout = Self {
            versions,
            files,
            skipped: header.skipped,
            file_ends,
            version_flags,
            times,
            file_tags,
            file_pythons,
            file_flags,
            sizes,
            keys,
            tags,
            pythons,
            texts: strings(versions, header.texts_size)?,
            names: strings(files, header.names_size)?,
            urls: strings(files, header.urls_size)?,
            reasons: strings(files, header.reasons_size)?,
            digests: strings(files, header.digests_size)?,
            metadata: strings(files, header.metadata_size)?,
            notes: strings(notes, header.notes_size)?,
            prefix: (
                at.column(header.prefix_size as usize, 1)?,
                header.prefix_size as usize,
            ),
        };
        (at.0 == len).then_some(layout)
    }
}

/// Reads a number; 0 past the end.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes
        .get(at..)
        .and_then(|rest| rest.first_chunk())
        .map_or(0, |chunk| u32::from_le_bytes(*chunk))
}

/// Reads a number; 0 past the end.
pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes
        .get(at..)
        .and_then(|rest| rest.first_chunk())
        .map_or(0, |chunk| u64::from_le_bytes(*chunk))
}

/// Reads the range that ends at the `at`th of the ends and starts where the one before it ends.
pub(super) fn range_at(bytes: &[u8], ends: usize, at: usize) -> Range<usize> {
    let end = u32_at(bytes, ends + at * 4) as usize;
    let start = match at {
        0 => 0,
        _ => u32_at(bytes, ends + (at - 1) * 4) as usize,
    };
    start.min(end)..end
}

fn ends_ascend_to(bytes: &[u8], ends: usize, count: usize, total: usize) -> bool {
    let mut last = 0;
    (0..count).all(|at| {
        let end = u32_at(bytes, ends + at * 4);
        let ascends = end >= last;
        last = end;
        ascends
    }) && last as usize == total
}
