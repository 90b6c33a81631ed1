//! The names of a Python source that are bound once, to what is plain: what a use of them stands for,
//! wherever it is. One that anything binds again, or changes in its place, is not known, nor is one
//! that is bound within a block: a condition or a function may hold it; and a list that has a second
//! name, or is given to a call that may change it.

use std::collections::{BTreeMap, BTreeSet};

use super::python_tokens::{Token, Tokens};
use super::python_values::{Ends, Room, Value, value};
use crate::source::Span;

/// Words that bind the names behind them.
const BINDERS: &[&str] = &[
    "as", "class", "def", "del", "for", "global", "import", "lambda", "nonlocal",
];

/// Words that begin a statement with others in it.
const COMPOUND: &[&str] = &[
    "async", "case", "class", "def", "elif", "else", "except", "finally", "for", "if", "match",
    "try", "while", "with",
];

/// Methods that change a list.
const CHANGERS: &[&str] = &[
    "append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort",
];

/// What stands before round brackets and changes no list in them.
const HARMLESS: &[&str] = &[
    "all",
    "and",
    "any",
    "assert",
    "elif",
    "enumerate",
    "extend",
    "filter",
    "for",
    "frozenset",
    "if",
    "in",
    "is",
    "isinstance",
    "join",
    "len",
    "list",
    "map",
    "max",
    "min",
    "not",
    "or",
    "print",
    "range",
    "repr",
    "return",
    "set",
    "sorted",
    "str",
    "sum",
    "tuple",
    "while",
    "with",
    "yield",
    "zip",
];

/// What names stand for.
#[derive(Debug, Default)]
pub(super) struct Names<'t> {
    known: BTreeMap<&'t str, Value>,
    /// Names of what can be changed elsewhere, where it is a list.
    shared: BTreeSet<&'t str>,
}

impl<'t> Names<'t> {
    /// Finds the names of a text; calls of some names are known to change nothing that they are given.
    pub(super) fn of(text: &'t str, room: &mut Room, spares: &dyn Fn(&str) -> bool) -> Self {
        let mut scan = Scan {
            tokens: Tokens::new(text),
            names: Self::default(),
            room,
            spares,
            depth: 0,
            brackets: Vec::new(),
            argument: None,
            called: false,
            edge: Edge::Ahead,
            statement: Statement::default(),
            last: Last::Other,
        };
        while scan.step() {}
        scan.names
    }

    /// Returns what a name stands for; nothing of one that is bound nowhere in the text.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.known.get(name)
    }

    fn bind(&mut self, name: &'t str, value: Value) {
        let is_new = !self.known.contains_key(name);
        let is_changed = self.shared.contains(name) && matches!(value, Value::List(_));
        let value = if is_new && !is_changed {
            value
        } else {
            unknown()
        };
        self.known.insert(name, value);
    }

    fn forget(&mut self, name: &'t str) {
        self.known.insert(name, unknown());
    }

    /// Takes in that something else has what a name stands for: a list can be changed there.
    fn share(&mut self, name: &'t str) {
        self.shared.insert(name);
        if let Some(Value::List(_)) = self.known.get(name) {
            self.forget(name);
        }
    }
}

fn unknown() -> Value {
    Value::Unclear(Span::default())
}

/// What is known of the statement so far.
#[derive(Default)]
struct Statement<'t> {
    /// Its names that stand in no bracket, up to the last `=`.
    names: Vec<&'t str>,
    is_assigned: bool,
    is_annotated: bool,
    /// Whether the names that come are bound.
    is_binding: bool,
    is_function: bool,
}

/// Where the line of a statement begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Edge {
    /// Its first name is still to come.
    Ahead,
    /// At the left edge, outside of any block.
    Left,
    /// Within a block.
    Inner,
}

/// What stood before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last<'t> {
    Name(&'t str),
    /// The point behind a name.
    Point(Option<&'t str>),
    Sign(char),
    Other,
}

struct Scan<'a, 't> {
    tokens: Tokens<'t>,
    names: Names<'t>,
    room: &'a mut Room,
    spares: &'a dyn Fn(&str) -> bool,
    depth: usize,
    /// Of each open bracket, whether a call has it that may change what it is given.
    brackets: Vec<bool>,
    /// The name that is all of the argument so far.
    argument: Option<&'t str>,
    /// Whether a bracket that comes now belongs to such a call.
    called: bool,
    edge: Edge,
    statement: Statement<'t>,
    last: Last<'t>,
}

impl<'t> Scan<'_, 't> {
    /// Takes in one token; says whether there was one.
    fn step(&mut self) -> bool {
        if self.depth == 0 {
            self.tokens.skip_to_word();
            let rest = &self.tokens.text().as_bytes()[self.tokens.at..];
            if matches!(rest.first(), Some(b'\n' | b'#')) {
                self.statement = Statement::default();
                self.last = Last::Other;
                self.edge = Edge::Ahead;
            }
        }
        let Some(token) = self.tokens.next() else {
            return false;
        };
        self.give(&token);
        self.last = match token {
            Token::Name(name, start) => {
                if self.edge == Edge::Ahead {
                    self.edge = self.edge_at(start);
                }
                self.name(name);
                match self.last {
                    Last::Point(_) => Last::Other,
                    _ => Last::Name(name),
                }
            }
            Token::Sign('.') => Last::Point(match self.last {
                Last::Name(name) => Some(name),
                _ => None,
            }),
            Token::Sign(sign) => {
                self.sign(sign);
                Last::Sign(sign)
            }
            Token::Text(_) | Token::Filled(_) | Token::Unclear => Last::Other,
        };
        true
    }

    /// Follows what calls are given.
    fn give(&mut self, token: &Token<'t>) {
        let argument = self.argument.take();
        let called = std::mem::take(&mut self.called);
        match token {
            Token::Name(name, _) => {
                let begins = matches!(self.last, Last::Sign('(' | ',' | '='));
                self.argument = Some(*name).filter(|_| begins);
                let is_definition = self.statement.is_function && self.depth == 0;
                self.called = !is_definition && !HARMLESS.contains(name) && !(self.spares)(name);
            }
            Token::Sign(sign) => {
                if matches!(sign, ',' | ')')
                    && let (Some(name), Some(true)) = (argument, self.brackets.last())
                {
                    self.names.share(name);
                }
                match sign {
                    '(' => self.brackets.push(called),
                    '[' | '{' => self.brackets.push(false),
                    ')' | ']' | '}' => {
                        self.brackets.pop();
                        // What a call returned can be called.
                        self.called = *sign != '}';
                    }
                    _ => {}
                }
            }
            Token::Text(_) | Token::Filled(_) | Token::Unclear => {}
        }
    }

    fn edge_at(&self, start: usize) -> Edge {
        let before = self.tokens.text().get(..start).unwrap_or_default();
        match before.is_empty() || before.ends_with(['\n', '\u{feff}']) {
            true => Edge::Left,
            false => Edge::Inner,
        }
    }

    fn name(&mut self, name: &'t str) {
        if let Last::Point(owner) = self.last {
            if let Some(owner) = owner.filter(|_| CHANGERS.contains(&name)) {
                self.names.forget(owner);
            }
            return;
        }
        if BINDERS.contains(&name) {
            self.statement.is_binding = true;
            self.statement.is_function |= name == "def";
        } else if name == "in" {
            self.statement.is_binding = false;
        } else if self.statement.is_binding || self.is_parameter() {
            self.names.forget(name);
        }
        if self.depth == 0 {
            self.statement.names.push(name);
        }
    }

    /// Whether a name that comes now is a parameter of the function that is defined.
    fn is_parameter(&self) -> bool {
        let begins = matches!(self.last, Last::Sign('(' | ',' | '*'));
        self.statement.is_function && self.depth == 1 && begins
    }

    fn sign(&mut self, sign: char) {
        match sign {
            '(' | '[' | '{' => {
                self.depth += 1;
                // What a call or the parameters hold is not bound by the word before them.
                self.statement.is_binding &= match self.last {
                    Last::Name(name) => BINDERS.contains(&name),
                    Last::Point(_) | Last::Sign(_) | Last::Other => true,
                };
            }
            ')' | ']' | '}' => self.depth = self.depth.saturating_sub(1),
            ';' => self.statement = Statement::default(),
            ':' => self.colon(),
            '=' => self.equals(),
            _ => {}
        }
    }

    /// A colon goes before what a statement holds, before the type of a name, and is the first half
    /// of a sign that binds.
    fn colon(&mut self) {
        if let (Last::Name(name), true) = (self.last, self.tokens.take('=')) {
            self.names.forget(name);
        }
        self.statement.is_binding = false;
        if self.depth > 0 {
            return;
        }
        let first = self.statement.names.first();
        match first.is_some_and(|first| COMPOUND.contains(first)) {
            true => {
                self.statement = Statement::default();
                self.edge = Edge::Inner;
            }
            false => self.statement.is_annotated = true,
        }
    }

    fn equals(&mut self) {
        let is_compared = matches!(self.last, Last::Sign('=' | '!' | '<' | '>'));
        let next = self.tokens.text().as_bytes().get(self.tokens.at);
        if self.depth > 0 || is_compared || next == Some(&b'=') {
            return;
        }
        if let Some(name) = self.alone() {
            self.names.share(name);
        }
        let statement = std::mem::take(&mut self.statement);
        self.statement.is_assigned = true;
        let is_plain = match self.last {
            Last::Name(_) => statement.names.len() == 1 || statement.is_annotated,
            Last::Point(_) | Last::Sign(_) | Last::Other => statement.is_annotated,
        };
        match statement.names.first() {
            Some(name) if is_plain && !statement.is_assigned && self.edge == Edge::Left => {
                let mut ahead = self.tokens;
                let value = value(&mut ahead, &self.names, self.room, Ends::WithLine);
                self.names.bind(name, value);
            }
            _ => {
                for name in statement.names {
                    self.names.forget(name);
                }
            }
        }
    }

    /// Returns the name that is all of what stands behind an `=`.
    fn alone(&self) -> Option<&'t str> {
        let mut ahead = self.tokens;
        let name = loop {
            match ahead.next()? {
                Token::Sign('(') => {}
                Token::Name(name, _) => break name,
                _ => return None,
            }
        };
        while ahead.take(')') {}
        ahead.skip_to_word();
        let next = ahead.text().as_bytes().get(ahead.at);
        matches!(next, None | Some(b'\n' | b'#' | b';')).then_some(name)
    }
}
