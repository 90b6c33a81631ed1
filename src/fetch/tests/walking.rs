//! What the walker wishes for, and what it passes over.

use std::sync::Arc;

use url::Url;

use super::solving::question;
use super::world::{metadata, name};
use crate::fetch::walker::{Walker, Wish};
use crate::index::{IndexPage, Merge, Metadata, MetadataSource, Page, Project, list_folder};
use crate::package::{Declaration, DeclarationKind, Marker, MarkerTexts, Requirement, Version};
use crate::solve::{Question, ResolutionMode};
use crate::target::Region;

fn declared(lines: &[&str]) -> Arc<Question> {
    let question = question();
    let declaration = &question.declarations[0];
    let declarations = lines.iter().map(|line| Declaration {
        requirement: Requirement::parse(line).unwrap(),
        ..declaration.clone()
    });
    Arc::new(Question {
        declarations: declarations.collect(),
        ..Question::clone(&question)
    })
}

fn project(of: &str, versions: &[&str]) -> Arc<Project> {
    let stem = of.replace('-', "_");
    let wheel = |version: &&str| format!("{stem}-{version}-py3-none-any.whl");
    listing(of, &versions.iter().map(wheel).collect::<Vec<_>>())
}

fn archive(of: &str, version: &str) -> Arc<Project> {
    listing(of, &[format!("{of}-{version}.tar.gz")])
}

fn listing(of: &str, names: &[String]) -> Arc<Project> {
    let base = Url::parse("https://files.example/").unwrap();
    let listing = list_folder(names.iter().map(String::as_str), &base);
    Arc::new(Project {
        name: name(of),
        pages: vec![IndexPage {
            index: "https://index.example/simple".into(),
            page: Page::build(&name(of), listing),
        }],
        merge: Merge::Best,
    })
}

fn read(of: &str, version: &str, requires: &[&str]) -> Arc<Metadata> {
    let text = metadata(of, version, requires);
    let markers = &mut MarkerTexts::default();
    Arc::new(Metadata::parse(text.as_bytes(), MetadataSource::Wheel, markers).unwrap())
}

/// Names what is wished for, the one that is granted first at the end.
fn shown(wishes: Vec<Wish>) -> Vec<String> {
    let shown = wishes.iter().map(|wish| match wish {
        Wish::Page(name) => name.to_string(),
        Wish::Metadata(project, at) => project.pages[at.page].page.file(at.file).filename().into(),
    });
    shown.collect()
}

#[test]
fn what_a_version_requires_counts_only_where_the_declarations_allow_it() {
    let walker = Walker::new(declared(&["a", "b<2"]));
    let a = project("a", &["1.0", "2.0", "2.1", "3.0"]);
    assert_eq!(shown(walker.start()), ["a", "b"]);
    assert_eq!(shown(walker.page_arrived(&a)), ["a-3.0-py3-none-any.whl"]);

    let out = walker.guess_arrived(&read("a", "3.0", &["b>=2", "new"]));
    let also_out = walker.guess_arrived(&read("a", "2.1", &["b==2.*", "new"]));
    let in_case = walker.guess_arrived(&read("a", "1.0", &["old"]));
    let in_turn = walker.guess_arrived(&read("a", "2.0", &["b", "c"]));

    let expected = [
        "a-1.0-py3-none-any.whl",
        "a-2.0-py3-none-any.whl",
        "a-2.1-py3-none-any.whl",
    ];
    assert_eq!(shown(out), expected);
    assert_eq!(shown(also_out), expected[..2]);
    assert!(in_case.is_empty());
    assert_eq!(shown(in_turn), ["c"]);
}

#[test]
fn what_the_pick_of_a_declared_package_requires_counts_against_what_is_not_declared() {
    let walker = Walker::new(declared(&["a", "d"]));
    let (a, b) = (project("a", &["1.0"]), project("b", &["1.0", "2.0"]));
    walker.start();
    walker.page_arrived(&a);
    walker.page_arrived(&project("d", &["1.0"]));
    walker.metadata_arrived(&read("a", "1.0", &["b", "c<2"]));
    walker.page_arrived(&b);

    let out = walker.guess_arrived(&read("b", "2.0", &["c>=2", "new"]));
    let again = walker.metadata_arrived(&read("b", "2.0", &["c>=2", "new"]));
    let declared_too = walker.guess_arrived(&read("d", "1.0", &["c>=2", "other"]));

    assert_eq!(shown(out), ["b-1.0-py3-none-any.whl"]);
    assert!(again.is_empty(), "it was passed over already");
    assert_eq!(shown(declared_too), ["other"]);
}

#[test]
fn what_was_read_before_the_bounds_is_passed_over_as_well() {
    let walker = Walker::new(declared(&["a", "d"]));
    walker.start();
    walker.page_arrived(&project("a", &["1.0"]));
    walker.page_arrived(&project("d", &["1.0", "2.0"]));
    walker.metadata_arrived(&read("a", "1.0", &["b"]));
    let b = project("b", &["1.0", "2.0"]);
    walker.page_arrived(&b);
    walker.guess_arrived(&read("b", "2.0", &["c>=2"]));
    assert_eq!(walker.likely(&b), None);

    let wishes = walker.metadata_arrived(&read("d", "2.0", &["c<2"]));
    walker.guess_arrived(&read("b", "1.0", &["c"]));

    assert_eq!(shown(wishes), ["b-1.0-py3-none-any.whl"]);
    let likely = walker.likely(&b).map(|at| at.file);
    assert_eq!(likely, Some(0), "that of b 1.0");
    // Another version of d is taken: what the one before required counts no more.
    walker.metadata_arrived(&read("d", "1.0", &["e"]));
    let free = walker.guess_arrived(&read("b", "2.0", &["c>=2", "new"]));
    assert_eq!(shown(free), ["new"]);
    assert_eq!(walker.likely(&b), None);
}

#[test]
fn what_is_overridden_is_no_bound() {
    let question = declared(&["a", "c>=2"]);
    let mut declarations = question.declarations.clone();
    declarations[1].kind = DeclarationKind::Override;
    let walker = Walker::new(Arc::new(Question {
        declarations,
        ..Question::clone(&question)
    }));
    walker.start();
    walker.page_arrived(&project("a", &["1.0"]));
    walker.metadata_arrived(&read("a", "1.0", &["b", "c<2"]));
    walker.page_arrived(&project("b", &["1.0", "2.0"]));

    let wishes = walker.guess_arrived(&read("b", "2.0", &["c>=2", "new"]));

    assert_eq!(shown(wishes), ["new"]);
}

#[test]
fn the_solvers_choice_counts_whatever_was_guessed() {
    let walker = Walker::new(declared(&["a", "b<2"]));
    walker.start();
    walker.page_arrived(&project("a", &["1.0", "2.0", "3.0"]));
    walker.guess_arrived(&read("a", "3.0", &["b>=2"]));

    let chosen = walker.metadata_arrived(&read("a", "1.0", &["old"]));

    assert_eq!(shown(chosen), ["old"]);
}

#[test]
fn extras_that_lead_to_one_another_without_end_need_no_stack() {
    let chain = (0..5_000).map(|at| format!("a[e{}] ; extra == 'e{at}'", at + 1));
    let lines: Vec<String> = chain.chain(["b ; extra == 'e9'".to_owned()]).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let metadata = read("a", "1.0", &lines);
    let walker = Walker::new(declared(&["a[e0]"]));
    walker.start();
    walker.page_arrived(&project("a", &["1.0"]));

    let thread = std::thread::Builder::new().stack_size(256 << 10);
    let walking = thread.spawn(move || shown(walker.metadata_arrived(&metadata)));

    assert_eq!(walking.unwrap().join().unwrap(), ["b"]);
}

#[test]
fn what_is_declared_for_some_environments_of_a_region_bars_nothing() {
    let pins = [
        "b==1 ; python_version < '3.12'",
        "b==2 ; python_version >= '3.12'",
    ];
    let everywhere = Marker::parse("python_version >= '3.10'").unwrap();
    let question = Question {
        region: Region::new(everywhere.tree().clone()).map(Arc::new),
        ..Question::clone(&declared(&["a", pins[0], pins[1], "c<2"]))
    };
    let walker = Walker::new(Arc::new(question));
    walker.start();
    walker.page_arrived(&project("a", &["1.0", "2.0", "3.0"]));

    let barred = walker.guess_arrived(&read("a", "3.0", &["b", "c>=2", "new"]));
    let free = walker.guess_arrived(&read("a", "2.0", &["b>=1", "new"]));

    let older = ["a-1.0-py3-none-any.whl", "a-2.0-py3-none-any.whl"];
    assert_eq!(shown(barred), older);
    assert_eq!(shown(free), ["new"]);
}

#[test]
fn what_is_left_out_bars_nothing() {
    let question = Question {
        excludes: [name("b")].into(),
        ..Question::clone(&declared(&["a", "b<2"]))
    };
    let walker = Walker::new(Arc::new(question));
    walker.start();
    walker.page_arrived(&project("a", &["1.0", "2.0"]));

    let wishes = walker.guess_arrived(&read("a", "2.0", &["b>=2", "new"]));

    assert_eq!(shown(wishes), ["new"]);
}

#[test]
fn spares_are_sent_for_where_the_newest_count_first_and_none_twice() {
    let barred = |question: Question, version: &str| {
        let walker = Walker::new(Arc::new(question));
        walker.start();
        walker.page_arrived(&project("a", &["1.0", "2.0", "3.0", "4.0"]));
        shown(walker.metadata_arrived(&read("a", version, &["b>=2"])))
    };
    let question = Question::clone(&declared(&["a", "b<2"]));
    let mut lowest = question.clone();
    lowest.policy.resolution = ResolutionMode::Lowest;
    let preferring = Question {
        preferences: [(name("a"), Version::new([2, 0]))].into(),
        ..question
    };

    assert_eq!(barred(lowest, "1.0"), ["a-2.0-py3-none-any.whl"]);
    assert_eq!(
        barred(preferring, "3.0"),
        ["a-1.0-py3-none-any.whl", "a-4.0-py3-none-any.whl"]
    );
}

#[test]
fn without_an_earlier_run_the_pages_of_what_a_project_usually_requires_are_wished_for_as_well() {
    let wishes = |looks_ahead: bool| {
        let walker = Walker::new(declared(&[
            "flask",
            "blinker @ https://files.example/b.whl",
        ]));
        if looks_ahead {
            walker.ahead.begin();
        }
        let start = shown(walker.start());
        let flask = shown(walker.page_arrived(&project("flask", &["3.0"])));
        let unasked = shown(walker.page_arrived(&project("jinja2", &["2.0", "3.0", "4.0b1"])));
        (start, flask, unasked)
    };
    let required = ["werkzeug", "markupsafe", "jinja2", "itsdangerous", "click"];
    let own = ["flask-3.0-py3-none-any.whl"];

    let (start, flask, unasked) = wishes(false);
    assert_eq!(
        (start, flask),
        (vec!["flask".to_owned()], own.map(str::to_owned).into())
    );
    assert!(unasked.is_empty());
    let (start, flask, unasked) = wishes(true);
    assert_eq!(start, [&required[..], &["flask"]].concat());
    assert_eq!(flask, own);
    assert_eq!(unasked, ["jinja2-3.0-py3-none-any.whl"]);
}

#[test]
fn an_archive_that_nothing_is_known_to_require_is_not_unpacked_for_a_guess() {
    let walker = Walker::new(declared(&["flask"]));
    walker.ahead.begin();
    walker.start();
    let sdist = archive("jinja2", "3.0");

    assert!(walker.page_arrived(&sdist).is_empty());
    walker.metadata_arrived(&read("flask", "3.0", &["jinja2"]));
    assert_eq!(shown(walker.page_arrived(&sdist)), ["jinja2-3.0.tar.gz"]);
}

#[test]
fn what_projects_usually_require_is_wished_for_once_though_they_require_each_other() {
    let walker = Walker::new(declared(&["oslo-config", "oslo-log"]));
    walker.ahead.begin();
    let mut start = shown(walker.start());
    let all = start.len();
    start.sort();
    start.dedup();

    // Both are declared, and each is among what the other usually requires.
    assert_eq!(start.len() + 2, all);
    let (config, log) = (project("oslo-config", &["1"]), project("oslo-log", &["1"]));
    for page in [&config, &log] {
        assert_eq!(walker.page_arrived(page).len(), 1);
        assert!(walker.page_arrived(page).is_empty());
    }
}

#[test]
fn what_is_preferred_is_wished_for_at_once_and_leads_to_nothing_else_but_no_secret_name_is_told() {
    let question = declared(&["flask"]);
    let versions = [("click", "1.0"), ("flask", "2.0"), ("our-secret", "1.0")];
    let walker = Walker::new(Arc::new(Question {
        preferences: versions
            .map(|(of, version)| (name(of), version.parse().unwrap()))
            .into(),
        ..Question::clone(&question)
    }));
    walker.ahead.begin();

    assert_eq!(shown(walker.start()), ["click", "flask", "flask"]);
    let flask = shown(walker.page_arrived(&project("flask", &["2.0", "3.0"])));
    let click = shown(walker.page_arrived(&project("click", &["1.0", "2.0"])));

    assert_eq!(flask, ["flask-2.0-py3-none-any.whl"]);
    assert_eq!(click, ["click-1.0-py3-none-any.whl"]);
}
