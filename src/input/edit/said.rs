//! All that a file with commands, or of another tool, says, piece by piece: what a change is held to.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::input::commands::{Action, Argument, InstallCommand, Recipe};
use crate::input::installs::recipe_of;
use crate::input::{Calls, ReadContext, Reading, Selection, Statement, reader_of};
use crate::package::{Declaration, DeclarationKind, Marker, Requirement};
use crate::source::{Origin, SourceFile, Span};

/// The readers of files that have no commands.
const LISTS: &[&str] = &["Pipfile", "environment.yml"];

/// One thing that a file says.
pub(super) struct Said {
    /// What it says.
    pub(super) words: String,
    /// Where, for what can be changed.
    place: Option<Span>,
}

impl Said {
    fn new(words: impl Into<String>) -> Self {
        Self {
            words: words.into(),
            place: None,
        }
    }

    fn requirement(words: String, origin: &Origin) -> Self {
        Self {
            words,
            place: Some(origin.span),
        }
    }

    /// Whether it is what was declared.
    pub(super) fn is_of(&self, declaration: &Declaration) -> bool {
        self.place == Some(declaration.origin.span)
    }

    /// Returns the words for what a declaration became.
    pub(super) fn becoming(becomes: &str) -> String {
        asked_for(becomes)
    }
}

fn asked_for(text: &str) -> String {
    match Requirement::parse(text) {
        Ok(requirement) => wanted(requirement),
        Err(_) => format!("asks for {text}"),
    }
}

fn wanted(requirement: Requirement) -> String {
    let tree = requirement.marker.tree();
    let bare = Requirement {
        marker: Marker::always(),
        ..requirement
    };
    format!("asks for {bare} where {tree:?}")
}

/// Returns all that a file says, in its order.
pub(super) fn said(file: &Arc<SourceFile>) -> Vec<Said> {
    let selection = Selection::everything();
    let context = ReadContext {
        kind: DeclarationKind::Requirement,
        folder: Path::new("/"),
        variables: &BTreeMap::new(),
        selection: &selection,
        calls: &Calls::default(),
    };
    let reader = reader_of(file.label());
    match LISTS.contains(&reader.name) {
        true => of_reading((reader.read)(file, &context)),
        false => of_recipe(recipe_of(file, &context)),
    }
}

fn of_reading(reading: Reading) -> Vec<Said> {
    let tool = &reading.manifest.tool;
    let versions = tool.python.iter().chain(&tool.cuda).map(|it| it.0.clone());
    let mut all: Vec<Said> = versions.map(Said::new).collect();
    let errors = reading.manifest.problems.iter().filter(|it| it.is_error());
    all.extend(errors.map(|it| Said::new(it.message.as_str())));
    let mut asks = false;
    for statement in reading.statements {
        all.push(match statement {
            Statement::Declaration(it) if it.kind == DeclarationKind::Requirement => {
                asks = true;
                Said::requirement(wanted(it.requirement), &it.origin)
            }
            Statement::Declaration(it) => Said::new(it.requirement.to_string()),
            Statement::Unnamed(it) => {
                asks = true;
                Said::new(it.url.given.as_str())
            }
            Statement::Setting(it) => Said::new(format!("{it:?}")),
            Statement::Include(it) => Said::new(it.path),
            Statement::FindLinksPath((path, _)) => Said::new(path),
            Statement::File(it) => Said::new(it.text),
            Statement::Remove(names) => Said::new(format!("{names:?}")),
        });
    }
    all.push(Said::new(format!("asks: {asks}")));
    all
}

fn of_recipe(recipe: Recipe) -> Vec<Said> {
    let mut all: Vec<Said> = Vec::new();
    all.extend(
        recipe
            .problems
            .iter()
            .map(|it| Said::new(it.message.as_str())),
    );
    for stage in recipe.stages {
        all.push(Said::new(format!("stage {:?}", stage.name)));
        for step in stage.steps {
            match step.action {
                Action::Install(command) => all.extend(of_command(&command)),
                Action::Uninstall(names) => all.extend(of_words("uninstalls", &names)),
                Action::SystemPackages(names) => all.extend(of_words("system", &names)),
                Action::Python(version) => all.extend(of_words("python", &[version])),
                Action::Sync(syncer) => all.push(Said::new(format!("{syncer:?}"))),
                Action::Take(from) => all.push(Said::new(format!("takes {from}"))),
            }
        }
    }
    all
}

fn of_command(command: &InstallCommand) -> Vec<Said> {
    let editable = command.options.iter().any(|it| it.name == "--editable");
    // A command that asks for nothing fails.
    let asks =
        editable || !(command.requirements.is_empty() && command.requirement_files.is_empty());
    let mut all = vec![Said::new(format!("{:?}, asks: {asks}", command.installer))];
    let literal = |it: &Argument| match it.is_literal {
        true => Said::requirement(asked_for(&it.text), &it.origin),
        false => Said::new(it.text.as_str()),
    };
    all.extend(command.requirements.iter().map(literal));
    all.extend(of_words("-r", &command.requirement_files));
    all.extend(of_words("-c", &command.constraint_files));
    for option in &command.options {
        all.push(Said::new(option.name.as_str()));
        all.extend(of_words("=", option.value.as_slice()));
    }
    let swallowed = command.swallowed.iter();
    all.extend(swallowed.map(|it| Said::new(it.meant.as_str())));
    all
}

fn of_words(what: &str, words: &[Argument]) -> Vec<Said> {
    let words = words.iter();
    words
        .map(|it| Said::new(format!("{what} {}", it.text)))
        .collect()
}
