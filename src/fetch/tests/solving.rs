//! The catalog under the real solver: the same pins cold and hot, whatever the order of arrival,
//! and requests that run ahead of the questions.

use std::sync::Arc;
use std::time::Duration;

use super::server::{Answer, Manner, Server};
use super::world::{BINARY, metadata, name, outside, page, policy, publish};
use crate::facts::Facts;
use crate::fetch::{CachePolicy, Counts, LiveCatalog};
use crate::package::{Declaration, DeclarationKind, Requirement};
use crate::solve::{Outcome, Policy, Question, solve};
use crate::source::{Origin, SourceFile};
use crate::target::Target;

/// What each version requires; `c` has to be taken back to 1.0, as its newer version forbids `d`.
const WORLD: &[(&str, &str, &[&str])] = &[
    ("a", "1.0", &["b", "c", "d>=2"]),
    ("b", "1.0", &["e[x]"]),
    ("b", "1.1", &["e[x]", "gone; sys_platform == 'win32'"]),
    ("c", "1.0", &["d"]),
    ("c", "2.0", &["d<2"]),
    ("c", "2.1", &["d<2"]),
    ("d", "1.0", &[]),
    ("d", "2.0", &["f"]),
    ("e", "3.0", &["f<2", "g; extra == 'x'"]),
    ("f", "1.0", LEAVES),
    ("f", "2.0", &[]),
    ("g", "1.0", &[]),
];

/// More than a handful: the order in which they arrive differs from run to run.
const LEAVES: &[&str] = &[
    "l01", "l02", "l03", "l04", "l05", "l06", "l07", "l08", "l09", "l10", "l11", "l12", "l13",
    "l14", "l15", "l16", "l17", "l18", "l19", "l20",
];

/// Returns what each version of a project requires.
fn releases(name: &str) -> Vec<(&'static str, &'static [&'static str])> {
    let own = WORLD.iter().filter(|(project, ..)| *project == name);
    let own = own.map(|(_, version, requires)| (*version, *requires));
    let leaf = LEAVES.contains(&name).then_some(("1.0", &[] as &[&str]));
    own.chain(leaf).collect()
}

fn names() -> Vec<&'static str> {
    let mut names: Vec<&str> = WORLD.iter().map(|(name, ..)| *name).collect();
    names.extend(LEAVES);
    names.dedup();
    names
}

/// Serves the world; `seed` shuffles how long each answer takes.
fn serve(seed: u64) -> Server {
    let server = Server::start();
    let slow = |path: &str| {
        let mut hash = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0xcbf2;
        for byte in path.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        Manner::Slow(Duration::from_millis(hash >> 8 & 31))
    };
    for name in names() {
        let listed: Vec<_> = releases(name)
            .into_iter()
            .map(|(version, requires)| {
                let listed = publish(&server, name, version, requires);
                let path = format!("/files/{}.metadata", listed.filename);
                let text = Answer::ok(BINARY, metadata(name, version, requires));
                server.route(&path, [text.manner(slow(&path))]);
                listed
            })
            .collect();
        let path = format!("/simple/{name}/");
        server.route(&path, [page(name, &listed).manner(slow(&path))]);
    }
    server
}

pub(super) fn question() -> Arc<Question> {
    let file = SourceFile::new("a.in", "a\n");
    Arc::new(Question {
        declarations: vec![Declaration {
            requirement: Requirement::parse("a").unwrap(),
            kind: DeclarationKind::Requirement,
            origin: Origin::whole(&file),
            section: None,
            digests: Vec::new(),
        }],
        excludes: Default::default(),
        target: Target::new("3.12".parse().unwrap(), "linux".parse().unwrap()),
        region: None,
        policy: Policy::default(),
        preferences: Default::default(),
        facts: Facts::none(),
        sources: Arc::default(),
    })
}

fn declaring(requirement: &str) -> Question {
    let question = question();
    Question {
        declarations: vec![Declaration {
            requirement: Requirement::parse(requirement).unwrap(),
            ..question.declarations[0].clone()
        }],
        ..Question::clone(&question)
    }
}

fn pins(server: &Server, cache: CachePolicy, walks: bool) -> (String, Counts) {
    pins_of(question(), server, cache, walks)
}

fn pins_of(
    question: Arc<Question>,
    server: &Server,
    cache: CachePolicy,
    walks: bool,
) -> (String, Counts) {
    let walker = walks.then(|| Arc::clone(&question));
    let catalog = LiveCatalog::open(outside(&server.base, cache), walker);
    let answer = solve(&question, &catalog).unwrap();
    let Outcome::Solved(resolution) = answer.outcome else {
        panic!("it has a solution");
    };
    let pins: Vec<String> = resolution
        .packages
        .iter()
        .map(|package| format!("{}=={}", package.name, package.version))
        .collect();
    (pins.join(" "), catalog.counts())
}

#[test]
fn the_pins_are_the_same_whatever_the_order_of_arrival_cold_and_hot() {
    let leaves = LEAVES.iter().map(|name| format!(" {name}==1.0"));
    let expected = "a==1.0 b==1.1 c==1.0 d==2.0 e==3.0 f==1.0 g==1.0".to_owned();
    let expected = leaves.fold(expected, |pins, leaf| pins + &leaf);
    for seed in 0..8 {
        let server = serve(seed);
        let folder = tempfile::tempdir().unwrap();
        let run = |walks| pins(&server, policy(Some(folder.path())), walks);

        assert_eq!(run(true).0, expected, "cold, {seed}");
        let (hot, counts) = run(true);
        assert_eq!(hot, expected, "hot, {seed}");
        assert_eq!(counts.requests, 0);
        assert_eq!(pins(&server, policy(None), false).0, expected, "{seed}");
    }
}

#[test]
fn where_the_cache_misses_some_the_network_is_asked_for_these_alone() {
    let server = serve(1);
    let folder = tempfile::tempdir().unwrap();
    let run = |cache| pins(&server, cache, true);
    let (expected, _) = run(policy(Some(folder.path())));
    let later = CachePolicy {
        refresh_packages: vec![name("d"), name("l07")],
        ..policy(Some(folder.path()))
    };
    server.paths();

    for _ in 0..8 {
        assert_eq!(run(later.clone()).0, expected);
    }

    let mut paths = server.paths();
    paths.sort();
    assert_eq!(paths[..8], ["/simple/d/"; 8]);
    assert_eq!(paths[8..], ["/simple/l07/"; 8]);
}

#[test]
fn what_the_last_run_looked_at_is_confirmed_all_at_once() {
    let server = serve(1);
    let folder = tempfile::tempdir().unwrap();
    let first = policy(Some(folder.path()));
    let later = CachePolicy {
        refresh: true,
        ..policy(Some(folder.path()))
    };
    let (expected, _) = pins(&server, first, true);
    let names = names();
    for name in &names {
        let path = format!("/simple/{name}/");
        let confirmed = Answer::status(304).manner(Manner::After(names.len()));
        server.route(&path, [confirmed]);
    }
    server.paths();

    assert_eq!(pins(&server, later, true).0, expected);

    assert_eq!(server.paths().len(), names.len());
}

#[test]
fn a_first_run_asks_for_what_a_former_lock_has_at_once_but_tells_no_secret_name() {
    let server = Server::start();
    let world = [
        ("jinja2", &["markupsafe"] as &[&str]),
        ("markupsafe", &["click"]),
        ("click", &[]),
    ];
    for (project, requires) in world {
        let listed = publish(&server, project, "3.0", requires);
        let page = page(project, &[listed]).manner(Manner::After(world.len()));
        server.route(&format!("/simple/{project}/"), [page]);
    }
    let locked = ["jinja2", "markupsafe", "click", "our-secret"];
    let question = Question {
        preferences: locked
            .map(|project| (name(project), "3.0".parse().unwrap()))
            .into(),
        ..declaring("jinja2")
    };

    let (pins, _) = pins_of(Arc::new(question), &server, policy(None), true);

    assert_eq!(pins, "click==3.0 jinja2==3.0 markupsafe==3.0");
    let paths = server.paths();
    assert!(
        !paths.iter().any(|path| path.contains("secret")),
        "{paths:?}"
    );
}

#[test]
fn what_a_project_usually_requires_is_asked_for_with_its_metadata_and_decides_nothing() {
    let server = Server::start();
    for (project, requires) in [("flask", &["werkzeug"] as &[&str]), ("werkzeug", &[])] {
        let listed = publish(&server, project, "3.0", requires);
        let text = Answer::ok(BINARY, metadata(project, "3.0", requires));
        // Of six that it usually requires, five are not there, and the metadata of one is asked for too.
        let text = match project {
            "flask" => text.manner(Manner::After(1 + 1 + 6 + 1)),
            _ => text,
        };
        server.route(&format!("/files/{}.metadata", listed.filename), [text]);
        server.route(&format!("/simple/{project}/"), [page(project, &[listed])]);
    }
    let question = Arc::new(declaring("flask"));

    let (pins, _) = pins_of(question, &server, policy(None), true);

    assert_eq!(pins, "flask==3.0 werkzeug==3.0");
    let paths = server.paths();
    assert!(paths.contains(&"/simple/jinja2/".to_owned()), "{paths:?}");
}

#[test]
fn a_question_is_asked_once_and_never_for_what_the_target_does_not_need() {
    let server = serve(1);

    pins(&server, policy(None), true);

    let mut paths = server.paths();
    let all = paths.len();
    paths.sort();
    paths.dedup();
    assert_eq!(paths.len(), all, "{paths:?}");
    assert!(!paths.contains(&"/simple/gone/".to_owned()), "{paths:?}");
}
