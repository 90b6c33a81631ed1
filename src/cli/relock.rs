//! A requirements file of pyaudit's names the command that made it: what such a file cannot hold
//! is found out by doing that again, with the file's versions, where the cache has what it takes.

use std::path::Path;

use super::args::{CacheArgs, IndexArgs, QuestionArgs};
use super::prepare::Inputs;
use super::reading::is_input;
use super::recorded::{leads_away, not_asked, question_args, says_where, strange};
use super::settings::Scope;
use super::terminal::Terminal;
use super::why::pins;
use crate::lock::{Circumstances, FormerPin, Lock, WhichFiles, build};
use crate::package::{MarkerTree, read_entry_marker};
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
/// today, or where it cannot be known. The command may be a stranger's, and is trusted no more than
/// the record of a lock: see [`super::recorded`].
pub(super) fn relocked(
    text: &str,
    (lock, file): (&Lock, &str),
    (index, cache): (&IndexArgs, &CacheArgs),
    terminal: &Terminal,
) -> Option<Lock> {
    let mut args = recorded_command(text)?;
    if !reads_files_alone(&args, file) {
        return None;
    }
    args.choice.allow_build.clear();
    args.cache = cache.clone();
    let strange = settle_addresses(&mut args, index, terminal)?;
    args.index.offline = true;
    let answer = lock_again(&args, lock, terminal);
    if answer.is_some() || index.offline {
        return answer;
    }
    if !strange.is_empty() {
        let problem = not_asked(&strange, file).as_warning();
        terminal.say_problems(&[problem]);
        return None;
    }
    args.index.offline = false;
    lock_again(&args, lock, terminal)
}

/// Whether all that a command reads are files and folders that are there: standard input and pipes
/// have nothing more to say, and wait for ever.
fn reads_files_alone(args: &QuestionArgs, lock: &str) -> bool {
    let folder = Path::new("");
    let declared = &args.declared;
    let is_file = |name: &String| is_input(name, folder, lock);
    let is_folder = |name: &String| !leads_away(name) && Path::new(name).is_dir();
    let is_no_file = |name: &String| name != "-" && !leads_away(name) && !Path::new(name).exists();
    let files = declared.constraints.iter().chain(&declared.overrides);
    args.sources.iter().all(|it| is_file(it) || is_folder(it))
        && files.into_iter().all(is_file)
        && declared
            .excludes
            .iter()
            .all(|it| is_file(it) || is_no_file(it))
}

/// Puts the user's options of the index in the place of the command's, unless those name what
/// nobody else does; returns the addresses that are so.
fn settle_addresses(
    args: &mut QuestionArgs,
    index: &IndexArgs,
    terminal: &Terminal,
) -> Option<Vec<String>> {
    let named = std::mem::replace(&mut args.index, index.clone());
    if says_where(index) {
        return Some(Vec::new());
    }
    args.index.index_strategy = named.index_strategy;
    args.index.no_index = named.no_index;
    let around = Inputs::read_of_others(args, terminal).ok()?;
    let theirs = IndexArgs {
        default_index: named.default_index,
        index: named.index,
        extra_index_url: named.extra_index_url,
        find_links: named.find_links,
        torch_index_url: index.torch_index_url.clone().or(named.torch_index_url),
        ..args.index.clone()
    };
    let lists = theirs.index.iter().chain(&theirs.extra_index_url);
    let lists = lists.chain(&theirs.find_links);
    let mut addresses = lists
        .chain(&theirs.default_index)
        .chain(&theirs.torch_index_url);
    if addresses.any(|address| leads_away(address)) {
        return None;
    }
    let ours = std::mem::replace(&mut args.index, theirs);
    let inputs = Inputs::read_of_others(args, terminal).ok()?;
    let strange = strange(inputs.options()?, around.options()?);
    if strange.is_empty() {
        args.index = ours;
    }
    Some(strange)
}

fn lock_again(args: &QuestionArgs, lock: &Lock, terminal: &Terminal) -> Option<Lock> {
    let inputs = Inputs::read_of_others(args, terminal).ok()?;
    if inputs.problems.iter().any(Problem::is_error) {
        return None;
    }
    let pinned = pins(&lock.packages);
    let settled = inputs.settled(terminal).ok()?;
    let mut prepared = settled.prepare(pinned.clone(), terminal).ok()?;
    let circumstances = Circumstances {
        project: prepared.manifest.name.clone(),
        options: prepared.options.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        files: WhichFiles::Fitting,
        folder: None,
    };
    if !matches!(prepared.scope, Scope::Target) {
        prepared.former = former_of(lock);
        let many = prepared.solve_many();
        prepared.progress.finish();
        let many = many.ok().filter(|many| many.unserved.is_empty())?;
        let again = many.lock(&circumstances);
        return (former_of(&again) == former_of(lock)).then_some(again);
    }
    let solved = prepared.solve();
    prepared.progress.finish();
    let solved = solved.ok()?;
    let Outcome::Solved(resolution) = solved.answer.outcome else {
        return None;
    };
    let again = build(&solved.question, &resolution, &circumstances);
    (pins(&again.packages) == pinned).then_some(again)
}

/// Returns the entries of a lock with their markers.
fn former_of(lock: &Lock) -> Vec<FormerPin> {
    let entries = lock.packages.iter().filter_map(|package| {
        let marker = match &package.marker {
            Some(text) => read_entry_marker(text)?,
            None => MarkerTree::TRUE,
        };
        Some(FormerPin {
            name: package.name.clone(),
            version: package.version.clone()?,
            marker,
        })
    });
    let mut entries: Vec<FormerPin> = entries.collect();
    entries.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    entries
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
