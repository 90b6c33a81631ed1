//! What advisories say of the packages of a lock: the records, where they come from, what of them
//! could not be had, and what solves said of the ways out.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;

use super::Fix;
use super::remarks::{About, Remark};
use crate::advisory::{Advisories, Rating};
use crate::package::{PackageName, Timestamp, Version};

/// So many faults of a source are named; the rest is counted.
const MOST_FAULTS: usize = 5;

/// The advisories that meet packages of the lock.
#[derive(Clone, Debug, Default)]
pub struct AdvisoryEvidence {
    /// The records.
    pub advisories: Advisories,
    /// Where they come from.
    pub sources: Vec<AdvisorySource>,
    /// The packages that nobody could be asked about, and why.
    pub unasked: Vec<(PackageName, String)>,
    /// The least rating that weighs; what is below it is only told.
    pub least: Option<Rating>,
    /// How many days old a snapshot may be.
    pub most_days: u16,
    /// What mends a version, as far as it was looked for.
    pub fixes: BTreeMap<(PackageName, Version), Fix>,
}

/// A place that records come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdvisorySource {
    /// What the user calls it.
    pub name: String,
    /// How many records it has.
    pub records: usize,
    /// When its newest record was changed, or when it was asked; none where nobody knows.
    pub as_of: Option<Timestamp>,
    /// What of it could not be read.
    pub faults: Vec<String>,
}

impl AdvisoryEvidence {
    /// Tells where the records come from: `advisories` with 10 records, as of 2026-11-01.
    pub(super) fn told(&self) -> impl Iterator<Item = String> {
        self.sources.iter().filter_map(AdvisorySource::told)
    }

    /// Tells why nothing is certain of any package, in words that may follow "because".
    pub(super) fn gaps(&self) -> impl Iterator<Item = String> {
        self.sources.iter().filter_map(AdvisorySource::gap)
    }

    /// Tells of snapshots that are older than they may be on a day.
    pub(super) fn stale(&self, today: &str) -> Vec<Remark> {
        let days = i64::from(self.most_days);
        let today: Option<Date> = today.parse().ok();
        let oldest = today.and_then(|today| today.checked_sub(days.days()).ok());
        let Some(oldest) = oldest.map(|date| date.to_string()) else {
            return Vec::new();
        };
        let sources = self.sources.iter();
        let stale = sources.filter_map(|source| {
            let day = source.day().filter(|day| *day < oldest)?;
            let message = format!(
                "the advisories of {} are of {day}: what was found since is missing",
                source.name
            );
            let fix = format!(
                "Get newer ones, or say with `--max-advisory-age` that more than {days} days are fine."
            );
            Some(Remark::new(About::Lock, message).with_fix(fix))
        });
        stale.collect()
    }
}

impl AdvisorySource {
    /// Returns the day that it is of, as `2026-11-01`.
    fn day(&self) -> Option<String> {
        let day = self.as_of?.to_string();
        Some(day.chars().take(10).collect())
    }

    fn told(&self) -> Option<String> {
        let records = match self.records {
            1 => "1 record".to_owned(),
            number => format!("{number} records"),
        };
        let day = self.day()?;
        Some(format!("{records} of {}, as of {day}", self.name))
    }

    fn gap(&self) -> Option<String> {
        let named = self.faults.iter().take(MOST_FAULTS).map(String::as_str);
        let named: Vec<&str> = named.collect();
        match self.faults.len().checked_sub(MOST_FAULTS) {
            _ if self.faults.is_empty() => None,
            None | Some(0) => Some(format!("{} is not whole: {}", self.name, named.join("; "))),
            Some(more) => Some(format!(
                "{} is not whole: {}, and {more} more",
                self.name,
                named.join("; ")
            )),
        }
    }
}
