//! The cache in use: what is asked again and what is not, offline answers, local places.

use std::path::Path;

use super::server::{Answer, Server};
use super::world::{BINARY, failure, first, metadata, name, outside, page, policy, publish, wheel};
use crate::fetch::cache::FORM;
use crate::fetch::{CachePolicy, Index, IndexStrategy, Indexes, LiveCatalog, Outside};
use crate::package::{DirectUrl, IndexUrl, Timestamp};
use crate::solve::{Catalog, FileAt};

/// A server with one version of `a`, whose page carries headers.
fn world(headers: &[(&'static str, &str)]) -> Server {
    let server = Server::start();
    let mut answer = page("a", &[publish(&server, "a", "1.0", &["b"])]);
    for (name, value) in headers {
        answer = answer.with(name, *value);
    }
    server.route("/simple/a/", [answer]);
    server
}

/// Runs once with the cache in a folder and returns what was asked of the server.
#[track_caller]
fn run(server: &Server, cache: CachePolicy) -> Vec<String> {
    let catalog = LiveCatalog::open(outside(&server.base, cache), None);
    let metadata = first(&catalog, "a").unwrap();
    assert_eq!(metadata.requires.all()[0].to_string(), "b");
    drop(catalog);
    server.paths()
}

fn later(folder: &Path, seconds: i64) -> CachePolicy {
    let start = policy(Some(folder));
    CachePolicy {
        now: Timestamp::from_seconds(start.now.seconds() + seconds),
        ..start
    }
}

const PAGE: &str = "/simple/a/";
const BESIDE: &str = "/files/a-1.0-py3-none-any.whl.metadata";

#[test]
fn a_page_without_headers_counts_ten_minutes_and_metadata_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let server = world(&[]);

    assert_eq!(run(&server, later(folder.path(), 0)), [PAGE, BESIDE]);
    assert_eq!(run(&server, later(folder.path(), 599)), [""; 0]);
    assert_eq!(run(&server, later(folder.path(), 600)), [PAGE]);
    assert_eq!(run(&server, later(folder.path(), 700)), [""; 0]);
}

#[test]
fn a_stale_page_is_confirmed_without_being_sent() {
    let folder = tempfile::tempdir().unwrap();
    let server = world(&[("etag", "\"one\""), ("cache-control", "max-age=60")]);
    run(&server, later(folder.path(), 0));
    server.route(
        PAGE,
        [Answer::status(304).with("cache-control", "max-age=60")],
    );

    let catalog = LiveCatalog::open(outside(&server.base, later(folder.path(), 100)), None);
    first(&catalog, "a").unwrap();
    assert_eq!(catalog.counts().unchanged, 1);
    drop(catalog);

    assert_eq!(server.asked()[0].header("if-none-match"), Some("\"one\""));
    server.paths();
    assert_eq!(run(&server, later(folder.path(), 150)), [""; 0]);
    assert_eq!(run(&server, later(folder.path(), 170)), [PAGE]);
}

#[test]
fn a_direct_wheel_without_a_digest_is_read_once_and_then_confirmed() {
    const FILE: &str = "/files/a-1.0-py3-none-any.whl";
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start();
    let sent = |requires: &str, etag: &'static str| {
        let bytes = wheel("a", "1.0", &metadata("a", "1.0", &[requires]), 10);
        Answer::ok(BINARY, bytes)
            .with("etag", etag)
            .with("cache-control", "max-age=60")
    };
    let url = DirectUrl::parse(&format!("{}{FILE}", server.base)).unwrap();
    let run = |seconds, offline| {
        let policy = CachePolicy {
            offline,
            ..later(folder.path(), seconds)
        };
        let catalog = LiveCatalog::open(outside(&server.base, policy), None);
        let project = catalog.direct(&name("a"), &url).unwrap();
        let only = FileAt { page: 0, file: 0 };
        let metadata = catalog.metadata(&project, only).unwrap();
        drop(catalog);
        (server.paths(), metadata.requires.all()[0].to_string())
    };
    let (nothing, once, b) = (Vec::new(), vec![FILE.to_owned()], "b".to_owned());

    server.route(FILE, [sent("b", "\"one\"")]);
    assert_eq!(run(0, false), (once.clone(), b.clone()));
    assert_eq!(run(10, false), (nothing.clone(), b.clone()));

    server.route(
        FILE,
        [Answer::status(304).with("cache-control", "max-age=60")],
    );
    assert_eq!(run(100, false), (once.clone(), b.clone()));
    assert_eq!(run(150, false), (nothing.clone(), b.clone()));
    assert_eq!(run(1_000_000, true), (nothing, b));

    server.route(FILE, [sent("c", "\"two\"")]);
    assert_eq!(run(300, false), (once, "c".to_owned()));
}

#[test]
fn a_direct_file_counts_no_longer_than_its_server_says_and_a_date_confirms_nothing() {
    const FILE: &str = "/files/a-1.0-py3-none-any.whl";
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start();
    let url = DirectUrl::parse(&format!("{}{FILE}", server.base)).unwrap();
    let whole = wheel("a", "1.0", &metadata("a", "1.0", &["b"]), 10);
    let damaged = Answer::ok(BINARY, &whole[..whole.len() / 2]);
    let answers = |headers: [(&'static str, &str); 1], first: Option<Answer>| {
        let sent = Answer::ok(BINARY, whole.clone());
        let sent = headers
            .iter()
            .fold(sent, |it, (name, value)| it.with(name, *value));
        let answers: Vec<Answer> = first.into_iter().chain([sent]).collect();
        server.route(FILE, answers);
        let catalog = LiveCatalog::open(outside(&server.base, policy(Some(folder.path()))), None);
        let answer = catalog.direct(&name("a"), &url);
        assert!(answer.is_ok(), "{answer:?}");
        drop(catalog);
        let asked = server.asked();
        server.paths();
        let has = |header: &str| asked.iter().any(|it| it.header(header).is_some());
        (
            asked.len(),
            has("if-modified-since") || has("if-none-match"),
        )
    };

    let dated = [("last-modified", "Sat, 01 Nov 2025 00:00:00 GMT")];
    assert_eq!(answers(dated, None), (1, false));
    assert_eq!(answers(dated, None), (1, false));
    assert_eq!(answers([("etag", "W/\"one\"")], None), (1, false));
    assert_eq!(answers([("etag", "W/\"one\"")], None), (1, false));
    // What came damaged is not held against what comes then.
    assert_eq!(answers(dated, Some(damaged)), (2, false));
}

#[test]
fn refresh_asks_again_and_no_store_is_not_stored() {
    let folder = tempfile::tempdir().unwrap();
    let server = world(&[]);
    run(&server, later(folder.path(), 0));

    let all = CachePolicy {
        refresh: true,
        ..later(folder.path(), 1)
    };
    let one = CachePolicy {
        refresh_packages: vec![name("a")],
        ..later(folder.path(), 1)
    };
    let other = CachePolicy {
        refresh_packages: vec![name("b")],
        ..later(folder.path(), 1)
    };
    assert_eq!(run(&server, all), [PAGE]);
    assert_eq!(run(&server, one), [PAGE]);
    assert_eq!(run(&server, other), [""; 0]);

    let folder = tempfile::tempdir().unwrap();
    let server = world(&[("cache-control", "no-store")]);
    run(&server, later(folder.path(), 0));
    assert_eq!(run(&server, later(folder.path(), 1)), [PAGE]);
}

#[test]
fn offline_answers_from_the_cache_whatever_its_age_and_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let server = world(&[("cache-control", "max-age=1")]);
    run(&server, later(folder.path(), 0));
    let offline = CachePolicy {
        offline: true,
        refresh: true,
        ..later(folder.path(), 1_000_000)
    };

    assert_eq!(run(&server, offline.clone()), [""; 0]);

    let catalog = LiveCatalog::open(outside(&server.base, offline), None);
    let told = failure(catalog.project(&name("c")));
    assert!(told.contains("not in the cache"), "{told}");
    assert_eq!(server.paths(), [""; 0]);
}

#[test]
fn a_name_that_is_missing_is_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start();
    let ask = |seconds| {
        let cache = later(folder.path(), seconds);
        let catalog = LiveCatalog::open(outside(&server.base, cache), None);
        catalog.project(&name("a")).unwrap_err();
        drop(catalog);
        server.paths()
    };

    assert_eq!(ask(0), [PAGE]);
    assert_eq!(ask(1), [""; 0]);
    assert_eq!(ask(700), [PAGE]);
}

#[test]
fn two_catalogs_share_a_cache_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let server = world(&[]);
    let open = || LiveCatalog::open(outside(&server.base, later(folder.path(), 0)), None);
    let (one, two) = (open(), open());

    std::thread::scope(|scope| {
        scope.spawn(|| first(&one, "a").unwrap());
        scope.spawn(|| first(&two, "a").unwrap());
    });
    drop((one, two));
    server.paths();

    assert_eq!(run(&server, later(folder.path(), 0)), [""; 0]);
}

#[test]
fn a_damaged_cache_heals_itself() {
    let folder = tempfile::tempdir().unwrap();
    let server = world(&[]);
    run(&server, later(folder.path(), 0));
    let data = folder.path().join(FORM).join("data.mdb");
    let mut bytes = std::fs::read(&data).unwrap();
    for needle in [&b"a-1.0-py3"[..], b"Metadata", b"files/"] {
        let places: Vec<usize> = (0..bytes.len() - needle.len())
            .filter(|at| &bytes[*at..*at + needle.len()] == needle)
            .collect();
        for at in places {
            bytes[at] ^= 0x20;
        }
    }
    std::fs::write(&data, bytes).unwrap();

    assert!(run(&server, later(folder.path(), 1)).contains(&PAGE.to_owned()));
    // It was given up, and is there anew.
    assert_eq!(run(&server, later(folder.path(), 2)), [PAGE, BESIDE]);
    assert_eq!(run(&server, later(folder.path(), 3)), [""; 0]);
}

#[test]
fn a_cache_folder_that_cannot_be_used_is_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let server = world(&[]);

    let catalog = LiveCatalog::open(outside(&server.base, policy(Some(&file))), None);

    assert!(
        catalog.warnings()[0].contains("file"),
        "{:?}",
        catalog.warnings()
    );
    first(&catalog, "a").unwrap();
}

#[test]
fn a_local_folder_of_wheels_needs_no_network() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = wheel("a", "1.0", &metadata("a", "1.0", &["b"]), 10);
    std::fs::write(folder.path().join("a-1.0-py3-none-any.whl"), bytes).unwrap();
    std::fs::write(folder.path().join("notes.txt"), "x").unwrap();
    let url = url::Url::from_file_path(folder.path()).unwrap();
    let place = Index::flat(IndexUrl::parse(url.as_str()).unwrap());
    let outside = Outside {
        indexes: Indexes::new(vec![place], IndexStrategy::First, Vec::new()),
        ..outside("http://127.0.0.1:1", policy(None))
    };
    let catalog = LiveCatalog::open(outside, None);

    assert_eq!(
        first(&catalog, "a").unwrap().requires.all()[0].to_string(),
        "b"
    );
    assert!(catalog.project(&name("c")).is_err());
    assert_eq!(catalog.counts().requests, 0);
}

#[test]
fn a_page_of_links_serves_every_name_by_one_request() {
    let server = Server::start();
    for project in ["a", "b"] {
        publish(&server, project, "1.0", &[]);
    }
    let html = "<a href=\"/files/a-1.0-py3-none-any.whl\">a-1.0-py3-none-any.whl</a>\
                <a href=\"/files/b-1.0-py3-none-any.whl\">b-1.0-py3-none-any.whl</a>";
    server.route("/links.html", [Answer::ok("text/html", html)]);
    let folder = tempfile::tempdir().unwrap();
    let ask = || {
        let url = format!("{}/links.html", server.base);
        let place = Index::flat(IndexUrl::parse(&url).unwrap());
        let outside = Outside {
            indexes: Indexes::new(vec![place], IndexStrategy::First, Vec::new()),
            ..outside(&server.base, policy(Some(folder.path())))
        };
        let catalog = LiveCatalog::open(outside, None);
        for project in ["a", "b"] {
            assert_eq!(catalog.project(&name(project)).unwrap().pages.len(), 1);
        }
        drop(catalog);
        server.paths()
    };

    assert_eq!(ask(), ["/links.html"]);
    assert_eq!(ask(), [""; 0]);
}
