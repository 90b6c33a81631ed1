//! Whole files: wheels of which nothing less can be had, source archives, and whatever lies on
//! this machine's disk. Each is checked against its digest before it is believed.

use super::body::{Body, Verdict};
use super::error::{FetchError, FetchErrorKind};
use super::file::FileQuestion;
use super::local;
use super::request::Request;
use super::shared::{Reach, Shared};
use super::wheel;
use crate::index::{Metadata, SdistError, SdistReading, read_sdist};
use crate::package::MarkerTexts;

/// No wheel is larger.
const MOST_WHEEL: u64 = 8 << 30;
/// No source archive is larger.
pub(super) const MOST_SDIST: u64 = 1 << 30;

/// Reads a wheel whole.
pub(super) async fn wheel(
    shared: &Shared,
    reach: &Reach,
    file: &FileQuestion,
) -> Result<Metadata, FetchError> {
    let mut request = file.request("", MOST_WHEEL)?;
    let is_local = request.url.scheme() == "file";
    if !is_local {
        request.limit = file.limit;
    }
    let mut met = String::new();
    for reload in [false, true] {
        let (mut body, verdict) = match whole(reach, &request, file, reload).await {
            Err(error) if error.kind == FetchErrorKind::TooLarge && !is_local => {
                return Err(untold(&error));
            }
            answer => answer?,
        };
        match wheel::in_body(shared, file, &mut body) {
            Ok(metadata) => return Ok(metadata),
            Err(error) if error.is_certain || verdict == Verdict::Right => {
                return Err(request.failed(FetchErrorKind::BadMetadata, error.met));
            }
            Err(error) => met = error.met,
        }
    }
    Err(request.failed(FetchErrorKind::BadBody, met))
}

/// Tells why the whole wheel was asked for.
fn untold(error: &FetchError) -> FetchError {
    FetchError {
        met: format!(
            "its metadata does not stand beside it, its server gives no part of it, and {}",
            error.met
        ),
        ..error.clone()
    }
}

/// Reads a source archive whole.
pub(super) async fn sdist(reach: &Reach, file: &FileQuestion) -> Result<Metadata, FetchError> {
    let request = file.request("", MOST_SDIST.min(file.limit))?;
    let mut met = String::new();
    for reload in [false, true] {
        let (body, verdict) = whole(reach, &request, file, reload).await?;
        let bytes = body
            .into_bytes()
            .map_err(|error| request.failed(FetchErrorKind::Disk, error.to_string()))?;
        let reading = read_sdist(&bytes, &file.filename, &mut MarkerTexts::default());
        let bad = |met: String| request.failed(FetchErrorKind::BadMetadata, met);
        match reading {
            Ok(SdistReading::Static(metadata) | SdistReading::Unverified(metadata)) => {
                return file.check(&metadata).map(|()| metadata).map_err(bad);
            }
            Ok(SdistReading::Dynamic { reason }) => {
                return Err(request.failed(FetchErrorKind::NeedsBuild, reason));
            }
            Err(error) if verdict == Verdict::Right || is_certain(&error, file) => {
                return Err(bad(error.to_string()));
            }
            Err(error) => met = error.to_string(),
        }
    }
    Err(request.failed(FetchErrorKind::BadBody, met))
}

/// Whether an archive that could be opened holds nonsense, or is of a kind that nobody opens here:
/// asking again would not help.
fn is_certain(error: &SdistError, file: &FileQuestion) -> bool {
    let is_known = [".tar.gz", ".tgz", ".zip"]
        .iter()
        .any(|ending| file.filename.ends_with(ending));
    !is_known || matches!(error, SdistError::Metadata(_))
}

/// Gets a file whole and checks its digest; a wrong one is asked for once more, past all caches.
pub(super) async fn whole(
    reach: &Reach,
    request: &Request,
    file: &FileQuestion,
    reload: bool,
) -> Result<(Body, Verdict), FetchError> {
    let mut again = reload;
    loop {
        let mut body = get(reach, request, again).await?;
        let verdict = body
            .verify(&file.digests)
            .map_err(|error| request.failed(FetchErrorKind::Disk, error.to_string()))?;
        match (verdict, again) {
            (Verdict::Right | Verdict::Unknown, _) => return Ok((body, verdict)),
            (Verdict::Wrong, false) => again = true,
            (Verdict::Wrong, true) => {
                let met = "the file does not have the digest that is given for it";
                return Err(request.failed(FetchErrorKind::DigestMismatch, met));
            }
        }
    }
}

async fn get(reach: &Reach, request: &Request, reload: bool) -> Result<Body, FetchError> {
    if request.url.scheme() == "file" {
        return local::open(request);
    }
    let mut request = request.clone();
    request.reload = reload;
    let response = reach.http(&request)?.send(&request).await?;
    match response.is_missing {
        true => Err(request.failed(
            FetchErrorKind::NotFound,
            "the index lists it and has it not",
        )),
        false => Ok(response.body),
    }
}
