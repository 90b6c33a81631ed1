//! What solving the declarations of a lock showed: with and without one of them, and today.

/// What solves showed.
#[derive(Clone, Debug, Default)]
pub struct Trials {}
