//! Metadata: the ways to it, and what is believed on them.

use super::server::{Answer, Manner, Server};
use super::solving::question;
use super::world::{
    BINARY, Listed, catalog, failure, first, metadata, name, outside, page, policy, publish,
    sha256, wheel,
};
use crate::fetch::LiveCatalog;
use crate::package::DirectUrl;
use crate::solve::{Catalog, FileAt, Refusal};

const FILE: &str = "/files/a-1.0-py3-none-any.whl";

/// Lists version 1.0 of `a` with a wheel.
fn list(server: &Server, digest: Option<String>, beside: Option<&str>) {
    let listed = Listed {
        filename: "a-1.0-py3-none-any.whl".to_owned(),
        url: format!("{}{FILE}", server.base),
        sha256: digest,
        metadata: beside.map(str::to_owned),
    };
    server.route("/simple/a/", [page("a", &[listed])]);
}

fn beside() -> String {
    format!("{FILE}.metadata")
}

fn requires(answer: Result<std::sync::Arc<crate::index::Metadata>, Refusal>) -> String {
    let metadata = answer.unwrap();
    let requires: Vec<String> = metadata
        .requires
        .all()
        .iter()
        .map(ToString::to_string)
        .collect();
    requires.join(",")
}

#[test]
fn metadata_beside_the_wheel_is_enough() {
    let server = Server::start();
    server.route(
        "/simple/a/",
        [page("a", &[publish(&server, "a", "1.0", &["b>=2"])])],
    );

    assert_eq!(requires(first(&catalog(&server), "a")), "b>=2");
    assert_eq!(server.paths(), ["/simple/a/".to_owned(), beside()]);
}

#[test]
fn without_it_the_end_of_the_wheel_is_enough() {
    let server = Server::start();
    let bytes = wheel("a", "1.0", &metadata("a", "1.0", &["b"]), 300_000);
    list(&server, Some(sha256(&bytes)), Some("false"));
    server.route(FILE, [Answer::ok(BINARY, bytes).manner(Manner::Ranges)]);

    let catalog = catalog(&server);

    assert_eq!(requires(first(&catalog, "a")), "b");
    assert_eq!(server.paths(), ["/simple/a/", FILE]);
    assert!(catalog.counts().bytes < 100_000, "{:?}", catalog.counts());
}

#[test]
fn metadata_far_from_the_end_takes_one_more_range() {
    let server = Server::start();
    let long = format!("{}\n{}", metadata("a", "1.0", &["b"]), "x".repeat(90_000));
    let bytes = wheel("a", "1.0", &long, 300_000);
    list(&server, Some(sha256(&bytes)), Some("false"));
    server.route(FILE, [Answer::ok(BINARY, bytes).manner(Manner::Ranges)]);

    assert_eq!(requires(first(&catalog(&server), "a")), "b");
    assert_eq!(server.paths(), ["/simple/a/", FILE, FILE]);
}

#[test]
fn a_server_without_ranges_gives_the_whole_wheel_in_the_same_request() {
    let server = Server::start();
    let bytes = wheel("a", "1.0", &metadata("a", "1.0", &["b"]), 300_000);
    list(&server, Some(sha256(&bytes)), Some("false"));
    server.route(FILE, [Answer::ok(BINARY, bytes)]);

    assert_eq!(requires(first(&catalog(&server), "a")), "b");
    assert_eq!(server.paths(), ["/simple/a/", FILE]);
}

#[test]
fn a_server_that_refuses_ranges_is_asked_for_the_whole() {
    let server = Server::start();
    let bytes = wheel("a", "1.0", &metadata("a", "1.0", &["b"]), 10);
    list(&server, Some(sha256(&bytes)), Some("false"));
    for refusal in [416, 501, 400] {
        server.route(
            FILE,
            [Answer::status(refusal), Answer::ok(BINARY, bytes.clone())],
        );

        assert_eq!(requires(first(&catalog(&server), "a")), "b", "{refusal}");
    }
}

#[test]
fn an_index_that_does_not_say_is_probed() {
    let server = Server::start();
    let text = metadata("a", "1.0", &["b"]);
    let bytes = wheel("a", "1.0", &text, 10);
    list(&server, Some(sha256(&bytes)), None);
    server.route(FILE, [Answer::ok(BINARY, bytes).manner(Manner::Ranges)]);

    assert_eq!(requires(first(&catalog(&server), "a")), "b");
    assert_eq!(
        server.paths(),
        ["/simple/a/".to_owned(), beside(), FILE.to_owned()]
    );

    server.route(&beside(), [Answer::ok(BINARY, text)]);
    assert_eq!(requires(first(&catalog(&server), "a")), "b");
    assert_eq!(server.paths(), ["/simple/a/".to_owned(), beside()]);
}

#[test]
fn metadata_that_came_damaged_is_asked_for_again() {
    let server = Server::start();
    server.route(
        "/simple/a/",
        [page("a", &[publish(&server, "a", "1.0", &["b"])])],
    );
    let good = metadata("a", "1.0", &["b"]);
    let damaged = [Answer::ok(BINARY, "junk"), Answer::ok(BINARY, good)];
    server.route(&beside(), damaged);

    let answer = first(&catalog(&server), "a");

    assert_eq!(answer.as_ref().unwrap().warnings, [""; 0]);
    assert_eq!(requires(answer), "b");
    let again = server.asked().last().cloned().unwrap();
    assert_eq!(again.header("cache-control"), Some("no-cache"));
}

#[test]
fn metadata_that_stays_damaged_is_read_from_the_wheel_with_a_warning() {
    let server = Server::start();
    server.route(
        "/simple/a/",
        [page("a", &[publish(&server, "a", "1.0", &["b"])])],
    );
    for bad in [
        "junk".to_owned(),
        metadata("a", "1.0", &["evil"]),
        metadata("c", "1.0", &[]),
    ] {
        server.route(&beside(), [Answer::ok(BINARY, bad)]);

        let answer = first(&catalog(&server), "a");

        let warnings = &answer.as_ref().unwrap().warnings;
        assert!(warnings[0].contains("digest"), "{warnings:?}");
        assert_eq!(requires(answer), "b");
    }
}

#[test]
fn nothing_but_damage_ends_the_run_and_never_takes_another_version() {
    let server = Server::start();
    list(&server, None, Some("true"));
    server.route(&beside(), [Answer::ok(BINARY, "junk")]);
    server.route(FILE, [Answer::ok(BINARY, "junk")]);

    let told = failure(first(&catalog(&server), "a"));

    assert!(told.contains("a-1.0-py3-none-any.whl"), "{told}");
    assert!(told.contains("/simple`"), "{told}");
}

#[test]
fn a_wheel_of_gigabytes_is_never_downloaded_for_its_metadata() {
    let server = Server::start();
    list(&server, None, Some("false"));
    let endless = Answer::ok(BINARY, vec![7; 1 << 20]).manner(Manner::Endless);
    server.route(FILE, [endless]);

    let catalog = catalog(&server);
    let told = failure(first(&catalog, "a"));

    assert!(told.contains("its server gives no part of it"), "{told}");
    assert_eq!(server.paths(), ["/simple/a/", FILE, FILE]);
    assert!(catalog.counts().bytes < 100_000, "{:?}", catalog.counts());
}

#[test]
fn a_large_download_is_left_to_the_solver_and_not_to_a_guess() {
    let server = Server::start();
    list(&server, None, Some("false"));
    let endless = Answer::ok(BINARY, vec![7; 1 << 20]).manner(Manner::Endless);
    server.route(FILE, [endless]);
    let catalog = LiveCatalog::open(outside(&server.base, policy(None)), Some(question()));
    let asked = || server.asked().iter().filter(|it| it.path == FILE).count();

    let project = catalog.project(&name("a")).unwrap();
    while asked() < 2 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let told = failure(catalog.metadata(&project, FileAt { page: 0, file: 0 }));

    assert!(told.contains("larger than 1073741824 bytes"), "{told}");
    assert_eq!(asked(), 4);
}

#[test]
fn a_wheel_with_a_wrong_digest_ends_the_run() {
    let server = Server::start();
    let bytes = wheel("a", "1.0", &metadata("a", "1.0", &["evil"]), 10);
    list(&server, Some("0".repeat(64)), Some("false"));
    server.route(FILE, [Answer::ok(BINARY, bytes)]);

    let told = failure(first(&catalog(&server), "a"));

    assert!(told.contains("digest"), "{told}");
}

#[test]
fn a_file_that_is_what_its_digest_says_and_makes_no_sense_is_out_alone() {
    let server = Server::start();
    let cases = [
        (metadata("a", "1.0", &["b>>>2"]), "b>>>2"),
        (metadata("c", "1.0", &[]), "`c` instead of `a`"),
        (metadata("a", "2.0", &[]), "version 2.0 instead of 1.0"),
    ];
    for (text, expected) in cases {
        let bytes = wheel("a", "1.0", &text, 10);
        list(&server, Some(sha256(&bytes)), Some("false"));
        server.route(FILE, [Answer::ok(BINARY, bytes)]);

        let refusal = first(&catalog(&server), "a").unwrap_err();

        let Refusal::Unusable(reason) = &refusal else {
            panic!("{refusal:?}");
        };
        assert!(reason.contains(expected), "{reason}");
    }
}

#[test]
fn a_listed_file_that_is_not_there_is_told() {
    let server = Server::start();
    list(&server, Some("0".repeat(64)), Some("false"));

    let told = failure(first(&catalog(&server), "a"));

    assert!(told.contains("has it not"), "{told}");
}

#[test]
fn a_direct_wheel_is_a_project_of_one_version_with_its_digest() {
    let server = Server::start();
    let bytes = wheel("a", "1.0", &metadata("a", "1.0", &["b"]), 10);
    server.route(FILE, [Answer::ok(BINARY, bytes.clone())]);
    let url = |end: &str| DirectUrl::parse(&format!("{}{FILE}{end}", server.base)).unwrap();
    let catalog = catalog(&server);

    let project = catalog.direct(&name("a"), &url("")).unwrap();

    let file = project.pages[0].page.file(0);
    assert_eq!(file.digests().next().unwrap().to_hex(), sha256(&bytes));
    let only = FileAt { page: 0, file: 0 };
    assert_eq!(requires(catalog.metadata(&project, only)), "b");

    let wrong = url(&format!("#sha256={}", "0".repeat(64)));
    let told = failure(catalog.direct(&name("a"), &wrong));
    assert!(
        told.contains("digest") && !told.contains("from index"),
        "{told}"
    );
}

#[test]
fn a_direct_folder_is_read_by_its_static_project_file() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[project]\nname = \"a\"\nversion = \"3\"\ndependencies = [\"b\"]\n";
    std::fs::write(folder.path().join("pyproject.toml"), text).unwrap();
    let url = url::Url::from_file_path(folder.path()).unwrap();
    let server = Server::start();
    let catalog = catalog(&server);

    let url = DirectUrl::parse(url.as_str()).unwrap();
    let project = catalog.direct(&name("a"), &url).unwrap();

    let only = FileAt { page: 0, file: 0 };
    assert_eq!(requires(catalog.metadata(&project, only)), "b");
    assert_eq!(project.pages[0].page.version_text(0), "3");
    let other = DirectUrl::parse("hg+https://host.example/a").unwrap();
    assert!(matches!(
        catalog.direct(&name("a"), &other),
        Err(Refusal::Unusable(_))
    ));
}
