//! pyaudit resolves and audits Python dependencies.

pub mod index;
pub mod package;
pub mod source;
