//! Moments in time: upload times and cut-offs.

use std::fmt;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span as TimeSpan, Timestamp as Moment, ToSpan, Zoned};

/// The days from the first of March of the year 0 to 1970-01-01.
const MARCH_TO_1970: i64 = 719_468;

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
        let text = text.trim();
        let usual = || Self::parse_usual(text.as_bytes());
        usual().or_else(|| {
            let moment = text.parse::<Moment>().ok()?;
            Some(Self(moment.as_second()))
        })
    }

    /// Reads the one form that indexes write, `2026-10-01T00:00:00.000000Z`; a page has thousands.
    fn parse_usual(text: &[u8]) -> Option<Self> {
        let (whole, fraction) = text.strip_suffix(b"Z")?.split_at_checked(19)?;
        let is_fraction = match fraction.split_first() {
            None => true,
            Some((b'.', digits)) => {
                (1..=9).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit)
            }
            Some(_) => false,
        };
        let marks = [whole[4], whole[7], whole[10], whole[13], whole[16]];
        if !is_fraction || marks != *b"--T::" {
            return None;
        }
        let number = |from: usize, to: usize| {
            whole[from..to].iter().try_fold(0_i64, |number, digit| {
                let digit = digit.is_ascii_digit().then(|| i64::from(digit - b'0'))?;
                Some(number * 10 + digit)
            })
        };
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
        // What is special about dates before and leap seconds is left to the library.
        let is_plain = (1970..=9999).contains(&year) && (1..=12).contains(&month);
        let is_time = hour < 24 && minute < 60 && second < 60;
        // No month is shorter, and the last days of the others are the library's too.
        if !is_plain || !is_time || !(1..=28).contains(&day) {
            return None;
        }
        // Years that begin in March end with the leap day.
        let (years, months) = match month {
            3.. => (year, month - 3),
            _ => (year - 1, month + 9),
        };
        let leap_days = years / 4 - years / 100 + years / 400;
        let days = years * 365 + leap_days + (months * 153 + 2) / 5 + day - 1 - MARCH_TO_1970;
        Some(Self(days * 86_400 + hour * 3_600 + minute * 60 + second))
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

    #[test]
    fn the_usual_form_is_read_as_the_library_reads_it() {
        let moments = (0..40_000_i64).map(|at| at * 6_307_919);
        for moment in moments {
            let text = Moment::from_second(moment).unwrap().to_string();
            let usual = Timestamp::parse_usual(text.as_bytes());

            assert_eq!(Timestamp::parse(&text), Some(Timestamp(moment)), "{text}");
            assert!(usual.is_none_or(|usual| usual.0 == moment), "{text}");
        }
        for odd in [
            "2026-02-30T00:00:00Z",
            "2026-10-01T24:00:00Z",
            "2026-10-01T00:00:00.Z",
            "2026-10-01T00:00:0aZ",
            "2026-10-01t00:00:00z",
            "2026-10-01T00:00:00.1234567890Z",
        ] {
            let moment = odd.parse::<Moment>().ok();
            let moment = moment.map(|moment| Timestamp(moment.as_second()));
            assert_eq!(Timestamp::parse(odd), moment, "{odd}");
        }
        let with_fraction = Timestamp::parse("2026-10-01T00:00:01.999999Z");
        assert_eq!(with_fraction, Timestamp::parse("2026-10-01T00:00:01Z"));
    }
}
