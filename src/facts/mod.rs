//! What package metadata does not say: which flavour of torch has kernels for which GPU, which
//! driver a CUDA toolkit takes, what goes with NumPy 2. Dated tables with sources, embedded, and
//! a reader for what a user knows better.

mod base;
mod embedded;
mod gpu_names;
mod image_reader;
mod images;
mod kernels;
mod libraries;
mod majors;
mod reader;
mod tables;
mod usual;
mod values;

#[cfg(test)]
mod tests;

pub use base::Facts;
pub use gpu_names::GpuUnknown;
pub use images::Image;
pub use kernels::{Confidence, Kernels};
pub use libraries::{Libraries, OfDebian, OfPackage, Owners, StringsOf, libraries};
pub use tables::{DriverFloor, Limit, Where};
pub use usual::{is_widely_known, usually_required};
