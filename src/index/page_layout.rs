//! Where things stand in a page's buffer: the header, the columns and the string tables, found
//! with checked arithmetic so that no damaged buffer can be read past its end.
//!
//! All numbers are little-endian. After the header comes the hot part, which every judgement reads:
//! the ends of the version keys, of the versions' file ranges, of the tag strings, Python strings,
//! notes and version texts; the sums of the versions' rows; the files' upload times, tag and Python
//! indices and flags; the versions' flags; the bytes of the tables, and the prefix of the URLs.
//! Then the cold part, of which only the files of chosen versions are read: the ends of the rows,
//! and the rows, one for each file ([`Row`](super::page_row::Row)).

use std::ops::Range;

use crate::package::Timestamp;

/// Names the format and its version (the last byte); a change of the layout changes the version.
const MAGIC: &[u8; 8] = b"pypage\x00\x03";
const FIELDS: usize = 16;
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
/// How many bytes a moment takes, in seconds since 1970: enough for the year 36812.
pub(super) const TIME: usize = 5;
/// The place among tag strings or Python strings that stands for none. A page has some hundreds of
/// different ones, so two bytes suffice for a place; each judgement reads the column of all files.
pub(super) const NO_STRING: u16 = u16::MAX;

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
    pub(super) notes_size: u32,
    pub(super) texts_size: u32,
    pub(super) prefix_size: u32,
    pub(super) rows_size: u32,
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
            &mut self.notes_size,
            &mut self.texts_size,
            &mut self.prefix_size,
            &mut self.rows_size,
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
    #[inline]
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
    pub(super) sums: usize,
    pub(super) version_flags: usize,
    pub(super) times: usize,
    pub(super) file_tags: usize,
    pub(super) file_pythons: usize,
    pub(super) file_flags: usize,
    pub(super) keys: Strings,
    pub(super) tags: Strings,
    pub(super) pythons: Strings,
    pub(super) notes: Strings,
    pub(super) texts: Strings,
    pub(super) prefix: (usize, usize),
    pub(super) rows: Strings,
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
        let hot = [
            layout.keys,
            layout.tags,
            layout.pythons,
            layout.notes,
            layout.texts,
        ];
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
        let note_ends = at.column(notes, 4)?;
        let text_ends = at.column(versions, 4)?;
        let layout = Self {
            versions,
            files,
            skipped: header.skipped,
            file_ends,
            sums: at.column(versions, 4)?,
            times: at.column(files, TIME)?,
            file_tags: at.column(files, 2)?,
            file_pythons: at.column(files, 2)?,
            file_flags: at.column(files, 1)?,
            version_flags: at.column(versions, 1)?,
            keys: at.strings(key_ends, versions, header.keys_size)?,
            tags: at.strings(tag_ends, tags, header.tags_size)?,
            pythons: at.strings(python_ends, pythons, header.pythons_size)?,
            notes: at.strings(note_ends, notes, header.notes_size)?,
            texts: at.strings(text_ends, versions, header.texts_size)?,
            prefix: (
                at.column(header.prefix_size as usize, 1)?,
                header.prefix_size as usize,
            ),
            rows: {
                let ends = at.column(files, 4)?;
                at.strings(ends, files, header.rows_size)?
            },
        };
        (at.0 == len).then_some(layout)
    }

    /// Returns where the cold part begins.
    pub(super) fn hot_len(&self) -> usize {
        self.rows.ends
    }

    /// Returns the bytes of the rows of some files.
    pub(super) fn rows_of<'a>(&self, page: &'a [u8], files: Range<usize>) -> &'a [u8] {
        let of = |at: usize| range_at(page, self.rows.ends, at);
        let Some(last) = files.clone().next_back() else {
            return &[];
        };
        let (start, end) = (of(files.start).start, of(last).end.min(self.rows.size));
        page.get(self.rows.bytes + start..self.rows.bytes + end)
            .unwrap_or_default()
    }
}

/// Returns a moment as pages store it; one before 1970 becomes the beginning of that year.
pub(super) fn pack_time(time: Timestamp) -> [u8; TIME] {
    let seconds = time.seconds().clamp(0, (1 << (8 * TIME)) - 1);
    let [a, b, c, d, e, ..] = seconds.to_le_bytes();
    [a, b, c, d, e]
}

/// Reads a moment as pages store it, in seconds since 1970.
#[inline]
pub(super) fn unpack_time([a, b, c, d, e]: [u8; TIME]) -> i64 {
    i64::from_le_bytes([a, b, c, d, e, 0, 0, 0])
}

/// Reads a number; 0 past the end.
#[inline]
pub(super) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes
        .get(at..)
        .and_then(|rest| rest.first_chunk())
        .map_or(0, |chunk| u16::from_le_bytes(*chunk))
}

/// Reads a number; 0 past the end.
#[inline]
pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes
        .get(at..)
        .and_then(|rest| rest.first_chunk())
        .map_or(0, |chunk| u32::from_le_bytes(*chunk))
}

/// Reads the range that ends at the `at`th of the ends and starts where the one before it ends.
#[inline]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_kept_to_the_second_up_to_the_end_of_its_column() {
        for (seconds, kept) in [
            (0, 0),
            (1_796_083_200, 1_796_083_200),
            (253_402_300_799, 253_402_300_799),
            (-1, 0),
            (i64::MAX, (1 << 40) - 1),
        ] {
            let time = Timestamp::from_seconds(seconds);
            assert_eq!(unpack_time(pack_time(time)), kept, "{seconds}");
        }
    }
}
