//! What other rooms keep in the cache beside answers of servers: facts that are dear to find out and
//! never go stale, each under a digest of all that it depends on.

use std::path::Path;
use std::sync::Arc;

use super::cache::Cache;
use super::key::{Key, Kind};

/// A place in the cache for what is found out on this machine.
#[derive(Clone, Debug)]
pub struct Kept(Arc<Cache>);

impl Kept {
    /// Opens the cache in a folder; nothing where it cannot be used.
    pub fn open(folder: &Path) -> Option<Self> {
        Cache::open(folder).ok().map(Self)
    }

    /// Returns what was kept under a digest.
    pub fn get(&self, digest: &[u8; 32]) -> Option<Vec<u8>> {
        self.0.get(key(digest)).map(|value| value.to_vec())
    }

    /// Keeps something.
    pub fn put(&self, digest: &[u8; 32], value: &[u8]) {
        if self.0.put(key(digest), value) {
            self.0.flush();
        }
    }
}

fn key(digest: &[u8; 32]) -> Key {
    Key::of_digest(Kind::Files, digest)
}
