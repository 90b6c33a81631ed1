//! What can go wrong between pyaudit and an index: one error that tells what was asked for, of
//! whom, what came back, and what to do. No text in it ever holds a credential.

use std::fmt;
use std::sync::Arc;

use url::Url;

use crate::package::{IndexUrl, PackageName};

/// What a request is for: the part of an error that is known before anything goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asking {
    /// The thing, such as "the page of `flask`".
    pub what: String,
    /// The package it belongs to.
    pub package: Option<PackageName>,
    /// The index, by its name or public address.
    pub index: Option<Arc<str>>,
}

/// An answer that did not come, or could not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchError {
    /// The kind of trouble, on which callers decide.
    pub kind: FetchErrorKind,
    /// What was asked for.
    pub asking: Arc<Asking>,
    /// Where, without credentials and without a query.
    pub url: String,
    /// What pyaudit met, in words: lower case, no full stop.
    pub met: String,
}

/// The kinds of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FetchErrorKind {
    /// The server has no such thing (404, 410).
    NotFound,
    /// The server wants other credentials (401, 403).
    Unauthorized,
    /// Not in the cache, and the network may not be used.
    Offline,
    /// No connection, no answer in time, or an answer cut short.
    Transport,
    /// Another HTTP status, after all retries.
    Status(u16),
    /// A body larger than such a thing may be.
    TooLarge,
    /// A page for people, such as one to sign in, where an index was to answer.
    WebPage,
    /// A body that is not what it should be, twice.
    BadBody,
    /// A file that is not the one its digest names, twice.
    DigestMismatch,
    /// The file is what its digest says and yet its metadata is of no use: a fault of that version
    /// and not of the index.
    BadMetadata,
    /// A source distribution whose metadata only a build could tell.
    NeedsBuild,
    /// A source distribution that was allowed to be built, and whose build failed.
    BuildFailed,
    /// A kind of place that is not read.
    Unsupported,
    /// The client could not be set up: certificates, proxy.
    Setup,
    /// A local file or folder could not be read.
    Disk,
}

impl Asking {
    /// Names a thing of a package on an index.
    pub(super) fn of(what: String, package: &PackageName, index: &Arc<str>) -> Arc<Self> {
        Arc::new(Self {
            what,
            package: Some(package.clone()),
            index: Some(Arc::clone(index)),
        })
    }

    /// Builds the error of a kind for this question; `met` is cleared of credentials.
    pub(super) fn failed(
        self: &Arc<Self>,
        kind: FetchErrorKind,
        url: &Url,
        met: impl AsRef<str>,
    ) -> FetchError {
        FetchError {
            kind,
            asking: Arc::clone(self),
            url: shown(url),
            met: IndexUrl::redacted(met.as_ref()),
        }
    }
}

/// Returns a URL as messages show it: no credentials, no query (it may hold a token), no fragment.
pub(super) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    IndexUrl::redacted(url.as_str())
}

impl FetchError {
    /// Describes a question that could not be asked at all.
    pub(super) fn unprepared(asking: &Asking, met: &str) -> Self {
        Self {
            kind: FetchErrorKind::Setup,
            asking: Arc::new(asking.clone()),
            url: String::new(),
            met: met.to_owned(),
        }
    }

    /// Returns what was asked for, and the index it was to come from. What a direct reference points to
    /// comes from none.
    pub(super) fn subject(&self) -> String {
        let Asking { what, index, .. } = &*self.asking;
        match index.as_deref().filter(|index| *index != self.url) {
            Some(index) => format!("{what} from index `{index}`"),
            None => what.clone(),
        }
    }

    /// Whether only the version asked for is out, while the index did its duty.
    pub fn is_of_version(&self) -> bool {
        matches!(
            self.kind,
            FetchErrorKind::BadMetadata
                | FetchErrorKind::NeedsBuild
                | FetchErrorKind::BuildFailed
                | FetchErrorKind::Unsupported
        )
    }

    /// Returns what to do about it, as a sentence.
    pub fn help(&self) -> Option<&'static str> {
        match self.kind {
            FetchErrorKind::Unauthorized => Some(
                "Give credentials for the index in its URL, in `netrc`, or in \
                 `PYAUDIT_INDEX_<NAME>_USERNAME` and `PYAUDIT_INDEX_<NAME>_PASSWORD`.",
            ),
            FetchErrorKind::WebPage => Some(
                "Check the index's address; where it wants a login, give credentials in the URL, in \
                 `netrc`, or in `PYAUDIT_INDEX_<NAME>_USERNAME` and \
                 `PYAUDIT_INDEX_<NAME>_PASSWORD`.",
            ),
            FetchErrorKind::Offline => {
                Some("Run once without `--offline`, so that it comes into the cache.")
            }
            FetchErrorKind::Transport => {
                Some("Check the network, the proxy and the index's address, then try again.")
            }
            FetchErrorKind::Status(_) | FetchErrorKind::BadBody => {
                Some("The index may be in trouble: try again later, or ask another one.")
            }
            FetchErrorKind::DigestMismatch => Some(
                "The index or something on the way to it gives out a file other than the one it \
                 lists: do not install it before the index's owner knows why.",
            ),
            FetchErrorKind::NeedsBuild => Some("Allow the build with `--allow-build`."),
            FetchErrorKind::NotFound
            | FetchErrorKind::TooLarge
            | FetchErrorKind::BadMetadata
            | FetchErrorKind::BuildFailed
            | FetchErrorKind::Unsupported
            | FetchErrorKind::Setup
            | FetchErrorKind::Disk => None,
        }
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "could not get {}: {}", self.subject(), self.met)?;
        match self.url.is_empty() {
            true => Ok(()),
            false => write!(f, " ({})", self.url),
        }
    }
}

impl std::error::Error for FetchError {}
