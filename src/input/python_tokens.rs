//! As much of Python's language as strings, comments and brackets: enough to find literals where
//! they stand. Nothing is run.

use crate::source::Span;

/// One token; comments and blanks are none.
pub(super) enum Token<'t> {
    /// A name, or a word of the language, with where it starts.
    Name(&'t str, usize),
    /// What stands between the quotes of a string without escapes or parts to fill in.
    Text(Span),
    /// What stands between the quotes of a string with parts to fill in: `f"a=={VERSION}"`.
    Filled(Span),
    /// A string of which only running tells what it says.
    Unclear,
    /// Any other character.
    Sign(char),
}

/// A text, token by token.
#[derive(Clone, Copy)]
pub(super) struct Tokens<'t> {
    text: &'t str,
    /// Where the next token is looked for.
    pub(super) at: usize,
}

impl<'t> Tokens<'t> {
    /// Starts at the beginning.
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// Returns all of the text.
    pub(super) fn text(&self) -> &'t str {
        self.text
    }

    /// Passes over blanks and comments.
    pub(super) fn skip_blanks(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if !trimmed.starts_with('#') {
                return;
            }
            self.at += trimmed.find('\n').unwrap_or(trimmed.len());
        }
    }

    /// Passes over blanks within a line, and over a backslash that takes it on to the next one.
    pub(super) fn skip_to_word(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches([' ', '\t', '\r', '\u{c}']);
            let behind = trimmed.strip_prefix('\\');
            let next = behind.and_then(|it| it.trim_start_matches('\r').strip_prefix('\n'));
            self.at += rest.len() - next.unwrap_or(trimmed).len();
            if next.is_none() {
                return;
            }
        }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Takes a sign, if it is the next one and not the first of `==`.
    pub(super) fn take(&mut self, sign: char) -> bool {
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
    pub(super) fn is_called(&self) -> bool {
        self.rest().trim_start().starts_with('(')
    }

    /// Returns the next token.
    pub(super) fn next(&mut self) -> Option<Token<'t>> {
        loop {
            let rest = self.rest();
            let first = rest.chars().next()?;
            if first.is_whitespace() {
                self.at += first.len_utf8();
            } else if first == '#' {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if first == '"' || first == '\'' {
                return Some(self.string(first, ""));
            } else if first.is_alphabetic() || first == '_' {
                let is_part = |c: char| c.is_alphanumeric() || c == '_';
                let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
                let (name, start) = (&rest[..length], self.at);
                self.at += length;
                let quote = rest[length..].chars().next();
                let Some(quote) = quote.filter(|it| matches!(it, '"' | '\'')) else {
                    return Some(Token::Name(name, start));
                };
                return Some(self.string(quote, name));
            } else {
                self.at += first.len_utf8();
                return Some(Token::Sign(first));
            }
        }
    }

    /// Reads a string behind its prefix.
    fn string(&mut self, quote: char, prefix: &str) -> Token<'t> {
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
        let span = Span { start, end };
        match prefix.to_ascii_lowercase().as_str() {
            "" | "r" | "u" if is_closed && !has_escape => Token::Text(span),
            "f" | "fr" | "rf" if is_closed && !has_escape => Token::Filled(span),
            _ => Token::Unclear,
        }
    }
}
