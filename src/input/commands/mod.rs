//! Install commands where they are typed: Dockerfiles, shell scripts, notebooks, workflows and the
//! calls of Python that build images. Text in, a [`Recipe`] of steps in their order out; nothing
//! is run, and what depends on the moment of running is told as not literal.

mod actions;
mod build_context;
mod calls;
mod dockerfile;
mod fetches;
mod installs;
mod instructions;
mod json_text;
mod known_calls;
mod notebook;
mod processes;
mod quoted_scripts;
mod recipe;
mod shell;
mod syncs;
mod workflow;

#[cfg(test)]
mod recipe_tests;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::excerpt::Excerpt;
use crate::source::{Origin, SourceFile};

pub use fetches::{Downloads, piped};
pub use known_calls::{Call, Calls};
pub(super) use recipe::left_out;
pub use recipe::{Action, Base, BaseImage, Build, FileRole, Recipe, Stage, Step, StepFile, Syncer};
pub use syncs::SyncCommand;

/// One command, or call, that installs packages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstallCommand {
    /// What installs.
    pub installer: Installer,
    /// Who takes its words apart.
    pub speaker: Speaker,
    /// The whole command.
    pub origin: Origin,
    /// The version of Python in the name of its program: `pip3.11`, `python3.11 -m pip`.
    pub python: Option<Argument>,
    /// The packages that it names, as the installer gets them.
    pub requirements: Vec<Argument>,
    /// The files of `-r`.
    pub requirement_files: Vec<Argument>,
    /// The files of `-c`.
    pub constraint_files: Vec<Argument>,
    /// The other options, with their values.
    pub options: Vec<InstallOption>,
    /// Constraints that never reach the installer.
    pub swallowed: Vec<Swallowed>,
}

/// Options that install beside the environment.
const ELSEWHERE: &[&str] = &["--prefix", "--root", "--target"];

impl InstallCommand {
    /// Returns where it installs, if that is not the environment: `--target lib`.
    pub fn elsewhere(&self) -> Option<String> {
        let mut options = self.options.iter().rev();
        let option = options.find(|it| ELSEWHERE.contains(&it.name.as_str()))?;
        Some(match &option.value {
            Some(value) => format!("{} {}", option.name, value.text),
            None => option.name.clone(),
        })
    }
}

/// A word with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// The word as the command gets it.
    pub text: String,
    /// Whether all of it is known before it runs.
    pub is_literal: bool,
    /// Where it stands.
    pub origin: Origin,
}

/// An option: `--no-deps`, `--index-url ADDRESS`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstallOption {
    /// Its name, in its long form where pip has one.
    pub name: String,
    /// Its value.
    pub value: Option<Argument>,
}

/// A part of a requirement that a shell took for redirections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swallowed {
    /// The requirement that was meant.
    pub meant: String,
    /// What is left of it.
    pub left: String,
    /// The files that are opened, in order.
    pub opened: Vec<Opened>,
    /// Where all of it stands.
    pub origin: Origin,
}

/// A file that a redirection opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// Read from; where it is not there, the command is not run.
    Read(String),
    /// Made anew.
    Written(String),
    /// Made, or written on.
    Appended(String),
}

/// What installs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Installer {
    /// `pip install`.
    Pip,
    /// `uv pip install`.
    Uv,
    /// `pipx install`.
    Pipx,
    /// A call in Python that has an image built.
    Call,
}

/// Who takes the words of a command apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Speaker {
    /// A shell.
    Shell,
    /// A shell, which IPython starts with the line of a notebook.
    Notebook,
    /// A shell, which Python starts with a string.
    Program,
    /// Nobody: the words stand in a list.
    List,
}

/// A kind of file with commands in it.
#[derive(Clone, Copy, Debug)]
pub struct CommandReader {
    /// What messages call it.
    pub name: &'static str,
    /// Whether it reads files of such a name, in lower case and without folders.
    pub accepts: fn(&str) -> bool,
    /// Reads a text; the calls are those that are looked for in Python.
    pub read: fn(&Arc<SourceFile>, &Calls) -> Recipe,
}

/// The readers, tried in this order.
pub const COMMAND_READERS: &[CommandReader] = &[
    CommandReader {
        name: "Dockerfile",
        accepts: |name| {
            let stems = ["dockerfile", "containerfile"];
            let mut stems = stems.iter();
            stems.any(|stem| name == *stem || name.starts_with(&format!("{stem}.")))
                || name.ends_with(".dockerfile")
        },
        read: |file, _| dockerfile::read_dockerfile(file),
    },
    CommandReader {
        name: "shell script",
        accepts: |name| name.ends_with(".sh") || name.ends_with(".bash"),
        read: |file, _| read_shell_script(file),
    },
    CommandReader {
        name: "notebook",
        accepts: |name| name.ends_with(".ipynb"),
        read: |file, _| notebook::read_notebook(file),
    },
    CommandReader {
        name: "workflow",
        accepts: |name| name.ends_with(".yml") || name.ends_with(".yaml"),
        read: |file, _| workflow::read_workflow(file),
    },
    CommandReader {
        name: "Python source",
        accepts: |name| name.ends_with(".py"),
        read: calls::read_calls,
    },
];

/// Returns the reader for a file of this name.
pub fn command_reader_of(name: &str) -> Option<&'static CommandReader> {
    let name = name.rsplit(['/', '\\']).next()?.to_ascii_lowercase();
    COMMAND_READERS.iter().find(|it| (it.accepts)(&name))
}

/// Puts words into double quotes, so that a shell takes them for one; nothing where it would still
/// read something else.
pub fn quoted(text: &str) -> Option<String> {
    let quoted = format!("\"{text}\"");
    let commands = shell::commands(&quoted, &shell::Variables::new());
    match commands.as_slice() {
        [only] if only.redirections.is_empty() => match only.words.as_slice() {
            [word] if word.is_literal && word.text == text => Some(quoted),
            _ => None,
        },
        _ => None,
    }
}

fn read_shell_script(file: &Arc<SourceFile>) -> Recipe {
    let first = file.text().lines().next().unwrap_or_default();
    let is_other = first.starts_with("#!") && !first.contains("sh");
    let steps = match is_other {
        true => Vec::new(),
        false => of_script(&Excerpt::whole(file), Speaker::Shell, 1),
    };
    Recipe::of_steps(steps)
}

/// Reads a script with the variables that it sets itself, as one layer.
fn of_script(script: &Excerpt, speaker: Speaker, layer: usize) -> Vec<Step> {
    let variables = shell::settings(script.text());
    of_shell(script, &variables, speaker, layer)
}

fn of_shell(
    script: &Excerpt,
    variables: &shell::Variables,
    speaker: Speaker,
    layer: usize,
) -> Vec<Step> {
    let mut folder = Some(String::new());
    let mut found = Vec::new();
    quoted_scripts::each_command(script, variables, |command, script| {
        if let [cd, to] = command.words.as_slice()
            && cd.text == "cd"
        {
            let inside = folder.take();
            folder = inside.and_then(|folder| build_context::within(&folder, &to.text));
            folder = folder
                .take()
                .filter(|_| !to.text.starts_with('/') && to.is_literal);
        }
        let Some(mut step) = actions::step(command, script, speaker, layer) else {
            return;
        };
        for file in step.files.iter_mut().filter(|it| it.argument.is_literal) {
            let path = file.argument.text.split('[').next().unwrap_or_default();
            let inside = folder.as_deref().filter(|_| !path.starts_with('/'));
            let path = inside.and_then(|folder| build_context::within(folder, path));
            file.paths = path.into_iter().collect();
        }
        found.push(step);
    });
    found
}
