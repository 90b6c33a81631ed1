//! An API of advisories: batches, pages, records, the cache, and what happens without an answer.

use serde_json::{Value, json};

use super::server::{Answer, Server};
use super::world::{name, options, policy};
use crate::fetch::{CachePolicy, FetchErrorKind, ToldAdvisories, ask_advisories};
use crate::package::{IndexUrl, PackageName, Timestamp, Version};

const BATCH: &str = "/osv/v1/querybatch";
const RECORD: &str = "/osv/v1/vulns/OSV-1";

fn pins(texts: &[&str]) -> Vec<(PackageName, Version)> {
    let split = texts.iter().map(|text| text.split_once(' ').unwrap());
    let pins = split.map(|(package, version)| (name(package), version.parse().unwrap()));
    pins.collect()
}

fn ask(server: &Server, policy: CachePolicy, texts: &[&str]) -> ToldAdvisories {
    let base = IndexUrl::parse(&format!("{}/osv", server.base)).unwrap();
    ask_advisories(&base, (options(), policy), &pins(texts))
}

fn answer(value: &Value) -> Answer {
    Answer::ok("application/json", value.to_string())
}

fn stub(id: &str) -> Value {
    json!({ "id": id, "modified": "2026-01-01T00:00:00Z" })
}

fn record(id: &str, package: &str) -> Answer {
    answer(&json!({
        "id": id,
        "modified": "2026-01-01T00:00:00Z",
        "affected": [{
            "package": { "ecosystem": "PyPI", "name": package },
            "ranges": [{ "type": "ECOSYSTEM", "events": [{ "introduced": "0" }] }],
        }],
    }))
}

fn hits(told: &ToldAdvisories, package: &str) -> usize {
    let version = "1".parse().unwrap();
    let judged = told.advisories.judge(&name(package), &version);
    judged.advisories.len()
}

#[test]
fn all_packages_are_asked_about_at_once_and_each_record_once() {
    let server = Server::start();
    let results =
        json!({ "results": [{ "vulns": [stub("OSV-1")] }, { "vulns": [stub("OSV-1")] }] });
    server.route(BATCH, [answer(&results)]);
    server.route(RECORD, [record("OSV-1", "b")]);

    let told = ask(&server, policy(None), &["a 1.0+cu121", "b 1"]);

    assert_eq!((hits(&told, "a"), hits(&told, "b")), (0, 1));
    assert!(told.unanswered.is_empty() && told.faults.is_empty());
    let asked = server.asked();
    let body: Value = serde_json::from_str(&asked[0].body).unwrap();
    let package = json!({ "ecosystem": "PyPI", "name": "a" });
    assert_eq!(
        body["queries"][0],
        json!({ "package": package, "version": "1.0" })
    );
    assert_eq!(server.paths(), [BATCH, RECORD]);
}

#[test]
fn an_answer_of_several_pages_is_read_to_its_end() {
    let server = Server::start();
    let first = json!({ "results": [{ "next_page_token": "more" }, {}] });
    let second = json!({ "results": [{ "vulns": [stub("OSV-1")] }] });
    server.route(BATCH, [answer(&first), answer(&second)]);
    server.route(RECORD, [record("OSV-1", "a")]);

    let told = ask(&server, policy(None), &["a 1", "b 1"]);

    assert_eq!(hits(&told, "a"), 1);
    let body: Value = serde_json::from_str(&server.asked()[1].body).unwrap();
    assert_eq!(body["queries"].as_array().unwrap().len(), 1);
    assert_eq!(body["queries"][0]["page_token"], "more");
}

#[test]
fn an_answer_without_end_is_given_up_and_told() {
    let server = Server::start();
    let endless = json!({ "results": [{ "vulns": [stub("OSV-1")], "next_page_token": "more" }] });
    server.route(BATCH, [answer(&endless)]);
    server.route(RECORD, [record("OSV-1", "a")]);

    let told = ask(&server, policy(None), &["a 1"]);

    assert_eq!(hits(&told, "a"), 1);
    assert_eq!(told.unanswered[&name("a")].kind, FetchErrorKind::TooLarge);
}

#[test]
fn what_was_answered_is_kept_as_long_as_a_page_and_longer_without_the_network() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start();
    let results = json!({ "results": [{ "vulns": [stub("OSV-1")] }] });
    server.route(BATCH, [answer(&results)]);
    server.route(RECORD, [record("OSV-1", "a")]);
    let policy = |later: i64, offline: bool| CachePolicy {
        offline,
        now: Timestamp::from_seconds(1_000_000 + later),
        ..policy(Some(folder.path()))
    };

    for (later, offline, expected) in [
        (0, false, &[BATCH, RECORD][..]),
        (10, false, &[]),
        (100_000, true, &[]),
        (100_000, false, &[BATCH]),
    ] {
        let told = ask(&server, policy(later, offline), &["a 1"]);

        assert_eq!(hits(&told, "a"), 1);
        assert_eq!(server.paths(), expected);
        let as_of = told.as_of.unwrap().seconds() - 1_000_000;
        assert_eq!(
            as_of,
            if later == 100_000 && !offline {
                later
            } else {
                0
            }
        );
    }
}

#[test]
fn no_answer_is_told_for_each_package_it_concerns() {
    let server = Server::start();
    let results = json!({ "results": [{ "vulns": [stub("OSV-1")] }, {}] });
    let of_two = json!({ "results": [{}] });
    let cases = [
        (Answer::status(500), FetchErrorKind::Status(500), 2),
        (Answer::status(404), FetchErrorKind::NotFound, 2),
        (
            Answer::ok("text/html", "<html>"),
            FetchErrorKind::BadBody,
            2,
        ),
        (answer(&of_two), FetchErrorKind::BadBody, 2),
        // The record itself is not there.
        (answer(&results), FetchErrorKind::NotFound, 1),
    ];
    for (answer, kind, number) in cases {
        server.route(BATCH, [answer]);
        let told = ask(&server, policy(None), &["a 1", "b 1"]);

        let kinds: Vec<_> = told.unanswered.values().map(|it| it.kind).collect();
        assert_eq!(kinds, vec![kind; number]);
    }
    let offline = CachePolicy {
        offline: true,
        ..policy(None)
    };
    server.paths();
    let told = ask(&server, offline, &["a 1"]);
    assert_eq!(told.unanswered[&name("a")].kind, FetchErrorKind::Offline);
    assert_eq!(server.paths(), [""; 0]);
}

#[test]
fn a_record_that_is_another_or_none_is_told() {
    let server = Server::start();
    let results = json!({ "results": [{ "vulns": [stub("OSV-1")] }] });
    server.route(BATCH, [answer(&results)]);
    for (answer, expected) in [
        (
            record("OSV-2", "a"),
            "`OSV-1`: another record came in its place",
        ),
        (
            Answer::ok("text/html", "<html>"),
            "`OSV-1`: it is no OSV record",
        ),
    ] {
        server.route(RECORD, [answer]);
        let told = ask(&server, policy(None), &["a 1"]);

        assert_eq!(hits(&told, "a"), 0);
        assert!(told.faults[0].starts_with(expected), "{:?}", told.faults);
    }
}

#[test]
fn an_identifier_cannot_lead_elsewhere() {
    let server = Server::start();
    let results = json!({ "results": [{ "vulns": [stub("../../secret")] }] });
    server.route(BATCH, [answer(&results)]);

    let told = ask(&server, policy(None), &["a 1"]);

    assert_eq!(told.unanswered[&name("a")].kind, FetchErrorKind::BadBody);
    assert_eq!(server.paths(), [BATCH]);
}
