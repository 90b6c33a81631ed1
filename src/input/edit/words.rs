//! Files of commands and environments of conda: the word that says a requirement, in the quotes that it
//! has or needs.
//!
//! How a shell in a string of a list of a notebook takes its words apart is known to the reader
//! alone. So changes are proposed, made, and read again: the first one counts after which the file says
//! what was wanted, and all else as before.

use std::sync::Arc;

use super::said::{Said, said};
use super::splice::{Splice, spliced};
use super::worded;
use crate::input::{Reader, reader_of};
use crate::package::{Declaration, DeclarationKind, Requirement};
use crate::source::{Origin, Problem, SourceFile, Span};

/// Quotes around a word, as a file may have them.
const QUOTES: &[&str] = &["\\\"", "\"", "'"];

/// What a shell does not take for letters.
const SPECIAL: &[char] = &['<', '>', '*', '!', ';', '(', ')', '&', '|', ' '];

/// A change of one declaration.
pub(super) type Change<'a> = (&'a Declaration, Option<&'a str>);

/// Replaces or removes a declaration; nothing where it does not stand there word for word.
pub(super) fn rewrite(
    file: &Arc<SourceFile>,
    change: Change<'_>,
) -> Result<Option<Vec<Splice>>, Problem> {
    let (declaration, becomes) = change;
    let is_by_conda = declaration.kind != DeclarationKind::Requirement;
    if is_by_conda || !declaration.digests.is_empty() {
        return Ok(None);
    }
    let proposed = match becomes {
        Some(becomes) => replacements(declaration, becomes, reader_of(file.label()))?,
        None => removals(file.text(), declaration.origin.span),
    };
    Ok(first_that_holds(file, change, proposed))
}

/// Returns the first of some changes after which the file says what was wanted.
pub(super) fn first_that_holds(
    file: &Arc<SourceFile>,
    change: Change<'_>,
    proposed: Vec<Splice>,
) -> Option<Vec<Splice>> {
    let mut proposed = proposed.into_iter().map(|it| vec![it]);
    proposed.find(|splices| holds(file, &[change], splices))
}

/// Whether a file says with these splices what some changes want, and all else as before.
pub(super) fn holds(file: &Arc<SourceFile>, changes: &[Change<'_>], splices: &[Splice]) -> bool {
    let changed = SourceFile::new(file.label(), spliced(file.text(), splices));
    let wanted = said(file).into_iter().filter_map(|it| {
        let change = changes
            .iter()
            .find(|(declaration, _)| it.is_of(declaration));
        match change {
            None => Some(it.words),
            Some((_, Some(becomes))) => Some(Said::becoming(becomes)),
            Some((_, None)) => None,
        }
    });
    let found = said(&changed).into_iter().map(|it| it.words);
    wanted.eq(found)
}

/// Proposes words for a requirement, in the quotes that the old one has, then in others.
fn replacements(
    declaration: &Declaration,
    becomes: &str,
    reader: &Reader,
) -> Result<Vec<Splice>, Problem> {
    let origin = &declaration.origin;
    let (own, plain) = unquoted(origin.text());
    // What variables and escapes stand in is not written over.
    let is_literal = Requirement::parse(plain).is_ok_and(|it| it == declaration.requirement);
    if !is_literal {
        return Ok(Vec::new());
    }
    let new = worded(declaration, plain, becomes)?;
    let is_of_shell = reader.name != "environment.yml" && !is_enclosed(origin);
    let needs_quotes = is_of_shell && new.contains(SPECIAL);
    let bare = [""].iter().filter(|_| !needs_quotes);
    let own = Some(&own).filter(|own| !own.is_empty() || !needs_quotes);
    let quotes = own.into_iter().chain(bare).chain(QUOTES);
    let words = quotes.map(|quote| Splice::new(origin.span, format!("{quote}{new}{quote}")));
    Ok(words.collect())
}

/// Whether quotes stand around a place: it is a whole string of a list.
fn is_enclosed(origin: &Origin) -> bool {
    let text = origin.file.text();
    let before = text
        .get(..origin.span.start)
        .and_then(|it| it.chars().next_back());
    let after = text.get(origin.span.end..).and_then(|it| it.chars().next());
    before == after && matches!(before, Some('"' | '\''))
}

/// Takes the quotes off that stand around a word.
fn unquoted(text: &str) -> (&str, &str) {
    let inner = QUOTES.iter().find_map(|quote| {
        let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
        Some((*quote, inner))
    });
    inner.unwrap_or(("", text))
}

/// Proposes what goes with a word: its line, the end of the line before, space, a comma.
fn removals(text: &str, span: Span) -> Vec<Splice> {
    let (Some(head), Some(tail)) = (text.get(..span.start), text.get(span.end..)) else {
        return Vec::new();
    };
    let line_start = head.rfind('\n').map_or(0, |at| at + 1);
    let line_end = tail.find('\n').map_or(text.len(), |at| span.end + at);
    let (before, after) = (&text[line_start..span.start], &text[span.end..line_end]);
    let is_first = matches!(before.trim(), "" | "-" | "- \"" | "- '");
    let behind = after.trim_start_matches(['"', '\'']).trim();
    let goes_on = behind == "\\";
    let is_last = behind.is_empty() || behind.starts_with('#');
    let mut proposed = Vec::new();
    let mut propose = |start: usize, end: usize| {
        proposed.push(Splice::removal(Span { start, end }));
    };
    let above = text[..line_start]
        .trim_end_matches(['\r', '\n'])
        .strip_suffix('\\');
    match above {
        // The line before does not go on any more.
        Some(above) if is_first && is_last => propose(above.trim_end().len(), line_end),
        _ if is_first && (goes_on || is_last) => {
            propose(line_start, (line_end + 1).min(text.len()));
        }
        _ => {}
    }
    let is_blank = [' ', '\t'];
    let blank_before = head.trim_end_matches(is_blank).len();
    let blank_after = text.len() - tail.trim_start_matches(is_blank).len();
    propose(blank_before, span.end);
    propose(span.start, blank_after);
    // An item of a list, with its quotes and one comma.
    let quotes = ['"', '\'', '\\'];
    let start = head.trim_end_matches(quotes).len();
    let end = text.len() - tail.trim_start_matches(quotes).len();
    if let Some(rest) = text[end..].trim_start().strip_prefix(',') {
        propose(start, text.len() - rest.trim_start_matches(is_blank).len());
    }
    if let Some(rest) = text[..start].trim_end().strip_suffix(',') {
        propose(rest.len(), end);
    }
    proposed
}
