//! What an environment has beyond what a lock can say: files, records, copies.

/// What is installed.
#[derive(Clone, Debug, Default)]
pub struct Installed {}
