//! `setup.py`, where it is static: the literals that its call of `setup` holds, or variables that
//! hold them. It is never run; what only running would tell is an error, as leaving it out would
//! lock less than what is required.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::excerpt::Excerpt;
use super::python_tokens::{Token, Tokens};
use super::requirements::read_lines;
use super::{ReadContext, Reading};
use crate::package::Specifiers;
use crate::source::{Origin, Problem, SourceFile, Span};

/// A list of strings; none where only running tells what it holds.
type Literals = Option<Vec<Span>>;

/// Reads what a `setup.py` declares.
pub(super) fn read_setup_py(file: &Arc<SourceFile>, context: &ReadContext<'_>) -> Reading {
    let variables = variables(file.text());
    let mut tokens = Tokens::new(file.text());
    let mut said = Said::default();
    let mut is_called = false;
    while let Some(token) = tokens.next() {
        let Token::Name("setup", _) = token else {
            continue;
        };
        if tokens.take('(') {
            is_called = true;
            read_call(&mut tokens, &variables, &mut said);
        }
    }
    if !is_called {
        said.unclear.push(Span::new(0, 0));
    }
    let text = |span: &Span| file.text().get(span.start..span.end).unwrap_or_default();
    let selection = context.selection;
    let mut lines = said.requires;
    for (extra, literals) in said.extras {
        if selection.all_extras || selection.extras.iter().any(|it| it == text(&extra)) {
            lines.extend(literals);
        }
    }
    let excerpts: Vec<Excerpt> = lines
        .into_iter()
        .map(|span| {
            let mut excerpt = Excerpt::new(file);
            excerpt.push(span);
            excerpt
        })
        .collect();
    let mut reading = read_lines(&excerpts, context);
    for place in said.unclear {
        let message = "what this requires is known only when it runs";
        let help = "pyaudit runs nobody's code. Write it into a `pyproject.toml`.";
        let problem = Problem::at(Origin::new(file, place), message).with_help(help);
        reading.manifest.problems.push(problem);
    }
    reading.manifest.name = said.name.and_then(|span| text(&span).parse().ok());
    let pythons = said.pythons.and_then(|span| {
        let specifiers = Specifiers::parse(text(&span)).ok()?;
        Some((specifiers, Origin::new(file, span)))
    });
    reading.manifest.requires_python = pythons;
    reading
}

/// What the call says.
#[derive(Default)]
struct Said {
    name: Option<Span>,
    pythons: Option<Span>,
    requires: Vec<Span>,
    extras: Vec<(Span, Vec<Span>)>,
    /// Where something is not literal that has to be.
    unclear: Vec<Span>,
}

fn read_call(tokens: &mut Tokens<'_>, variables: &BTreeMap<&str, Literals>, said: &mut Said) {
    let mut depth = 1_usize;
    while depth > 0 {
        let Some(token) = tokens.next() else { return };
        match token {
            Token::Sign('(' | '[' | '{') => depth += 1,
            Token::Sign(')' | ']' | '}') => depth -= 1,
            Token::Sign('*') if depth == 1 => {
                // `**settings` can hold anything.
                if tokens.take('*') {
                    said.unclear.push(Span::new(tokens.at - 1, 1));
                }
            }
            Token::Name(name, start) if depth == 1 && tokens.take('=') => {
                let place = Span::new(start, name.len());
                match name {
                    "name" => said.name = text(tokens),
                    "python_requires" => said.pythons = text(tokens),
                    "install_requires" => match list(tokens, variables) {
                        Some(literals) => said.requires.extend(literals),
                        None => said.unclear.push(place),
                    },
                    "extras_require" => match extras(tokens, variables) {
                        Some(extras) => said.extras.extend(extras),
                        None => said.unclear.push(place),
                    },
                    _ => {}
                }
            }
            Token::Name(..) | Token::Text(_) | Token::Unclear | Token::Sign(_) => {}
        }
    }
}

/// Reads a string, and goes on after nothing else.
fn text(tokens: &mut Tokens<'_>) -> Option<Span> {
    let before = tokens.at;
    match tokens.next() {
        Some(Token::Text(span)) => Some(span),
        _ => {
            tokens.at = before;
            None
        }
    }
}

/// Reads a list of strings, or the name of a variable that holds one.
fn list(tokens: &mut Tokens<'_>, variables: &BTreeMap<&str, Literals>) -> Literals {
    let before = tokens.at;
    let found = match tokens.next() {
        Some(Token::Sign('[')) => strings(tokens, ']'),
        Some(Token::Sign('(')) => strings(tokens, ')'),
        Some(Token::Name(name, _)) => variables.get(name).cloned().flatten(),
        _ => None,
    };
    // `[…] + more` is not all of it.
    let is_whole = matches!(rest(tokens).chars().next(), Some(',' | ')' | '}'));
    let found = found.filter(|_| is_whole);
    if found.is_none() {
        tokens.at = before;
    }
    found
}

fn rest<'t>(tokens: &Tokens<'t>) -> &'t str {
    let mut ahead = Tokens::new(tokens.text());
    ahead.at = tokens.at;
    ahead.skip_blanks();
    tokens.text().get(ahead.at..).unwrap_or_default()
}

/// Reads strings up to a bracket; nothing where anything else stands between them.
fn strings(tokens: &mut Tokens<'_>, end: char) -> Literals {
    let mut found = Vec::new();
    let mut is_separate = true;
    loop {
        match tokens.next()? {
            Token::Sign(sign) if sign == end => return Some(found),
            Token::Sign(',') => is_separate = true,
            // Two strings side by side are one.
            Token::Text(span) if is_separate => {
                found.push(span);
                is_separate = false;
            }
            Token::Text(_) | Token::Name(..) | Token::Unclear | Token::Sign(_) => return None,
        }
    }
}

/// Reads lists by extra: `{"fast": ["a"]}`.
fn extras(
    tokens: &mut Tokens<'_>,
    variables: &BTreeMap<&str, Literals>,
) -> Option<Vec<(Span, Vec<Span>)>> {
    let before = tokens.at;
    let found = lists_by_extra(tokens, variables);
    if found.is_none() {
        tokens.at = before;
    }
    found
}

fn lists_by_extra(
    tokens: &mut Tokens<'_>,
    variables: &BTreeMap<&str, Literals>,
) -> Option<Vec<(Span, Vec<Span>)>> {
    let mut found = Vec::new();
    if !tokens.take('{') {
        return None;
    }
    loop {
        match tokens.next()? {
            Token::Sign('}') => return Some(found),
            Token::Sign(',') => {}
            Token::Text(extra) if tokens.take(':') => {
                found.push((extra, list(tokens, variables)?));
            }
            _ => return None,
        }
    }
}

/// Returns the variables that are set once, to a list of strings, at the left edge.
fn variables(text: &str) -> BTreeMap<&str, Literals> {
    let mut found: BTreeMap<&str, Literals> = BTreeMap::new();
    let mut tokens = Tokens::new(text);
    while let Some(token) = tokens.next() {
        let Token::Name(name, start) = token else {
            continue;
        };
        let is_at_edge = start == 0 || text[..start].ends_with('\n');
        let is_changed = tokens.take('+') || tokens.take('.');
        if is_changed && is_at_edge {
            found.insert(name, None);
        }
        if !tokens.take('=') {
            continue;
        }
        let is_list = is_at_edge && !is_changed && tokens.take('[');
        let literals = is_list.then(|| strings(&mut tokens, ']')).flatten();
        let is_new = !found.contains_key(name);
        if is_at_edge || !is_new {
            found.insert(name, literals.filter(|_| is_new));
        }
    }
    found
}
