//! Why a package is in a lock, and why in that version: for machines, version 1. Keys are only
//! added.

use serde_json::{Value, json};

use super::decision::sentences;
use super::json::to_text;
use super::why::{Decided, Why, Witness};
use super::why_not::move_json;
use crate::graph::{By, Demand, Graph, Obstacle, Path, Total, Why as Reason};
use crate::lock::LockedDeclaration;
use crate::package::{IndexUrl, Version};
use crate::solve::Unfit;

/// Writes it: one document; where a lock has several packages of the name, the others stand in it.
pub fn why_json(whys: &[Why<'_>]) -> String {
    let Some((first, others)) = whys.split_first() else {
        return to_text(&Value::Null);
    };
    let mut value = package_json(first);
    value["schema"] = json!({ "name": "pyaudit.why", "version": "1" });
    value["lock"] = json!(first.file);
    value["target"] = json!(first.target.map(|target| json!({
        "python": target.python().to_string(),
        "platform": target.platform().to_string(),
    })));
    value["others"] = others.iter().map(package_json).collect();
    to_text(&value)
}

fn package_json(why: &Why<'_>) -> Value {
    let package = why.graph.packages()[why.package];
    let file = package.installed_file(why.target);
    let paths = why.paths.shortest.iter();
    let (total, is_exact) = match why.paths.total {
        Total::Exactly(total) => (total, true),
        Total::MoreThan(total) => (total, false),
    };
    json!({
        "package": package.name.to_string(),
        "version": package.version.as_ref().map(ToString::to_string),
        "index": package.index.as_deref().map(IndexUrl::redacted),
        "artifact": file.map(|file| json!({
            "name": file.name,
            "place": file.place.public(),
            "size": file.size,
            "upload_time": file.upload_time.map(|time| time.to_string()),
        })),
        "notes": package.notes.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "paths": {
            "total": total,
            "is_exact": is_exact,
            "shortest": paths.map(|path| path_json(why.graph, path)).collect::<Vec<_>>(),
        },
        "decided": decided_json(why),
    })
}

fn path_json(graph: &Graph<'_>, path: &Path) -> Value {
    let root = &graph.roots()[path.root];
    let steps = path.packages.iter().enumerate().map(|(at, package)| {
        let locked = graph.packages()[*package];
        let before = at.checked_sub(1).map(|before| path.packages[before]);
        let link = before.and_then(|before| graph.link(before, *package));
        let requirements = link.map(|link| {
            let texts = link.requirements.iter();
            texts
                .map(|it| IndexUrl::redacted(&it.to_string()))
                .collect::<Vec<_>>()
        });
        json!({
            "name": locked.name.to_string(),
            "version": locked.version.as_ref().map(ToString::to_string),
            "requirements": requirements,
        })
    });
    json!({
        "declaration": root.declaration.map(declaration_json),
        "packages": steps.collect::<Vec<_>>(),
    })
}

pub(super) fn declaration_json(declaration: &LockedDeclaration) -> Value {
    json!({
        "text": IndexUrl::redacted(&declaration.text),
        "kind": declaration.kind_name(),
        "file": IndexUrl::redacted(&declaration.file),
        "line": declaration.line,
        "column": declaration.column,
    })
}

fn decided_json(why: &Why<'_>) -> Value {
    match why.decided {
        Decided::Named => json!({ "outcome": "named" }),
        Decided::Unknown(reason) => json!({ "outcome": "unknown", "reason": reason }),
        Decided::Known(known) => {
            let decision = &known.decision;
            let obstacles = decision.obstacles.iter();
            let obstacles = obstacles.map(|it| obstacle_json(why.graph, &known.demands, it));
            json!({
                "outcome": "known",
                "best": decision.best.to_string(),
                "obstacles": obstacles.collect::<Vec<_>>(),
                "open": texts(&decision.open),
                "witness": known.witness.as_ref().map(witness_json),
                "text": sentences(why, known),
            })
        }
    }
}

fn obstacle_json(graph: &Graph<'_>, demands: &[Demand], obstacle: &Obstacle) -> Value {
    let mut value = match &obstacle.why {
        Reason::Demand(at) => {
            let demand = &demands[*at];
            let mut value = json!({ "kind": "demand", "specifiers": demand.specifiers });
            value["because"] = json!(demand.because);
            match demand.by {
                By::Declaration(at) => {
                    let record = graph.lock().tool.as_ref();
                    let declared = record.and_then(|record| record.declarations.get(at));
                    value["declaration"] = declared.map_or(Value::Null, declaration_json);
                }
                By::Package(at) | By::Limit(at) => {
                    let package = graph.packages()[at];
                    value["package"] = json!(package.name.to_string());
                    value["version"] = json!(package.version.as_ref().map(ToString::to_string));
                }
            }
            value
        }
        Reason::Unfit(unfit) => json!({ "kind": unfit_name(*unfit) }),
        Reason::Unusable(reason) => json!({ "kind": "unusable", "reason": reason }),
        Reason::Needs { requirement, found } => json!({
            "kind": "needs",
            "requirement": IndexUrl::redacted(&requirement.to_string()),
            "found": graph.packages()[*found].label(),
        }),
    };
    value["versions"] = texts(&obstacle.versions);
    value["without"] = json!(obstacle.without.as_ref().map(ToString::to_string));
    value
}

/// Returns the name of a reason in kebab-case.
fn unfit_name(unfit: Unfit) -> &'static str {
    match unfit {
        Unfit::NoFiles => "no-files",
        Unfit::Newer => "newer-than-cutoff",
        Unfit::UploadTimeUnknown => "upload-time-unknown",
        Unfit::SourceOnly => "source-only",
        Unfit::WheelsOnly => "wheels-only",
        Unfit::Tags(_) => "tags",
        Unfit::Python => "python",
        Unfit::Digest => "digest",
        Unfit::Toolkit => "toolkit",
        Unfit::DriverUnknown => "driver-unknown",
        Unfit::Driver => "driver",
        Unfit::KernelsUnknown => "kernels-unknown",
        Unfit::Kernels => "kernels",
        Unfit::Yanked => "yanked",
        Unfit::Constraint(_) => "constraint",
    }
}

fn witness_json(witness: &Witness) -> Value {
    match witness {
        Witness::TakenAnew { version, moves } => json!({
            "outcome": "taken-anew",
            "version": version.to_string(),
            "moves": moves.iter().map(move_json).collect::<Vec<_>>(),
        }),
        Witness::Possible { version, moves } => json!({
            "outcome": "possible",
            "version": version.to_string(),
            "moves": moves.iter().map(move_json).collect::<Vec<_>>(),
        }),
        Witness::Impossible {
            version,
            explanation,
        } => json!({
            "outcome": "impossible",
            "version": version.to_string(),
            "steps": explanation.steps,
        }),
    }
}

fn texts(versions: &[Version]) -> Value {
    versions.iter().map(ToString::to_string).collect()
}
