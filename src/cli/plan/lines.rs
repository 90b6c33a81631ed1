//! An install command as the lines of a requirements file that says the same.

use std::path::Path;

use super::ready::Outside;
use crate::host::stays_in;
use crate::input::{Argument, FileRole, InstallCommand, Step, StepFile};
use crate::package::IndexUrl;
use crate::source::Origin;

/// Options that a requirements file has as well.
const OPTIONS: &[&str] = &[
    "--extra-index-url",
    "--find-links",
    "--index-url",
    "--no-binary",
    "--no-index",
    "--only-binary",
    "--pre",
    "--trusted-host",
];

/// Options of uv that a requirements file calls otherwise.
const OTHER_NAMES: &[(&str, &str)] = &[
    ("--default-index", "--index-url"),
    ("--index", "--extra-index-url"),
];

/// The lines, each with the word that says it.
#[derive(Default)]
pub(super) struct Lines {
    lines: Vec<(String, Origin)>,
    /// Files of overrides.
    pub(super) overrides: Vec<String>,
    /// Which builds of torch are asked for.
    pub(super) flavour: Option<String>,
    /// What is left out or read otherwise, and why.
    pub(super) notes: Vec<String>,
}

impl Lines {
    /// Returns the text of the file.
    pub(super) fn text(&self) -> String {
        let lines = self.lines.iter().map(|(line, _)| format!("{line}\n"));
        lines.collect()
    }

    /// Puts what stands in this text at the word that says it.
    pub(super) fn put_back(&self, origin: &mut Origin) {
        if origin.label() != "<stdin>" {
            return;
        }
        if let Some((_, place)) = self.lines.get(origin.line().saturating_sub(1)) {
            *origin = place.clone();
        }
    }

    fn push(&mut self, line: String, origin: &Origin) {
        match line.contains(['\n', '\r']) {
            true => self
                .notes
                .push("a word with a line break is left out".to_owned()),
            false => self.lines.push((line, origin.clone())),
        }
    }

    fn leave_out(&mut self, argument: &Argument, why: &str) {
        let text = IndexUrl::redacted(argument.origin.text());
        self.notes.push(format!("`{text}` is left out: {why}"));
    }
}

/// Returns the lines of a command.
pub(super) fn lines_of(step: &Step, command: &InstallCommand, outside: Outside<'_>) -> Lines {
    let mut lines = Lines::default();
    let swallowed = command.swallowed.iter().map(|it| {
        format!(
            "the shell reads `{}` as a redirection: what is installed is `{}`",
            it.meant, it.left
        )
    });
    lines.notes.extend(swallowed);
    let editable = command.options.iter().filter(|it| it.name == "--editable");
    let editable = editable.filter_map(|it| it.value.as_ref());
    let editable = editable.map(|argument| (argument, "-e "));
    let plain = command.requirements.iter().map(|argument| (argument, ""));
    for (argument, lead) in plain.chain(editable) {
        if !argument.is_literal {
            lines.leave_out(argument, "it is known only where it runs");
            continue;
        }
        match folder_of(step, argument) {
            None => lines.push(format!("{lead}{}", argument.text), &argument.origin),
            Some(file) => match path_of(file, outside) {
                Some(path) => lines.push(format!("{lead}{path}"), &argument.origin),
                None => lines.leave_out(argument, "no such folder is in the project"),
            },
        }
    }
    let of_role = |role| step.files.iter().filter(move |it| it.role == role);
    for (role, option) in [
        (FileRole::Requirements, "-r"),
        (FileRole::Constraints, "-c"),
    ] {
        for file in of_role(role) {
            let argument = &file.argument;
            match path_of(file, outside) {
                Some(path) => lines.push(format!("{option} {path}"), &argument.origin),
                None => lines.leave_out(argument, "no such file is in the project"),
            }
        }
    }
    options(command, &mut lines);
    lines
}

fn options(command: &InstallCommand, lines: &mut Lines) {
    for option in &command.options {
        let other = OTHER_NAMES.iter().find(|(name, _)| *name == option.name);
        let name = other.map_or(option.name.as_str(), |(_, name)| name);
        let value = option.value.as_ref();
        if let Some(value) = value.filter(|it| !it.is_literal && OPTIONS.contains(&name)) {
            lines.leave_out(value, "it is known only where it runs");
            continue;
        }
        let text = value.map(|value| value.text.clone()).unwrap_or_default();
        let origin = value.map_or(&command.origin, |value| &value.origin);
        match name {
            "--override" | "--overrides" => lines.overrides.push(text),
            "--torch-backend" => lines.flavour = Some(text),
            "--prerelease" if text == "allow" => lines.push("--pre".to_owned(), origin),
            name if OPTIONS.contains(&name) => {
                // uv's `--index NAME=URL`.
                let address = match text.split_once('=') {
                    Some((name, address)) if other.is_some() && !name.contains([':', '/']) => {
                        address.to_owned()
                    }
                    _ => text,
                };
                lines.push(format!("{name} {address}").trim_end().to_owned(), origin);
            }
            _ => {}
        }
    }
}

/// Returns the folder of a project that an argument names.
fn folder_of<'s>(step: &'s Step, argument: &Argument) -> Option<&'s StepFile> {
    let mut projects = step.files.iter().filter(|it| it.role == FileRole::Project);
    projects.find(|it| it.argument == *argument)
}

/// Returns where a file is, as a path from the current folder: only one that comes from the project
/// is read, unless somebody typed its name.
pub(super) fn path_of(file: &StepFile, outside: Outside<'_>) -> Option<String> {
    if outside.is_typed && file.argument.is_literal {
        let text = &file.argument.text;
        return Some(match file.role {
            FileRole::Project if !text.starts_with(['.', '/']) => format!("./{text}"),
            FileRole::Project | FileRole::Requirements => text.clone(),
            FileRole::Constraints | FileRole::Lock => text.clone(),
        });
    }
    let found = file.paths.iter().flat_map(|path| {
        let beside = outside.project.join(path);
        let here = outside.folder.join(path);
        [(beside, outside.project), (here, outside.folder)]
    });
    // The project may be a stranger's, whose links lead anywhere.
    let mut found = found.filter(|(path, folder)| stays_in(path, folder));
    let (path, _) = found.next()?;
    let shown = path.strip_prefix(outside.folder).unwrap_or(&path);
    let shown = shown.to_string_lossy().into_owned();
    Some(match Path::new(&shown).is_absolute() {
        true => shown,
        false => format!("./{shown}"),
    })
}
