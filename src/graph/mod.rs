//! Who needs whom in a lock, along which paths, what decided a version, and what moved between two
//! locks and by whose doing.
//!
//! Values in, values out: a lock, and where a lock does not hold enough, a project's versions.

mod decision;
mod demands;
mod extras;
mod intent;
mod model;
mod moved;
mod paths;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use decision::{Better, Decision, Obstacle, Reader, Subject, Told, Why, decide};
pub use demands::{By, Demand};
pub use intent::{Intent, Member, intents, is_tool};
pub use model::{Graph, Link, Root};
pub use moved::{Cause, Moved, moved};
pub use paths::{Path, Paths, Total};
