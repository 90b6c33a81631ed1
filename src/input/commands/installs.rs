//! The words of one command → what it installs: which program it is, what its options take, and
//! what a shell kept from it.

use super::shell::{Redirect, Simple, Word, assignment};
use super::{Argument, InstallCommand, InstallOption, Installer, Opened, Speaker, Swallowed};
use crate::input::excerpt::Excerpt;
use crate::package::Requirement;
use crate::source::Span;

/// Programs that start others.
const STARTERS: &[&str] = &["command", "env", "exec", "nohup", "sudo", "time"];

/// Words of the shell's own language that a command can stand behind.
const KEYWORDS: &[&str] = &[
    "!", "do", "elif", "else", "if", "then", "until", "while", "{",
];

/// Options that take a value, as pip, uv and pipx have them; short ones beside the long.
const VALUED: &[(&str, &str)] = &[
    ("--abi", ""),
    ("--build-constraint", "-b"),
    ("--cache-dir", ""),
    ("--cert", ""),
    ("--client-cert", ""),
    ("--color", ""),
    ("--config-file", ""),
    ("--config-setting", "-C"),
    ("--config-settings", ""),
    ("--constraint", "-c"),
    ("--constraints", ""),
    ("--default-index", ""),
    ("--directory", ""),
    ("--editable", "-e"),
    ("--exclude-newer", ""),
    ("--exists-action", ""),
    ("--extra", ""),
    ("--extra-index-url", ""),
    ("--find-links", "-f"),
    ("--fork-strategy", ""),
    ("--global-option", ""),
    ("--group", ""),
    ("--implementation", ""),
    ("--index", ""),
    ("--index-strategy", ""),
    ("--index-url", "-i"),
    ("--keyring-provider", ""),
    ("--link-mode", ""),
    ("--log", ""),
    ("--no-binary", ""),
    ("--no-build-isolation-package", ""),
    ("--only-binary", ""),
    ("--override", ""),
    ("--overrides", ""),
    ("--pip-args", ""),
    ("--platform", ""),
    ("--prefix", ""),
    ("--prerelease", ""),
    ("--progress-bar", ""),
    ("--project", ""),
    ("--proxy", ""),
    ("--pypi-url", ""),
    ("--python", "-p"),
    ("--python-platform", ""),
    ("--python-version", ""),
    ("--refresh-package", ""),
    ("--reinstall-package", ""),
    ("--report", ""),
    ("--requirement", "-r"),
    ("--requirements", ""),
    ("--resolution", ""),
    ("--retries", ""),
    ("--root", ""),
    ("--root-user-action", ""),
    ("--spec", ""),
    ("--src", ""),
    ("--suffix", ""),
    ("--target", "-t"),
    ("--timeout", ""),
    ("--torch-backend", ""),
    ("--trusted-host", ""),
    ("--upgrade-package", "-P"),
    ("--upgrade-strategy", ""),
    ("--use-deprecated", ""),
    ("--use-feature", ""),
];

/// Reads one command of a script; nothing for one that installs nothing.
pub(super) fn install_command(
    command: &Simple,
    script: &Excerpt,
    speaker: Speaker,
) -> Option<InstallCommand> {
    let (installer, from) = program(&command.words)?;
    let mut found = InstallCommand {
        installer,
        speaker,
        origin: script.origin(whole(command)?),
        python: named_python(command, script),
        requirements: Vec::new(),
        requirement_files: Vec::new(),
        constraint_files: Vec::new(),
        options: Vec::new(),
        swallowed: Vec::new(),
    };
    let mut words = command.words.iter().enumerate().skip(from);
    let mut are_options_over = false;
    while let Some((at, word)) = words.next() {
        let argument = |word: &Word| argument(word, script);
        if are_options_over || !word.text.starts_with('-') || word.text == "-" {
            found.swallowed.extend(swallowed(command, at, script));
            found.requirements.push(argument(word));
            continue;
        }
        if word.text == "--" {
            are_options_over = true;
            continue;
        }
        let (name, value) = option(&word.text);
        let value = match value {
            Glued::Value(text) => Some(Argument {
                text: text.to_owned(),
                ..argument(word)
            }),
            Glued::Follows => words.next().map(|(_, word)| argument(word)),
            Glued::None => None,
        };
        match (name, value) {
            ("--requirement" | "--requirements", Some(value)) => {
                found.requirement_files.push(value);
            }
            ("--constraint" | "--constraints", Some(value)) => found.constraint_files.push(value),
            (name, value) => found.options.push(InstallOption {
                name: name.to_owned(),
                value,
            }),
        }
    }
    if is_sync(&command.words) {
        found.requirement_files = std::mem::take(&mut found.requirements);
    }
    Some(found)
}

/// Returns the version of Python that a command says it is for: in the name of its program, as an
/// option of `py`, or as the value of `--python`.
fn named_python(command: &Simple, script: &Excerpt) -> Option<Argument> {
    let words = &command.words;
    let (at, name) = program_name(words)?;
    let text = |at: usize| words.get(at).map(|word| word.text.as_str());
    let is_option = |word: &Word| option(&word.text).0 == "--python";
    let said = words
        .iter()
        .position(is_option)
        .map(|at| match option(&words[at].text).1 {
            Glued::Value(value) => (at, value),
            Glued::Follows | Glued::None => (at + 1, text(at + 1).unwrap_or_default()),
        });
    let by_launcher = || {
        let version = text(at + 1).filter(|_| name == "py")?.strip_prefix('-')?;
        Some((at + 1, version))
    };
    let (at, text) = said.or_else(by_launcher).or(Some((at, text(at)?)))?;
    let word = words.get(at).filter(|word| word.is_literal)?;
    Some(Argument {
        text: version_in(text)?.to_owned(),
        ..argument(word, script)
    })
}

/// Returns the version at the end of `3.11`, `pip3.11` and `/usr/bin/python3.11`; nothing of one that
/// does not say which Python 3 it is.
fn version_in(text: &str) -> Option<&str> {
    let name = text.rsplit(['/', '\\']).next()?;
    let name = name.strip_suffix(".exe").unwrap_or(name);
    let name = name.strip_prefix("pip").unwrap_or(name);
    let version = name.strip_prefix("python").unwrap_or(name);
    let is_version = |it: &str| it.chars().all(|c| c.is_ascii_digit() || c == '.');
    Some(version).filter(|it| it.starts_with("3.") && it.len() > 2 && is_version(it))
}

/// Whether all words are files with what is to be installed: `uv pip sync`.
fn is_sync(words: &[Word]) -> bool {
    let verb = pip(words).and_then(|(_, from)| verb(words, from));
    verb.is_some_and(|(verb, _)| verb == "sync")
}

/// Returns a word with its place in the file.
pub(super) fn argument(word: &Word, script: &Excerpt) -> Argument {
    Argument {
        text: word.text.clone(),
        is_literal: word.is_literal,
        origin: script.origin(word.span),
    }
}

/// Returns where all of a command stands, behind the words of the shell's own language.
pub(super) fn whole(command: &Simple) -> Option<Span> {
    let is_own = |word: &&Word| !KEYWORDS.contains(&word.text.as_str());
    let (first, last) = (command.words.iter().find(is_own)?, command.words.last()?);
    let ends = command.redirections.iter().map(|it| it.span.end);
    Some(Span {
        start: first.span.start,
        end: ends.fold(last.span.end, usize::max),
    })
}

/// Where the value of an option is.
pub(super) enum Glued<'w> {
    Value(&'w str),
    Follows,
    None,
}

/// Reads `--name`, `--name=value`, `-n` and `-nvalue`.
pub(super) fn option(word: &str) -> (&str, Glued<'_>) {
    if let Some((name, value)) = word.split_once('=').filter(|_| word.starts_with("--")) {
        return (name, Glued::Value(value));
    }
    if word.starts_with("--") {
        let takes = VALUED.iter().any(|(long, _)| *long == word);
        return (word, if takes { Glued::Follows } else { Glued::None });
    }
    let short = VALUED
        .iter()
        .find(|(_, short)| !short.is_empty() && word.starts_with(short));
    match short {
        Some((long, short)) if word.len() == short.len() => (long, Glued::Follows),
        Some((long, short)) => (long, Glued::Value(&word[short.len()..])),
        None => (word, Glued::None),
    }
}

/// Finds what installs, and the word after its `install`.
fn program(words: &[Word]) -> Option<(Installer, usize)> {
    let (program, from) = pip(words)?;
    let (verb, from) = verb(words, from)?;
    let is_install = verb == "install" || program == Installer::Uv && verb == "sync";
    is_install.then_some((program, from))
}

/// Returns the position of the program itself, behind what may stand before it, and its name
/// without folders, ending and version.
pub(super) fn program_name(words: &[Word]) -> Option<(usize, &str)> {
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let is_option = at > 0 && word.text.starts_with('-');
        let text = word.text.as_str();
        let is_before =
            STARTERS.contains(&text) || KEYWORDS.contains(&text) || assignment(text).is_some();
        if !is_before && !is_option {
            break;
        }
        at += 1;
    }
    let name = words.get(at)?.text.rsplit(['/', '\\']).next()?;
    let name = name.strip_suffix(".exe").unwrap_or(name);
    let name = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    Some((at, name))
}

/// Finds the program that has pip's commands, and the word after it.
pub(super) fn pip(words: &[Word]) -> Option<(Installer, usize)> {
    let (at, name) = program_name(words)?;
    let text = |at: usize| words.get(at).map(|word| word.text.as_str());
    let found = match name {
        "pip" => (Installer::Pip, at + 1),
        "pipx" => (Installer::Pipx, at + 1),
        "uv" => (Installer::Uv, after(words, at + 1, "pip")?),
        "python" | "py" => {
            let mut option = at + 1;
            while text(option).is_some_and(|it| it.starts_with('-') && it != "-m") {
                option += 1;
            }
            match (text(option), text(option + 1)) {
                (Some("-m"), Some("pip")) => (Installer::Pip, option + 2),
                (Some("-m"), Some("pipx")) => (Installer::Pipx, option + 2),
                (Some("-m"), Some("uv")) => (Installer::Uv, after(words, option + 2, "pip")?),
                _ => return None,
            }
        }
        _ => return None,
    };
    Some(found)
}

/// Passes over options up to a word, and returns the position behind it.
fn after(words: &[Word], from: usize, wanted: &str) -> Option<usize> {
    let (found, behind) = verb(words, from)?;
    (found == wanted).then_some(behind)
}

/// Passes over options up to the first other word; returns it with the position behind it.
pub(super) fn verb(words: &[Word], from: usize) -> Option<(&str, usize)> {
    let mut at = from;
    loop {
        let word = words.get(at)?;
        if !word.text.starts_with('-') {
            return Some((&word.text, at + 1));
        }
        at += match option(&word.text).1 {
            Glued::Follows => 2,
            Glued::Value(_) | Glued::None => 1,
        };
    }
}

/// Finds out whether the redirections behind a word were meant for its versions.
fn swallowed(command: &Simple, at: usize, script: &Excerpt) -> Option<Swallowed> {
    let word = &command.words[at];
    let gap_is_blank = |from: usize, to: usize| {
        let gap = script.text().get(from..to).unwrap_or("x");
        gap.bytes().all(|byte| byte == b' ')
    };
    let mut end = word.span.end;
    let mut meant = word.text.clone();
    let mut opened = Vec::new();
    for redirect in command.redirections.iter().filter(|it| it.after == at + 1) {
        let start = redirect.span.start;
        // `numpy >=2` is meant so, `numpy > log` is not.
        let is_apart = start > end && !redirect.target.text.starts_with('=');
        let is_file = redirect.has_number || redirect.target.span.is_empty();
        if is_apart || is_file || start < end || !gap_is_blank(end, start) {
            break;
        }
        meant = meant + redirect.operator + &redirect.target.text;
        opened.push(file_of(redirect)?);
        end = redirect.span.end;
    }
    // `a>=1, <2`: what follows the comma is a word of its own, or another redirection.
    let is_meant = |text: &str| {
        let parsed = Requirement::parse(text.trim_end_matches(','));
        parsed.is_ok_and(|it| !it.specifiers.is_any() && it.url.is_none())
    };
    (!opened.is_empty() && is_meant(&meant)).then(|| Swallowed {
        meant,
        left: word.text.clone(),
        opened,
        origin: script.origin(Span {
            start: word.span.start,
            end,
        }),
    })
}

fn file_of(redirect: &Redirect) -> Option<Opened> {
    let name = redirect.target.text.clone();
    match redirect.operator {
        "<" => Some(Opened::Read(name)),
        ">" | ">|" => Some(Opened::Written(name)),
        ">>" => Some(Opened::Appended(name)),
        _ => None,
    }
}
