//! Lists of requirements that a command is given from elsewhere: by a pipe, or by a download in the
//! same file. The shell's own words are looked at as they stand, as nothing is run.

use std::collections::BTreeMap;

use super::{Argument, InstallCommand, command_reader_of};
use crate::source::SourceFile;

/// Names of what a pipe brings.
const PIPED: &[&str] = &["-", "/dev/fd/0", "/dev/stdin", "/proc/self/fd/0"];

/// Programs that fetch a file.
const FETCHERS: &[&str] = &["curl", "wget"];

/// What else stands around words.
const MARKS: &str = "\"'\\|;<>()!";

/// No more of a file is looked back through for what feeds a pipe.
const MOST: usize = 10_000;

/// No more downloads of a file count.
const MOST_FETCHES: usize = 1_000;

/// Returns the address from which a pipe fetches the list: `curl ADDRESS | pip install -r /dev/stdin`.
pub fn piped(command: &InstallCommand, list: &Argument) -> Option<String> {
    if !PIPED.contains(&list.text.as_str()) {
        return None;
    }
    let before = before(command).trim_end_matches([' ', '\t', '\r', '\n', '\\']);
    let before = before.strip_suffix('|')?.replace("\\\r\n", " ");
    let before = before.replace("\\\n", " ");
    let ends = ["\n", "&&", "||", ";", "$("].iter();
    let start = ends
        .filter_map(|end| Some(before.rfind(end)? + end.len()))
        .max();
    let address = fetched(&before[start.unwrap_or(0)..]).next();
    address.map(str::to_owned)
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

/// What the commands of one file download.
#[derive(Debug, Default)]
pub struct Downloads<'t> {
    /// By the name of the file that is written, in their order.
    found: BTreeMap<&'t str, Vec<Download<'t>>>,
    /// Where the stages of an image begin.
    stages: Vec<usize>,
}

#[derive(Debug)]
struct Download<'t> {
    at: usize,
    address: &'t str,
    /// The folder that is written into, where it is said.
    folder: Option<&'t str>,
}

impl<'t> Downloads<'t> {
    /// Finds them.
    pub fn of(file: &'t SourceFile) -> Self {
        let text = file.text();
        let is_image = command_reader_of(file.label()).is_some_and(|it| it.name == "Dockerfile");
        let mut downloads = Self::default();
        let mut count = 0;
        for line in whole_lines(text) {
            let word = line.split_whitespace().next().unwrap_or_default();
            if is_image && word.eq_ignore_ascii_case("from") {
                downloads.stages.push(place(text, line));
            }
            if is_comment(line) {
                continue;
            }
            for command in commands(line) {
                let named = named_output(command);
                for address in fetched(command).take(MOST_FETCHES - count) {
                    count += 1;
                    let own = address.split(['?', '#']).next().unwrap_or_default();
                    let (_, own) = split(own);
                    let (folder, name) = named.map_or((None, own), split);
                    let download = Download {
                        at: place(text, address),
                        address,
                        folder,
                    };
                    downloads.found.entry(name).or_default().push(download);
                }
            }
        }
        downloads
    }

    /// Returns the address from which something earlier in the same stage fetches a list of a
    /// command.
    pub fn source(&self, command: &InstallCommand, list: &Argument) -> Option<&'t str> {
        let end = command.origin.span.start;
        let stages = self.stages.iter().rev();
        let start = stages.copied().find(|at| *at < end).unwrap_or(0);
        let (folder, name) = split(&list.text);
        if name.is_empty() {
            return None;
        }
        let named = self.found.get(name)?.iter().rev();
        let mut earlier = named
            .filter(|it| it.at < end)
            .take_while(|it| it.at >= start);
        let found = earlier.find(|it| is_same(folder, it.folder))?;
        Some(found.address)
    }
}

/// Splits a path into its folder, where one is said, and the name in it.
fn split(path: &str) -> (Option<&str>, &str) {
    match path.rsplit_once('/') {
        Some((".", name)) => (None, name),
        Some((folder, name)) => (Some(folder), name),
        None => (None, path),
    }
}

/// Whether two folders can be the same one: each may be unknown, or relative to another.
fn is_same(one: Option<&str>, other: Option<&str>) -> bool {
    let (Some(one), Some(other)) = (one, other) else {
        return true;
    };
    let is_open = |folder: &str| folder.starts_with(['$', '~']) || folder.contains("..");
    if is_open(one) || is_open(other) {
        return true;
    }
    let ends_with = |long: &str, short: &str| {
        let short = short.trim_start_matches("./");
        let rest = long.strip_suffix(short);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
    };
    match (one.starts_with('/'), other.starts_with('/')) {
        (true, true) => one == other,
        (true, false) => ends_with(one, other),
        (false, true) => ends_with(other, one),
        (false, false) => one.trim_start_matches("./") == other.trim_start_matches("./"),
    }
}

/// Returns the lines of a text, each with those that it goes on over.
fn whole_lines(text: &str) -> impl Iterator<Item = &str> {
    let mut goes_on = false;
    text.split_inclusive(move |c: char| match c {
        '\\' => {
            goes_on = true;
            false
        }
        '\r' => false,
        _ => !std::mem::take(&mut goes_on) && c == '\n',
    })
}

/// Takes the commands of a line apart; a notebook writes the ends of its lines as `\\n`.
fn commands(line: &str) -> impl Iterator<Item = &str> {
    let parts = line.split(';').flat_map(|it| it.split("&&"));
    let parts = parts.flat_map(|it| it.split("||"));
    parts.flat_map(|it| it.split("\\n"))
}

/// Returns where a part of a text stands in it.
fn place(text: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize)
}

fn is_comment(line: &str) -> bool {
    let is_before = |c: char| c.is_whitespace() || c == '"' || c == ',';
    line.trim_start_matches(is_before).starts_with('#')
}

/// Returns the addresses of a command that fetches; comments fetch nothing.
fn fetched(command: &str) -> impl Iterator<Item = &str> {
    let words = || command.split(|c: char| c.is_whitespace() || MARKS.contains(c));
    let does = !is_comment(command) && words().any(|word| FETCHERS.contains(&word));
    words().filter(move |word| {
        does && (word.starts_with("https://") || word.starts_with("http://")) && !word.contains('$')
    })
}

/// Returns the file that a command writes what it fetches into: `-o name`, `-qO name`, `> name`.
fn named_output(command: &str) -> Option<&str> {
    let ends = |c: char| c.is_whitespace() || "\"'\\|;&,".contains(c);
    let mut words = command.split(ends).filter(|it| !it.is_empty());
    let is_short = |word: &str| !word.starts_with("--") && word.ends_with(['o', 'O']);
    let named = words.find_map(|word| match word.split_once('=') {
        Some(("--output" | "--output-document", name)) => Some(Some(name)),
        _ if matches!(word, "--output" | "--output-document" | ">") => Some(None),
        _ => (word.starts_with('-') && is_short(word)).then_some(None),
    })?;
    let named = named.or_else(|| words.next())?;
    // `curl -O ADDRESS` keeps the name.
    (!named.contains("://") && !named.starts_with('-')).then_some(named)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Calls;

    /// Returns where each list of a file's commands is fetched from.
    fn sources(name: &str, text: &str) -> Vec<Option<String>> {
        let file = SourceFile::new(name, text);
        let downloads = Downloads::of(&file);
        let reader = command_reader_of(name).unwrap();
        let commands = (reader.read)(&file, &Calls::default()).commands();
        let found = commands.flat_map(|command| {
            let lists = command.requirement_files.iter();
            let found = lists.map(|list| downloads.source(&command, list).map(str::to_owned));
            found.collect::<Vec<_>>()
        });
        found.collect()
    }

    #[track_caller]
    fn check(before: &str, list: &str, is_found: bool) {
        let text = format!("FROM python:3.12\nRUN {before}\nRUN pip install -r {list}\n");
        let found = sources("Dockerfile", &text);
        let expected = is_found.then(|| "https://files.example/r.txt".to_owned());
        assert_eq!(found, [expected], "{text}");
    }

    #[test]
    fn a_download_is_found_over_lines_and_among_commands() {
        for before in [
            "curl -O https://files.example/r.txt",
            "curl -sSL \\\n  https://files.example/r.txt \\\n  -o r.txt",
            "curl -sSL \\\r\n  https://files.example/r.txt \\\r\n  -o r.txt",
            "tar -o x && curl https://files.example/r.txt > r.txt && sort -o y",
            "cc -o x; wget -qO ./r.txt https://files.example/r.txt || exit 1",
            "curl --output=r.txt https://files.example/r.txt",
        ] {
            check(before, "r.txt", true);
        }
        for before in [
            "curl -o other.txt \\\n  https://files.example/r.txt",
            "echo curl && echo https://files.example/r.txt",
            "true\n# curl -O https://files.example/r.txt",
            "curl -O https://files.example/r.txt\nFROM python:3.12",
        ] {
            check(before, "r.txt", false);
        }
    }

    #[test]
    fn folders_count_where_both_are_said() {
        let curl = |to: &str| format!("curl -o {to} https://files.example/r.txt");
        for (to, list, is_found) in [
            ("/tmp/r.txt", "/tmp/r.txt", true),
            ("/tmp/r.txt", "r.txt", true),
            ("r.txt", "/app/r.txt", true),
            ("a/r.txt", "./a/r.txt", true),
            ("a/r.txt", "/app/a/r.txt", true),
            ("$HOME/r.txt", "/root/r.txt", true),
            ("/tmp/other/r.txt", "/tmp/r.txt", false),
            ("a/r.txt", "b/r.txt", false),
            ("a/r.txt", "/app/ba/r.txt", false),
        ] {
            check(&curl(to), list, is_found);
        }
    }

    #[test]
    fn the_words_of_python_begin_no_stage() {
        let text = "os.system('curl -O https://files.example/r.txt')\nfrom a import b\n\
                    os.system('pip install -r r.txt')\n";
        let expected = "https://files.example/r.txt".to_owned();
        assert_eq!(sources("a.py", text), [Some(expected)]);
    }
}
