//! A conflict for machines and for Markdown; `terminal` draws it for a person.

use serde::Serialize;

use crate::explain::Explanation;
use crate::package::IndexUrl;

/// Why there is no lock, version 1 of the shape: keys are only added.
#[derive(Debug, Serialize)]
pub struct ConflictReport {
    target: String,
    headline: String,
    steps: Vec<String>,
    conclusion: Option<String>,
    declarations: Vec<DeclarationJson>,
    flavours: Vec<FlavourJson>,
    hints: Vec<String>,
}

#[derive(Debug, Serialize)]
struct FlavourJson {
    flavours: Vec<String>,
    reason: String,
}

#[derive(Debug, Serialize)]
struct DeclarationJson {
    text: String,
    file: String,
    line: usize,
    column: usize,
    step: usize,
    says: String,
}

impl ConflictReport {
    /// Describes an explained conflict; `target` is the target in words.
    pub fn new(target: &str, explanation: &Explanation) -> Self {
        Self {
            target: target.to_owned(),
            headline: explanation.headline.clone(),
            steps: explanation.steps.clone(),
            conclusion: explanation.conclusion.clone(),
            declarations: explanation
                .places
                .iter()
                .map(|place| DeclarationJson {
                    text: IndexUrl::redacted(place.origin.text()),
                    file: place.origin.label().to_owned(),
                    line: place.origin.line(),
                    column: place.origin.column(),
                    step: place.step,
                    says: place.says.clone(),
                })
                .collect(),
            flavours: explanation
                .flavours
                .iter()
                .map(|tried| FlavourJson {
                    flavours: tried.flavours.iter().map(ToString::to_string).collect(),
                    reason: tried.reason.clone(),
                })
                .collect(),
            hints: explanation.hints.clone(),
        }
    }
}

/// Writes a conflict as Markdown: a heading, numbered sentences, the user's lines, hints.
pub fn conflict_markdown(explanation: &Explanation) -> String {
    let mut text = format!(
        "# No solution\n\n{}.\n\n",
        capitalized(&explanation.headline)
    );
    for (at, step) in explanation.steps.iter().enumerate() {
        text.push_str(&format!("{}. {step}\n", at + 1));
    }
    if let Some(conclusion) = &explanation.conclusion {
        text.push_str(&format!("\n**{conclusion}**\n"));
    }
    if !explanation.places.is_empty() {
        text.push_str("\n## Your lines\n\n| place | line | step |\n| --- | --- | --- |\n");
        for place in &explanation.places {
            let line = IndexUrl::redacted(place.origin.text()).replace('|', "\\|");
            text.push_str(&format!(
                "| {} | `{line}` | {} |\n",
                place.origin, place.step
            ));
        }
    }
    if !explanation.flavours.is_empty() {
        text.push_str("\n## No flavour of torch serves\n\n| flavour | why not |\n| --- | --- |\n");
        for tried in &explanation.flavours {
            let reason = tried.reason.replace('|', "\\|");
            text.push_str(&format!("| {} | {reason} |\n", tried.label()));
        }
    }
    if !explanation.hints.is_empty() {
        text.push_str("\n## Hints\n\n");
        for hint in &explanation.hints {
            text.push_str(&format!("- {hint}\n"));
        }
    }
    text
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}
