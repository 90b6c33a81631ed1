//! The way to one file's metadata: the cache; for a wheel the `.metadata` beside it, else the
//! wheel's last bytes, else the whole wheel; for a source archive the archive.
//!
//! Metadata that came damaged never leads to another version in silence: it is checked against its
//! digest, asked for again, and read from the wheel itself. Only a file that is what its digest
//! says, and makes no sense all the same, speaks against its own version alone.

use std::sync::Arc;

use super::body::{Body, Verdict};
use super::error::{FetchError, FetchErrorKind};
use super::file::{FileQuestion, MOST_METADATA};
use super::http::Http;
use super::request::Response;
use super::shared::{Reach, Shared};
use super::{archive, wheel};
use crate::index::{Metadata, MetadataFile, MetadataSource};
use crate::package::Digest;

/// Finds the metadata of a file.
pub(super) async fn answer(
    shared: &Shared,
    reach: &Reach,
    file: &FileQuestion,
) -> Result<Arc<Metadata>, FetchError> {
    answer_with(shared, reach, file, None).await
}

/// Finds the metadata of a file that may be at hand already.
pub(super) async fn answer_with(
    shared: &Shared,
    reach: &Reach,
    file: &FileQuestion,
    at_hand: Option<Body>,
) -> Result<Arc<Metadata>, FetchError> {
    if let Some(metadata) = file.stored(shared) {
        return Ok(Arc::new(metadata));
    }
    if let Some(error) = file.stored_refusal(shared) {
        return Err(error);
    }
    let found = match at_hand {
        Some(_) => archive::metadata(shared, reach, file, at_hand).await,
        None => find(shared, reach, file).await,
    };
    match &found {
        Ok(metadata) => file.keep(shared, metadata),
        Err(error) => file.keep_refusal(shared, error),
    }
    found.map(Arc::new)
}

async fn find(shared: &Shared, reach: &Reach, file: &FileQuestion) -> Result<Metadata, FetchError> {
    let request = file.request("", 0)?;
    let is_local = request.url.scheme() == "file";
    match file.is_wheel() && !is_local {
        true => of_wheel(shared, reach.http(&request)?, reach, file).await,
        false => archive::metadata(shared, reach, file, None).await,
    }
}

async fn of_wheel(
    shared: &Shared,
    http: &Http,
    reach: &Reach,
    file: &FileQuestion,
) -> Result<Metadata, FetchError> {
    let mut warning = None;
    match &file.advertised {
        MetadataFile::Present(digest) => match sidecar(shared, http, file, digest.as_ref()).await {
            Ok(Some(metadata)) => return Ok(metadata),
            Ok(None) => {}
            Err(error) if is_doubtful(&error) => warning = Some(error.met),
            Err(error) => return Err(error),
        },
        MetadataFile::NotSaid if shared.habits.is_worth_probing(file) => {
            let found = probe(shared, http, file).await?;
            shared.habits.probed(file, found.is_some());
            if let Some(metadata) = found {
                return Ok(metadata);
            }
        }
        MetadataFile::NotSaid | MetadataFile::Absent => {}
    }
    let mut metadata = match wheel::by_ranges(shared, http, file).await {
        Ok(Some(metadata)) => metadata,
        Ok(None) => archive::metadata(shared, reach, file, None).await?,
        Err(error) => return Err(error),
    };
    metadata.warnings.extend(warning.map(|met| {
        format!(
            "the metadata beside `{}` could not be used ({met}), so it was read from the wheel",
            file.filename
        )
    }));
    Ok(metadata)
}

/// Whether the wheel itself may know better.
fn is_doubtful(error: &FetchError) -> bool {
    matches!(
        error.kind,
        FetchErrorKind::BadBody | FetchErrorKind::DigestMismatch | FetchErrorKind::TooLarge
    )
}

/// Takes the metadata that the index says stands beside a wheel, the second time past all caches;
/// `None` if it is not there after all.
async fn sidecar(
    shared: &Shared,
    http: &Http,
    file: &FileQuestion,
    digest: Option<&Digest>,
) -> Result<Option<Metadata>, FetchError> {
    let mut request = file.request(".metadata", MOST_METADATA)?;
    request.compressed = true;
    let mut met = (FetchErrorKind::BadBody, String::new());
    for reload in [false, true] {
        request.reload = reload;
        let mut response = match http.send(&request).await {
            Ok(response) if response.is_missing => return Ok(None),
            Ok(response) => response,
            Err(error) if error.kind == FetchErrorKind::Unauthorized => return Ok(None),
            Err(error) => return Err(error),
        };
        let verdict = verdict(&mut response, digest);
        if verdict == Verdict::Wrong {
            let text = "the metadata does not have the digest that the index gives";
            met = (FetchErrorKind::DigestMismatch, text.to_owned());
            continue;
        }
        match read(shared, file, response) {
            Ok(metadata) => return Ok(Some(metadata)),
            Err(text) if verdict == Verdict::Right => {
                return Err(request.failed(FetchErrorKind::BadMetadata, text));
            }
            Err(text) => met = (FetchErrorKind::BadBody, text),
        }
    }
    Err(request.failed(met.0, met.1))
}

/// Looks for metadata beside a wheel where the index does not say; anything but good metadata
/// counts as none.
async fn probe(
    shared: &Shared,
    http: &Http,
    file: &FileQuestion,
) -> Result<Option<Metadata>, FetchError> {
    let mut request = file.request(".metadata", MOST_METADATA)?;
    request.compressed = true;
    match http.send(&request).await {
        Ok(response) if response.is_missing => Ok(None),
        Ok(response) => Ok(read(shared, file, response).ok()),
        Err(error) if error.kind == FetchErrorKind::Transport => Err(error),
        Err(_) => Ok(None),
    }
}

fn verdict(response: &mut Response, digest: Option<&Digest>) -> Verdict {
    let digests: Vec<Digest> = digest.cloned().into_iter().collect();
    response.body.verify(&digests).unwrap_or(Verdict::Wrong)
}

fn read(shared: &Shared, file: &FileQuestion, response: Response) -> Result<Metadata, String> {
    let bytes = response
        .body
        .into_bytes()
        .map_err(|error| error.to_string())?;
    file.read(shared, &bytes, MetadataSource::Wheel)
}
