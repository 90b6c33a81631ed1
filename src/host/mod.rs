//! This machine: its files, its interpreter, its GPUs, and what it is.

mod accelerators;
mod advisories;
mod ambient;
mod ask;
mod builder;
mod edit;
mod environment;
mod find;
mod former;
mod libraries;
mod listing;
mod load;
mod machine;
mod paths;
mod probe;
mod texts;
mod write;

pub use accelerators::{FoundAccelerators, FoundGpu, probe_accelerators};
pub use advisories::{FoundAdvisories, read_advisories};
pub use ambient::read_ambient;
pub use builder::interpreter_for_builds;
pub use edit::{EditError, write_edits};
pub use environment::{Environment, EnvironmentError, Keep, read_environment};
pub use find::default_inputs;
pub use former::{read_former, read_if_there, read_list};
pub use libraries::libraries_here;
pub use listing::folder_listing;
pub use load::{LoadRequest, load, load_text, project_calls};
pub use machine::this_machine;
pub use paths::{shown_path, stays_in};
pub use probe::{FoundBy, Interpreter, ProbeError, Surroundings, active_interpreter};
pub use texts::{FoundTexts, project_texts};
pub use write::{WriteError, WriteStep, append, check_place, write_whole};
