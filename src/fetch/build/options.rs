//! Who may be built, and by which interpreter: decided by the caller, as values.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::input::AllowBuild;
use crate::package::PackageName;

/// How packages whose metadata only a build can tell are treated.
#[derive(Clone, Debug)]
pub struct BuildOptions {
    /// Which packages may run their code; none by default.
    pub allowed: AllowBuild,
    /// The interpreter at hand, or why there is none.
    pub python: Result<BuildPython, String>,
    /// The `PATH` on which builds find compilers and the like.
    pub search_path: OsString,
    /// How long one build may take.
    pub limit: Duration,
}

/// An interpreter that builds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildPython {
    /// Where it is.
    pub path: PathBuf,
    /// Its version up to the minor one, such as `3.12`: what builds are remembered under.
    pub minor: String,
    /// What to say of each build where it is not the target's Python.
    pub remark: Option<String>,
}

impl Default for BuildOptions {
    fn default() -> Self {
        Self {
            allowed: AllowBuild::All(false),
            python: Err("no interpreter was looked for".to_owned()),
            search_path: OsString::new(),
            limit: Duration::from_secs(600),
        }
    }
}

impl BuildOptions {
    /// Whether a package may run its code.
    pub fn allows(&self, name: &PackageName) -> bool {
        match &self.allowed {
            AllowBuild::All(all) => *all,
            AllowBuild::Packages(names) => names.contains(name),
        }
    }

    /// Whether packages whose names nobody knows yet may.
    pub(in crate::fetch) fn allows_all(&self) -> bool {
        self.allowed == AllowBuild::All(true)
    }

    /// Whether there is any package that may.
    pub(in crate::fetch) fn allows_any(&self) -> bool {
        match &self.allowed {
            AllowBuild::All(all) => *all,
            AllowBuild::Packages(names) => !names.is_empty(),
        }
    }
}
