//! Asks servers: one request in, one usable response out. Redirects are followed here and not by
//! the library, so that each hop gets the login of its own origin and no other; failures that may
//! pass are retried; answers that were packed for the way are unpacked, large ones in turns.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use reqwest::Client;
use reqwest::header::{self, HeaderMap, HeaderValue};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;

use super::body::{Body, BodyError};
use super::client;
use super::credentials::{Credentials, Login, from_url};
use super::error::{FetchError, FetchErrorKind};
use super::once::lock;
use super::options::FetchOptions;
use super::pace::Pace;
use super::progress::Statistics;
use super::request::{Request, Response};
use super::retry::{self, Trouble};
use super::turns::Turns;
use crate::package::without_login;

/// How many redirects are followed.
const MOST_REDIRECTS: usize = 10;

/// Bodies beyond this size go to a temporary file.
const IN_MEMORY: usize = 16 << 20;

/// Pages of this size take a millisecond or more to decode.
const LARGE: u64 = 256 << 10;
/// So many times smaller gzip makes pages mostly.
const USUALLY_PACKED: u64 = 8;
/// A body of this size keeps its place among the requests to its host while it waits for a turn:
/// a server that sends faster than pages are decoded must not fill the memory with them.
const HEAVY: u64 = 1 << 20;

/// A place among the requests to a host, which is free again when this is dropped.
type Place = OwnedSemaphorePermit;

/// The network, ready to be asked.
#[derive(Debug)]
pub(super) struct Http {
    /// For servers without TLS.
    plain: Option<Client>,
    /// For all others; to read the certificates takes some milliseconds.
    checked: OnceLock<Result<Client, String>>,
    unchecked: Option<Client>,
    options: FetchOptions,
    credentials: Credentials,
    hosts: Mutex<HashMap<String, Arc<Semaphore>>>,
    pub(super) turns: Arc<Turns>,
    statistics: Arc<Statistics>,
    pace: Pace,
}

impl Http {
    /// Sets up the clients; reads no certificates yet, and opens no connection.
    pub(super) fn new(
        options: FetchOptions,
        credentials: Credentials,
        statistics: Arc<Statistics>,
    ) -> Result<Self, String> {
        let unchecked = match options.insecure_hosts.is_empty() {
            true => None,
            false => Some(client::unchecked(&options)?),
        };
        Ok(Self {
            plain: client::plain(&options)?,
            checked: OnceLock::new(),
            unchecked,
            options,
            credentials,
            hosts: Mutex::default(),
            turns: Turns::new(),
            statistics,
            pace: Pace::default(),
        })
    }

    /// Reads the certificates, which is done at the first need otherwise.
    pub(super) fn prepare_tls(&self) -> Result<(), String> {
        self.checked().map(|_| ())
    }

    fn checked(&self) -> Result<&Client, String> {
        let client = self.checked.get_or_init(|| client::checked(&self.options));
        client.as_ref().map_err(Clone::clone)
    }

    /// Returns the counters.
    pub(super) fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// Asks until there is an answer or no hope.
    pub(super) async fn send(&self, request: &Request) -> Result<Response, FetchError> {
        let mut attempt = 0;
        loop {
            let trouble = match self.answer(request).await {
                Ok(response) => return Ok(response),
                Err(trouble) => trouble,
            };
            if !trouble.may_pass || attempt >= self.options.retries {
                return Err(trouble.into_error(request, attempt + 1));
            }
            let wait = trouble
                .wait
                .unwrap_or(self.options.backoff * 2u32.pow(attempt.min(10)));
            tokio::time::sleep(wait.min(self.options.longest_wait)).await;
            self.statistics.retried();
            attempt += 1;
        }
    }

    /// Asks once, and unpacks the answer; a large one where it holds up nobody.
    async fn answer(&self, request: &Request) -> Result<Response, Trouble> {
        let (mut response, place) = self.attempt(request).await?;
        let has_body = !response.is_missing && matches!(response.status, 200..=299);
        let is_packed = has_body && request.compressed && is_gzip(&response.headers);
        let times = if is_packed { USUALLY_PACKED } else { 1 };
        let size = response.body.len().saturating_mul(times);
        let place = place.filter(|_| response.body.len() >= HEAVY);
        if request.takes_turns && size >= LARGE {
            response.turn = Some(self.turns.wait(size).await);
        }
        // Who has a turn never waits for a place, so that all who wait have theirs in the end.
        drop(place);
        if !is_packed {
            return Ok(response);
        }
        let body = std::mem::replace(&mut response.body, Body::new(0, 0));
        response.body = match &mut response.turn {
            None => unpacked(body, Vec::new())?,
            Some(turn) => {
                let space = std::mem::take(&mut turn.space);
                let unpacking = tokio::task::spawn_blocking(|| unpacked(body, space));
                unpacking
                    .await
                    .map_err(|_| Trouble::passing("the work on it was given up".to_owned()))??
            }
        };
        Ok(response)
    }

    /// Asks once, following redirects; returns the place among the requests to the host as well.
    async fn attempt(&self, request: &Request) -> Result<(Response, Option<Place>), Trouble> {
        // A login is looked up for every hop.
        let mut url = without_login(request.url.clone());
        for _ in 0..=MOST_REDIRECTS {
            let place = self.place(&url).await;
            let response = self.hop(&url, request).await?;
            let status = response.status().as_u16();
            if matches!(status, 301 | 302 | 303 | 307 | 308) {
                url = self.next_hop(&url, request, &response)?;
                continue;
            }
            return Ok((self.receive(url, request, response).await?, place));
        }
        Err(Trouble::lasting(
            FetchErrorKind::BadBody,
            format!("more than {MOST_REDIRECTS} redirects"),
        ))
    }

    /// Sends one request to one host; where no answer begins in time, a second one like it races
    /// the first: servers that fetch a file from elsewhere at the first request stall now and then.
    async fn hop(&self, url: &Url, request: &Request) -> Result<reqwest::Response, Trouble> {
        let begun = Instant::now();
        let mut first = std::pin::pin!(self.ask(url, request));
        let in_time = tokio::time::timeout(self.pace.patience(), &mut first).await;
        let answer = match in_time {
            Ok(answer) => answer,
            Err(_) => {
                self.statistics.retried();
                tokio::select! {
                    answer = first => answer,
                    answer = self.ask(url, request) => answer,
                }
            }
        };
        if answer.is_ok() {
            self.pace.note(begun.elapsed());
        }
        answer
    }

    async fn ask(&self, url: &Url, request: &Request) -> Result<reqwest::Response, Trouble> {
        self.statistics.sent();
        let client = self.client(url)?;
        let builder = match &request.question {
            Some(question) => client.post(url.clone()).body(question.to_vec()),
            None => client.get(url.clone()),
        };
        let mut builder = builder.headers(request.headers());
        if let Some(login) = self.login(url, request) {
            builder = builder.basic_auth(login.user.reveal(), Some(login.password.reveal()));
        }
        builder
            .send()
            .await
            .map_err(|error| retry::transport(&error))
    }

    /// Returns the login for a hop: the one that stands in the address itself, as long as its own
    /// server is asked, else what is known of the server.
    fn login(&self, url: &Url, request: &Request) -> Option<Login> {
        let own = || from_url(&request.url).filter(|_| url.origin() == request.url.origin());
        own().or_else(|| self.credentials.login(url))
    }

    fn next_hop(
        &self,
        url: &Url,
        request: &Request,
        response: &reqwest::Response,
    ) -> Result<Url, Trouble> {
        let bad = |met: &str| Trouble::lasting(FetchErrorKind::BadBody, met.to_owned());
        let location = response
            .headers()
            .get(header::LOCATION)
            .and_then(|location| std::str::from_utf8(location.as_bytes()).ok())
            .ok_or_else(|| bad("a redirect that does not say where"))?;
        let next = url
            .join(location)
            .map_err(|_| bad("a redirect to something that is not a URL"))?;
        if !matches!(next.scheme(), "http" | "https") {
            return Err(bad("a redirect away from HTTP"));
        }
        let had_login = self.login(url, request).is_some();
        if had_login && url.scheme() == "https" && next.scheme() == "http" {
            return Err(bad(
                "a redirect from HTTPS to plain HTTP, with credentials in play",
            ));
        }
        Ok(without_login(next))
    }

    /// Judges the status, then takes the body.
    async fn receive(
        &self,
        url: Url,
        request: &Request,
        mut response: reqwest::Response,
    ) -> Result<Response, Trouble> {
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let mut body = Body::new(IN_MEMORY, request.limit);
        let is_missing = request.is_missing(status);
        match status {
            _ if is_missing => {}
            304 => {}
            416 if request.range.is_some() => {}
            200..=299 => {
                check_length(&response, request)?;
                if let Some(len) = response.content_length() {
                    body = Body::of_length(len, IN_MEMORY, request.limit);
                }
                let whole = self.fill(&mut body, &mut response);
                tokio::time::timeout(self.patience(request), whole)
                    .await
                    .map_err(|_| Trouble::passing("the answer came too slowly".to_owned()))??;
            }
            _ => return Err(retry::bad_status(status, &headers)),
        }
        Ok(Response {
            status,
            headers,
            url,
            body,
            is_missing,
            turn: None,
        })
    }

    async fn fill(&self, body: &mut Body, response: &mut reqwest::Response) -> Result<(), Trouble> {
        loop {
            let chunk = response.chunk().await;
            let Some(chunk) = chunk.map_err(|error| retry::transport(&error))? else {
                return Ok(());
            };
            self.statistics.received(chunk.len());
            body.push(&chunk).map_err(Trouble::of_body)?;
        }
    }

    /// How long a whole body may take: a server must not hold us for ever by a byte now and then.
    fn patience(&self, request: &Request) -> Duration {
        let megabytes = u32::try_from(request.limit >> 20).unwrap_or(u32::MAX);
        self.options.read_timeout * 4 + Duration::from_secs(1) * megabytes.min(3600)
    }

    fn client(&self, url: &Url) -> Result<&Client, Trouble> {
        match (&self.unchecked, &self.plain) {
            (Some(unchecked), _) if self.is_insecure(url) => Ok(unchecked),
            (_, Some(plain)) if url.scheme() == "http" => Ok(plain),
            _ => self
                .checked()
                .map_err(|error| Trouble::lasting(FetchErrorKind::Transport, error)),
        }
    }

    fn is_insecure(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default();
        let with_port = format!("{host}:{}", url.port_or_known_default().unwrap_or_default());
        let hosts = &self.options.insecure_hosts;
        hosts.iter().any(|name| *name == host || *name == with_port)
    }

    /// Waits for a place among the requests to a host.
    async fn place(&self, url: &Url) -> Option<Place> {
        let host = url.host_str().unwrap_or_default().to_owned();
        let semaphore = Arc::clone(
            lock(&self.hosts)
                .entry(host)
                .or_insert_with(|| Arc::new(Semaphore::new(self.options.concurrency.max(1)))),
        );
        semaphore.acquire_owned().await.ok()
    }
}

/// Refuses a body that is said to be too large before any of it comes.
fn check_length(response: &reqwest::Response, request: &Request) -> Result<(), Trouble> {
    match response.content_length() {
        Some(length) if length > request.limit => {
            Err(Trouble::of_body(BodyError::TooLarge(request.limit)))
        }
        _ => Ok(()),
    }
}

/// Whether the body was compressed for the way. Who did not allow that wants an archive that merely
/// is a `.gz` as it is, whatever the header says.
fn is_gzip(headers: &HeaderMap) -> bool {
    let encoding = headers.get(header::CONTENT_ENCODING);
    matches!(
        encoding.map(HeaderValue::as_bytes),
        Some(b"gzip" | b"x-gzip")
    )
}

fn unpacked(body: Body, space: Vec<u8>) -> Result<Body, Trouble> {
    body.gunzipped(space).map_err(|error| match error {
        BodyError::Broken(error) => {
            Trouble::passing(format!("the compressed answer is damaged: {error}"))
        }
        error @ BodyError::TooLarge(_) => Trouble::of_body(error),
    })
}
