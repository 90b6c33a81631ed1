//! Calls in Python that name packages for an image: only literal strings of known calls. Nothing
//! is run, and no more of the language is read than strings, comments and brackets.

use std::sync::Arc;

use super::{Argument, InstallCommand, InstallOption, Installer, Speaker};
use crate::source::{Origin, SourceFile, Span};

/// The calls, with the keyword that holds the packages; those without one take them in order.
const CALLS: &[(&str, Option<&str>)] = &[
    ("Endpoint", Some("dependencies")),
    ("Image", Some("python_packages")),
    ("add_python_packages", None),
    ("pip_install", None),
    ("remote", Some("dependencies")),
    ("uv_pip_install", None),
];

/// Keywords of such calls that name an index.
const INDEXES: &[&str] = &["extra_index_url", "find_links", "index_url"];

/// Reads the packages that known calls name.
pub(super) fn read_calls(file: &Arc<SourceFile>) -> Vec<InstallCommand> {
    let mut found = Vec::new();
    let mut tokens = Tokens::new(file.text());
    while let Some(token) = tokens.next() {
        let Token::Name(name, start) = token else {
            continue;
        };
        let known = CALLS.iter().find(|(call, _)| *call == name);
        if let Some((_, keyword)) = known
            && tokens.take('(')
        {
            found.extend(read_call(file, &mut tokens, *keyword, start));
        }
    }
    found
}

fn read_call(
    file: &Arc<SourceFile>,
    tokens: &mut Tokens<'_>,
    wanted: Option<&str>,
    start: usize,
) -> Option<InstallCommand> {
    let mut requirements = Vec::new();
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
                    text: file.text().get(span.start..span.end)?.to_owned(),
                    is_literal: true,
                    origin: Origin::new(file, span),
                };
                match keyword {
                    keyword if keyword == wanted && depth <= 2 => requirements.push(argument),
                    Some(name) if INDEXES.contains(&name) => options.push(InstallOption {
                        name: format!("--{}", name.replace('_', "-")),
                        value: Some(argument),
                    }),
                    _ => {}
                }
            }
        }
    }
    let end = tokens.at;
    (!requirements.is_empty()).then(|| InstallCommand {
        installer: Installer::Call,
        speaker: Speaker::List,
        origin: Origin::new(file, Span { start, end }),
        requirements,
        requirement_files: Vec::new(),
        constraint_files: Vec::new(),
        options,
        swallowed: Vec::new(),
    })
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
