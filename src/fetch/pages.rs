//! One project's page on one index: from the cache, by a conditional request, or whole; decoded,
//! and asked for once more where it makes no sense.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header;

use super::cache::Cache;
use super::error::{Asking, FetchError, FetchErrorKind};
use super::freshness::Freshness;
use super::http::Http;
use super::indexes::Index;
use super::key::{Key, Kind};
use super::local;
use super::request::{Request, Response};
use super::shared::{Reach, Shared};
use crate::index::{DecodeError, Page, decode_page};
use crate::package::PackageName;

/// No page of a project is larger.
pub(super) const MOST_BYTES: u64 = 64 << 20;

/// What an index can answer with: PEP 691's types first, and HTML under its plain name last.
pub(super) const ACCEPT: &str = "application/vnd.pypi.simple.v1+json, \
     application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1";

/// A question for one page.
#[derive(Clone, Copy, Debug)]
pub(super) struct PageQuestion<'a> {
    index: &'a Index,
    name: &'a PackageName,
    key: Key,
}

/// Why an answer makes no sense: its kind for errors, and in words.
type Nonsense = (FetchErrorKind, String);

/// What the cache says.
#[derive(Debug)]
enum Stored {
    /// It counts: a page, or that there is none.
    Fresh(Option<Page>),
    /// It has to be confirmed.
    Stale(Option<Page>, Freshness),
    /// Nothing.
    Nothing,
}

impl<'a> PageQuestion<'a> {
    /// Asks for a name's page on an index.
    pub(super) fn new(index: &'a Index, name: &'a PackageName) -> Self {
        Self {
            index,
            name,
            key: Key::of(Kind::Page, &[&index.page_address(name)]),
        }
    }

    /// Builds the request; `None` if the index's address can have no pages.
    fn request(&self) -> Option<Request> {
        let (index, name) = (self.index, self.name);
        let asking = Asking::of(format!("the page of `{name}`"), name, &index.label());
        let mut request = Request::get(index.page_url(name)?, asking, MOST_BYTES);
        request.accept = ACCEPT;
        request.compressed = true;
        request.takes_turns = true;
        request.missing.clone_from(&index.statuses_for_missing);
        Some(request)
    }

    /// Finds the page: on the disk, in the cache, or on the index; `None` if the index does not
    /// have the name.
    pub(super) async fn answer(
        &self,
        shared: &Shared,
        reach: &Reach,
    ) -> Result<Option<Page>, FetchError> {
        let is_local = self.index.public().scheme() == "file";
        let stored = match is_local {
            true => Stored::Nothing,
            false => self.stored(shared),
        };
        if let Stored::Fresh(page) = stored {
            shared.statistics.hit();
            return Ok(page);
        }
        let Some(request) = self.request() else {
            return Ok(None);
        };
        if is_local {
            return self.local(&request);
        }
        let http = reach.http(&request)?;
        self.ask(shared, http, request, stored).await
    }

    fn local(&self, request: &Request) -> Result<Option<Page>, FetchError> {
        match local::list(request) {
            Ok(listing) => Ok(Some(Page::build(self.name, listing))),
            Err(error) if error.kind == FetchErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn stored(&self, shared: &Shared) -> Stored {
        let Some(cache) = &shared.cache else {
            return Stored::Nothing;
        };
        self.look(cache, shared).unwrap_or(Stored::Nothing)
    }

    fn look(&self, cache: &Arc<Cache>, shared: &Shared) -> Option<Stored> {
        let freshness = cache.get(self.key.with_kind(Kind::Freshness))?;
        let freshness = Freshness::decode(&freshness)?;
        let page = match freshness.is_missing {
            true => None,
            false => Some(Page::from_bytes(cache.get(self.key)?).ok()?),
        };
        let policy = &shared.policy;
        let counts = freshness.is_fresh(policy.now) && !policy.refreshes(self.name);
        Some(match counts || policy.offline {
            true => Stored::Fresh(page),
            false => Stored::Stale(page, freshness),
        })
    }

    async fn ask(
        &self,
        shared: &Shared,
        http: &Http,
        mut request: Request,
        stored: Stored,
    ) -> Result<Option<Page>, FetchError> {
        let old = match stored {
            Stored::Stale(page, freshness) => {
                request.etag.clone_from(&freshness.etag);
                request.last_modified.clone_from(&freshness.last_modified);
                Some((page, freshness))
            }
            Stored::Fresh(_) | Stored::Nothing => None,
        };
        request.reload = shared.policy.refreshes(self.name);
        let response = http.send(&request).await?;
        if let (304, Some((page, freshness))) = (response.status, old) {
            http.statistics().unchanged();
            let confirmed = freshness.confirmed(&response, shared.policy.now);
            if confirmed.says_more_than(&freshness) {
                let key = self.key.with_kind(Kind::Freshness);
                shared.keep(key, &confirmed.encode());
            }
            return Ok(page);
        }
        self.accept(shared, http, request, response).await
    }

    /// Takes a response; one that makes no sense is asked for once more, past all caches.
    async fn accept(
        &self,
        shared: &Shared,
        http: &Http,
        request: Request,
        response: Response,
    ) -> Result<Option<Page>, FetchError> {
        let freshness = self.freshness(shared, &response);
        let (kind, met) = match self.decode(response).await {
            Ok(page) => return Ok(self.kept(shared, page, freshness)),
            Err(nonsense) => nonsense,
        };
        let request = Request {
            etag: None,
            last_modified: None,
            reload: true,
            ..request
        };
        let response = http.send(&request).await?;
        let freshness = self.freshness(shared, &response);
        match self.decode(response).await {
            Ok(page) => Ok(self.kept(shared, page, freshness)),
            Err(_) => {
                let met = format!("the answer is not a project's page: {met}");
                Err(request.failed(kind, met))
            }
        }
    }

    /// Decodes a large page where it holds up nobody.
    async fn decode(&self, mut response: Response) -> Result<Option<Page>, Nonsense> {
        if response.is_missing {
            return Ok(None);
        }
        let Some(mut turn) = response.turn.take() else {
            return decode(self.name, response, &mut Vec::new()).map(Some);
        };
        let name = self.name.clone();
        let decoding = tokio::task::spawn_blocking(move || {
            let page = decode(&name, response, &mut turn.space);
            drop(turn);
            page
        });
        let page = decoding.await;
        page.unwrap_or_else(|_| {
            let met = "the work on it was given up".to_owned();
            Err((FetchErrorKind::BadBody, met))
        })
        .map(Some)
    }

    fn freshness(&self, shared: &Shared, response: &Response) -> Option<Freshness> {
        let lifetime: Duration = shared.policy.page_lifetime;
        let now = shared.policy.now;
        let freshness = Freshness::of(response, now, lifetime);
        let is_kept_anyway = self.index.is_kept_anyway();
        freshness.or_else(|| is_kept_anyway.then(|| Freshness::stale(response, now)))
    }

    fn kept(
        &self,
        shared: &Shared,
        page: Option<Page>,
        freshness: Option<Freshness>,
    ) -> Option<Page> {
        if let Some(freshness) = freshness {
            if let Some(page) = &page {
                shared.keep_checked(self.key, page.to_bytes(), page.checked_len());
            }
            shared.keep(self.key.with_kind(Kind::Freshness), &freshness.encode());
        }
        page
    }
}

/// Decodes a response's body by its content type, and leaves the room that it took.
fn decode(name: &PackageName, response: Response, room: &mut Vec<u8>) -> Result<Page, Nonsense> {
    let header = response.header(header::CONTENT_TYPE);
    let content_type = header.unwrap_or_default().to_owned();
    let url = response.url.clone();
    let was_packed = response.header(header::CONTENT_ENCODING).is_some();
    let body = response
        .body
        .into_bytes()
        .map_err(|error| (FetchErrorKind::BadBody, error.to_string()))?;
    let page = decode_page(name, &content_type, &body, &url);
    if was_packed {
        *room = body;
    }
    page.map_err(|error| {
        let kind = match error {
            DecodeError::SignIn | DecodeError::Form => FetchErrorKind::WebPage,
            DecodeError::ContentType(_)
            | DecodeError::TooLarge
            | DecodeError::Malformed(_)
            | DecodeError::Truncated
            | DecodeError::ApiVersion(_) => FetchErrorKind::BadBody,
        };
        (kind, error.to_string())
    })
}
