//! Direct references: a wheel or a source archive at an address of its own, a folder, or a commit
//! of a repository, made into a project of one version.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::body::{Body, strongest};
use super::build::{self, BuildError, aside, unpack};
use super::checkout::{check_out, is_commit, is_here};
use super::credentials::decoded;
use super::engine::{Engine, FileKey};
use super::error::{Asking, FetchError, FetchErrorKind, shown};
use super::file::{FileQuestion, MOST_DOWNLOAD};
use super::key::{Key, Kind};
use super::once::{Claim, lock};
use super::shared::{Reach, Shared};
use super::{archive, digest, metadata, tree};
use crate::index::{
    FileEntry, IndexPage, Listing, Merge, Metadata, MetadataFile, MetadataSource, Page, Project,
};
use crate::package::{Digest, DirectUrl, DistName, IndexUrl, PackageName};
use crate::solve::FileAt;

/// A question for what a direct reference points to.
#[derive(Clone, Debug)]
pub(super) struct DirectQuestion {
    file: FileQuestion,
    reference: DirectUrl,
    place: Place,
}

/// What a reference points to.
#[derive(Clone, Debug)]
enum Place {
    Archive,
    Folder(PathBuf),
    Commit,
}

impl DirectQuestion {
    /// Asks for a direct reference, by its name where that is known.
    pub(super) fn new(name: Option<&PackageName>, url: &DirectUrl) -> Result<Self, FetchError> {
        let segments = url.url.path_segments();
        let last = segments.and_then(|segments| segments.rev().find(|part| !part.is_empty()));
        let filename = decoded(last.unwrap_or("/"));
        let guess = || guess(&filename).or_else(|| PackageName::new("unnamed".to_owned()).ok());
        let given: Arc<str> = shown(&url.url).into();
        let Some(known) = name.cloned().or_else(guess) else {
            return Err(nameless(&given));
        };
        let place = match &url.vcs {
            Some((vcs, _)) if vcs != "git" => {
                let asking = Asking::of(format!("`{filename}`"), &known, &given);
                let met = format!("repositories of {vcs} are not read, only those of git");
                return Err(asking.failed(FetchErrorKind::Unsupported, &url.url, met));
            }
            Some(_) => Place::Commit,
            None => folder(url).map_or(Place::Archive, Place::Folder),
        };
        let version = match place {
            Place::Archive => DistName::parse(&filename, &known).ok(),
            Place::Folder(_) | Place::Commit => None,
        };
        Ok(Self {
            file: FileQuestion {
                is_guess: name.is_none(),
                version: version.map(|dist| dist.version().clone()),
                name: known,
                filename,
                url: url.url.to_string(),
                digests: url.digests.clone(),
                advertised: MetadataFile::Absent,
                index: given,
                limit: MOST_DOWNLOAD,
            },
            reference: url.clone(),
            place,
        })
    }

    /// Returns what errors say was asked.
    pub(super) fn asking(&self) -> Arc<Asking> {
        self.file.asking()
    }

    /// Reads what it points to and makes it a project. A wheel whose digest is given need not be
    /// read whole; of any other file the digest is taken, so that a lock can hold it.
    pub(super) async fn answer(
        &self,
        engine: &Engine,
        reach: &Reach,
    ) -> Result<Arc<Project>, FetchError> {
        let shared = &engine.shared;
        let mut file = self.file.clone();
        let metadata = match &self.place {
            Place::Archive => match strongest(&file.digests) {
                Some(_) => self.of_archive(shared, reach, &file, None).await?,
                None => self.of_unknown(shared, reach, &mut file).await?,
            },
            Place::Folder(folder) => self.of_folder(shared, &file, folder).await?,
            Place::Commit => self.of_commit(shared, reach, &mut file).await?,
        };
        file.name = metadata.name.clone();
        let project = project(&file, &metadata, matches!(self.place, Place::Archive));
        let metadata = Metadata::clone(&metadata);
        let metadata = Arc::new(build::remarked(shared, metadata));
        remember(engine, &project, metadata);
        Ok(Arc::new(project))
    }

    /// Reads an archive of which no digest is given, and takes that; what makes no sense is read once
    /// more, past all caches.
    async fn of_unknown(
        &self,
        shared: &Arc<Shared>,
        reach: &Reach,
        file: &mut FileQuestion,
    ) -> Result<Arc<Metadata>, FetchError> {
        let given = file.digests.len();
        let mut reload = false;
        loop {
            let mut taken = digest::take(shared, reach, file, reload).await?;
            let body = taken.body.take();
            let is_at_hand = body.is_some();
            file.digests.push(taken.digest.clone());
            let read = self.of_archive(shared, reach, file, body).await;
            match read {
                Err(error) if is_damaged(&error) && is_at_hand && !reload => {
                    file.digests.truncate(given);
                    reload = true;
                }
                Err(error) => return Err(error),
                Ok(metadata) => {
                    taken.remember(shared);
                    return Ok(metadata);
                }
            }
        }
    }

    async fn of_archive(
        &self,
        shared: &Arc<Shared>,
        reach: &Reach,
        file: &FileQuestion,
        at_hand: Option<Body>,
    ) -> Result<Arc<Metadata>, FetchError> {
        if self.reference.subdirectory.is_some() && !file.is_wheel() {
            return self.of_archive_folder(shared, reach, file, at_hand).await;
        }
        let read = metadata::answer_with(shared, reach, file, at_hand).await;
        let name = guess(&file.filename).filter(|_| file.is_guess);
        if let Some(name) = &name {
            self.call(shared, name);
        }
        let name = match file.is_guess {
            true => name.as_ref(),
            false => Some(&file.name),
        };
        if !wants_build(&read) || !shared.may_build(name) {
            return read;
        }
        match build::stored(shared, file) {
            Some(metadata) => Ok(Arc::new(metadata)),
            None => build::of_archive(shared, reach, file).await,
        }
    }

    /// Reads a project in a folder of an archive, which has to be unpacked for it.
    async fn of_archive_folder(
        &self,
        shared: &Arc<Shared>,
        reach: &Reach,
        file: &FileQuestion,
        at_hand: Option<Body>,
    ) -> Result<Arc<Metadata>, FetchError> {
        let digest = strongest(&file.digests).map(Digest::to_string);
        let digest = digest.unwrap_or_default();
        let request = file.request("", archive::MOST_SDIST)?;
        // What lies on this disk is read each time.
        let is_kept = request.url.scheme() != "file";
        if is_kept && let Some(metadata) = self.stored(shared, file, &digest) {
            return Ok(Arc::new(metadata));
        }
        let body = match at_hand {
            Some(body) => body,
            None => archive::whole(reach, &request, file, false).await?.0,
        };
        let disk = |met: String| request.failed(FetchErrorKind::Disk, met);
        let bytes = body.into_bytes().map_err(|error| disk(error.to_string()))?;
        let room = tempfile::tempdir().map_err(|error| disk(error.to_string()))?;
        let bad = |met: String| request.failed(FetchErrorKind::BadMetadata, met);
        let root = unpack(&bytes, &file.filename, room.path()).map_err(bad)?;
        let project = tree::project_in(&root, self.reference.subdirectory.as_deref());
        let read = self
            .of_tree(shared, file, &project.map_err(bad)?, || Ok(()))
            .await;
        if is_kept && let Ok(metadata) = &read {
            self.keep(shared, &digest, metadata);
        }
        read
    }

    async fn of_folder(
        &self,
        shared: &Arc<Shared>,
        file: &FileQuestion,
        folder: &Path,
    ) -> Result<Arc<Metadata>, FetchError> {
        let project = tree::project_in(folder, self.reference.subdirectory.as_deref());
        let disk = |met| failed(file, FetchErrorKind::Disk, met);
        self.of_tree(shared, file, &project.map_err(disk)?, || Ok(()))
            .await
    }

    async fn of_commit(
        &self,
        shared: &Arc<Shared>,
        reach: &Reach,
        file: &mut FileQuestion,
    ) -> Result<Arc<Metadata>, FetchError> {
        let revision = self.reference.vcs.as_ref().and_then(|(_, rev)| rev.clone());
        let known = match revision.filter(|revision| is_commit(revision)) {
            Some(commit) => Some(commit),
            None if shared.policy.offline && !is_here(&self.reference.url) => {
                self.last_seen(shared)
            }
            None => None,
        };
        if let Some(commit) = known
            && let Some(metadata) = self.stored(shared, file, &commit)
        {
            file.url = format!("{}@{commit}", file.url);
            return Ok(Arc::new(metadata));
        }
        let is_out_of_reach = shared.policy.offline || matches!(reach, Reach::Cache);
        if is_out_of_reach && !is_here(&self.reference.url) {
            let met = "it is not in the cache, and the network is off".to_owned();
            return Err(failed(file, FetchErrorKind::Offline, met));
        }
        let reference = self.reference.clone();
        let checkout = aside(move || check_out(&reference)).await;
        let checkout = checkout.map_err(|error: BuildError| failed(file, error.kind, error.met))?;
        let commit = checkout.commit.clone();
        let stored = self.stored(shared, file, &commit);
        let metadata = match stored {
            Some(metadata) => Arc::new(metadata),
            None => {
                let path = checkout.path();
                let project = tree::project_in(&path, self.reference.subdirectory.as_deref());
                let bad = |met| failed(file, FetchErrorKind::BadMetadata, met);
                let more = || checkout.fetch_submodules();
                let metadata = self
                    .of_tree(shared, file, &project.map_err(bad)?, more)
                    .await?;
                self.keep(shared, &commit, &metadata);
                metadata
            }
        };
        if self.last_seen(shared).as_ref() != Some(&commit) {
            shared.keep(self.seen_key(), commit.as_bytes());
        }
        file.url = format!("{}@{commit}", file.url);
        Ok(metadata)
    }

    /// Reads a source tree, or builds it where that is needed and allowed, after `prepare`.
    async fn of_tree(
        &self,
        shared: &Arc<Shared>,
        file: &FileQuestion,
        project: &Path,
        prepare: impl FnOnce() -> Result<(), BuildError>,
    ) -> Result<Arc<Metadata>, FetchError> {
        let read = tree::read(shared, file, project, MetadataSource::Project).map(Arc::new);
        let name = match file.is_guess {
            true => tree::own_name(project),
            false => Some(file.name.clone()),
        };
        if let Some(name) = &name {
            self.call(shared, name);
        }
        if !wants_build(&read) || !shared.may_build(name.as_ref()) {
            return read;
        }
        prepare().map_err(|error| failed(file, error.kind, error.met))?;
        build::of_tree(shared, file, project).await.map(Arc::new)
    }

    /// Remembers what it calls itself, for whoever asks although the rest is not known.
    fn call(&self, shared: &Shared, name: &PackageName) {
        lock(&shared.called).insert(self.reference.clone(), name.clone());
    }

    /// Returns what the cache holds of a commit, or of an archive by its digest: neither ever changes.
    fn stored(&self, shared: &Shared, file: &FileQuestion, commit: &str) -> Option<Metadata> {
        let cache = shared.cache.as_ref()?;
        let name = Some(&file.name).filter(|_| !file.is_guess);
        let builder = shared.builder.as_ref();
        let minor = builder
            .filter(|builder| builder.allows(name))
            .map(|builder| builder.minor());
        let mut records = [Some(""), minor].into_iter().flatten();
        let record = records.find_map(|minor| cache.get(self.key(commit, minor)))?;
        let metadata = Metadata::decode(&record, &mut lock(&shared.markers)).ok()?;
        file.check(&metadata).ok()?;
        shared.statistics.hit();
        Some(metadata)
    }

    /// Returns the commit that a branch or a tag stood for when it was asked for last.
    fn last_seen(&self, shared: &Shared) -> Option<String> {
        let commit = shared.cache.as_ref()?.get(self.seen_key())?;
        String::from_utf8(commit.to_vec()).ok()
    }

    fn seen_key(&self) -> Key {
        let url = IndexUrl::redacted(self.reference.url.as_str());
        let revision = self
            .reference
            .vcs
            .as_ref()
            .and_then(|(_, rev)| rev.as_deref());
        Key::of(Kind::Seen, &[&url, revision.unwrap_or_default()])
    }

    fn keep(&self, shared: &Shared, commit: &str, metadata: &Metadata) {
        let builder = shared.builder.as_ref();
        let minor = builder.filter(|_| metadata.source == MetadataSource::Built);
        let minor = minor.map_or("", |builder| builder.minor());
        shared.keep(self.key(commit, minor), &metadata.encode());
    }

    fn key(&self, commit: &str, minor: &str) -> Key {
        let url = IndexUrl::redacted(self.reference.url.as_str());
        let subdirectory = self.reference.subdirectory.as_deref().unwrap_or_default();
        Key::of(Kind::Commit, &[&url, commit, subdirectory, minor])
    }
}

/// Whether another answer of the server may do better.
fn is_damaged(error: &FetchError) -> bool {
    use FetchErrorKind::{BadBody, BadMetadata, DigestMismatch};
    matches!(error.kind, BadBody | BadMetadata | DigestMismatch)
}

/// Whether only a build can tell for sure.
pub(super) fn wants_build(read: &Result<Arc<Metadata>, FetchError>) -> bool {
    match read {
        Ok(metadata) => matches!(
            metadata.source,
            MetadataSource::SdistUnverified | MetadataSource::SetupScript
        ),
        Err(error) => error.kind == FetchErrorKind::NeedsBuild,
    }
}

fn failed(file: &FileQuestion, kind: FetchErrorKind, met: String) -> FetchError {
    FetchError {
        kind,
        asking: file.asking(),
        url: String::new(),
        met: IndexUrl::redacted(&met),
    }
}

/// The name in a source archive's file name: what stands before the first number.
fn guess(filename: &str) -> Option<PackageName> {
    let ending = [".tar.gz", ".tgz", ".zip", ".tar"]
        .into_iter()
        .find_map(|ending| filename.strip_suffix(ending))?;
    let starts_version = |at: &usize| ending[at + 1..].starts_with(|c: char| c.is_ascii_digit());
    let at = ending
        .match_indices('-')
        .map(|(at, _)| at)
        .find(starts_version)?;
    PackageName::new(ending[..at].to_owned()).ok()
}

fn nameless(given: &Arc<str>) -> FetchError {
    FetchError {
        kind: FetchErrorKind::Setup,
        asking: Arc::new(Asking {
            what: format!("`{given}`"),
            package: None,
            index: None,
        }),
        url: String::new(),
        met: "it has no name".to_owned(),
    }
}

fn folder(url: &DirectUrl) -> Option<PathBuf> {
    let path = (url.url.scheme() == "file").then(|| url.url.to_file_path().ok())??;
    path.is_dir().then_some(path)
}

/// Makes the project of one file. Its name on the page is one that a page can hold: archives of
/// direct references may be called anything.
fn project(file: &FileQuestion, metadata: &Metadata, is_archive: bool) -> Project {
    let is_proper = is_archive && DistName::parse(&file.filename, &file.name).is_ok();
    let filename = match is_proper {
        true => file.filename.clone(),
        false => format!("{}-{}.tar.gz", file.name, metadata.version),
    };
    let entry = FileEntry {
        filename,
        url: file.url.clone(),
        digests: file.digests.clone(),
        ..FileEntry::default()
    };
    let listing = Listing {
        files: vec![entry],
        ..Listing::default()
    };
    Project {
        name: file.name.clone(),
        pages: vec![IndexPage {
            index: Arc::clone(&file.index),
            page: Page::build(&file.name, listing),
        }],
        merge: Merge::Best,
    }
}

/// Answers the question for the metadata of the project's one file in advance.
fn remember(engine: &Engine, project: &Project, metadata: Arc<Metadata>) {
    let only = FileAt { page: 0, file: 0 };
    if let Some(listed) = FileQuestion::new(&engine.shared, project, only)
        && let Claim::Mine(duty) = engine.records.claim(FileKey::of(&listed))
    {
        duty.answer(Ok(metadata));
    }
}
