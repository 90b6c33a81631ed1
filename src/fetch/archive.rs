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

/// Reads a file whole: what is at hand of it, else what its server has, which is asked for once more,
/// past all caches, where it makes no sense.
pub(super) async fn metadata(
    shared: &Shared,
    reach: &Reach,
    file: &FileQuestion,
    at_hand: Option<Body>,
) -> Result<Metadata, FetchError> {
    let mut request = file.request("", MOST_SDIST.min(file.limit))?;
    let is_local = request.url.scheme() == "file";
    if file.is_wheel() {
        request.limit = if is_local { MOST_WHEEL } else { file.limit };
    }
    let is_remote_wheel = file.is_wheel() && !is_local;
    let mut at_hand = at_hand.map(|body| (body, Verdict::Unknown));
    let times = if at_hand.is_some() { 1 } else { 2 };
    let mut met = String::new();
    for reload in [false, true].into_iter().take(times) {
        let (body, verdict) = match at_hand.take() {
            Some(body) => body,
            None => match whole(reach, &request, file, reload).await {
                Err(error) if error.kind == FetchErrorKind::TooLarge && is_remote_wheel => {
                    return Err(untold(&error));
                }
                answer => answer?,
            },
        };
        let read = match file.is_wheel() {
            true => in_wheel(shared, &request, file, body),
            false => in_sdist(&request, file, body),
        };
        match read {
            Ok(metadata) => return Ok(metadata),
            Err(trouble) if trouble.is_certain || verdict == Verdict::Right => {
                return Err(trouble.error);
            }
            Err(trouble) => met = trouble.error.met,
        }
    }
    Err(request.failed(FetchErrorKind::BadBody, met))
}

/// Why a file tells nothing.
struct Trouble {
    error: FetchError,
    /// Whether asking for it again would not help.
    is_certain: bool,
}

fn in_wheel(
    shared: &Shared,
    request: &Request,
    file: &FileQuestion,
    mut body: Body,
) -> Result<Metadata, Trouble> {
    wheel::in_body(shared, file, &mut body).map_err(|trouble| Trouble {
        error: request.failed(FetchErrorKind::BadMetadata, trouble.met),
        is_certain: trouble.is_certain,
    })
}

fn in_sdist(request: &Request, file: &FileQuestion, body: Body) -> Result<Metadata, Trouble> {
    let trouble = |kind, met: String, is_certain| Trouble {
        error: request.failed(kind, met),
        is_certain,
    };
    let bad = |met, is_certain| trouble(FetchErrorKind::BadMetadata, met, is_certain);
    let bytes = body
        .into_bytes()
        .map_err(|error| trouble(FetchErrorKind::Disk, error.to_string(), true))?;
    match read_sdist(&bytes, &file.filename, &mut MarkerTexts::default()) {
        Ok(SdistReading::Static(metadata) | SdistReading::Unverified(metadata)) => file
            .check(&metadata)
            .map(|()| metadata)
            .map_err(|met| bad(met, true)),
        Ok(SdistReading::Dynamic { reason }) => {
            Err(trouble(FetchErrorKind::NeedsBuild, reason, true))
        }
        Err(error) => Err(bad(error.to_string(), is_certain(&error, file))),
    }
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
