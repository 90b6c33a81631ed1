//! Flat places (`--find-links`): one page or folder that lists files of any project, read once and
//! then asked for each name.

use std::sync::Arc;

use reqwest::header;
use url::Url;

use super::error::{Asking, FetchError, FetchErrorKind};
use super::freshness::Freshness;
use super::indexes::Index;
use super::key::{Key, Kind};
use super::local;
use super::once::lock;
use super::pages::{ACCEPT, MOST_BYTES};
use super::request::{Request, Response};
use super::shared::{Reach, Shared};
use crate::index::{Listing, decode_find_links};

/// Returns all that a flat place lists.
pub(super) async fn listing(
    shared: &Shared,
    reach: &Reach,
    index: &Index,
) -> Result<Arc<Listing>, FetchError> {
    let place = index.public().to_string();
    let _turn = shared.flat_turn.lock().await;
    if let Some(known) = lock(&shared.flats).get(&place) {
        return known.clone();
    }
    let answer = read(shared, reach, index).await.map(Arc::new);
    let is_final = !matches!(&answer, Err(error) if error.kind == FetchErrorKind::Offline);
    if is_final {
        lock(&shared.flats).insert(place, answer.clone());
    }
    answer
}

async fn read(shared: &Shared, reach: &Reach, index: &Index) -> Result<Listing, FetchError> {
    let asking = Arc::new(Asking {
        what: "the list of files".to_owned(),
        package: None,
        index: Some(index.label()),
    });
    let mut request = Request::get(index.public().clone(), asking, MOST_BYTES);
    request.accept = ACCEPT;
    request.compressed = true;
    if request.url.scheme() == "file" {
        return local::list(&request);
    }
    let key = Key::of(Kind::Flat, &[request.url.as_str()]);
    if let Some(listing) = stored(shared, key) {
        shared.statistics.hit();
        return Ok(listing);
    }
    let http = reach.http(&request)?;
    let mut met = String::new();
    for reload in [shared.policy.refresh, true] {
        request.reload = reload;
        let response = http.send(&request).await?;
        if response.is_missing {
            return Err(request.failed(FetchErrorKind::NotFound, "there is no such page"));
        }
        let freshness = Freshness::of(&response, shared.policy.now, shared.policy.page_lifetime);
        let raw = raw(response).map_err(|error| request.failed(FetchErrorKind::Disk, error))?;
        match decode(&raw) {
            Ok(listing) => {
                if let Some(freshness) = freshness {
                    shared.keep(key, &raw);
                    shared.keep(key.with_kind(Kind::FlatFreshness), &freshness.encode());
                }
                return Ok(listing);
            }
            Err(error) => met = error,
        }
    }
    let met = format!("the answer is not a page of links: {met}");
    Err(request.failed(FetchErrorKind::BadBody, met))
}

/// Returns the listing in the cache, if it counts.
fn stored(shared: &Shared, key: Key) -> Option<Listing> {
    let cache = shared.cache.as_ref()?;
    let freshness = cache.get(key.with_kind(Kind::FlatFreshness))?;
    let freshness = Freshness::decode(&freshness)?;
    let policy = &shared.policy;
    let counts = freshness.is_fresh(policy.now) && !policy.refresh;
    match counts || policy.offline {
        true => decode(&cache.get(key)?).ok(),
        false => None,
    }
}

/// Returns a response as it is kept: content type, address, body, the first two as lines.
fn raw(response: Response) -> Result<Vec<u8>, String> {
    let content_type = response.header(header::CONTENT_TYPE).unwrap_or_default();
    let mut raw = format!("{content_type}\n{}\n", response.url).into_bytes();
    raw.extend(
        response
            .body
            .into_bytes()
            .map_err(|error| error.to_string())?,
    );
    Ok(raw)
}

fn decode(raw: &[u8]) -> Result<Listing, String> {
    let mut parts = raw.splitn(3, |byte| *byte == b'\n');
    let mut text = || std::str::from_utf8(parts.next().unwrap_or_default()).unwrap_or_default();
    let (content_type, url) = (text(), text());
    let url = Url::parse(url).map_err(|error| error.to_string())?;
    decode_find_links(content_type, parts.next().unwrap_or_default(), &url)
        .map_err(|error| error.to_string())
}
