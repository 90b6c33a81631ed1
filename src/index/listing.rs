//! A project's page as an index sent it, whatever the protocol: the common result of all decoders
//! and the material of [`Page`](super::Page).

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

/// The files of one project on one index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The files, in the index's order.
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
