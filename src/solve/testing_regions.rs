//! Regions against invented worlds: fixtures with the lock that is expected, and random worlds, of
//! which every environment is walked again by itself.
//!
//! `fixtures/regions/<case>.toml`: packages and a question as in `fixtures/universes`, `region` (the
//! marker of all environments), `required` (markers), `prefer` (lines of a former lock), and `lock`
//! (lines `a==1 ; marker`) or `unserved` (words for each environment without a solution).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use serde::Deserialize;

use super::universe::{Asked, Packages, Release, World};
use super::{ForkStrategy, Forked, Outcome, Preferred, Question, solve, solve_region};
use crate::package::{
    Marker, MarkerTree, PackageName, Requirement, Specifiers, Version, either, shortest_text,
    under_extras,
};
use crate::target::{Region, Target};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    packages: Packages,
    #[serde(default)]
    indexes: BTreeMap<String, Packages>,
    question: Asked,
    region: String,
    #[serde(default)]
    required: Vec<String>,
    #[serde(default)]
    prefer: Vec<String>,
    #[serde(default)]
    strategy: String,
    #[serde(default)]
    lock: Vec<String>,
    #[serde(default)]
    unserved: Vec<String>,
}

fn tree(text: &str) -> MarkerTree {
    Marker::parse(text).unwrap().tree().clone()
}

fn question(world: &World, region: Region) -> Arc<Question> {
    Arc::new(Question {
        region: Some(Arc::new(region)),
        ..Question::clone(&world.question())
    })
}

fn preferred(lines: &[String]) -> Vec<Preferred> {
    let line = |line: &String| {
        let requirement = Requirement::parse(line).unwrap();
        Preferred {
            version: requirement.specifiers.text()[2..].parse().unwrap(),
            marker: requirement.marker.tree().clone(),
            name: requirement.name,
        }
    };
    lines.iter().map(line).collect()
}

/// Returns where each version is needed.
fn pins(forked: &Forked) -> BTreeMap<(PackageName, Version), MarkerTree> {
    let mut pins = BTreeMap::new();
    for fork in &forked.forks {
        for package in fork.needed() {
            let pin = (package.name.clone(), package.version.clone());
            let marker = fork.marker_of(&package.name);
            let known = pins.entry(pin).or_insert(MarkerTree::FALSE);
            *known = either(known, &marker);
        }
    }
    pins
}

fn lines(forked: &Forked, region: &Region) -> Vec<String> {
    let lines = pins(forked).into_iter().map(|((name, version), marker)| {
        match shortest_text(&marker, region.marker()) {
            Some(marker) => format!("{name}=={version} ; {marker}"),
            None => format!("{name}=={version}"),
        }
    });
    lines.collect()
}

#[test]
fn every_region_is_locked_as_its_fixture_expects() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/regions");
    let mut count = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let case: Case = toml::from_str(&text).unwrap_or_else(|error| panic!("{error}"));
        let world = World {
            packages: case.packages,
            indexes: case.indexes,
            question: case.question,
            expected: Default::default(),
        };
        let required: Vec<MarkerTree> = case.required.iter().map(|it| tree(it)).collect();
        let region = Region::new(tree(&case.region))
            .unwrap()
            .requiring(&required);
        let question = question(&world, region);
        let region = question.region.clone().unwrap();
        let strategy = match case.strategy.as_str() {
            "requires-python" => ForkStrategy::RequiresPython,
            _ => ForkStrategy::Fewest,
        };
        let catalog = world.catalog();

        let forked = solve_region(&question, &preferred(&case.prefer), strategy, &catalog).unwrap();
        let unserved = forked.unserved.iter().chain(&forked.left_out);
        let unserved = unserved.map(|it| it.question.place());
        let unserved: Vec<String> = unserved.collect();
        assert_eq!(unserved, case.unserved, "{}", path.display());
        let locked = lines(&forked, &region);
        assert_eq!(locked, case.lock, "{}", path.display());
        if unserved.is_empty() {
            let again = solve_region(&question, &preferred(&locked), strategy, &catalog).unwrap();
            assert_eq!(lines(&again, &region), locked, "again: {}", path.display());
        }
        count += 1;
    }
    assert!(count >= 10, "only {count} fixtures were found");
}

/// The environments in which random worlds are walked.
fn targets() -> Vec<Target> {
    let mut targets = Vec::new();
    for platform in ["linux", "macos", "x86_64-apple-darwin", "windows"] {
        for python in ["3.9", "3.10", "3.12"] {
            targets.push(Target::new(
                python.parse().unwrap(),
                platform.parse().unwrap(),
            ));
        }
    }
    targets
}

const MARKERS: &[&str] = &[
    "",
    "",
    "",
    "",
    "sys_platform == 'linux'",
    "sys_platform != 'linux'",
    "sys_platform == 'win32'",
    "os_name == 'posix' and platform_machine == 'arm64'",
    "python_version < '3.10'",
    "python_version >= '3.10'",
    "python_version >= '3.11' and sys_platform == 'darwin'",
];

fn some_requirements(most: usize) -> impl Strategy<Value = Vec<String>> {
    let specifier = prop_oneof![
        2 => Just(String::new()),
        1 => (0u8..4).prop_map(|n| format!("=={n}")),
        1 => (0u8..4).prop_map(|n| format!(">={n}")),
        1 => (1u8..4).prop_map(|n| format!("<{n}")),
    ];
    let package = prop_oneof![
        Just("a"),
        Just("b"),
        Just("c"),
        Just("d"),
        Just("e"),
        Just("b[x]")
    ];
    let requirement =
        (package, specifier, 0..MARKERS.len()).prop_map(|(package, specifier, at)| {
            match MARKERS[at] {
                "" => format!("{package}{specifier}"),
                marker => format!("{package}{specifier} ; {marker}"),
            }
        });
    proptest::collection::vec(requirement, 0..most)
}

fn some_release() -> impl Strategy<Value = Release> {
    let pythons = prop_oneof![
        4 => Just(None),
        1 => Just(Some(">=3.10")),
        1 => Just(Some(">=3.12")),
        1 => Just(Some("<3.12")),
    ];
    (some_requirements(3), some_requirements(2), pythons).prop_map(
        |(mut requires, extra, python)| {
            let of_extra = extra.iter().map(|text| match text.split_once(" ; ") {
                Some((bare, marker)) => format!("{bare} ; ({marker}) and extra == 'x'"),
                None => format!("{text} ; extra == 'x'"),
            });
            requires.extend(of_extra);
            Release {
                requires,
                extras: vec!["x".into()],
                requires_python: python.map(str::to_owned),
                ..Release::default()
            }
        },
    )
}

/// Sources that random worlds have: a package of one index in some environments.
const SOURCES: &[&str] = &[
    "b from other ; sys_platform == 'darwin'",
    "b from other ; python_version < '3.10'",
    "c from other",
];

fn some_packages() -> impl Strategy<Value = Packages> {
    let versions =
        proptest::collection::btree_map((0u8..4).prop_map(|n| n.to_string()), some_release(), 1..4);
    let names = ["a", "b", "c", "d", "e"].map(str::to_owned);
    let packages = proptest::collection::vec(versions, names.len());
    packages.prop_map(move |packages| names.clone().into_iter().zip(packages).collect())
}

fn some_world() -> impl Strategy<Value = World> {
    let sources = proptest::sample::subsequence(SOURCES.to_vec(), 0..=2);
    let parts = (
        some_packages(),
        some_packages(),
        some_requirements(5),
        sources,
    );
    parts.prop_map(|(packages, others, requires, sources)| World {
        packages,
        indexes: [("other".to_owned(), others)].into(),
        question: Asked {
            requires,
            sources: sources.iter().map(ToString::to_string).collect(),
            ..Asked::default()
        },
        expected: Default::default(),
    })
}

/// Returns the releases of a package in an environment: by its source, else those of the usual index.
fn releases_at<'w>(world: &'w World, name: &str, target: &Target) -> &'w BTreeMap<String, Release> {
    let is_source = |text: &&String| {
        let (place, marker) = text
            .split_once(" ; ")
            .unwrap_or((text, "sys_platform != ''"));
        place.starts_with(&format!("{name} from "))
            && tree(marker).evaluate(target.environment(), &[])
    };
    match world.question.sources.iter().any(|text| is_source(&text)) {
        true => &world.indexes["other"][name],
        false => &world.packages[name],
    }
}

/// Walks one environment from the declarations over what a lock has there; says what is wrong.
fn wrong_at(
    world: &World,
    pins: &BTreeMap<(PackageName, Version), MarkerTree>,
    target: &Target,
) -> Option<String> {
    let mut chosen: BTreeMap<PackageName, Version> = BTreeMap::new();
    for ((name, version), marker) in pins {
        if marker.evaluate(target.environment(), &[])
            && chosen.insert(name.clone(), version.clone()).is_some()
        {
            return Some(format!("two versions of {name}"));
        }
    }
    let mut reached: BTreeSet<(PackageName, bool)> = BTreeSet::new();
    let mut waiting: Vec<Requirement> = Vec::new();
    let holding = |texts: &[String], with_extra: bool| -> Vec<Requirement> {
        let extras = if with_extra {
            vec!["x".parse().unwrap()]
        } else {
            Vec::new()
        };
        let all = texts.iter().map(|text| Requirement::parse(text).unwrap());
        all.filter(|it| under_extras(it.marker.tree(), &extras).evaluate(target.environment(), &[]))
            .collect()
    };
    waiting.extend(holding(&world.question.requires, false));
    while let Some(requirement) = waiting.pop() {
        let Some(version) = chosen.get(&requirement.name) else {
            return Some(format!("{requirement} is missing"));
        };
        if !requirement.specifiers.contains(version) {
            return Some(format!("{version} does not meet {requirement}"));
        }
        let releases = releases_at(world, requirement.name.as_ref(), target);
        let Some(release) = releases.get(&version.to_string()) else {
            return Some(format!("{} {version} is not there", requirement.name));
        };
        let python = release.requires_python.as_deref().unwrap_or_default();
        if !target.admits_python(&Specifiers::parse(python).unwrap()) {
            return Some(format!(
                "{} {version} needs Python {python}",
                requirement.name
            ));
        }
        for with_extra in [false, true] {
            let is_asked = !with_extra || !requirement.extras.is_empty();
            if is_asked && reached.insert((requirement.name.clone(), with_extra)) {
                waiting.extend(holding(&release.requires, with_extra));
            }
        }
    }
    let idle = chosen
        .keys()
        .find(|name| !reached.contains(&((*name).clone(), false)));
    idle.map(|name| format!("nothing needs {name}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_slice_of_a_region_s_lock_is_valid_and_none_is_left_out_that_has_a_solution(world in some_world()) {
        let region = Region::new(tree("python_version >= '3.9' and python_version < '3.13'")).unwrap();
        let question = question(&world, region);
        let forked = solve_region(&question, &[], ForkStrategy::Fewest, &world.catalog()).unwrap();
        let pins = pins(&forked);

        for target in targets() {
            let is_unserved = forked.unserved.iter().any(|part| {
                let region = part.question.region.as_ref().unwrap();
                region.marker().evaluate(target.environment(), &[])
            });
            if is_unserved {
                let alone = Question { target: target.clone(), ..Question::clone(&world.question()) };
                let answer = solve(&Arc::new(alone), &world.catalog()).unwrap();
                let is_solved = matches!(answer.outcome, Outcome::Solved(_));
                prop_assert!(!is_solved, "{} has a solution", target.describe());
            } else {
                let wrong = wrong_at(&world, &pins, &target);
                prop_assert!(wrong.is_none(), "{}: {}", target.describe(), wrong.unwrap());
            }
        }
    }

    #[test]
    fn a_second_lock_of_a_region_changes_nothing(world in some_world()) {
        let region = Region::new(tree("python_version >= '3.9' and python_version < '3.13'")).unwrap();
        let question = question(&world, region);
        let region = question.region.clone().unwrap();
        let lock = |former: &[String]| {
            let former = preferred(former);
            solve_region(&question, &former, ForkStrategy::Fewest, &world.catalog()).unwrap()
        };
        let first = lock(&[]);
        if first.unserved.is_empty() {
            let first = lines(&first, &region);
            prop_assert_eq!(lines(&lock(&first), &region), first);
        }
    }
}
