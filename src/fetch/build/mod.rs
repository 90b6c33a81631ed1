//! Metadata that only a build can tell (PEP 517): unpacking, an isolated environment, the hooks of
//! the build backend. Nothing here runs unless the package was allowed by name, or all were.

mod answer;
mod driver;
mod error;
mod isolated;
mod options;
mod pip;
mod process;
mod system;
mod unpack;

pub(super) use answer::{Builder, aside, of_archive, of_tree, remarked, stored};
pub(super) use error::BuildError;
pub use options::{BuildOptions, BuildPython};
pub(super) use process::{Stopped, run, shown};
pub(super) use unpack::unpack;
