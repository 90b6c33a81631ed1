//! Direct references: a wheel or a source archive at an address of its own, or a folder, made into
//! a project of one version. What only a build or a checkout could tell is refused here with that
//! reason.

use std::path::PathBuf;
use std::sync::Arc;

use super::archive;
use super::body::strongest;
use super::engine::{Engine, FileKey};
use super::error::{Asking, FetchError, FetchErrorKind, shown};
use super::file::FileQuestion;
use super::metadata;
use super::once::Claim;
use super::shared::{Reach, Shared};
use crate::index::{
    FileEntry, IndexPage, Listing, Merge, Metadata, MetadataFile, MetadataSource, Page, Project,
    SdistReading, read_project,
};
use crate::package::{DirectUrl, DistName, MarkerTexts, PackageName};
use crate::solve::FileAt;

/// The largest `pyproject.toml` that is read.
const MOST_PYPROJECT: u64 = 4 << 20;

/// A question for what a direct reference points to.
#[derive(Clone, Debug)]
pub(super) struct DirectQuestion {
    file: FileQuestion,
    /// The folder, if it is one on this machine.
    folder: Option<PathBuf>,
}

impl DirectQuestion {
    /// Asks for a direct reference.
    pub(super) fn new(name: &PackageName, url: &DirectUrl) -> Result<Self, FetchError> {
        let given: Arc<str> = shown(&url.url).into();
        if let Some((vcs, _)) = &url.vcs {
            let asking = Asking::of(format!("`{name}`"), name, &given);
            let met = format!("a {vcs} checkout has to be built to tell what it needs");
            return Err(asking.failed(FetchErrorKind::NeedsBuild, &url.url, met));
        }
        let segments = url.url.path_segments();
        let last = segments.and_then(|mut segments| segments.next_back());
        let filename = last.unwrap_or_default().to_owned();
        let version = DistName::parse(&filename, name).ok();
        Ok(Self {
            folder: folder(url),
            file: FileQuestion {
                name: name.clone(),
                version: version.map(|dist| dist.version().clone()),
                filename,
                url: url.url.to_string(),
                digests: url.digests.clone(),
                advertised: MetadataFile::Absent,
                index: given,
            },
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
        let mut file = self.file.clone();
        let metadata = match &self.folder {
            Some(folder) => Arc::new(self.read_folder(folder)?),
            None => {
                if strongest(&file.digests).is_none() {
                    file.digests.push(digest(reach, &file).await?);
                }
                metadata::answer(&engine.shared, reach, &file).await?
            }
        };
        let project = project(&file, &metadata, self.folder.is_some());
        remember(engine, &engine.shared, &project, metadata);
        Ok(Arc::new(project))
    }

    fn read_folder(&self, folder: &std::path::Path) -> Result<Metadata, FetchError> {
        let request = self.file.request("/pyproject.toml", MOST_PYPROJECT)?;
        let failed = |kind, met: String| request.failed(kind, met);
        let builds = |met: String| failed(FetchErrorKind::NeedsBuild, met);
        let path = folder.join("pyproject.toml");
        let text = std::fs::read_to_string(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => {
                builds("a folder without `pyproject.toml` has to be built".to_owned())
            }
            _ => failed(FetchErrorKind::Disk, error.to_string()),
        })?;
        let markers = &mut MarkerTexts::default();
        match read_project(&text, None, MetadataSource::Project, markers) {
            Ok(SdistReading::Static(metadata) | SdistReading::Unverified(metadata)) => {
                let bad = |met| failed(FetchErrorKind::BadMetadata, met);
                self.file.check(&metadata).map(|()| metadata).map_err(bad)
            }
            Ok(SdistReading::Dynamic { reason }) => Err(builds(reason)),
            Err(error) => Err(failed(FetchErrorKind::BadMetadata, error.to_string())),
        }
    }
}

fn folder(url: &DirectUrl) -> Option<PathBuf> {
    let path = (url.url.scheme() == "file").then(|| url.url.to_file_path().ok())??;
    path.is_dir().then_some(path)
}

/// Takes the digest of a file that none was given for.
async fn digest(reach: &Reach, file: &FileQuestion) -> Result<crate::package::Digest, FetchError> {
    let request = file.request("", archive::MOST_SDIST)?;
    let (mut body, _) = archive::whole(reach, &request, file, false).await?;
    body.sha256()
        .map_err(|error| request.failed(FetchErrorKind::Disk, error.to_string()))
}

/// Makes the project of one file. Its name on the page is one that a page can hold: archives of
/// direct references may be called anything.
fn project(file: &FileQuestion, metadata: &Metadata, is_folder: bool) -> Project {
    let is_proper = !is_folder && DistName::parse(&file.filename, &file.name).is_ok();
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
fn remember(engine: &Engine, shared: &Shared, project: &Project, metadata: Arc<Metadata>) {
    let only = FileAt { page: 0, file: 0 };
    if let Some(listed) = FileQuestion::new(shared, project, only)
        && let Claim::Mine(duty) = engine.records.claim(FileKey::of(&listed))
    {
        duty.answer(Ok(metadata));
    }
}
