//! Indexes and files on this machine's disk, under `file:` addresses.

use std::path::{Path, PathBuf};

use url::Url;

use super::body::{Body, BodyError, sha256_of};
use super::error::{FetchError, FetchErrorKind};
use super::request::Request;
use crate::index::{Listing, decode_find_links, list_folder};

/// What a local page is taken for: folders hold no content types.
const HTML: &str = "text/html; charset=utf-8";

/// Returns the path of a `file:` address.
pub(super) fn path(request: &Request) -> Result<PathBuf, FetchError> {
    request
        .url
        .to_file_path()
        .map_err(|()| request.failed(FetchErrorKind::Disk, "not a path on this machine"))
}

/// Opens a file; one that is not there is `NotFound`.
pub(super) fn open(request: &Request) -> Result<Body, FetchError> {
    let path = path(request)?;
    let failed = |error: std::io::Error| {
        let kind = match error.kind() {
            std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => {
                FetchErrorKind::NotFound
            }
            _ => FetchErrorKind::Disk,
        };
        request.failed(kind, error.to_string())
    };
    let file = std::fs::File::open(&path).map_err(failed)?;
    Body::of_file(file, request.limit).map_err(|error| match error {
        BodyError::TooLarge(limit) => {
            let met = format!("larger than {limit} bytes");
            request.failed(FetchErrorKind::TooLarge, met)
        }
        BodyError::Broken(error) => failed(error),
    })
}

/// Reads a project's folder of a local index, or a flat folder or page: an `index.html` in it
/// where there is one, else the names of its files.
pub(super) fn list(request: &Request) -> Result<Listing, FetchError> {
    let path = path(request)?;
    if path.is_file() {
        return decode(request, &request.url);
    }
    let index = path.join("index.html");
    if index.is_file() {
        let mut page = request.clone();
        page.url = Url::from_file_path(&index).unwrap_or_else(|()| request.url.clone());
        return decode(&page, &page.url);
    }
    let names = names(&path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => request.failed(FetchErrorKind::NotFound, "no such folder"),
        _ => request.failed(FetchErrorKind::Disk, error.to_string()),
    })?;
    Ok(list_folder(names.iter().map(String::as_str), &request.url))
}

fn decode(request: &Request, base: &Url) -> Result<Listing, FetchError> {
    let failed = |met: String| request.failed(FetchErrorKind::BadBody, met);
    let bytes = open(request)?
        .into_bytes()
        .map_err(|_| failed("there is no room to keep it".to_owned()))?;
    decode_find_links(HTML, &bytes, base).map_err(|error| failed(error.to_string()))
}

/// Takes the digests of local files that nobody tells: a lock has to name them (PEP 751), and
/// `--hash` may demand them. What cannot be read now fails where it is needed.
pub(super) fn add_digests(listing: &mut Listing) {
    for entry in listing
        .files
        .iter_mut()
        .filter(|entry| entry.digests.is_empty())
    {
        let path = Url::parse(&entry.url)
            .ok()
            .filter(|url| url.scheme() == "file")
            .and_then(|url| url.to_file_path().ok());
        let digest = path.and_then(|path| sha256_of(&mut std::fs::File::open(path).ok()?).ok());
        entry.digests.extend(digest);
    }
}

/// Returns the names in a folder, sorted: the disk's own order is nobody's.
fn names(folder: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        names.extend(entry?.file_name().into_string().ok());
    }
    names.sort();
    Ok(names)
}
