//! The digest of a file that none is given for: a direct reference is read whole for it, once, and
//! confirmed afterwards as a page is.

use std::time::Duration;

use super::archive;
use super::body::Body;
use super::error::{FetchError, FetchErrorKind};
use super::file::FileQuestion;
use super::freshness::Freshness;
use super::key::{Key, Kind};
use super::shared::{Reach, Shared};
use crate::package::{Digest, IndexUrl};

/// A digest, and what was learned on the way to it.
#[derive(Debug)]
pub(super) struct Taken {
    /// The digest.
    pub(super) digest: Digest,
    /// The file, where it had to be read.
    pub(super) body: Option<Body>,
    /// What there is to remember.
    news: Option<(Key, Freshness)>,
}

/// Takes the digest of a file; past all caches, where that is asked for.
pub(super) async fn take(
    shared: &Shared,
    reach: &Reach,
    file: &FileQuestion,
    reload: bool,
) -> Result<Taken, FetchError> {
    let mut request = file.request("", archive::MOST_SDIST)?;
    let disk = |error: std::io::Error| error.to_string();
    if request.url.scheme() == "file" {
        let (mut body, _) = archive::whole(reach, &request, file, false).await?;
        let digest = body.sha256().map_err(disk);
        return Ok(Taken {
            digest: digest.map_err(|met| request.failed(FetchErrorKind::Disk, met))?,
            body: Some(body),
            news: None,
        });
    }
    let key = Key::of(Kind::Digest, &[&IndexUrl::redacted(request.url.as_str())]);
    let policy = &shared.policy;
    request.reload = reload || policy.refreshes(&file.name);
    let known = stored(shared, key).filter(|_| policy.offline || !request.reload);
    if let Some((digest, freshness)) = &known {
        if policy.offline || freshness.is_fresh(policy.now) {
            shared.statistics.hit();
            return Ok(Taken::known(digest.clone(), None));
        }
        request.etag.clone_from(&freshness.etag);
    }
    let mut response = reach.http(&request)?.send(&request).await?;
    if response.is_missing {
        let met = "the server has no such file";
        return Err(request.failed(FetchErrorKind::NotFound, met));
    }
    if let (304, Some((digest, freshness))) = (response.status, known) {
        shared.statistics.unchanged();
        let confirmed = exact(freshness.confirmed(&response, policy.now));
        let news = confirmed.says_more_than(&freshness);
        return Ok(Taken::known(digest, news.then_some((key, confirmed))));
    }
    let freshness = Freshness::of(&response, policy.now, Duration::ZERO).map(exact);
    let digest = response.body.sha256().map_err(disk);
    Ok(Taken {
        digest: digest.map_err(|met| request.failed(FetchErrorKind::Disk, met))?,
        body: Some(response.body),
        news: freshness.map(|freshness| (key, freshness)),
    })
}

impl Taken {
    fn known(digest: Digest, news: Option<(Key, Freshness)>) -> Self {
        Self {
            digest,
            body: None,
            news,
        }
    }

    /// Remembers it, once the file turned out to be what it should be.
    pub(super) fn remember(self, shared: &Shared) {
        if let Some((key, freshness)) = self.news {
            let digest = self.digest.to_string();
            let record = [
                &[digest.len() as u8],
                digest.as_bytes(),
                &freshness.encode(),
            ]
            .concat();
            shared.keep(key, &record);
        }
    }
}

/// Leaves the validators that stand for every byte: a date does not, nor does a weak ETag (RFC 9110,
/// section 8.8.1).
fn exact(freshness: Freshness) -> Freshness {
    Freshness {
        etag: freshness.etag.filter(|etag| !etag.starts_with("W/")),
        last_modified: None,
        ..freshness
    }
}

fn stored(shared: &Shared, key: Key) -> Option<(Digest, Freshness)> {
    let record = shared.cache.as_ref()?.get(key)?;
    let (len, rest) = record.split_first()?;
    let (digest, freshness) = rest.split_at_checked(usize::from(*len))?;
    let digest = Digest::parse(std::str::from_utf8(digest).ok()?)?;
    Some((digest, Freshness::decode(freshness)?))
}
