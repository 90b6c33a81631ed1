//! What a solve says of a version that a lock might have had: the proof that it goes, or why not.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::why::pins;
use crate::explain::{Explanation, explain};
use crate::graph::Graph;
use crate::package::{Declaration, DeclarationKind, PackageName, Requirement, Version};
use crate::repair::{Freedom, Repair, repairs};
use crate::report::{Move, RepairReport, Witness};
use crate::solve::{
    Catalog, Conflict, Effort, Failure, Outcome, Question, Resolution, conflicts, solve,
};
use crate::source::{Origin, SourceFile, Span};

/// So many questions are solved to find what would have to change, for so long.
const MOST_SOLVES: usize = 300;
const LONGEST: Duration = Duration::from_secs(10);

/// The label of what is asked for beside the declarations.
const DEMAND: &str = "your demand";

/// An answer to the question of a lock with something changed.
pub(super) enum Attempt {
    /// It goes.
    Solved {
        /// The versions.
        pins: BTreeMap<PackageName, Version>,
        /// What would be another than in the lock.
        moves: Vec<Move>,
    },
    /// It does not.
    Unsolvable(Arc<Question>, Box<Conflict>),
}

/// Solves the question of a lock, keeping to its versions, with one package chosen anew and, if
/// there is one, a demand added.
pub(super) fn attempt(
    graph: &Graph<'_>,
    anew: &PackageName,
    demand: Option<&Requirement>,
    question: &Question,
    catalog: &dyn Catalog,
) -> Result<Attempt, Failure> {
    let mut question = question.clone();
    let former = pins(graph.packages().iter().copied());
    question.preferences = former.clone();
    question.preferences.remove(anew);
    question.declarations.extend(demand.map(declaration));
    let question = Arc::new(question);
    Ok(match solve(&question, catalog)?.outcome {
        Outcome::Solved(resolution) => {
            let pins = versions(&resolution);
            let moves = moves(&former, &pins);
            Attempt::Solved { pins, moves }
        }
        Outcome::Unsolvable(conflict) => Attempt::Unsolvable(question, Box::new(conflict)),
    })
}

fn declaration(requirement: &Requirement) -> Declaration {
    let text = requirement.to_string();
    let origin = Origin::whole(&SourceFile::new(DEMAND, text));
    Declaration {
        requirement: requirement.clone(),
        kind: DeclarationKind::Requirement,
        origin,
        section: None,
        digests: Vec::new(),
    }
}

/// Returns what would have to change for a demand to be met, each way of it solved.
pub(super) fn changes(
    question: &Question,
    conflict: &Conflict,
    catalog: &dyn Catalog,
) -> Result<Vec<RepairReport>, Failure> {
    let (question, repairs) = ways(question, conflict, catalog)?;
    let told = repairs.iter();
    Ok(told
        .map(|repair| RepairReport::new(&question, repair))
        .collect())
}

/// Returns the repairs under which a demand is met, and the question that they are changes of. The
/// demand, which is the last declaration, is to stay.
pub(super) fn ways(
    question: &Question,
    conflict: &Conflict,
    catalog: &dyn Catalog,
) -> Result<(Arc<Question>, Vec<Repair>), Failure> {
    let mut question = question.clone();
    if let Some(demand) = question.declarations.last_mut() {
        let text = demand.requirement.to_string();
        let span = Span::new(0, text.len());
        let kept = SourceFile::new(DEMAND, format!("{text}  # pyaudit: keep"));
        demand.origin = Origin::new(&kept, span);
    }
    let question = Arc::new(question);
    let until = Instant::now() + LONGEST;
    let may_go_on = || Instant::now() < until;
    let effort = Effort::new(MOST_SOLVES, &may_go_on);
    let found = conflicts(&question, catalog, conflict, &effort, &mut |_| {})?;
    if found.cores.is_empty() {
        return Ok((question, Vec::new()));
    }
    let freedom = Freedom::default();
    let found = repairs(&question, &found.cores, catalog, freedom, &effort)?;
    Ok((question, found.repairs))
}

/// Tells a conflict with a demand: it is the user who asks.
pub(super) fn told(question: &Question, conflict: &Conflict) -> Explanation {
    let mut explanation = explain(question, conflict);
    let label = format!("`{DEMAND}:1` asks for");
    for step in &mut explanation.steps {
        *step = step.replace(&label, "You ask for");
    }
    explanation
}

fn versions(resolution: &Resolution) -> BTreeMap<PackageName, Version> {
    let packages = resolution.packages.iter();
    packages
        .map(|it| (it.name.clone(), it.version.clone()))
        .collect()
}

fn moves(
    former: &BTreeMap<PackageName, Version>,
    new: &BTreeMap<PackageName, Version>,
) -> Vec<Move> {
    let names: BTreeSet<&PackageName> = former.keys().chain(new.keys()).collect();
    let moves = names.into_iter().map(|name| Move {
        name: name.clone(),
        from: former.get(name).cloned(),
        to: new.get(name).cloned(),
    });
    moves.filter(|it| it.from != it.to).collect()
}

/// Finds out about a better version that nothing in the lock keeps out.
pub(super) fn witness(
    graph: &Graph<'_>,
    name: &PackageName,
    better: &Version,
    question: &Question,
    catalog: &dyn Catalog,
) -> Result<Witness, Failure> {
    let without = |mut moves: Vec<Move>| {
        moves.retain(|it| it.name != *name);
        moves
    };
    let locked = pins(graph.packages().iter().copied()).remove(name);
    if let Attempt::Solved { mut pins, moves } = attempt(graph, name, None, question, catalog)?
        && let Some(version) = pins.remove(name).filter(|it| Some(it) != locked.as_ref())
    {
        let moves = without(moves);
        return Ok(Witness::TakenAnew { version, moves });
    }
    let version = better.clone();
    let demand = exactly(name, better);
    Ok(
        match attempt(graph, name, demand.as_ref(), question, catalog)? {
            Attempt::Solved { moves, .. } => Witness::Possible {
                version,
                moves: without(moves),
            },
            Attempt::Unsolvable(question, conflict) => Witness::Impossible {
                version,
                explanation: told(&question, &conflict),
            },
        },
    )
}

/// Asks for one version.
pub(super) fn exactly(name: &PackageName, version: &Version) -> Option<Requirement> {
    Requirement::parse(&format!("{name}=={version}")).ok()
}
