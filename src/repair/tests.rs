//! Repairs of invented worlds: those of the fixtures, and on random ones the law that each is
//! solved.

use super::{Change, Freedom, Repairs, applied, repairs};
use crate::solve::universe::{World, worlds};
use crate::solve::{Effort, Outcome, Question, conflicts, solve};

fn all_repairs(world: &World) -> Option<Repairs> {
    let (question, catalog) = (world.question(), world.catalog());
    let Outcome::Unsolvable(first) = solve(&question, &catalog).unwrap().outcome else {
        return None;
    };
    let effort = Effort::new(1000, &|| true);
    let found = conflicts(&question, &catalog, &first, &effort, &mut |_| {}).unwrap();
    let freedom = Freedom {
        python: world.question.python.is_none(),
    };
    Some(repairs(&question, &found.cores, &catalog, freedom, &effort).unwrap())
}

fn told(question: &Question, change: &Change) -> String {
    match change {
        Change::Declaration { at, becomes } => {
            let becomes = becomes.as_deref().unwrap_or("goes");
            format!("{} {becomes}", question.declarations[*at].origin)
        }
        Change::Override { requirement } => format!("override {requirement}"),
        Change::Python(python) => format!("python {python}"),
    }
}

#[test]
fn every_repair_is_solved_and_as_its_fixture_says() {
    for (path, world) in worlds() {
        let Some(found) = all_repairs(&world) else {
            continue;
        };
        let question = world.question();
        for repair in &found.repairs {
            let repaired = applied(&question, &repair.changes).unwrap();
            let outcome = solve(&repaired, &world.catalog()).unwrap().outcome;
            assert!(matches!(outcome, Outcome::Solved(_)), "{}", path.display());
        }
        let repairs = found.repairs.iter();
        let repairs: Vec<Vec<String>> = repairs
            .map(|repair| {
                repair
                    .changes
                    .iter()
                    .map(|it| told(&question, it))
                    .collect()
            })
            .collect();

        if let Some(expected) = &world.expected.repairs {
            assert_eq!(repairs, *expected, "{}", path.display());
        }
    }
}
