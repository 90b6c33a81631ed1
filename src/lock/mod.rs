//! A resolution as a file: what is pinned, from where, for whom and why, in one stable order, and
//! the formats it is written in and read from.

mod build;
mod choices;
mod diff;
mod files;
mod forked;
mod formats;
mod model;
mod note;
mod pdm_lock_read;
mod pins;
mod pipfile_lock_read;
mod pixi_lock_read;
mod poetry_lock_read;
mod poetry_lock_wire;
mod preferred;
mod pylock_read;
mod pylock_write;
mod record;
mod requirements_annotated;
mod requirements_read;
mod requirements_write;
mod toml_reading;
mod toml_writing;
mod uv_lock_choices;
mod uv_lock_read;
mod uv_lock_wire;
mod via;
mod wire;

pub use build::{Circumstances, WhichFiles, build, locked_declaration};
pub use diff::{LockChange, changes};
pub use files::LockedFiles;
pub use forked::{Realm, build_forked};
pub use formats::{FORMATS, Format, Layout, WriteOptions, Writer, is_pylock_name};
pub use model::{
    ArtifactPlace, EdgeDetail, Lock, LockedArtifact, LockedEdge, LockedPackage, LockedSource,
};
pub use note::LockedNote;
pub use pdm_lock_read::read_pdm_lock;
pub use pins::{Pin, Pins};
pub use pipfile_lock_read::{
    read_pipfile_lock, read_pipfile_lock_pins, read_pipfile_lock_without_development,
};
pub use pixi_lock_read::read_pixi_lock;
pub use poetry_lock_read::read_poetry_lock;
pub use preferred::{FormerPin, former_pins};
pub use pylock_read::read_pylock;
pub use pylock_write::write_pylock;
pub use record::{LockOptions, LockedDeclaration, LockedGpu, LockedTarget, ToolRecord};
pub use requirements_annotated::read_requirements_lock;
pub use requirements_read::{
    is_compiled, is_requirements_lock, left_to_installer, read_requirements_pins,
};
pub use requirements_write::{Annotations, RequirementsStyle, write_requirements};
pub use uv_lock_read::read_uv_lock;
pub use via::Via;
