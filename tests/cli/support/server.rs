//! A server on loopback: a function from requests to answers, faults included, and a memory of what
//! it was asked.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What to answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) manner: Manner,
}

/// How to answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Manner {
    #[default]
    Whole,
    /// Understands `Range`.
    Ranges,
    /// Hangs up in the middle of the body.
    Truncated,
    /// Never says a word.
    Silent,
    /// Sends the body this many times, and says nothing of its length beforehand.
    Repeated(usize),
}

/// A request that came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) path: String,
    headers: Vec<(String, String)>,
}

/// The server; its threads end with the tests.
pub(crate) struct Server {
    pub(crate) base: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Answer {
    pub(crate) fn ok(content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status: 200,
            headers: vec![("content-type", content_type.to_owned())],
            body: body.into(),
            manner: Manner::Whole,
        }
    }

    pub(crate) fn status(status: u16) -> Self {
        Self {
            status,
            ..Self::default()
        }
    }
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let named = self.headers.iter().find(|(key, _)| key == name);
        named.map(|(_, value)| value.as_str())
    }
}

impl Server {
    /// Serves what a function says; it is told the server's own address.
    pub(crate) fn start(answer: impl Fn(&Asked, &str) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (memory, own) = (Arc::clone(&asked), base.clone());
        let answer = Arc::new(answer);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (memory, own, answer) = (Arc::clone(&memory), own.clone(), Arc::clone(&answer));
                std::thread::spawn(move || {
                    let mut reader = BufReader::new(stream);
                    while let Some(asked) = read_request(&mut reader) {
                        memory.lock().unwrap().push(asked.clone());
                        let range = asked.header("range").map(str::to_owned);
                        let answer = answer(&asked, &own);
                        if write_answer(reader.get_mut(), answer, range.as_deref()).is_none() {
                            return;
                        }
                    }
                });
            }
        });
        Self { base, asked }
    }

    /// Returns the paths asked for, sorted, and forgets them.
    pub(crate) fn paths(&self) -> Vec<String> {
        let asked = std::mem::take(&mut *self.asked.lock().unwrap());
        let mut paths: Vec<String> = asked.into_iter().map(|asked| asked.path).collect();
        paths.sort();
        paths.dedup();
        paths
    }
}

impl Server {
    /// Returns what was said under a header, and the requests' paths stay.
    pub(crate) fn headers(&self, name: &str) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        let said = asked.iter().filter_map(|asked| asked.header(name));
        said.map(str::to_owned).collect()
    }
}

fn read_request(reader: &mut impl BufRead) -> Option<Asked> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(':') else {
            return Some(Asked { path, headers });
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
}

/// Writes an answer; `None` ends the connection.
fn write_answer(stream: &mut TcpStream, mut answer: Answer, range: Option<&str>) -> Option<()> {
    if let (Manner::Ranges, Some(range)) = (answer.manner, range) {
        answer = cut(answer, range);
    }
    let mut head = format!("HTTP/1.1 {} x\r\n", answer.status);
    let times = match answer.manner {
        Manner::Silent => {
            std::thread::sleep(Duration::from_secs(120));
            return None;
        }
        Manner::Repeated(times) => times,
        Manner::Whole | Manner::Ranges | Manner::Truncated => {
            let missing = usize::from(answer.manner == Manner::Truncated) * 1000;
            head += &format!("content-length: {}\r\n", answer.body.len() + missing);
            1
        }
    };
    for (name, value) in &answer.headers {
        head += &format!("{name}: {value}\r\n");
    }
    stream.write_all((head + "\r\n").as_bytes()).ok()?;
    for _ in 0..times {
        stream.write_all(&answer.body).ok()?;
    }
    let goes_on = matches!(answer.manner, Manner::Whole | Manner::Ranges);
    goes_on.then_some(())
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
    answer.headers.push(("content-range", place));
    answer
}
