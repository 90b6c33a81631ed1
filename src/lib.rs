//! pyaudit resolves and audits Python dependencies.

pub mod package;
pub mod source;
