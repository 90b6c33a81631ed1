//! The metadata of a source archive or tree by way of a build: remembered by what was built and by
//! which Python, and checked like any other.

use std::path::Path;
use std::sync::Arc;

use super::error::BuildError;
use super::isolated::{Circumstances, metadata_of};
use super::options::BuildOptions;
use super::pip::{Variables, variables};
use super::unpack::unpack;
use crate::fetch::archive;
use crate::fetch::body::strongest;
use crate::fetch::error::{FetchError, FetchErrorKind};
use crate::fetch::file::FileQuestion;
use crate::fetch::indexes::Indexes;
use crate::fetch::key::{Key, Kind};
use crate::fetch::once::lock;
use crate::fetch::options::FetchOptions;
use crate::fetch::progress::Event;
use crate::fetch::shared::{Reach, Shared};
use crate::index::{Metadata, MetadataSource};
use crate::package::{Digest, PackageName};

/// Builds what was allowed.
pub(in crate::fetch) struct Builder {
    options: BuildOptions,
    pip: Variables,
    hidden: Vec<String>,
    is_offline: bool,
}

impl Builder {
    /// Prepares to build; `None` where nothing may be.
    pub(in crate::fetch) fn new(
        options: BuildOptions,
        fetch: &FetchOptions,
        indexes: &Indexes,
        is_offline: bool,
    ) -> Option<Self> {
        let builder = || Self {
            pip: variables(fetch, indexes, is_offline, options.allows_all()),
            hidden: fetch
                .variables
                .iter()
                .map(|(name, _)| name.clone())
                .collect(),
            is_offline,
            options: options.clone(),
        };
        options.allows_any().then(builder)
    }

    /// Whether a package may be built; one whose name nobody knows yet only if all may.
    pub(in crate::fetch) fn allows(&self, name: Option<&PackageName>) -> bool {
        match name {
            Some(name) => self.options.allows(name),
            None => self.options.allows_all(),
        }
    }

    /// The Python that builds, as builds are remembered under.
    pub(in crate::fetch) fn minor(&self) -> &str {
        self.options
            .python
            .as_ref()
            .map_or("", |python| &python.minor)
    }

    fn remark(&self) -> Option<&str> {
        let python = self.options.python.as_ref().ok()?;
        python.remark.as_deref()
    }

    fn metadata_of(&self, source: &Path) -> Result<Vec<u8>, BuildError> {
        let circumstances = Circumstances {
            options: &self.options,
            pip: &self.pip,
            hidden: &self.hidden,
            is_offline: self.is_offline,
        };
        metadata_of(&circumstances, source)
    }
}

/// Builds a source archive for its metadata.
pub(in crate::fetch) async fn of_archive(
    shared: &Arc<Shared>,
    reach: &Reach,
    file: &FileQuestion,
) -> Result<Arc<Metadata>, FetchError> {
    let request = file.request("", archive::MOST_SDIST)?;
    let (body, _) = archive::whole(reach, &request, file, false).await?;
    let bytes = body
        .into_bytes()
        .map_err(|error| request.failed(FetchErrorKind::Disk, error.to_string()))?;
    let work = {
        let (shared, file) = (Arc::clone(shared), file.clone());
        move || {
            let room = tempfile::tempdir().map_err(|error| BuildError::of_disk(&error))?;
            let source = unpack(&bytes, &file.filename, room.path());
            let source = source
                .map_err(|met| BuildError::of_version(format!("it cannot be unpacked: {met}")))?;
            build(&shared, &file, &source)
        }
    };
    let metadata = aside(work).await.map_err(|error| failed(file, error))?;
    if let Some(key) = key(shared, &file.digests) {
        shared.keep(key, &metadata.encode());
    }
    Ok(Arc::new(remarked(shared, metadata)))
}

/// Builds a source tree for its metadata.
pub(in crate::fetch) async fn of_tree(
    shared: &Arc<Shared>,
    file: &FileQuestion,
    source: &Path,
) -> Result<Metadata, FetchError> {
    let work = {
        let (shared, file, source) = (Arc::clone(shared), file.clone(), source.to_owned());
        move || build(&shared, &file, &source)
    };
    aside(work).await.map_err(|error| failed(file, error))
}

fn build(shared: &Shared, file: &FileQuestion, source: &Path) -> Result<Metadata, BuildError> {
    let builder = shared
        .builder
        .as_ref()
        .ok_or_else(|| BuildError::of_machine("no build was allowed"))?;
    shared.tell(Event::BuildStarted(&file.filename));
    let built = builder.metadata_of(source);
    shared.tell(Event::BuildEnded(&file.filename));
    let built = built?;
    let metadata = Metadata::parse(&built, MetadataSource::Built, &mut lock(&shared.markers))
        .map_err(|error| BuildError::of_version(format!("its build gave {error}")))?;
    file.check(&metadata).map_err(BuildError::of_version)?;
    Ok(metadata)
}

/// Does slow work off the tasks; on a thread that has none, here.
pub(in crate::fetch) async fn aside<T, E>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, E>
where
    T: Send + 'static,
    E: From<BuildError> + Send + 'static,
{
    let Ok(runtime) = tokio::runtime::Handle::try_current() else {
        return work();
    };
    let ended = runtime.spawn_blocking(work).await;
    ended.unwrap_or_else(|_| Err(BuildError::of_machine("the work on it was given up").into()))
}

fn failed(file: &FileQuestion, error: BuildError) -> FetchError {
    FetchError {
        kind: error.kind,
        asking: file.asking(),
        url: String::new(),
        met: error.met,
    }
}

/// Adds to metadata of a build what is to be said of the Python that built it: nothing that the
/// cache should hold, as it is the target that decides.
pub(in crate::fetch) fn remarked(shared: &Shared, mut metadata: Metadata) -> Metadata {
    let remark = shared.builder.as_ref().and_then(Builder::remark);
    if let Some(remark) = remark.map(str::to_owned)
        && metadata.source == MetadataSource::Built
        && !metadata.warnings.contains(&remark)
    {
        metadata.warnings.push(remark);
    }
    metadata
}

/// Returns what a former build told.
pub(in crate::fetch) fn stored(shared: &Shared, file: &FileQuestion) -> Option<Metadata> {
    let record = shared.cache.as_ref()?.get(key(shared, &file.digests)?)?;
    let metadata = Metadata::decode(&record, &mut lock(&shared.markers)).ok()?;
    file.check(&metadata).ok()?;
    shared.statistics.hit();
    Some(remarked(shared, metadata))
}

fn key(shared: &Shared, digests: &[Digest]) -> Option<Key> {
    let digest = strongest(digests)?.to_string();
    let minor = shared.builder.as_ref()?.minor();
    Some(Key::of(Kind::Built, &[&digest, minor]))
}
