//! Strings of JSON, decoded so that each part of their text still knows where it stands.

use std::sync::Arc;

use serde_json::value::RawValue;

use crate::input::excerpt::Excerpt;
use crate::source::{Origin, Problem, SourceFile, Span};

/// Says that a file is not what its name promises, where its JSON ends to make sense.
pub(super) fn unreadable(file: &Arc<SourceFile>, kind: &str, error: &serde_json::Error) -> Problem {
    let text = file.text();
    let before = text
        .split_inclusive('\n')
        .take(error.line().saturating_sub(1));
    let start: usize = before.map(str::len).sum();
    let at = text.floor_char_boundary(start + error.column().saturating_sub(1));
    let message = format!("this is not {kind}: {error}");
    Problem::at(Origin::new(file, Span::new(at, 0)), message)
}

/// Returns where a value stands in the text that it was read from: it is a piece of it.
pub(super) fn place_in(text: &str, value: &RawValue) -> Option<Span> {
    let start = (value.get().as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    Some(Span::new(start, value.get().len())).filter(|span| span.end <= text.len())
}

/// Decodes a string of JSON; each part of its text knows where it stands.
pub(super) fn json_string(whole: &Excerpt, span: Span) -> Excerpt {
    let mut text = Excerpt::new(whole.file());
    append_json_string(&mut text, whole, span);
    text
}

/// Appends it to other text.
pub(super) fn append_json_string(to: &mut Excerpt, whole: &Excerpt, span: Span) {
    let Some(raw) = whole.text().get(span.start..span.end) else {
        return;
    };
    let inner = raw.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    let Some(inner) = inner else { return };
    let start = span.start + 1;
    let mut at = 0;
    while at < inner.len() {
        let plain = inner[at..].find('\\').unwrap_or(inner.len() - at);
        to.push_from(whole, Span::new(start + at, plain));
        at += plain;
        if at == inner.len() {
            return;
        }
        let length = escape_length(&inner[at..]);
        let escape = &inner[at..at + length];
        let decoded = serde_json::from_str::<String>(&format!("\"{escape}\""));
        let place = whole.origin(Span::new(start + at, length)).span;
        to.push_instead(&decoded.unwrap_or_default(), place);
        at += length;
    }
}

/// Returns the length of `\n`, `\u00e9` or a pair of surrogates.
fn escape_length(text: &str) -> usize {
    let wanted = match text.as_bytes().get(1) {
        Some(b'u') if text[2..].starts_with(['d', 'D']) && text.get(6..8) == Some("\\u") => 12,
        Some(b'u') => 6,
        _ => 2,
    };
    (1..=wanted.min(text.len()))
        .rev()
        .find(|length| text.is_char_boundary(*length))
        .unwrap_or(text.len())
}
