//! The laws that hold for several parsers: places are in their texts, and a page can be looked at
//! wherever it comes from.

use super::{base, project};
use crate::index::{Listing, Page, decode_page, decode_simple};
use crate::source::{Origin, Problem};

pub(super) fn check_places<'a>(
    problems: &'a [Problem],
    origins: impl IntoIterator<Item = &'a Origin>,
) {
    let of_problems = problems
        .iter()
        .filter_map(|problem| problem.origin.as_ref());
    for origin in origins.into_iter().chain(of_problems) {
        let span = origin.span;
        let text = origin.file.text();
        assert!(
            text.get(span.start..span.end).is_some(),
            "{span:?} in {text:?}"
        );
    }
}

pub(super) fn read_page(content_type: &str, bytes: &[u8]) {
    let Some(base) = base() else { return };
    if let Ok(listing) = decode_simple(content_type, bytes, &base) {
        let at_once = decode_page(&project(), content_type, bytes, &base);
        assert_eq!(at_once, Ok(Page::build(&project(), listing.clone())));
        pages_of(listing);
    }
}

pub(super) fn pages_of(listing: Listing) {
    let page = Page::build(&project(), listing);
    look_at(&page);
    assert_eq!(Page::from_bytes(page.as_bytes().to_vec().into()), Ok(page));
}

pub(super) fn look_at(page: &Page) {
    let _ = (page.tag_strings().count(), page.python_strings().count());
    let _ = (
        page.status(),
        page.alternates().count(),
        page.tracks().count(),
    );
    let _ = page.skipped();
    for version in 0..=page.len() {
        let _ = (page.version(version), page.is_prerelease(version));
        let _ = (page.find(page.key(version)), page.files(version));
    }
    for at in 0..=page.file_count() {
        let file = page.file(at);
        let _ = (
            file.filename(),
            file.url(),
            file.digests().count(),
            file.metadata(),
        );
        let _ = (file.tags(), file.build_tag(), file.requires_python());
        let _ = (file.size(), file.upload_time(), file.yanked());
        let _ = page.version_of(at);
    }
}
