//! Which troubles may pass, and how long to wait for it.

use std::time::{Duration, SystemTime};

use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::header::{self, HeaderMap};

use super::body::BodyError;
use super::client::root_cause;
use super::error::{FetchError, FetchErrorKind};
use super::request::Request;

/// What one attempt met.
#[derive(Debug)]
pub(super) struct Trouble {
    kind: FetchErrorKind,
    met: String,
    /// Whether to try again.
    pub(super) may_pass: bool,
    /// When, if the server says so.
    pub(super) wait: Option<Duration>,
}

impl Trouble {
    /// Describes what another attempt would meet again.
    pub(super) fn lasting(kind: FetchErrorKind, met: String) -> Self {
        Self {
            kind,
            met,
            may_pass: false,
            wait: None,
        }
    }

    /// Describes trouble on the way, which may have passed in a moment.
    pub(super) fn passing(met: String) -> Self {
        Self {
            may_pass: true,
            ..Self::lasting(FetchErrorKind::Transport, met)
        }
    }

    /// Describes a body that was not taken.
    pub(super) fn of_body(error: BodyError) -> Self {
        let kind = match &error {
            BodyError::TooLarge(_) => FetchErrorKind::TooLarge,
            BodyError::Broken(_) => FetchErrorKind::Disk,
        };
        Self::lasting(kind, error.to_string())
    }

    /// Turns into the error of a request that was tried `attempts` times.
    pub(super) fn into_error(self, request: &Request, attempts: u32) -> FetchError {
        let met = match (self.may_pass, attempts) {
            (true, 2..) => format!("{}, {attempts} times", self.met),
            _ => self.met,
        };
        request.failed(self.kind, met)
    }
}

/// Judges a failure of the HTTP library.
pub(super) fn transport(error: &reqwest::Error) -> Trouble {
    if error.is_builder() {
        return Trouble::lasting(FetchErrorKind::Setup, root_cause(error));
    }
    let met = match (error.is_timeout(), error.is_connect()) {
        (true, true) => "no connection in time".to_owned(),
        (true, false) => "no answer in time".to_owned(),
        (false, true) => format!("no connection: {}", root_cause(error)),
        (false, false) if error.is_body() || error.is_decode() => {
            format!("the answer broke off: {}", root_cause(error))
        }
        (false, false) => format!("no answer: {}", root_cause(error)),
    };
    Trouble::passing(met)
}

/// Judges a status that is no answer.
pub(super) fn bad_status(status: u16, headers: &HeaderMap) -> Trouble {
    let met = format!("HTTP status {status}");
    match status {
        401 | 403 => Trouble::lasting(FetchErrorKind::Unauthorized, met),
        408 | 429 | 500 | 502..=504 | 507 | 520..=530 => Trouble {
            kind: FetchErrorKind::Status(status),
            met,
            may_pass: true,
            wait: retry_after(headers, SystemTime::now()),
        },
        _ => Trouble::lasting(FetchErrorKind::Status(status), met),
    }
}

/// Reads `Retry-After`: seconds, or a date.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(
        SystemTime::from(date)
            .duration_since(now)
            .unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(text: &str) -> Option<u64> {
        let mut headers = HeaderMap::new();
        headers.insert(header::RETRY_AFTER, text.parse().unwrap());
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_770);
        retry_after(&headers, now).map(|wait| wait.as_secs())
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(wait("120"), Some(120));
        assert_eq!(wait("Sun, 06 Nov 1994 08:49:37 GMT"), Some(7));
        assert_eq!(wait("Sun, 06 Nov 1994 08:00:00 GMT"), Some(0));
        assert_eq!(wait("soon"), None);
    }

    #[test]
    fn only_troubles_that_may_pass_are_retried() {
        let headers = HeaderMap::new();
        for status in [408, 429, 500, 502, 503, 504] {
            assert!(bad_status(status, &headers).may_pass, "{status}");
        }
        for status in [400, 401, 403, 451, 501, 505] {
            assert!(!bad_status(status, &headers).may_pass, "{status}");
        }
    }
}
