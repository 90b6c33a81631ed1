//! Finds the smallest changes of what is declared under which a conflict has a solution.
//!
//! Each repair was solved before it is returned. What is changed is said in the words of a
//! requirements file; writing it into the user's files is not this room's business.

mod apply;
mod cost;
mod larger;
mod movers;
mod relax;
mod rewrite;
mod search;
#[cfg(test)]
mod tests;
mod wheels;

pub use apply::{Change, applied};
pub use larger::other_pythons;
pub use search::{Freedom, Relocked, Repair, Repairs, Unbuilt, repairs};
