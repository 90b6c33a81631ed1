//! What is wrong with a lock, and what could not be found out: rules look at a [`Subject`] and tell
//! what they found; levels and waivers decide what it weighs.
//!
//! Nothing fails open: a rule that lacks what it needs says so, and that is counted.

mod advisories;
mod again;
mod built_for;
mod claimed;
mod claims;
mod contents;
mod counts;
mod declared;
mod engine;
mod evidence;
mod finding;
mod index;
mod installed;
mod installed_lock;
mod levels;
mod offered;
mod overview;
mod places;
mod remarks;
mod rule;
mod rules;
mod seen;
mod standing;
mod subject;
mod texts;
mod trials;
mod waivers;

#[cfg(test)]
mod tests;

pub use advisories::{AdvisoryEvidence, AdvisorySource};
pub use claimed::{claimed_targets, claims_in_words};
pub use claims::{
    Claim, ClaimEvidence, InstallTried, Known as KnownNames, Packages, Released, Statement,
    read_claims,
};
pub use contents::{Contents, ContentsEvidence, Fingerprint, Libraries, Look, OwnedFile};
pub use declared::{Declared, Wanted};
pub use engine::{Audit, Coverage, LeftOut, audit};
pub use evidence::Evidence;
pub use finding::{Confidence, Finding, Fix, Severity, Unaudited, Waived};
pub use index::{
    Cooldown, IndexEvidence, IndexFile, Known, Learned, OnIndex, OnPage, Release, plain,
};
pub use installed::{
    Altered, Distribution, EnvironmentKind, Fault, Files, InRepository, Installed, Keeping,
    Overwritten,
};
pub use levels::{Level, Levels};
pub use overview::{Overview, Topic, Weight, overview};
pub use places::place_of as place_in_lock;
pub use rule::{Needs, Rule};
pub use rules::{RULES, all_rules, rule_named};
pub use subject::{Kind, On, Subject};
pub use texts::{CommandText, DeclaredText, Played, Texts, is_compiled};
pub use trials::{Blocking, Idle, Trials, Unsatisfiable};
pub use waivers::{AuditTable, Waiver, read_audit_table};
