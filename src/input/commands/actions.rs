//! The words of one command → what it does to an environment: installs, removes, brings packages
//! of the operating system, makes a Python, or installs a project from its lock.

use super::installs::{Glued, argument, install_command, option, pip, program_name, verb, whole};
use super::shell::{Simple, Word};
use super::{
    Action, Argument, FileRole, InstallOption, Speaker, Step, StepFile, SyncCommand, Syncer, quoted,
};
use crate::input::excerpt::Excerpt;

/// Package managers of operating systems, with the word that installs, and their options that
/// take a value.
const SYSTEMS: &[(&str, &str, &[&str])] = &[
    (
        "apk",
        "add",
        &["-X", "-p", "-t", "--repository", "--root", "--virtual"],
    ),
    ("apt", "install", &["-c", "-o", "-t", "--target-release"]),
    (
        "apt-get",
        "install",
        &["-c", "-o", "-t", "--target-release"],
    ),
    ("aptitude", "install", &["-o", "-t"]),
    ("dnf", "install", &["-c", "-x"]),
    ("microdnf", "install", &["-c", "-x"]),
    ("yum", "install", &["-c", "-x"]),
];

/// Programs that install a project from its lock, with the words that do.
const SYNCERS: &[(&str, &[&str], Syncer)] = &[
    ("pdm", &["install", "sync"], Syncer::Pdm),
    ("pipenv", &["install", "sync"], Syncer::Pipenv),
    ("poetry", &["install", "sync"], Syncer::Poetry),
    ("uv", &["sync"], Syncer::Uv),
];

/// Options that name the folder of a project.
const FOLDERS: &[&str] = &["-C", "--directory", "--project"];

/// Reads one command of a script, as the given layer; nothing for one that does none of these.
pub(super) fn step(
    command: &Simple,
    script: &Excerpt,
    speaker: Speaker,
    layer: usize,
) -> Option<Step> {
    let action = action(command, script, speaker)?;
    let files = files(&action, command, script);
    let whole = whole(command)?;
    Some(Step {
        action,
        origin: script.origin(whole),
        command: match speaker {
            Speaker::List => typed(&command.words),
            Speaker::Shell | Speaker::Notebook | Speaker::Program => {
                on_one_line(script.text().get(whole.start..whole.end)?)
            }
        },
        layer,
        files,
    })
}

/// Returns the words of a list as a shell would be given them.
fn typed(words: &[Word]) -> String {
    let words = words.iter().map(|word| {
        let is_plain = |c: char| c.is_alphanumeric() || "-_./:=@%+,~^[]".contains(c);
        match word.is_literal && !word.text.chars().all(is_plain) {
            true => quoted(&word.text).unwrap_or_else(|| word.text.clone()),
            false => word.text.clone(),
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Returns a text that goes on over several lines as one line.
pub(super) fn on_one_line(text: &str) -> String {
    let words = text.split_whitespace().filter(|word| *word != "\\");
    words.collect::<Vec<_>>().join(" ")
}

fn action(command: &Simple, script: &Excerpt, speaker: Speaker) -> Option<Action> {
    if let Some(install) = install_command(command, script, speaker) {
        return Some(Action::Install(install));
    }
    let words = &command.words;
    if let Some((_, from)) = pip(words) {
        let (verb, from) = verb(words, from)?;
        let names = || arguments(words, from, script, &["-r", "--requirement"]);
        return (verb == "uninstall").then(|| Action::Uninstall(names()));
    }
    let (at, name) = program_name(words)?;
    if let Some((_, installs, valued)) = SYSTEMS.iter().find(|(it, ..)| *it == name) {
        let from = behind(words, at + 1, installs)?;
        let names = arguments(words, from, script, valued).into_iter();
        return Some(Action::SystemPackages(names.map(without_version).collect()));
    }
    if name == "uv"
        && let Some(python) = python(words, at + 1, script)
    {
        return Some(Action::Python(python));
    }
    let (_, verbs, syncer) = SYNCERS.iter().find(|(it, ..)| *it == name)?;
    let (verb, from) = verb(words, at + 1)?;
    // `pipenv install a` adds to the project.
    let is_whole = arguments(words, from, script, &[]).is_empty() || *syncer != Syncer::Pipenv;
    (verbs.contains(&verb) && is_whole)
        .then(|| Action::Sync(SyncCommand::read(*syncer, verb, &words[from..])))
}

/// Returns the position behind a word that installs, whatever options stand before it.
fn behind(words: &[Word], from: usize, installs: &str) -> Option<usize> {
    let rest = words.get(from..)?;
    let at = rest.iter().position(|word| word.text == installs)?;
    Some(from + at + 1)
}

/// Returns the words that are no options, nor values of those that take one.
fn arguments(words: &[Word], from: usize, script: &Excerpt, valued: &[&str]) -> Vec<Argument> {
    let mut found = Vec::new();
    let mut words = words.iter().skip(from);
    while let Some(word) = words.next() {
        match word.text.starts_with('-') {
            true if valued.contains(&word.text.as_str()) => drop(words.next()),
            true => {}
            false => found.push(argument(word, script)),
        }
    }
    found
}

/// `libgl1=1.2`, `libgl1/stable`, `libgl1:amd64` and `so~=1` are packages by the name before it.
fn without_version(argument: Argument) -> Argument {
    let name = argument.text.split(['=', '/', ':', '~', '<', '>']).next();
    Argument {
        text: name.unwrap_or_default().to_owned(),
        ..argument
    }
}

/// Reads `uv python install 3.12` and `uv venv --python 3.12`.
fn python(words: &[Word], from: usize, script: &Excerpt) -> Option<Argument> {
    let (first, from) = verb(words, from)?;
    match first {
        "python" => {
            let (second, from) = verb(words, from)?;
            let is_made = matches!(second, "install" | "pin");
            let mut named = arguments(words, from, script, &["-i", "--install-dir"]).into_iter();
            named.next().filter(|_| is_made)
        }
        "venv" => {
            let at = words
                .iter()
                .position(|it| option(&it.text).0 == "--python")?;
            match option(&words[at].text).1 {
                Glued::Value(text) => Some(Argument {
                    text: text.to_owned(),
                    ..argument(&words[at], script)
                }),
                Glued::Follows | Glued::None => Some(argument(words.get(at + 1)?, script)),
            }
        }
        _ => None,
    }
}

/// Returns the files that a step reads, with nothing known yet of where they come from.
fn files(action: &Action, command: &Simple, script: &Excerpt) -> Vec<StepFile> {
    let file = |role: FileRole| {
        move |argument: &Argument| StepFile {
            argument: argument.clone(),
            role,
            paths: Vec::new(),
            place: None,
        }
    };
    match action {
        Action::Install(install) => {
            let requirements = install.requirement_files.iter();
            let constraints = install.constraint_files.iter();
            let editable = install.options.iter().filter(|it| it.name == "--editable");
            let editable = editable.filter_map(|it: &InstallOption| it.value.as_ref());
            let projects = install.requirements.iter().chain(editable);
            let projects = projects.filter(|it| is_path(&it.text));
            let files = requirements.map(file(FileRole::Requirements));
            let files = files.chain(constraints.map(file(FileRole::Constraints)));
            files.chain(projects.map(file(FileRole::Project))).collect()
        }
        Action::Sync(sync) => {
            let mut words = command.words.windows(2);
            let named = words.find(|pair| FOLDERS.contains(&pair[0].text.as_str()));
            let folder = match named {
                Some(pair) => argument(&pair[1], script),
                None => Argument {
                    text: ".".to_owned(),
                    is_literal: true,
                    origin: script.origin(whole(command).unwrap_or_default()),
                },
            };
            let inside = |name: &str| Argument {
                text: match folder.text.trim_end_matches('/') {
                    "." => name.to_owned(),
                    folder => format!("{folder}/{name}"),
                },
                ..folder.clone()
            };
            let (project, lock) = (sync.syncer.project_name(), sync.syncer.lock_name());
            vec![
                file(FileRole::Project)(&inside(project)),
                file(FileRole::Lock)(&inside(lock)),
            ]
        }
        Action::Uninstall(_) | Action::SystemPackages(_) | Action::Python(_) | Action::Take(_) => {
            Vec::new()
        }
    }
}

/// Whether pip takes a word for a folder or an archive: `.`, `./here`, `/app[extra]`.
fn is_path(text: &str) -> bool {
    let path = text.split('[').next().unwrap_or_default();
    path.starts_with(['.', '/']) && !path.starts_with("//")
}
