//! What compiled files say of themselves: which NumPy they were built against, for which GPUs they
//! have code, and which libraries they need. Bytes in, values out; nothing of a file is run.
//!
//! The rules were held to real imports: `tests/imports/binaries.py` does it again.

mod closure;
mod fatbin;
mod files;
mod linkage;
mod numpy;
mod parts;
mod record;
mod scan;
mod torch;
mod window;

pub use closure::{Closure, Reached, base_name};
pub use fatbin::{Code, Fatbins};
pub use files::{Role, is_binary, role_of};
pub use linkage::{Format, Linkage};
pub use numpy::{Culprit, Dynamic, Generation, NumpyAbi};
pub use record::{decode, encode};
pub use scan::{BinaryFacts, MajorMinor, scan_file, scan_stream};
pub use torch::{Strings, TorchAbi, is_of_cuda_torch, is_of_torch};
