//! Metadata out of a wheel by as few bytes as possible: one request for its end, which mostly
//! holds the table of contents and the metadata, and one more where it does not.

use reqwest::header;

use super::body::{Body, Verdict};
use super::error::{FetchError, FetchErrorKind};
use super::file::FileQuestion;
use super::http::{Http, Request, Response};
use super::shared::Shared;
use crate::index::{Metadata, MetadataSource, TailAnswer, read_wheel_tail};

/// How much of a wheel's end is asked for at first.
const TAIL: u64 = 64 << 10;
/// How much of a wheel is read in pieces before the whole is better.
const MOST_PIECES: u64 = 64 << 20;
/// How many pieces are asked for before the wheel is taken for a trap.
const MOST_REQUESTS: usize = 6;

/// Why a wheel at hand gave no metadata.
pub(super) struct WheelTrouble {
    /// What was met.
    pub(super) met: String,
    /// Whether the archive was whole and the fault is in what it holds.
    pub(super) is_certain: bool,
}

/// Reads the metadata by ranges; `None` if the server does not give ranges, or if what it gave
/// made no sense and only the whole wheel can tell.
pub(super) async fn by_ranges(
    shared: &Shared,
    http: &Http,
    file: &FileQuestion,
) -> Result<Option<Metadata>, FetchError> {
    let mut request = file.request("", MOST_PIECES)?;
    request.range = Some(format!("bytes=-{TAIL}"));
    let Some(response) = piece(http, &request).await? else {
        return Ok(None);
    };
    if response.status == 200 {
        return Ok(from_whole(shared, file, response.body));
    }
    let Some((mut start, mut tail)) = placed(response) else {
        return Ok(None);
    };
    for _ in 0..MOST_REQUESTS {
        let range = match read_wheel_tail(&tail, start, &file.filename) {
            Ok(TailAnswer::Metadata(bytes)) => {
                return Ok(file.read(shared, &bytes, MetadataSource::Wheel).ok());
            }
            Ok(TailAnswer::Need(range)) if range.start < start => range.start..start,
            Ok(TailAnswer::Need(_)) | Err(_) => return Ok(None),
        };
        if range.end - range.start > MOST_PIECES {
            return Ok(None);
        }
        request.range = Some(format!("bytes={}-{}", range.start, range.end - 1));
        let Some(response) = piece(http, &request).await? else {
            return Ok(None);
        };
        match placed(response) {
            Some((at, mut bytes)) if at == range.start && at + bytes.len() as u64 == start => {
                bytes.extend(&tail);
                (start, tail) = (at, bytes);
            }
            _ => return Ok(None),
        }
    }
    Ok(None)
}

/// Asks for a range; `None` where the whole file is the better question.
async fn piece(http: &Http, request: &Request) -> Result<Option<Response>, FetchError> {
    match http.send(request).await {
        Ok(response) if response.is_missing() => {
            Err(request.failed(FetchErrorKind::NotFound, "the index lists it and has it not"))
        }
        Ok(response) if matches!(response.status, 200 | 206) => Ok(Some(response)),
        Ok(_) => Ok(None),
        Err(error) => match error.kind {
            FetchErrorKind::TooLarge | FetchErrorKind::Status(400..=499 | 501) => Ok(None),
            _ => Err(error),
        },
    }
}

/// Reads a server's answer that was the whole wheel; doubts are left to the next request.
fn from_whole(shared: &Shared, file: &FileQuestion, mut body: Body) -> Option<Metadata> {
    match body.verify(&file.digests) {
        Ok(Verdict::Right | Verdict::Unknown) => in_body(shared, file, &mut body).ok(),
        Ok(Verdict::Wrong) | Err(_) => None,
    }
}

/// Returns a piece with the place that `Content-Range` gives it.
fn placed(response: Response) -> Option<(u64, Vec<u8>)> {
    let text = response.header(header::CONTENT_RANGE)?;
    let (range, _) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (from, to) = range.split_once('-')?;
    let (from, to): (u64, u64) = (from.trim().parse().ok()?, to.trim().parse().ok()?);
    let len = to.checked_sub(from)?.checked_add(1)?;
    let bytes = response.body.into_bytes().ok()?;
    (bytes.len() as u64 == len).then_some((from, bytes))
}

/// Reads the metadata of a wheel that is there whole.
pub(super) fn in_body(
    shared: &Shared,
    file: &FileQuestion,
    body: &mut Body,
) -> Result<Metadata, WheelTrouble> {
    let doubtful = |met: String| WheelTrouble {
        met,
        is_certain: false,
    };
    let mut start = body.len().saturating_sub(TAIL);
    loop {
        let tail = body
            .slice(start, body.len())
            .map_err(|error| doubtful(error.to_string()))?;
        match read_wheel_tail(&tail, start, &file.filename) {
            Ok(TailAnswer::Metadata(bytes)) => {
                let metadata = file.read(shared, &bytes, MetadataSource::Wheel);
                return metadata.map_err(|met| WheelTrouble {
                    met,
                    is_certain: true,
                });
            }
            Ok(TailAnswer::Need(range)) if range.start < start => start = range.start,
            Ok(TailAnswer::Need(_)) => {
                return Err(doubtful("the wheel's table of contents is damaged".to_owned()));
            }
            Err(error) => return Err(doubtful(error.to_string())),
        }
    }
}
