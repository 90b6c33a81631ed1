//! What the caller decides about the network and its cache, all of it as values: this room reads
//! no environment variable of its own (the HTTP library reads the proxy variables).

use std::path::PathBuf;
use std::time::Duration;

use crate::package::Secret;
use crate::package::{PackageName, Timestamp};

/// How to talk to servers.
#[derive(Clone, Debug)]
pub struct FetchOptions {
    /// Whom to trust in TLS.
    pub roots: Roots,
    /// Hosts (`host` or `host:port`) whose certificates are not checked (`--trusted-host`).
    pub insecure_hosts: Vec<String>,
    /// The proxy.
    pub proxy: Proxy,
    /// How long a connection may take to come about.
    pub connect_timeout: Duration,
    /// How long a server may stay silent.
    pub read_timeout: Duration,
    /// How often to try again after a failure that may pass.
    pub retries: u32,
    /// The wait before the first retry; it doubles each time.
    pub backoff: Duration,
    /// The longest wait that a `Retry-After` can ask for.
    pub longest_wait: Duration,
    /// How many requests may be under way to one host.
    pub concurrency: usize,
    /// The text of the netrc file.
    pub netrc: Option<Secret>,
    /// Variables `UV_INDEX_…` and `PYAUDIT_INDEX_…` with credentials of named indexes.
    pub variables: Vec<(String, Secret)>,
}

/// The certificates to trust.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Roots {
    /// Those that come with pyaudit.
    #[default]
    BuiltIn,
    /// Those of the operating system.
    System,
    /// Only those of PEM files, and of all files in folders.
    Only {
        /// PEM bundles (`--cert`, `SSL_CERT_FILE`).
        files: Vec<PathBuf>,
        /// Folders of PEM files (`SSL_CERT_DIR`).
        folders: Vec<PathBuf>,
    },
}

/// The proxy to use.
#[derive(Clone, Debug, Default)]
pub enum Proxy {
    /// What the environment or the system says.
    #[default]
    System,
    /// None, whatever the environment says.
    None,
    /// This one for every request (`--proxy`).
    Url(Secret),
}

/// How far the cache counts.
#[derive(Clone, Debug)]
pub struct CachePolicy {
    /// The folder; `None` for `--no-cache`.
    pub folder: Option<PathBuf>,
    /// Use nothing but the cache and local files.
    pub offline: bool,
    /// Ask again whatever the cache holds.
    pub refresh: bool,
    /// Ask again for these packages.
    pub refresh_packages: Vec<PackageName>,
    /// How long a page lives that says nothing about it.
    pub page_lifetime: Duration,
    /// The present.
    pub now: Timestamp,
}

impl Default for FetchOptions {
    fn default() -> Self {
        Self {
            roots: Roots::default(),
            insecure_hosts: Vec::new(),
            proxy: Proxy::default(),
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(30),
            retries: 3,
            backoff: Duration::from_millis(250),
            longest_wait: Duration::from_secs(30),
            // Below 100, the least that servers should allow at once (RFC 9113, section 6.5.2), and enough
            // for what a first run asks ahead.
            concurrency: 80,
            netrc: None,
            variables: Vec::new(),
        }
    }
}

impl CachePolicy {
    /// Returns the usual policy: a folder if there is one, pages without headers live 10 minutes.
    pub fn new(folder: Option<PathBuf>, now: Timestamp) -> Self {
        Self {
            folder,
            offline: false,
            refresh: false,
            refresh_packages: Vec::new(),
            page_lifetime: Duration::from_secs(600),
            now,
        }
    }

    /// Whether to ask again for what belongs to a package.
    pub(super) fn refreshes(&self, package: &PackageName) -> bool {
        !self.offline && (self.refresh || self.refresh_packages.contains(package))
    }
}
