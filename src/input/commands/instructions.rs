//! A Dockerfile as its instructions: with lines that go on, comments between them, flags and
//! here-documents. What they do is for others to say.

use std::sync::Arc;

use super::shell::{self, Variables};
use crate::input::excerpt::Excerpt;
use crate::source::{SourceFile, Span};

/// One instruction.
pub(super) struct Instruction {
    /// Its name in upper case.
    pub(super) name: String,
    /// The flags behind the name, such as `--mount=type=cache,target=/root/.cache`.
    pub(super) flags: Excerpt,
    /// What follows those.
    pub(super) rest: Excerpt,
    /// The script of `RUN <<EOF`.
    pub(super) document: Option<Excerpt>,
}

/// Takes a Dockerfile apart.
pub(super) fn instructions(file: &Arc<SourceFile>) -> Vec<Instruction> {
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
        let (flags, rest) = split_flags(&rest);
        let document = match name.as_str() {
            "RUN" | "COPY" | "ADD" => take_documents(file, &rest, &lines, &mut at),
            _ => None,
        };
        found.push(Instruction {
            name,
            flags,
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

/// Parts the flags from what they are for.
fn split_flags(rest: &Excerpt) -> (Excerpt, Excerpt) {
    let text = rest.text();
    let mut at = text.len() - text.trim_start().len();
    while text[at..].starts_with("--") {
        let end = text[at..].find(char::is_whitespace);
        at = end.map_or(text.len(), |end| at + end);
        at += text[at..].len() - text[at..].trim_start().len();
    }
    let part = |start: usize, end: usize| {
        let mut part = Excerpt::new(rest.file());
        part.push_from(rest, Span { start, end });
        part
    };
    (part(0, at), part(at, text.len()))
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
