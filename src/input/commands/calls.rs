//! Calls in Python that name packages for an image: only literal strings of known calls. Nothing
//! is run, and no more of the language is read than strings, comments and brackets.

use std::sync::Arc;

use super::{
    Action, Argument, Call, Calls, InstallCommand, InstallOption, Installer, Recipe, Speaker,
    Stage, Step, processes,
};
use crate::input::excerpt::Excerpt;
use crate::input::python_tokens::{Token, Tokens};
use crate::source::{Origin, Problem, SourceFile, Span};

/// Keywords of such calls that name an index.
const INDEXES: &[&str] = &["extra_index_url", "find_links", "index_url"];

/// Reads the packages that known calls name: each call is a stage of its own, which has the name of
/// the function that it decorates; calls on what a call returned go on with its stage.
pub(super) fn read_calls(file: &Arc<SourceFile>, calls: &Calls) -> Recipe {
    let mut stages: Vec<Stage> = Vec::new();
    let mut tokens = Tokens::new(file.text());
    let mut layer = 0;
    let mut is_chained = false;
    let mut is_decorating = false;
    while let Some(token) = tokens.next() {
        match token {
            Token::Sign('@') => (is_decorating, is_chained) = (true, false),
            Token::Sign('.' | ')' | '(') | Token::Text(_) | Token::Unclear => {}
            Token::Name("def" | "class", _) => {
                if let (true, Some(Token::Name(name, _)), Some(stage)) =
                    (is_decorating, tokens.next(), stages.last_mut())
                {
                    stage.name.get_or_insert_with(|| name.to_owned());
                }
                (is_decorating, is_chained) = (false, false);
            }
            Token::Name(name, start) => {
                let known = calls.named(name);
                if known.is_empty() || !tokens.take('(') {
                    is_chained &= tokens.is_called();
                    continue;
                }
                layer += 1;
                let place = Place { file, start, layer };
                let steps = read_call(&place, &mut tokens, &known).unwrap_or_default();
                match stages.last_mut().filter(|_| is_chained) {
                    Some(stage) => stage.steps.extend(steps),
                    None if steps.is_empty() => continue,
                    None => stages.push(Stage {
                        steps,
                        ..Stage::default()
                    }),
                }
                is_chained = tokens.take('.');
            }
            Token::Sign(_) => is_chained = false,
        }
    }
    let (steps, unread) = processes(file, layer + 1);
    stages.extend(Recipe::of_steps(steps).stages);
    let problems = [calls.problems.clone(), unread].concat();
    Recipe { stages, problems }
}

/// Returns what a file starts that installs, and what of that is not read.
fn processes(file: &Arc<SourceFile>, layer: usize) -> (Vec<Step>, Vec<Problem>) {
    let started = processes::processes(&Excerpt::whole(file), layer);
    let mut found = (Vec::new(), Vec::new());
    for command in started {
        found.0.extend(command.steps);
        found.1.extend(command.problem);
    }
    found
}

/// Where a call stands.
struct Place<'a> {
    file: &'a Arc<SourceFile>,
    start: usize,
    layer: usize,
}

/// Reads a call behind its bracket, by what is known of its name; nothing of one that is never closed.
fn read_call(place: &Place<'_>, tokens: &mut Tokens<'_>, known: &[&Call]) -> Option<Vec<Step>> {
    let has_packages = |keyword| known.iter().any(|it| it.has_packages_in(keyword));
    let has_system = |keyword| known.iter().any(|it| it.has_system_packages_in(keyword));
    let mut requirements = Vec::new();
    let mut system = Vec::new();
    let mut options = Vec::new();
    let mut keyword: Option<&str> = None;
    let mut depth = 1_usize;
    while depth > 0 {
        match tokens.next()? {
            Token::Sign('(' | '[' | '{') => depth += 1,
            Token::Sign(')' | ']' | '}') => depth -= 1,
            Token::Sign(',') if depth == 1 => keyword = None,
            Token::Sign(_) => {}
            Token::Name(name, _) if depth == 1 && tokens.take('=') => keyword = Some(name),
            Token::Name(..) | Token::Unclear => {}
            Token::Text(span) => {
                let argument = Argument {
                    text: place.file.text().get(span.start..span.end)?.to_owned(),
                    is_literal: true,
                    origin: Origin::new(place.file, span),
                };
                match keyword {
                    it if depth <= 2 && has_packages(it) => requirements.push(argument),
                    it if depth <= 2 && has_system(it) => system.push(argument),
                    Some(name) if INDEXES.contains(&name) => options.push(InstallOption {
                        name: format!("--{}", name.replace('_', "-")),
                        value: Some(argument),
                    }),
                    _ => {}
                }
            }
        }
    }
    let origin = Origin::new(
        place.file,
        Span {
            start: place.start,
            end: tokens.at,
        },
    );
    let install = (!requirements.is_empty()).then(|| InstallCommand {
        installer: Installer::Call,
        speaker: Speaker::List,
        origin: origin.clone(),
        requirements,
        requirement_files: Vec::new(),
        constraint_files: Vec::new(),
        options,
        swallowed: Vec::new(),
    });
    let system = (!system.is_empty()).then_some(Action::SystemPackages(system));
    let actions = system.into_iter().chain(install.map(Action::Install));
    let steps = actions.map(|action| Step {
        action,
        origin: origin.clone(),
        layer: place.layer,
        files: Vec::new(),
    });
    Some(steps.collect())
}
