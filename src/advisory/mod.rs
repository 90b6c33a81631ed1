//! What is known to be wrong with published versions: records in the format of OSV, read, matched
//! against a locked version, and those that speak of one flaw made one advisory.

mod affected;
mod collection;
mod record;
mod score;
mod wire;

#[cfg(test)]
mod tests;

pub use affected::{Affected, Bounds, Event, Verdict};
pub use collection::{Advisories, Advisory, Judged};
pub use record::{
    Answered, Record, RecordError, is_advisory_id, is_malware_id, read_batch, read_record,
};
pub use score::{Rating, Score};
