//! Which Python: its version as a person names it, and its implementation.

use std::fmt;
use std::str::FromStr;

use crate::package::Version;

/// The newest stable minor version of Python 3 as of 2026-11-21: by PEP 790's schedule 3.15 came
/// out in October 2026, and builds of 3.15.2 are offered; 3.16 is in its alphas.
const NEWEST_STABLE: u64 = 15;

/// The first free-threaded minor version of Python 3 (PEP 703).
const FIRST_FREE_THREADED: u64 = 13;

/// A Python, by its minor version at least: `3.10` or `3.10.4`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PythonVersion {
    given: String,
    implementation: Implementation,
    version: Version,
    release: Version,
    is_full: bool,
    is_free_threaded: bool,
}

/// Who made the interpreter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Implementation {
    /// The reference implementation.
    CPython,
    /// PyPy.
    PyPy,
}

/// Text that names no Python that could be a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PythonError {
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// What to type instead, as a sentence.
    pub help: String,
}

/// The spellings before the number; a longer one stands before its beginning.
const PREFIXES: &[(&str, Implementation)] = &[
    ("cpython", Implementation::CPython),
    ("cp", Implementation::CPython),
    ("pypy", Implementation::PyPy),
    ("pp", Implementation::PyPy),
    ("python", Implementation::CPython),
    ("py", Implementation::CPython),
];

impl PythonVersion {
    /// Returns the newest stable CPython that this build of pyaudit knows.
    pub fn newest_stable() -> Self {
        Self::cpython(NEWEST_STABLE)
    }

    /// Returns CPython 3 of a minor version.
    pub(super) fn cpython(minor: u64) -> Self {
        let release = Version::new([3, minor, 0]);
        Self {
            given: format!("3.{minor}"),
            implementation: Implementation::CPython,
            version: release.clone(),
            release,
            is_full: false,
            is_free_threaded: false,
        }
    }

    /// Returns what an interpreter says of itself; `None` for a Python that is no target.
    pub fn from_interpreter(
        implementation: Implementation,
        version: &str,
        is_free_threaded: bool,
    ) -> Option<Self> {
        let mut python: Self = version.parse().ok()?;
        python.implementation = implementation;
        python.is_free_threaded = is_free_threaded;
        Some(python)
    }

    /// Returns the text it was read from.
    pub fn given(&self) -> &str {
        &self.given
    }

    /// Returns the implementation.
    pub fn implementation(&self) -> Implementation {
        self.implementation
    }

    /// Returns the major version, which is 3.
    pub fn major(&self) -> u64 {
        self.release.release()[0]
    }

    /// Returns the minor version.
    pub fn minor(&self) -> u64 {
        self.release.release()[1]
    }

    /// Returns the full version: `3.10` is 3.10.0.
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// Returns the full version without the mark of a pre-release.
    pub(super) fn release(&self) -> &Version {
        &self.release
    }

    /// Whether the patch version was given.
    pub fn is_full(&self) -> bool {
        self.is_full
    }

    /// Whether it is a build without the global interpreter lock, `3.13t`.
    pub fn is_free_threaded(&self) -> bool {
        self.is_free_threaded
    }

    /// Returns words for a message: `Python 3.10`.
    pub fn describe(&self) -> String {
        let name = match self.implementation {
            Implementation::CPython => "Python",
            Implementation::PyPy => "PyPy",
        };
        let build = if self.is_free_threaded {
            " (free-threaded)"
        } else {
            ""
        };
        format!("{name} {}{build}", self.number())
    }

    /// Returns as much of the version as was given.
    fn number(&self) -> String {
        if self.is_full {
            self.version.to_string()
        } else {
            format!("{}.{}", self.major(), self.minor())
        }
    }
}

/// Writes what can be read back: `3.10`, `3.10.4`, `3.13t`, `pypy3.10`.
impl fmt::Display for PythonVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.implementation == Implementation::PyPy {
            f.write_str("pypy")?;
        }
        f.write_str(&self.number())?;
        if self.is_free_threaded {
            f.write_str("t")?;
        }
        Ok(())
    }
}

/// Reads `3.10`, `3.10.4`, `3.15.0rc1`, `3.13t`, and these after `python`, `cpython`, `pypy` and
/// their short forms (`cp310`, `pypy@3.10`).
impl FromStr for PythonVersion {
    type Err = PythonError;

    fn from_str(text: &str) -> Result<Self, PythonError> {
        let lower = text.trim().to_ascii_lowercase();
        let (implementation, number, is_prefixed) = without_prefix(&lower);
        let (number, is_free_threaded) = without_build(number);
        let dotted = match (
            is_prefixed,
            number.is_char_boundary(1),
            number.contains('.'),
        ) {
            (true, true, false) if number.len() > 1 => format!("{}.{}", &number[..1], &number[1..]),
            _ => number.to_owned(),
        };
        let version: Version = dotted.parse().map_err(|_| not_a_version(text))?;
        let parts = version.release().to_vec();
        check(text, &version, &parts)?;
        if is_free_threaded && parts[1] < FIRST_FREE_THREADED {
            return Err(PythonError {
                message: format!("`{text}` asks for a free-threaded Python that does not exist"),
                help: format!(
                    "Free-threaded builds begin with 3.{FIRST_FREE_THREADED}t; give 3.{} for the usual build.",
                    parts[1]
                ),
            });
        }
        let release = Version::new([parts[0], parts[1], parts.get(2).copied().unwrap_or(0)]);
        Ok(Self {
            given: text.trim().to_owned(),
            implementation,
            is_full: parts.len() == 3,
            version: version.with_release(release.release().to_vec()),
            release,
            is_free_threaded,
        })
    }
}

fn without_prefix(text: &str) -> (Implementation, &str, bool) {
    let found = PREFIXES.iter().find_map(|(prefix, implementation)| {
        text.strip_prefix(prefix)
            .map(|number| (*implementation, number.trim_start_matches(['-', '@'])))
    });
    match found {
        Some((implementation, number)) => (implementation, number, true),
        None => (Implementation::CPython, text, false),
    }
}

fn without_build(number: &str) -> (&str, bool) {
    number
        .strip_suffix("+freethreaded")
        .or_else(|| number.strip_suffix('t'))
        .map_or((number, false), |number| (number, true))
}

/// Refuses versions that are well formed and yet no target.
fn check(text: &str, version: &Version, parts: &[u64]) -> Result<(), PythonError> {
    let fail = |message: String, help: String| Err(PythonError { message, help });
    let is_plain = version.epoch() == 0
        && version.post().is_none()
        && version.dev().is_none()
        && version.local().is_empty();
    match parts {
        [3] => fail(
            format!("`{text}` does not say which minor version of Python"),
            format!("Give one, as in 3.{NEWEST_STABLE}."),
        ),
        [major] if (30..=399).contains(major) => {
            let digits = major.to_string();
            fail(
                format!("`{text}` is not a Python version"),
                format!("Did you mean {}.{}?", &digits[..1], &digits[1..]),
            )
        }
        [0..=2, ..] => fail(
            format!("`{text}` is too old: pyaudit resolves for Python 3"),
            format!("Give a version such as 3.{NEWEST_STABLE}."),
        ),
        // The minor version is bounded because tags are counted down from it.
        [3, 0..=99] | [3, 0..=99, _] if is_plain => Ok(()),
        _ => Err(not_a_version(text)),
    }
}

fn not_a_version(text: &str) -> PythonError {
    PythonError {
        message: format!("`{text}` is not a Python version"),
        help: format!("Give one such as 3.{NEWEST_STABLE} or 3.{NEWEST_STABLE}.1."),
    }
}

impl fmt::Display for PythonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}. {}", self.message, self.help)
    }
}

impl std::error::Error for PythonError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_python_is_named_in_many_ways() {
        let cases = [
            ("3.10", "3.10", "3.10.0"),
            ("3.10.4", "3.10.4", "3.10.4"),
            ("cp310", "3.10", "3.10.0"),
            ("py39", "3.9", "3.9.0"),
            ("python3.10", "3.10", "3.10.0"),
            ("CPython@3.12.1", "3.12.1", "3.12.1"),
            ("pypy3.10", "pypy3.10", "3.10.0"),
            ("pp310", "pypy3.10", "3.10.0"),
            ("3.13t", "3.13t", "3.13.0"),
            ("3.14+freethreaded", "3.14t", "3.14.0"),
            ("3.15.0rc1", "3.15.0rc1", "3.15.0rc1"),
        ];

        for (text, shown, full) in cases {
            let python: PythonVersion = text.parse().unwrap();
            assert_eq!(python.to_string(), shown);
            assert_eq!(python.version().to_string(), full);
            assert_eq!(python.given(), text);
            assert_eq!(
                shown.parse::<PythonVersion>().unwrap().to_string(),
                shown,
                "what is written can be read"
            );
        }
    }

    #[test]
    fn what_is_no_python_says_what_to_type() {
        let cases = [
            ("310", "Did you mean 3.10?"),
            ("3", "Give one, as in 3.15."),
            ("2.7", "Give a version such as 3.15."),
            ("abc", "Give one such as 3.15 or 3.15.1."),
            ("", "Give one such as 3.15 or 3.15.1."),
            ("3.10.1.2", "Give one such as 3.15 or 3.15.1."),
            ("3.999", "Give one such as 3.15 or 3.15.1."),
            ("3.10.1+é", "Give one such as 3.15 or 3.15.1."),
            ("pé10", "Give one such as 3.15 or 3.15.1."),
            ("cpé10", "Give one such as 3.15 or 3.15.1."),
            (
                "3.12t",
                "Free-threaded builds begin with 3.13t; give 3.12 for the usual build.",
            ),
        ];

        for (text, help) in cases {
            let error = text.parse::<PythonVersion>().unwrap_err();
            assert_eq!(error.help, help, "{text}");
        }
    }
}
