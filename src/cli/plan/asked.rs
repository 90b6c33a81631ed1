//! Which commands are meant: the words behind `plan`, or those of a file, in order.

use std::path::{Path, PathBuf};

use crate::cli::command::quoted_words;
use crate::host::{project_calls, read_if_there};
use crate::input::{Action, Calls, Recipe, Step, command_reader_of};
use crate::source::{Problem, SourceFile};

/// The commands that are meant.
pub(in crate::cli) struct Asked {
    /// What is done, in order.
    pub(in crate::cli) steps: Vec<Step>,
    /// The folder that files of the commands are looked for in.
    pub(in crate::cli) project: PathBuf,
    /// Whether somebody typed the command, and did not write it into a file.
    pub(in crate::cli) is_typed: bool,
    /// Whether what is installed beside an environment becomes part of one.
    pub(in crate::cli) takes_folders: bool,
    /// What of the commands is not read.
    pub(in crate::cli) problems: Vec<Problem>,
}

/// Programs that a command begins with.
const PROGRAMS: &[&str] = &["pip", "pip3", "python", "python3", "uv", "py"];

/// Whether words are a command, and not the name of a file.
pub(super) fn is_command(words: &[String]) -> bool {
    let first = words.first().map(String::as_str).unwrap_or_default();
    let name = first.rsplit(['/', '\\']).next().unwrap_or_default();
    PROGRAMS.contains(&name) || name.starts_with("pip3.") || name.starts_with("python3.")
}

/// Reads the words of a command.
pub(in crate::cli) fn of_words(words: &[String], folder: &Path) -> Result<Asked, Problem> {
    let text = quoted_words(words);
    let file = SourceFile::new("<command>", text.as_str());
    // A command that is typed is a script of one line.
    let reader = command_reader_of("command.sh");
    let recipe = reader
        .map(|reader| (reader.read)(&file, &Calls::default()))
        .unwrap_or_default();
    let asked = asked(&recipe, None, folder.to_owned(), true);
    match asked {
        Some(asked) if asked.steps.iter().any(names_nothing) => {
            let message = format!("`{text}` does not say what");
            let help = "Name a package, a folder, or a file with `-r`.";
            Err(Problem::anywhere(message).with_help(help))
        }
        Some(asked) if asked.steps.iter().any(is_of_packages) => Ok(asked),
        _ => {
            let message = format!("`{text}` installs nothing that pyaudit knows of");
            let help = "Type a command such as `pyaudit plan pip install flask`, or name a \
                        Dockerfile, a notebook or a script.";
            Err(Problem::anywhere(message).with_help(help))
        }
    }
}

/// Reads the commands of a file.
pub(super) fn of_file(
    name: &str,
    stage: Option<&str>,
    folder: &Path,
) -> Result<Asked, Vec<Problem>> {
    let Some(reader) = command_reader_of(name) else {
        let message = format!("`{name}` is no command of pip, and no file with such commands");
        let help = "A Dockerfile, a notebook, a shell script, a workflow or a Python source has \
                    them.";
        return Err(vec![Problem::anywhere(message).with_help(help)]);
    };
    let path = folder.join(name);
    let Some(text) = read_if_there(&path).map_err(|problem| vec![problem])? else {
        let message = format!("there is no file `{name}`");
        return Err(vec![Problem::anywhere(message)]);
    };
    let project = path.parent().unwrap_or(folder);
    let calls = project_calls(project, folder);
    let recipe = (reader.read)(&SourceFile::new(name, text), &calls);
    if recipe.problems.iter().any(Problem::is_error) {
        return Err(recipe.problems);
    }
    if let Some(asked) = asked(&recipe, stage, project.to_owned(), false) {
        return Ok(asked);
    }
    let message = match stage {
        Some(stage) => format!("`{name}` has no stage `{stage}`"),
        None => format!("`{name}` installs nothing"),
    };
    let mut problems = recipe.problems;
    problems.push(Problem::anywhere(message));
    Err(problems)
}

/// Returns what a recipe does to get a stage.
pub(in crate::cli) fn asked(
    recipe: &Recipe,
    stage: Option<&str>,
    project: PathBuf,
    is_typed: bool,
) -> Option<Asked> {
    let build = recipe.build(stage)?;
    Some(Asked {
        takes_folders: build.takes_folders,
        steps: build.steps.into_iter().cloned().collect(),
        project,
        is_typed,
        problems: recipe.problems.clone(),
    })
}

/// Whether a step installs or removes packages of Python.
pub(in crate::cli) fn is_of_packages(step: &Step) -> bool {
    matches!(
        step.action,
        Action::Install(_) | Action::Uninstall(_) | Action::Sync(_)
    )
}

/// Options that name what is installed.
const NAMING: &[&str] = &["--editable", "--group", "--requirements-from-script"];

/// Whether a step installs or removes, and does not say what.
fn names_nothing(step: &Step) -> bool {
    match &step.action {
        Action::Install(command) => {
            let mut options = command.options.iter();
            command.requirements.is_empty()
                && command.requirement_files.is_empty()
                && !options.any(|it| NAMING.contains(&it.name.as_str()))
        }
        Action::Uninstall(names) => names.is_empty(),
        _ => false,
    }
}
