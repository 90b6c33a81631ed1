//! This machine: what runs here.

mod ask;
mod machine;
mod probe;

pub use machine::this_machine;
pub use probe::{FoundBy, Interpreter, ProbeError, Surroundings, active_interpreter};
