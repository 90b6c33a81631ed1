//! Finds one version for every package that the declarations need, or the facts that forbid it.
//!
//! PubGrub decides; this room turns requirements into its terms, says which versions can be used
//! and in which order, and keeps what is needed to explain the outcome. It asks a [`Catalog`] and
//! knows no file, wire format or clock.

mod attempts;
mod builds;
mod candidates;
mod catalog;
mod ceilings;
mod conflict;
mod cores;
mod coverage;
mod effort;
mod flavours;
mod fork;
mod forks;
mod harmony;
mod holes;
mod judge;
mod leaps;
#[cfg(test)]
mod leaps_tests;
mod ledger;
mod memo;
mod needs;
mod ordinals;
mod package;
mod parts;
mod passes;
mod priority;
mod provider;
mod question;
mod reach;
mod regions;
mod resolution;
mod split;
mod terms;
#[cfg(test)]
mod testing_regions;
#[cfg(test)]
mod tests;
mod thinning;
mod trail;
mod tried;
#[cfg(test)]
pub(crate) mod universe;

pub use builds::{flavour_of, unfit_flavour, unserved};
pub use candidates::{Candidate, Candidates, Refused, Unfit};
pub use catalog::{Catalog, Failure, FileAt, Refusal};
pub use conflict::{Absence, Conflict, Fact, VersionsOf};
pub use cores::{Conflicts, Core, conflicts, core_of, part_of};
pub use coverage::{Gap, gaps};
pub use effort::Effort;
pub use flavours::{
    FlavourAnswer, FlavourTried, FlavourUnfit, build_for, flavours_to_try, solve_flavours,
};
pub use fork::{Fork, Forked, Preferred, Unserved, different};
pub use harmony::harmonise_targets;
pub use judge::Judge;
pub use passes::{Answer, Outcome, solve};
pub use question::{Policy, Prereleases, Question, ResolutionMode, Source};
pub use reach::Reach;
pub use regions::{ForkStrategy, solve_region};
pub use resolution::{Dependent, Edge, Resolution, Resolved};
pub use terms::Fitting;
pub use trail::{Step, Tried};
