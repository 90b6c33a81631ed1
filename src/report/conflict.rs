//! Conflicts for machines and for Markdown; `terminal` draws them for a person.

use serde::Serialize;

use super::repair::{RepairReport, repairs_markdown};
use crate::explain::{Explanation, FlavourReason};
use crate::package::IndexUrl;

/// Why there is no lock, version 1 of the shape: keys are only added. The first conflict stands at
/// the top, where it stood when there was only one.
#[derive(Debug, Serialize)]
pub struct ConflictReport {
    target: String,
    #[serde(flatten)]
    first: ConflictJson,
    conflicts: Vec<ConflictJson>,
    is_complete: bool,
    repairs: Vec<RepairReport>,
}

/// Everything that was found on a question without a solution.
pub struct Findings<'f> {
    /// The target in words.
    pub target: &'f str,
    /// The conflicts; at least one.
    pub explanations: &'f [Explanation],
    /// Whether the search for conflicts and repairs came to its end.
    pub is_complete: bool,
    /// The repairs, smallest first.
    pub repairs: &'f [RepairReport],
}

#[derive(Clone, Debug, Default, Serialize)]
struct ConflictJson {
    headline: String,
    steps: Vec<String>,
    conclusion: Option<String>,
    declarations: Vec<DeclarationJson>,
    flavours: Vec<FlavourJson>,
    hints: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
struct FlavourJson {
    flavours: Vec<String>,
    reason: String,
}

#[derive(Clone, Debug, Serialize)]
struct DeclarationJson {
    text: String,
    file: String,
    line: usize,
    column: usize,
    step: usize,
    says: String,
}

impl ConflictReport {
    /// Describes what was found.
    pub fn new(findings: &Findings<'_>) -> Self {
        let conflicts: Vec<ConflictJson> =
            findings.explanations.iter().map(conflict_json).collect();
        Self {
            target: findings.target.to_owned(),
            first: conflicts.first().cloned().unwrap_or_default(),
            conflicts,
            is_complete: findings.is_complete,
            repairs: findings.repairs.to_vec(),
        }
    }
}

fn conflict_json(explanation: &Explanation) -> ConflictJson {
    let places = explanation.places.iter();
    ConflictJson {
        headline: explanation.headline.clone(),
        steps: explanation.steps.clone(),
        conclusion: explanation.conclusion.clone(),
        declarations: places
            .map(|place| DeclarationJson {
                text: IndexUrl::redacted(place.origin.text()),
                file: place.origin.label().to_owned(),
                line: place.origin.line(),
                column: place.origin.column(),
                step: place.step,
                says: place.says.clone(),
            })
            .collect(),
        flavours: explanation.flavours.iter().map(flavour_json).collect(),
        hints: explanation.hints.clone(),
    }
}

fn flavour_json(tried: &FlavourReason) -> FlavourJson {
    FlavourJson {
        flavours: tried.flavours.iter().map(ToString::to_string).collect(),
        reason: tried.reason.clone(),
    }
}

/// Writes conflicts as Markdown: a heading, numbered sentences, the user's lines and hints of each,
/// then the repairs.
pub fn conflict_markdown(findings: &Findings<'_>) -> String {
    let mut text = String::from("# No solution\n");
    let is_one = findings.explanations.len() == 1;
    for (at, explanation) in findings.explanations.iter().enumerate() {
        if at == 0 {
            let headline = capitalized(&explanation.headline);
            text.push_str(&format!("\n{headline}.\n"));
        }
        if !is_one {
            text.push_str(&format!("\n# Conflict {}\n", at + 1));
        }
        text.push_str(&one_markdown(explanation));
    }
    text.push_str(&repairs_markdown(findings.repairs));
    if !findings.is_complete {
        text.push_str("\nThe search ended early: there may be more.\n");
    }
    text
}

fn one_markdown(explanation: &Explanation) -> String {
    let mut text = String::from("\n");
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
