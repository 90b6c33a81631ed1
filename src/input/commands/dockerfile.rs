//! The stages of a Dockerfile: what they start from, and what their `RUN` instructions do, with
//! the `ARG`s and `ENV`s that are literal and the files that `COPY` brings.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::value::RawValue;

use super::build_context::Context;
use super::instructions::{Instruction, instructions};
use super::json_text::{json_string, place_in};
use super::shell::{self, Simple, Variables, Word};
use super::{
    Action, Argument, Base, BaseImage, InstallCommand, InstallOption, Installer, Recipe, Speaker,
    Stage, Step, actions, installs, quoted_scripts,
};
use crate::input::excerpt::Excerpt;
use crate::source::{SourceFile, Span};

/// No file with more stages is read to its end.
const MOST_STAGES: usize = 100;

/// No more variables are known at a time.
const MOST_VARIABLES: usize = 1000;

/// Variables that stand for an option of pip or uv, where a command does not give it.
const OPTIONS: &[(&str, Installer, &str)] = &[
    ("PIP_EXTRA_INDEX_URL", Installer::Pip, "--extra-index-url"),
    ("PIP_FIND_LINKS", Installer::Pip, "--find-links"),
    ("PIP_INDEX_URL", Installer::Pip, "--index-url"),
    ("UV_DEFAULT_INDEX", Installer::Uv, "--default-index"),
    ("UV_EXTRA_INDEX_URL", Installer::Uv, "--extra-index-url"),
    ("UV_FIND_LINKS", Installer::Uv, "--find-links"),
    ("UV_INDEX", Installer::Uv, "--index"),
    ("UV_INDEX_URL", Installer::Uv, "--index-url"),
    ("UV_TORCH_BACKEND", Installer::Uv, "--torch-backend"),
];

/// Parts of paths that packages are installed in, or stand ready as wheels.
const PLACES: &[&str] = &[
    ".local",
    ".venv",
    "conda",
    "dist-packages",
    "env",
    "install",
    "local",
    "site-packages",
    "venv",
    "virtualenv",
    "wheelhouse",
    "wheels",
];

/// Reads the stages of a Dockerfile in their order.
pub(super) fn read_dockerfile(file: &Arc<SourceFile>) -> Recipe {
    let mut reader = Reader::default();
    for instruction in instructions(file) {
        reader.layer += 1;
        reader.read(&instruction);
        if reader.stages.len() > MOST_STAGES {
            break;
        }
    }
    reader.close();
    Recipe {
        stages: reader.stages,
        ..Recipe::default()
    }
}

#[derive(Default)]
struct Reader {
    /// The `ARG`s before the first `FROM`: they count in `FROM`s, and where a stage names them.
    global: Variables,
    stages: Vec<Stage>,
    /// How each finished stage was left.
    left: Vec<State>,
    state: State,
    layer: usize,
    /// What is done before any `FROM`.
    loose: Vec<Step>,
}

/// What a stage has set so far.
#[derive(Clone)]
struct State {
    variables: Variables,
    /// The variables of `ENV`, which no `ARG` changes.
    fixed: BTreeSet<String>,
    context: Context,
    is_posix: bool,
}

impl Default for State {
    fn default() -> Self {
        Self {
            variables: Variables::new(),
            fixed: BTreeSet::new(),
            context: Context::default(),
            is_posix: true,
        }
    }
}

impl Reader {
    fn read(&mut self, instruction: &Instruction) {
        let rest = &instruction.rest;
        match instruction.name.as_str() {
            "FROM" => self.begin(instruction),
            "ARG" => self.set_argument(rest),
            "ENV" => {
                for (name, value) in pairs(rest, &self.state.variables) {
                    self.state.fixed.insert(name.clone());
                    put(&mut self.state.variables, name, value);
                }
            }
            "SHELL" => {
                self.state.is_posix = listed(rest).is_some_and(|words| is_shell(&words));
            }
            "WORKDIR" => {
                let words = words(rest, &self.state.variables);
                if let Some(folder) = words.first().filter(|it| it.is_literal) {
                    self.state.context.enter(&folder.text);
                }
            }
            "COPY" | "ADD" => self.copy(instruction),
            "RUN" => self.run(instruction),
            _ => {}
        }
    }

    /// Reads `FROM image AS name`.
    fn begin(&mut self, instruction: &Instruction) {
        self.close();
        let words = words(&instruction.rest, &self.global);
        let Some(image) = words.first() else { return };
        let named = match words.get(1..3) {
            Some([by, name]) if by.text.eq_ignore_ascii_case("as") => Some(name.text.clone()),
            _ => None,
        };
        let earlier = self.stage(&image.text);
        self.state = match earlier {
            Some(at) => self.left[at].clone(),
            None => State::default(),
        };
        let platform = flag(&instruction.flags, "platform", &self.global);
        let base = match earlier {
            Some(at) => Base::Stage(at),
            None => Base::Image(BaseImage {
                name: installs::argument(image, &instruction.rest),
                platform,
            }),
        };
        self.stages.push(Stage {
            name: named,
            base: Some(base),
            steps: Vec::new(),
        });
    }

    /// Keeps how the current stage was left; what stands before any `FROM` is a stage of its own.
    fn close(&mut self) {
        if self.stages.len() == self.left.len() + 1 {
            self.left.push(self.state.clone());
        }
        if self.stages.is_empty() && !self.loose.is_empty() {
            self.stages.push(Stage {
                steps: std::mem::take(&mut self.loose),
                ..Stage::default()
            });
            self.left.push(std::mem::take(&mut self.state));
        }
    }

    /// Returns the finished stage of a name or a number.
    fn stage(&self, name: &str) -> Option<usize> {
        let mut stages = self.stages.iter().take(self.left.len());
        let is_it = |it: &Stage| {
            let own = it.name.as_deref();
            own.is_some_and(|own| own.eq_ignore_ascii_case(name))
        };
        stages.position(is_it)
    }

    fn set_argument(&mut self, rest: &Excerpt) {
        let is_global = self.stages.is_empty();
        for (name, value) in pairs(rest, &self.state.variables) {
            if self.state.fixed.contains(&name) {
                continue;
            }
            let is_bare = value.is_none() && !rest.text().contains('=');
            let value = match is_bare {
                true => self.global.get(&name).cloned(),
                false => value,
            };
            if is_global {
                put(&mut self.global, name.clone(), value.clone());
            }
            put(&mut self.state.variables, name, value);
        }
    }

    fn copy(&mut self, instruction: &Instruction) {
        let variables = &self.state.variables;
        let words: Vec<String> = match listed(&instruction.rest) {
            Some(words) => words.into_iter().map(|(_, word)| word).collect(),
            None => {
                let words = words(&instruction.rest, variables);
                words.into_iter().map(|it| it.text).collect()
            }
        };
        let Some((to, from)) = words.split_last() else {
            return;
        };
        let Some(stage) = flag(&instruction.flags, "from", variables) else {
            // What a here-document makes is not in the project.
            if instruction.document.is_none() {
                self.state.context.bring(from, to);
            }
            return;
        };
        let by_number = || stage.text.parse().ok();
        let taken = self.stage(&stage.text).or_else(by_number);
        let has_packages = from.iter().any(|path| {
            let mut parts = path.split('/');
            path == "/" || parts.any(|part| PLACES.iter().any(|place| part.ends_with(place)))
        });
        let taken = taken.filter(|at| has_packages && *at < self.left.len());
        if let Some(at) = taken {
            let whole = Span::new(0, instruction.rest.text().len());
            let step = Step {
                action: Action::Take(at),
                origin: instruction.rest.origin(whole),
                command: actions::on_one_line(instruction.rest.text()),
                layer: self.layer,
                files: Vec::new(),
            };
            self.push([step]);
        }
    }

    fn run(&mut self, instruction: &Instruction) {
        let mut context = self.state.context.clone();
        for mount in flags(&instruction.flags, "mount", &self.state.variables) {
            bind(&mut context, &mount.text);
        }
        let mut run = Run {
            variables: &self.state.variables,
            context,
            layer: self.layer,
        };
        let rest = &instruction.rest;
        let steps = match listed(rest) {
            Some(words) => run.list(&words, rest),
            None if self.state.is_posix => {
                run.script(instruction.document.as_ref().unwrap_or(rest))
            }
            None => Vec::new(),
        };
        self.push(steps);
    }

    fn push(&mut self, steps: impl IntoIterator<Item = Step>) {
        match self.stages.last_mut() {
            Some(stage) => stage.steps.extend(steps),
            None => self.loose.extend(steps),
        }
    }
}

/// One `RUN`.
struct Run<'a> {
    variables: &'a Variables,
    context: Context,
    layer: usize,
}

impl Run<'_> {
    fn script(&mut self, script: &Excerpt) -> Vec<Step> {
        let variables = shell::with_settings(self.variables, script.text());
        let mut found = Vec::new();
        quoted_scripts::each_command(script, &variables, |command, script| {
            if let [cd, folder] = command.words.as_slice()
                && cd.text == "cd"
            {
                self.context.enter(&folder.text);
            }
            found.extend(self.step(command, script, Speaker::Shell));
        });
        found
    }

    fn list(&mut self, words: &[(Span, String)], rest: &Excerpt) -> Vec<Step> {
        if let (true, [_, (_, option), (span, _), ..]) = (is_shell(words), words)
            && option.starts_with('-')
            && option.ends_with('c')
        {
            return self.script(&json_string(rest, *span));
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
        let found = self.step(&command, rest, Speaker::List);
        found.into_iter().collect()
    }

    /// Reads one command, with the files that it reads and the options that variables give it.
    fn step(&self, command: &Simple, script: &Excerpt, speaker: Speaker) -> Option<Step> {
        let mut step = actions::step(command, script, speaker, self.layer)?;
        for file in step.files.iter_mut().filter(|it| it.argument.is_literal) {
            let path = file.argument.text.split('[').next().unwrap_or_default();
            file.paths = self.context.sources(path);
            file.place = Some(self.context.folder_of(path));
        }
        if let Action::Install(install) = &mut step.action {
            self.add_options(install);
        }
        Some(step)
    }

    fn add_options(&self, install: &mut InstallCommand) {
        for (variable, installer, name) in OPTIONS {
            let is_given = install.options.iter().any(|it| it.name == *name);
            let value = self.variables.get(*variable).filter(|_| !is_given);
            let value = value.filter(|_| install.installer == *installer);
            install.options.extend(value.map(|value| InstallOption {
                name: (*name).to_owned(),
                value: Some(Argument {
                    text: value.clone(),
                    is_literal: true,
                    origin: install.origin.clone(),
                }),
            }));
        }
    }
}

/// Takes in `type=bind,source=requirements.txt,target=/tmp/requirements.txt`.
fn bind(context: &mut Context, mount: &str) {
    let parts = mount.split(',').filter_map(|part| part.split_once('='));
    let parts: BTreeMap<&str, &str> = parts.collect();
    let any = |names: &[&str]| names.iter().find_map(|name| parts.get(name)).copied();
    let is_bind = parts.get("type").is_none_or(|it| *it == "bind") && !parts.contains_key("from");
    if let (true, Some(to)) = (is_bind, any(&["target", "destination", "dst"])) {
        let from = any(&["source", "src"]).unwrap_or(".");
        context.bring(&[from.to_owned()], to.trim_end_matches('/'));
    }
}

fn words(rest: &Excerpt, variables: &Variables) -> Vec<Word> {
    shell::whole_words(rest.text(), variables)
}

/// Returns the value of `--name=value`.
fn flag(flags: &Excerpt, name: &str, variables: &Variables) -> Option<Argument> {
    self::flags(flags, name, variables).into_iter().next()
}

fn flags(flags: &Excerpt, name: &str, variables: &Variables) -> Vec<Argument> {
    let words = words(flags, variables).into_iter();
    let values = words.filter_map(|word| {
        let (own, value) = word.text.strip_prefix("--")?.split_once('=')?;
        let value = value.to_owned();
        (own == name).then(|| Argument {
            text: value,
            ..installs::argument(&word, flags)
        })
    });
    values.collect()
}

/// Reads `NAME=value …`, and the old form `NAME value`; a value that is not literal is none.
fn pairs(rest: &Excerpt, variables: &Variables) -> Vec<(String, Option<String>)> {
    let words = words(rest, variables);
    match words.as_slice() {
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
    }
}

fn put(variables: &mut Variables, name: String, value: Option<String>) {
    match value {
        Some(value) if variables.len() < MOST_VARIABLES || variables.contains_key(&name) => {
            variables.insert(name, value);
        }
        Some(_) => {}
        None => drop(variables.remove(&name)),
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
    let program = words.first();
    program.is_some_and(|(_, word)| quoted_scripts::is_shell(word))
}

/// Leaves out the quotes.
fn inside(span: Span) -> Span {
    Span {
        start: span.start + 1,
        end: span.end.saturating_sub(1).max(span.start + 1),
    }
}
