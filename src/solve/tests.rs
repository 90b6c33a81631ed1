//! The solver against invented worlds: fixtures with expected pins, and a slow, obvious solver as
//! oracle on random ones.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;

use super::universe::{Release, World, name, some_world, worlds};
use super::{Conflicts, Effort, Outcome, Question, Resolution, conflicts, part_of, solve};
use crate::package::{Requirement, Version};

fn pins(resolution: &Resolution) -> BTreeMap<String, String> {
    resolution
        .packages
        .iter()
        .map(|package| (package.name.to_string(), package.version.to_string()))
        .collect()
}

fn solved(world: &World) -> Option<BTreeMap<String, String>> {
    match solve(&world.question(), &world.catalog()).unwrap().outcome {
        Outcome::Solved(resolution) => Some(pins(&resolution)),
        Outcome::Unsolvable(_) => None,
    }
}

#[test]
fn every_universe_is_solved_as_its_fixture_expects() {
    let mut count = 0;
    for (path, world) in worlds() {
        let expects_conflict = world.expected.report.is_some();
        assert_ne!(
            world.expected.pins.is_some(),
            expects_conflict,
            "{}",
            path.display()
        );

        assert_eq!(solved(&world), world.expected.pins, "{}", path.display());
        count += 1;
    }
    assert!(count >= 20, "only {count} fixtures were found");
}

/// Tries every combination of versions of every package, newest first, and returns whether one
/// satisfies everything. Exponential, and plain to see.
fn oracle_solves(world: &World) -> bool {
    let packages: Vec<&String> = world.packages.keys().collect();
    let mut chosen: BTreeMap<&str, &str> = BTreeMap::new();
    try_all(world, &packages, &mut chosen)
}

fn try_all<'w>(
    world: &'w World,
    packages: &[&'w String],
    chosen: &mut BTreeMap<&'w str, &'w str>,
) -> bool {
    let Some((package, rest)) = packages.split_first() else {
        return holds(world, chosen);
    };
    for version in world.packages[*package].keys() {
        chosen.insert(package, version);
        if try_all(world, rest, chosen) {
            return true;
        }
    }
    chosen.remove(package.as_str());
    try_all(world, rest, chosen)
}

/// Whether a choice of versions meets every requirement of the root and of each chosen package.
fn holds(world: &World, chosen: &BTreeMap<&str, &str>) -> bool {
    let mut met = world.question.requires.iter().chain(
        chosen
            .iter()
            .flat_map(|(package, version)| &world.packages[*package][*version].requires),
    );
    met.all(|text| {
        let requirement = Requirement::parse(text).unwrap();
        chosen
            .get(requirement.name.as_ref())
            .is_some_and(|version| requirement.specifiers.contains(&version.parse().unwrap()))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_the_oracle_solves_we_solve_and_nothing_else(world in some_world()) {
        let ours = solved(&world);

        prop_assert_eq!(ours.is_some(), oracle_solves(&world));
        if let Some(pins) = &ours {
            let chosen = pins.iter().map(|(p, v)| (p.as_str(), v.as_str())).collect();
            prop_assert!(holds(&world, &chosen), "{pins:?} does not hold");
        }
    }

    #[test]
    fn nothing_is_pinned_that_nothing_needs(world in some_world()) {
        if let Some(pins) = solved(&world) {
            let mut reached = BTreeSet::new();
            let mut waiting = world.question.requires.clone();
            while let Some(text) = waiting.pop() {
                let package = Requirement::parse(&text).unwrap().name.to_string();
                if reached.insert(package.clone()) {
                    let release = &world.packages[&package][&pins[&package]];
                    waiting.extend(release.requires.iter().cloned());
                }
            }
            prop_assert_eq!(reached, pins.into_keys().collect::<BTreeSet<_>>());
        }
    }

    #[test]
    fn the_same_question_gets_the_same_answer(world in some_world()) {
        prop_assert_eq!(solved(&world), solved(&world));
    }

    #[test]
    fn removing_a_requirement_never_makes_it_unsolvable(mut world in some_world()) {
        let was_solvable = solved(&world).is_some();
        if world.question.requires.pop().is_some() && was_solvable {
            prop_assert!(solved(&world).is_some());
        }
    }

    #[test]
    fn what_was_locked_stays_locked(mut world in some_world()) {
        if let Some(pins) = solved(&world) {
            world.question.prefer = pins.clone();
            prop_assert_eq!(solved(&world), Some(pins));
        }
    }
}

#[test]
fn a_preference_gives_way_where_it_does_not_fit() {
    let mut world = World::parse(
        r#"
        packages.a."1" = { requires = ["b>=2"] }
        packages.b."1" = {}
        packages.b."2" = {}
        packages.b."3" = {}
        question.requires = ["a"]
        "#,
    );
    world.question.prefer = [("b".into(), "1".into())].into();

    let expected: Version = "3".parse().unwrap();
    let Outcome::Solved(resolution) = solve(&world.question(), &world.catalog()).unwrap().outcome
    else {
        panic!("it has a solution");
    };
    assert_eq!(resolution.packages[1].name, name("b"));
    assert_eq!(resolution.packages[1].version, expected);
}

#[test]
fn packages_that_go_back_in_step_do_not_wander() {
    let mut world = World::parse("question.requires = [\"c\", \"a\"]\n");
    let release = |requires: &[String]| Release {
        requires: requires.to_vec(),
        ..Release::default()
    };
    for n in 0..200 {
        let a = world.packages.entry("a".into()).or_default();
        a.insert(n.to_string(), release(&[format!("b=={n}")]));
        let b = world.packages.entry("b".into()).or_default();
        b.insert(n.to_string(), release(&["c<2".into()]));
    }
    let c = world.packages.entry("c".into()).or_default();
    c.insert("1".into(), release(&[]));
    c.insert("2".into(), release(&[]));

    let answer = solve(&world.question(), &world.catalog()).unwrap();

    let Outcome::Solved(resolution) = answer.outcome else {
        panic!("it has a solution");
    };
    assert_eq!(
        pins(&resolution)["a"],
        "199",
        "the newest `a` goes with an older `c`"
    );
    assert!(answer.trail.len() < 40, "{} steps", answer.trail.len());
}

fn all_conflicts(world: &World) -> Option<Conflicts> {
    let (question, catalog) = (world.question(), world.catalog());
    let Outcome::Unsolvable(first) = solve(&question, &catalog).unwrap().outcome else {
        return None;
    };
    let effort = Effort::new(1000, &|| true);
    Some(conflicts(&question, &catalog, &first, &effort, &mut |_| {}).unwrap())
}

/// Whether some declarations of a world alone have a solution; the others are not there at all.
fn is_solved(world: &World, kept: impl Fn(usize) -> bool) -> bool {
    let mut question = Question::clone(&world.question());
    let mut at = 0;
    question.declarations.retain(|_| {
        at += 1;
        kept(at - 1)
    });
    let outcome = solve(&Arc::new(question), &world.catalog())
        .unwrap()
        .outcome;
    matches!(outcome, Outcome::Solved(_))
}

#[track_caller]
fn check_conflicts(world: &World, found: &Conflicts) {
    assert!(found.is_complete);
    for core in &found.cores {
        let members = &core.declarations;
        assert!(!is_solved(world, |at| members.contains(&at)), "{members:?}");
        for member in members {
            let is_solved = is_solved(world, |at| members.contains(&at) && at != *member);
            assert!(is_solved, "{members:?} do not need {member}");
        }
    }
    let all: Vec<usize> = found
        .cores
        .iter()
        .flat_map(|core| core.declarations.clone())
        .collect();
    let each: BTreeSet<usize> = all.iter().copied().collect();
    assert_eq!(
        all.len(),
        each.len(),
        "no two conflicts share a declaration"
    );
    assert!(is_solved(world, |at| !each.contains(&at)));
}

#[test]
fn every_conflict_of_a_universe_is_found_and_minimal() {
    for (path, world) in worlds() {
        let Some(found) = all_conflicts(&world) else {
            continue;
        };
        check_conflicts(&world, &found);
        let question = world.question();
        let text = |at: &usize| question.declarations[*at].origin.text().to_owned();
        let cores = found.cores.iter();
        let lines: Vec<Vec<String>> = cores
            .map(|core| core.declarations.iter().map(text).collect())
            .collect();

        if let Some(expected) = &world.expected.conflicts {
            assert_eq!(lines, *expected, "{}", path.display());
        }
    }
}

#[test]
fn a_search_that_may_not_go_on_says_that_it_is_not_complete() {
    let world = World::parse("question.requires = [\"a\", \"b\"]\n");
    let question = world.question();
    let Outcome::Unsolvable(first) = solve(&question, &world.catalog()).unwrap().outcome else {
        panic!("it has no solution");
    };

    let effort = Effort::new(1, &|| true);
    let found = conflicts(&question, &world.catalog(), &first, &effort, &mut |_| {}).unwrap();

    assert_eq!(found.cores.len(), 1);
    assert!(!found.is_complete);
}

#[test]
fn a_search_that_may_not_go_on_ends_in_the_middle_of_a_solve() {
    let world = World::parse(
        r#"
        packages.a."1" = { requires = ["b"] }
        packages.b."1" = { requires = ["c"] }
        packages.c."1" = {}
        question.requires = ["a"]
        "#,
    );
    let (question, catalog) = (world.question(), world.catalog());
    let is_solved_within = |steps: usize| {
        let left = Cell::new(steps);
        let may_go_on = || left.replace(left.get().saturating_sub(1)) > 0;
        let effort = Effort::new(1, &may_go_on);
        let outcome = effort.solve(&question, &catalog).unwrap();
        assert_eq!(outcome.is_none(), effort.is_out());
        outcome.is_some()
    };

    assert!(!is_solved_within(2));
    assert!(is_solved_within(20));
}

#[test]
fn what_an_override_silenced_is_no_conflict_when_it_goes_with_another() {
    let world = World::parse(
        r#"
        packages.a."1" = { requires = ["b"] }
        packages.b."1" = { requires = ["x<2"] }
        packages.b."2" = {}
        packages.c."1" = { requires = ["b>=2"] }
        packages.d."1" = { requires = ["b<2"] }
        packages.x."1" = {}
        packages.x."2" = {}
        packages.y."1" = {}
        packages.y."2" = {}
        packages.z."1" = { requires = ["y<2"] }
        question.requires = ["x>=2", "a", "z", "y>=2", "c", "d"]
        question.overrides = ["b==1"]
        "#,
    );

    let found = all_conflicts(&world).unwrap();

    let mut cores: Vec<Vec<usize>> = found.cores.into_iter().map(|it| it.declarations).collect();
    cores.sort();
    assert_eq!(cores[0][0], 0);
    assert!(cores[0].ends_with(&[6]), "{cores:?}");
    assert_eq!(cores.last().unwrap(), &[2, 3]);
    let removed: BTreeSet<usize> = cores.into_iter().flatten().filter(|at| *at != 6).collect();
    assert!(is_solved(&world, |at| !removed.contains(&at)));
    assert!(found.is_complete);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_conflict_of_any_world_is_minimal(world in some_world()) {
        if let Some(found) = all_conflicts(&world) {
            check_conflicts(&world, &found);
        }
    }
    #[test]
    fn what_is_remembered_of_other_questions_changes_no_answer(mut world in some_world()) {
        world.question.constraints = world.question.requires.split_off(1.min(world.question.requires.len()));
        let (question, catalog) = (world.question(), world.catalog());
        let effort = Effort::new(1000, &|| true);
        let all: BTreeSet<usize> = (0..question.declarations.len()).collect();
        for without in all.iter().map(|at| &all - &[*at].into()).chain([all.clone()]) {
            let part = part_of(&question, &without);
            let outcomes = [
                effort.solve(&part, &catalog).unwrap().unwrap(),
                solve(&part, &catalog).unwrap().outcome,
            ];
            let [remembering, anew] = outcomes.map(|outcome| match outcome {
                Outcome::Solved(resolution) => Some(pins(&resolution)),
                Outcome::Unsolvable(_) => None,
            });
            prop_assert_eq!(remembering, anew);
        }
    }
}
