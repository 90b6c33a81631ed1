//! The network and its cache: the only room that talks to indexes.

mod advisories;
mod archive;
mod at_once;
mod body;
mod build;
mod cache;
mod checkout;
mod client;
mod consulted;
mod contents;
mod credentials;
mod direct;
mod engine;
mod error;
mod file;
mod flat;
mod flavours;
mod freshness;
mod habits;
mod heap;
mod http;
mod indexes;
mod kept;
mod live_catalog;
mod local;
mod metadata;
mod netrc;
mod once;
mod options;
mod pace;
mod pages;
mod progress;
mod projects;
mod receipts;
mod refusal;
mod request;
mod retry;
mod shared;
mod snapshot;
mod tree;
mod turns;
mod walker;
mod wheel;

pub use advisories::{ToldAdvisories, ask_advisories};
pub use build::{BuildOptions, BuildPython};
pub use contents::{Depth, WheelContents};
pub use credentials::{Credentials, Login};
pub use error::{Asking, FetchError, FetchErrorKind};
pub use indexes::{Index, IndexShape, IndexStrategy, Indexes};
pub use kept::Kept;
pub use live_catalog::{LiveCatalog, Outside};
pub use options::{CachePolicy, FetchOptions, Proxy, Roots};
pub use progress::{Counts, Event, Listener, Statistics};

#[cfg(test)]
mod tests;
