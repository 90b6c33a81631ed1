//! Lists of requirements that a command is given from elsewhere: by a pipe, or by a download in the
//! same file. The shell's own words are looked at as they stand, as nothing is run.

use super::{Argument, InstallCommand};

/// Names of what a pipe brings.
const PIPED: &[&str] = &["-", "/dev/fd/0", "/dev/stdin", "/proc/self/fd/0"];

/// Programs that fetch a file.
const FETCHERS: &[&str] = &["curl", "wget"];

/// No more of a file is looked back through.
const MOST: usize = 100_000;

/// Returns the address from which a pipe fetches the list: `curl ADDRESS | pip install -r /dev/stdin`.
pub fn piped(command: &InstallCommand, list: &Argument) -> Option<String> {
    if !PIPED.contains(&list.text.as_str()) {
        return None;
    }
    let before = before(command).trim_end_matches([' ', '\t', '\r', '\n', '\\']);
    let before = before.strip_suffix('|')?.replace("\\\n", " ");
    let ends = ["\n", "&&", "||", ";", "$("].iter();
    let start = ends
        .filter_map(|end| Some(before.rfind(end)? + end.len()))
        .max();
    fetched(&before[start.unwrap_or(0)..]).next()
}

/// Returns the address from which an earlier line of the same file fetches the list by its name.
pub fn downloaded(command: &InstallCommand, list: &Argument) -> Option<String> {
    let name = list
        .text
        .rsplit('/')
        .next()
        .filter(|name| !name.is_empty())?;
    let lines = before(command).lines().rev();
    let mut fetches = lines.filter_map(|line| {
        let named = named_output(line);
        fetched(line).find(|address| {
            let own = address.split(['?', '#']).next().unwrap_or_default();
            named.unwrap_or(own).rsplit('/').next() == Some(name)
        })
    });
    fetches.next()
}

fn before(command: &InstallCommand) -> &str {
    let text = command.origin.file.text();
    let end = command.origin.span.start.min(text.len());
    let mut start = end.saturating_sub(MOST);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    text.get(start..end).unwrap_or_default()
}

/// Returns the addresses of a line that fetches; comments fetch nothing.
fn fetched(line: &str) -> impl Iterator<Item = String> {
    let is_comment = line.trim_start().trim_start_matches('"').starts_with('#');
    let words = || line.split(|c: char| c.is_whitespace() || "\"'\\|;<>()!".contains(c));
    let does = !is_comment && words().any(|word| FETCHERS.contains(&word));
    let addresses = words().filter(move |word| {
        does && (word.starts_with("https://") || word.starts_with("http://")) && !word.contains('$')
    });
    addresses.map(str::to_owned)
}

/// Returns the file that a line writes what it fetches into: `-o name`, `-O name`, `> name`.
fn named_output(line: &str) -> Option<&str> {
    let ends = |c: char| c.is_whitespace() || "\"'\\|;&".contains(c);
    let words: Vec<&str> = line.split(ends).filter(|it| !it.is_empty()).collect();
    let at = words
        .iter()
        .position(|word| matches!(*word, "-o" | "--output" | "-O" | "--output-document" | ">"))?;
    let named = words.get(at + 1)?;
    // `curl -O ADDRESS` keeps the name.
    (!named.contains("://") && !named.starts_with('-')).then_some(named)
}
