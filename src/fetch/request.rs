//! What is asked of a server, and what came back.

use std::sync::Arc;

use reqwest::header::{self, HeaderMap, HeaderValue};
use url::Url;

use super::body::Body;
use super::error::{Asking, FetchError, FetchErrorKind};
use super::turns::Turn;

/// What to ask for.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// Where; a login in it is ignored.
    pub(super) url: Url,
    /// For errors.
    pub(super) asking: Arc<Asking>,
    /// The `Accept` header.
    pub(super) accept: &'static str,
    /// Whether the server may compress the body for the way.
    pub(super) compressed: bool,
    /// The `Range` header.
    pub(super) range: Option<String>,
    /// What is known already, for a conditional request.
    pub(super) etag: Option<String>,
    /// Likewise.
    pub(super) last_modified: Option<String>,
    /// Whether caches on the way are to be passed by.
    pub(super) reload: bool,
    /// The largest body to take.
    pub(super) limit: u64,
    /// Statuses that mean "I do not have it" here, besides 404 and 410.
    pub(super) missing: Vec<u16>,
    /// Whether a large answer has to wait for a turn at unpacking and decoding it.
    pub(super) takes_turns: bool,
    /// A question in JSON: it is sent with POST, and changes nothing on the server.
    pub(super) question: Option<Arc<[u8]>>,
}

/// A response that a caller can use: 2xx, 304, 404, 410, what else means that there is no such
/// thing, and 416 where a range was asked for.
#[derive(Debug)]
pub(super) struct Response {
    /// The status.
    pub(super) status: u16,
    /// The headers.
    pub(super) headers: HeaderMap,
    /// Where it came from in the end, after redirects.
    pub(super) url: Url,
    /// The body.
    pub(super) body: Body,
    /// Whether the server has no such thing.
    pub(super) is_missing: bool,
    /// The turn at what is to be done with it, where that is much.
    pub(super) turn: Option<Turn>,
}

impl Request {
    /// Asks for a whole thing.
    pub(super) fn get(url: Url, asking: Arc<Asking>, limit: u64) -> Self {
        Self {
            url,
            asking,
            accept: "*/*",
            compressed: false,
            range: None,
            etag: None,
            last_modified: None,
            reload: false,
            limit,
            missing: Vec::new(),
            takes_turns: false,
            question: None,
        }
    }

    /// Whether a status means that there is no such thing.
    pub(super) fn is_missing(&self, status: u16) -> bool {
        matches!(status, 404 | 410) || self.missing.contains(&status)
    }

    /// Builds this request's error.
    pub(super) fn failed(&self, kind: FetchErrorKind, met: impl AsRef<str>) -> FetchError {
        self.asking.failed(kind, &self.url, met)
    }

    /// Returns the headers to send, the login aside.
    pub(super) fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static(self.accept));
        let encoding = if self.compressed { "gzip" } else { "identity" };
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(encoding));
        let mut set = |name, value: &Option<String>| {
            let value = value.as_deref().map(HeaderValue::from_str);
            if let Some(Ok(value)) = value {
                headers.insert(name, value);
            }
        };
        set(header::RANGE, &self.range);
        set(header::IF_NONE_MATCH, &self.etag);
        set(header::IF_MODIFIED_SINCE, &self.last_modified);
        if self.question.is_some() {
            let json = HeaderValue::from_static("application/json");
            headers.insert(header::CONTENT_TYPE, json);
        }
        if self.reload {
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        }
        headers
    }
}

impl Response {
    /// Returns the value of a header, if it is text.
    pub(super) fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}
