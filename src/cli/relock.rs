//! A requirements file of pyaudit's names the command that made it: what such a file cannot hold
//! is found out by doing that again, with the file's versions, where the cache has what it takes.

use std::collections::BTreeMap;

use super::args::{CacheArgs, IndexArgs, QuestionArgs};
use super::prepare::Inputs;
use super::reading::question_args;
use super::terminal::Terminal;
use crate::lock::{Circumstances, Lock, WhichFiles, build};
use crate::package::{PackageName, Version};
use crate::solve::Outcome;
use crate::source::Problem;

/// What stands before the command.
const LEAD: &str = "#    pyaudit lock ";

/// Returns what the command asked that made a requirements file of pyaudit's.
pub(super) fn recorded_command(text: &str) -> Option<QuestionArgs> {
    let command = text.lines().find_map(|line| line.strip_prefix(LEAD))?;
    question_args(&words(command)).ok()
}

/// Returns the whole of the lock that a text tells the pins of; none where they come out otherwise
/// today, or where it cannot be known.
pub(super) fn relocked(
    text: &str,
    lock: &Lock,
    (index, cache): (&IndexArgs, &CacheArgs),
    terminal: &Terminal,
) -> Option<Lock> {
    let mut args = recorded_command(text)?;
    args.cache = cache.clone();
    args.index.offline = true;
    let answer = lock_again(&args, lock, terminal);
    if answer.is_some() || index.offline {
        return answer;
    }
    args.index.offline = false;
    lock_again(&args, lock, terminal)
}

fn lock_again(args: &QuestionArgs, lock: &Lock, terminal: &Terminal) -> Option<Lock> {
    let inputs = Inputs::read(args, terminal).ok()?;
    if inputs.problems.iter().any(Problem::is_error) {
        return None;
    }
    let pinned = pins(lock);
    let settled = inputs.settled(terminal).ok()?;
    let prepared = settled.prepare(pinned.clone(), terminal).ok()?;
    let solved = prepared.solve();
    prepared.progress.finish();
    let solved = solved.ok()?;
    let Outcome::Solved(resolution) = solved.answer.outcome else {
        return None;
    };
    let circumstances = Circumstances {
        project: prepared.manifest.name.clone(),
        options: prepared.options.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        files: WhichFiles::Fitting,
        folder: None,
    };
    let again = build(&solved.question, &resolution, &circumstances);
    (pins(&again) == pinned).then_some(again)
}

fn pins(lock: &Lock) -> BTreeMap<PackageName, Version> {
    let packages = lock.packages.iter();
    let pins = packages.filter_map(|it| Some((it.name.clone(), it.version.clone()?)));
    pins.collect()
}

/// Splits a command as the shell does, as far as the single quotes go that it was written with.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = None;
    let mut is_quoted = false;
    let mut signs = command.chars();
    while let Some(sign) = signs.next() {
        match sign {
            '\'' => {
                is_quoted = !is_quoted;
                word.get_or_insert_with(String::new);
            }
            '\\' if !is_quoted => word.get_or_insert_with(String::new).extend(signs.next()),
            ' ' if !is_quoted => words.extend(word.take()),
            sign => word.get_or_insert_with(String::new).push(sign),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_split_as_it_was_written() {
        assert_eq!(
            words(r"a.in --index 'https://h/?a b' 'it'\''s' ''"),
            ["a.in", "--index", "https://h/?a b", "it's", ""]
        );
    }
}
