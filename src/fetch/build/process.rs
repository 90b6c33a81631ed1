//! Running a program to its end under a deadline, with all it says in a file: no pipe that a
//! grandchild could hold open, and nothing to read from.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::package::IndexUrl;

/// How often a program is asked whether it has ended.
const TICK: Duration = Duration::from_millis(10);
/// More output than that is no build's.
const MOST_OUTPUT: u64 = 64 << 20;
/// So much of the end of the output is looked at.
const TAIL: u64 = 8 << 10;

/// So many lines of a failed program's output are shown.
const SHOWN_LINES: usize = 6;

/// How a program ended that did not do its work.
#[derive(Debug)]
pub(in crate::fetch) enum Stopped {
    /// It could not be started.
    NotStarted(io::Error),
    /// It was stopped, and why.
    Ended(&'static str),
    /// It failed; the last part of what it said.
    Failed(String),
}

/// Runs a program; `log` takes what it says.
pub(in crate::fetch) fn run(
    command: &mut Command,
    log: &Path,
    deadline: Instant,
) -> Result<String, Stopped> {
    let output = File::create(log).map_err(Stopped::NotStarted)?;
    let errors = output.try_clone().map_err(Stopped::NotStarted)?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors)
        .spawn()
        .map_err(Stopped::NotStarted)?;
    let stopped = loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(tail(log)),
            Ok(Some(_)) => return Err(Stopped::Failed(tail(log))),
            Ok(None) => {}
            Err(error) => break Stopped::NotStarted(error),
        }
        if Instant::now() >= deadline {
            break Stopped::Ended("it took too long");
        }
        if log.metadata().is_ok_and(|log| log.len() > MOST_OUTPUT) {
            break Stopped::Ended("it said more than any real build");
        }
        thread::sleep(TICK);
    };
    // It may have ended this moment; then there is nothing to stop.
    let _ = child.kill();
    let _ = child.wait();
    Err(stopped)
}

/// The last lines of a program's output, as one: what went wrong mostly stands at the end.
pub(in crate::fetch) fn shown(output: &str) -> String {
    let mut lines: Vec<&str> = output
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("[notice]"))
        .collect();
    let lines = lines.split_off(lines.len().saturating_sub(SHOWN_LINES));
    let plain: String = lines
        .join(" | ")
        .chars()
        .filter(|c| !c.is_control())
        .collect();
    match plain.is_empty() {
        true => "it said nothing".to_owned(),
        false => IndexUrl::redacted(&plain),
    }
}

/// Returns the end of what was said.
fn tail(log: &Path) -> String {
    let read = || -> io::Result<Vec<u8>> {
        let mut file = File::open(log)?;
        let len = file.metadata()?.len();
        file.seek(SeekFrom::Start(len.saturating_sub(TAIL)))?;
        let mut bytes = Vec::new();
        file.take(TAIL).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    String::from_utf8_lossy(&read().unwrap_or_default()).into_owned()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> Result<String, Stopped> {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        run(
            &mut command,
            &folder.path().join("log"),
            Instant::now() + limit,
        )
    }

    #[test]
    fn the_end_of_what_a_failed_program_said_is_told() {
        let stopped = shell("echo a; echo b >&2; exit 3", Duration::from_secs(30));

        assert!(matches!(stopped, Err(Stopped::Failed(text)) if text == "a\nb\n"));
    }

    #[test]
    fn a_program_that_takes_too_long_is_stopped() {
        let started = Instant::now();

        let stopped = shell("exec sleep 60", Duration::from_millis(50));

        assert!(matches!(stopped, Err(Stopped::Ended(_))));
        assert!(started.elapsed() < Duration::from_secs(30));
    }
}
