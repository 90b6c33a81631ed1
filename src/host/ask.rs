//! Running a small program for its answer: with a time limit, and without anything to read.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

/// How long an answer may take: cold starts from a network disk take seconds.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// More than any answer needs.
const LONGEST_ANSWER: u64 = 64 * 1024;

/// How often a program that has closed its output is asked whether it has ended.
const TICK: Duration = Duration::from_millis(2);

/// What a program wrote, to both outputs.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) is_success: bool,
    pub(super) output: String,
    pub(super) errors: String,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum NoAnswer {
    NotStarted(std::io::Error),
    TooSlow,
}

/// Runs a program to its end, or stops it when its time is over.
pub(super) fn ask(program: &Path, arguments: &[&str], limit: Duration) -> Result<Answer, NoAnswer> {
    let deadline = Instant::now() + limit;
    let mut child = Command::new(program)
        .args(arguments)
        // Without it, Pythons built for old SDKs report macOS 10.16 for every later one.
        .env("SYSTEM_VERSION_COMPAT", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(NoAnswer::NotStarted)?;
    let output = child.stdout.take().map(read_aside);
    let errors = child.stderr.take().map(read_aside);
    let answer = collect(&mut child, output, errors, deadline);
    if answer.is_none() {
        // It may have ended this moment; then there is nothing to stop.
        let _ = child.kill();
        let _ = child.wait();
    }
    answer.ok_or(NoAnswer::TooSlow)
}

fn collect(
    child: &mut Child,
    output: Option<Receiver<String>>,
    errors: Option<Receiver<String>>,
    deadline: Instant,
) -> Option<Answer> {
    let receive = |text: Option<Receiver<String>>| {
        let left = deadline.saturating_duration_since(Instant::now());
        text?.recv_timeout(left).ok()
    };
    let (output, errors) = (receive(output)?, receive(errors)?);
    loop {
        match child.try_wait() {
            Ok(Some(status)) => {
                let is_success = status.success();
                return Some(Answer {
                    is_success,
                    output,
                    errors,
                });
            }
            Ok(None) if Instant::now() < deadline => thread::sleep(TICK),
            _ => return None,
        }
    }
}

/// Reads on a thread of its own, which outlives us if the program's children keep the pipe open.
fn read_aside(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read before an error is still the best there is.
        let _ = pipe.take(LONGEST_ANSWER).read_to_end(&mut bytes);
        // Nobody listens after the deadline.
        let _ = sender.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    receiver
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> Result<Answer, NoAnswer> {
        ask(Path::new("/bin/sh"), &["-c", script], limit)
    }

    #[test]
    fn both_outputs_and_the_end_are_told() {
        let answer = shell("echo a; echo b >&2; exit 3", PATIENCE).unwrap();

        assert_eq!(
            (answer.output.as_str(), answer.errors.as_str()),
            ("a\n", "b\n")
        );
        assert!(!answer.is_success);
    }

    #[test]
    fn a_program_that_takes_too_long_is_stopped() {
        let started = Instant::now();
        let answer = shell("exec sleep 60", Duration::from_millis(50));

        assert!(matches!(answer, Err(NoAnswer::TooSlow)));
        assert!(started.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn a_program_that_is_not_there_is_told() {
        let answer = ask(Path::new("/nowhere/python"), &[], PATIENCE);

        assert!(matches!(answer, Err(NoAnswer::NotStarted(_))));
    }
}
