//! What is known of all versions and files of a page, as columns of numbers: who goes through thousands
//! of them reads these and nothing else.

use std::ops::Range;

use super::page_layout::{
    FILE_HAS_TIME, FILE_YANKED, Layout, NO_STRING, TIME, VERSION_PRERELEASE, unpack_time,
};

/// The numbers of all versions and files of a [`Page`](super::Page), for who goes through all of them.
#[derive(Clone, Copy, Debug)]
pub struct Columns<'a> {
    file_ends: &'a [[u8; 4]],
    version_flags: &'a [u8],
    times: &'a [[u8; TIME]],
    tags: &'a [[u8; 2]],
    pythons: &'a [[u8; 2]],
    flags: &'a [u8],
}

impl<'a> Columns<'a> {
    /// Finds them on a page.
    pub(super) fn of(bytes: &'a [u8], layout: &Layout) -> Self {
        let column = |at: usize, size: usize| bytes.get(at..at + size).unwrap_or_default();
        let of_files = |at: usize, width: usize| column(at, layout.files * width);
        Self {
            file_ends: column(layout.file_ends, layout.versions * 4).as_chunks().0,
            version_flags: column(layout.version_flags, layout.versions),
            times: of_files(layout.times, TIME).as_chunks().0,
            tags: of_files(layout.file_tags, 2).as_chunks().0,
            pythons: of_files(layout.file_pythons, 2).as_chunks().0,
            flags: of_files(layout.file_flags, 1),
        }
    }

    /// Returns for each version, oldest first, its files and whether it is a pre-release.
    #[inline]
    pub fn versions(&self) -> impl Iterator<Item = (Range<usize>, bool)> {
        let mut start = 0;
        let versions = self.file_ends.iter().zip(self.version_flags);
        versions.map(move |(end, flags)| {
            let end = u32::from_le_bytes(*end) as usize;
            let files = start..end;
            start = end;
            (files, flags & VERSION_PRERELEASE != 0)
        })
    }

    /// The same as [`super::FileView::upload_time`], in seconds.
    #[inline]
    pub fn upload_seconds(&self, file: usize) -> Option<i64> {
        let time = self.times.get(file)?;
        (self.flags.get(file)? & FILE_HAS_TIME != 0).then(|| unpack_time(*time))
    }

    /// The same as [`super::FileView::tags`].
    #[inline]
    pub fn tags(&self, file: usize) -> Option<usize> {
        interned(self.tags, file)
    }

    /// The same of several files.
    #[inline]
    pub fn tags_of(&self, files: Range<usize>) -> impl Iterator<Item = Option<usize>> {
        let places = self.tags.get(files).unwrap_or_default();
        places.iter().map(|place| string_at(*place))
    }

    /// The same as [`super::FileView::requires_python`].
    #[inline]
    pub fn requires_python(&self, file: usize) -> Option<usize> {
        interned(self.pythons, file)
    }

    /// The same as [`super::FileView::is_yanked`].
    #[inline]
    pub fn is_yanked(&self, file: usize) -> bool {
        let flags = self.flags.get(file).copied();
        flags.unwrap_or_default() & FILE_YANKED != 0
    }
}

#[inline]
fn interned(column: &[[u8; 2]], file: usize) -> Option<usize> {
    string_at(*column.get(file)?)
}

#[inline]
fn string_at(place: [u8; 2]) -> Option<usize> {
    let place = u16::from_le_bytes(place);
    (place != NO_STRING).then_some(usize::from(place))
}
