//! One build in an environment of its own, which is gone afterwards.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use tempfile::TempDir;

use super::driver::{Answer, DRIVER, Job};
use super::error::BuildError;
use super::options::{BuildOptions, BuildPython};
use super::pip::{Variables, interpreter_in, is_of_network};
use super::process::{Stopped, run, shown};
use super::system::{BuildSystem, check_requires};
use crate::fetch::error::FetchErrorKind;
use crate::index::read_wheel;
use crate::package::WheelName;

/// What all builds of a run have in common.
pub(super) struct Circumstances<'a> {
    pub(super) options: &'a BuildOptions,
    pub(super) pip: &'a Variables,
    /// Variables that a build has no business to see.
    pub(super) hidden: &'a [String],
    pub(super) is_offline: bool,
}

/// Variables that would lead the environment's interpreter elsewhere.
const ASTRAY: &[&str] = &["PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "VIRTUAL_ENV"];

/// Builds as much of a source tree as it takes to know its metadata, and returns its `METADATA`.
pub(super) fn metadata_of(
    circumstances: &Circumstances<'_>,
    source: &Path,
) -> Result<Vec<u8>, BuildError> {
    let options = circumstances.options;
    let python = options.python.as_ref().map_err(|why| {
        BuildError::of_machine(format!("there is no Python to build it with: {why}"))
    })?;
    let pyproject = source.join("pyproject.toml");
    let pyproject = match fs::read_to_string(&pyproject) {
        Ok(text) => Some(text),
        Err(_) if source.join("setup.py").is_file() || source.join("setup.cfg").is_file() => None,
        Err(_) => {
            return Err(BuildError::of_version(
                "there is neither `pyproject.toml` nor `setup.py` to build it by",
            ));
        }
    };
    let system = BuildSystem::read(pyproject.as_deref())?;
    let room = tempfile::tempdir().map_err(|error| BuildError::of_disk(&error))?;
    let build = Build {
        circumstances,
        python,
        source,
        environment: room.path().join("environment"),
        room,
        deadline: Instant::now() + options.limit,
    };
    build.found()?;
    build.install(&system.requires)?;
    let more = build.ask("requires", &system)?.requires;
    build.install(&more)?;
    let answer = build.ask("metadata", &system)?;
    build.read(&answer)
}

struct Build<'a> {
    circumstances: &'a Circumstances<'a>,
    python: &'a BuildPython,
    source: &'a Path,
    room: TempDir,
    environment: PathBuf,
    deadline: Instant,
}

impl Build<'_> {
    /// Makes the environment, without pip: most of the time is spent on that, and a build that
    /// requires nothing needs none.
    fn found(&self) -> Result<(), BuildError> {
        let mut command = Command::new(&self.python.path);
        command.args(["-I", "-m", "venv", "--without-pip"]);
        command.arg(&self.environment);
        self.run(command)
            .map(drop)
            .map_err(|stopped| match stopped {
                Stopped::Failed(output) => {
                    let shown = shown(&output);
                    BuildError::of_machine(format!("no environment could be made for it: {shown}"))
                }
                stopped => of_machine("making an environment for it", stopped),
            })
    }

    fn install(&self, requires: &[String]) -> Result<(), BuildError> {
        check_requires(requires)?;
        if requires.is_empty() {
            return Ok(());
        }
        let pip = self.environment.join("pip-is-there");
        if !pip.exists() {
            let mut command = self.inside();
            command.args(["-m", "ensurepip", "--default-pip"]);
            self.run(command).map_err(|stopped| match stopped {
                Stopped::Failed(output) => BuildError::of_machine(format!(
                    "pip could not be put into the environment for it (is `ensurepip`, on some \
                     systems the package `python3-venv`, installed?): {}",
                    shown(&output)
                )),
                stopped => of_machine("installing pip for it", stopped),
            })?;
            fs::write(pip, "").map_err(|error| BuildError::of_disk(&error))?;
        }
        // In a file: a requirement may be an address with a token in it.
        let listed = self.room.path().join("requires.txt");
        let disk = |error| BuildError::of_disk(&error);
        fs::write(&listed, requires.join("\n") + "\n").map_err(disk)?;
        let mut command = self.inside();
        command.args(["-m", "pip", "install", "--no-warn-script-location", "-r"]);
        command.arg(&listed);
        let pip = self.circumstances.pip.iter();
        command.envs(pip.map(|(name, value)| (name, value.reveal())));
        match self.run(command) {
            Ok(_) => Ok(()),
            Err(Stopped::Failed(output)) => Err(self.not_installed(&output)),
            Err(stopped) => Err(of_version("installing what its build requires", stopped)),
        }
    }

    /// A dead index must not lead to another version.
    fn not_installed(&self, output: &str) -> BuildError {
        let kind = match (self.circumstances.is_offline, is_of_network(output)) {
            (true, _) => FetchErrorKind::Offline,
            (false, true) => FetchErrorKind::Transport,
            (false, false) => FetchErrorKind::BuildFailed,
        };
        let shown = shown(output);
        BuildError {
            kind,
            met: format!("what its build requires could not be installed: {shown}"),
        }
    }

    /// Has the backend do one step.
    fn ask(&self, step: &str, system: &BuildSystem) -> Result<Answer, BuildError> {
        let disk = |error| BuildError::of_disk(&error);
        let folder = self.room.path().join(step);
        fs::create_dir(&folder).map_err(disk)?;
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let in_source = |path: &String| text(&self.source.join(path));
        let backend_path: Vec<String> = system.backend_path.iter().map(in_source).collect();
        let answer = self.room.path().join(format!("{step}.answer"));
        let job = Job {
            step,
            backend: &system.backend,
            backend_path: &backend_path,
            folder: &text(&folder),
            answer: &text(&answer),
        };
        let job = serde_json::to_vec(&job).map_err(|error| disk(error.into()))?;
        let (driver, told) = (
            self.room.path().join("driver.py"),
            answer.with_extension("job"),
        );
        fs::write(&driver, DRIVER).map_err(disk)?;
        fs::write(&told, job).map_err(disk)?;
        let mut command = self.inside();
        command.arg(&driver).arg(&told).current_dir(self.source);
        for name in self.circumstances.hidden {
            command.env_remove(name);
        }
        self.run(command).map_err(|stopped| match stopped {
            Stopped::Failed(output) => {
                BuildError::of_version(format!("its build failed: {}", shown(&output)))
            }
            stopped => of_version("its build", stopped),
        })?;
        fs::read(&answer)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .ok_or_else(|| BuildError::of_version("its build ended without an answer"))
    }

    /// Reads the metadata where the backend put it. It may name no place outside.
    fn read(&self, answer: &Answer) -> Result<Vec<u8>, BuildError> {
        let folder = self.room.path().join("metadata");
        let plain = |name: &Option<String>| {
            let is_plain = |name: &&String| !name.contains(['/', '\\']) && name.as_str() != "..";
            name.as_ref().filter(is_plain).map(|name| folder.join(name))
        };
        let nothing = || BuildError::of_version("its build left no metadata");
        if let Some(folder) = plain(&answer.metadata) {
            return fs::read(folder.join("METADATA")).map_err(|_| nothing());
        }
        let path = plain(&answer.wheel).ok_or_else(nothing)?;
        let name = answer.wheel.as_deref().unwrap_or_default();
        let name = WheelName::parse(name).map_err(|_| nothing())?;
        let bytes = fs::read(path).map_err(|_| nothing())?;
        read_wheel(&bytes, &name).map_err(|error| BuildError::of_version(error.to_string()))
    }

    /// A command of the environment's interpreter.
    fn inside(&self) -> Command {
        let mut command = Command::new(interpreter_in(&self.environment));
        command.arg("-I");
        command
    }

    fn run(&self, mut command: Command) -> Result<String, Stopped> {
        for name in ASTRAY {
            command.env_remove(name);
        }
        let programs = interpreter_in(&self.environment);
        let mut path = OsString::from(programs.parent().unwrap_or(&self.environment));
        path.push(if cfg!(windows) { ";" } else { ":" });
        path.push(&self.circumstances.options.search_path);
        command.env("PATH", path);
        command.env("VIRTUAL_ENV", &self.environment);
        run(&mut command, &self.room.path().join("log"), self.deadline)
    }
}

fn of_machine(doing: &str, stopped: Stopped) -> BuildError {
    BuildError::of_machine(of_version(doing, stopped).met)
}

fn of_version(doing: &str, stopped: Stopped) -> BuildError {
    BuildError::of_version(match stopped {
        Stopped::NotStarted(error) => format!("{doing} could not be started: {error}"),
        Stopped::Ended(why) => format!("{doing} was stopped: {why}"),
        Stopped::Failed(output) => format!("{doing} failed: {}", shown(&output)),
    })
}
