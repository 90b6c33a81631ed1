//! How long an answer counts: HTTP's caching rules by the `http-cache-semantics` crate, and a
//! lifetime of our own for pages that say nothing. Kept apart from the answers, in few bytes, so
//! that "unchanged" rewrites only these.

use std::time::{Duration, SystemTime};

use http_cache_semantics::{CacheOptions, CachePolicy as HttpPolicy};
use reqwest::header::{self, HeaderMap};

use super::request::Response;
use crate::package::Timestamp;

/// What is known of a stored answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Freshness {
    /// Whether the answer was that there is no such thing.
    pub(super) is_missing: bool,
    /// When the server last said so.
    pub(super) checked: Timestamp,
    /// How many seconds it counts from then.
    pub(super) lifetime: u32,
    /// The validators for asking again.
    pub(super) etag: Option<String>,
    /// Likewise.
    pub(super) last_modified: Option<String>,
}

impl Freshness {
    /// Judges a response; `None` if it must not be stored. `fallback` is the lifetime where the
    /// server says nothing.
    pub(super) fn of(response: &Response, now: Timestamp, fallback: Duration) -> Option<Self> {
        Some(Self {
            lifetime: lifetime(response, now, fallback)?,
            ..Self::stale(response, now)
        })
    }

    /// Describes a response that has to be confirmed each time.
    pub(super) fn stale(response: &Response, now: Timestamp) -> Self {
        let validator = |name| response.header(name).map(str::to_owned);
        Self {
            is_missing: response.is_missing,
            checked: now,
            lifetime: 0,
            etag: validator(header::ETAG),
            last_modified: validator(header::LAST_MODIFIED),
        }
    }

    /// Renews what a server confirmed: the new headers count where there are any.
    pub(super) fn confirmed(&self, response: &Response, now: Timestamp) -> Self {
        let old = Duration::from_secs(self.lifetime.into());
        let new = Self::of(response, now, old);
        Self {
            is_missing: self.is_missing,
            checked: now,
            lifetime: new.as_ref().map_or(0, |new| new.lifetime),
            etag: new
                .as_ref()
                .and_then(|new| new.etag.clone())
                .or_else(|| self.etag.clone()),
            last_modified: new
                .and_then(|new| new.last_modified)
                .or_else(|| self.last_modified.clone()),
        }
    }

    /// Whether it is worth keeping in another's place: of an answer that has to be confirmed each
    /// time, nobody asks when that was done last.
    pub(super) fn says_more_than(&self, other: &Self) -> bool {
        let checked = other.checked;
        let again = Self {
            checked,
            ..self.clone()
        };
        self.lifetime > 0 || again != *other
    }

    /// Whether it counts without asking; a clock that went backwards makes it stale.
    pub(super) fn is_fresh(&self, now: Timestamp) -> bool {
        let age = now.seconds().saturating_sub(self.checked.seconds());
        (0..i64::from(self.lifetime)).contains(&age)
    }

    /// Writes the stored form.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![u8::from(self.is_missing)];
        bytes.extend(self.checked.seconds().to_le_bytes());
        bytes.extend(self.lifetime.to_le_bytes());
        for text in [&self.etag, &self.last_modified] {
            let text = text.as_deref().unwrap_or_default();
            let len = u16::try_from(text.len()).unwrap_or(0);
            bytes.extend(len.to_le_bytes());
            bytes.extend(&text.as_bytes()[..len.into()]);
        }
        bytes
    }

    /// Reads the stored form.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (flags, rest) = bytes.split_first()?;
        let (checked, rest) = rest.split_first_chunk()?;
        let (lifetime, rest) = rest.split_first_chunk()?;
        let (etag, rest) = text(rest)?;
        let (last_modified, _) = text(rest)?;
        Some(Self {
            is_missing: *flags == 1,
            checked: Timestamp::from_seconds(i64::from_le_bytes(*checked)),
            lifetime: u32::from_le_bytes(*lifetime),
            etag,
            last_modified,
        })
    }
}

fn text(bytes: &[u8]) -> Option<(Option<String>, &[u8])> {
    let (len, rest) = bytes.split_first_chunk()?;
    let (text, rest) = rest.split_at_checked(u16::from_le_bytes(*len).into())?;
    let text = std::str::from_utf8(text).ok()?;
    Some(((!text.is_empty()).then(|| text.to_owned()), rest))
}

/// Returns the seconds that a response counts; `None` for `no-store`.
fn lifetime(response: &Response, now: Timestamp, fallback: Duration) -> Option<u32> {
    let says = |name| response.headers.contains_key(name);
    let seconds = |duration: Duration| u32::try_from(duration.as_secs()).unwrap_or(u32::MAX);
    if !says(header::CACHE_CONTROL) && !says(header::EXPIRES) && !says(header::PRAGMA) {
        return Some(seconds(fallback));
    }
    let now = u64::try_from(now.seconds()).unwrap_or_default();
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(now);
    let policy = policy(response, now)?;
    policy
        .is_storable()
        .then(|| seconds(policy.time_to_live(now)))
}

fn policy(response: &Response, now: SystemTime) -> Option<HttpPolicy> {
    let request = http::Request::get(response.url.as_str()).body(()).ok()?;
    let mut answer = http::Response::builder().status(200).body(()).ok()?;
    *answer.headers_mut() = HeaderMap::clone(&response.headers);
    let options = CacheOptions {
        shared: false,
        cache_heuristic: 0.0,
        ..CacheOptions::default()
    };
    Some(HttpPolicy::new_options(&request, &answer, now, options))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::body::Body;

    fn judge(status: u16, headers: &[(&'static str, &str)]) -> Option<Freshness> {
        let headers = headers
            .iter()
            .map(|(name, value)| {
                let name = header::HeaderName::from_static(name);
                (name, value.parse().unwrap())
            })
            .collect();
        let response = Response {
            status,
            headers,
            url: "https://index.example/simple/a/".parse().unwrap(),
            body: Body::new(0, 0),
            is_missing: status == 404,
            turn: None,
        };
        Freshness::of(
            &response,
            Timestamp::from_seconds(1_000),
            Duration::from_secs(600),
        )
    }

    #[test]
    fn the_servers_word_counts_and_silence_means_ten_minutes() {
        let lifetime = |headers: &[(&'static str, &str)]| judge(200, headers).map(|it| it.lifetime);

        assert_eq!(lifetime(&[]), Some(600));
        assert_eq!(lifetime(&[("etag", "\"x\"")]), Some(600));
        assert_eq!(lifetime(&[("cache-control", "max-age=60")]), Some(60));
        assert_eq!(
            lifetime(&[("cache-control", "max-age=60"), ("age", "20")]),
            Some(40)
        );
        assert_eq!(lifetime(&[("cache-control", "no-cache")]), Some(0));
        assert_eq!(
            lifetime(&[("cache-control", "private, max-age=9")]),
            Some(9)
        );
        assert_eq!(lifetime(&[("cache-control", "no-store")]), None);
    }

    #[test]
    fn an_answer_is_fresh_until_its_lifetime_ends_and_not_before_it_was_given() {
        let fresh = judge(200, &[]).unwrap();
        let at = |seconds| fresh.is_fresh(Timestamp::from_seconds(seconds));

        assert!(at(1_000) && at(1_599));
        assert!(!at(1_600) && !at(999));
    }

    #[test]
    fn a_confirmation_is_kept_where_it_says_more_than_when() {
        let says_more = |headers: &[(&'static str, &str)], later: Freshness| {
            let before = judge(200, headers).unwrap();
            let checked = Timestamp::from_seconds(2_000);
            Freshness { checked, ..later }.says_more_than(&before)
        };
        let each_time = [("cache-control", "no-cache"), ("etag", "\"x\"")];
        let other = [("cache-control", "no-cache"), ("etag", "\"y\"")];

        assert!(!says_more(&each_time, judge(304, &each_time).unwrap()));
        assert!(says_more(&each_time, judge(304, &other).unwrap()));
        assert!(says_more(&[], judge(304, &[]).unwrap()));
    }

    #[test]
    fn the_stored_form_reads_back_and_no_cut_of_it_does() {
        let fresh = judge(404, &[("etag", "\"x\""), ("last-modified", "then")]).unwrap();
        let bytes = fresh.encode();

        assert!(fresh.is_missing);
        assert_eq!(Freshness::decode(&bytes), Some(fresh));
        for end in 0..bytes.len() {
            assert_eq!(Freshness::decode(&bytes[..end]), None, "{end}");
        }
    }
}
