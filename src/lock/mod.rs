//! A resolution as a file: what is pinned, from where, for whom and why, in one stable order, and
//! the formats it is written in and read from.

mod build;
mod diff;
mod formats;
mod model;
mod note;
mod pins;
mod pylock_read;
mod pylock_write;
mod record;
mod requirements_annotated;
mod requirements_read;
mod requirements_write;
mod via;
mod wire;

pub use build::{Circumstances, WhichFiles, build};
pub use diff::{LockChange, changes};
pub use formats::{FORMATS, Format, WriteOptions, is_pylock_name};
pub use model::{ArtifactPlace, Lock, LockedArtifact, LockedEdge, LockedPackage, LockedSource};
pub use note::LockedNote;
pub use pins::{Pin, Pins};
pub use pylock_read::read_pylock;
pub use pylock_write::write_pylock;
pub use record::{LockOptions, LockedDeclaration, LockedGpu, LockedTarget, ToolRecord};
pub use requirements_annotated::read_requirements_lock;
pub use requirements_read::{is_requirements_lock, read_requirements_pins};
pub use requirements_write::{Annotations, RequirementsStyle, write_requirements};
pub use via::Via;
