//! The Python of the active environment: finding it, and asking it once what it is.
//!
//! The interpreter runs isolated (`-I -S`): no user code, no site packages, no variables of its own.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::ask::{NoAnswer, PATIENCE, ask};
use super::machine::{musl, two_numbers};
use crate::target::{Arch, Implementation, Os, Platform, PythonVersion};

/// What decides which interpreter is the active one; the variables and folder of this process, or
/// made up in a test.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// `VIRTUAL_ENV`.
    pub virtual_env: Option<PathBuf>,
    /// `CONDA_PREFIX`.
    pub conda_prefix: Option<PathBuf>,
    /// `PATH`.
    pub path: OsString,
    /// The current folder.
    pub folder: PathBuf,
}

/// An interpreter and what it said of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interpreter {
    /// Where it is.
    pub path: PathBuf,
    /// How it was found.
    pub found_by: FoundBy,
    /// Its version and implementation.
    pub python: PythonVersion,
    /// Where it runs.
    pub platform: Platform,
}

/// How an interpreter was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoundBy {
    /// The active virtual environment, `VIRTUAL_ENV`.
    VirtualEnv,
    /// The active conda environment, `CONDA_PREFIX`.
    Conda,
    /// A `.venv` in the current folder or one above it.
    DotVenv,
    /// `python3` or `python` on the `PATH`.
    Path,
    /// The user named it.
    Named,
}

/// Why an interpreter said nothing that helps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeError {
    /// The interpreter that was asked.
    pub path: PathBuf,
    /// How it was found.
    pub found_by: FoundBy,
    /// What went wrong: lower case, no full stop.
    pub reason: String,
}

/// Prints what we want to know as JSON; runs on every Python that knows `-I`.
const QUESTION: &str = "\
import json, os, platform, sys, sysconfig
try:
    libc = os.confstr('CS_GNU_LIBC_VERSION')
except (AttributeError, OSError, ValueError):
    libc = None
print(json.dumps({
    'implementation': sys.implementation.name,
    'version': list(sys.version_info),
    'free_threaded': bool(sysconfig.get_config_var('Py_GIL_DISABLED')),
    'platform': sysconfig.get_platform(),
    'is_32bit': sys.maxsize <= 2**32,
    'mac_os': platform.mac_ver()[0],
    'machine': platform.machine(),
    'libc': libc,
}))";

/// The answer to [`QUESTION`].
#[derive(Debug, Deserialize)]
struct Told {
    implementation: String,
    /// `sys.version_info`: major, minor, micro, release level, serial.
    version: (u64, u64, u64, String, u64),
    free_threaded: bool,
    platform: String,
    is_32bit: bool,
    mac_os: String,
    machine: String,
    libc: Option<String>,
}

impl Surroundings {
    /// Reads the variables and the folder of this process.
    pub fn of_this_process() -> Self {
        let folder_in = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        Self {
            virtual_env: folder_in("VIRTUAL_ENV").map(Into::into),
            conda_prefix: folder_in("CONDA_PREFIX").map(Into::into),
            path: std::env::var_os("PATH").unwrap_or_default(),
            folder: std::env::current_dir().unwrap_or_default(),
        }
    }

    /// Lists the interpreters that may be the active one, the likeliest first.
    pub(super) fn candidates(&self) -> Vec<(PathBuf, FoundBy)> {
        let variables = [
            (&self.virtual_env, FoundBy::VirtualEnv),
            (&self.conda_prefix, FoundBy::Conda),
        ];
        let active = variables
            .into_iter()
            .filter_map(|(prefix, found_by)| Some((in_prefix(prefix.as_ref()?), found_by)));
        let near = self
            .folder
            .ancestors()
            .map(|folder| (in_prefix(&folder.join(".venv")), FoundBy::DotVenv))
            .filter(|(path, _)| path.is_file());
        let folders: Vec<PathBuf> = std::env::split_paths(&self.path)
            .filter(|folder| folder.is_absolute())
            .collect();
        let on_path = ["python3", "python"]
            .into_iter()
            .flat_map(|name| {
                folders
                    .iter()
                    .map(move |folder| folder.join(executable(name)))
            })
            .filter(|path| path.is_file())
            .map(|path| (path, FoundBy::Path));
        active.chain(near).chain(on_path).collect()
    }
}

/// Finds the interpreter of the active environment and asks what it is; `None` where there is no
/// interpreter. An environment that is active and broken is an error and not passed over; on the
/// `PATH` the first interpreter that answers counts.
pub fn active_interpreter(surroundings: &Surroundings) -> Result<Option<Interpreter>, ProbeError> {
    let mut first_error = None;
    for (path, found_by) in surroundings.candidates() {
        match interpreter_at(&path, found_by) {
            Ok(interpreter) => return Ok(Some(interpreter)),
            Err(error) if found_by != FoundBy::Path => return Err(error),
            Err(error) => first_error = first_error.or(Some(error)),
        }
    }
    first_error.map_or(Ok(None), Err)
}

/// Asks an interpreter what it is.
pub(super) fn interpreter_at(path: &Path, found_by: FoundBy) -> Result<Interpreter, ProbeError> {
    let told = told_by(path).and_then(|answer| Ok((answer.python()?, answer.platform()?)));
    match told {
        Ok((python, platform)) => Ok(Interpreter {
            path: path.to_owned(),
            found_by,
            python,
            platform,
        }),
        Err(reason) => Err(ProbeError {
            path: path.to_owned(),
            found_by,
            reason,
        }),
    }
}

fn told_by(path: &Path) -> Result<Told, String> {
    let answer = match ask(path, &["-I", "-S", "-c", QUESTION], PATIENCE) {
        Ok(answer) => answer,
        Err(NoAnswer::NotStarted(error)) => return Err(format!("it does not start: {error}")),
        Err(NoAnswer::TooSlow) => {
            return Err(format!(
                "it did not answer within {} seconds",
                PATIENCE.as_secs()
            ));
        }
    };
    if !answer.is_success {
        let last = answer
            .errors
            .lines()
            .rev()
            .find(|line| !line.trim().is_empty());
        return Err(match last {
            Some(line) => format!("it failed: {}", line.trim()),
            None => "it failed without a word".into(),
        });
    }
    serde_json::from_str(answer.output.trim())
        .map_err(|_| "its answer could not be read".to_owned())
}

impl Told {
    fn python(&self) -> Result<PythonVersion, String> {
        let implementation = match self.implementation.as_str() {
            "cpython" => Implementation::CPython,
            "pypy" => Implementation::PyPy,
            other => return Err(format!("it is `{other}`; pyaudit knows CPython and PyPy")),
        };
        let (major, minor, micro, level, serial) = &self.version;
        let suffix = match level.as_str() {
            "alpha" => format!("a{serial}"),
            "beta" => format!("b{serial}"),
            "candidate" => format!("rc{serial}"),
            _ => String::new(),
        };
        let version = format!("{major}.{minor}.{micro}{suffix}");
        PythonVersion::from_interpreter(implementation, &version, self.free_threaded)
            .ok_or_else(|| format!("its version, {version}, is not one pyaudit can resolve for"))
    }

    fn platform(&self) -> Result<Platform, String> {
        let named = match self.platform.split_once('-') {
            // The interpreter tells for which macOS it was built; what counts is where it runs.
            Some(("macosx", _)) if two_numbers(&self.mac_os).is_some() => {
                format!("macosx-{}-{}", mac_os_numbers(&self.mac_os), self.machine)
            }
            _ => self.platform.clone(),
        };
        let platform: Platform = named.parse().map_err(|_| {
            format!(
                "its platform, `{}`, is not one pyaudit knows",
                self.platform
            )
        })?;
        match platform.os {
            Os::Glibc(..) => Ok(self.on_linux(platform.arch)),
            _ => Ok(platform),
        }
    }

    /// A 32-bit interpreter on a 64-bit kernel tells the kernel's machine.
    fn on_linux(&self, arch: Arch) -> Platform {
        let arch = match arch {
            Arch::X86_64 if self.is_32bit => Arch::X86,
            Arch::Aarch64 if self.is_32bit => Arch::Armv7l,
            other => other,
        };
        let glibc = self
            .libc
            .as_deref()
            .and_then(|libc| two_numbers(libc.strip_prefix("glibc")?));
        match glibc {
            Some((major, minor)) => Platform::new(Os::Glibc(major, minor), arch),
            None => Platform::new(musl(arch).unwrap_or(Os::Musl(1, 2)), arch),
        }
    }
}

fn mac_os_numbers(version: &str) -> String {
    let (major, minor) = two_numbers(version).unwrap_or_default();
    format!("{major}.{minor}")
}

/// Where an environment keeps its interpreter. Conda on Windows has it at the top.
fn in_prefix(prefix: &Path) -> PathBuf {
    if cfg!(windows) {
        let scripts = prefix.join("Scripts").join("python.exe");
        return if scripts.is_file() {
            scripts
        } else {
            prefix.join("python.exe")
        };
    }
    prefix.join("bin").join("python")
}

/// Returns the file name of a program.
pub(super) fn executable(name: &str) -> String {
    format!("{name}{}", std::env::consts::EXE_SUFFIX)
}

impl fmt::Display for FoundBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::VirtualEnv => "the active virtual environment",
            Self::Conda => "the active conda environment",
            Self::DotVenv => "the project's `.venv`",
            Self::Path => "the `PATH`",
            Self::Named => "the environment that was named",
        })
    }
}

impl fmt::Display for ProbeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the Python of {}, `{}`, could not be asked for its version: {}",
            self.found_by,
            self.path.display(),
            self.reason
        )
    }
}

impl std::error::Error for ProbeError {}

#[cfg(test)]
#[cfg(unix)]
mod tests;
