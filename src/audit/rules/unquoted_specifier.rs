//! PYA207: a shell takes `>=` and `<` of a requirement for redirections.

use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::{Fix, Needs, Rule, Severity, Subject};
use crate::input::{Edit, Installer, Opened, Speaker, Swallowed, quoted};
use crate::package::{IndexUrl, Requirement};

pub(super) const RULE: Rule = Rule {
    id: "PYA207",
    name: "unquoted-specifier",
    severity: Severity::Error,
    summary: "A shell takes a part of a requirement for a redirection, so that the installer never sees it.",
    page: include_str!("../../../docs/rules/unquoted-specifier.md"),
    needs: Needs::Texts,
    check,
};

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    let commands = subject.evidence.texts.iter().flat_map(|it| &it.commands);
    for command in commands.map(|it| &it.command) {
        let installer = match command.installer {
            Installer::Uv => "uv",
            Installer::Pipx => "pipx",
            Installer::Pip | Installer::Call => "pip",
        };
        for swallowed in &command.swallowed {
            let Ok(left) = Requirement::parse(&swallowed.left) else {
                continue;
            };
            let about = About::Declaration(left.name, swallowed.origin.clone());
            let mut remark = Remark::new(about, message(swallowed, installer));
            if command.speaker == Speaker::Notebook {
                remark = remark.with_evidence(
                    "IPython hands lines of `!` and of `%pip` to a shell as they are",
                );
            }
            remarks.tell(remark.mended_by(fix(swallowed, command.speaker)));
        }
    }
}

/// Says what the shell does.
fn message(swallowed: &Swallowed, installer: &str) -> String {
    let Swallowed { meant, left, .. } = swallowed;
    let meant = IndexUrl::redacted(meant);
    let read = swallowed.opened.iter().find_map(|it| match it {
        Opened::Read(name) => Some(name),
        Opened::Written(_) | Opened::Appended(_) => None,
    });
    let written = swallowed.opened.iter().find_map(|it| match it {
        Opened::Written(name) => Some(format!("what it prints goes into a new file `{name}`")),
        Opened::Appended(name) => Some(format!("what it prints is added to a file `{name}`")),
        Opened::Read(_) => None,
    });
    match (read, written) {
        (Some(read), Some(written)) => format!(
            "the shell asks {installer} for `{left}` and not for `{meant}`: {written}, and where \
             there is no file `{read}` to read from, {installer} is not even run"
        ),
        (Some(read), None) => format!(
            "the shell asks {installer} for `{left}` and not for `{meant}`, and where there is no \
             file `{read}` to read from, {installer} is not even run"
        ),
        (None, written) => format!(
            "the shell asks {installer} for `{left}` and not for `{meant}`: {}",
            written.unwrap_or_default()
        ),
    }
}

/// Puts the words into quotes, where the text is the file's own and a shell reads it back so.
fn fix(swallowed: &Swallowed, speaker: Speaker) -> Fix {
    let text = swallowed.origin.text();
    let quoted = quoted(text).filter(|_| Requirement::parse(text).is_ok());
    // What quotes a string of Python takes is for its author to say.
    let writable = quoted.iter().filter(|_| speaker != Speaker::Program);
    let edits = writable.map(|quoted| {
        // The text of a notebook stands in strings of JSON.
        let written = match speaker {
            Speaker::Notebook => quoted.replace('"', "\\\""),
            Speaker::Shell | Speaker::Program | Speaker::List => quoted.clone(),
        };
        Edit::in_place(&swallowed.origin, written)
    });
    let edits: Vec<Edit> = edits.collect();
    let shown = quoted
        .clone()
        .unwrap_or_else(|| format!("\"{}\"", swallowed.meant));
    Fix {
        text: format!("Put it into quotes: `{shown}`."),
        is_safe: !edits.is_empty(),
        is_verified: !edits.is_empty(),
        edits,
    }
}
