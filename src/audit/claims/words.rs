//! A line of prose as words, operators and signs, with their places. Marks of Markdown, quotes and
//! pictures say nothing.

use crate::source::Span;

/// One word or sign.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind<'t>,
    pub(super) span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind<'t> {
    /// Letters, digits and what joins them: `PyTorch`, `1.0.0+`, `3.8-3.11`, `CPU-only`.
    Word(&'t str),
    /// `>=` and its like, however it is written.
    Operator(&'static str),
    /// Anything else that parts sentences: `(`, `,`, `/`, `|`.
    Sign(char),
}

/// Longer ones first.
const OPERATORS: &[(&str, &str)] = &[
    ("===", "==="),
    ("==", "=="),
    ("!=", "!="),
    ("~=", "~="),
    ("<=", "<="),
    (">=", ">="),
    ("≤", "<="),
    ("≥", ">="),
    ("<", "<"),
    (">", ">"),
];

/// Takes a part of a text apart.
pub(super) fn tokens(text: &str, part: Span) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut at = part.start;
    while let Some(rest) = text.get(at..part.end).filter(|rest| !rest.is_empty()) {
        let operator = OPERATORS.iter().find(|(sign, _)| rest.starts_with(sign));
        if let Some((sign, meaning)) = operator {
            found.push(Token {
                kind: Kind::Operator(meaning),
                span: Span::new(at, sign.len()),
            });
            at += sign.len();
            continue;
        }
        let length = word_length(rest);
        if length > 0 {
            let word = rest[..length].trim_end_matches(['.', '-', '_', '\'']);
            found.push(Token {
                kind: Kind::Word(word),
                span: Span::new(at, word.len()),
            });
            if rest[word.len()..length].starts_with('.') {
                found.push(Token {
                    kind: Kind::Sign('.'),
                    span: Span::new(at + word.len(), 1),
                });
            }
            at += length;
            continue;
        }
        let sign = rest.chars().next().unwrap_or_default();
        let kept = match sign {
            '–' | '—' => Some('-'),
            '(' | ')' | '[' | ']' | '{' | '}' | ',' | ';' | ':' | '/' | '|' | '=' | '-' | '+'
            | '?' | '!' | '&' => Some(sign),
            _ => None,
        };
        found.extend(kept.map(|kept| Token {
            kind: Kind::Sign(kept),
            span: Span::new(at, sign.len_utf8()),
        }));
        at += sign.len_utf8();
    }
    found
}

fn word_length(text: &str) -> usize {
    let is_inner = |c: char| c.is_ascii_alphanumeric() || "._-+'".contains(c);
    match text.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        true => text.find(|c| !is_inner(c)).unwrap_or(text.len()),
        false => 0,
    }
}

impl<'t> Token<'t> {
    /// Returns the word, if it is one.
    pub(super) fn word(&self) -> Option<&'t str> {
        match self.kind {
            Kind::Word(word) => Some(word),
            Kind::Operator(_) | Kind::Sign(_) => None,
        }
    }

    pub(super) fn is_sign(&self, signs: &str) -> bool {
        matches!(self.kind, Kind::Sign(sign) if signs.contains(sign))
    }

    /// Whether it is one of these words, whatever its case.
    pub(super) fn is_word(&self, words: &[&str]) -> bool {
        let is = |word: &str| words.iter().any(|it| it.eq_ignore_ascii_case(word));
        self.word().is_some_and(is)
    }
}
