//! Direct references: a wheel or a source archive at an address of its own, made into a project of
//! one version. Folders and version control want a build and are refused here with that reason.

use std::sync::Arc;

use super::archive;
use super::body::{Verdict, strongest};
use super::engine::{Engine, FileKey};
use super::error::{Asking, FetchError, FetchErrorKind, shown};
use super::file::FileQuestion;
use super::metadata;
use super::once::Claim;
use super::shared::Reach;
use crate::index::{FileEntry, IndexPage, Listing, Merge, Metadata, MetadataFile, Page, Project};
use crate::package::{DirectUrl, Digest, DistName, PackageName};

/// A question for what a direct reference points to.
#[derive(Clone, Debug)]
pub(super) struct DirectQuestion {
    file: FileQuestion,
}

impl DirectQuestion {
    /// Asks for a direct reference.
    pub(super) fn new(name: &PackageName, url: &DirectUrl) -> Result<Self, FetchError> {
        let given: Arc<str> = shown(&url.url).into();
        let asking = Asking::of(format!("`{name}`"), name, &given);
        let refused = |met: &str| asking.failed(FetchErrorKind::NeedsBuild, &url.url, met);
        if let Some((vcs, _)) = &url.vcs {
            return Err(refused(&format!("a checkout by {vcs} has to be built to tell what it needs")));
        }
        let segments = url.url.path_segments();
        let last = segments.and_then(|mut segments| segments.next_back());
        let filename = last.unwrap_or_default();
        if is_folder(url) || filename.is_empty() {
            return Err(refused("a folder has to be built to tell what it needs"));
        }
        let version = DistName::parse(filename, name).ok();
        Ok(Self {
            file: FileQuestion {
                name: name.clone(),
                version: version.map(|dist| dist.version().clone()),
                filename: filename.to_owned(),
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

    /// Reads the file and makes it a project. A wheel whose digest is given need not be whole; of
    /// any other file the digest is taken from its bytes, so that a lock can hold it.
    pub(super) async fn answer(
        &self,
        engine: &Engine,
        reach: &Reach,
    ) -> Result<Arc<Project>, FetchError> {
        let mut file = self.file.clone();
        if strongest(&file.digests).is_none() {
            let request = file.request("", archive::MOST_SDIST)?;
            let (mut body, verdict) = archive::whole(reach, &request, &file, false).await?;
            debug_assert_eq!(verdict, Verdict::Unknown);
            let digest = body
                .sha256()
                .map_err(|error| request.failed(FetchErrorKind::Disk, error.to_string()))?;
            file.digests.push(digest);
        }
        let metadata = metadata::answer(&engine.shared, reach, &file).await?;
        let project = project(&file, &metadata);
        let listed = FileQuestion::new(&engine.shared, &project, crate::solve::FileAt {
            page: 0,
            file: 0,
        });
        if let Some(listed) = listed
            && let Claim::Mine(duty) = engine.records.claim(FileKey::of(&listed))
        {
            duty.answer(Ok(metadata));
        }
        Ok(Arc::new(project))
    }
}

fn is_folder(url: &DirectUrl) -> bool {
    url.url.scheme() == "file" && url.url.to_file_path().is_ok_and(|path| path.is_dir())
}

/// Makes the project of one file. Its name on the page is one that a page can hold: archives of
/// direct references may be called anything.
fn project(file: &FileQuestion, metadata: &Metadata) -> Project {
    let is_proper = DistName::parse(&file.filename, &file.name).is_ok();
    let filename = match is_proper {
        true => file.filename.clone(),
        false => format!("{}-{}.tar.gz", file.name, metadata.version),
    };
    let entry = FileEntry {
        filename,
        url: file.url.clone(),
        digests: file.digests.iter().map(Digest::clone).collect(),
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
