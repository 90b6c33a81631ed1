//! What is wrong with a lock, and what could not be found out: rules look at a [`Subject`] and tell
//! what they found; levels and waivers decide what it weighs.
//!
//! Nothing fails open: a rule that lacks what it needs says so, and that is counted.

mod advisories;
mod claims;
mod declared;
mod engine;
mod evidence;
mod finding;
mod index;
mod installed;
mod levels;
mod overview;
mod places;
mod remarks;
mod rule;
mod rules;
mod subject;
mod texts;
mod trials;
mod waivers;

#[cfg(test)]
mod tests;

pub use advisories::AdvisoryEvidence;
pub use claims::{claimed_targets, claims_in_words};
pub use declared::{Declared, Wanted};
pub use engine::{Audit, Coverage, LeftOut, audit};
pub use evidence::Evidence;
pub use finding::{Confidence, Finding, Fix, Severity, Unaudited, Waived};
pub use index::IndexEvidence;
pub use installed::Installed;
pub use levels::{Level, Levels};
pub use overview::{Overview, Topic, Weight, overview};
pub use rule::{Needs, Rule};
pub use rules::{RULES, all_rules, rule_named};
pub use subject::{Kind, On, Subject};
pub use texts::Texts;
pub use trials::{Blocking, Idle, Trials, Unsatisfiable};
pub use waivers::{AuditTable, Waiver, read_audit_table};
