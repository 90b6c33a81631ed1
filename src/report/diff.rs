//! What moved between two locks, and by whose doing: for a person and for machines.

use serde_json::{Value, json};

use super::decision::place_of;
use super::json::to_text;
use super::summary::change_line;
use super::words::{Style, count};
use crate::explain::need;
use crate::graph::{By, Cause, Demand, Graph, Moved};
use crate::package::{DeclarationKind, IndexUrl};

/// Of the causes of a change, so many are told.
const MOST_CAUSES: usize = 3;

/// Tells it to a person.
pub fn diff_text(former: &Graph<'_>, new: &Graph<'_>, moved: &[Moved], style: Style) -> String {
    if moved.is_empty() {
        return "The locks pin the same.\n".to_owned();
    }
    let mut lines = Vec::new();
    for it in moved {
        lines.push(change_line(&it.change, style));
        for cause in it.causes.iter().take(MOST_CAUSES) {
            let told = cause_sentence(former, new, cause);
            lines.push(format!("    {}", style.dim(&style.wrapped(&told, 6))));
        }
        if it.causes.len() > MOST_CAUSES {
            let more = it.causes.len() - MOST_CAUSES;
            lines.push(style.dim(&format!("    and {more} more")));
        }
    }
    lines.push(count(moved.len(), "change"));
    lines.join("\n") + "\n"
}

fn cause_sentence(former: &Graph<'_>, new: &Graph<'_>, cause: &Cause) -> String {
    match cause {
        Cause::Came(demand) => format!("{} now", demand_of(new, demand)),
        Cause::Dropped(demand) => format!("{} no longer", demand_of(former, demand)),
        Cause::Unmet(requirement, version) => format!(
            "the former version needs {}, and {} is {version} now",
            need(requirement),
            requirement.name
        ),
        Cause::NeededBy(at) => {
            let package = new.packages()[*at].label();
            format!("{package}{} needs it", place_of(new, *at))
        }
        Cause::NoLongerNeededBy(at) => {
            let package = former.packages()[*at].label();
            format!("{package}{} needed it", place_of(former, *at))
        }
        Cause::Declared(at) => format!("{} asks for it", place(new, *at)),
        Cause::NoLongerDeclared(at) => format!("{} asked for it", place(former, *at)),
    }
}

fn demand_of(graph: &Graph<'_>, demand: &Demand) -> String {
    match demand.by {
        By::Declaration(at) => {
            let record = graph.lock().tool.as_ref();
            let declared = record.and_then(|record| record.declarations.get(at));
            let verb = match declared.map(|it| it.kind) {
                Some(DeclarationKind::Constraint) => "allows only",
                Some(DeclarationKind::Override) => "sets",
                Some(DeclarationKind::Requirement) | None => "asks for",
            };
            format!("{} {verb} {}", place(graph, at), demand.specifiers)
        }
        By::Package(at) | By::Limit(at) => {
            let package = graph.packages()[at].label();
            format!(
                "{package}{} needs {}",
                place_of(graph, at),
                demand.specifiers
            )
        }
    }
}

fn place(graph: &Graph<'_>, at: usize) -> String {
    let record = graph.lock().tool.as_ref();
    let declared = record.and_then(|record| record.declarations.get(at));
    let place = declared.map(crate::lock::LockedDeclaration::place);
    IndexUrl::redacted(&place.unwrap_or_default())
}

/// Tells it to machines, version 1: keys are only added.
pub fn diff_json(former: &Graph<'_>, new: &Graph<'_>, moved: &[Moved]) -> String {
    let changes = moved.iter().map(|it| {
        let (from, to) = it.change.versions();
        let causes = it.causes.iter().map(|cause| {
            json!({ "kind": cause_kind(cause), "text": cause_sentence(former, new, cause) })
        });
        json!({
            "kind": it.change.kind(),
            "name": it.change.name().to_string(),
            "from": from.map(ToString::to_string),
            "to": to.map(ToString::to_string),
            "causes": causes.collect::<Vec<Value>>(),
        })
    });
    to_text(&json!({
        "schema": { "name": "pyaudit.diff", "version": "1" },
        "changes": changes.collect::<Vec<_>>(),
    }))
}

fn cause_kind(cause: &Cause) -> &'static str {
    match cause {
        Cause::Came(_) => "bound-came",
        Cause::Dropped(_) => "bound-went",
        Cause::Unmet(..) => "unmet",
        Cause::NeededBy(_) => "needed",
        Cause::NoLongerNeededBy(_) => "no-longer-needed",
        Cause::Declared(_) => "declared",
        Cause::NoLongerDeclared(_) => "no-longer-declared",
    }
}
