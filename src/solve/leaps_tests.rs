//! Leaps against generated worlds: how much is read, and that nothing is missed that a slow walk
//! through all versions would find.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Mutex;

use proptest::prelude::*;

use super::universe::{Asked, Packages, Release, Universe, World};
use super::*;
use crate::index::{Metadata, Project};
use crate::package::{DirectUrl, PackageName};

/// A catalog that notes what is read.
struct Counting {
    universe: Universe,
    read: Mutex<BTreeSet<String>>,
    /// What was sent for ahead of time.
    sent: Mutex<HashSet<(PackageName, FileAt)>>,
    /// How often was read what nobody had sent for: each time, a run would wait.
    waits: Mutex<usize>,
    /// Whether what is only looked at cannot be had.
    fails_at_glances: bool,
    /// Where going back through a package will end.
    ends: Option<(PackageName, FileAt)>,
}

impl Catalog for Counting {
    fn project(&self, name: &PackageName) -> Result<std::sync::Arc<Project>, Refusal> {
        self.universe.project(name)
    }

    fn direct(
        &self,
        name: &PackageName,
        url: &DirectUrl,
    ) -> Result<std::sync::Arc<Project>, Refusal> {
        self.universe.direct(name, url)
    }

    fn metadata(&self, project: &Project, at: FileAt) -> Result<std::sync::Arc<Metadata>, Refusal> {
        let metadata = self.universe.metadata(project, at)?;
        let sent = (project.name.clone(), at);
        if self.sent.lock().unwrap().insert(sent) {
            *self.waits.lock().unwrap() += 1;
        }
        let read = format!("{}=={}", metadata.name, metadata.version);
        self.read.lock().unwrap().insert(read);
        Ok(metadata)
    }

    fn glance(&self, project: &Project, at: FileAt) -> Result<std::sync::Arc<Metadata>, Refusal> {
        let file = project.pages[at.page].page.file(at.file);
        assert!(file.is_wheel(), "{file:?} would have to be built");
        match self.fails_at_glances {
            true => Err(Refusal::Failed(Failure {
                doing: format!("could not get {file:?}"),
                causes: Vec::new(),
                help: None,
            })),
            false => self.metadata(project, at),
        }
    }

    fn soon(&self, wanted: &[(std::sync::Arc<Project>, FileAt)]) {
        let wanted = wanted
            .iter()
            .map(|(project, at)| (project.name.clone(), *at));
        self.sent.lock().unwrap().extend(wanted);
    }

    fn likely(&self, project: &Project) -> Option<FileAt> {
        let (of, at) = self.ends.as_ref()?;
        (*of == project.name).then_some(*at)
    }

    fn soon_apart(&self, wanted: &[(std::sync::Arc<Project>, FileAt)]) {
        self.soon(wanted);
    }
}

impl Counting {
    fn of(world: &World) -> Self {
        Self {
            universe: world.catalog(),
            read: Mutex::default(),
            sent: Mutex::default(),
            waits: Mutex::default(),
            fails_at_glances: false,
            ends: None,
        }
    }
}

/// What became of a world: its pins, or none, and how many releases were read.
fn answer(world: &World) -> (Option<BTreeMap<String, String>>, usize) {
    let catalog = Counting::of(world);
    let outcome = solve(&world.question(), &catalog).unwrap().outcome;
    let pins = match outcome {
        Outcome::Solved(resolution) => Some(
            resolution
                .packages
                .iter()
                .map(|package| (package.name.to_string(), package.version.to_string()))
                .collect(),
        ),
        Outcome::Unsolvable(_) => None,
    };
    (pins, catalog.read.into_inner().unwrap().len())
}

fn requires(one: impl Into<String>) -> Release {
    Release {
        requires: vec![one.into()],
        ..Release::default()
    }
}

fn world(packages: Packages, declared: &[&str]) -> World {
    World {
        packages,
        indexes: BTreeMap::new(),
        question: Asked {
            requires: declared.iter().map(ToString::to_string).collect(),
            ..Asked::default()
        },
        expected: super::universe::Expected::default(),
    }
}

/// A package of versions 1.0, 1.1 … that need what a function says, if it says something.
fn package(versions: usize, needs: impl Fn(usize) -> Option<String>) -> BTreeMap<String, Release> {
    let release = |at| needs(at).map_or_else(Release::default, requires);
    (0..versions)
        .map(|at| (format!("1.{at}"), release(at)))
        .collect()
}

/// boto3, botocore and urllib3: `a` goes in step with `b`, which needs a `c` that grows.
fn chain(versions: usize, declared: &[&str]) -> World {
    let series = |at| at / 50 * 50 + 50;
    let packages = BTreeMap::from([
        (
            "a".to_owned(),
            package(versions, |at| Some(format!("b>=1.{at},<1.{}", series(at)))),
        ),
        (
            "b".to_owned(),
            package(versions, |at| Some(format!("c>=1.{}", at / 40))),
        ),
        ("c".to_owned(), package(versions / 40 + 1, |_| None)),
    ]);
    world(packages, declared)
}

#[test]
fn a_version_that_would_have_to_be_built_is_not_built_to_look_at_it() {
    let mut world = chain(1_200, &["a", "c<1.5"]);
    for (at, release) in world
        .packages
        .get_mut("b")
        .unwrap()
        .values_mut()
        .enumerate()
    {
        if at % 3 == 0 {
            release.wheels = Some(Vec::new());
            release.sdist = true;
        }
    }

    let (pins, _) = answer(&world);

    assert!(pins.is_some());
}

#[test]
fn a_look_that_fails_ends_the_run_and_does_not_change_the_answer() {
    let world = chain(1_200, &["a", "c<1.5"]);
    let catalog = Counting {
        fails_at_glances: true,
        ..Counting::of(&world)
    };

    let failure = solve(&world.question(), &catalog).unwrap_err();

    assert!(failure.doing.starts_with("could not get"), "{failure}");
}

#[test]
fn of_a_thousand_versions_in_the_way_less_than_a_tenth_is_read() {
    let world = chain(1_200, &["a", "c<1.5"]);

    let (pins, read) = answer(&world);

    let pins = pins.unwrap();
    assert_eq!(
        (&*pins["a"], &*pins["b"], &*pins["c"]),
        ("1.199", "1.199", "1.4")
    );
    assert!(read < 240, "{read} of 2,430 were read");
}

#[test]
fn nothing_is_sent_for_behind_the_version_at_which_going_back_will_probably_end() {
    let asks_for_both = Release {
        requires: vec!["b".to_owned(), "c<1.1".to_owned()],
        ..Release::default()
    };
    let packages = BTreeMap::from([
        (
            "a".to_owned(),
            BTreeMap::from([("1".to_owned(), asks_for_both)]),
        ),
        (
            "b".to_owned(),
            package(60, |at| (at >= 30).then(|| "c>=1.1".to_owned())),
        ),
        ("c".to_owned(), package(2, |_| None)),
    ]);
    let world = world(packages, &["a"]);
    let b = PackageName::new("b".to_owned()).unwrap();
    let sent_behind = |ends: Option<FileAt>| {
        let catalog = Counting {
            ends: ends.map(|at| (b.clone(), at)),
            ..Counting::of(&world)
        };
        let outcome = solve(&world.question(), &catalog).unwrap().outcome;
        assert!(matches!(outcome, Outcome::Solved(_)));
        let sent = catalog.sent.into_inner().unwrap();
        let behind = sent.iter().filter(|(name, at)| *name == b && at.file < 29);
        behind.count()
    };

    assert!(sent_behind(None) > 0);
    assert_eq!(sent_behind(Some(FileAt { page: 0, file: 29 })), 0);
    // It was thought that it ends earlier.
    assert!(sent_behind(Some(FileAt { page: 0, file: 50 })) > 0);
}

#[test]
fn a_bound_below_all_versions_is_a_conflict_after_all_were_read() {
    let packages = BTreeMap::from([
        (
            "a".to_owned(),
            package(150, |at| Some(format!("b>=1.{}", at + 10))),
        ),
        ("b".to_owned(), package(200, |_| None)),
    ]);
    let world = world(packages, &["a", "b<1.5"]);

    let (pins, read) = answer(&world);

    assert_eq!(pins, None);
    assert_eq!(read, 150);

    let catalog = Counting::of(&world);
    solve(&world.question(), &catalog).unwrap();
    let waits = catalog.waits.into_inner().unwrap();
    assert!(waits < 15, "{waits} of them were waited for");
}

#[test]
fn where_bounds_go_back_and_forth_each_version_is_read() {
    let lone = 137;
    let needs = |at: usize| match at {
        at if at == lone => Some("b".to_owned()),
        at => Some(format!("b==1.{}", 10 + at * 7 % 90)),
    };
    let packages = BTreeMap::from([
        ("a".to_owned(), package(300, needs)),
        ("b".to_owned(), package(100, |_| None)),
    ]);

    let (pins, _) = answer(&world(packages, &["a", "b<1.5"]));

    assert_eq!(pins.unwrap()["a"], "1.137");
}

#[test]
fn among_few_versions_one_that_needs_less_than_its_neighbours_is_found() {
    let needs = |at: usize| match at {
        2 | 0 => None,
        _ => Some("b>=1.5".to_owned()),
    };
    let packages = BTreeMap::from([
        ("a".to_owned(), package(11, needs)),
        ("b".to_owned(), package(10, |_| None)),
    ]);

    let (pins, _) = answer(&world(packages, &["a", "b<1.5"]));

    assert_eq!(pins.unwrap()["a"], "1.2");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// `a` needs a `b` of its own step or newer, `b` a `c`; steps are of any length.
    #[test]
    fn where_bounds_move_in_one_direction_the_answer_is_the_newest(
        steps in proptest::collection::vec(0usize..3, 30..260),
        allowed in 0usize..120,
    ) {
        let grown: Vec<usize> = steps
            .iter()
            .scan(0, |sum, step| { *sum += step; Some(*sum) })
            .collect();
        let count = grown.len();
        let packages = BTreeMap::from([
            ("a".to_owned(), package(count, |at| Some(format!("b>=1.{at},<1.{}", at + 3)))),
            ("b".to_owned(), package(count, |at| Some(format!("c>=1.{}", grown[at])))),
            ("c".to_owned(), package(grown[count - 1] + 1, |_| None)),
        ]);
        let bound = format!("c<=1.{allowed}");

        let (pins, _) = answer(&world(packages, &["a", &bound]));

        // The newest `b` that bears the bound is the newest `a` that has one.
        let newest = grown.iter().rposition(|needed| *needed <= allowed);
        let found = pins.map(|pins| pins["a"].clone());
        prop_assert_eq!(found, newest.map(|at| format!("1.{at}")));
    }
}
