//! Where the result has to run: a Python and a platform, and what follows from them: marker
//! values, accepted wheel tags, and words for both.

mod concrete;
mod markers;
mod platform;
mod platform_name;
mod platform_tags;
mod python;
mod served;
mod tags;

pub use concrete::Target;
pub use platform::{Arch, Os, Platform};
pub use platform_name::PlatformError;
pub use python::{Implementation, PythonError, PythonVersion};
pub use served::{PythonsServed, platforms_served, pythons_served};
pub use tags::{Misfit, TagSet};
