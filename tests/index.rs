//! Recorded and invented answers of indexes, each with what is read from it beside it.
//!
//! `PYAUDIT_RENEW=1 cargo test --test index` writes the expectations anew; read the difference.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use pyaudit::index::{
    FileEntry, Listing, Metadata, MetadataFile, MetadataSource, Page, decode_simple,
};
use pyaudit::package::{MarkerTexts, PackageName};
use url::Url;

/// Compares what is read from each file of a folder with the `.expected` file beside it.
#[track_caller]
fn check_folder(folder: &str, read: impl Fn(&[u8]) -> String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/index")
        .join(folder);
    let mut cases = 0;
    for entry in fs::read_dir(folder).expect("the fixtures can be read") {
        let input = entry.expect("the fixtures can be read").path();
        if input
            .extension()
            .is_some_and(|extension| extension == "expected")
        {
            continue;
        }
        let expectation = input.with_extension("expected");
        let found = read(&fs::read(&input).expect("the fixtures can be read"));
        if std::env::var_os("PYAUDIT_RENEW").is_some() {
            fs::write(&expectation, &found).expect("the fixtures can be read");
        }
        let expected = fs::read_to_string(&expectation).unwrap_or_default();
        assert_eq!(found, expected, "{}", input.display());
        cases += 1;
    }
    assert!(cases > 0);
}

fn show_page(content_type: &str, body: &[u8]) -> String {
    let base = Url::parse("https://user:secret@index.example/simple/a/").expect("a URL");
    match decode_simple(content_type, body, &base) {
        Ok(listing) => show_listing(&listing),
        Err(error) => format!("error: {error}\n"),
    }
}

fn show_listing(listing: &Listing) -> String {
    let mut shown = String::new();
    for entry in &listing.files {
        show_entry(entry, &mut shown);
    }
    if let Some(status) = &listing.status {
        writeln!(shown, "status: {status}").expect("a string takes all");
    }
    if !listing.tracks.is_empty() || !listing.alternates.is_empty() {
        writeln!(
            shown,
            "tracks {:?}, alternates {:?}",
            listing.tracks, listing.alternates
        )
        .expect("a string takes all");
    }
    writeln!(shown, "unreadable: {}", listing.unreadable).expect("a string takes all");
    shown
}

fn show_entry(entry: &FileEntry, shown: &mut String) {
    writeln!(shown, "{}\n  {}", entry.filename, entry.url).expect("a string takes all");
    for digest in &entry.digests {
        writeln!(shown, "  {digest}").expect("a string takes all");
    }
    if let Some(python) = &entry.requires_python {
        writeln!(shown, "  python {python}").expect("a string takes all");
    }
    if let Some(size) = entry.size {
        writeln!(shown, "  {size} bytes").expect("a string takes all");
    }
    if let Some(time) = entry.upload_time {
        writeln!(shown, "  uploaded {time}").expect("a string takes all");
    }
    if let Some(reason) = &entry.yanked {
        writeln!(shown, "  yanked {reason:?}").expect("a string takes all");
    }
    if entry.metadata != MetadataFile::NotSaid {
        writeln!(shown, "  metadata {:?}", entry.metadata).expect("a string takes all");
    }
}

fn show_metadata(bytes: &[u8]) -> String {
    let mut markers = MarkerTexts::default();
    let metadata = match Metadata::parse(bytes, MetadataSource::Wheel, &mut markers) {
        Ok(metadata) => metadata,
        Err(error) => return format!("error: {error}\n"),
    };
    let decoded = Metadata::decode(&metadata.encode().into(), &mut markers);
    assert_eq!(
        decoded.as_ref(),
        Ok(&metadata),
        "the record holds all of it"
    );
    let mut shown = format!("{} {}\n", metadata.name, metadata.version);
    if let Some(python) = &metadata.requires_python {
        writeln!(shown, "python {python}").expect("a string takes all");
    }
    for requirement in metadata.requires.all() {
        writeln!(shown, "requires {requirement}").expect("a string takes all");
    }
    for extra in &metadata.extras {
        writeln!(shown, "extra {extra}").expect("a string takes all");
    }
    if let Some(license) = &metadata.license {
        writeln!(shown, "license {license}").expect("a string takes all");
    }
    for warning in &metadata.warnings {
        writeln!(shown, "warning: {warning}").expect("a string takes all");
    }
    shown
}

#[test]
fn html_pages_read_as_recorded() {
    check_folder("simple-html", |body| show_page("text/html", body));
}

#[test]
fn json_pages_read_as_recorded() {
    check_folder("simple-json", |body| {
        show_page("application/vnd.pypi.simple.v1+json; charset=utf-8", body)
    });
}

#[test]
fn metadata_reads_as_recorded() {
    check_folder("metadata", show_metadata);
}

#[test]
fn only_the_content_types_of_indexes_are_read() {
    for content_type in [
        "",
        "text/plain",
        "application/json",
        "application/vnd.pypi.simple.v2+json",
    ] {
        assert!(show_page(content_type, b"<a href=a-1.zip>").contains("content type"));
    }
}

#[test]
fn a_page_shows_what_the_listing_said() {
    let base = Url::parse("https://index.example/").unwrap();
    let html = include_bytes!("../fixtures/index/simple-html/attributes.html");
    let listing = decode_simple("text/html", html, &base).unwrap();
    let mut entries = listing.files.clone();
    entries.sort_by(|one, other| one.filename.cmp(&other.filename));

    let page = Page::build(&PackageName::new("a".to_owned()).unwrap(), listing);
    let page = Page::from_bytes(page.as_bytes().to_vec().into()).unwrap();

    let versions: Vec<&str> = (0..page.len()).map(|at| page.version_text(at)).collect();
    assert_eq!(versions, ["1.0", "1.1", "1.2+cu118", "2"]);
    assert_eq!(page.status(), Some("archived"));
    for (at, entry) in entries.iter().enumerate() {
        let file = page.file(at);
        let python = file
            .requires_python()
            .and_then(|at| page.python_strings().nth(at));
        assert_eq!(file.filename(), entry.filename);
        assert_eq!(file.url(), entry.url);
        assert!(file.digests().eq(entry.digests.iter().cloned()));
        assert_eq!(python, entry.requires_python.as_deref());
        assert_eq!(file.upload_time(), entry.upload_time);
        assert_eq!(file.yanked(), entry.yanked.as_deref());
        assert_eq!(file.metadata(), entry.metadata);
    }
}
