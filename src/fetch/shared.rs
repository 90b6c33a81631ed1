//! What all questions of a run share: the policy, the cache, what was learned on the way, and how
//! far a question may reach.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;

use super::build::Builder;
use super::cache::Cache;
use super::error::{FetchError, FetchErrorKind};
use super::habits::Habits;
use super::http::Http;
use super::indexes::Indexes;
use super::key::Key;
use super::options::CachePolicy;
use super::progress::{Event, Listener, Statistics};
use super::request::Request;
use crate::index::Listing;
use crate::package::{DirectUrl, MarkerTexts, PackageName};

/// Shared by the solver's thread and all tasks.
pub(super) struct Shared {
    pub(super) policy: CachePolicy,
    pub(super) indexes: Indexes,
    pub(super) cache: Option<Arc<Cache>>,
    pub(super) statistics: Arc<Statistics>,
    pub(super) markers: Mutex<MarkerTexts>,
    /// Builds what may be built; `None` where nothing may.
    pub(super) builder: Option<Builder>,
    /// What direct references call themselves, also those whose metadata only a build could tell.
    pub(super) called: Mutex<HashMap<DirectUrl, PackageName>>,
    /// The flat places read so far.
    pub(super) flats: Mutex<HashMap<String, Result<Arc<Listing>, FetchError>>>,
    /// Held by whoever reads a flat place, so that each is read once.
    pub(super) flat_turn: tokio::sync::Mutex<()>,
    /// What the wheels were like so far.
    pub(super) habits: Habits,
    listener: Option<Listener>,
}

/// How far a question may reach for its answer.
#[derive(Clone)]
pub(super) enum Reach {
    /// To the cache and the disk; such a question never waits.
    Cache,
    /// To the network as well.
    Network(Arc<Http>),
}

impl Shared {
    /// Gathers what a run shares.
    pub(super) fn new(
        policy: CachePolicy,
        indexes: Indexes,
        cache: Option<Arc<Cache>>,
        listener: Option<Listener>,
    ) -> Self {
        Self {
            policy,
            indexes,
            cache,
            statistics: Arc::default(),
            markers: Mutex::default(),
            builder: None,
            called: Mutex::default(),
            flats: Mutex::default(),
            flat_turn: tokio::sync::Mutex::default(),
            habits: Habits::default(),
            listener,
        }
    }

    /// Whether a package may run its code; one whose name nobody knows only if all may.
    pub(super) fn may_build(&self, name: Option<&PackageName>) -> bool {
        self.builder
            .as_ref()
            .is_some_and(|builder| builder.allows(name))
    }

    /// Whether the network may know what the cache does not.
    pub(super) fn asks_network(&self, error: &FetchError) -> bool {
        error.kind == FetchErrorKind::Offline && !self.policy.offline
    }

    /// Keeps a value in the cache, if there is one.
    pub(super) fn keep(&self, key: Key, value: &[u8]) {
        self.keep_checked(key, Bytes::copy_from_slice(value), value.len());
    }

    /// Keeps a value of which the cache checks the first bytes only.
    pub(super) fn keep_checked(&self, key: Key, value: Bytes, checked: usize) {
        let Some(cache) = &self.cache else {
            return;
        };
        if cache.put_checked(key, value, checked) {
            let cache = Arc::clone(cache);
            match tokio::runtime::Handle::try_current() {
                Ok(handle) => drop(handle.spawn_blocking(move || cache.flush())),
                Err(_) => cache.flush(),
            }
        }
    }

    /// Tells whoever listens.
    pub(super) fn tell(&self, event: Event<'_>) {
        if let Some(listener) = &self.listener {
            listener(event);
        }
    }
}

impl Reach {
    /// Returns the network, or the error of a question that would need it.
    pub(super) fn http(&self, request: &Request) -> Result<&Arc<Http>, FetchError> {
        match self {
            Self::Network(http) => Ok(http),
            Self::Cache => Err(request.failed(
                FetchErrorKind::Offline,
                "it is not in the cache, and the network is off",
            )),
        }
    }
}
