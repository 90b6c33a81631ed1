//! What a person reads of a problem or a conflict: sentences, and the lines that they speak of.

use std::fmt::Write as _;

use super::Style;
use super::excerpt::draw_places;
use crate::explain::list;
use crate::explain::{Explanation, FlavourReason};
use crate::package::{IndexUrl, masked};
use crate::source::{Level, Origin, Problem};

/// Draws a problem in the user's input: what is wrong, the line, and what to type instead.
pub fn draw_problem(problem: &Problem, style: Style) -> String {
    let mut text = String::new();
    let kind = match problem.level {
        Level::Warning => style.bold(&style.yellow("warning")),
        Level::Error => style.bold(&style.red("error")),
    };
    // Whatever was typed in the wrong place may be an address with a password.
    let _ = writeln!(text, "{kind}: {}", masked(&problem.message));
    if let Some(origin) = &problem.origin {
        text.push_str(&draw_places(&[(origin, "here".to_owned())], style));
    }
    if let Some(help) = &problem.help {
        let _ = writeln!(text, "{}", labelled("help", &masked(help), style));
    }
    text
}

/// Draws a conflict: the headline, numbered sentences, the user's lines, and hints.
pub fn draw_conflict(explanation: &Explanation, style: Style) -> String {
    let error = style.bold(&style.red("error"));
    format!(
        "{error}: {}\n\n{}",
        explanation.headline,
        body(explanation, style)
    )
}

/// Draws a conflict that stands beside those before it.
pub fn draw_further_conflict(explanation: &Explanation, number: usize, style: Style) -> String {
    let error = style.bold(&style.red(&format!("conflict {number}")));
    format!(
        "\n{error}: independent of the others\n\n{}",
        body(explanation, style)
    )
}

/// Tells a conflict in a line or two: where it starts, and how it ends.
pub fn draw_conflict_in_brief(explanation: &Explanation, number: usize, style: Style) -> String {
    let label = format!("conflict {number}: ");
    let places: Vec<String> = explanation
        .places
        .iter()
        .map(|place| {
            let line = IndexUrl::redacted(place.origin.text());
            format!("`{}` {line}", place.origin)
        })
        .collect();
    let end = explanation.conclusion.as_ref().or(explanation.steps.last());
    let end = end.map_or("", String::as_str);
    let told = style.wrapped(&format!("{} — {end}", list(&places)), label.len());
    format!("{}{told}", style.bold(&style.red(&label)))
}

fn body(explanation: &Explanation, style: Style) -> String {
    let mut text = String::new();
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
    text.push_str(&flavour_table(&explanation.flavours, style));
    for hint in &explanation.hints {
        let _ = writeln!(text, "{}", draw_hint(hint, style));
    }
    text
}

/// One line for each flavour that was tried, with the reason against it.
fn flavour_table(tried: &[FlavourReason], style: Style) -> String {
    let mut text = String::new();
    if tried.is_empty() {
        return text;
    }
    let _ = writeln!(text, "no flavour of torch serves:");
    for tried in tried {
        let line = format!("{}: {}", style.bold(&tried.label()), tried.reason);
        let _ = writeln!(text, "  {}", style.wrapped(&line, 4));
    }
    text
}

/// Draws a hint.
pub fn draw_hint(hint: &str, style: Style) -> String {
    labelled("hint", hint, style)
}

/// Draws a hint for some of several conflicts.
pub fn draw_hint_for(conflicts: &[usize], hint: &str, style: Style) -> String {
    let numbers: Vec<String> = conflicts.iter().map(ToString::to_string).collect();
    let which = match conflicts {
        [_] => "conflict",
        _ => "conflicts",
    };
    labelled(&format!("hint ({which} {})", list(&numbers)), hint, style)
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
