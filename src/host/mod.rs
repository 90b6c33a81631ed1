//! This machine: the only room that touches files.

mod find;
mod load;
mod paths;
mod write;

pub use find::default_inputs;
pub use load::{LoadRequest, load};
pub use write::{WriteError, write_whole};
