//! Small worlds, with packages installed and commands that install over them.

use std::sync::Arc;

use super::*;
use crate::facts::Facts;
use crate::package::Version;
use crate::solve::universe::{Universe, World, name};
use crate::solve::{Policy, Question};
use crate::source::{Origin, SourceFile};

const WORLD: &str = r#"
[packages.a."1"]
[packages.a."2"]
[packages.b."1"]
requires = ["a<2"]
[packages.b."2"]
requires = ["a"]
[packages.c."1"]
requires = ["a>=2"]
[packages.d."1"]
requires = ["a"]
[packages.e."1"]
requires = ["c"]
[question]
"#;

fn world() -> World {
    World::parse(WORLD)
}

fn baseline(text: &str) -> Baseline {
    read_baseline(&SourceFile::new("there.txt", text)).unwrap()
}

fn wish(requires: &[&str], manner: Manner) -> Wish {
    let mut asked = world();
    asked.question.requires = requires.iter().map(ToString::to_string).collect();
    Wish {
        declarations: asked.question().declarations.clone(),
        manner,
        policy: Policy::default(),
        sources: Arc::default(),
        flavour: None,
        origin: Origin::whole(&SourceFile::new("Dockerfile", requires.join(" "))),
    }
}

/// Where commands of the world run.
struct Place {
    question: Arc<Question>,
    facts: Arc<Facts>,
    catalog: Universe,
}

impl Place {
    fn new() -> Self {
        Self {
            question: world().question(),
            facts: Facts::none(),
            catalog: world().catalog(),
        }
    }

    fn around(&self) -> Surroundings<'_> {
        Surroundings {
            target: &self.question.target,
            facts: &self.facts,
        }
    }
}

/// Plays a wish, and returns what it changes and what it breaks, in words.
fn played(before: &str, wish: &Wish) -> (Vec<String>, Vec<String>) {
    let place = Place::new();
    let (around, catalog) = (place.around(), &place.catalog);
    let before = match before {
        "" => Baseline::default(),
        text => baseline(text),
    };
    let Installed::Done(effect) = install(&before, wish, around, catalog).unwrap() else {
        return (vec!["impossible".into()], Vec::new());
    };
    let mut after = effect.after.clone();
    learn(&mut after, catalog);
    let broken = breaks(&after, around).into_iter();
    let broken = broken.map(|it| format!("{} needs {}", it.package.label(), it.needs()));
    (told(&effect.changes), broken.collect())
}

fn told(changes: &[Change]) -> Vec<String> {
    let label = |it: &Option<Present>| it.as_ref().map_or("-".into(), Present::label);
    let told = changes.iter().map(|change| {
        let (before, after) = (label(&change.before), label(&change.after));
        format!("{before} to {after}")
    });
    told.collect()
}

#[test]
fn what_is_installed_and_answers_stays() {
    let (changes, broken) = played("a==1\n", &wish(&["d"], Manner::default()));

    assert_eq!(changes, ["- to d 1"]);
    assert!(broken.is_empty());
}

#[test]
fn a_package_that_the_command_does_not_reach_takes_no_part_and_breaks() {
    let (changes, broken) = played("a==1\nb==1\n", &wish(&["c"], Manner::default()));

    assert_eq!(changes, ["a 1 to a 2", "- to c 1"]);
    assert_eq!(broken, ["b 1 needs a<2"]);
}

#[test]
fn an_upgrade_chooses_what_it_names_anew_and_leaves_the_rest() {
    let upgrade = Manner {
        keeps: Keeps::Unnamed,
        ..Manner::default()
    };

    let (named, _) = played("a==1\nd==1\n", &wish(&["a"], upgrade.clone()));
    let (reached, _) = played("a==1\nd==1\n", &wish(&["d"], upgrade));

    assert_eq!(named, ["a 1 to a 2"]);
    assert!(reached.is_empty());
}

#[test]
fn without_requirements_a_gap_is_left() {
    let alone = Manner {
        is_alone: true,
        ..Manner::default()
    };

    let (changes, broken) = played("", &wish(&["c"], alone));

    assert_eq!(changes, ["- to c 1"]);
    assert_eq!(broken, ["c 1 needs a>=2"]);
}

#[test]
fn a_version_that_no_index_has_is_kept_as_it_stands() {
    let (kept, _) = played("a==1+local\n", &wish(&["d"], Manner::default()));
    let again = Manner {
        keeps: Keeps::Nothing,
        installs_again: true,
        ..Manner::default()
    };
    let (replaced, _) = played("a==1+local\n", &wish(&["a<2"], again));

    assert_eq!(kept, ["- to d 1"]);
    assert_eq!(replaced, ["a 1+local to a 1"]);
}

#[test]
fn what_no_index_has_is_not_judged() {
    let mut there = baseline("a==1\nours==3\n");

    learn(&mut there, &world().catalog());

    let ours = there.get(&name("ours")).unwrap();
    assert!(matches!(&ours.told, Told::Unknown(why) if why == "no index has it"));
}

fn better_of(before: &str, wish: &Wish) -> Option<(Vec<String>, Vec<String>)> {
    let place = Place::new();
    let (around, catalog) = (place.around(), &place.catalog);
    let mut before = baseline(before);
    learn(&mut before, catalog);
    let Installed::Done(effect) = install(&before, wish, around, catalog).unwrap() else {
        return None;
    };
    let found = better(&before, wish, &effect, (around, catalog)).unwrap()?;
    let pins = found
        .pins
        .iter()
        .map(|(name, version): &(_, Version)| format!("{name}=={version}"));
    Some((pins.collect(), told(&found.effect.changes)))
}

#[test]
fn a_better_command_names_what_has_to_move_along() {
    let found = better_of("a==1\nb==1\n", &wish(&["c"], Manner::default())).unwrap();

    assert_eq!(found.0, ["b==2"]);
    assert_eq!(found.1, ["a 1 to a 2", "b 1 to b 2", "- to c 1"]);
}

#[test]
fn a_better_command_moves_nothing_where_that_serves() {
    let upgrade = Manner {
        keeps: Keeps::Nothing,
        ..Manner::default()
    };
    let found = better_of("a==1\nb==1\n", &wish(&["d"], upgrade)).unwrap();

    assert_eq!(found.0, ["a==1"]);
    assert_eq!(found.1, ["- to d 1"]);
}

#[test]
fn a_later_command_that_moves_what_an_earlier_one_pinned_is_a_lapse() {
    let place = Place::new();
    let (around, catalog) = (place.around(), &place.catalog);
    let layer = |requires: &[&str]| Layer {
        step: Step::Install(Box::new(wish(requires, Manner::default()))),
        catalog,
    };
    let layers = [layer(&["a==1"]), layer(&["b==1"]), layer(&["e"])];

    let layered = run(&mut Baseline::default(), &layers, around);
    let found = lapses(&layers, &layered);

    let [Lapse::Moved(moved), Lapse::Broken { later: 2, what }] = &found[..] else {
        panic!("{found:?}");
    };
    assert_eq!((moved.earlier, moved.later), (0, 2));
    assert_eq!(moved.unheeded.as_ref().unwrap().0.to_string(), "a==1");
    assert_eq!(what.package.label(), "b 1");
}

#[test]
fn an_exact_sync_takes_away_what_it_put_in_before_and_nothing_else() {
    let place = Place::new();
    let (around, catalog) = (place.around(), &place.catalog);
    let pin = |name: &str, is_exact, lock: &str| {
        let text = baseline(name);
        let packages = text.iter().map(|present| Locked {
            present: present.clone(),
            size: None,
        });
        let step = Step::Sync {
            packages: packages.collect(),
            lock: lock.to_owned(),
            is_exact,
            origin: Origin::whole(&SourceFile::new("Dockerfile", "uv sync")),
        };
        Layer { step, catalog }
    };
    let layers = [
        pin("a==1\nb==1\n", true, "uv.lock"),
        pin("a==1\n", false, "uv.lock"),
        pin("a==1\n", true, "other/uv.lock"),
        pin("a==1\n", true, "uv.lock"),
    ];

    let layered = run(&mut baseline("d==1\n"), &layers, around);

    let removed = layered.iter().map(|it| {
        let changes = it.effect.changes.iter();
        let removed = changes.filter(|it| it.kind() == ChangeKind::Removed);
        removed.count()
    });
    assert_eq!(removed.collect::<Vec<_>>(), [0, 0, 0, 1]);
    let left = layered[3].effect.after.iter().map(Present::label);
    assert_eq!(left.collect::<Vec<_>>(), ["a 1", "d 1"]);
    assert!(lapses(&layers, &layered).is_empty());
}

#[test]
fn lines_of_a_freeze_are_read_as_pip_writes_them() {
    let text = "\u{feff}# a remark\nNumPy==2.3.4\n-e git+https://files.example/e@abc#egg=e_thing\n\
                # Editable install with no version control (f==1.0)\n-e /home/f\n\
                g @ file:///croot/g-4.2-py3-none-any.whl\nh @ https://files.example/h.zip\n\
                i===1.0 ; python_version > '3'\nnot a line\n";

    let read = baseline(text);

    let labels: Vec<String> = read.iter().map(Present::label).collect();
    assert_eq!(
        labels,
        ["e-thing", "f 1.0", "g 4.2", "h", "i 1.0", "numpy 2.3.4"]
    );
    assert_eq!(read.get(&name("numpy")).unwrap().origin.line(), 2);
}

#[test]
fn what_pip_inspect_says_is_known_with_its_requirements() {
    let text = r#"{"version": "1", "installed": [{"metadata": {"name": "B", "version": "1",
        "requires_dist": ["a<2"]}}], "environment": {"python_full_version": "3.12.4"}}"#;

    let read = baseline(text);

    assert_eq!(read.python.as_deref(), Some("3.12.4"));
    let b = read.get(&name("b")).unwrap();
    assert_eq!(b.metadata().unwrap().requires.all()[0].to_string(), "a<2");
    assert!(read_baseline(&SourceFile::new("x", "{")).is_err());
    assert!(read_baseline(&SourceFile::new("x", "")).is_err());
}
