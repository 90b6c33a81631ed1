//! Calls in Python that name packages for an image: only literal strings of known calls. Nothing
//! is run, and no more of the language is read than strings, comments and brackets.

use std::sync::Arc;

use super::{
    Action, Argument, InstallCommand, InstallOption, Installer, Recipe, Speaker, Stage, Step,
};
use crate::source::{Origin, SourceFile, Span};

/// A call whose arguments name packages.
struct Call {
    name: &'static str,
    /// The keyword that holds the packages; none where they are the arguments in order.
    packages: Option<&'static str>,
    /// The keyword that holds packages of the operating system.
    system: Option<&'static str>,
}

/// The calls, by name: of RunPod Flash, Beam, Modal and their like.
const CALLS: &[Call] = &[
    Call::with("Endpoint", "dependencies"),
    Call::with("Image", "python_packages"),
    Call::of("add_python_packages"),
    Call::of("pip_install"),
    Call::with("remote", "dependencies"),
    Call::of("uv_pip_install"),
];

impl Call {
    const fn with(name: &'static str, packages: &'static str) -> Self {
        Self {
            name,
            packages: Some(packages),
            system: Some("system_dependencies"),
        }
    }

    const fn of(name: &'static str) -> Self {
        Self {
            name,
            packages: None,
            system: None,
        }
    }
}

/// Keywords of such calls that name an index.
const INDEXES: &[&str] = &["extra_index_url", "find_links", "index_url"];

/// Reads the packages that known calls name: each call is a stage of its own, which has the name of
/// the function that it decorates; calls on what a call returned go on with its stage.
pub(super) fn read_calls(file: &Arc<SourceFile>) -> Recipe {
    let mut stages: Vec<Stage> = Vec::new();
    let mut tokens = Tokens::new(file.text());
    let mut layer = 0;
    let mut is_chained = false;
    let mut is_decorating = false;
    while let Some(token) = tokens.next() {
        match token {
            Token::Sign('@') => (is_decorating, is_chained) = (true, false),
            Token::Sign('.' | ')' | '(') | Token::Text(_) => {}
            Token::Name("def" | "class", _) => {
                if let (true, Some(Token::Name(name, _)), Some(stage)) =
                    (is_decorating, tokens.next(), stages.last_mut())
                {
                    stage.name.get_or_insert_with(|| name.to_owned());
                }
                (is_decorating, is_chained) = (false, false);
            }
            Token::Name(name, start) => {
                let known = CALLS.iter().find(|call| call.name == name);
                let Some(call) = known.filter(|_| tokens.take('(')) else {
                    is_chained &= tokens.is_called();
                    continue;
                };
                layer += 1;
                let place = Place { file, start, layer };
                let steps = read_call(&place, &mut tokens, call).unwrap_or_default();
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
    Recipe { stages }
}

/// Where a call stands.
struct Place<'a> {
    file: &'a Arc<SourceFile>,
    start: usize,
    layer: usize,
}

/// Reads a call behind its bracket; nothing of one that is never closed.
fn read_call(place: &Place<'_>, tokens: &mut Tokens<'_>, call: &Call) -> Option<Vec<Step>> {
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
            Token::Name(..) => {}
            Token::Text(span) => {
                let argument = Argument {
                    text: place.file.text().get(span.start..span.end)?.to_owned(),
                    is_literal: true,
                    origin: Origin::new(place.file, span),
                };
                match keyword {
                    keyword if keyword == call.packages && depth <= 2 => {
                        requirements.push(argument);
                    }
                    keyword if keyword == call.system && depth <= 2 => system.push(argument),
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

enum Token<'t> {
    Name(&'t str, usize),
    /// What stands between the quotes of a string without escapes or parts to fill in.
    Text(Span),
    Sign(char),
}

struct Tokens<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Tokens<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Takes a sign, if it is the next one and not the first of `==`.
    fn take(&mut self, sign: char) -> bool {
        let rest = self.rest();
        let trimmed = rest.trim_start();
        let behind = trimmed.strip_prefix(sign);
        let is_it = behind.is_some_and(|it| sign != '=' || !it.starts_with('='));
        if is_it {
            self.at += rest.len() - trimmed.len() + sign.len_utf8();
        }
        is_it
    }

    /// Whether a bracket opens next.
    fn is_called(&self) -> bool {
        self.rest().trim_start().starts_with('(')
    }

    fn next(&mut self) -> Option<Token<'t>> {
        loop {
            let rest = self.rest();
            let first = rest.chars().next()?;
            if first.is_whitespace() {
                self.at += first.len_utf8();
            } else if first == '#' {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if first == '"' || first == '\'' {
                if let Some(span) = self.string(first, "") {
                    return Some(Token::Text(span));
                }
            } else if first.is_alphabetic() || first == '_' {
                let is_part = |c: char| c.is_alphanumeric() || c == '_';
                let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
                let (name, start) = (&rest[..length], self.at);
                self.at += length;
                let quote = rest[length..].chars().next();
                let Some(quote) = quote.filter(|it| matches!(it, '"' | '\'')) else {
                    return Some(Token::Name(name, start));
                };
                if let Some(span) = self.string(quote, name) {
                    return Some(Token::Text(span));
                }
            } else {
                self.at += first.len_utf8();
                return Some(Token::Sign(first));
            }
        }
    }

    /// Reads a string; nothing for one that is not literal.
    fn string(&mut self, quote: char, prefix: &str) -> Option<Span> {
        let triple = quote.to_string().repeat(3);
        let is_triple = self.rest().starts_with(&triple);
        let mark = if is_triple { triple } else { quote.to_string() };
        let start = self.at + mark.len();
        let mut at = start;
        let mut has_escape = false;
        let end = loop {
            let rest = self.text.get(at..).unwrap_or_default();
            let Some(next) = rest.chars().next() else {
                break at;
            };
            if rest.starts_with(&mark) || !is_triple && next == '\n' {
                break at;
            }
            at += next.len_utf8();
            if next == '\\' {
                has_escape = true;
                at += self.text[at..].chars().next().map_or(0, char::len_utf8);
            }
        };
        let is_closed = self.text[end..].starts_with(&mark);
        self.at = if is_closed { end + mark.len() } else { end };
        let is_filled = prefix.contains(['f', 'F', 'b', 'B', 't', 'T']);
        (is_closed && !has_escape && !is_filled).then_some(Span { start, end })
    }
}
