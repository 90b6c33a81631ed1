//! The one place where miette draws: lines of the user's files with what is said of them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode,
};

use super::Style;
use crate::explain::Explanation;
use crate::source::{Level, Origin, Problem, SourceFile};

/// Lines shown around an underlined one.
const CONTEXT: usize = 0;

/// Draws a problem in the user's input: what is wrong, the line, and what to type instead.
pub fn draw_problem(problem: &Problem, style: Style) -> String {
    let mut text = String::new();
    let kind = match problem.level {
        Level::Warning => style.bold(&style.yellow("warning")),
        Level::Error => style.bold(&style.red("error")),
    };
    let _ = writeln!(text, "{kind}: {}", problem.message);
    if let Some(origin) = &problem.origin {
        text.push_str(&draw_places(&[(origin, "here".to_owned())], style));
    }
    if let Some(help) = &problem.help {
        let _ = writeln!(text, "{}", labelled("help", help, style));
    }
    text
}

/// Draws a conflict: the headline, numbered sentences, the user's lines, and hints.
pub fn draw_conflict(explanation: &Explanation, style: Style) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{}: {}\n",
        style.bold(&style.red("error")),
        explanation.headline
    );
    for (at, step) in explanation.steps.iter().enumerate() {
        let _ = writeln!(text, "{}", numbered(at + 1, step, style));
    }
    if let Some(conclusion) = &explanation.conclusion {
        let _ = writeln!(text, "  => {}", style.wrapped(conclusion, 5));
    }
    let places: Vec<(&Origin, String)> = explanation
        .places
        .iter()
        .map(|place| (&place.origin, format!("({}) {}", place.step, place.says)))
        .collect();
    if !places.is_empty() {
        text.push('\n');
        text.push_str(&draw_places(&places, style));
    }
    for hint in &explanation.hints {
        let _ = writeln!(text, "{}", labelled("hint", hint, style));
    }
    text
}

fn numbered(number: usize, sentence: &str, style: Style) -> String {
    let number = format!("  {number}. ");
    let indent = number.len();
    format!("{number}{}", style.wrapped(sentence, indent))
}

fn labelled(label: &str, sentence: &str, style: Style) -> String {
    let indent = label.len() + 2;
    format!("{}: {}", style.bold(label), style.wrapped(sentence, indent))
}

/// Draws the lines of some places, file by file, with a label under each.
fn draw_places(places: &[(&Origin, String)], style: Style) -> String {
    let mut by_file: BTreeMap<usize, (&Arc<SourceFile>, Vec<LabeledSpan>)> = BTreeMap::new();
    let mut order: Vec<&Arc<SourceFile>> = Vec::new();
    for (origin, label) in places {
        let at = order
            .iter()
            .position(|file| **file == origin.file)
            .unwrap_or_else(|| {
                order.push(&origin.file);
                order.len() - 1
            });
        let span = (origin.span.start, origin.span.len());
        by_file
            .entry(at)
            .or_insert((&origin.file, Vec::new()))
            .1
            .push(LabeledSpan::new_with_span(Some(label.clone()), span));
    }
    let theme = match (style.unicode, style.colour) {
        (true, true) => GraphicalTheme::unicode(),
        (true, false) => GraphicalTheme::unicode_nocolor(),
        (false, _) => GraphicalTheme::none(),
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(style.width)
        .with_context_lines(CONTEXT)
        .with_links(false);
    let mut text = String::new();
    for (file, labels) in by_file.into_values() {
        let excerpt = Excerpt {
            source: NamedSource::new(file.label(), file.text().to_owned()),
            labels,
        };
        let mut drawn = String::new();
        if handler.render_report(&mut drawn, &excerpt).is_ok() {
            // The first line is the message, which an excerpt does not have.
            let body = drawn.split_once('\n').map_or("", |(_, body)| body);
            text.push_str(body.trim_start_matches('\n'));
        }
    }
    text
}

/// Lines of one file with labels, in the shape that miette draws.
#[derive(Debug)]
struct Excerpt {
    source: NamedSource<String>,
    labels: Vec<LabeledSpan>,
}

impl std::fmt::Display for Excerpt {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Excerpt {}

impl Diagnostic for Excerpt {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}
