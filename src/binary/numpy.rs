//! Which NumPy a file was compiled against, told by the texts that NumPy's and Cython's headers put
//! into whatever includes them. They stand there on every platform, in files without symbols too.
//!
//! A file has a *generation*, by what it does when it is imported, and beside it may fetch NumPy's
//! functions by name when it needs them, which no import shows.

use std::fmt;

use memchr::memmem::Finder;
use serde::{Deserialize, Serialize};

use super::MajorMinor;

/// What a file says of NumPy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumpyAbi {
    /// What it was compiled against.
    pub generation: Generation,
    /// How it fetches NumPy's functions by name, if it does.
    pub dynamic: Option<Dynamic>,
    /// What makes it do so.
    pub culprit: Option<Culprit>,
}

/// What a file was compiled against; the worse one is the greater.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Generation {
    /// Nothing of NumPy's.
    #[default]
    Unrelated,
    /// Cython's declarations of NumPy 2 alone: it runs with both.
    Cython2,
    /// NumPy 2, made to run from this version on.
    Numpy2(MajorMinor),
    /// Cython's declarations of NumPy 1 alone: with NumPy 2 it fails as it is imported.
    Cython1,
    /// NumPy 1: with NumPy 2 it fails as it is imported.
    Numpy1,
}

/// How a file fetches NumPy's functions by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Dynamic {
    /// It asks which NumPy it is.
    Both,
    /// It takes NumPy for a NumPy 1: with NumPy 2 it is imported, and reads the wrong fields.
    Numpy1,
}

/// A library that makes files fetch NumPy's functions by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Culprit {
    /// pybind11 before 2.12.
    Pybind11,
    /// The crate `numpy` before 0.22.
    RustNumpy,
}

/// The texts that are looked for.
const TARGET: &[u8] = b"C-API version 0x%x (NumPy ";
const ONCE: [(&[u8], Seen); 7] = [
    (
        b"module compiled against API version 0x%x but this version of numpy is 0x%x",
        Seen::Check1,
    ),
    (b"_ARRAY_API", Seen::Functions),
    (b"NumpyVersion", Seen::AsksVersion),
    (
        b"size changed, may indicate binary incompatibility",
        Seen::CythonSizes,
    ),
    (
        b"numpy._core.multiarray failed to import",
        Seen::CythonOfNumpy2,
    ),
    (b"__pybind11_internals_v", Seen::Pybind11),
    (b"/numpy-0.", Seen::RustNumpy),
];
const MULTIARRAY: &[u8] = b"numpy.core.multiarray";
const FAILED: &[u8] = b" failed to import";

/// No text reaches further than this from its beginning.
pub(super) const REACH: usize = 128;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    Check1,
    Functions,
    AsksVersion,
    CythonSizes,
    CythonOfNumpy2,
    Pybind11,
    RustNumpy,
    CythonOfNumpy1,
    ByName,
}

/// Looks for the texts, window by window.
#[derive(Debug)]
pub(super) struct Texts {
    target: Finder<'static>,
    multiarray: Finder<'static>,
    once: Vec<(Finder<'static>, Seen)>,
    seen: Vec<Seen>,
    newest: Option<MajorMinor>,
}

impl Texts {
    pub(super) fn new() -> Self {
        let once = ONCE.iter();
        Self {
            target: Finder::new(TARGET),
            multiarray: Finder::new(MULTIARRAY),
            once: once
                .map(|(text, seen)| (Finder::new(*text), *seen))
                .collect(),
            seen: Vec::new(),
            newest: None,
        }
    }

    /// Looks at a window. What begins less than [`REACH`] bytes before its end is seen again in the
    /// next one.
    pub(super) fn look(&mut self, window: &[u8]) {
        for at in self.target.find_iter(window) {
            let version = version_at(&window[at + TARGET.len()..]);
            self.newest = self.newest.max(version);
        }
        let found = &mut self.seen;
        self.once.retain(|(finder, seen)| {
            let is_there = finder.find(window).is_some();
            found.extend(is_there.then_some(*seen));
            !is_there
        });
        self.look_for_multiarray(window);
    }

    fn look_for_multiarray(&mut self, window: &[u8]) {
        let both = [Seen::CythonOfNumpy1, Seen::ByName];
        if both.iter().all(|it| self.seen.contains(it)) {
            return;
        }
        for at in self.multiarray.find_iter(window) {
            let rest = &window[at + MULTIARRAY.len()..];
            // Whole in the next window, if there is one.
            if rest.len() < FAILED.len() && FAILED.starts_with(rest) {
                continue;
            }
            let seen = match rest.starts_with(FAILED) {
                true => Seen::CythonOfNumpy1,
                false => Seen::ByName,
            };
            if !self.seen.contains(&seen) {
                self.seen.push(seen);
            }
        }
    }

    pub(super) fn told(&self) -> NumpyAbi {
        let has = |seen| self.seen.contains(&seen);
        let generation = match self.newest {
            Some(newest) => Generation::Numpy2(newest),
            None if has(Seen::Check1) => Generation::Numpy1,
            None if has(Seen::CythonSizes) && has(Seen::CythonOfNumpy2) => Generation::Cython2,
            None if has(Seen::CythonSizes) && has(Seen::CythonOfNumpy1) => Generation::Cython1,
            None => Generation::Unrelated,
        };
        let dynamic = match (has(Seen::Functions), has(Seen::AsksVersion)) {
            (true, true) => Some(Dynamic::Both),
            (true, false) if has(Seen::ByName) => Some(Dynamic::Numpy1),
            (true, false) | (false, _) => None,
        };
        let culprit = match (has(Seen::Pybind11), has(Seen::RustNumpy)) {
            (true, _) => Some(Culprit::Pybind11),
            (false, true) => Some(Culprit::RustNumpy),
            (false, false) => None,
        };
        NumpyAbi {
            generation,
            dynamic,
            culprit: culprit.filter(|_| dynamic == Some(Dynamic::Numpy1)),
        }
    }
}

impl NumpyAbi {
    /// Whether importing the file fails with NumPy 2.
    pub fn fails_with_numpy2(&self) -> bool {
        matches!(self.generation, Generation::Numpy1 | Generation::Cython1)
    }

    /// Whether the file may compute wrong results with NumPy 2.
    pub fn lies_with_numpy2(&self) -> bool {
        self.dynamic == Some(Dynamic::Numpy1)
    }

    /// Returns the oldest NumPy that the file runs with, where it says one.
    pub fn oldest(&self) -> Option<MajorMinor> {
        match self.generation {
            Generation::Numpy2(oldest) => Some(oldest),
            _ => None,
        }
    }
}

impl fmt::Display for Culprit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pybind11 => "pybind11 before 2.12",
            Self::RustNumpy => "the Rust crate `numpy` before 0.22",
        })
    }
}

/// Reads `1.20)`.
fn version_at(text: &[u8]) -> Option<MajorMinor> {
    let end = text.iter().take(12).position(|byte| *byte == b')')?;
    let text = std::str::from_utf8(&text[..end]).ok()?;
    MajorMinor::read(text)
}
