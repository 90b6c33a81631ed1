//! pyaudit resolves and audits Python dependencies.

pub mod explain;
pub mod fetch;
pub mod index;
pub mod package;
pub mod solve;
pub mod source;
pub mod target;
