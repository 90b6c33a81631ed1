//! Reads a stream, or parts of a file, from beginning to end through a small window, and passes over the code in
//! containers, which is most of the largest libraries.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use memchr::memmem::Finder;

use super::fatbin::{ENTRY, Fatbins, HEADER, MAGIC, Step, Walk};
use super::numpy::{NumpyAbi, REACH, Texts};

/// Small enough for a processor's own cache: every text is looked for in it by itself.
const WINDOW: usize = 256 << 10;

/// What is read from its beginning to its end.
trait Forward {
    /// Reads some bytes; none at the end.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize>;

    /// Passes over bytes.
    fn pass(&mut self, bytes: u64) -> io::Result<()>;
}

/// A part of a file.
struct Seeking<R> {
    inner: R,
    at: u64,
    end: u64,
}

/// What comes as it comes.
struct Streaming<R>(R);

impl<R: Read + Seek> Forward for Seeking<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let most = buffer.len().min(left);
        let read = self.inner.read(&mut buffer[..most])?;
        self.at += read as u64;
        Ok(read)
    }

    fn pass(&mut self, bytes: u64) -> io::Result<()> {
        self.at = self.at.saturating_add(bytes);
        self.inner.seek(SeekFrom::Start(self.at)).map(|_| ())
    }
}

impl<R: Read> Forward for Streaming<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }

    fn pass(&mut self, bytes: u64) -> io::Result<()> {
        io::copy(&mut self.0.by_ref().take(bytes), &mut io::sink()).map(|_| ())
    }
}

/// Reads all of a stream; a part that cannot be read ends it, and is an error.
pub(super) fn look(input: impl Read) -> io::Result<(NumpyAbi, Option<Fatbins>)> {
    let mut looker = Looker::new();
    looker.look(&mut Streaming(input), 0, None)?;
    Ok((looker.texts.told(), looker.fatbins))
}

/// Reads parts of a file.
pub(super) fn look_at(
    mut input: impl Read + Seek,
    parts: &[Range<u64>],
) -> io::Result<(NumpyAbi, Option<Fatbins>)> {
    let mut looker = Looker::new();
    for part in parts {
        input.seek(SeekFrom::Start(part.start))?;
        let mut seeking = Seeking {
            inner: &mut input,
            at: part.start,
            end: part.end,
        };
        looker.look(&mut seeking, part.start, Some(part.end))?;
    }
    Ok((looker.texts.told(), looker.fatbins))
}

struct Looker {
    texts: Texts,
    magic: Finder<'static>,
    window: Vec<u8>,
    /// How much of the window is filled.
    held: usize,
    /// Where in the file the window begins.
    base: u64,
    /// From where in the file on the next container is looked for.
    from: u64,
    walk: Option<Walk>,
    fatbins: Option<Fatbins>,
    /// Where it ends, if that is known.
    len: Option<u64>,
}

impl Looker {
    fn new() -> Self {
        Self {
            texts: Texts::new(),
            magic: Finder::new(&MAGIC),
            window: vec![0; WINDOW],
            held: 0,
            base: 0,
            from: 0,
            walk: None,
            fatbins: None,
            len: None,
        }
    }

    /// Reads a part to its end.
    fn look(&mut self, input: &mut impl Forward, from: u64, end: Option<u64>) -> io::Result<()> {
        (self.held, self.base, self.from, self.len) = (0, from, from, end);
        while self.fill(input)? {
            self.texts.look(&self.window[..self.held]);
            self.walk_on();
            self.move_on(input)?;
        }
        if let Some(walk) = self.walk.take() {
            walk.finish(false, &mut self.fatbins);
        }
        Ok(())
    }

    /// Fills the window; nothing new comes at the end.
    fn fill(&mut self, input: &mut impl Forward) -> io::Result<bool> {
        let before = self.held;
        while self.held < self.window.len() {
            match input.read(&mut self.window[self.held..]) {
                Ok(0) => break,
                Ok(read) => self.held += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(self.held > before)
    }

    fn end(&self) -> u64 {
        self.base.saturating_add(self.held as u64)
    }

    /// Returns what the window has from a place of the file on.
    fn at(&self, place: u64) -> &[u8] {
        let at = place.checked_sub(self.base);
        let at = at.and_then(|at| usize::try_from(at).ok());
        at.and_then(|at| self.window[..self.held].get(at..))
            .unwrap_or_default()
    }

    /// Walks through the containers as far as the window goes.
    fn walk_on(&mut self) {
        loop {
            let Some(mut walk) = self.walk.take() else {
                match self.begin() {
                    true => continue,
                    false => return,
                }
            };
            let header = self.at(walk.next);
            if header.len() < ENTRY {
                self.walk = Some(walk);
                return;
            }
            match walk.step(header) {
                Step::On => self.walk = Some(walk),
                step => {
                    self.from = walk.next;
                    walk.finish(step == Step::Done, &mut self.fatbins);
                }
            }
        }
    }

    /// Looks for the next container; whether there may be one.
    fn begin(&mut self) -> bool {
        let rest = self.at(self.from);
        let Some(found) = self.magic.find(rest) else {
            // A part of its beginning may stand at the end.
            let end = self.end().saturating_sub(MAGIC.len() as u64 - 1);
            self.from = self.from.max(end);
            return false;
        };
        let at = self.from + found as u64;
        let header = self.at(at);
        if header.len() < HEADER {
            self.from = at;
            return false;
        }
        self.walk = Walk::begin(header, at, self.len);
        self.from = at + MAGIC.len() as u64;
        true
    }

    /// Keeps what the next window needs of this one, and passes over what nobody does.
    fn move_on(&mut self, input: &mut impl Forward) -> io::Result<()> {
        let end = self.end();
        let next = match &self.walk {
            Some(walk) => walk.next,
            None => self.from,
        };
        if next >= end {
            input.pass(next - end)?;
            self.base = next;
            self.held = 0;
            return Ok(());
        }
        let kept = end.saturating_sub(REACH as u64).min(next).max(self.base);
        let at = usize::try_from(kept - self.base).unwrap_or(self.held);
        self.window.copy_within(at..self.held, 0);
        self.held -= at;
        self.base = kept;
        Ok(())
    }
}
