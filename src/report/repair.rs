//! Repairs for a person, for machines and for Markdown: the user's line as it is and as it would be.

use std::fmt::Write as _;

use serde::Serialize;

use super::Style;
use crate::input::written;
use crate::package::IndexUrl;
use crate::repair::{Change, Relocked, Repair};
use crate::solve::Question;

/// Where an override goes, and what it does.
const OVERRIDE: &str = "an override, against what packages declare";

/// So many packages are told of a repair; the rest is counted.
const MOST_LOCKED: usize = 6;

/// A repair in words, version 1 of the shape: keys are only added.
#[derive(Clone, Debug, Serialize)]
pub struct RepairReport {
    changes: Vec<ChangeReport>,
    locked: Vec<LockedJson>,
    notes: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum ChangeReport {
    Declaration {
        file: String,
        line: usize,
        column: usize,
        from: String,
        to: Option<String>,
    },
    Override {
        requirement: String,
    },
    Python {
        python: String,
    },
}

#[derive(Clone, Debug, Serialize)]
struct LockedJson {
    name: String,
    from: Option<String>,
    to: String,
}

impl RepairReport {
    /// Describes a repair of a question.
    pub fn new(question: &Question, repair: &Repair) -> Self {
        let changes = repair.changes.iter();
        let locked = repair.locked.iter();
        Self {
            changes: changes
                .map(|change| change_report(question, change))
                .collect(),
            locked: locked.map(locked_json).collect(),
            notes: notes(question, repair),
        }
    }

    /// Says what the packages concerned would be: `torch 2.5.0 (instead of 2.1.1), numpy 2.1.0`.
    fn locked(&self) -> String {
        let told = self.locked.iter().take(MOST_LOCKED);
        let told = told.map(|package| match &package.from {
            Some(from) if *from != package.to => {
                format!("{} {} (instead of {from})", package.name, package.to)
            }
            _ => format!("{} {}", package.name, package.to),
        });
        let told: Vec<String> = told.collect();
        let more = self.locked.len().saturating_sub(MOST_LOCKED);
        match more {
            0 => told.join(", "),
            more => format!("{} and {more} more", told.join(", ")),
        }
    }
}

fn change_report(question: &Question, change: &Change) -> ChangeReport {
    match change {
        Change::Declaration { at, becomes } => {
            let declaration = &question.declarations[*at];
            let origin = &declaration.origin;
            ChangeReport::Declaration {
                file: origin.label().to_owned(),
                line: origin.line(),
                column: origin.column(),
                from: IndexUrl::redacted(origin.text()),
                to: becomes
                    .as_deref()
                    .map(|becomes| written(declaration, becomes)),
            }
        }
        Change::Override { requirement } => ChangeReport::Override {
            requirement: requirement.clone(),
        },
        Change::Python(python) => ChangeReport::Python {
            python: python.to_string(),
        },
    }
}

/// Says why more was moved than has to be.
fn notes(question: &Question, repair: &Repair) -> Vec<String> {
    let python = question.target.python();
    let unbuilt = repair.unbuilt.iter();
    let notes = unbuilt.map(|it| {
        format!(
            "{} {} has no wheel for Python {python}: it would be built from source",
            it.name, it.version
        )
    });
    notes.collect()
}

fn locked_json(locked: &Relocked) -> LockedJson {
    // Where it was asked for as 2.1, and is 2.1.0, nothing moves.
    let before = locked
        .before
        .as_ref()
        .map(|before| match *before == locked.after {
            true => &locked.after,
            false => before,
        });
    LockedJson {
        name: locked.name.to_string(),
        from: before.map(ToString::to_string),
        to: locked.after.to_string(),
    }
}

impl ChangeReport {
    /// The lines of the change as a diff: where, what goes, what comes.
    fn lines(&self) -> (String, Option<String>, Option<String>) {
        match self {
            Self::Declaration {
                file,
                line,
                from,
                to,
                ..
            } => (format!("{file}:{line}"), Some(from.clone()), to.clone()),
            Self::Override { requirement } => {
                (OVERRIDE.to_owned(), None, Some(requirement.clone()))
            }
            Self::Python { python } => (
                "the command line".to_owned(),
                None,
                Some(format!("--python {python}")),
            ),
        }
    }
}

/// Draws repairs: numbered, each with its diff and what would be locked.
pub fn draw_repairs(repairs: &[RepairReport], style: Style) -> String {
    let mut text = String::new();
    if repairs.is_empty() {
        return text;
    }
    let headline = match repairs {
        [_] => "a repair, which was solved",
        _ => "repairs, smallest first, each of which was solved",
    };
    let _ = writeln!(text, "{}:", style.bold(headline));
    for (at, repair) in repairs.iter().enumerate() {
        let number = format!("  {}. ", at + 1);
        for (nth, change) in repair.changes.iter().enumerate() {
            let (place, from, to) = change.lines();
            let lead = if nth == 0 { number.as_str() } else { "     " };
            let _ = writeln!(text, "\n{lead}{place}");
            if let Some(from) = from {
                let _ = writeln!(text, "     {}", style.red(&format!("-{from}")));
            }
            if let Some(to) = to {
                let _ = writeln!(text, "     {}", style.green(&format!("+{to}")));
            }
        }
        let locked = repair.locked();
        if !locked.is_empty() {
            let _ = writeln!(text, "     locks {}", style.wrapped(&locked, 11));
        }
        for note in &repair.notes {
            let _ = writeln!(text, "     {}", style.wrapped(note, 5));
        }
    }
    text
}

/// Writes repairs as Markdown.
pub(super) fn repairs_markdown(repairs: &[RepairReport]) -> String {
    let mut text = String::new();
    if repairs.is_empty() {
        return text;
    }
    text.push_str("\n## Repairs\n\nEach was solved.\n");
    for (at, repair) in repairs.iter().enumerate() {
        let _ = writeln!(text, "\n{}. locks {}\n", at + 1, repair.locked());
        for change in &repair.changes {
            let (place, from, to) = change.lines();
            let _ = writeln!(text, "   {place}\n\n   ```diff");
            if let Some(from) = from {
                let _ = writeln!(text, "   -{from}");
            }
            if let Some(to) = to {
                let _ = writeln!(text, "   +{to}");
            }
            text.push_str("   ```\n");
        }
        for note in &repair.notes {
            let _ = writeln!(text, "\n   {note}");
        }
    }
    text
}
