//! A page of an index as the audit sees it: the files of one version, and what counts for all.

use super::sources::bare;
use crate::audit::{IndexFile, OnPage, plain};
use crate::index::{FileView, IndexPage, Page};
use crate::lock::ArtifactPlace;
use crate::package::Timestamp;

/// Returns what a page says of a version, and of the project.
pub(super) fn on_page(on: &IndexPage, key: &[u8], is_flat: bool) -> OnPage {
    let page = &on.page;
    let files = page.find(key).into_iter().flat_map(|at| page.files(at));
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
