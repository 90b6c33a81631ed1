//! Environments with packages installed, read statically: folders, metadata, records, and how they
//! are kept. Whoever made them is a stranger: sizes and counts are bounded, and no code of theirs
//! runs.

mod bounded;
mod conda;
mod config;
mod contents;
mod direct_url;
mod distribution;
mod find;
mod keeping;
mod path_files;
mod platform;
mod read;
mod record;
#[cfg(test)]
mod tests;

pub use contents::Keep;
pub use read::{Environment, EnvironmentError, read_environment};
