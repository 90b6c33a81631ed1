//! The compact page: one project on one index, in one buffer that is stored and looked at as it
//! is. A solve touches some ten bytes per file of it; nothing is parsed, nothing is copied.

use std::fmt;
use std::ops::Range;

use bytes::Bytes;

use super::page_build::{self, PageBuilder};
use super::page_columns::Columns;
use super::page_digests::Digests;
use super::page_layout::{
    FILE_HAS_SIZE, FILE_METADATA_ABSENT, FILE_METADATA_PRESENT, FILE_URL_ENDS_WITH_NAME,
    FILE_YANKED, Layout, NO_STRING, VERSION_PRERELEASE, range_at, u16_at, u32_at,
};
use super::page_row::Row;
use super::{Listing, MetadataFile};
use crate::package::{PackageName, Timestamp, Version, origin_of};

/// The versions of a project on an index, ascending, with their files.
#[derive(Clone)]
pub struct Page {
    bytes: Bytes,
    layout: Layout,
}

/// One file of a [`Page`].
#[derive(Clone, Copy)]
pub struct FileView<'a> {
    page: &'a Page,
    at: usize,
}

/// What a lock says of a file.
#[derive(Clone, Debug)]
pub struct Details<'a> {
    /// The same as [`FileView::filename`].
    pub filename: &'a str,
    /// The same as [`FileView::url`].
    pub url: String,
    /// The same as [`FileView::size`].
    pub size: Option<u64>,
    /// The same as [`FileView::digests`].
    pub digests: Digests<'a>,
}

/// Bytes that are no page, or one of another version of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damaged;

/// How many files of a listing are not on its page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// Neither wheels nor source archives: installers, eggs, signatures.
    pub other_kind: u32,
    /// With a name that is malformed, or that of another project.
    pub malformed: u32,
    /// With a version that is none of PEP 440.
    pub invalid_version: u32,
    /// Entries that could not be read at all.
    pub unreadable: u32,
}

impl Page {
    /// Builds the page of a project; files that name no distribution of it are counted only.
    pub fn build(project: &PackageName, listing: Listing) -> Self {
        let mut builder = PageBuilder::new(project, listing.files.len());
        for file in &listing.files {
            builder.take(file.as_found());
        }
        Self::finish(builder, &listing)
    }

    /// Takes over what was built.
    pub(super) fn finish(builder: PageBuilder<'_>, listing: &Listing) -> Self {
        let bytes = builder.finish(listing);
        Self::from_bytes(bytes.into()).expect("a page that was just written can be read")
    }

    /// Wraps bytes that [`Page::as_bytes`] gave.
    pub fn from_bytes(bytes: Bytes) -> Result<Self, Damaged> {
        let layout = Layout::read(&bytes).ok_or(Damaged)?;
        Ok(Self { bytes, layout })
    }

    /// Returns how many of the bytes have to be whole for [`Page::from_bytes`]; of the others,
    /// [`Page::is_whole`] tells version by version.
    pub fn checked_len(&self) -> usize {
        self.layout.hot_len()
    }

    /// Whether what is written down of a version's files is undamaged.
    pub fn is_whole(&self, version: usize) -> bool {
        let rows = self.layout.rows_of(&self.bytes, self.files(version));
        let sum = u32_at(&self.bytes, self.layout.sums + version * 4);
        version < self.len() && crc32fast::hash(rows) == sum
    }

    /// Returns the page as bytes that are shared with it.
    pub fn to_bytes(&self) -> Bytes {
        self.bytes.clone()
    }

    /// Returns the page as bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the number of versions.
    pub fn len(&self) -> usize {
        self.layout.versions
    }

    /// Whether there is no version.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the number of files of all versions.
    pub fn file_count(&self) -> usize {
        self.layout.files
    }

    /// Returns a version's key.
    #[inline]
    pub fn key(&self, version: usize) -> &[u8] {
        self.layout.keys.get(&self.bytes, version)
    }

    /// Returns the place of the version with a key.
    pub fn find(&self, key: &[u8]) -> Option<usize> {
        let at = self.first_from(key);
        (at < self.len() && self.key(at) == key).then_some(at)
    }

    /// Returns the place of the first version whose key is at least this one.
    pub fn first_from(&self, key: &[u8]) -> usize {
        let (mut from, mut to) = (0, self.len());
        while from < to {
            let middle = from + (to - from) / 2;
            match self.key(middle) < key {
                true => from = middle + 1,
                false => to = middle,
            }
        }
        from
    }

    /// Parses a version.
    pub fn version(&self, version: usize) -> Version {
        let parsed = self.version_text(version).parse();
        parsed.unwrap_or_else(|_| Version::new([0]))
    }

    /// Returns a version's normal text.
    pub fn version_text(&self, version: usize) -> &str {
        self.layout.texts.text(&self.bytes, version)
    }

    /// Whether a version is a pre-release or a development release.
    #[inline]
    pub fn is_prerelease(&self, version: usize) -> bool {
        self.byte_at(self.layout.version_flags, version, self.len()) & VERSION_PRERELEASE != 0
    }

    /// Returns the files of a version, ordered by name.
    #[inline]
    pub fn files(&self, version: usize) -> Range<usize> {
        match version < self.len() {
            true => range_at(&self.bytes, self.layout.file_ends, version),
            false => 0..0,
        }
    }

    /// Looks at a file.
    #[inline]
    pub fn file(&self, file: usize) -> FileView<'_> {
        FileView {
            page: self,
            at: file,
        }
    }

    /// Returns the numbers of all versions and files.
    pub fn columns(&self) -> Columns<'_> {
        Columns::of(&self.bytes, &self.layout)
    }

    /// Returns the version that a file belongs to.
    pub fn version_of(&self, file: usize) -> usize {
        let (mut from, mut to) = (0, self.len());
        while from < to {
            let middle = from + (to - from) / 2;
            match self.files(middle).end <= file {
                true => from = middle + 1,
                false => to = middle,
            }
        }
        from
    }

    /// Returns the distinct tag sets of the wheels, such as `py3-none-any`.
    pub fn tag_strings(&self) -> impl ExactSizeIterator<Item = &str> {
        let tags = self.layout.tags;
        (0..tags.count()).map(move |at| tags.text(&self.bytes, at))
    }

    /// Returns the same as the bytes that are stored, which are text unless the page is damaged.
    pub fn tag_bytes(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        let tags = self.layout.tags;
        (0..tags.count()).map(move |at| tags.get(&self.bytes, at))
    }

    /// Returns one of [`Page::tag_strings`].
    pub fn tag_string(&self, at: usize) -> &str {
        self.layout.tags.text(&self.bytes, at)
    }

    /// Returns one of [`Page::python_strings`].
    pub fn python_string(&self, at: usize) -> &str {
        self.layout.pythons.text(&self.bytes, at)
    }

    /// Returns the distinct `Requires-Python` texts of the files.
    pub fn python_strings(&self) -> impl ExactSizeIterator<Item = &str> {
        let pythons = self.layout.pythons;
        (0..pythons.count()).map(move |at| pythons.text(&self.bytes, at))
    }

    /// Returns the scheme and host that the URLs of all files start with, and the port where they
    /// say one; none where they differ, and for files of this machine.
    pub fn origin(&self) -> Option<&str> {
        let prefix = self.url_prefix();
        let origin = origin_of(prefix)?;
        // One that ends with the prefix may go on in the URLs.
        let is_whole = origin.len() < prefix.len();
        (is_whole && !prefix.starts_with("file:")).then_some(origin)
    }

    fn url_prefix(&self) -> &str {
        let (at, size) = self.layout.prefix;
        text(self.bytes.get(at..at + size).unwrap_or_default())
    }

    /// Returns how many files of the index are not here.
    pub fn skipped(&self) -> Skipped {
        let [other_kind, malformed, invalid_version, unreadable] = self.layout.skipped;
        Skipped {
            other_kind,
            malformed,
            invalid_version,
            unreadable,
        }
    }

    /// Returns the project's status (PEP 792), if the index says one.
    pub fn status(&self) -> Option<&str> {
        self.notes(page_build::NOTE_STATUS).next()
    }

    /// Returns the other indexes that hold the same project (PEP 708).
    pub fn alternates(&self) -> impl Iterator<Item = &str> {
        self.notes(page_build::NOTE_ALTERNATE)
    }

    /// Returns the indexes whose project this one follows (PEP 708).
    pub fn tracks(&self) -> impl Iterator<Item = &str> {
        self.notes(page_build::NOTE_TRACKS)
    }

    fn notes(&self, kind: char) -> impl Iterator<Item = &str> {
        let notes = self.layout.notes;
        (0..notes.count()).filter_map(move |at| notes.text(&self.bytes, at).strip_prefix(kind))
    }

    #[inline]
    fn byte_at(&self, column: usize, at: usize, count: usize) -> u8 {
        let byte = self.bytes.get(column + at).filter(|_| at < count);
        byte.copied().unwrap_or_default()
    }
}

/// Writes how much is on it.
impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Page({} versions, {} files)",
            self.len(),
            self.file_count()
        )
    }
}

impl PartialEq for Page {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for Page {}

impl<'a> FileView<'a> {
    /// Returns the file's name.
    pub fn filename(&self) -> &'a str {
        text(self.row().name)
    }

    /// Puts the file's URL together: absolute, without a fragment.
    pub fn url(&self) -> String {
        self.url_of(&self.row())
    }

    fn url_of(&self, row: &Row<'_>) -> String {
        let prefix = self.page.url_prefix();
        let name = match self.has(FILE_URL_ENDS_WITH_NAME) {
            true => text(row.name),
            false => "",
        };
        [prefix, text(row.url), name].concat()
    }

    /// Returns what only the chosen are asked for, all at once.
    pub fn details(&self) -> Details<'a> {
        let row = self.row();
        Details {
            filename: text(row.name),
            url: self.url_of(&row),
            size: self.has(FILE_HAS_SIZE).then_some(row.size),
            digests: Digests(row.digests),
        }
    }

    /// Returns the digests the index gives.
    pub fn digests(&self) -> Digests<'a> {
        Digests(self.row().digests)
    }

    /// Returns the place of its tag set in [`Page::tag_strings`]; `None` for a source archive.
    #[inline]
    pub fn tags(&self) -> Option<usize> {
        self.interned(self.page.layout.file_tags)
    }

    /// Whether it is a wheel.
    #[inline]
    pub fn is_wheel(&self) -> bool {
        self.tags().is_some()
    }

    /// Returns a wheel's build tag, its number and its rest: the greater is the better wheel.
    pub fn build_tag(&self) -> Option<(u64, &'a str)> {
        let stem = self.filename().strip_suffix(".whl")?;
        let mut parts = stem.split('-');
        let build = parts.nth(2)?;
        if parts.count() != 3 {
            return None;
        }
        let digits = build.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = build.split_at_checked(digits)?;
        Some((number.parse().ok()?, rest))
    }

    /// Returns the place of its `Requires-Python` in [`Page::python_strings`].
    #[inline]
    pub fn requires_python(&self) -> Option<usize> {
        self.interned(self.page.layout.file_pythons)
    }

    /// Returns its size in bytes.
    pub fn size(&self) -> Option<u64> {
        self.has(FILE_HAS_SIZE).then(|| self.row().size)
    }

    /// Returns when it was uploaded.
    #[inline]
    pub fn upload_time(&self) -> Option<Timestamp> {
        let seconds = self.page.columns().upload_seconds(self.at)?;
        Some(Timestamp::from_seconds(seconds))
    }

    /// Whether it was yanked.
    #[inline]
    pub fn is_yanked(&self) -> bool {
        self.has(FILE_YANKED)
    }

    /// Returns why it was yanked, possibly for no reason given; `None` if it was not.
    pub fn yanked(&self) -> Option<&'a str> {
        self.is_yanked().then(|| text(self.row().reason))
    }

    /// Returns what the index says of its metadata.
    pub fn metadata(&self) -> MetadataFile {
        if self.has(FILE_METADATA_PRESENT) {
            return MetadataFile::Present(Digests(self.row().metadata).next());
        }
        match self.has(FILE_METADATA_ABSENT) {
            true => MetadataFile::Absent,
            false => MetadataFile::NotSaid,
        }
    }

    fn row(&self) -> Row<'a> {
        let row = self.page.layout.rows.get(&self.page.bytes, self.at);
        Row::read(row).unwrap_or_default()
    }

    #[inline]
    fn has(&self, flag: u8) -> bool {
        let layout = &self.page.layout;
        self.page.byte_at(layout.file_flags, self.at, layout.files) & flag != 0
    }

    #[inline]
    fn interned(&self, column: usize) -> Option<usize> {
        if self.at >= self.page.layout.files {
            return None;
        }
        match u16_at(&self.page.bytes, column + self.at * 2) {
            NO_STRING => None,
            at => Some(usize::from(at)),
        }
    }
}

/// Reads text; nothing where it is none, which happens on damaged pages only.
fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

impl fmt::Debug for FileView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.filename())
    }
}
