//! `setup.py`, where it is static: the strings that its call of `setup` holds, and lists and names
//! that plainly hold strings. It is never run; what only running would tell is an error, as leaving
//! it out would lock less than what is required.

use std::sync::Arc;

use super::excerpt::Excerpt;
use super::python_names::Names;
use super::python_tokens::{Token, Tokens};
use super::python_values::{Item, Room, Value, Written, argument};
use super::requirements::read_lines;
use super::{ReadContext, Reading};
use crate::package::Specifiers;
use crate::source::{Origin, Problem, SourceFile, Span};

/// Reads what a `setup.py` declares.
pub(super) fn read_setup_py(file: &Arc<SourceFile>, context: &ReadContext<'_>) -> Reading {
    let mut room = Room::default();
    let names = Names::of(file.text(), &mut room, &|name| name == "setup");
    let mut tokens = Tokens::new(file.text());
    let mut said = Said::default();
    let mut is_called = false;
    while let Some(token) = tokens.next() {
        let Token::Name("setup", _) = token else {
            continue;
        };
        if tokens.take('(') {
            is_called = true;
            read_call(&mut tokens, (&names, &mut room), &mut said);
        }
    }
    if !is_called {
        said.unclear.push(Span::new(0, 0));
    }
    let text = |span: &Span| file.text().get(span.start..span.end).unwrap_or_default();
    let selection = context.selection;
    let extras: Vec<&str> = said.extras.iter().map(|(extra, _)| text(extra)).collect();
    let unknown = selection.unknown(&extras, &[]);
    let mut lines = said.requires;
    for (extra, requires) in said.extras {
        if selection.takes_extra(text(&extra)) {
            lines.extend(requires);
        }
    }
    let excerpts: Vec<Excerpt> = lines
        .into_iter()
        .map(|line| {
            let mut excerpt = Excerpt::new(file);
            match line.text == text(&line.span) {
                true => excerpt.push(line.span),
                false => excerpt.push_instead(&line.text, line.span),
            }
            excerpt
        })
        .collect();
    let mut reading = read_lines(&excerpts, context);
    reading.manifest.problems.extend(unknown);
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
    requires: Vec<Written>,
    extras: Vec<(Span, Vec<Written>)>,
    /// Where something is not plain that has to be.
    unclear: Vec<Span>,
}

fn read_call<'t>(tokens: &mut Tokens<'t>, (names, room): (&Names<'t>, &mut Room), said: &mut Said) {
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
                    "install_requires" => match list(tokens, (names, room)) {
                        Some(requires) => said.requires.extend(requires),
                        None => said.unclear.push(place),
                    },
                    "extras_require" => match extras(tokens, (names, room)) {
                        Some(extras) => said.extras.extend(extras),
                        None => said.unclear.push(place),
                    },
                    _ => {}
                }
            }
            Token::Name(..) | Token::Sign(_) => {}
            Token::Text(_) | Token::Filled(_) | Token::Unclear => {}
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

/// Reads lists by extra: `{"fast": ["a"]}`.
fn extras<'t>(
    tokens: &mut Tokens<'t>,
    known: (&Names<'t>, &mut Room),
) -> Option<Vec<(Span, Vec<Written>)>> {
    let before = tokens.at;
    let found = lists_by_extra(tokens, known);
    if found.is_none() {
        tokens.at = before;
    }
    found
}

fn lists_by_extra<'t>(
    tokens: &mut Tokens<'t>,
    (names, room): (&Names<'t>, &mut Room),
) -> Option<Vec<(Span, Vec<Written>)>> {
    let mut found = Vec::new();
    if !tokens.take('{') {
        return None;
    }
    loop {
        match tokens.next()? {
            Token::Sign('}') => return Some(found),
            Token::Sign(',') => {}
            Token::Text(extra) if tokens.take(':') => {
                found.push((extra, list(tokens, (names, room))?));
            }
            _ => return None,
        }
    }
}

/// Reads a list of strings; nothing of one that holds anything else.
fn list<'t>(
    tokens: &mut Tokens<'t>,
    (names, room): (&Names<'t>, &mut Room),
) -> Option<Vec<Written>> {
    let Value::List(items) = argument(tokens, names, room) else {
        return None;
    };
    let written = items.into_iter().map(|item| match item {
        Item::Text(written) => Some(written),
        Item::Unclear(_) => None,
    });
    written.collect()
}
