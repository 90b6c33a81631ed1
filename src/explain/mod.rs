//! Tells a person why: plain sentences and hints made from the solver's facts.
//!
//! Values in, words out: what is underlined, coloured or wrapped is the business of `report`.

mod accelerators;
mod commands;
mod hints;
mod known_names;
mod prose;
#[cfg(test)]
mod tests;
mod ways_out;
mod wording;

pub use accelerators::{FlavourReason, flavour_reasons};
pub use commands::{break_sentence, index_of, moved_sentence, reasons};
pub use known_names::{nearest_name, nearest_of};
pub use prose::{Explanation, Place, explain, unfit_sentence};
pub use ways_out::ways_out;
pub use wording::{list, need, some_versions};
