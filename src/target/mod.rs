//! Where the result has to run: a Python and a platform, and what follows from them: marker
//! values, accepted wheel tags, and words for both. Beside them stand the accelerators, as said.

mod accelerator;
mod cohort;
mod concrete;
mod described;
mod flavour;
mod known_platform;
mod markers;
mod platform;
mod platform_name;
mod platform_tags;
mod possible;
mod python;
mod region;
mod region_words;
mod served;
mod tag_table;
mod tags;

pub use accelerator::{
    AcceleratorError, Accelerators, Capability, CudaVersion, DriverVersion, Gpu,
};
pub use cohort::{Cohort, Device};
pub use concrete::Target;
pub use flavour::Flavour;
pub use known_platform::KnownPlatform;
pub use platform::{Arch, Os, Platform};
pub use platform_name::PlatformError;
pub use python::{Implementation, PythonError, PythonVersion};
pub use region::{Region, Required};
pub use served::{PythonsServed, platforms_served, pythons_served};
pub use tag_table::{Accepted, TagTable};
pub use tags::{Misfit, TagSet};
