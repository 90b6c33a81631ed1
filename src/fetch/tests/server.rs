//! A server on loopback that answers as it is told, faults included, and remembers what it was
//! asked.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What to answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
    pub(super) manner: Manner,
}

/// How to answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Manner {
    #[default]
    Whole,
    /// Understands `Range`.
    Ranges,
    /// Hangs up in the middle of the body.
    Truncated,
    /// Waits before the first byte.
    Slow(Duration),
    /// Sends the body over and over.
    Endless,
    /// Waits until so many requests have come, this one among them; hangs up where they do not.
    After(usize),
}

/// A request that came.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) path: String,
    pub(super) body: String,
    headers: HashMap<String, String>,
}

/// The server; its threads end with the test.
pub(super) struct Server {
    pub(super) base: String,
    world: Arc<Mutex<World>>,
}

#[derive(Default)]
struct World {
    routes: HashMap<String, Vec<Answer>>,
    asked: Vec<Asked>,
}

impl Answer {
    pub(super) fn ok(content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status: 200,
            headers: vec![("content-type", content_type.to_owned())],
            body: body.into(),
            manner: Manner::Whole,
        }
    }

    pub(super) fn status(status: u16) -> Self {
        Self {
            status,
            ..Self::default()
        }
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn manner(mut self, manner: Manner) -> Self {
        self.manner = manner;
        self
    }
}

impl Asked {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

impl Server {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let world: Arc<Mutex<World>> = Arc::default();
        let shared = Arc::clone(&world);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let world = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream, &world));
            }
        });
        Self { base, world }
    }

    /// Sets the answers for a path: the last one counts for all further requests.
    pub(super) fn route(&self, path: &str, answers: impl Into<Vec<Answer>>) {
        let mut world = self.world.lock().unwrap();
        world.routes.insert(path.to_owned(), answers.into());
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.world.lock().unwrap().asked.clone()
    }

    /// Returns the paths asked for, and forgets them.
    pub(super) fn paths(&self) -> Vec<String> {
        let asked = std::mem::take(&mut self.world.lock().unwrap().asked);
        asked.into_iter().map(|asked| asked.path).collect()
    }
}

fn serve(stream: TcpStream, world: &Mutex<World>) {
    stream.set_nodelay(true).unwrap();
    let mut reader = BufReader::new(stream);
    while let Some(asked) = read_request(&mut reader) {
        let range = asked.header("range").map(str::to_owned);
        let answer = {
            let mut world = world.lock().unwrap();
            let answers = world.routes.get_mut(&asked.path);
            let answer = match answers {
                Some(answers) if answers.len() > 1 => answers.remove(0),
                Some(answers) => answers[0].clone(),
                None => Answer::status(404),
            };
            world.asked.push(asked);
            answer
        };
        if let Manner::After(wanted) = answer.manner
            && !waits_for(|| world.lock().unwrap().asked.len() >= wanted)
        {
            return;
        }
        if write_answer(reader.get_mut(), answer, range.as_deref()).is_none() {
            return;
        }
    }
}

fn waits_for(is_there: impl Fn() -> bool) -> bool {
    let patience = Instant::now() + Duration::from_secs(20);
    while !is_there() {
        if Instant::now() > patience {
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    true
}

fn read_request(reader: &mut impl BufRead) -> Option<Asked> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(':') else {
            let length = headers.get("content-length");
            let length = length.map_or(0, |text: &String| text.parse().unwrap());
            let mut body = vec![0; length];
            reader.read_exact(&mut body).ok()?;
            let body = String::from_utf8(body).unwrap();
            return Some(Asked {
                path,
                body,
                headers,
            });
        };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
}

/// Writes an answer; `None` ends the connection.
fn write_answer(stream: &mut TcpStream, mut answer: Answer, range: Option<&str>) -> Option<()> {
    if let (Manner::Ranges, Some(range)) = (answer.manner, range) {
        answer = cut(answer, range);
    }
    if let Manner::Slow(time) = answer.manner {
        std::thread::sleep(time);
    }
    let len = match answer.manner {
        Manner::Endless => usize::MAX >> 8,
        Manner::Truncated => answer.body.len() + 1000,
        _ => answer.body.len(),
    };
    let mut head = format!("HTTP/1.1 {} x\r\ncontent-length: {len}\r\n", answer.status);
    for (name, value) in &answer.headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += "\r\n";
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(&answer.body).ok()?;
    if answer.manner == Manner::Endless {
        loop {
            stream.write_all(&answer.body).ok()?;
        }
    }
    (answer.manner != Manner::Truncated).then_some(())
}

fn cut(mut answer: Answer, range: &str) -> Answer {
    let len = answer.body.len();
    let range = range.strip_prefix("bytes=").unwrap();
    let (from, to) = range.split_once('-').unwrap();
    let (from, to) = match from.is_empty() {
        true => (len.saturating_sub(to.parse().unwrap()), len),
        false => (
            from.parse().unwrap(),
            to.parse::<usize>().map_or(len, |to| (to + 1).min(len)),
        ),
    };
    let place = format!("bytes {from}-{}/{len}", to - 1);
    answer.status = 206;
    answer.body = answer.body[from..to].to_vec();
    answer.with("content-range", place)
}

/// Packs a body as a server does for the way.
pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    flate2::read::GzEncoder::new(bytes, flate2::Compression::fast())
        .read_to_end(&mut packed)
        .unwrap();
    packed
}
