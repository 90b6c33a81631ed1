//! What decided a version, in sentences: the newest there is, what keeps it out in order, and what
//! is left.

use super::why::{Decided, Known, Move, Why, Witness};
use super::words::{Style, count};
use crate::explain::{list, need, some_versions, unfit_sentence};
use crate::graph::{Better, By, Decision, Demand, Graph, Obstacle, Why as Reason};
use crate::package::{DeclarationKind, Requirement, Version};

/// Of demands that keep the same versions out, so many are named beside the first.
const MOST_NAMED: usize = 4;

pub(super) fn decision_lines(why: &Why<'_>, style: Style) -> Vec<String> {
    let sentences = match why.decided {
        Decided::Unknown(reason) => {
            vec![format!("That is not known: {reason}.")]
        }
        Decided::Named => vec!["Its version is that of the place that is asked for.".to_owned()],
        Decided::Known(known) => sentences(why, known),
    };
    let mut lines = vec!["What decided the version:".to_owned()];
    lines.extend(
        sentences
            .iter()
            .map(|sentence| format!("  {}", style.wrapped(sentence, 4))),
    );
    lines
}

/// Tells what decided.
pub(super) fn sentences(why: &Why<'_>, known: &Known) -> Vec<String> {
    let package = why.graph.packages()[why.package];
    let Some(pin) = &package.version else {
        return Vec::new();
    };
    let decision = &known.decision;
    let end = match decision.better {
        Better::Newer => "newest",
        Better::Older => "oldest",
    };
    if !decision.is_admitted && decision.obstacles.is_empty() && decision.best == *pin {
        return vec![format!("{pin} is the {end}, and does not fit any more.")];
    }
    if decision.best == *pin {
        return vec![format!("{pin} is the {end} version there is.")];
    }
    let mut told = vec![format!("{} is the {end} version there is.", decision.best)];
    for group in groups(&decision.obstacles) {
        told.push(obstacle_sentence(why, known, &group));
    }
    match (&known.witness, decision.open.is_empty()) {
        (_, true) => told.push(format!("Of the rest, {pin} is the {end}.")),
        (None, false) => told.push(open_sentence(decision)),
        (Some(witness), false) => {
            told.extend(witness_sentences(package.name.as_ref(), pin, witness))
        }
    }
    told
}

/// Obstacles that keep the same versions out by what somebody asks are told together.
fn groups(obstacles: &[Obstacle]) -> Vec<Vec<&Obstacle>> {
    let mut groups: Vec<Vec<&Obstacle>> = Vec::new();
    for obstacle in obstacles {
        let is_demand = matches!(obstacle.why, Reason::Demand(_));
        let same = groups.iter_mut().find(|group| {
            is_demand
                && matches!(group[0].why, Reason::Demand(_))
                && group[0].versions == obstacle.versions
        });
        match same {
            Some(group) => group.push(obstacle),
            None => groups.push(vec![obstacle]),
        }
    }
    groups
}

fn obstacle_sentence(why: &Why<'_>, known: &Known, group: &[&Obstacle]) -> String {
    let first = group[0];
    let name = &why.graph.packages()[why.package].name;
    let newest_first = newest_first(known.decision.better, &first.versions);
    let which = some_versions(&newest_first);
    let (is, needs) = match newest_first.as_slice() {
        [_] => ("is", "needs"),
        _ => ("are", "need"),
    };
    let without = match (&first.why, group.len()) {
        (Reason::Demand(_), 1) => without(why, first),
        _ => String::new(),
    };
    match &first.why {
        Reason::Demand(at) => {
            let by = clause(why, &known.demands[*at], name.as_ref());
            let others: Vec<&Demand> = group[1..]
                .iter()
                .filter_map(|obstacle| match obstacle.why {
                    Reason::Demand(at) => Some(&known.demands[at]),
                    _ => None,
                })
                .collect();
            let also = also(why, &others);
            format!("{which} {is} out because {by}{also}.{without}")
        }
        Reason::Unfit(unfit) => {
            let sentence = unfit_sentence(
                &known.question,
                name,
                &known.candidates,
                *unfit,
                &newest_first,
            );
            format!("{sentence}{without}")
        }
        Reason::Unusable(reason) => format!("{which} cannot be used: {reason}."),
        Reason::Needs { requirement, found } => {
            format!("{which} {needs} {}.", needed(why, requirement, *found))
        }
    }
}

/// Tells what a version needs that the lock does not have.
fn needed(why: &Why<'_>, requirement: &Requirement, found: usize) -> String {
    let found = why.graph.packages()[found].label();
    format!("{}, and the lock has {found}", need(requirement))
}

/// Says what would be if only this obstacle were not.
fn without(why: &Why<'_>, obstacle: &Obstacle) -> String {
    match (&obstacle.without, &obstacle.still) {
        (Some(version), _) => format!(" Without that, {version} could be used."),
        (None, Some((version, own))) => match &**own {
            Reason::Needs { requirement, found } => {
                let needs = needed(why, requirement, *found);
                format!(" Even without that, {version} needs {needs}.")
            }
            Reason::Unusable(reason) => {
                format!(" Even without that, {version} cannot be used: {reason}.")
            }
            Reason::Demand(_) | Reason::Unfit(_) => String::new(),
        },
        (None, None) => String::new(),
    }
}

/// Names who else keeps the same versions out.
fn also(why: &Why<'_>, others: &[&Demand]) -> String {
    if others.is_empty() {
        return String::new();
    }
    let named = &others[..others.len().min(MOST_NAMED)];
    let mut named: Vec<String> = named
        .iter()
        .map(|demand| match demand.by {
            By::Declaration(_) | By::Limit(_) => clause(why, demand, ""),
            By::Package(at) => {
                format!("{} {}", why.graph.packages()[at].label(), demand.specifiers)
            }
        })
        .collect();
    if others.len() > MOST_NAMED {
        named.push(format!("{} more", others.len() - MOST_NAMED));
    }
    format!("; also out by {}", list(&named))
}

/// Tells a demand: `docstrange 1.1.8 (requirements.in:14) needs numpy <2.0.0`.
pub(super) fn clause(why: &Why<'_>, demand: &Demand, name: &str) -> String {
    let name = if name.is_empty() {
        String::new()
    } else {
        format!("{name} ")
    };
    match demand.by {
        By::Declaration(at) => {
            let record = why.graph.lock().tool.as_ref();
            let declared = record.and_then(|record| record.declarations.get(at));
            let (place, verb) = match declared {
                Some(declared) => {
                    let verb = match declared.kind {
                        DeclarationKind::Requirement => "asks for",
                        DeclarationKind::Constraint => "allows only",
                        DeclarationKind::Override => "sets",
                    };
                    (declared.place(), verb)
                }
                None => (String::new(), "asks for"),
            };
            format!("{place} {verb} {name}{}", demand.specifiers)
        }
        By::Package(at) => format!(
            "{}{} needs {name}{}",
            why.graph.packages()[at].label(),
            place_of(why.graph, at),
            demand.specifiers
        ),
        By::Limit(at) => format!(
            "{}{} works only with {name}{}: {}",
            why.graph.packages()[at].label(),
            place_of(why.graph, at),
            demand.specifiers,
            demand.because.as_deref().unwrap_or_default()
        ),
    }
}

/// Says which declaration brings a package: ` (requirements.in:14)`, ` (requirements.in:14, by
/// docling 2.1)`.
pub(super) fn place_of(graph: &Graph<'_>, package: usize) -> String {
    let Some(path) = graph.shortest_path(package) else {
        return String::new();
    };
    let Some(declaration) = graph.roots()[path.root].declaration else {
        return String::new();
    };
    match path.packages.as_slice() {
        [.., before, _] => {
            let before = graph.packages()[*before].label();
            format!(" ({}, by {before})", declaration.place())
        }
        _ => format!(" ({})", declaration.place()),
    }
}

fn open_sentence(decision: &Decision) -> String {
    let open = newest_first(decision.better, &decision.open);
    format!(
        "Nothing that the lock tells keeps {} out.",
        some_versions(&open)
    )
}

fn witness_sentences(name: &str, pin: &Version, witness: &Witness) -> Vec<String> {
    match witness {
        Witness::TakenAnew { version, moves } => vec![format!(
            "Nothing keeps {version} out: {pin} was there or was preferred when it was locked. \
             `pyaudit lock --upgrade-package {name}` takes {version}{}.",
            moving(moves)
        )],
        Witness::Possible { version, moves } => vec![format!(
            "Nothing forbids {version}: it goes{}. The search prefers the lock's answer.",
            moving(moves)
        )],
        Witness::Impossible {
            version,
            explanation,
        } => {
            let mut told = vec![format!("{version} cannot be, because:")];
            let steps = explanation.steps.iter().enumerate();
            told.extend(steps.map(|(at, step)| format!("{}. {step}", at + 1)));
            told.extend(explanation.conclusion.clone());
            told
        }
    }
}

/// Says what else would be another: `, with scipy 1.12.0 → 1.15.3`.
pub(super) fn moving(moves: &[Move]) -> String {
    if moves.is_empty() {
        return String::new();
    }
    let most = 6;
    let mut told: Vec<String> = moves.iter().take(most).map(moved).collect();
    if moves.len() > most {
        told.push(count(moves.len() - most, "more change"));
    }
    format!(", with {}", list(&told))
}

fn moved(it: &Move) -> String {
    match (&it.from, &it.to) {
        (Some(from), Some(to)) => format!("{} {from} → {to}", it.name),
        (None, Some(to)) => format!("{} {to} added", it.name),
        (Some(from), None) => format!("{} {from} removed", it.name),
        (None, None) => it.name.to_string(),
    }
}

fn newest_first(better: Better, best_first: &[Version]) -> Vec<Version> {
    let mut versions = best_first.to_vec();
    if better == Better::Older {
        versions.reverse();
    }
    versions
}
