//! A question for one file's metadata: what the index says of the file, and where its answer lies
//! in the cache. The metadata of a file with a digest never goes stale, whatever the server says.

use std::sync::Arc;

use url::Url;

use super::body::strongest;
use super::error::{Asking, FetchError, FetchErrorKind};
use super::freshness::Freshness;
use super::key::{Key, Kind};
use super::once::lock;
use super::request::Request;
use super::shared::Shared;
use crate::index::{Metadata, MetadataFile, MetadataSource, Project};
use crate::package::{Digest, PackageName, Version};
use crate::solve::FileAt;

/// The largest metadata that is taken.
pub(super) const MOST_METADATA: u64 = 16 << 20;

/// No file is larger that is downloaded for its metadata alone: wheels of torch have gigabytes,
/// and whoever serves them can give parts of them.
pub(super) const MOST_DOWNLOAD: u64 = 1 << 30;
/// No file is larger that is downloaded before the solver asks for it.
const MOST_EARLY: u64 = 64 << 20;

/// What makes sense of files: a number behind the version tells apart what was changed within it.
const READER: &str = concat!("refused by ", env!("CARGO_PKG_VERSION"), "-2");

/// The errors that lie in a file and not in the way to it, as numbers.
const REFUSALS: &[(u8, FetchErrorKind)] = &[
    (1, FetchErrorKind::BadMetadata),
    (2, FetchErrorKind::NeedsBuild),
];

/// A file whose metadata is wanted.
#[derive(Clone, Debug)]
pub(super) struct FileQuestion {
    /// The project.
    pub(super) name: PackageName,
    /// Whether the name is no more than a guess, as only the file itself can tell.
    pub(super) is_guess: bool,
    /// The version; `None` where only the file itself can tell.
    pub(super) version: Option<Version>,
    /// The file's name.
    pub(super) filename: String,
    /// Its address.
    pub(super) url: String,
    /// What it has to hash to.
    pub(super) digests: Vec<Digest>,
    /// What the index says of the metadata beside it.
    pub(super) advertised: MetadataFile,
    /// The index, as messages call it.
    pub(super) index: Arc<str>,
    /// How much may be downloaded for it.
    pub(super) limit: u64,
}

impl FileQuestion {
    /// Asks for a file of a project; `None` if it has no such file, or if what the page says of
    /// the files of that version is damaged.
    pub(super) fn new(shared: &Shared, project: &Project, at: FileAt) -> Option<Self> {
        let on = project.pages.get(at.page)?;
        if at.file >= on.page.file_count() {
            return None;
        }
        let file = on.page.file(at.file);
        let version = on.page.version_of(at.file);
        if !on.page.is_whole(version) {
            return None;
        }
        Some(Self {
            name: project.name.clone(),
            is_guess: false,
            version: Some(on.page.version(version)),
            filename: file.filename().to_owned(),
            url: file.url(),
            digests: file.digests().collect(),
            advertised: file.metadata(),
            index: shared.indexes.label(&on.index),
            limit: MOST_DOWNLOAD,
        })
    }

    /// Makes it a guess at what the solver will ask.
    pub(super) fn early(self) -> Self {
        Self {
            limit: MOST_EARLY,
            ..self
        }
    }

    /// Whether an error says no more than that a guess is not worth the download.
    pub(super) fn is_not_worth(&self, error: &FetchError) -> bool {
        error.kind == FetchErrorKind::TooLarge && self.limit < MOST_DOWNLOAD
    }

    /// Whether it is a wheel.
    pub(super) fn is_wheel(&self) -> bool {
        self.filename.ends_with(".whl")
    }

    /// Returns what errors say was asked.
    pub(super) fn asking(&self) -> Arc<Asking> {
        let what = format!("the metadata of `{}`", self.filename);
        Asking::of(what, &self.name, &self.index)
    }

    /// Builds the request for the file, or for what stands beside it.
    pub(super) fn request(&self, suffix: &str, limit: u64) -> Result<Request, FetchError> {
        let Ok(mut url) = Url::parse(&self.url) else {
            return Err(FetchError {
                kind: FetchErrorKind::BadMetadata,
                asking: self.asking(),
                url: String::new(),
                met: "the index gives an address for it that is not a URL".to_owned(),
            });
        };
        url.set_fragment(None);
        let path = format!("{}{suffix}", url.path());
        url.set_path(&path);
        let request = Request::get(url, self.asking(), limit);
        match request.url.scheme() {
            "http" | "https" | "file" => Ok(request),
            scheme => {
                let met = format!("its address has the scheme `{scheme}`, which is not for files");
                Err(request.failed(FetchErrorKind::BadMetadata, met))
            }
        }
    }

    /// Reads metadata and checks that it is that of this file.
    pub(super) fn read(
        &self,
        shared: &Shared,
        bytes: &[u8],
        source: MetadataSource,
    ) -> Result<Metadata, String> {
        let parsed = Metadata::parse(bytes, source, &mut lock(&shared.markers));
        let metadata = parsed.map_err(|error| error.to_string())?;
        self.check(&metadata)?;
        Ok(metadata)
    }

    /// Refuses metadata of another project or version.
    pub(super) fn check(&self, metadata: &Metadata) -> Result<(), String> {
        if !self.is_guess && metadata.name != self.name {
            return Err(format!(
                "its metadata is that of `{}` instead of `{}`",
                metadata.name, self.name
            ));
        }
        match &self.version {
            Some(version) if !is_same(version, &metadata.version) => Err(format!(
                "its metadata is that of version {} instead of {version}",
                metadata.version
            )),
            _ => Ok(()),
        }
    }

    /// Returns what the cache holds.
    pub(super) fn stored(&self, shared: &Shared) -> Option<Metadata> {
        if !self.is_cached() {
            return None;
        }
        let cache = shared.cache.as_ref()?;
        let key = self.key();
        if strongest(&self.digests).is_none() {
            let freshness = cache.get(key.with_kind(Kind::RecordFreshness))?;
            let freshness = Freshness::decode(&freshness)?;
            let policy = &shared.policy;
            let counts = freshness.is_fresh(policy.now) && !policy.refreshes(&self.name);
            if !counts && !policy.offline {
                return None;
            }
        }
        let record = cache.get(key)?;
        let metadata = Metadata::decode(&record, &mut lock(&shared.markers)).ok()?;
        shared.statistics.hit();
        Some(metadata)
    }

    /// Whether the cache has something of it, which may have to be asked for again all the same.
    pub(super) fn is_stored(&self, shared: &Shared) -> bool {
        let cache = shared.cache.as_ref().filter(|_| self.is_cached());
        cache.is_some_and(|cache| cache.get(self.key()).is_some())
    }

    /// Puts the answer into the cache.
    pub(super) fn keep(&self, shared: &Shared, metadata: &Metadata) {
        if !self.is_cached() || shared.cache.is_none() {
            return;
        }
        let key = self.key();
        shared.keep(key, &metadata.encode());
        if strongest(&self.digests).is_none() {
            let lifetime = shared.policy.page_lifetime.as_secs();
            let freshness = Freshness {
                is_missing: false,
                checked: shared.policy.now,
                lifetime: u32::try_from(lifetime).unwrap_or(u32::MAX),
                etag: None,
                last_modified: None,
            };
            shared.keep(key.with_kind(Kind::RecordFreshness), &freshness.encode());
        }
    }

    /// Returns why the file told nothing when it was read before: what has a digest stays as it is.
    pub(super) fn stored_refusal(&self, shared: &Shared) -> Option<FetchError> {
        let cache = shared.cache.as_ref()?;
        let record = cache.get(self.refusal_key()?)?;
        let (number, met) = record.split_first()?;
        let (_, kind) = REFUSALS.iter().find(|(known, _)| known == number)?;
        shared.statistics.hit();
        let request = self.request("", 0).ok()?;
        Some(request.failed(*kind, String::from_utf8_lossy(met)))
    }

    /// Puts into the cache that the file tells nothing: an archive would be downloaded each time to
    /// find that out.
    pub(super) fn keep_refusal(&self, shared: &Shared, error: &FetchError) {
        let number = REFUSALS.iter().find(|(_, kind)| *kind == error.kind);
        if let (Some((number, _)), Some(key)) = (number, self.refusal_key()) {
            let record = [&[*number], error.met.as_bytes()].concat();
            shared.keep(key, &record);
        }
    }

    /// Another pyaudit may make more of the same file.
    fn refusal_key(&self) -> Option<Key> {
        let digest = strongest(&self.digests).filter(|_| self.is_cached())?;
        let url = crate::package::IndexUrl::redacted(&self.url);
        let parts = [&url, &digest.to_string(), READER];
        Some(Key::of(Kind::Record, &parts))
    }

    /// Files on this disk are read each time.
    fn is_cached(&self) -> bool {
        !self.url.starts_with("file:")
    }

    /// The address counts as well as the digest: another index may lie about a file.
    fn key(&self) -> Key {
        let digest = strongest(&self.digests).map(Digest::to_string);
        let url = crate::package::IndexUrl::redacted(&self.url);
        Key::of(Kind::Record, &[&url, digest.as_deref().unwrap_or_default()])
    }
}

/// Whether two spellings are one version; a local part that only one of them has is passed over,
/// as builds for accelerators often have it in the file name alone.
fn is_same(one: &Version, other: &Version) -> bool {
    if one == other {
        return true;
    }
    let one_is_public = one.local().is_empty();
    let other_is_public = other.local().is_empty();
    one_is_public != other_is_public && one.clone().without_local() == other.clone().without_local()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_the_same_up_to_a_local_part_on_one_side() {
        let same = |one: &str, other: &str| is_same(&one.parse().unwrap(), &other.parse().unwrap());

        assert!(same("1.0", "1"));
        assert!(same("2.3.1+cu121", "2.3.1"));
        assert!(!same("2.3.1+cu121", "2.3.1+cpu"));
        assert!(!same("1.0", "1.0.1"));
    }
}
