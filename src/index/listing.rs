//! A project's page as an index sent it, whatever the protocol. Decoders hand over its files one by
//! one, and return a [`Listing`] of what it says besides; the files are on that where somebody wants
//! all of them, and go straight to a [`Page`](super::Page) otherwise.

use std::borrow::Cow;

use smallvec::SmallVec;

use crate::package::{Digest, Timestamp};

/// One file of a project's page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileEntry {
    /// The file's name, percent-decoded.
    pub filename: String,
    /// Where to get it: absolute, without the fragment.
    pub url: String,
    /// The digests the index gives.
    pub digests: Vec<Digest>,
    /// The `Requires-Python` of the distribution, as written.
    pub requires_python: Option<String>,
    /// The size in bytes (PEP 700).
    pub size: Option<u64>,
    /// When it was uploaded (PEP 700).
    pub upload_time: Option<Timestamp>,
    /// Why it was yanked (PEP 592), possibly for no reason given; `None` if it was not.
    pub yanked: Option<String>,
    /// Whether its metadata can be had on its own (PEP 658, 714).
    pub metadata: MetadataFile,
}

/// What an index says of the `.metadata` beside a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum MetadataFile {
    /// Nothing: it may or may not be there.
    #[default]
    NotSaid,
    /// It is not there.
    Absent,
    /// It is there, with the strongest digest the index gives for it.
    Present(Option<Digest>),
}

/// One file as a decoder meets it: its texts are those of the page, wherever they stand there as they
/// are meant. What the parts are is told at [`FileEntry`].
#[derive(Clone, Debug, Default)]
pub(super) struct FileFound<'a> {
    pub(super) filename: Cow<'a, str>,
    pub(super) url: Cow<'a, str>,
    pub(super) digests: SmallVec<[Digest; 1]>,
    pub(super) requires_python: Option<Cow<'a, str>>,
    pub(super) size: Option<u64>,
    pub(super) upload_time: Option<Timestamp>,
    pub(super) yanked: Option<Cow<'a, str>>,
    pub(super) metadata: MetadataFile,
}

impl FileFound<'_> {
    /// Returns it with texts of its own.
    pub(super) fn into_entry(self) -> FileEntry {
        FileEntry {
            filename: self.filename.into_owned(),
            url: self.url.into_owned(),
            digests: self.digests.into_vec(),
            requires_python: self.requires_python.map(Cow::into_owned),
            size: self.size,
            upload_time: self.upload_time,
            yanked: self.yanked.map(Cow::into_owned),
            metadata: self.metadata,
        }
    }
}

impl FileEntry {
    /// Returns it as if a decoder had just met it.
    pub(super) fn as_found(&self) -> FileFound<'_> {
        FileFound {
            filename: Cow::Borrowed(&self.filename),
            url: Cow::Borrowed(&self.url),
            digests: self.digests.iter().cloned().collect(),
            requires_python: self.requires_python.as_deref().map(Cow::Borrowed),
            size: self.size,
            upload_time: self.upload_time,
            yanked: self.yanked.as_deref().map(Cow::Borrowed),
            metadata: self.metadata.clone(),
        }
    }
}

/// The files of one project on one index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The files, in the index's order; none where they were handed over as they came.
    pub files: Vec<FileEntry>,
    /// The project's status where it is said (PEP 792): `archived`, `quarantined`, `deprecated`.
    pub status: Option<String>,
    /// Other indexes that hold the same project (PEP 708).
    pub alternates: Vec<String>,
    /// The indexes whose project this one follows (PEP 708).
    pub tracks: Vec<String>,
    /// How many entries could not be read and were passed over.
    pub unreadable: usize,
}
