//! Moments in time: upload times and cut-offs.

use std::fmt;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span as TimeSpan, Timestamp as Moment, ToSpan, Zoned};

/// A moment, in whole seconds of Unix time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Takes seconds since 1970-01-01T00:00:00Z.
    pub fn from_seconds(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Returns the seconds since 1970-01-01T00:00:00Z.
    pub fn seconds(self) -> i64 {
        self.0
    }

    /// Reads an RFC 3339 moment, such as an `upload-time` (PEP 700).
    pub fn parse(text: &str) -> Option<Self> {
        text.trim()
            .parse::<Moment>()
            .ok()
            .map(|moment| Self(moment.as_second()))
    }

    /// Reads what `--exclude-newer` takes: a moment; a date, which includes the whole day (UTC);
    /// or a duration before `now` (`30 days`, `P2W`).
    pub fn parse_cutoff(text: &str, now: Timestamp) -> Option<Self> {
        let text = text.trim();
        if let Some(moment) = Self::parse(text) {
            return Some(moment);
        }
        if let Ok(date) = text.parse::<Date>() {
            let next = date.checked_add(1.day()).ok()?;
            let midnight = next.to_zoned(TimeZone::UTC).ok()?;
            return Some(Self(midnight.timestamp().as_second()));
        }
        let span: TimeSpan = text.parse().ok()?;
        let now = Moment::from_second(now.0).ok()?.to_zoned(TimeZone::UTC);
        let before: Zoned = now.checked_sub(span.abs()).ok()?;
        Some(Self(before.timestamp().as_second()))
    }
}

/// Writes `2026-10-01T00:00:00Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Moment::from_second(self.0) {
            Ok(moment) => fmt::Display::fmt(&moment, f),
            Err(_) => write!(f, "{} s", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cutoff_is_a_moment_a_day_or_a_duration() {
        let now = Timestamp::parse("2026-11-21T12:00:00Z").unwrap();
        let cutoff = |text| Timestamp::parse_cutoff(text, now).map(|moment| moment.to_string());

        assert_eq!(
            cutoff("2026-10-01T00:00:00Z").as_deref(),
            Some("2026-10-01T00:00:00Z")
        );
        assert_eq!(
            cutoff("2026-10-01").as_deref(),
            Some("2026-10-02T00:00:00Z")
        );
        assert_eq!(cutoff("P7D").as_deref(), Some("2026-11-14T12:00:00Z"));
        assert_eq!(cutoff("2 weeks").as_deref(), Some("2026-11-07T12:00:00Z"));
        assert_eq!(cutoff("soon"), None);
    }
}
