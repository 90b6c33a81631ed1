//! The `RUN` instructions of a Dockerfile: with lines that go on, comments between them,
//! here-documents, the form of a list, and the `ARG`s and `ENV`s that are literal.

use std::sync::Arc;

use serde_json::value::RawValue;

use super::notebook::{json_string, place_in};
use super::shell::{self, Simple, Variables, Word};
use super::{InstallCommand, Speaker, installs, of_shell};
use crate::input::excerpt::Excerpt;
use crate::source::{SourceFile, Span};

/// Shells whose language is read.
const SHELLS: &[&str] = &["sh", "bash", "dash", "ash", "zsh", "ksh"];

/// Reads the commands of a Dockerfile in their order.
pub(super) fn read_dockerfile(file: &Arc<SourceFile>) -> Vec<InstallCommand> {
    let mut variables = Variables::new();
    let mut is_posix = true;
    let mut found = Vec::new();
    for instruction in instructions(file) {
        let Instruction {
            name,
            rest,
            document,
        } = instruction;
        match name.as_str() {
            "FROM" => {
                variables.clear();
                is_posix = true;
            }
            "ARG" | "ENV" => set(&mut variables, &rest),
            "SHELL" => is_posix = listed(&rest).is_some_and(|words| is_shell(&words)),
            "RUN" => match listed(&rest) {
                Some(words) => found.extend(run_list(&words, &rest, &variables)),
                None if is_posix => {
                    let script = document.unwrap_or(rest);
                    found.extend(of_shell(&script, &variables, Speaker::Shell));
                }
                None => {}
            },
            _ => {}
        }
    }
    found
}

struct Instruction {
    name: String,
    /// What follows the name, and flags such as `--mount`.
    rest: Excerpt,
    /// The script of `RUN <<EOF`.
    document: Option<Excerpt>,
}

fn instructions(file: &Arc<SourceFile>) -> Vec<Instruction> {
    let lines = lines(file.text());
    let escape = escape_of(file.text());
    let mut found = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let (start, line) = lines[at];
        at += 1;
        if is_blank_or_comment(line) {
            continue;
        }
        let lead = line.len() - line.trim_start().len();
        let length = line[lead..]
            .find(char::is_whitespace)
            .unwrap_or(line.len() - lead);
        let name = line[lead..lead + length].to_ascii_uppercase();
        let mut rest = Excerpt::new(file);
        let mut piece = (start + lead + length, &line[lead + length..]);
        loop {
            let (from, text) = piece;
            let trimmed = text.trim_end();
            let Some(before) = trimmed.strip_suffix(escape) else {
                rest.push(Span::new(from, text.len()));
                break;
            };
            rest.push(Span::new(from, before.len()));
            while at < lines.len() && is_blank_or_comment(lines[at].1) {
                at += 1;
            }
            let Some(next) = lines.get(at) else { break };
            piece = *next;
            at += 1;
        }
        let rest = without_flags(&rest);
        let document = match name.as_str() {
            "RUN" => take_documents(file, &rest, &lines, &mut at),
            _ => None,
        };
        found.push(Instruction {
            name,
            rest,
            document,
        });
    }
    found
}

/// Returns the lines with where they start, without their ends.
fn lines(text: &str) -> Vec<(usize, &str)> {
    let mut at = 0;
    let lines = text.split_inclusive('\n').map(|line| {
        let start = at;
        at += line.len();
        (start, line.trim_end_matches(['\n', '\r']))
    });
    lines.collect()
}

fn is_blank_or_comment(line: &str) -> bool {
    let line = line.trim_start();
    line.is_empty() || line.starts_with('#')
}

/// Reads the directive `# escape=`, which stands before everything else.
fn escape_of(text: &str) -> char {
    let directives = text
        .lines()
        .map_while(|line| line.trim_start().strip_prefix('#'));
    let mut set = directives.filter_map(|it| {
        let (name, value) = it.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("escape")
            .then(|| value.trim().to_owned())
    });
    match set.next().as_deref() {
        Some("`") => '`',
        _ => '\\',
    }
}

fn without_flags(rest: &Excerpt) -> Excerpt {
    let text = rest.text();
    let mut at = text.len() - text.trim_start().len();
    while text[at..].starts_with("--") {
        let end = text[at..].find(char::is_whitespace);
        at = end.map_or(text.len(), |end| at + end);
        at += text[at..].len() - text[at..].trim_start().len();
    }
    let mut left = Excerpt::new(rest.file());
    left.push_from(
        rest,
        Span {
            start: at,
            end: text.len(),
        },
    );
    left
}

/// Takes the here-documents that an instruction announces out of the lines that follow, and
/// returns what the shell reads: the document alone where nothing else was said, else all of it.
fn take_documents(
    file: &Arc<SourceFile>,
    rest: &Excerpt,
    lines: &[(usize, &str)],
    at: &mut usize,
) -> Option<Excerpt> {
    let commands = shell::commands(rest.text(), &Variables::new());
    let redirects = commands.iter().flat_map(|it| &it.redirections);
    let ends: Vec<(String, bool)> = redirects
        .filter(|it| matches!(it.operator, "<<" | "<<-"))
        .map(|it| (it.target.text.clone(), it.operator == "<<-"))
        .collect();
    if ends.is_empty() {
        return None;
    }
    let is_alone = matches!(commands.as_slice(), [only] if only.words.is_empty());
    let mut script = Excerpt::new(file);
    if !is_alone {
        let whole = Span::new(0, rest.text().len());
        script.push_from(rest, whole);
        script.push_instead("\n", rest.origin(Span::new(whole.end, 0)).span);
    }
    let first = *at;
    for (end, drops_tabs) in ends {
        while let Some((start, line)) = lines.get(*at) {
            *at += 1;
            let text = if drops_tabs {
                line.trim_start_matches('\t')
            } else {
                line
            };
            let is_end = text == end;
            if !is_alone || !is_end {
                script.push(Span::new(*start, line.len()));
                script.push_instead("\n", Span::new(*start + line.len(), 0));
            }
            if is_end {
                break;
            }
        }
    }
    let (_, head) = lines.get(first)?;
    let is_other = is_alone && head.starts_with("#!") && !head.contains("sh");
    Some(match is_other {
        true => Excerpt::new(file),
        false => script,
    })
}

/// Takes in `NAME=value …`, and the old form `NAME value`.
fn set(variables: &mut Variables, rest: &Excerpt) {
    let commands = shell::commands(rest.text(), variables);
    let Some(command) = commands.first() else {
        return;
    };
    let pairs: Vec<(String, Option<String>)> = match command.words.as_slice() {
        [name, value] if shell::assignment(&name.text).is_none() => {
            let value = value.is_literal.then(|| value.text.clone());
            vec![(name.text.clone(), value)]
        }
        words => {
            let pairs = words
                .iter()
                .map(|word| match shell::assignment(&word.text) {
                    Some((name, value)) => {
                        let value = word.is_literal.then(|| value.to_owned());
                        (name.to_owned(), value)
                    }
                    None => (word.text.clone(), None),
                });
            pairs.collect()
        }
    };
    for (name, value) in pairs {
        match value {
            Some(value) => drop(variables.insert(name, value)),
            None => drop(variables.remove(&name)),
        }
    }
}

/// Reads the form of a list: `["pip", "install", "a"]`.
fn listed(rest: &Excerpt) -> Option<Vec<(Span, String)>> {
    let text = rest.text();
    if !text.trim_start().starts_with('[') {
        return None;
    }
    let raw: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    let words = raw.into_iter().map(|value| {
        let word: String = serde_json::from_str(value.get()).ok()?;
        Some((place_in(text, value)?, word))
    });
    words.collect()
}

fn is_shell(words: &[(Span, String)]) -> bool {
    let name = words.first().and_then(|(_, word)| word.rsplit('/').next());
    name.is_some_and(|name| SHELLS.contains(&name))
}

fn run_list(
    words: &[(Span, String)],
    rest: &Excerpt,
    variables: &Variables,
) -> Vec<InstallCommand> {
    if let (true, [_, (_, option), (span, _), ..]) = (is_shell(words), words)
        && option.starts_with('-')
        && option.ends_with('c')
    {
        let script = json_string(rest, *span);
        return of_shell(&script, variables, Speaker::Shell);
    }
    let words = words.iter().map(|(span, text)| Word {
        text: text.clone(),
        span: inside(*span),
        is_literal: true,
    });
    let command = Simple {
        words: words.collect(),
        redirections: Vec::new(),
    };
    let found = installs::install_command(&command, rest, Speaker::List);
    found.into_iter().collect()
}

/// Leaves out the quotes.
fn inside(span: Span) -> Span {
    Span {
        start: span.start + 1,
        end: span.end.saturating_sub(1).max(span.start + 1),
    }
}
