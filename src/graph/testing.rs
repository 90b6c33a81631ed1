//! Small locks for tests, written as `FILE:LINE REQUIREMENT` and `NAME VERSION: REQUIREMENT, …`.

use std::sync::Arc;

use super::{Decision, Demand, Graph, Subject, Told, decide};
use crate::lock::{
    Circumstances, Lock, LockedDeclaration, LockedEdge, LockedPackage, ToolRecord, build,
};
use crate::package::{DeclarationKind, PackageName, Requirement};
use crate::solve::universe::{World, name};
use crate::solve::{Candidate, Catalog as _, Judge, Outcome, solve};

/// Makes a lock of declarations and packages. `FILE` `c.txt` holds constraints, `o.txt` overrides.
pub(crate) fn lock(declared: &[&str], packages: &[&str]) -> Lock {
    let lock = Lock {
        packages: packages.iter().map(|text| package(text)).collect(),
        tool: Some(ToolRecord {
            declarations: declared.iter().map(|text| declaration(text)).collect(),
            ..ToolRecord::default()
        }),
        ..Lock::empty()
    };
    lock.sorted()
}

fn declaration(text: &str) -> LockedDeclaration {
    let (place, text) = text.split_once(' ').unwrap();
    let (file, line) = place.split_once(':').unwrap();
    LockedDeclaration {
        name: Requirement::parse(text).unwrap().name,
        text: text.to_owned(),
        kind: match file {
            "c.txt" => DeclarationKind::Constraint,
            "o.txt" => DeclarationKind::Override,
            _ => DeclarationKind::Requirement,
        },
        file: file.to_owned(),
        line: line.parse().unwrap(),
        column: 1,
        section: None,
        applies: true,
        is_kept: false,
    }
}

fn package(text: &str) -> LockedPackage {
    let (label, needs) = text.split_once(':').unwrap();
    let (name, version) = label.split_once(' ').unwrap();
    let name = PackageName::new(name.to_owned()).unwrap();
    let needs = needs.split(", ").map(str::trim).filter(|it| !it.is_empty());
    LockedPackage {
        edges: needs
            .map(|text| LockedEdge {
                requirement: Requirement::parse(text).unwrap(),
                version: None,
            })
            .collect(),
        ..LockedPackage::new(name, Some(version.parse().unwrap()))
    }
}

/// Solves an invented world and locks the answer.
pub(crate) fn lock_of(world: &World) -> Lock {
    let question = world.question();
    match solve(&question, &world.catalog()).unwrap().outcome {
        Outcome::Solved(resolution) => build(&question, &resolution, &Circumstances::default()),
        Outcome::Unsolvable(_) => panic!("it has no solution"),
    }
}

/// Returns the decision about a package of a world, and what is asked of it.
pub(crate) fn decided(world: &World, package: &str) -> (Decision, Vec<Demand>) {
    let lock = lock_of(world);
    let question = world.question();
    let catalog = world.catalog();
    let graph = Graph::new(&lock, Some(&question.target));
    let package = graph.named(&name(package)).next().unwrap();
    let project = catalog.project(&graph.packages()[package].name).unwrap();
    let candidates = Judge::new(Arc::clone(&question)).judge(project);
    let mut demands = graph.demands_on(package, Some(&question.target));
    demands.extend(graph.limits_on(package, &question));
    let subject = Subject {
        graph: &graph,
        package,
        question: &question,
        candidates: &candidates,
        demands: &demands,
    };
    let project = candidates.project();
    let mut read = |candidate: &Candidate| match catalog.metadata(project, candidate.at()) {
        Ok(metadata) => Told::Metadata(metadata),
        Err(refusal) => Told::Unusable(format!("{refusal:?}")),
    };
    (decide(&subject, &mut read).unwrap(), demands)
}
