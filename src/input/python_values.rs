//! What an expression of Python says where that is plain without running it: literal strings and
//! lists, sums of them, names that are bound once to such, and strings that such names are filled in.
//!
//! Of a list everything else keeps its place, so that what is left out can be told.

use super::python_names::Names;
use super::python_tokens::{Token, Tokens};
use crate::source::Span;

/// Brackets deeper than this are not read.
const DEEPEST: usize = 20;

/// No string that is put together is longer, in bytes.
const LONGEST: usize = 2_000;

/// No more strings are taken out of one text: sums of names can grow without end.
const MOST: usize = 50_000;

/// What an expression says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// One string.
    Text(Written),
    /// A list, with places where something else stands in it.
    List(Vec<Item>),
    /// What only running tells, and where it stands.
    Unclear(Span),
}

/// One part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// A string.
    Text(Written),
    /// What only running tells, and where it stands.
    Unclear(Span),
}

/// A string and the place that says it: without its quotes, where it stands there as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) text: String,
    pub(super) span: Span,
}

impl Value {
    /// Returns all of it as the parts of one list.
    pub(super) fn items(self) -> Vec<Item> {
        match self {
            Self::Text(written) => vec![Item::Text(written)],
            Self::List(items) => items,
            Self::Unclear(span) => vec![Item::Unclear(span)],
        }
    }
}

/// Where an expression ends, beside a comma and a closing bracket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ends {
    /// Nowhere else: it stands in brackets.
    InBrackets,
    /// With its line.
    WithLine,
}

/// How many strings may still be taken out of a text.
#[derive(Debug)]
pub(super) struct Room(usize);

impl Default for Room {
    fn default() -> Self {
        Self(MOST)
    }
}

impl Room {
    fn take(&mut self, count: usize) -> bool {
        let left = self.0.checked_sub(count);
        self.0 = left.unwrap_or_default();
        left.is_some()
    }
}

/// Reads the expression that comes next, up to what ends it.
pub(super) fn value<'t>(
    tokens: &mut Tokens<'t>,
    names: &Names<'t>,
    room: &mut Room,
    ends: Ends,
) -> Value {
    let mut reader = Reader::new(*tokens, (names, room), ends);
    let value = reader.expression();
    *tokens = reader.tokens;
    value
}

/// Reads one argument of a call, which can be a list behind a star.
pub(super) fn argument<'t>(tokens: &mut Tokens<'t>, names: &Names<'t>, room: &mut Room) -> Value {
    let mut reader = Reader::new(*tokens, (names, room), Ends::InBrackets);
    let value = reader.element();
    *tokens = reader.tokens;
    value
}

struct Reader<'a, 't> {
    tokens: Tokens<'t>,
    names: &'a Names<'t>,
    room: &'a mut Room,
    ends: Ends,
    depth: usize,
}

impl<'a, 't> Reader<'a, 't> {
    fn new(tokens: Tokens<'t>, (names, room): (&'a Names<'t>, &'a mut Room), ends: Ends) -> Self {
        Self {
            tokens,
            names,
            room,
            ends,
            depth: 0,
        }
    }

    /// Reads an expression; one that goes on behind what is known of it is unclear.
    fn expression(&mut self) -> Value {
        let start = self.ahead().unwrap_or(self.tokens.at);
        let mut value = self.operand();
        while self.takes_plus() {
            let right = self.operand();
            value = self.sum(value, right, start);
        }
        match self.is_at_end() {
            true => value,
            false => {
                self.skip_to_end();
                Value::Unclear(self.since(start))
            }
        }
    }

    /// Reads one operand of a sum; what is called or taken out of it only running tells.
    fn operand(&mut self) -> Value {
        let Some(start) = self.ahead() else {
            return Value::Unclear(Span::new(self.tokens.at, 0));
        };
        self.tokens.at = start;
        let mut value = match self.tokens.next() {
            Some(Token::Name("None", _)) => Value::List(Vec::new()),
            Some(Token::Name(name, _)) => self.named(name, start),
            Some(Token::Sign('[')) => self.list(start, ']'),
            Some(Token::Sign('{')) => self.list(start, '}'),
            Some(Token::Sign('(')) => self.list(start, ')'),
            Some(Token::Sign(_)) | None => Value::Unclear(self.since(start)),
            Some(string) => self.string(start, &string),
        };
        while let Some(sign @ ('.' | '(' | '[')) = self.sign() {
            self.takes(sign);
            match sign {
                '.' => drop(self.tokens.next()),
                _ => self.skip_brackets(),
            }
            value = Value::Unclear(self.since(start));
        }
        value
    }

    fn named(&mut self, name: &str, start: usize) -> Value {
        match self.names.get(name) {
            Some(Value::Text(written)) if self.room.take(1) => Value::Text(written.clone()),
            Some(Value::List(items)) if self.room.take(items.len()) => Value::List(items.clone()),
            _ => Value::Unclear(self.since(start)),
        }
    }

    /// Reads a list behind its bracket. Round brackets around one thing alone are none.
    fn list(&mut self, start: usize, close: char) -> Value {
        if self.depth == DEEPEST {
            self.skip_brackets();
            return Value::Unclear(self.since(start));
        }
        self.depth += 1;
        let mut items = Vec::new();
        let mut is_group = close == ')';
        while let Some(sign) = self.sign() {
            match sign {
                ',' => {
                    self.takes(',');
                    is_group = false;
                }
                ')' | ']' | '}' => break,
                _ => {
                    let value = self.element();
                    if is_group && items.is_empty() && self.sign() == Some(close) {
                        self.takes(close);
                        self.depth -= 1;
                        return value;
                    }
                    items.extend(value.items());
                }
            }
        }
        self.takes(close);
        self.depth -= 1;
        Value::List(items)
    }

    /// Reads an expression, or the list behind a star.
    fn element(&mut self) -> Value {
        let start = self.ahead().unwrap_or(self.tokens.at);
        if !self.takes('*') {
            return self.expression();
        }
        match self.expression() {
            Value::List(items) => Value::List(items),
            Value::Text(_) | Value::Unclear(_) => Value::Unclear(self.since(start)),
        }
    }

    /// Reads strings side by side, which are one.
    fn string(&mut self, start: usize, first: &Token<'t>) -> Value {
        let mut span = match first {
            Token::Text(span) => *span,
            _ => self.since(start),
        };
        let mut whole = self.piece(first);
        while let Some(at) = self.ahead() {
            let mut behind = self.tokens;
            behind.at = at;
            let Some(next @ (Token::Text(_) | Token::Filled(_) | Token::Unclear)) = behind.next()
            else {
                break;
            };
            self.tokens = behind;
            let piece = self.piece(&next);
            let longer = whole.zip(piece).map(|(whole, piece)| whole + &piece);
            whole = longer.filter(|it| it.len() <= LONGEST);
            span = self.since(start);
        }
        self.text(whole, span)
            .unwrap_or_else(|| Value::Unclear(self.since(start)))
    }

    fn text(&mut self, text: Option<String>, span: Span) -> Option<Value> {
        let text = text.filter(|it| it.len() <= LONGEST && self.room.take(1))?;
        Some(Value::Text(Written { text, span }))
    }

    /// Returns what a string says, with what names put into it.
    fn piece(&self, token: &Token<'_>) -> Option<String> {
        let text = |span: &Span| self.tokens.text().get(span.start..span.end);
        match token {
            Token::Text(span) => text(span).map(ToOwned::to_owned),
            Token::Filled(span) => self.filled(text(span)?),
            Token::Unclear | Token::Name(..) | Token::Sign(_) => None,
        }
    }

    fn filled(&self, text: &str) -> Option<String> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            filled.push_str(&rest[..at]);
            let sign = &rest[at..=at];
            rest = &rest[at + 1..];
            if let Some(behind) = rest.strip_prefix(sign) {
                filled.push_str(sign);
                rest = behind;
                continue;
            }
            let (name, behind) = rest.split_once('}').filter(|_| sign == "{")?;
            match self.names.get(name.trim())? {
                Value::Text(written) => filled.push_str(&written.text),
                Value::List(_) | Value::Unclear(_) => return None,
            }
            rest = behind;
            if filled.len() > LONGEST {
                return None;
            }
        }
        Some(filled + rest)
    }

    fn sum(&mut self, left: Value, right: Value, start: usize) -> Value {
        match (left, right) {
            (Value::Text(left), Value::Text(right)) => {
                let span = self.since(start);
                self.text(Some(left.text + &right.text), span)
                    .unwrap_or(Value::Unclear(span))
            }
            (Value::List(mut left), right @ (Value::List(_) | Value::Unclear(_))) => {
                left.extend(right.items());
                Value::List(left)
            }
            (Value::Unclear(left), Value::List(mut right)) => {
                right.insert(0, Item::Unclear(left));
                Value::List(right)
            }
            _ => Value::Unclear(self.since(start)),
        }
    }

    /// Returns where the next token starts; nothing at the end of the line that an expression ends
    /// with, and at the end of the text.
    fn ahead(&self) -> Option<usize> {
        let mut ahead = self.tokens;
        match self.is_on_line() {
            true => ahead.skip_to_word(),
            false => ahead.skip_blanks(),
        }
        let next = ahead.text().as_bytes().get(ahead.at)?;
        let is_line_end = self.is_on_line() && matches!(next, b'\n' | b'#' | b';');
        (!is_line_end).then_some(ahead.at)
    }

    fn sign(&self) -> Option<char> {
        let rest = self.tokens.text().get(self.ahead()?..)?;
        rest.chars().next()
    }

    /// Takes a sign, if it is the next token.
    fn takes(&mut self, sign: char) -> bool {
        let at = self.ahead().filter(|_| self.sign() == Some(sign));
        self.tokens.at = at.map_or(self.tokens.at, |at| at + sign.len_utf8());
        at.is_some()
    }

    fn takes_plus(&mut self) -> bool {
        let behind = self.ahead().map(|at| &self.tokens.text()[at..]);
        let is_plus = behind.is_some_and(|it| it.starts_with('+') && !it.starts_with("+="));
        is_plus && self.takes('+')
    }

    fn is_on_line(&self) -> bool {
        self.depth == 0 && self.ends == Ends::WithLine
    }

    fn is_at_end(&self) -> bool {
        match self.sign() {
            None => true,
            // A comma would make a list without brackets of it.
            Some(sign) => !self.is_on_line() && matches!(sign, ',' | ')' | ']' | '}'),
        }
    }

    fn skip_to_end(&mut self) {
        while !self.is_at_end() {
            if let Some(Token::Sign('(' | '[' | '{')) = self.tokens.next() {
                self.skip_brackets();
            }
        }
    }

    /// Passes over all up to what closes a bracket.
    fn skip_brackets(&mut self) {
        let mut depth = 1_usize;
        while depth > 0 {
            match self.tokens.next() {
                Some(Token::Sign('(' | '[' | '{')) => depth += 1,
                Some(Token::Sign(')' | ']' | '}')) => depth -= 1,
                Some(_) => {}
                None => return,
            }
        }
    }

    fn since(&self, start: usize) -> Span {
        Span {
            start,
            end: self.tokens.at.max(start),
        }
    }
}

#[cfg(test)]
mod tests;
