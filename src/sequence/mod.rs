//! What install commands do to what is installed, one after another, without running any of them.
//!
//! pip solves for the packages that a command reaches, and prefers what is installed; packages that
//! it does not reach take no part, and break where what they need moves. This room plays that over a
//! [`Baseline`]: [`install`] says what one command changes, [`breaks`] what no longer goes together,
//! [`better`] which command would have kept it, and [`run`] does all of it for commands in order.

mod baseline;
mod better;
mod breaks;
mod change;
mod install;
mod learn;
mod manner;
mod over;
mod read;
mod run;
#[cfg(test)]
mod tests;

pub use baseline::{Baseline, Present, Told};
pub use better::{Better, better};
pub use breaks::{Break, BreakWhy, breaks, new_breaks};
pub use change::{Because, Change, ChangeKind};
pub use install::{Effect, Installed, Surroundings, Wish, effect, install, question};
pub use learn::learn;
pub use manner::{Keeps, Manner};
pub use over::{INSTALLED, Over};
pub use read::read_baseline;
pub use run::{Lapse, Layer, Layered, Locked, Moved, Step, lapses, run};
