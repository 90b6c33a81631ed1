//! What the surroundings say: environment variables and pip's configuration files, as values that
//! each know who said them. `PYAUDIT_…` wins over `UV_…`, which wins over `PIP_…`, which wins over
//! pip's files. Where an option is a list, the strongest that speaks is taken whole.
//!
//! The texts come from `host`; what was typed and what the inputs say outranks all of it.

mod pip_config;
mod sources;
#[cfg(test)]
mod tests;
mod understand;
mod values;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::FormatName;
use crate::package::{IndexUrl, Secret, Timestamp};
use crate::source::{Problem, SourceFile};

pub use understand::read_ambient;

/// A value and who says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said<T> {
    /// What is said.
    pub value: T,
    /// By which variable (`PIP_INDEX_URL`) or file (`/etc/pip.conf [global] index-url`).
    pub by: String,
}

/// An index, which may have a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedIndex {
    /// The name that variables with its login use.
    pub name: Option<String>,
    /// Its address.
    pub url: IndexUrl,
}

/// All environment variables; their values are never shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Variables(BTreeMap<String, String>);

/// The surroundings as texts, from which an [`Ambient`] is read.
#[derive(Clone)]
pub struct AmbientTexts {
    /// The environment.
    pub variables: Variables,
    /// pip's configuration files, weakest first.
    pub pip_files: Vec<Arc<SourceFile>>,
    /// The text of the netrc file.
    pub netrc: Option<Secret>,
    /// The current folder, absolute.
    pub folder: PathBuf,
    /// The home folder.
    pub home: Option<PathBuf>,
    /// The present.
    pub now: Timestamp,
}

/// What the surroundings say, option by option.
#[derive(Clone, Debug, Default)]
pub struct Ambient {
    /// The index that takes the default one's place.
    pub default_index: Option<Said<NamedIndex>>,
    /// Further indexes, best first.
    pub indexes: Vec<Said<NamedIndex>>,
    /// Folders (as `file:` addresses) and pages of links.
    pub find_links: Vec<Said<IndexUrl>>,
    /// Whether to use no index.
    pub no_index: Option<Said<bool>>,
    /// One of the three index strategies.
    pub index_strategy: Option<Said<String>>,
    /// Hosts (`host` or `host:port`) whose certificates are not checked.
    pub trusted_hosts: Vec<Said<String>>,
    /// PEM files whose certificates are trusted in the place of those that come with pyaudit.
    /// In this order only the first counts: `PYAUDIT_CERT`, `SSL_CERT_FILE` (with
    /// `SSL_CERT_DIR`), `REQUESTS_CA_BUNDLE`, `CURL_CA_BUNDLE`, `PIP_CERT`, pip's files. They win
    /// over `system_certs`, unless a stronger voice asks for those.
    pub cert_files: Vec<Said<PathBuf>>,
    /// Folders of PEM files.
    pub cert_folders: Vec<Said<PathBuf>>,
    /// Whether to trust what the operating system trusts.
    pub system_certs: Option<Said<bool>>,
    /// pip's proxy, which may hold a login; `HTTPS_PROXY` and its like are the HTTP library's, which
    /// is told to look for one where [`Variables::name_proxy`].
    pub proxy: Option<Said<Secret>>,
    /// How long a server may stay silent.
    pub timeout: Option<Said<Duration>>,
    /// How often to try again.
    pub retries: Option<Said<u32>>,
    /// Whether to do without the network.
    pub offline: Option<Said<bool>>,
    /// The cache's folder; those of pip and uv are theirs.
    pub cache_dir: Option<Said<PathBuf>>,
    /// Whether to do without a cache.
    pub no_cache: Option<Said<bool>>,
    /// The cut-off.
    pub exclude_newer: Option<Said<Timestamp>>,
    /// One of the five policies on pre-releases.
    pub prerelease: Option<Said<String>>,
    /// `highest`, `lowest` or `lowest-direct`.
    pub resolution: Option<Said<String>>,
    /// `--no-binary`.
    pub no_binary: Option<Said<Vec<FormatName>>>,
    /// `--only-binary`.
    pub only_binary: Option<Said<Vec<FormatName>>>,
    /// Constraints files: paths relative to the current folder, or addresses.
    pub constraints: Vec<Said<String>>,
    /// Overrides files likewise.
    pub overrides: Vec<Said<String>>,
    /// The Python version to lock for.
    pub python: Option<Said<String>>,
    /// The platform to lock for.
    pub platform: Option<Said<String>>,
    /// The CUDA toolkit.
    pub cuda: Option<Said<String>>,
    /// The version of NVIDIA's driver.
    pub driver: Option<Said<String>>,
    /// GPUs, with commas between them.
    pub gpus: Option<Said<String>>,
    /// The flavour of torch, `auto` or `pypi`.
    pub torch: Option<Said<String>>,
    /// Below it, every flavour of torch has its index.
    pub torch_index: Option<Said<IndexUrl>>,
    /// The text of the netrc file.
    pub netrc: Option<Secret>,
    /// `UV_INDEX_<NAME>_USERNAME` and the like: logins of named indexes.
    pub index_logins: Vec<(String, Secret)>,
    /// All variables, for `${NAME}` in requirements files.
    pub variables: Variables,
    /// What nobody could make sense of.
    pub problems: Vec<Problem>,
}

impl Variables {
    /// Wraps names with their values.
    pub fn new(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(variables.into_iter().collect())
    }

    /// Returns a variable's value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Returns the names in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Returns all of them.
    pub fn as_map(&self) -> &BTreeMap<String, String> {
        &self.0
    }

    /// Whether one of them names a proxy: `HTTPS_PROXY`, `all_proxy` and their like.
    pub fn name_proxy(&self) -> bool {
        let is_proxy = |name: &str| name.ends_with("_proxy") && name != "no_proxy";
        let mut names = self.0.keys().map(|name| name.to_ascii_lowercase());
        names.any(|name| is_proxy(&name))
    }
}

/// Shows how many there are.
impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} variables", self.0.len())
    }
}
