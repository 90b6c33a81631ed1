//! A concrete target: one Python on one platform, with all that is judged by it worked out once.

use super::{Platform, PythonVersion, TagSet, markers, served};
use crate::package::{MarkerEnvironment, Specifiers};

/// One Python on one platform.
#[derive(Clone, Debug)]
pub struct Target {
    python: PythonVersion,
    platform: Platform,
    environment: MarkerEnvironment,
    tags: TagSet,
}

impl Target {
    /// Works out the marker values and the accepted tags of a Python on a platform.
    pub fn new(python: PythonVersion, platform: Platform) -> Self {
        Self {
            environment: markers::environment(&python, &platform),
            tags: TagSet::new(&python, &platform),
            python,
            platform,
        }
    }

    /// Returns the Python.
    pub fn python(&self) -> &PythonVersion {
        &self.python
    }

    /// Returns the platform.
    pub fn platform(&self) -> &Platform {
        &self.platform
    }

    /// Returns the values of all PEP 508 variables; the release and version of the platform are
    /// empty, as nothing is known of them.
    pub fn environment(&self) -> &MarkerEnvironment {
        &self.environment
    }

    /// Returns the wheel tags it accepts.
    pub fn tags(&self) -> &TagSet {
        &self.tags
    }

    /// Returns words for a message: `Python 3.10 on Linux x86_64 (glibc 2.28)`.
    pub fn describe(&self) -> String {
        format!("{} on {}", self.python.describe(), self.platform)
    }

    /// Whether a `requires-python` admits this Python, lower and upper bounds alike, as pip does;
    /// `3.10` counts as 3.10.0, and a pre-release of Python as the release it leads to.
    pub fn admits_python(&self, requires_python: &Specifiers) -> bool {
        requires_python.contains(self.python.release())
    }

    /// Returns what wheels that do not fit serve instead, as words that may follow "there are
    /// wheels for": `Python 3.8–3.11`, `macOS arm64 (11.0 or newer) and Windows`.
    pub fn describe_served(&self, tags: &[&str]) -> Option<String> {
        served::describe_served(tags, self)
    }

    /// Returns a PEP 508 marker that holds for this Python minor version, operating system and
    /// machine, and for no other: an entry of `environments` in a `pylock.toml`.
    pub fn marker(&self) -> String {
        markers::marker(&self.python, &self.environment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(python: &str, platform: &str) -> Target {
        Target::new(python.parse().unwrap(), platform.parse().unwrap())
    }

    #[test]
    fn requires_python_counts_both_ways_against_the_full_version() {
        let admits = |python, specifiers| {
            target(python, "linux").admits_python(&Specifiers::parse(specifiers).unwrap())
        };

        assert!(admits("3.10", ">=3.10"));
        assert!(!admits("3.10", ">=3.10.1"));
        assert!(admits("3.10.4", ">=3.10.1"));
        assert!(!admits("3.12", ">=3.6,<3.10"), "an upper bound excludes");
        assert!(!admits("3.10.4", "!=3.10.4"));
        assert!(!admits("3.10", "!=3.10.*"));
        assert!(!admits("3.10.4", "<=3.10"));
        assert!(
            admits("3.15.0rc1", ">=3.15"),
            "pip compares the release only"
        );
    }

    #[test]
    fn a_target_describes_itself() {
        assert_eq!(
            target("3.10", "linux").describe(),
            "Python 3.10 on Linux x86_64 (glibc 2.28)"
        );
        assert_eq!(
            target("pypy3.10", "macos").describe(),
            "PyPy 3.10 on macOS 13.0 arm64"
        );
        assert_eq!(
            target("3.13t", "windows").describe(),
            "Python 3.13 (free-threaded) on Windows x86_64"
        );
    }
}
