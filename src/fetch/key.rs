//! Keys of the cache: digests, because URLs can be long and hold tokens.

use sha2::{Digest as _, Sha256};

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A project's page in its compact form.
    Page = 1,
    /// A file's metadata in its compact form.
    Record = 2,
    /// How long an answer counts.
    Freshness = 3,
    /// A flat page as the server sent it.
    Flat = 4,
    /// How long a flat page counts.
    FlatFreshness = 5,
    /// How long the metadata of a file without a digest counts.
    RecordFreshness = 6,
    /// The metadata that a build told, in its compact form.
    Built = 7,
    /// The metadata of a commit, in its compact form.
    Commit = 8,
    /// Which records an API of advisories has for a version.
    Verdict = 9,
    /// A record of an advisory as the server sent it.
    Advisory = 10,
    /// The names of the pages that a run looked at.
    Consulted = 12,
    /// Which lock answered a question.
    Receipt = 13,
    /// What the files of an installed package say.
    Files = 14,
    /// What the files in a wheel say.
    Wheel = 15,
    /// The digest of a file that none was given for, and how long it counts.
    Digest = 16,
    /// The commit that a branch or a tag stood for.
    Seen = 17,
}

/// A value's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key([u8; 33]);

impl Key {
    /// Makes the key for an answer to a question.
    pub(super) fn of(kind: Kind, question: &[&str]) -> Self {
        let mut hasher = Sha256::new();
        for part in question {
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        let mut key = [kind as u8; 33];
        key[1..].copy_from_slice(&hasher.finalize());
        Self(key)
    }

    /// Makes the key for what a digest stands for.
    pub(super) fn of_digest(kind: Kind, digest: &[u8; 32]) -> Self {
        let mut key = [kind as u8; 33];
        key[1..].copy_from_slice(digest);
        Self(key)
    }

    /// Returns what LMDB calls it by.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns the key of something else about the same question.
    pub(super) fn with_kind(mut self, kind: Kind) -> Self {
        self.0[0] = kind as u8;
        self
    }
}
