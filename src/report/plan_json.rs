//! What install commands would do, for machines, version 1: keys are only added. The schema stands
//! in `fixtures/schemas/pyaudit.plan.v1.json`.

use serde_json::{Value, json};

use super::json::to_text;
use super::plan::{Plan, PlannedStep, unjudged};
use super::plan_words::kind_name;
use crate::explain::{break_sentence, index_of, moved_sentence, reasons};
use crate::package::{IndexUrl, PackageName};
use crate::sequence::{Baseline, Break, BreakWhy, Change, Effect, Lapse, Present};
use crate::source::Origin;

/// Tells machines what commands would do.
pub fn plan_json(plan: &Plan<'_>) -> String {
    let instead = plan.instead.map(|instead| {
        json!({
            "command": instead.command,
            "text": instead.sentence,
            "changes": changes_json(&instead.changes),
        })
    });
    let baseline = (!plan.before.is_empty())
        .then(|| json!({ "name": plan.before.label, "packages": plan.before.len() }));
    to_text(&json!({
        "schema": { "name": "pyaudit.plan", "version": "1" },
        "target": plan.target,
        "baseline": baseline,
        "is_broken": plan.is_broken(),
        "steps": plan.steps.iter().map(step_json).collect::<Vec<_>>(),
        "lapses": plan.lapses.iter().map(|it| lapse_json(plan, it)).collect::<Vec<_>>(),
        "broken": breaks_json(plan.broken),
        "not_judged": unjudged_json(&plan.unjudged()),
        "download": plan.download(),
        "instead": instead,
    }))
}

/// Tells what a lock does to what is installed.
pub(super) fn baseline_json(
    before: &Baseline,
    effect: &Effect,
    broken: &[Break],
    keep: &[PackageName],
) -> Value {
    json!({
        "name": before.label,
        "packages": before.len(),
        "changes": changes_json(&effect.changes),
        "kept": effect.kept.len(),
        "broken": breaks_json(broken),
        "not_judged": unjudged_json(&unjudged(&effect.after)),
        "keep": keep.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

fn unjudged_json(unjudged: &[(&PackageName, &str)]) -> Vec<Value> {
    let told = unjudged.iter();
    let told = told.map(|(name, why)| json!({ "name": name.to_string(), "reason": why }));
    told.collect()
}

fn step_json(step: &PlannedStep) -> Value {
    let conflict = step.conflict.as_ref().map(|conflict| {
        json!({
            "headline": conflict.headline,
            "steps": conflict.steps,
            "conclusion": conflict.conclusion,
        })
    });
    json!({
        "command": step.command,
        "place": place_json(&step.origin),
        "outcome": match (step.is_played, &step.conflict) {
            _ if step.is_unplayed => "not-played",
            (false, _) => "left-out",
            (true, Some(_)) => "fails",
            (true, None) => "installs",
        },
        "changes": changes_json(&step.changes),
        "kept": step.kept,
        "conflict": conflict,
        "notes": step.notes,
    })
}

/// Tells changes.
fn changes_json(changes: &[Change]) -> Vec<Value> {
    changes.iter().map(change_json).collect()
}

fn change_json(change: &Change) -> Value {
    let version = |present: &Option<Present>| {
        let version = present.as_ref().and_then(|it| it.version.as_ref());
        version.map(ToString::to_string)
    };
    json!({
        "kind": kind_name(change.kind()),
        "name": change.name().map(ToString::to_string),
        "from": version(&change.before),
        "to": version(&change.after),
        "index": index_of(change),
        "because": reasons(change),
        "size": change.size,
    })
}

/// Tells what is broken.
fn breaks_json(broken: &[Break]) -> Vec<Value> {
    let told = broken.iter().map(|it| {
        json!({
            "kind": match it.why {
                BreakWhy::Unmet { .. } => "unmet",
                BreakWhy::Absent(_) => "absent",
                BreakWhy::Limited { .. } => "limited",
            },
            "name": it.package.name.to_string(),
            "version": it.package.version.as_ref().map(ToString::to_string),
            "needs": it.needs().to_string(),
            "has": it.has().map(ToString::to_string),
            "text": break_sentence(it),
            "place": place_json(&it.package.origin),
        })
    });
    told.collect()
}

fn lapse_json(plan: &Plan<'_>, lapse: &Lapse) -> Value {
    let label = |at: usize| super::plan::label(plan, at);
    match lapse {
        Lapse::Moved(moved) => json!({
            "kind": "moved",
            "step": moved.later,
            "earlier": moved.earlier,
            "text": moved_sentence(moved, &label),
        }),
        Lapse::Broken { later, what } => json!({
            "kind": "broken",
            "step": later,
            "earlier": null,
            "text": break_sentence(what),
        }),
        Lapse::Failed { later } => json!({
            "kind": "failed",
            "step": later,
            "earlier": null,
            "text": "what it asks for has no solution",
        }),
    }
}

fn place_json(origin: &Origin) -> Value {
    json!({
        "file": IndexUrl::redacted(origin.label()),
        "line": origin.line(),
        "column": origin.column(),
    })
}
