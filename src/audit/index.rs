//! What the indexes say of the packages of a lock.

/// What the indexes say, package by package.
#[derive(Clone, Debug, Default)]
pub struct IndexEvidence {}
