//! Asks an API like OSV's what it knows of packages: all of them in batches, then each record that
//! an answer names. Which version a record affects is judged here again, by `advisory`.
//!
//! A record is kept under its identifier and the moment of its last change, so that it is asked
//! for once; what the API says of a version is kept as a page is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::json;
use tokio::task::JoinSet;
use url::Url;

use super::cache::Cache;
use super::credentials::Credentials;
use super::error::{Asking, FetchError, FetchErrorKind};
use super::http::Http;
use super::key::{Key, Kind};
use super::options::{CachePolicy, FetchOptions};
use super::request::Request;
use crate::advisory::{Advisories, Answered, read_batch, read_record};
use crate::package::{IndexUrl, PackageName, Timestamp, Version};

/// The API takes no more questions at once.
const MOST_QUESTIONS: usize = 1000;

/// So many pages of answers are asked for; the rest is a fault.
const MOST_PAGES: usize = 50;

/// So many records are asked for, so many of them at once.
const MOST_RECORDS: usize = 20_000;
const AT_ONCE: usize = 16;

const MOST_BYTES_OF_ANSWER: u64 = 32 << 20;
const MOST_BYTES_OF_RECORD: u64 = 8 << 20;

/// A package and its version without the local part.
type Pin = (PackageName, Version);

/// The identifiers of records, and when each was last changed.
type Stubs = Vec<(String, String)>;

/// What an API was asked, and what came of it.
#[derive(Debug, Default)]
pub struct ToldAdvisories {
    /// The records.
    pub advisories: Advisories,
    /// When the oldest of the answers was given.
    pub as_of: Option<Timestamp>,
    /// What is wrong with the records that came, each with its name.
    pub faults: Vec<String>,
    /// The packages about which there is no answer or not all of it, and why.
    pub unanswered: BTreeMap<PackageName, FetchError>,
}

/// Asks an API about locked packages.
pub fn ask_advisories(
    base: &IndexUrl,
    (options, policy): (FetchOptions, CachePolicy),
    pins: &[(PackageName, Version)],
) -> ToldAdvisories {
    let pins = pins.iter();
    let pins: BTreeSet<Pin> = pins
        .map(|(name, version)| (name.clone(), version.clone().without_local()))
        .collect();
    let folder = policy.folder.as_deref();
    let mut run = Run {
        base: base.secret().clone(),
        cache: folder.and_then(|folder| Cache::open(folder).ok()),
        policy,
        told: ToldAdvisories::default(),
    };
    let mut known: BTreeMap<Pin, Stubs> = BTreeMap::new();
    let mut unknown: Vec<Pin> = Vec::new();
    for pin in pins {
        match run.kept(&pin) {
            Some(stubs) => drop(known.insert(pin, stubs)),
            None => unknown.push(pin),
        }
    }
    let network = Network::up(options, base);
    match &network {
        Ok(network) => known.extend(run.ask(network, unknown)),
        Err(error) => {
            let error = run
                .asking("advisories")
                .failed(FetchErrorKind::Setup, &run.base, error);
            run.cannot_answer(unknown.iter().map(|(name, _)| name), &error);
        }
    }
    run.get_records(network.as_ref().ok(), &known);
    if let Some(cache) = &run.cache {
        cache.flush();
    }
    run.told
}

/// What a run needs of the outside.
struct Network {
    runtime: tokio::runtime::Runtime,
    http: Arc<Http>,
}

struct Run {
    base: Url,
    cache: Option<Arc<Cache>>,
    policy: CachePolicy,
    told: ToldAdvisories,
}

impl Network {
    fn up(options: FetchOptions, base: &IndexUrl) -> Result<Self, String> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| error.to_string())?;
        let place = [(None, base.secret())];
        let credentials = Credentials::gather(place, &options.variables, options.netrc.as_ref());
        let http = Http::new(options, credentials, Arc::default())?;
        http.prepare_tls()?;
        Ok(Self {
            runtime,
            http: Arc::new(http),
        })
    }
}

impl Run {
    /// Asks about pins in batches, page by page.
    fn ask(&mut self, network: &Network, mut pins: Vec<Pin>) -> BTreeMap<Pin, Stubs> {
        let mut known: BTreeMap<Pin, Stubs> = BTreeMap::new();
        let mut tokens: BTreeMap<Pin, String> = BTreeMap::new();
        let mut partial: BTreeSet<Pin> = BTreeSet::new();
        for _ in 0..MOST_PAGES {
            let mut open = Vec::new();
            for batch in pins.chunks(MOST_QUESTIONS) {
                let answers = match self.ask_batch(network, batch, &tokens) {
                    Ok(answers) => answers,
                    Err(error) => {
                        self.cannot_answer(batch.iter().map(|(name, _)| name), &error);
                        partial.extend(batch.iter().cloned());
                        continue;
                    }
                };
                for (pin, answer) in batch.iter().zip(answers) {
                    known.entry(pin.clone()).or_default().extend(answer.records);
                    if let Some(token) = answer.next_page {
                        tokens.insert(pin.clone(), token);
                        open.push(pin.clone());
                    }
                }
            }
            pins = open;
            if pins.is_empty() {
                break;
            }
        }
        if !pins.is_empty() {
            let met = format!("the answer has more than {MOST_PAGES} pages");
            let asking = self.asking("advisories");
            let error = asking.failed(FetchErrorKind::TooLarge, &self.base, met);
            self.cannot_answer(pins.iter().map(|(name, _)| name), &error);
            partial.extend(pins);
        }
        let now = self.policy.now;
        for (pin, stubs) in &known {
            if !partial.contains(pin) {
                self.keep(self.key_of(pin), &kept_form(now, stubs));
            }
            self.told.as_of = Some(self.told.as_of.map_or(now, |as_of| as_of.min(now)));
        }
        known
    }

    fn ask_batch(
        &self,
        network: &Network,
        batch: &[Pin],
        tokens: &BTreeMap<Pin, String>,
    ) -> Result<Vec<Answered>, FetchError> {
        let questions = batch.iter().map(|pin| {
            let (name, version) = pin;
            let mut question = json!({
                "package": { "ecosystem": "PyPI", "name": name.as_ref() },
                "version": version.to_string(),
            });
            if let Some(token) = tokens.get(pin) {
                question["page_token"] = json!(token);
            }
            question
        });
        let questions: Vec<serde_json::Value> = questions.collect();
        let body = json!({ "queries": questions }).to_string();
        let mut request = self.request("v1/querybatch", "advisories", MOST_BYTES_OF_ANSWER);
        request.question = Some(body.into_bytes().into());
        let bytes = self.send(network, &request)?;
        let bad = |met: String| request.failed(FetchErrorKind::BadBody, met);
        let answers = read_batch(&bytes).map_err(|error| bad(error.to_string()))?;
        match answers.len() == batch.len() {
            true => Ok(answers),
            false => Err(bad("not every question was answered".to_owned())),
        }
    }

    fn send(&self, network: &Network, request: &Request) -> Result<Vec<u8>, FetchError> {
        if self.policy.offline {
            let met = "it is not in the cache, and the network is off";
            return Err(request.failed(FetchErrorKind::Offline, met));
        }
        network.runtime.block_on(whole(&network.http, request))
    }

    /// Gets the records that answers name: from the cache, else from the API, some at once.
    fn get_records(&mut self, network: Option<&Network>, known: &BTreeMap<Pin, Stubs>) {
        let mut wanted: BTreeMap<&(String, String), BTreeSet<&PackageName>> = BTreeMap::new();
        for ((name, _), stubs) in known {
            for stub in stubs {
                wanted.entry(stub).or_default().insert(name);
            }
        }
        let names: BTreeSet<PackageName> = known.keys().map(|(name, _)| name.clone()).collect();
        let mut missing = Vec::new();
        for (stub, whose) in &wanted {
            let key = self.key_of_record(stub);
            // Without the moment of its last change, nobody knows whether it is the same still.
            let cache = self.cache.as_ref().filter(|_| !stub.1.is_empty());
            let kept = cache.and_then(|cache| cache.get(key));
            let is_taken = kept.is_some_and(|bytes| self.take(&stub.0, &bytes, &names).is_ok());
            if !is_taken {
                missing.push((*stub, whose));
            }
        }
        for (at, chunk) in missing.chunks(AT_ONCE).enumerate() {
            let requests = chunk.iter().map(|((id, _), _)| {
                let path = format!("v1/vulns/{id}");
                self.request(&path, &format!("`{id}`"), MOST_BYTES_OF_RECORD)
            });
            let requests: Vec<Request> = requests.collect();
            let answers = match network.filter(|_| !self.policy.offline) {
                Some(network) if at * AT_ONCE < MOST_RECORDS => all(network, &requests),
                Some(_) => failed(&requests, FetchErrorKind::TooLarge, "there are too many"),
                None => {
                    let met = "it is not in the cache, and the network is off";
                    failed(&requests, FetchErrorKind::Offline, met)
                }
            };
            for ((stub, whose), answer) in chunk.iter().zip(answers) {
                let taken = answer.map(|bytes| (self.take(&stub.0, &bytes, &names), bytes));
                match taken {
                    Ok((Ok(()), bytes)) => self.keep(self.key_of_record(stub), &bytes),
                    Ok((Err(why), _)) => self.told.faults.push(format!("`{}`: {why}", stub.0)),
                    Err(error) => self.cannot_answer(whose.iter().copied(), &error),
                }
            }
        }
    }

    fn take(
        &mut self,
        id: &str,
        bytes: &[u8],
        names: &BTreeSet<PackageName>,
    ) -> Result<(), String> {
        let record = read_record(bytes, &|name| names.contains(name));
        let record = record.map_err(|error| error.to_string())?;
        if record.id != id {
            return Err("another record came in its place".to_owned());
        }
        self.told.advisories.add(record);
        Ok(())
    }

    fn cannot_answer<'a>(
        &mut self,
        names: impl Iterator<Item = &'a PackageName>,
        why: &FetchError,
    ) {
        for name in names {
            let unanswered = &mut self.told.unanswered;
            unanswered
                .entry(name.clone())
                .or_insert_with(|| why.clone());
        }
    }

    /// Returns what was kept of a version, if it still counts.
    fn kept(&mut self, pin: &Pin) -> Option<Stubs> {
        let bytes = self.cache.as_ref()?.get(self.key_of(pin))?;
        let (asked, stubs) = read_kept(&bytes)?;
        let age = self.policy.now.seconds().saturating_sub(asked.seconds());
        let longest = i64::try_from(self.policy.page_lifetime.as_secs()).unwrap_or(i64::MAX);
        let is_fresh = (0..longest).contains(&age) && !self.policy.refreshes(&pin.0);
        if !is_fresh && !self.policy.offline {
            return None;
        }
        self.told.as_of = Some(self.told.as_of.map_or(asked, |as_of| as_of.min(asked)));
        Some(stubs)
    }

    fn keep(&self, key: Key, value: &[u8]) {
        if let Some(cache) = &self.cache
            && cache.put(key, value)
        {
            cache.flush();
        }
    }

    fn key_of(&self, (name, version): &Pin) -> Key {
        let version = version.to_string();
        Key::of(
            Kind::Verdict,
            &[self.base.as_str(), name.as_ref(), &version],
        )
    }

    fn key_of_record(&self, (id, modified): &(String, String)) -> Key {
        Key::of(Kind::Advisory, &[self.base.as_str(), id, modified])
    }

    fn request(&self, path: &str, what: &str, limit: u64) -> Request {
        let mut url = self.base.clone();
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}/{path}"));
        let mut request = Request::get(url, self.asking(what), limit);
        request.accept = "application/json";
        request.compressed = true;
        request
    }

    fn asking(&self, what: &str) -> Arc<Asking> {
        Arc::new(Asking {
            what: what.to_owned(),
            package: None,
            index: None,
        })
    }
}

/// Sends one request and takes the whole of the answer.
async fn whole(http: &Http, request: &Request) -> Result<Vec<u8>, FetchError> {
    let response = http.send(request).await?;
    if response.is_missing {
        return Err(request.failed(FetchErrorKind::NotFound, "the server does not have it"));
    }
    let bytes = response.body.into_bytes();
    bytes.map_err(|error| request.failed(FetchErrorKind::Disk, error.to_string()))
}

/// Sends some requests at once; the answers are in their order.
fn all(network: &Network, requests: &[Request]) -> Vec<Result<Vec<u8>, FetchError>> {
    network.runtime.block_on(async {
        let mut tasks = JoinSet::new();
        for (at, request) in requests.iter().cloned().enumerate() {
            let http = Arc::clone(&network.http);
            tasks.spawn(async move { (at, whole(&http, &request).await) });
        }
        let mut answers = failed(requests, FetchErrorKind::Transport, "the task was lost");
        while let Some(answer) = tasks.join_next().await {
            if let Ok((at, answer)) = answer {
                answers[at] = answer;
            }
        }
        answers
    })
}

fn failed(
    requests: &[Request],
    kind: FetchErrorKind,
    met: &str,
) -> Vec<Result<Vec<u8>, FetchError>> {
    let requests = requests.iter();
    requests.map(|it| Err(it.failed(kind, met))).collect()
}

/// A moment, then a line for each record.
fn kept_form(asked: Timestamp, stubs: &Stubs) -> Vec<u8> {
    let mut text = format!("{}\n", asked.seconds());
    for (id, modified) in stubs {
        let modified = modified.replace(char::is_control, "");
        text.push_str(&format!("{id} {modified}\n"));
    }
    text.into_bytes()
}

fn read_kept(bytes: &[u8]) -> Option<(Timestamp, Stubs)> {
    let mut lines = std::str::from_utf8(bytes).ok()?.lines();
    let asked = Timestamp::from_seconds(lines.next()?.parse().ok()?);
    let stubs = lines.map(|line| {
        let (id, modified) = line.split_once(' ')?;
        Some((id.to_owned(), modified.to_owned()))
    });
    Some((asked, stubs.collect::<Option<Stubs>>()?))
}
