//! What the texts of a project say: claims, install commands, further declarations.

/// What the texts of a project say.
#[derive(Clone, Debug, Default)]
pub struct Texts {}
