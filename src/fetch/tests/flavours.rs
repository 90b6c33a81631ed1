//! Builds for accelerators: who is asked for what, ahead of the solver and not, and pages as they
//! stand there.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::server::{Answer, Server};
use super::solving::question;
use super::world::{
    BINARY, failure, indexes, metadata, name, outside, page, policy, publish, sha256, wheel,
};
use crate::fetch::{Index, IndexStrategy, Indexes, LiveCatalog, Outside};
use crate::package::{IndexUrl, PackageName, Requirement};
use crate::solve::{Catalog, FileAt, Question, Refusal};
use crate::target::{Accelerators, Flavour};

fn flavour(text: &str) -> Flavour {
    text.parse().unwrap()
}

fn family() -> [PackageName; 2] {
    ["torch", "triton"].map(name)
}

fn with_builds(server: &Server, indexes: Indexes) -> Indexes {
    let base = IndexUrl::parse(&format!("{}/whl/", server.base)).unwrap();
    indexes.with_builds(base, family())
}

fn open_with(server: &Server, indexes: Indexes, folder: Option<&Path>) -> LiveCatalog {
    let outside = Outside {
        indexes: with_builds(server, indexes),
        ..outside(&server.base, policy(folder))
    };
    LiveCatalog::open(outside, None)
}

fn open(server: &Server, folder: Option<&Path>) -> LiveCatalog {
    let simple = format!("{}/simple/", server.base);
    open_with(server, indexes(&[&simple], IndexStrategy::First), folder)
}

/// Puts a build of torch onto the index of a flavour, as it stands there: links from the root, the
/// metadata beside the file; `version` as in the file's name.
fn put(server: &Server, flavour: &str, version: &str, requires: &[&str], says_more: bool) {
    let text = metadata("torch", version, requires);
    let bytes = wheel("torch", version, &text, 10);
    let stem = format!("torch-{version}-cp312-cp312-linux_x86_64.whl");
    let path = format!("/whl/{flavour}/{}", stem.replace('+', "%2B"));
    let (hash, beside) = match says_more {
        true => (
            format!("#sha256={}", sha256(&bytes)),
            format!(
                r#" data-dist-info-metadata="sha256={}""#,
                sha256(text.as_bytes())
            ),
        ),
        false => Default::default(),
    };
    let page = format!(
        "<!DOCTYPE html>\n<html>\n  <body>\n    <h1>Links for torch</h1>\n    \
         <a href=\"{path}{hash}\"{beside}>{stem}</a><br/>\n  </body>\n</html>\n\
         <!--TIMESTAMP 1751932800-->"
    );
    let page = Answer::ok("text/html", page)
        .with("cache-control", "no-cache,no-store,must-revalidate")
        .with("etag", "\"one\"");
    server.route(&format!("/whl/{flavour}/torch/"), [page]);
    server.route(&format!("{path}.metadata"), [Answer::ok(BINARY, text)]);
    server.route(&path, [Answer::ok(BINARY, bytes)]);
}

/// Returns what a flavour's build of torch requires.
#[track_caller]
fn requires(catalog: &LiveCatalog, wanted: &str) -> String {
    let project = catalog.build(&name("torch"), &flavour(wanted)).unwrap();
    let metadata = catalog.metadata(&project, FileAt { page: 0, file: 0 });
    metadata.unwrap().requires.all()[0].to_string()
}

/// Waits until a path was asked for.
#[track_caller]
fn wait_for(server: &Server, path: &str) {
    let end = Instant::now() + Duration::from_secs(60);
    while !server.asked().iter().any(|asked| asked.path == path) {
        assert!(Instant::now() < end, "{path} was not asked for");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn the_family_comes_from_the_flavours_index_and_nothing_else_is_asked_for_there() {
    let server = Server::start();
    put(&server, "cu121", "2.3.1+cu121", &["a"], true);
    for project in ["a", "torch"] {
        let listed = publish(&server, project, "2.3.1", &[]);
        server.route(&format!("/simple/{project}/"), [page(project, &[listed])]);
    }
    let catalog = open(&server, None);

    let build = catalog.build(&name("torch"), &flavour("cu121")).unwrap();
    assert_eq!(server.paths(), ["/whl/cu121/torch/"]);
    catalog.build(&name("a"), &flavour("cu121")).unwrap();
    assert_eq!(server.paths(), ["/simple/a/"]);
    let plain = catalog.project(&name("torch")).unwrap();
    assert_eq!(server.paths(), ["/simple/torch/"]);

    let index = format!("{}/whl/cu121", server.base);
    assert_eq!(build.pages[0].index.as_ref(), index);
    assert_eq!(build.pages[0].page.version_text(0), "2.3.1+cu121");
    assert_eq!(plain.pages[0].page.version_text(0), "2.3.1");
}

#[test]
fn a_source_of_ones_own_wins_over_the_flavours_index() {
    let server = Server::start();
    let listed = publish(&server, "torch", "2.3.1", &[]);
    server.route("/mine/torch/", [page("torch", &[listed])]);
    let mine = Index {
        name: Some("mine".to_owned()),
        explicit: true,
        ..Index::simple(IndexUrl::parse(&format!("{}/mine", server.base)).unwrap())
    };
    let sources = vec![(name("torch"), "mine".to_owned())];
    let indexes = Indexes::new(vec![mine], IndexStrategy::First, sources);

    let catalog = open_with(&server, indexes, None);
    catalog.build(&name("torch"), &flavour("cu121")).unwrap();

    assert_eq!(server.paths(), ["/mine/torch/"]);
}

#[test]
fn forbidden_means_missing_on_the_index_of_a_flavour_and_is_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start();
    let listed = publish(&server, "torch", "2.3.1", &[]);
    server.route("/simple/torch/", [page("torch", &[listed])]);
    server.route("/whl/cu121/torch/", [Answer::status(403)]);
    server.route("/whl/cu118/torch/", [Answer::status(401)]);
    let ask = |wanted: &str| {
        let catalog = open(&server, Some(folder.path()));
        catalog.build(&name("torch"), &flavour(wanted)).map(|_| ())
    };

    let missing = Refusal::Missing(format!("not on `{}/whl/cu121`", server.base));
    assert_eq!(ask("cu121").unwrap_err(), missing);
    assert_eq!(server.paths(), ["/whl/cu121/torch/"]);
    assert_eq!(ask("cu121").unwrap_err(), missing);
    assert_eq!(server.paths(), [""; 0]);
    let told = failure(ask("cu118"));
    assert!(told.contains("HTTP status 401"), "{told}");
}

#[test]
fn only_an_address_of_a_flavour_beside_the_others_lets_forbidden_mean_missing() {
    let server = Server::start();
    let listed = publish(&server, "a", "1.0", &[]);
    server.route("/simple/a/", [page("a", &[listed])]);
    for place in ["whl/cu121", "whl", "private"] {
        server.route(&format!("/{place}/a/"), [Answer::status(403)]);
    }
    let elsewhere = "http://elsewhere.example/whl".to_owned();
    let ask = |place: &str, base: &str| {
        let urls = [place, "simple"].map(|place| format!("{}/{place}", server.base));
        let indexes = indexes(&[&urls[0], &urls[1]], IndexStrategy::First);
        let outside = Outside {
            indexes: indexes.with_builds(IndexUrl::parse(base).unwrap(), family()),
            ..outside(&server.base, policy(None))
        };
        LiveCatalog::open(outside, None).project(&name("a"))
    };

    let here = format!("{}/whl", server.base);
    assert!(ask("whl/cu121", &here).is_ok());
    for (place, base) in [
        ("whl", &here),
        ("private", &here),
        ("whl/cu121", &elsewhere),
    ] {
        let told = failure(ask(place, base));
        assert!(told.contains("403"), "{told}");
    }
}

#[test]
fn pages_of_several_flavours_come_at_once_and_once() {
    let server = Server::start();
    let flavours: Vec<String> = (0..10).map(|minor| format!("cu12{minor}")).collect();
    for wanted in &flavours {
        let version = format!("2.3.1+{wanted}");
        put(&server, wanted, &version, &["a"], true);
    }
    let catalog = open(&server, None);

    let wanted: Vec<Flavour> = flavours.iter().map(|text| flavour(text)).collect();
    catalog.soon_builds(&["torch", "a"].map(name), &wanted);

    for wanted in &flavours {
        wait_for(&server, &format!("/whl/{wanted}/torch/"));
    }
    for wanted in &wanted {
        catalog.build(&name("torch"), wanted).unwrap();
    }
    assert_eq!(server.paths().len(), flavours.len());
}

#[test]
fn pages_of_flavours_that_the_cache_holds_need_no_network() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start();
    server.route("/whl/cu121/torch/", [Answer::status(403)]);
    let wanted = [flavour("cu121")];
    let ask = || {
        let catalog = open(&server, Some(folder.path()));
        catalog.soon_builds(&family(), &wanted);
        for name in family() {
            catalog.build(&name, &wanted[0]).unwrap_err();
        }
        catalog.counts().requests
    };

    assert_eq!(ask(), 2);
    assert_eq!(ask(), 0);
}

/// A question for torch in a flavour.
fn of_flavour(wanted: &str) -> Arc<Question> {
    let mut question = Question::clone(&question());
    question.declarations[0].requirement = Requirement::parse("torch").unwrap();
    question.target = question.target.with_accelerators(Accelerators {
        flavour: Some(flavour(wanted)),
        ..Accelerators::default()
    });
    Arc::new(question)
}

#[test]
fn each_question_has_what_it_needs_fetched_ahead() {
    let server = Server::start();
    for wanted in ["cu118", "cu121"] {
        let needs = format!("only-{wanted}");
        let version = format!("2.3.1+{wanted}");
        put(&server, wanted, &version, &["a", &needs], true);
    }
    let catalog = open(&server, None);

    catalog.expect(of_flavour("cu118"));
    catalog.project(&name("a")).unwrap_err();
    wait_for(&server, "/simple/only-cu118/");
    catalog.expect(of_flavour("cu121"));
    wait_for(&server, "/simple/only-cu121/");

    let paths = server.paths();
    let torch: Vec<&String> = paths
        .iter()
        .filter(|path| path.ends_with("/torch/"))
        .collect();
    assert_eq!(torch, ["/whl/cu118/torch/", "/whl/cu121/torch/"]);
}

#[test]
fn files_of_one_name_on_two_indexes_are_two_files() {
    for says_more in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start();
        put(&server, "cpu", "2.9.0", &["a"], says_more);
        put(&server, "cu126", "2.9.0", &["b"], says_more);
        let ask = |is_offline| {
            let mut cache = policy(Some(folder.path()));
            cache.offline = is_offline;
            let outside = Outside {
                indexes: with_builds(&server, Indexes::default()),
                ..outside(&server.base, cache)
            };
            let catalog = LiveCatalog::open(outside, None);
            ["cpu", "cu126"].map(|wanted| requires(&catalog, wanted))
        };

        assert_eq!(ask(false), ["a", "b"], "hashes: {says_more}");
        assert_eq!(ask(true), ["a", "b"], "hashes: {says_more}");
    }
}

#[test]
fn a_page_that_forbids_storing_is_kept_and_confirmed_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start();
    put(&server, "cu121", "2.3.1+cu121", &["a"], true);
    assert_eq!(requires(&open(&server, Some(folder.path())), "cu121"), "a");
    let beside = "/whl/cu121/torch-2.3.1%2Bcu121-cp312-cp312-linux_x86_64.whl.metadata";
    assert_eq!(server.paths(), ["/whl/cu121/torch/", beside]);

    let unchanged = Answer::status(304).with("cache-control", "no-cache,no-store,must-revalidate");
    server.route("/whl/cu121/torch/", [unchanged]);
    let catalog = open(&server, Some(folder.path()));
    assert_eq!(requires(&catalog, "cu121"), "a");

    let asked = server.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].header("if-none-match"), Some("\"one\""));
}
