//! Text that a person wrote, and places in it: what every message points back to.
//!
//! This room imports nothing of ours, so that every other room can speak of places.

mod mark;
mod path;
mod problem;
mod text;
mod yaml;

pub use mark::{Mark, marks};
pub use path::without_detours;
pub use problem::{Level, Problem};
pub use text::{Origin, SourceFile, Span};
pub use yaml::{Yaml, YamlValue};
