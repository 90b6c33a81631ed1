//! A small lexer of the POSIX shell's language: words, redirections and where commands end, with
//! the places of all of them. It runs nothing and expands only variables whose value is known.
//!
//! One pass, no recursion: what stands in `$(…)` and between backticks is passed over, and a word
//! that holds it is no longer literal. `shlex` tells no places and no redirections.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::source::Span;

/// Values of variables.
pub(super) type Variables = BTreeMap<String, String>;

/// One command without what connects it with others.
#[derive(Clone, Debug, Default)]
pub(super) struct Simple {
    pub(super) words: Vec<Word>,
    pub(super) redirections: Vec<Redirect>,
}

/// One word, as the command gets it.
#[derive(Clone, Debug, Default)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) span: Span,
    /// Whether all of it is known: no variable, no command in it.
    pub(super) is_literal: bool,
}

/// A redirection: `> log`, `2>&1`, `<2`.
#[derive(Clone, Debug)]
pub(super) struct Redirect {
    pub(super) operator: &'static str,
    /// From the operator, or the number before it, to the end of the target.
    pub(super) span: Span,
    /// Whether a number stands before the operator.
    pub(super) has_number: bool,
    pub(super) target: Word,
    /// How many words of the command stand before it.
    pub(super) after: usize,
}

/// Longer ones first.
const OPERATORS: &[&str] = &[
    "&>>", "<<-", "<<<", "&>", "<<", "<&", "<>", ">>", ">&", ">|", "<", ">",
];

/// No more words come out of the variables of one script.
const MOST_SPLIT: usize = 10_000;

/// Commands whose words set variables as well.
const SETTERS: &[&str] = &["declare", "export", "local", "readonly", "typeset"];

/// What ends a word where it is not quoted.
const ENDS: &[u8] = b" \t\r\n;&|<>()";

/// Takes a script apart into its commands.
pub(super) fn commands(text: &str, variables: &Variables) -> Vec<Simple> {
    Lexer::new(text, variables, MOST_SPLIT).run()
}

/// Returns the words of the first command, where what a variable holds is never split.
pub(super) fn whole_words(text: &str, variables: &Variables) -> Vec<Word> {
    let commands = Lexer::new(text, variables, 0).run();
    let first = commands.into_iter().next();
    first.map(|it| it.words).unwrap_or_default()
}

/// Returns the variables that a script sets once, to a literal value.
pub(super) fn settings(text: &str) -> Variables {
    let mut set: BTreeMap<String, Option<String>> = BTreeMap::new();
    for command in commands(text, &Variables::new()) {
        let is_export = command.words.first().is_some_and(|it| it.text == "export");
        let words = command.words.iter().skip(usize::from(is_export));
        let mut assigned = Vec::new();
        let mut is_all = true;
        for word in words {
            match assignment(&word.text) {
                Some((name, value)) => assigned.push((name, word.is_literal.then_some(value))),
                None => is_all = false,
            }
        }
        // Before a command they count for that command alone.
        for (name, value) in assigned.into_iter().filter(|_| is_all) {
            let value = value.map(ToOwned::to_owned);
            let is_first = !set.contains_key(name);
            set.insert(name.to_owned(), value.filter(|_| is_first));
        }
    }
    let known = set
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)));
    known.collect()
}

/// Returns the variables with those that a script sets itself.
pub(super) fn with_settings<'v>(variables: &'v Variables, text: &str) -> Cow<'v, Variables> {
    let own = settings(text);
    match own.is_empty() {
        true => Cow::Borrowed(variables),
        false => {
            let mut all = variables.clone();
            all.extend(own);
            Cow::Owned(all)
        }
    }
}

/// Splits `NAME=value`.
pub(super) fn assignment(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.split_once('=')?;
    (name_length(name) == name.len() && !name.is_empty()).then_some((name, value))
}

/// Whether words set variables alone so far: no shell splits such values.
fn sets_only(words: &[Word]) -> bool {
    let is_setting = |it: &Word| SETTERS.contains(&&*it.text) || assignment(&it.text).is_some();
    words.iter().all(is_setting)
}

fn name_length(text: &str) -> usize {
    let is_start = |c: char| c.is_ascii_alphabetic() || c == '_';
    match text.starts_with(is_start) {
        true => text
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .unwrap_or(text.len()),
        false => 0,
    }
}

/// Reads what stands behind the name in `${NAME:-word}` and `${NAME:+word}`, for a variable with
/// this value, or one that nobody has set. Nothing where the word is not plain.
fn chosen<'t>(behind: &'t str, value: Option<&'t str>) -> Option<&'t str> {
    let behind = behind.strip_prefix(':').unwrap_or(behind);
    let word = behind.get(1..)?.split('}').next()?;
    let is_plain = !word.contains(['$', '`', '"', '\'', '\\', '{']);
    let value = value.filter(|value| !value.is_empty());
    match (behind.as_bytes().first()?, value) {
        (b'-' | b'=', Some(value)) => Some(value),
        (b'-' | b'=', None) | (b'+', Some(_)) if is_plain => Some(word),
        (b'+', None) => Some(""),
        _ => None,
    }
}

struct Lexer<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    variables: &'t Variables,
    /// The words that end the here-documents of this line, and whether tabs before them go.
    waiting: Vec<(String, bool)>,
    /// Where the shell splits the current word, as positions in its text.
    splits: Vec<usize>,
    /// Whether the current word is split at all.
    is_split: bool,
    /// Whether the current word can set a variable.
    is_setting: bool,
    /// How often words may still be split.
    most_splits: usize,
}

impl<'t> Lexer<'t> {
    fn new(text: &'t str, variables: &'t Variables, most_splits: usize) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            at: 0,
            variables,
            waiting: Vec::new(),
            splits: Vec::new(),
            is_split: false,
            is_setting: false,
            most_splits,
        }
    }

    fn run(&mut self) -> Vec<Simple> {
        let mut found = Vec::new();
        let mut current = Simple::default();
        loop {
            self.skip_blanks();
            let Some(next) = self.peek(0) else { break };
            if let Some(redirect) = self.redirect(current.words.len()) {
                current.redirections.push(redirect);
            } else if matches!(next, b'\n' | b';' | b'&' | b'|' | b'(' | b')') {
                self.at += 1;
                found.push(std::mem::take(&mut current));
                if next == b'\n' {
                    self.skip_documents();
                }
            } else if next == b'#' {
                self.at = self.line_end();
            } else {
                self.is_split = self.most_splits > 0;
                self.is_setting = sets_only(&current.words);
                let word = self.word();
                self.split(word, &mut current.words);
            }
        }
        found.push(current);
        found.retain(|it| !it.words.is_empty() || !it.redirections.is_empty());
        found
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn line_end(&self) -> usize {
        let end = self.rest().find('\n');
        end.map_or(self.text.len(), |end| self.at + end)
    }

    fn skip_blanks(&mut self) {
        loop {
            match self.peek(0) {
                Some(b' ' | b'\t' | b'\r') => self.at += 1,
                Some(b'\\') if self.continuation() > 0 => self.at += self.continuation(),
                _ => return,
            }
        }
    }

    /// Returns the length of a backslash with the end of its line.
    fn continuation(&self) -> usize {
        match (self.peek(1), self.peek(2)) {
            (Some(b'\n'), _) => 2,
            (Some(b'\r'), Some(b'\n')) => 3,
            _ => 0,
        }
    }

    fn redirect(&mut self, after: usize) -> Option<Redirect> {
        let start = self.at;
        let rest = self.rest();
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let behind = &rest[digits..];
        let operator = OPERATORS.iter().find(|it| behind.starts_with(**it))?;
        // `<(…)` is a word.
        let is_process = behind[operator.len()..].starts_with('(') && operator.len() == 1;
        if is_process || digits > 0 && operator.starts_with('&') {
            return None;
        }
        self.at += digits + operator.len();
        self.skip_blanks();
        let target = match self.peek(0) {
            Some(next) if !ENDS.contains(&next) => {
                self.is_split = false;
                self.word()
            }
            _ => Word {
                span: Span::new(self.at, 0),
                ..Word::default()
            },
        };
        if matches!(*operator, "<<" | "<<-") {
            self.waiting.push((target.text.clone(), *operator == "<<-"));
        }
        Some(Redirect {
            operator,
            span: Span {
                start,
                end: target.span.end,
            },
            has_number: digits > 0,
            target,
            after,
        })
    }

    /// Passes over the here-documents that were announced on the line before.
    fn skip_documents(&mut self) {
        for (end, drops_tabs) in std::mem::take(&mut self.waiting) {
            while self.at < self.text.len() {
                let line = &self.text[self.at..self.line_end()];
                let line = line.trim_end_matches('\r');
                let is_end = match drops_tabs {
                    true => line.trim_start_matches('\t') == end,
                    false => line == end,
                };
                self.at = (self.line_end() + 1).min(self.text.len());
                if is_end {
                    break;
                }
            }
        }
    }

    /// Adds a word, or those that the shell makes of it; none where a variable held nothing.
    fn split(&mut self, word: Word, words: &mut Vec<Word>) {
        let splits = std::mem::take(&mut self.splits);
        let raw = &self.text[word.span.start..word.span.end];
        let is_nothing = word.text.is_empty() && word.is_literal && !raw.contains(['"', '\'']);
        if is_nothing && self.is_split {
            return;
        }
        if splits.is_empty() {
            words.push(word);
            return;
        }
        let starts = [0].into_iter().chain(splits.iter().copied());
        let ends = splits.iter().copied().chain([word.text.len()]);
        let parts = starts.zip(ends).filter(|(start, end)| start < end);
        words.extend(parts.map(|(start, end)| Word {
            text: word.text[start..end].to_owned(),
            ..word.clone()
        }));
    }

    /// Puts in the value of a variable; its blanks split a word that is not in quotes.
    fn push_value(&mut self, word: &mut Word, value: &str, is_quoted: bool) {
        let is_set = self.is_setting && assignment(&word.text).is_some();
        if is_quoted || is_set || !self.is_split {
            word.text.push_str(value);
            return;
        }
        for part in value.split_inclusive([' ', '\t', '\n']) {
            let own = part.trim_end_matches([' ', '\t', '\n']);
            word.text.push_str(own);
            if own.len() == part.len() {
                continue;
            }
            match self.most_splits.checked_sub(1) {
                Some(left) => {
                    self.most_splits = left;
                    self.splits.push(word.text.len());
                }
                None => word.is_literal = false,
            }
        }
    }

    fn word(&mut self) -> Word {
        let start = self.at;
        self.splits.clear();
        let mut word = Word {
            is_literal: true,
            ..Word::default()
        };
        while let Some(next) = self.peek(0) {
            let is_process = matches!(next, b'<' | b'>') && self.peek(1) == Some(b'(');
            match next {
                _ if is_process && self.at == start => {
                    self.at += 1;
                    self.skip_nested(b'(', b')');
                    word.is_literal = false;
                }
                _ if ENDS.contains(&next) => break,
                b'\\' if self.continuation() > 0 => self.at += self.continuation(),
                b'\\' => {
                    self.at += 1;
                    self.take_char(&mut word);
                }
                b'\'' => self.single_quoted(&mut word),
                b'"' => self.double_quoted(&mut word),
                b'$' => self.expansion(&mut word, false),
                b'`' => self.backticks(&mut word),
                _ => self.take_char(&mut word),
            }
        }
        word.span = Span {
            start,
            end: self.at,
        };
        word
    }

    fn take_char(&mut self, word: &mut Word) {
        if let Some(next) = self.rest().chars().next() {
            word.text.push(next);
            self.at += next.len_utf8();
        }
    }

    fn single_quoted(&mut self, word: &mut Word) {
        self.at += 1;
        let rest = self.rest();
        let end = rest.find('\'').unwrap_or(rest.len());
        word.text.push_str(&rest[..end]);
        self.at = (self.at + end + 1).min(self.text.len());
    }

    fn double_quoted(&mut self, word: &mut Word) {
        self.at += 1;
        while let Some(next) = self.peek(0) {
            match next {
                b'"' => {
                    self.at += 1;
                    return;
                }
                b'\\' if self.continuation() > 0 => self.at += self.continuation(),
                b'\\' => {
                    let is_escape = matches!(self.peek(1), Some(b'$' | b'`' | b'"' | b'\\'));
                    if !is_escape {
                        word.text.push('\\');
                    }
                    self.at += 1;
                    self.take_char(word);
                }
                b'$' => self.expansion(word, true),
                b'`' => self.backticks(word),
                _ => self.take_char(word),
            }
        }
    }

    fn backticks(&mut self, word: &mut Word) {
        word.is_literal = false;
        self.at += 1;
        while let Some(next) = self.peek(0) {
            self.at += 1;
            match next {
                b'`' => return,
                b'\\' => self.at = (self.at + 1).min(self.text.len()),
                _ => {}
            }
        }
        self.skip_to_boundary();
    }

    /// Reads what a `$` begins.
    fn expansion(&mut self, word: &mut Word, is_quoted: bool) {
        let rest = &self.rest()[1..];
        if rest.starts_with('(') {
            self.at += 1;
            self.skip_nested(b'(', b')');
            word.is_literal = false;
            return;
        }
        let inner = rest.strip_prefix('{');
        let length = name_length(inner.unwrap_or(rest));
        let name = inner.unwrap_or(rest)[..length].to_owned();
        let value = self.variables.get(&name).cloned();
        match inner {
            Some(inner) if length > 0 && inner[length..].starts_with('}') => self.at += length + 3,
            Some(inner) => {
                let chosen = chosen(&inner[length..], value.as_deref()).map(ToOwned::to_owned);
                self.at += 1;
                self.skip_nested(b'{', b'}');
                word.is_literal &= length > 0 && chosen.is_some();
                let chosen = chosen.filter(|_| length > 0).unwrap_or_default();
                self.push_value(word, &chosen, is_quoted);
                return;
            }
            None if length > 0 => self.at += length + 1,
            None => {
                // `$1`, `$?` and their like are not known; a `$` before anything else is itself.
                let is_special =
                    rest.starts_with(|c: char| c.is_ascii_digit() || "@*#?$!-".contains(c));
                word.is_literal &= !is_special;
                self.take_char(word);
                return;
            }
        }
        match value {
            Some(value) => self.push_value(word, &value, is_quoted),
            None => {
                word.text.push_str(&format!("${{{name}}}"));
                word.is_literal = false;
            }
        }
    }

    /// Passes over brackets that may hold others, and quotes.
    fn skip_nested(&mut self, open: u8, close: u8) {
        let mut depth = 0_usize;
        let mut quote = None;
        while let Some(next) = self.peek(0) {
            self.at += 1;
            match (quote, next) {
                (Some(b'"') | None, b'\\') => self.at = (self.at + 1).min(self.text.len()),
                (Some(mark), next) if mark == next => quote = None,
                (None, b'"' | b'\'') => quote = Some(next),
                (None, next) if next == open => depth += 1,
                (None, next) if next == close => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return;
                    }
                }
                _ => {}
            }
        }
        self.skip_to_boundary();
    }

    /// Goes on to where a character starts.
    fn skip_to_boundary(&mut self) {
        while !self.text.is_char_boundary(self.at) {
            self.at += 1;
        }
    }
}
