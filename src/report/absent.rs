//! A package that is not in a lock: who would bring it, and which name was perhaps meant.

use serde_json::json;

use super::json::to_text;
use super::words::Style;
use crate::explain::need;
use crate::package::{ExtraName, IndexUrl, PackageName, Requirement};

/// What is known of a package that is not there.
#[derive(Clone, Debug)]
pub struct Absent<'a> {
    /// The name.
    pub name: &'a PackageName,
    /// The lock's file.
    pub file: &'a str,
    /// The target that the lock was read for, where it has the package for others.
    pub place: Option<String>,
    /// Whether it is left out wherever something asks for it.
    pub is_excluded: bool,
    /// Who would bring it.
    pub bringers: Vec<Bringer>,
    /// The constraints and overrides that speak of it, as `file:line`.
    pub declared: Vec<String>,
    /// The name that was perhaps meant.
    pub nearest: Option<String>,
}

/// A requirement of a locked package that speaks of it and does not hold.
#[derive(Clone, Debug)]
pub struct Bringer {
    /// The package, by its position.
    pub package: usize,
    /// The package with its version.
    pub label: String,
    /// What it asks for.
    pub requirement: Requirement,
    /// The extra under which it would hold on the target.
    pub extra: Option<ExtraName>,
}

/// Of those that would bring it, so many are told.
const MOST_TOLD: usize = 8;

/// Tells it to a person.
pub fn absent_text(absent: &Absent<'_>, style: Style) -> String {
    let name = absent.name;
    let bold = style.bold(name.as_ref());
    let mut lines = vec![match &absent.place {
        None => format!("{bold} is not in {}.", absent.file),
        Some(place) => {
            let told = format!(
                "{bold} is in {}, and not for {place}: `--for PLATFORM/PYTHON` asks about others.",
                absent.file
            );
            style.wrapped(&told, 0)
        }
    }];
    if absent.is_excluded {
        lines.push("It is excluded, wherever something asks for it.".to_owned());
    }
    for place in &absent.declared {
        lines.push(format!("{place} speaks of it, and nothing requires it."));
    }
    if !absent.bringers.is_empty() {
        lines.push("These would bring it:".to_owned());
    }
    for bringer in absent.bringers.iter().take(MOST_TOLD) {
        let how = match (&bringer.extra, bringer.requirement.marker.text()) {
            (Some(extra), _) => format!("with the extra `{extra}`"),
            (None, "") => "always".to_owned(),
            (None, marker) => format!("where {marker}"),
        };
        let line = format!(
            "{} {how}: {}",
            bringer.label,
            IndexUrl::redacted(&need(&bringer.requirement))
        );
        lines.push(format!("  {}", style.wrapped(&line, 4)));
    }
    if absent.bringers.len() > MOST_TOLD {
        lines.push(format!(
            "  … and {} more",
            absent.bringers.len() - MOST_TOLD
        ));
    }
    if absent.bringers.is_empty()
        && let Some(nearest) = &absent.nearest
    {
        lines.push(format!("Did you mean `{nearest}`?"));
    }
    lines.join("\n") + "\n"
}

/// Tells it to machines, version 1: keys are only added.
pub fn absent_json(absent: &Absent<'_>) -> String {
    let bringers = absent.bringers.iter().map(|it| {
        json!({
            "by": it.label,
            "requirement": IndexUrl::redacted(&it.requirement.to_string()),
            "extra": it.extra.as_ref().map(ToString::to_string),
        })
    });
    to_text(&json!({
        "schema": { "name": "pyaudit.why", "version": "1" },
        "lock": absent.file,
        "package": absent.name.to_string(),
        "version": null,
        "is_excluded": absent.is_excluded,
        "bringers": bringers.collect::<Vec<_>>(),
        "declared": absent.declared,
        "nearest": absent.nearest,
        "others": [],
    }))
}
