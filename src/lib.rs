//! pyaudit resolves and audits Python dependencies.

pub mod cli;
pub mod explain;
pub mod fetch;
#[doc(hidden)]
pub mod fuzzing;
pub mod host;
pub mod index;
pub mod input;
pub mod lock;
pub mod package;
pub mod report;
pub mod solve;
pub mod source;
pub mod target;
