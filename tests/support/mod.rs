//! What several of the tests make.

pub(crate) mod binaries;
