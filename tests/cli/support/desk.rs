//! A desk: a folder with inputs, a home without history, a server, and the program to run there.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use super::index::World;
use super::server::{Answer, Asked, Server};
use super::torch::TorchIndex;
use crate::binaries::Recipe;

/// Where the program is run: nothing of this machine's settings reaches it.
pub(crate) struct Desk {
    pub(crate) server: Server,
    dead: String,
    root: TempDir,
}

/// What a run said, with all that differs from day to day replaced: the server is
/// `http://index.example`, the desk's folder `/desk`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) exit: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Desk {
    pub(crate) fn new(world: World) -> Self {
        Self::serving(move |asked, base| world.answer(asked, base))
    }

    /// A desk with the PyTorch index and the default index beside it.
    pub(crate) fn with_torch() -> Self {
        let index = TorchIndex::load();
        Self::serving(move |asked, base| index.answer(asked, base))
    }

    /// A desk for a case: with the index that it brings, else the usual one.
    pub(crate) fn of_case(folder: &Path) -> Self {
        let usual = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/cli/index.toml");
        let own = fs::read_to_string(folder.join("index.toml"));
        let index = own.or_else(|_| fs::read_to_string(usual));
        Self::new(World::parse(&index.unwrap()))
    }

    /// Puts the files of a case on the desk.
    pub(crate) fn lay_out(&self, folder: &Path) {
        for path in walk(folder) {
            let name = path.strip_prefix(folder).unwrap().to_str().unwrap();
            if ["commands", "index.toml", "transcript"].contains(&name) {
                continue;
            }
            let contents = fs::read(&path).unwrap();
            // A compiled file is told by a recipe.
            if let Some(name) = name.strip_suffix(".recipe") {
                self.write(name, recipe(&contents));
                continue;
            }
            // Files may name the server as `commands` do.
            match String::from_utf8(contents) {
                Ok(text) => self.write(name, text.replace("{base}", &self.server.base)),
                Err(other) => self.write(name, other.into_bytes()),
            }
        }
    }

    pub(crate) fn serving(answer: impl Fn(&Asked, &str) -> Answer + Send + Sync + 'static) -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("desk")).unwrap();
        fs::create_dir(root.path().join("home")).unwrap();
        Self {
            server: Server::start(answer),
            dead: dead_address(),
            root,
        }
    }

    /// The current folder of every run.
    pub(crate) fn folder(&self) -> PathBuf {
        self.root.path().join("desk")
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    /// The server's name and port.
    pub(crate) fn host(&self) -> &str {
        self.server.base.trim_start_matches("http://")
    }

    /// The server's address with the credentials that the manner `auth` takes.
    pub(crate) fn login(&self) -> String {
        format!("http://someone:hunter2secret@{}", self.host())
    }

    pub(crate) fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        let path = self.folder().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Option<String> {
        let text = fs::read_to_string(self.folder().join(name)).ok()?;
        Some(self.normal(&text))
    }

    /// Returns the files of the folder with their contents.
    pub(crate) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        for path in walk(&self.folder()) {
            let name = path.strip_prefix(self.folder()).unwrap();
            let name = name.to_str().unwrap().replace('\\', "/");
            files.insert(name, fs::read(&path).unwrap());
        }
        files
    }

    /// Returns a text with the addresses of the servers.
    pub(crate) fn addressed(&self, text: &str) -> String {
        let text = text.replace("{base}", &self.server.base);
        text.replace("{dead}", &self.dead)
    }

    /// Prepares a run of `[VARIABLE=value …] pyaudit WORD… [< FILE]`, where `{base}` is the
    /// server and `{dead}` an address where nobody listens.
    pub(crate) fn command(&self, line: &str) -> Command {
        let line = self.addressed(line);
        let (line, stdin) = line.split_once(" < ").unwrap_or((&line, ""));
        let words = words(line);
        let program = words.iter().position(|word| word == "pyaudit").unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_pyaudit"));
        command
            .env_clear()
            .env("HOME", self.home())
            .env("LANG", "C.UTF-8")
            .env(
                "PIP_CONFIG_FILE",
                if cfg!(windows) { "nul" } else { "/dev/null" },
            )
            .envs(
                words[..program]
                    .iter()
                    .map(|word| word.split_once('=').unwrap()),
            )
            .args(&words[program + 1..])
            .current_dir(self.folder())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if !stdin.is_empty() {
            command.stdin(fs::File::open(self.folder().join(stdin)).unwrap());
        }
        command
    }

    /// Runs a command line.
    #[track_caller]
    pub(crate) fn run(&self, line: &str) -> Run {
        self.told(&self.command(line).output().unwrap())
    }

    /// Runs a command line that has to end in a certain way.
    #[track_caller]
    pub(crate) fn expect(&self, exit: i32, line: &str) -> Run {
        let run = self.run(line);
        assert_eq!(run.exit, Some(exit), "{line}\n{}{}", run.stdout, run.stderr);
        run
    }

    /// Runs a command line with a text on standard input.
    pub(crate) fn run_with(&self, line: &str, input: &str) -> Run {
        let mut child = self.command(line).stdin(Stdio::piped()).spawn().unwrap();
        let mut pipe = child.stdin.take().unwrap();
        pipe.write_all(input.as_bytes()).unwrap();
        drop(pipe);
        self.told(&child.wait_with_output().unwrap())
    }

    /// Runs a command line, and returns with it the most memory that it took, in bytes; 0 where
    /// the system does not say.
    pub(crate) fn weighed(&self, line: &str) -> (Run, u64) {
        let mut child = self.command(line).spawn().unwrap();
        let status = format!("/proc/{}/status", child.id());
        let mut most = 0;
        while child.try_wait().unwrap().is_none() {
            let text = fs::read_to_string(&status).unwrap_or_default();
            let peak = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kilobytes = peak.and_then(|peak| peak.trim().trim_end_matches(" kB").parse().ok());
            most = most.max(kilobytes.unwrap_or(0) * 1024);
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        (self.told(&child.wait_with_output().unwrap()), most)
    }

    fn told(&self, output: &Output) -> Run {
        Run {
            exit: output.status.code(),
            stdout: self.normal(&String::from_utf8(output.stdout.clone()).unwrap()),
            stderr: timeless(&self.normal(&String::from_utf8(output.stderr.clone()).unwrap())),
        }
    }

    fn normal(&self, text: &str) -> String {
        let root = self.root.path().canonicalize().unwrap();
        text.replace(&self.server.base, "http://index.example")
            .replace(
                self.server.base.trim_start_matches("http://"),
                "index.example",
            )
            .replace(&self.dead, "http://dead.example")
            .replace(root.to_str().unwrap(), "")
    }
}

fn dead_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// Returns all files below a folder, sorted.
pub(crate) fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(walk(&path)),
            false => found.push(path),
        }
    }
    found.sort();
    found
}

/// Splits a line as a shell does, as far as spaces and single quotes go.
pub(crate) fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (at, part) in line.split('\'').enumerate() {
        match at % 2 {
            0 => words.extend(part.split_whitespace().map(str::to_owned)),
            _ => words.push(part.to_owned()),
        }
    }
    words
}

/// Replaces how long a run took.
fn timeless(text: &str) -> String {
    let lines = text.split_inclusive('\n').map(|line| {
        let Some((before, after)) = line
            .starts_with("Locked")
            .then(|| line.rsplit_once(" in "))
            .flatten()
        else {
            return line.to_owned();
        };
        let after = after.split_once('s').map_or("", |(_, after)| after);
        format!("{before} in TIME{after}")
    });
    lines.collect()
}

/// Makes the compiled file of a recipe.
pub(super) fn recipe(text: &[u8]) -> Vec<u8> {
    let recipe: Recipe = toml::from_slice(text).unwrap();
    recipe.bytes()
}
