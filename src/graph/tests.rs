//! What decided a version, in invented worlds: and that it is true, by taking it away.

use super::testing::{decided, lock_of};
use super::{By, Why};
use crate::solve::universe::{World, name};

/// Tells a decision in short: `WHO keeps out BEST..NEAREST, else WITHOUT`.
fn told(world: &World, package: &str) -> Vec<String> {
    let lock = lock_of(world);
    let (decision, demands) = decided(world, package);
    let mut lines: Vec<String> = decision
        .obstacles
        .iter()
        .map(|obstacle| {
            let why = match &obstacle.why {
                Why::Demand(at) => match demands[*at].by {
                    By::Declaration(at) => {
                        let declared = &lock.tool.as_ref().unwrap().declarations[at];
                        format!("{}:{}", declared.file, declared.line)
                    }
                    By::Package(at) => lock.packages[at].label(),
                    By::Limit(at) => format!("a fact of {}", lock.packages[at].label()),
                },
                Why::Unfit(why) => format!("{why:?}"),
                Why::Unusable(why) => why.clone(),
                Why::Needs { requirement, found } => {
                    format!("{requirement} against {}", lock.packages[*found].label())
                }
            };
            let (first, last) = (&obstacle.versions[0], obstacle.versions.last().unwrap());
            let without = obstacle.without.as_ref();
            let without = without.map_or(String::new(), |version| format!(", else {version}"));
            format!("{why} keeps out {first}..{last}{without}")
        })
        .collect();
    lines.extend(
        decision
            .open
            .iter()
            .map(|version| format!("{version} is open")),
    );
    lines
}

fn pin(world: &World, package: &str) -> String {
    let lock = lock_of(world);
    lock.named(&name(package))[0]
        .version
        .as_ref()
        .unwrap()
        .to_string()
}

const CAPPED: &str = r#"
    packages.a."1" = { requires = ["b<3"] }
    packages.c."1" = { requires = ["b<4"] }
    packages.b."1" = {}
    packages.b."2" = {}
    packages.b."3" = {}
    packages.b."4" = {}
    packages.b."5" = { requires-python = ">=3.13" }
    question.requires = ["a", "c", "b>=1"]
"#;

#[test]
fn the_cap_nearest_to_the_pin_comes_first() {
    let world = World::parse(CAPPED);

    assert_eq!(pin(&world, "b"), "2");
    assert_eq!(
        told(&world, "b"),
        [
            "a 1 keeps out 5..3, else 3",
            "c 1 keeps out 5..4",
            "Python keeps out 5..5",
        ]
    );
}

#[test]
fn what_binds_alone_does_so_truly() {
    let mut world = World::parse(CAPPED);
    world
        .packages
        .get_mut("a")
        .unwrap()
        .get_mut("1")
        .unwrap()
        .requires
        .clear();

    assert_eq!(pin(&world, "b"), "3", "as the decision said");
}

#[test]
fn two_caps_of_the_same_reach_bind_only_together() {
    let mut world = World::parse(CAPPED);
    world.question.constraints.push("b<2.5".into());

    assert_eq!(
        told(&world, "b"),
        [
            "constraints.txt:1 keeps out 5..3",
            "a 1 keeps out 5..3",
            "c 1 keeps out 5..4",
            "Python keeps out 5..5",
        ]
    );
    world
        .packages
        .get_mut("a")
        .unwrap()
        .get_mut("1")
        .unwrap()
        .requires
        .clear();
    assert_eq!(pin(&world, "b"), "2");
    world.question.constraints.clear();
    assert_eq!(pin(&world, "b"), "3");
}

#[test]
fn a_version_that_needs_what_the_lock_has_not_is_told_so() {
    let world = World::parse(
        r#"
        packages.a."1" = { requires = ["b<2"] }
        packages.b."1" = {}
        packages.b."2" = {}
        packages.c."1" = {}
        packages.c."2" = { requires = ["b>=2"] }
        packages.c."3" = { requires = ["b>=2", "a"] }
        question.requires = ["a", "c"]
        "#,
    );

    assert_eq!(
        told(&world, "c"),
        ["b>=2 against b 1 keeps out 3..2, else 3"]
    );
}

#[test]
fn a_version_that_a_former_lock_prefers_leaves_better_ones_open() {
    let mut world = World::parse(
        r#"
        packages.a."1" = {}
        packages.a."2" = {}
        packages.a."3b1" = {}
        question.requires = ["a"]
        "#,
    );
    assert_eq!(told(&world, "a"), [""; 0]);
    world.question.prefer = [("a".into(), "1".into())].into();

    assert_eq!(told(&world, "a"), ["2 is open"]);
}

#[test]
fn where_the_oldest_is_wanted_it_is_told_what_keeps_older_ones_out() {
    let world = World::parse(
        r#"
        packages.a."1" = { requires = ["b>=2"] }
        packages.b."1" = {}
        packages.b."2" = {}
        packages.b."3" = {}
        question.requires = ["a"]
        question.resolution = "lowest"
        "#,
    );

    assert_eq!(told(&world, "b"), ["a 1 keeps out 1..1, else 1"]);
}

#[test]
fn wheels_yanks_and_cutoffs_are_told_as_the_solver_has_them() {
    let world = World::parse(
        r#"
        packages.a."1" = { upload-time = "2026-01-01T00:00:00Z" }
        packages.a."2" = { upload-time = "2026-01-02T00:00:00Z", yanked = "bad" }
        packages.a."3" = { upload-time = "2026-01-03T00:00:00Z", wheels = ["cp39-cp39-win32"] }
        packages.a."4" = { upload-time = "2026-02-01T00:00:00Z" }
        question.requires = ["a"]
        question.exclude-newer = "2026-01-31T00:00:00Z"
        "#,
    );

    assert_eq!(
        told(&world, "a"),
        [
            "Yanked keeps out 2..2, else 2",
            "Tags(Python) keeps out 3..3, else 3",
            "Newer keeps out 4..4, else 4",
        ]
    );
}

#[test]
fn a_bound_that_nobody_declares_is_told_as_a_fact() {
    let world = World::parse(
        r#"
        packages.a."1" = { requires = ["b"] }
        packages.b."1" = {}
        packages.b."2" = {}
        question.requires = ["a"]
        question.facts = """
        [[limits]]
        package = "a"
        affected = "<2"
        needs = "b<2"
        """
        "#,
    );

    assert_eq!(pin(&world, "b"), "1");
    assert_eq!(told(&world, "b"), ["a fact of a 1 keeps out 2..2, else 2"]);
}

#[test]
fn an_override_lifts_neither_a_fact_nor_a_constraint() {
    let world = |extra: &str| {
        let text = format!(
            r#"
            packages.a."1" = {{ requires = ["b<0"] }}
            packages.b."1" = {{}}
            packages.b."2" = {{}}
            question.requires = ["a"]
            question.overrides = ["b>=1"]
            {extra}
            "#
        );
        World::parse(&text)
    };
    let constrained = world(r#"question.constraints = ["b<2"]"#);
    let limited =
        world(r#"question.facts = "[[limits]]\npackage = 'a'\naffected = '<2'\nneeds = 'b<2'""#);

    assert_eq!(pin(&constrained, "b"), "1");
    assert_eq!(
        told(&constrained, "b"),
        ["constraints.txt:1 keeps out 2..2"]
    );
    assert_eq!(pin(&limited, "b"), "1");
    assert_eq!(
        told(&limited, "b"),
        ["a fact of a 1 keeps out 2..2, else 2"]
    );
}

#[test]
fn a_version_with_a_bound_of_its_own_that_nobody_declares_is_not_promised() {
    let world = World::parse(
        r#"
        packages.torch."1" = {}
        packages.torch."2" = {}
        packages.audio."1" = {}
        packages.audio."2" = {}
        question.requires = ["torch==1", "audio==1"]
        question.facts = """
        [[limits]]
        package = "audio"
        affected = ">=2"
        needs = "torch>=2"
        """
        "#,
    );

    assert_eq!(told(&world, "audio"), ["requirements.in:2 keeps out 2..2"]);
}
