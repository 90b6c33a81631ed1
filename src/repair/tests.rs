//! Repairs of invented worlds: those of the fixtures, and on random ones the law that each is
//! solved and changes what it says and nothing else.

use proptest::prelude::*;

use super::{Change, Freedom, Repair, Repairs, applied, repairs};
use crate::package::Requirement;
use crate::solve::universe::{Release, World, some_world, worlds};
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

/// A world where each of some lines asks for a version that has no wheel here.
fn pinned_for_another_python(count: usize) -> World {
    let mut world = World::parse("question = { requires = [], python = \"3.13\" }\n");
    let release = |python: &str| Release {
        wheels: Some(vec![format!("{python}-{python}-manylinux1_x86_64")]),
        ..Release::default()
    };
    for n in 0..count {
        let package = world.packages.entry(format!("p{n}")).or_default();
        package.insert("1".into(), release("cp311"));
        package.insert("2".into(), release("cp313"));
        world.question.requires.push(format!("p{n}==1"));
    }
    world
}

#[test]
fn a_file_pinned_for_another_python_moves_as_a_whole() {
    let world = pinned_for_another_python(30);

    let found = all_repairs(&world).unwrap();

    assert_eq!(found.repairs.len(), 1);
    assert_eq!(found.repairs[0].changes.len(), 30);
    assert!(found.is_complete);
}

#[test]
fn many_conflicts_of_two_lines_are_repaired_without_trying_every_choice() {
    let mut world = World::parse("question.requires = []\n");
    for n in 0..25 {
        let (a, b) = (format!("a{n}"), format!("b{n}"));
        let needs = |version: usize| Release {
            requires: vec![format!("{b}=={version}")],
            ..Release::default()
        };
        world.packages.insert(
            a.clone(),
            [1, 2, 3].map(|it| (it.to_string(), needs(it))).into(),
        );
        let versions = [1, 2, 3].map(|it| (it.to_string(), Release::default()));
        world.packages.insert(b.clone(), versions.into());
        world.question.requires.push(format!("{a}==1"));
        world.question.requires.push(format!("{b}==2"));
    }

    let found = all_repairs(&world).unwrap();

    assert_eq!(found.repairs.len(), 3);
    assert!(
        found
            .repairs
            .iter()
            .all(|repair| repair.changes.len() == 25)
    );
}

/// Checks that a repair was solved, and that nothing is changed but what it says.
fn check_law(world: &World, repair: &Repair) {
    let question = world.question();
    let repaired = applied(&question, &repair.changes).unwrap();
    let outcome = solve(&repaired, &world.catalog()).unwrap().outcome;
    let Outcome::Solved(resolution) = outcome else {
        panic!("{:?} has no solution", repair.changes);
    };
    for locked in &repair.locked {
        let mut packages = resolution.packages.iter();
        let package = packages.find(|it| it.name == locked.name).unwrap();
        assert_eq!(package.version, locked.after);
    }
    for (at, declaration) in question.declarations.iter().enumerate() {
        let becomes = repair.changes.iter().find_map(|change| match change {
            Change::Declaration { at: it, becomes } if *it == at => becomes.as_ref(),
            _ => None,
        });
        let (old, new) = (
            &declaration.requirement,
            &repaired.declarations[at].requirement,
        );
        match becomes {
            None => assert_eq!(old, new),
            Some(text) => {
                assert_eq!(*new, Requirement::parse(text).unwrap());
                assert_ne!(old, new);
                assert_eq!((&old.name, &old.extras), (&new.name, &new.extras));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_repair_of_any_world_is_solved_and_changes_only_what_it_says(
        mut world in some_world(),
        more in proptest::collection::vec(0_u8..4, 0..3),
    ) {
        for (package, version) in ["a", "b", "c"].iter().zip(more) {
            world.question.requires.push(format!("{package}=={version}"));
        }
        for repair in all_repairs(&world).iter().flat_map(|found| &found.repairs) {
            check_law(&world, repair);
        }
    }
}
