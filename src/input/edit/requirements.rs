//! Requirements files: lines, what they go on in, and the hashes on them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::splice::Splice;
use super::{line_end, written};
use crate::input::excerpt::Excerpt;
use crate::input::lines::logical_lines;
use crate::input::options::{Effect, options_start, read_options};
use crate::package::Declaration;
use crate::source::{Problem, SourceFile, Span};

/// Replaces or removes a declaration; also returns what there is to know.
pub(super) fn rewrite(
    file: &Arc<SourceFile>,
    declaration: &Declaration,
    becomes: Option<&str>,
) -> Result<(Vec<Splice>, Vec<String>), Problem> {
    let origin = &declaration.origin;
    let Some(line) = line_of(file, origin.span) else {
        return Err(Problem::at(origin.clone(), "this line is not found again"));
    };
    let Some(becomes) = becomes else {
        if is_shared(&line) {
            let message = "there is more on this line than the package that goes";
            return Err(Problem::at(origin.clone(), message));
        }
        return Ok((
            vec![Splice::removal(lines_of(file.text(), &line))],
            Vec::new(),
        ));
    };
    let url = declaration.requirement.url.as_ref();
    if url.is_some_and(|url| url.editable) {
        let message = "an editable package cannot become a requirement on this line";
        return Err(Problem::at(origin.clone(), message));
    }
    let text = written(declaration, becomes);
    let mut splices = vec![Splice::new(origin.span, text)];
    let hashes = hashes(&line);
    let note = (!hashes.is_empty()).then(|| {
        format!(
            "The hashes of {} belonged to its old pin and are gone.",
            declaration.requirement.name
        )
    });
    splices.extend(hashes.into_iter().map(Splice::removal));
    Ok((splices, note.into_iter().collect()))
}

/// Adds a line at the end.
pub(super) fn add_line(file: &Arc<SourceFile>, line: &str) -> Vec<Splice> {
    let text = file.text();
    let end = line_end(text);
    let text = match text.is_empty() || text.ends_with('\n') {
        true => format!("{line}{end}"),
        false => format!("{end}{line}{end}"),
    };
    vec![Splice::insertion(file.text().len(), text)]
}

/// Finds the logical line that a declaration stands on; variables move nothing.
fn line_of(file: &Arc<SourceFile>, place: Span) -> Option<Excerpt> {
    let lines = logical_lines(file, &BTreeMap::new(), &mut Vec::new());
    lines.into_iter().find(|line| {
        let span = source_span(line);
        span.start <= place.start && place.end <= span.end
    })
}

fn source_span(line: &Excerpt) -> Span {
    line.origin(Span::new(0, line.text().len())).span
}

/// Whether a line of options has several.
fn is_shared(line: &Excerpt) -> bool {
    options_start(line.text()) == 0 && read_options(line, 0, &mut Vec::new()).len() > 1
}

/// Returns the places of the hashes, each with the space before it.
fn hashes(line: &Excerpt) -> Vec<Span> {
    let start = options_start(line.text());
    let mut before = line.text()[..start].trim_end().len();
    let mut found = Vec::new();
    for given in read_options(line, start, &mut Vec::new()) {
        if given.effect == Effect::Hash && before > 0 {
            let place = Span::new(before - 1, 1);
            found.push(Span {
                start: line.origin(place).span.end,
                end: line.origin(given.span).span.end,
            });
        }
        before = given.span.end;
    }
    found
}

/// Returns the whole lines that a logical line takes, with the last line end, what its comment
/// swallows, and pip-compile's remarks below it on who needs the package.
fn lines_of(text: &str, line: &Excerpt) -> Span {
    let span = source_span(line);
    let start = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
    let mut rest = text[span.end..].split_inclusive('\n').peekable();
    let mut end = span.end;
    while let Some(line) = rest.next() {
        end += line.len();
        let goes_on = line.trim_end_matches(['\r', '\n']).ends_with('\\');
        let is_cut_off = rest.peek().is_some_and(|next| remark(next).is_some());
        if !goes_on || is_cut_off {
            break;
        }
    }
    if rest
        .peek()
        .and_then(|line| remark(line))
        .is_some_and(|it| it.starts_with("via"))
    {
        let is_below = |line: &&str| line.starts_with([' ', '\t']) && remark(line).is_some();
        end += rest.take_while(is_below).map(str::len).sum::<usize>();
    }
    Span { start, end }
}

/// Returns what a line says that is nothing but a comment.
fn remark(line: &str) -> Option<&str> {
    line.trim_start().strip_prefix('#').map(str::trim)
}
