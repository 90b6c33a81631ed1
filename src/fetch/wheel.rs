//! Metadata out of a wheel by as few bytes as possible: one request for its end, which mostly
//! holds the table of contents and the metadata, and one more where it does not.

use std::ops::Range;

use reqwest::header;

use super::body::{Body, Verdict};
use super::error::{FetchError, FetchErrorKind};
use super::file::FileQuestion;
use super::http::Http;
use super::request::{Request, Response};
use super::shared::Shared;
use crate::index::{Metadata, MetadataSource, TailAnswer, WheelError, read_wheel_parts};
use crate::package::WheelName;

/// How much of the end of a wheel at hand is looked at first.
const LOCAL_TAIL: u64 = 64 << 10;
/// How much of a wheel is read in pieces before the whole is better.
const MOST_PIECES: u64 = 64 << 20;
/// How much is asked for besides what is looked for.
const MOST_MORE: u64 = 1 << 20;
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
    let Ok(wheel) = WheelName::parse(&file.filename) else {
        return Ok(None);
    };
    request.range = Some(format!("bytes=-{}", shared.habits.tail(file)));
    let Some(response) = piece(http, &request).await? else {
        return Ok(None);
    };
    if response.status == 200 {
        return Ok(from_whole(shared, file, response.body));
    }
    let Some(tail) = placed(response) else {
        return Ok(None);
    };
    let mut parts = Parts(vec![tail]);
    for _ in 0..MOST_REQUESTS {
        let range = match parts.read(&wheel) {
            Ok(TailAnswer::Metadata(bytes)) => {
                if parts.0.len() > 1 {
                    parts.ends().for_each(|end| shared.habits.took(file, end));
                }
                return Ok(file.read(shared, &bytes, MetadataSource::Wheel).ok());
            }
            Ok(TailAnswer::Need(range)) if parts.may_take(&range) => parts.with_more(range),
            Ok(TailAnswer::Need(_)) | Err(_) => return Ok(None),
        };
        request.range = Some(format!("bytes={}-{}", range.start, range.end - 1));
        let Some(response) = piece(http, &request).await? else {
            return Ok(None);
        };
        match placed(response) {
            Some(part) if part.0 == range.start => parts.push(part),
            _ => return Ok(None),
        }
    }
    Ok(None)
}

/// Parts of a wheel, each with its place, ascending.
pub(super) struct Parts(pub(super) Vec<(u64, Vec<u8>)>);

impl Parts {
    fn read(&self, wheel: &WheelName) -> Result<TailAnswer, WheelError> {
        let parts: Vec<(u64, &[u8])> = self
            .0
            .iter()
            .map(|(start, bytes)| (*start, bytes.as_slice()))
            .collect();
        read_wheel_parts(&parts, wheel)
    }

    pub(super) fn push(&mut self, part: (u64, Vec<u8>)) {
        self.0.push(part);
        self.0.sort_by_key(|(start, _)| *start);
    }

    /// Returns how long the ends of the wheel are that begin with a part, ascending.
    fn ends(&self) -> impl Iterator<Item = u64> {
        let last = self.0.last();
        let len = last.map_or(0, |(start, bytes)| start.saturating_add(bytes.len() as u64));
        self.0.iter().rev().map(move |(start, _)| len - start)
    }

    /// Returns a range that ends where the parts begin with as much again before it: behind a long
    /// table of contents mostly stands the rest of the wheel's own folder, with the metadata.
    fn with_more(&self, range: Range<u64>) -> Range<u64> {
        let is_beside = self.0.first().is_some_and(|(start, _)| *start == range.end);
        let more = match is_beside {
            true => (range.end - range.start).min(MOST_MORE),
            false => 0,
        };
        range.start.saturating_sub(more)..range.end
    }

    /// Whether a range is worth another request: not empty, and not so much that the whole wheel
    /// is the better question.
    fn may_take(&self, range: &Range<u64>) -> bool {
        let held: u64 = self.0.iter().map(|(_, bytes)| bytes.len() as u64).sum();
        let wanted = range.end.saturating_sub(range.start);
        wanted > 0 && held.saturating_add(wanted) <= MOST_PIECES
    }
}

/// Asks for a range; `None` where the whole file is the better question.
pub(super) async fn piece(http: &Http, request: &Request) -> Result<Option<Response>, FetchError> {
    match http.send(request).await {
        Ok(response) if response.is_missing => Err(request.failed(
            FetchErrorKind::NotFound,
            "the index lists it and has it not",
        )),
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
pub(super) fn placed(response: Response) -> Option<(u64, Vec<u8>)> {
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
    let wheel = WheelName::parse(&file.filename)
        .map_err(|_| doubtful(format!("`{}` is no name of a wheel", file.filename)))?;
    let start = body.len().saturating_sub(LOCAL_TAIL);
    let mut range = start..body.len();
    let mut parts = Parts(Vec::new());
    loop {
        let bytes = body
            .slice(range.start, range.end)
            .map_err(|error| doubtful(error.to_string()))?;
        parts.push((range.start, bytes));
        range = match parts.read(&wheel) {
            Ok(TailAnswer::Metadata(bytes)) => {
                let metadata = file.read(shared, &bytes, MetadataSource::Wheel);
                return metadata.map_err(|met| WheelTrouble {
                    met,
                    is_certain: true,
                });
            }
            Ok(TailAnswer::Need(range)) if parts.may_take(&range) => range,
            Ok(TailAnswer::Need(_)) => {
                return Err(doubtful(
                    "the wheel's table of contents is damaged".to_owned(),
                ));
            }
            Err(error) => return Err(doubtful(error.to_string())),
        }
    }
}
