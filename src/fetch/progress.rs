//! What the network did so far: counters for reports and benchmarks, and events for whoever shows
//! progress.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counters of one run.
#[derive(Debug, Default)]
pub struct Statistics {
    requests: AtomicU64,
    retries: AtomicU64,
    bytes: AtomicU64,
    hits: AtomicU64,
    unchanged: AtomicU64,
}

/// The counters at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests sent, retries and redirects included.
    pub requests: u64,
    /// Requests that were repeated.
    pub retries: u64,
    /// Bytes of bodies received.
    pub bytes: u64,
    /// Answers taken from the cache without a request.
    pub hits: u64,
    /// Answers of the cache that the server confirmed (304).
    pub unchanged: u64,
}

/// Something that happened on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// A project's page is being asked for.
    PageAsked(&'a str),
    /// A project's page is there, or known not to be.
    PageArrived(&'a str),
    /// A file's metadata is being asked for.
    MetadataAsked(&'a str),
    /// A file's metadata is there, or failed.
    MetadataArrived(&'a str),
    /// A package is being built.
    BuildStarted(&'a str),
    /// A build came to its end.
    BuildEnded(&'a str),
}

impl<'a> Event<'a> {
    /// Returns what is heard before and after a file's metadata is asked for.
    pub(super) fn of_metadata(file: &'a str) -> [Self; 2] {
        [Self::MetadataAsked(file), Self::MetadataArrived(file)]
    }
}

/// Hears of events, on any thread.
pub type Listener = Arc<dyn Fn(Event<'_>) + Send + Sync>;

impl Statistics {
    /// Returns the counters.
    pub fn counts(&self) -> Counts {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            requests: get(&self.requests),
            retries: get(&self.retries),
            bytes: get(&self.bytes),
            hits: get(&self.hits),
            unchanged: get(&self.unchanged),
        }
    }

    pub(super) fn sent(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn retried(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn received(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(super) fn hit(&self) {
        self.hits.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn unchanged(&self) {
        self.unchanged.fetch_add(1, Ordering::Relaxed);
    }
}
