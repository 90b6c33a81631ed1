//! Matrices of invented worlds: each cell has the answer that its own question has.

use proptest::prelude::*;

use super::{Around, Axes, Choice, Verdict, pythons, question_at, solve_matrix, with};
use crate::solve::universe::{World, some_world, worlds};
use crate::solve::{Outcome, solve};

fn axes(world: &World) -> Axes {
    let question = world.question();
    let gpus = question.target.accelerators().gpus.iter().cloned();
    Axes {
        pythons: pythons("3.10..3.12").unwrap(),
        platforms: vec![*question.target.platform(), "windows".parse().unwrap()],
        flavours: vec![Choice::Unsaid, Choice::Only("cu121".parse().unwrap())],
        gpus: std::iter::once(None).chain(gpus.map(Some)).collect(),
        with: vec![Vec::new(), with("a=1").unwrap(), with("b=>=2").unwrap()],
    }
}

#[track_caller]
fn check(world: &World) -> usize {
    let (question, catalog) = (world.question(), world.catalog());
    let axes = axes(world);
    let around = Around {
        expect: &|_| (),
        may_go_on: &|| true,
        told: &|_| (),
    };

    let matrix = solve_matrix(&question, &axes, &catalog, &around).unwrap();

    for cell in &matrix.cells {
        let own = std::sync::Arc::new(question_at(&question, &axes, cell.at));
        let is_solved = match solve(&own, &catalog).unwrap().outcome {
            Outcome::Solved(_) => true,
            Outcome::Unsolvable(_) => false,
        };
        assert_eq!(
            matches!(cell.verdict, Verdict::Solved(_)),
            is_solved,
            "{:?}",
            cell.at
        );
    }
    assert_eq!(matrix.cells.len(), axes.coordinates().len());
    matrix.cells.iter().filter(|cell| cell.follows).count()
}

#[test]
fn cells_of_every_universe_have_the_answers_of_their_own_questions() {
    let follow: usize = worlds().iter().map(|(_, world)| check(world)).sum();

    assert!(follow > 100, "only {follow} cells follow from another");
}

proptest! {
    #[test]
    fn cells_of_random_worlds_have_the_answers_of_their_own_questions(world in some_world()) {
        check(&world);
    }
}

#[test]
fn once_it_is_stopped_the_cells_that_are_left_are_unknown() {
    let (_, world) = worlds().into_iter().next().unwrap();
    let axes = axes(&world);
    let is_over = std::cell::Cell::new(false);
    let around = Around {
        expect: &|_| (),
        may_go_on: &|| !is_over.get(),
        told: &|_| is_over.set(true),
    };
    let matrix = solve_matrix(&world.question(), &axes, &world.catalog(), &around).unwrap();

    let unknown = matrix.cells.iter();
    let unknown = unknown.filter(|cell| matches!(cell.verdict, Verdict::Unknown));
    assert!(unknown.count() > matrix.cells.len() / 2);
    assert!(!matches!(matrix.cells[0].verdict, Verdict::Unknown));
}

#[test]
fn axes_are_read_as_they_are_typed() {
    let told = |text: &str| {
        let found = pythons(text).map(|list| list.iter().map(ToString::to_string).collect());
        found.map_err(|error| error.message)
    };
    let list = |texts: &[&str]| Ok(texts.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>());

    assert_eq!(told("3.9..3.11"), list(&["3.9", "3.10", "3.11"]));
    assert_eq!(told("3.10.4"), list(&["3.10.4"]));
    assert!(told("3.13..3.9").is_err());
    assert!(told("3.9.1..3.11").is_err());
    assert!(told("3..4").is_err());
    let demands = with("NumPy=1, 2.1,>=3").unwrap();
    let demands: Vec<String> = demands.iter().map(|it| it.specifiers.to_string()).collect();
    assert_eq!(demands, ["==1.*", "==2.1.*", ">=3"]);
    assert!(with("numpy").is_err());
    assert!(with("numpy=x").is_err());
}
