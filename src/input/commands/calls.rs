//! Calls in Python that name packages for an image: the strings of known calls, and lists and names
//! that plainly hold strings. Nothing is run; what only running tells is told to be left out.

use std::sync::Arc;

use super::known_calls::is_python;
use super::{
    Action, Argument, Call, Calls, InstallCommand, InstallOption, Installer, Recipe, Speaker,
    Stage, Step, actions, left_out, processes,
};
use crate::input::excerpt::Excerpt;
use crate::input::python_names::Names;
use crate::input::python_tokens::{Token, Tokens};
use crate::input::python_values::{Item, Room, argument};
use crate::source::{Origin, Problem, SourceFile, Span};

/// Keywords of such calls that name an index.
const INDEXES: &[&str] = &["extra_index_url", "find_links", "index_url"];

/// Reads the packages that known calls name: each call is a stage of its own, which has the name of
/// the function that it decorates; calls on what a call returned go on with its stage.
pub(super) fn read_calls(file: &Arc<SourceFile>, calls: &Calls) -> Recipe {
    let mut stages: Vec<Stage> = Vec::new();
    let mut problems = calls.problems.clone();
    let mut room = Room::default();
    let names = Names::of(file.text(), &mut room, &|name| {
        !calls.named(name).is_empty()
    });
    let mut tokens = Tokens::new(file.text());
    let mut layer = 0;
    let mut chain = Chain::default();
    let mut is_decorating = false;
    while let Some(token) = tokens.next() {
        match token {
            Token::Sign('@') => (is_decorating, chain.at) = (true, None),
            Token::Sign(sign) => chain.pass(sign),
            Token::Text(_) | Token::Filled(_) | Token::Unclear => {}
            Token::Name("def" | "class", _) => {
                if let (true, Some(Token::Name(name, _)), Some(stage)) =
                    (is_decorating, tokens.next(), stages.last_mut())
                {
                    stage.name.get_or_insert_with(|| name.to_owned());
                }
                (is_decorating, chain.at) = (false, None);
            }
            Token::Name(name, start) => {
                let known = calls.named(name);
                if known.is_empty() || !tokens.take('(') {
                    chain.pass_name(tokens.is_called());
                    continue;
                }
                let place = Place {
                    file,
                    start,
                    layer: layer + 1,
                };
                let read = (&mut tokens, &names, &mut room);
                let steps = call(&place, read, &known, &mut problems);
                layer += usize::from(!steps.is_empty());
                match stages.last_mut().filter(|_| chain.goes_on()) {
                    Some(stage) => stage.steps.extend(steps),
                    None => stages.push(Stage {
                        steps,
                        ..Stage::default()
                    }),
                }
                chain.begin(tokens.take('.'));
            }
        }
    }
    stages.retain(|stage| !stage.steps.is_empty());
    let (steps, unread) = processes(file, layer + 1);
    stages.extend(Recipe::of_steps(steps).stages);
    problems.extend(unread);
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

/// Calls on what a call returned: `image().pip_install("a").run("b", "c").pip_install("d")`.
#[derive(Default)]
struct Chain {
    /// In how many brackets it stands.
    at: Option<usize>,
    /// How many brackets are open.
    depth: usize,
    /// Whether a point stood before.
    is_dotted: bool,
}

impl Chain {
    fn is_here(&self) -> bool {
        self.at == Some(self.depth)
    }

    /// Whether a call that comes now is one of the chain.
    fn goes_on(&self) -> bool {
        self.is_here() && self.is_dotted
    }

    fn begin(&mut self, is_dotted: bool) {
        self.at = Some(self.depth);
        self.is_dotted = is_dotted;
    }

    fn pass(&mut self, sign: char) {
        self.is_dotted = sign == '.';
        match sign {
            '(' | '[' | '{' => self.depth += 1,
            ')' | ']' | '}' => {
                self.depth = self.depth.saturating_sub(1);
                // Brackets around all of it end nothing.
                self.at = self.at.map(|at| at.min(self.depth));
            }
            '.' => {}
            _ if self.is_here() => self.at = None,
            _ => {}
        }
    }

    fn pass_name(&mut self, is_called: bool) {
        if self.is_here() && !(self.is_dotted && is_called) {
            self.at = None;
        }
        self.is_dotted = false;
    }
}

/// Where a call stands.
struct Place<'a> {
    file: &'a Arc<SourceFile>,
    start: usize,
    layer: usize,
}

/// Returns what a call does; nothing of one that is never closed.
fn call<'t>(
    place: &Place<'_>,
    (tokens, names, room): (&mut Tokens<'t>, &Names<'t>, &mut Room),
    known: &[&Call],
    problems: &mut Vec<Problem>,
) -> Vec<Step> {
    let mut said = Said::default();
    match said.read((tokens, names, room), known) {
        Some(()) => said.steps(place, tokens.at, problems),
        None => Vec::new(),
    }
}

/// What a call says.
#[derive(Default)]
struct Said<'t> {
    requirements: Vec<Item>,
    system: Vec<Item>,
    options: Vec<(&'t str, Item)>,
    python: Vec<Item>,
    /// Where arguments come out of something that only running knows: `**settings`.
    hidden: Vec<Span>,
}

impl<'t> Said<'t> {
    /// Reads a call behind its bracket, by what is known of its name; nothing of one that is never
    /// closed.
    fn read(
        &mut self,
        (tokens, names, room): (&mut Tokens<'t>, &Names<'t>, &mut Room),
        known: &[&Call],
    ) -> Option<()> {
        let mut has_packages = false;
        loop {
            tokens.skip_blanks();
            let start = tokens.at;
            let rest = tokens.text().get(start..)?;
            match rest.chars().next()? {
                ')' => break,
                ',' => {
                    tokens.take(',');
                    continue;
                }
                _ => {}
            }
            let is_hidden = rest.starts_with("**");
            let keyword = keyword(tokens);
            let items = argument(tokens, names, room).items();
            if is_hidden {
                let end = tokens.at;
                self.hidden.push(Span { start, end });
                continue;
            }
            match keyword {
                it if known.iter().any(|call| call.has_packages_in(it)) => {
                    has_packages = true;
                    self.requirements.extend(items);
                }
                it if known.iter().any(|call| call.has_system_packages_in(it)) => {
                    self.system.extend(items);
                }
                it if is_python(it) => self.python.extend(items),
                Some(name) if INDEXES.contains(&name) => {
                    self.options
                        .extend(items.into_iter().map(|item| (name, item)));
                }
                _ => {}
            }
        }
        tokens.take(')');
        // Arguments in order do not come out of it.
        if has_packages || !known.iter().all(|call| call.takes_keywords()) {
            self.hidden.clear();
        }
        Some(())
    }

    /// Returns what the call does, and tells what of it is left out.
    fn steps(self, place: &Place<'_>, end: usize, problems: &mut Vec<Problem>) -> Vec<Step> {
        let start = place.start;
        let origin = Origin::new(place.file, Span { start, end });
        let arguments = |items: Vec<Item>| -> Vec<Argument> {
            items.into_iter().map(|item| place.argument(item)).collect()
        };
        let options = self.options.into_iter().map(|(name, item)| InstallOption {
            name: format!("--{}", name.replace('_', "-")),
            value: Some(place.argument(item)),
        });
        let install = InstallCommand {
            installer: Installer::Call,
            speaker: Speaker::List,
            origin: origin.clone(),
            python: None,
            requirements: arguments(self.requirements),
            requirement_files: Vec::new(),
            constraint_files: Vec::new(),
            options: options.collect(),
            swallowed: Vec::new(),
        };
        let (system, unclear): (Vec<_>, Vec<_>) = arguments(self.system)
            .into_iter()
            .partition(|it| it.is_literal);
        let (python, unclear_python): (Vec<_>, Vec<_>) = arguments(self.python)
            .into_iter()
            .partition(|it| it.is_literal);
        problems.extend(unclear_python.into_iter().map(|it| {
            let message = "which Python this is for is known only when it runs";
            Problem::at(it.origin, message).as_warning()
        }));
        let hidden = self.hidden.into_iter();
        let hidden = hidden.map(|span| Origin::new(place.file, span));
        let unclear = unclear.into_iter().map(|it| it.origin).chain(hidden);
        problems.extend(unclear.map(left_out));
        let system = (!system.is_empty()).then_some(Action::SystemPackages(system));
        let install = (!install.requirements.is_empty()).then_some(Action::Install(install));
        let python = python.into_iter().map(Action::Python);
        let actions = python.chain(system).chain(install);
        let steps = actions.map(|action| Step {
            action,
            origin: origin.clone(),
            command: actions::on_one_line(origin.text()),
            layer: place.layer,
            files: Vec::new(),
        });
        steps.collect()
    }
}

impl Place<'_> {
    fn argument(&self, item: Item) -> Argument {
        let (text, span, is_literal) = match item {
            Item::Text(written) => (written.text, written.span, true),
            Item::Unclear(span) => {
                let text = self.file.text().get(span.start..span.end);
                (text.unwrap_or_default().to_owned(), span, false)
            }
        };
        Argument {
            text,
            is_literal,
            origin: Origin::new(self.file, span),
        }
    }
}

/// Takes the keyword before an argument.
fn keyword<'t>(tokens: &mut Tokens<'t>) -> Option<&'t str> {
    let mut ahead = *tokens;
    match ahead.next() {
        Some(Token::Name(name, _)) if ahead.take('=') => {
            *tokens = ahead;
            Some(name)
        }
        _ => None,
    }
}
