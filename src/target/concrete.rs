//! A concrete target: one Python on one platform, with all that is judged by it worked out once.

use super::known_platform::KNOWN;
use super::{Accelerators, Flavour, Platform, PythonVersion, TagSet, markers, served};
use crate::package::{MarkerEnvironment, Specifiers};

/// One Python on one platform, with the accelerators beside it.
#[derive(Clone, Debug)]
pub struct Target {
    python: PythonVersion,
    platform: Platform,
    environment: MarkerEnvironment,
    tags: TagSet,
    accelerators: Accelerators,
}

impl Target {
    /// Works out the marker values and the accepted tags of a Python on a platform.
    pub fn new(python: PythonVersion, platform: Platform) -> Self {
        Self {
            environment: markers::environment(&python, &platform),
            tags: TagSet::new(&python, &platform),
            accelerators: Accelerators::default(),
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

    /// Returns the accelerators; none are known of a new target.
    pub fn accelerators(&self) -> &Accelerators {
        &self.accelerators
    }

    /// Returns it with these accelerators in place of its own.
    pub fn with_accelerators(self, accelerators: Accelerators) -> Self {
        Self {
            accelerators,
            ..self
        }
    }

    /// Returns a copy that wants builds of a flavour, or of none in particular.
    pub fn with_flavour(&self, flavour: Option<Flavour>) -> Self {
        let accelerators = Accelerators {
            flavour,
            ..self.accelerators.clone()
        };
        self.clone().with_accelerators(accelerators)
    }

    /// Returns the same place with another Python.
    pub fn with_python(&self, python: PythonVersion) -> Self {
        Self::new(python, self.platform).with_accelerators(self.accelerators.clone())
    }

    /// Returns the same place with the newest system that wheels may ask for: where no version of the
    /// system is meant, none is too old.
    pub fn on_newest_system(&self) -> Self {
        let known = KNOWN.iter().find(|it| it.is_of(&self.environment));
        let newest = known.and_then(|it| it.newest(self.platform));
        Self::new(self.python.clone(), newest.unwrap_or(self.platform))
            .with_accelerators(self.accelerators.clone())
    }

    /// Returns words for a message: `Python 3.10 on Linux x86_64 (glibc 2.28)`, and the
    /// accelerators after commas.
    pub fn describe(&self) -> String {
        let plain = format!("{} on {}", self.python.describe(), self.platform);
        let known = self.accelerators.describe();
        [vec![plain], known].concat().join(", ")
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
    use crate::target::Gpu;

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
    #[test]
    fn a_target_tells_the_accelerators_that_are_known() {
        let plain = target("3.10", "linux");
        let accelerators = Accelerators {
            flavour: "cu121".parse().ok(),
            cuda: "12.4".parse().ok(),
            driver: "550.54".parse().ok(),
            gpus: vec![
                Gpu {
                    name: Some("RTX 5090".into()),
                    capability: "12.0".parse().unwrap(),
                },
                Gpu {
                    name: None,
                    capability: "8.6".parse().unwrap(),
                },
            ],
        };

        let whole = plain.clone().with_accelerators(accelerators);

        assert_eq!(
            whole.describe(),
            "Python 3.10 on Linux x86_64 (glibc 2.28), CUDA 12.1 (cu121), CUDA toolkit 12.4, \
             RTX 5090 (sm_120), sm_86, driver 550.54"
        );
        let without = whole.with_flavour(None);
        assert!(!without.describe().contains("cu121"));
        assert_eq!(without.accelerators().gpus.len(), 2);
        assert_eq!(
            plain.with_flavour(Some(Flavour::Cpu)).describe(),
            "Python 3.10 on Linux x86_64 (glibc 2.28), CPU only"
        );
    }
}
