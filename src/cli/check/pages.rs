//! A page of an index as the audit sees it: the files of one version, and what counts for all.

use super::sources::bare;
use crate::audit::{IndexFile, OnPage, plain};
use crate::index::{FileView, IndexPage, Page};
use crate::lock::ArtifactPlace;
use crate::package::{Timestamp, Version, VersionKey};

/// Returns the versions of a page that a package of a lock may be, the newest first: a pin without a
/// local version admits those with one (PEP 440, "Version matching").
pub(super) fn versions_of(page: &Page, version: &Version, is_pin: bool) -> Vec<usize> {
    let from = page.first_from(VersionKey::of(version).as_bytes());
    let admits = |at: &usize| {
        let there = page.version(*at);
        there == *version || is_pin && !version.is_local() && there.without_local() == *version
    };
    let mut versions: Vec<usize> = (from..page.len()).take_while(admits).collect();
    versions.reverse();
    versions
}

/// Returns what a page says of some versions, and of the project.
pub(super) fn on_page(on: &IndexPage, versions: &[usize], is_flat: bool) -> OnPage {
    let page = &on.page;
    let files = versions.iter().flat_map(|at| page.files(*at));
    let all = (0..page.file_count()).filter_map(|at| page.file(at).upload_time());
    OnPage {
        index: bare(&on.index),
        is_flat,
        files: files.map(|at| index_file(page, &page.file(at))).collect(),
        status: page.status().map(plain),
        same_as: page.alternates().chain(page.tracks()).map(bare).collect(),
        last_upload: all.max(),
        is_partial: page.skipped().unreadable > 0,
    }
}

/// Returns when the first file of a version was uploaded.
pub(super) fn uploaded(page: &Page, version: usize) -> Option<Timestamp> {
    let files = page.files(version);
    files.filter_map(|at| page.file(at).upload_time()).min()
}

fn index_file(page: &Page, file: &FileView<'_>) -> IndexFile {
    IndexFile {
        name: file.filename().to_owned(),
        host: ArtifactPlace::Url(file.url()).host(),
        digests: file.digests().collect(),
        size: file.size(),
        uploaded: file.upload_time(),
        requires_python: file
            .requires_python()
            .map(|at| page.python_string(at).to_owned()),
        yanked: file.yanked().map(plain),
    }
}
