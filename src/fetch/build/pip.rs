//! What pip is told when it installs build requirements: the configured indexes and the ways to
//! them, all in its environment, since what stands in an argument every user of the machine sees.
//!
//! pip takes the best version of all indexes, so that a name of a private index could be answered
//! by a public one: unless the strategy is the same unsafe one, pip is told of one index only.

use std::path::Path;

use url::Url;

use crate::fetch::credentials::Credentials;
use crate::fetch::indexes::{Index, IndexShape, IndexStrategy, Indexes};
use crate::fetch::options::{FetchOptions, Proxy, Roots};
use crate::package::Secret;

/// Variables for pip.
pub(super) type Variables = Vec<(&'static str, Secret)>;

/// Returns the variables of a run. Only where all packages may be built may pip build what a build
/// requires.
pub(super) fn variables(
    options: &FetchOptions,
    indexes: &Indexes,
    is_offline: bool,
    builds_all: bool,
) -> Variables {
    let logins = Credentials::gather(
        indexes.addresses(),
        &options.variables,
        options.netrc.as_ref(),
    );
    let mut variables: Variables = [
        ("PIP_CONFIG_FILE", null_file()),
        ("PIP_DISABLE_PIP_VERSION_CHECK", "1"),
        ("PIP_NO_INPUT", "1"),
        ("PIP_PROGRESS_BAR", "off"),
        ("PIP_REQUIRE_VIRTUALENV", "0"),
        ("PIP_USER", "0"),
    ]
    .map(|(name, value)| (name, Secret::new(value)))
    .into();
    let mut say = |name, value: String| {
        if !value.is_empty() {
            variables.push((name, Secret::new(value)));
        }
    };
    let of_shape = |shape| {
        let all = indexes.all().filter(|index| !index.explicit);
        all.filter(move |index| index.shape == shape)
    };
    let places = |found: Vec<&Index>| -> String {
        let urls: Vec<String> = found.iter().map(|index| address(index, &logins)).collect();
        urls.join(" ")
    };
    let flat = of_shape(IndexShape::Flat).filter(|index| {
        let is_here = index.public().scheme() == "file";
        is_here || !is_offline
    });
    say("PIP_FIND_LINKS", places(flat.collect()));
    let mut simple: Vec<&Index> = of_shape(IndexShape::Simple).collect();
    match simple.pop().filter(|_| !is_offline) {
        Some(default) => say("PIP_INDEX_URL", address(default, &logins)),
        None => say("PIP_NO_INDEX", "1".to_owned()),
    }
    if indexes.strategy() == IndexStrategy::UnsafeBestMatch && !is_offline {
        say("PIP_EXTRA_INDEX_URL", places(simple));
    }
    if !builds_all {
        say("PIP_ONLY_BINARY", ":all:".to_owned());
    }
    say("PIP_TRUSTED_HOST", options.insecure_hosts.join(" "));
    if let Roots::Only { files, .. } = &options.roots
        && let [only] = files.as_slice()
    {
        say("PIP_CERT", only.to_string_lossy().into_owned());
    }
    if let Proxy::Url(proxy) = &options.proxy {
        say("PIP_PROXY", proxy.reveal().to_owned());
    }
    variables
}

/// The address of an index with the login for it.
fn address(index: &Index, logins: &Credentials) -> String {
    let mut url: Url = index.public().clone();
    if let Some(login) = logins.login(&url) {
        // Only addresses that take no login refuse one: files.
        let _ = url.set_username(login.user.reveal());
        let password = Some(login.password.reveal()).filter(|password| !password.is_empty());
        let _ = url.set_password(password);
    }
    url.into()
}

/// A file that says nothing, in the place of the user's own configuration: what counts of it was
/// read already, and the rest (`user`, `target`) is not for builds.
fn null_file() -> &'static str {
    match cfg!(windows) {
        true => "nul",
        false => "/dev/null",
    }
}

/// Whether pip's words mean that the network failed, and not that there is no such version.
pub(super) fn is_of_network(output: &str) -> bool {
    const SIGNS: &[&str] = &[
        "ConnectionError",
        "HTTPError",
        "NewConnectionError",
        "ProxyError",
        "ReadTimeout",
        "Retrying (",
        "SSLError",
    ];
    SIGNS.iter().any(|sign| output.contains(sign))
}

/// The interpreter of an environment.
pub(super) fn interpreter_in(environment: &Path) -> std::path::PathBuf {
    match cfg!(windows) {
        true => environment.join("Scripts").join("python.exe"),
        false => environment.join("bin").join("python"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::IndexUrl;

    fn said(indexes: &Indexes, is_offline: bool, name: &str) -> Option<String> {
        let variables = variables(&FetchOptions::default(), indexes, is_offline, false);
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.reveal().to_owned())
    }

    fn two(strategy: IndexStrategy) -> Indexes {
        let index = |url| Index::simple(IndexUrl::parse(url).unwrap());
        let extra = index("https://u:p@extra.example/simple");
        let default = index("https://v:q@index.example/simple");
        Indexes::new(vec![extra, default], strategy, Vec::new())
    }

    #[test]
    fn the_default_index_comes_with_its_login_and_alone() {
        let indexes = two(IndexStrategy::First);

        assert_eq!(
            said(&indexes, false, "PIP_INDEX_URL").unwrap(),
            "https://v:q@index.example/simple"
        );
        assert_eq!(said(&indexes, false, "PIP_EXTRA_INDEX_URL"), None);
        assert_eq!(said(&indexes, false, "PIP_ONLY_BINARY").unwrap(), ":all:");
    }

    #[test]
    fn the_unsafe_strategy_brings_the_other_indexes_and_offline_takes_all_away() {
        let indexes = two(IndexStrategy::UnsafeBestMatch);

        assert_eq!(
            said(&indexes, false, "PIP_EXTRA_INDEX_URL").unwrap(),
            "https://u:p@extra.example/simple"
        );
        assert_eq!(said(&indexes, true, "PIP_NO_INDEX").unwrap(), "1");
        assert_eq!(said(&indexes, true, "PIP_INDEX_URL"), None);
    }

    #[test]
    fn a_version_that_is_not_there_is_not_the_networks_fault() {
        assert!(!is_of_network(
            "ERROR: No matching distribution found for a"
        ));
        assert!(is_of_network(
            "WARNING: Retrying (Retry(total=4)) after connection broken"
        ));
    }
}
