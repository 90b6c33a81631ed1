//! What the compiled files in wheels say, by as few bytes as possible: a wheel's table of contents,
//! then the extension modules, then those libraries of the wheel that they load. What was found out
//! is kept for good: a wheel never changes.

use std::io::{Read, Seek, Write};
use std::ops::Range;
use std::sync::Arc;

use flate2::read::DeflateDecoder;
use reqwest::header;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use super::body::{Body, strongest};
use super::error::{FetchError, FetchErrorKind};
use super::file::FileQuestion;
use super::http::Http;
use super::key::{Key, Kind};
use super::live_catalog::LiveCatalog;
use super::local;
use super::refusal::refusal;
use super::request::Request;
use super::shared::Shared;
use super::wheel::{Parts, piece, placed};
use crate::binary::{
    BinaryFacts, Closure, Role, base_name, decode, encode, role_of, scan_file, scan_stream,
};
use crate::index::{Directory, Member, Packing, Project, read_wheel_directory};
use crate::package::Digest;
use crate::solve::{FileAt, Refusal};

/// How much of a wheel's end is asked for at first, and how often more of its table of contents.
const TAIL: u64 = 64 << 10;
const MOST_PIECES: usize = 6;
/// The largest file that is read whole, packed and unpacked, and how much is read of one wheel.
const MOST_OF_FILE: u64 = 128 << 20;
const MOST_UNPACKED: u64 = 1 << 30;
const MOST_OF_WHEEL: u64 = 512 << 20;
/// The largest library that is read because an extension module loads it.
const MOST_OF_LIBRARY: u64 = 16 << 20;
/// So much of the largest libraries is enough to know what GPUs they are for.
const FOR_GPUS: u64 = 24 << 20;
/// Smaller libraries have no code for GPUs worth the request; and no more than so many are asked for.
const LEAST_FOR_GPUS: u64 = 1 << 20;
const MOST_FOR_GPUS: usize = 24;
/// Unpacked files beyond this size go to a temporary file.
const IN_MEMORY: usize = 32 << 20;
/// So many wheels are read at once.
const AT_ONCE: usize = 8;

/// What is wanted of wheels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// What extension modules need and were built against.
    Extensions,
    /// The code for GPUs as well.
    Gpus,
}

/// What a wheel holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WheelContents {
    /// All files: path, checksum, size.
    pub files: Vec<(String, u32, u64)>,
    /// What the compiled ones say that were read.
    pub binaries: Vec<BinaryFacts>,
    /// Those that matter and were not read.
    pub unread: Vec<String>,
}

impl LiveCatalog {
    /// Reads wheels, several at once; `tell` hears how many of how many are done.
    pub fn contents(
        &self,
        wanted: &[(Arc<Project>, FileAt)],
        depth: Depth,
        tell: &dyn Fn(usize, usize),
    ) -> Vec<Result<WheelContents, Refusal>> {
        let shared = &self.engine.shared;
        let (sender, receiver) = std::sync::mpsc::channel();
        let slots = Arc::new(Semaphore::new(AT_ONCE));
        let mut answers: Vec<Option<Result<WheelContents, Refusal>>> = vec![None; wanted.len()];
        for (at, (project, file)) in wanted.iter().enumerate() {
            let Some(file) = FileQuestion::new(shared, project, *file) else {
                answers[at] = Some(Err(Refusal::Unusable("there is no such file".to_owned())));
                continue;
            };
            if let Some(kept) = kept(shared, &file, depth) {
                answers[at] = Some(Ok(kept));
                continue;
            }
            let (shared, sender, slots) = (Arc::clone(shared), sender.clone(), Arc::clone(&slots));
            let is_local = file.url.starts_with("file:");
            match self.network() {
                Ok((runtime, http)) if is_local || !shared.policy.offline => {
                    runtime.spawn(async move {
                        let _slot = slots.acquire_owned().await;
                        let read = read(&shared, &http, &file, depth).await;
                        // Nobody listens any more if the run ended meanwhile.
                        let _ = sender.send((at, read));
                    });
                }
                Ok(_) => {
                    let why = "it was never looked into, and the network is off";
                    answers[at] = Some(Err(Refusal::Unusable(why.to_owned())));
                }
                Err(error) => answers[at] = Some(Err(Refusal::Unusable(error))),
            }
        }
        drop(sender);
        let mut done = answers.iter().flatten().count();
        while let Ok((at, read)) = receiver.recv() {
            done += 1;
            tell(done, wanted.len());
            answers[at] = Some(read.map_err(refusal));
        }
        let given_up = || Err(Refusal::Unusable("the work on it was given up".to_owned()));
        answers
            .into_iter()
            .map(|it| it.unwrap_or_else(given_up))
            .collect()
    }
}

/// The form in which contents are kept, beside the facts of the compiled files.
#[derive(Debug, Deserialize, Serialize)]
struct KeptForm {
    files: Vec<(String, u32, u64)>,
    unread: Vec<String>,
    binaries: Vec<u8>,
}

/// The address counts as well as the digest: another index may lie about a file.
fn key(file: &FileQuestion, depth: Depth) -> Option<Key> {
    let digest = strongest(&file.digests).map(Digest::to_string)?;
    let url = crate::package::IndexUrl::redacted(&file.url);
    let depth = match depth {
        Depth::Extensions => "extensions",
        Depth::Gpus => "gpus",
    };
    Some(Key::of(Kind::Wheel, &[&url, &digest, depth]))
}

fn kept(shared: &Shared, file: &FileQuestion, depth: Depth) -> Option<WheelContents> {
    let value = shared.cache.as_ref()?.get(key(file, depth)?)?;
    let form: KeptForm = postcard::from_bytes(&value).ok()?;
    shared.statistics.hit();
    Some(WheelContents {
        files: form.files,
        binaries: decode(&form.binaries)?,
        unread: form.unread,
    })
}

fn keep(shared: &Shared, file: &FileQuestion, depth: Depth, contents: &WheelContents) {
    let form = KeptForm {
        files: contents.files.clone(),
        unread: contents.unread.clone(),
        binaries: encode(&contents.binaries),
    };
    if let (Some(key), Ok(value)) = (key(file, depth), postcard::to_allocvec(&form)) {
        shared.keep(key, &value);
    }
}

async fn read(
    shared: &Shared,
    http: &Http,
    file: &FileQuestion,
    depth: Depth,
) -> Result<WheelContents, FetchError> {
    let mut wheel = Wheel::open(http, file).await?;
    let members = wheel.members().await?;
    let mut reading = Reading {
        wheel,
        members: &members,
        found: Vec::new(),
        unread: Vec::new(),
    };
    // Its own files are as old as it is.
    if file.name.as_ref() != "numpy" {
        reading.read_extensions().await?;
        reading.read_libraries().await?;
        if depth == Depth::Gpus {
            reading.read_for_gpus().await?;
        }
    }
    let contents = WheelContents {
        binaries: reading.found,
        unread: reading.unread,
        files: members
            .iter()
            .map(|it| (it.path.clone(), it.crc32, it.size))
            .collect(),
    };
    keep(shared, file, depth, &contents);
    Ok(contents)
}

/// A wheel that is read in pieces.
struct Wheel<'h> {
    http: &'h Http,
    request: Request,
    /// Where all of it is at hand.
    whole: Option<Body>,
    /// Its end, with its place.
    tail: (u64, Vec<u8>),
    /// How much more may be read.
    budget: u64,
}

impl<'h> Wheel<'h> {
    async fn open(http: &'h Http, file: &FileQuestion) -> Result<Self, FetchError> {
        let mut wheel = Self {
            http,
            request: file.request("", MOST_OF_FILE)?,
            whole: None,
            tail: (0, Vec::new()),
            budget: MOST_OF_WHEEL,
        };
        if wheel.request.url.scheme() == "file" {
            wheel.request.limit = u64::MAX;
            let body = local::open(&wheel.request)?;
            wheel.take(body)?;
            return Ok(wheel);
        }
        wheel.request.range = Some(format!("bytes=-{TAIL}"));
        match piece(http, &wheel.request).await? {
            Some(response) if response.status == 200 => wheel.take(response.body)?,
            Some(response) => {
                wheel.tail = placed(response).ok_or_else(|| wheel.no_parts())?;
            }
            None => return Err(wheel.no_parts()),
        }
        Ok(wheel)
    }

    fn no_parts(&self) -> FetchError {
        let met = "the server gives no parts of files, and the whole is too large";
        self.request.failed(FetchErrorKind::TooLarge, met)
    }

    fn broken(&self, met: impl AsRef<str>) -> FetchError {
        self.request.failed(FetchErrorKind::BadBody, met)
    }

    fn take(&mut self, mut body: Body) -> Result<(), FetchError> {
        let start = body.len().saturating_sub(TAIL);
        let tail = body.slice(start, body.len());
        self.tail = (start, tail.map_err(|error| self.broken(error.to_string()))?);
        self.whole = Some(body);
        Ok(())
    }

    async fn members(&mut self) -> Result<Vec<Member>, FetchError> {
        let mut parts = Parts(vec![self.tail.clone()]);
        for _ in 0..MOST_PIECES {
            let borrowed: Vec<(u64, &[u8])> = parts
                .0
                .iter()
                .map(|(start, bytes)| (*start, bytes.as_slice()))
                .collect();
            match read_wheel_directory(&borrowed) {
                Ok(Directory::Members(members)) => return Ok(members),
                Ok(Directory::Need(range)) => {
                    let bytes = self.range(range.clone()).await?;
                    parts.push((range.start, bytes));
                }
                Err(error) => return Err(self.broken(error.to_string())),
            }
        }
        Err(self.broken("the wheel's table of contents is damaged"))
    }

    /// Whether a range is worth a request.
    fn may_take(&self, range: &Range<u64>) -> bool {
        range.end.saturating_sub(range.start) <= self.budget
    }

    async fn range(&mut self, range: Range<u64>) -> Result<Vec<u8>, FetchError> {
        let end = self.tail.0.saturating_add(self.tail.1.len() as u64);
        let range = range.start..range.end.min(end);
        if range.is_empty() || !self.may_take(&range) {
            return Err(self.broken("the wheel's table of contents makes no sense"));
        }
        self.budget -= range.end - range.start;
        if let Some(body) = &mut self.whole {
            let bytes = body.slice(range.start, range.end);
            return bytes.map_err(|error| self.broken(error.to_string()));
        }
        let at = range.start.checked_sub(self.tail.0);
        if let Some(at) = at.and_then(|at| usize::try_from(at).ok()) {
            let len = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
            let held = self.tail.1.get(at..).unwrap_or_default();
            return Ok(held[..len.min(held.len())].to_vec());
        }
        self.request.limit = range.end - range.start;
        self.request.range = Some(format!("bytes={}-{}", range.start, range.end - 1));
        let response = piece(self.http, &self.request).await?;
        let part =
            response.filter(|it| it.status == 206 && it.header(header::CONTENT_RANGE).is_some());
        match part.and_then(placed) {
            Some((start, bytes)) if start == range.start => Ok(bytes),
            Some(_) | None => Err(self.broken("the server gave another part than was asked for")),
        }
    }
}

/// A wheel whose files are being read.
struct Reading<'m, 'h> {
    wheel: Wheel<'h>,
    members: &'m [Member],
    found: Vec<BinaryFacts>,
    unread: Vec<String>,
}

impl<'m> Reading<'m, '_> {
    fn of_role(&self, role: Role) -> impl Iterator<Item = &'m Member> + use<'m> {
        let members = self.members.iter();
        members.filter(move |it| role_of(&it.path) == Some(role))
    }

    async fn read_extensions(&mut self) -> Result<(), FetchError> {
        let extensions: Vec<&Member> = self.of_role(Role::Extension).collect();
        for member in extensions {
            self.read_whole(member, MOST_OF_FILE).await?;
        }
        Ok(())
    }

    /// Reads the libraries that what was read loads, until there are no more.
    async fn read_libraries(&mut self) -> Result<(), FetchError> {
        loop {
            let closure = Closure::of(&self.found);
            let wanted: Vec<String> = closure.outside().map(base_name).collect();
            let next = self.of_role(Role::Library).find(|it| {
                let is_new = !self.found.iter().any(|known| known.path == it.path)
                    && !self.unread.contains(&it.path);
                is_new && wanted.contains(&base_name(&it.path))
            });
            match next {
                Some(member) => self.read_whole(member, MOST_OF_LIBRARY).await?,
                None => return Ok(()),
            }
        }
    }

    /// Reads the beginnings of large libraries for what GPUs they are for.
    async fn read_for_gpus(&mut self) -> Result<(), FetchError> {
        let is_known = |it: &&Member| {
            let mut known = self.found.iter();
            known.any(|known| known.path == it.path && known.linkage.format.is_some())
        };
        let mut large: Vec<&Member> = self
            .of_role(Role::Library)
            .filter(|it| it.packed >= LEAST_FOR_GPUS && !is_known(it))
            .collect();
        large.sort_by_key(|it| std::cmp::Reverse(it.packed));
        for member in large.into_iter().take(MOST_FOR_GPUS) {
            let range = member.range(FOR_GPUS);
            if !self.wheel.may_take(&range) {
                return Ok(());
            }
            let bytes = self.wheel.range(range).await?;
            let facts = unpacked(member, bytes, true).await;
            let is_cut = member.packed > FOR_GPUS;
            if let Some(facts) = facts.filter(|it| it.fatbins.is_some()) {
                self.found.retain(|known| known.path != member.path);
                self.found.push(BinaryFacts {
                    is_partial: is_cut,
                    ..facts
                });
            }
        }
        Ok(())
    }

    async fn read_whole(&mut self, member: &Member, most: u64) -> Result<(), FetchError> {
        let range = member.range(u64::MAX);
        let is_small = member.packed <= most && member.size <= MOST_UNPACKED;
        if !is_small || !self.wheel.may_take(&range) {
            self.unread.push(member.path.clone());
            return Ok(());
        }
        let bytes = self.wheel.range(range).await?;
        match unpacked(member, bytes, false).await {
            Some(facts) => self.found.push(facts),
            None => self.unread.push(member.path.clone()),
        }
        Ok(())
    }
}

/// Unpacks and scans a file, as far as it is there; nothing where it is damaged.
async fn unpacked(member: &Member, bytes: Vec<u8>, is_beginning: bool) -> Option<BinaryFacts> {
    let member = member.clone();
    let scan = move || {
        let packed = member.packed_in(&bytes)?;
        let plain: Box<dyn Read + '_> = match member.packing? {
            Packing::Stored => Box::new(packed),
            Packing::Deflated => Box::new(DeflateDecoder::new(packed)),
        };
        let limited = plain.take(MOST_UNPACKED);
        match is_beginning {
            true => scan_stream(&member.path, Beginning(limited), u64::MAX).ok(),
            false => scan_whole(&member, limited),
        }
    };
    tokio::task::spawn_blocking(scan).await.ok()?
}

fn scan_whole(member: &Member, mut plain: impl Read) -> Option<BinaryFacts> {
    let mut file = tempfile::spooled_tempfile(IN_MEMORY);
    std::io::copy(&mut plain, &mut file).ok()?;
    file.flush().ok()?;
    let is_whole = file.stream_position().ok()? == member.size;
    file.rewind().ok()?;
    scan_file(&member.path, file).ok().filter(|_| is_whole)
}

/// The beginning of a packed file, which ends in the middle.
struct Beginning<R>(R);

impl<R: Read> Read for Beginning<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        Ok(self.0.read(buffer).unwrap_or_default())
    }
}
