//! pyaudit resolves and audits Python dependencies.

pub mod host;
pub mod input;
pub mod package;
pub mod source;
