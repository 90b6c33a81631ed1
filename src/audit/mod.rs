//! What is wrong with a lock, and what could not be found out: rules look at a [`Subject`] and tell
//! what they found; levels and waivers decide what it weighs.
//!
//! Nothing fails open: a rule that lacks what it needs says so, and that is counted.

mod declared;
mod engine;
mod finding;
mod levels;
mod places;
mod remarks;
mod rule;
mod rules;
mod subject;
mod waivers;

#[cfg(test)]
mod tests;

pub use declared::{Declared, Wanted};
pub use engine::{Audit, Coverage, audit};
pub use finding::{Confidence, Finding, Fix, Severity, Unaudited, Waived};
pub use levels::{Level, Levels};
pub use rule::{Needs, Rule};
pub use rules::{RULES, rule_named};
pub use subject::{On, Subject};
pub use waivers::{AuditTable, Waiver, read_audit_table};
