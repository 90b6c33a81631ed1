//! Records, ranges, scores and aliases.

use serde_json::{Value, json};

use super::{Advisories, Rating, Score, read_batch, read_record};
use crate::package::{PackageName, Version};

fn name(text: &str) -> PackageName {
    text.parse().unwrap()
}

fn version(text: &str) -> Version {
    text.parse().unwrap()
}

/// Reads records about `a`; each is put on a skeleton.
fn advisories(records: &[Value]) -> Advisories {
    let mut advisories = Advisories::default();
    for (at, own) in records.iter().enumerate() {
        let mut whole = json!({
            "id": format!("OSV-{at}"),
            "modified": "2026-01-01T00:00:00Z",
        });
        let fields = own.as_object().unwrap().clone();
        whole.as_object_mut().unwrap().extend(fields);
        let bytes = serde_json::to_vec(&whole).unwrap();
        advisories.add(read_record(&bytes, &|it| *it == name("a")).unwrap());
    }
    advisories
}

fn of_a(rest: Value) -> Value {
    let mut affected = json!({ "package": { "ecosystem": "PyPI", "name": "A" } });
    let fields = rest.as_object().unwrap().clone();
    affected.as_object_mut().unwrap().extend(fields);
    json!({ "affected": [affected] })
}

fn range(events: Value) -> Value {
    of_a(json!({ "ranges": [{ "type": "ECOSYSTEM", "events": events }] }))
}

/// Judges versions of `a`: those that are affected come back.
#[track_caller]
fn affected(record: &Value, versions: &[&str], expected: &[&str]) {
    let advisories = advisories(std::slice::from_ref(record));
    let is_hit = |text: &&&str| {
        let judged = advisories.judge(&name("a"), &version(text));
        !judged.advisories.is_empty()
    };
    let hit: Vec<&str> = versions.iter().filter(is_hit).copied().collect();

    assert_eq!(hit, expected, "{record}");
}

#[test]
fn ranges_are_evaluated_as_the_schema_says() {
    let all = &[
        "0.0.dev1",
        "0.9",
        "1.0",
        "1.5",
        "2.0rc1",
        "2.0",
        "2.0.post1",
        "3.1",
    ];
    let cases = [
        (json!([{ "introduced": "0" }]), &all[..]),
        (
            json!([{ "introduced": "0" }, { "fixed": "1.0" }]),
            &all[..2],
        ),
        (
            json!([{ "fixed": "2.0" }, { "introduced": "1.0" }]),
            &all[2..5],
        ),
        (
            json!([{ "introduced": "1.0" }, { "last_affected": "2.0" }]),
            &all[2..6],
        ),
        (
            json!([{ "introduced": "1.5" }, { "limit": "*" }]),
            &all[3..],
        ),
        (
            json!([{ "introduced": "0" }, { "limit": "1.5" }, { "limit": "1.0" }]),
            &all[..3],
        ),
        (json!([{ "introduced": "1", "fixed": "2" }]), &all[2..5]),
        (
            json!([{ "introduced": "0" }, { "fixed": "1" }, { "introduced": "1" }, { "fixed": "1.1" }]),
            &all[..3],
        ),
        (
            json!([{ "introduced": "3" }, { "introduced": "0" }, { "fixed": "0.5" }]),
            &[all[0], all[7]],
        ),
    ];
    for (events, expected) in cases {
        affected(&range(events), all, expected);
    }
}

#[test]
fn a_listed_version_is_affected_whatever_the_ranges_say() {
    let record = of_a(json!({
        "versions": ["1.0", "v1.2.0", "2004d"],
        "ranges": [{ "type": "ECOSYSTEM", "events": [{ "introduced": "3" }] }],
    }));

    affected(&record, &["1", "1.1", "1.2", "3.0"], &["1", "1.2", "3.0"]);
}

#[test]
fn the_local_part_of_a_version_is_no_other_version() {
    let record = range(json!([{ "introduced": "0" }, { "fixed": "2.1.0" }]));
    let locals = ["2.0.9+cu121", "2.1.0+cu121"];

    affected(&record, &locals, &["2.0.9+cu121"]);
}

#[test]
fn other_ecosystems_and_withdrawn_records_concern_nobody() {
    let other = json!({ "affected": [{
        "package": { "ecosystem": "pypi", "name": "a" },
        "ranges": [{ "type": "ECOSYSTEM", "events": [{ "introduced": "0" }] }],
    }] });
    let mut withdrawn = range(json!([{ "introduced": "0" }]));
    withdrawn["withdrawn"] = json!("2026-01-02T00:00:00.5Z");

    affected(&other, &["1"], &[]);
    affected(&withdrawn, &["1"], &[]);
}

#[test]
fn what_cannot_be_judged_is_told() {
    let commits = json!({ "type": "GIT", "repo": "https://files.example/a",
        "events": [{ "introduced": "0" }] });
    let cases = [
        (of_a(json!({ "ranges": [commits] })), "only as commits"),
        (of_a(json!({ "ranges": [commits], "versions": ["9"] })), ""),
        (of_a(json!({})), "which versions it affects"),
        (
            of_a(json!({ "versions": ["one"], "ranges": null })),
            "no version that PEP 440",
        ),
        (range(json!([{ "introduced": "soon" }])), "names `soon`"),
        (range(json!([{ "fixed": "1" }])), "begins nowhere"),
    ];
    for (record, expected) in cases {
        let judged = advisories(std::slice::from_ref(&record)).judge(&name("a"), &version("1"));
        let told = judged.obscure.iter().map(|(_, why)| why.as_str());
        let told: String = told.collect();

        assert!(judged.advisories.is_empty(), "{record}");
        assert!(
            told.contains(expected) && told.is_empty() == expected.is_empty(),
            "{told}"
        );
    }
}

#[test]
fn records_of_one_flaw_are_one_advisory_however_they_name_each_other() {
    let with = |id: &str, aliases: &[&str], more: Value| {
        let mut record = range(json!([{ "introduced": "0" }, { "fixed": "2" }]));
        record["id"] = json!(id);
        record["aliases"] = json!(aliases);
        let fields = more.as_object().unwrap().clone();
        record.as_object_mut().unwrap().extend(fields);
        record
    };
    let advisories = advisories(&[
        with(
            "PYSEC-2026-1",
            &["CVE-2026-1"],
            json!({ "details": "Short. Told." }),
        ),
        with(
            "GHSA-a",
            &["CVE-2026-1"],
            json!({ "summary": "Told\nwell.", "details": "Long" }),
        ),
        with("OSV-z", &["GHSA-a", "bad id"], json!({})),
        with("GHSA-other", &[], json!({ "severity": [] })),
    ]);

    let judged = advisories.judge(&name("a"), &version("1"));

    let ids: Vec<_> = judged
        .advisories
        .iter()
        .map(|it| it.ids.join(" "))
        .collect();
    assert_eq!(ids, ["GHSA-a PYSEC-2026-1 OSV-z CVE-2026-1", "GHSA-other"]);
    assert_eq!(judged.advisories[0].summary, "Told well");
    assert_eq!(judged.advisories[0].fixed, [version("2")]);
}

#[test]
fn a_fixed_version_is_one_that_no_record_of_the_flaw_affects() {
    let mut one = range(json!([{ "introduced": "0" }, { "fixed": "1.1" }]));
    one["aliases"] = json!(["CVE-1"]);
    let mut other = range(json!([
        { "introduced": "0" }, { "fixed": "1.2" }, { "introduced": "2" }, { "fixed": "2.1" }
    ]));
    other["aliases"] = json!(["CVE-1"]);
    let apart = range(json!([{ "introduced": "0" }, { "fixed": "2.0.5" }]));
    let advisories = advisories(&[one, other, apart]);

    let judged = advisories.judge(&name("a"), &version("1"));
    let mut fixed = judged.advisories.iter().map(|it| it.fixed.as_slice());
    assert_eq!(fixed.next(), Some(&[version("1.2"), version("2.1")][..]));
    assert_eq!(fixed.next(), Some(&[version("2.0.5")][..]));
    let ways = advisories.ways_out(&name("a"), &version("1"));
    assert_eq!(ways, [version("2.1")]);
}

#[test]
fn vectors_are_scored_as_their_specifications_say() {
    let score = |text: &str| Score::of_vector(text).map(|score| score.to_string());
    let some = |text: &str| Some(text.to_owned());

    // The example scores of FIRST's calculators.
    let v3 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:N";
    assert_eq!(score(v3), some("high 8.1"));
    assert_eq!(
        score("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H"),
        some("critical 10.0")
    );
    let v4 = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N";
    assert_eq!(score(v4), some("critical 9.3"));
    assert_eq!(score("AV:N/AC:L/Au:N/C:P/I:P/A:P"), some("high 7.5"));
    assert_eq!(
        score("CVSS:3.1/AV:L/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N"),
        some("none 0.0")
    );
    for broken in [
        "CVSS:3.1/AV:N",
        "CVSS:4.0/AV:N/AC:L",
        "CVSS:9.0/AV:N",
        "9.8",
        "",
    ] {
        assert_eq!(score(broken), None, "{broken}");
    }
}

#[test]
fn a_vector_counts_before_a_word_and_the_heaviest_record_counts() {
    let scored = |records: &[Value]| {
        let judged = advisories(records).judge(&name("a"), &version("1"));
        judged.advisories[0].score
    };
    let with = |more: Value| {
        let mut record = range(json!([{ "introduced": "0" }]));
        let fields = more.as_object().unwrap().clone();
        record.as_object_mut().unwrap().extend(fields);
        record
    };
    let word = with(json!({ "database_specific": { "severity": "MODERATE" }, "aliases": ["X-1"] }));
    let vector = with(json!({
        "aliases": ["X-1"],
        "severity": [
            { "type": "CVSS_V2", "score": "AV:N/AC:L/Au:N/C:P/I:P/A:P" },
            { "type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N" },
        ],
        "database_specific": { "severity": "CRITICAL" },
    }));

    assert_eq!(
        scored(std::slice::from_ref(&word)),
        Some(Score::of_rating(Rating::Medium))
    );
    assert_eq!(
        scored(std::slice::from_ref(&vector)).unwrap().to_string(),
        "low 3.1"
    );
    assert_eq!(scored(&[vector, word]).unwrap().rating, Rating::Medium);
    assert_eq!(scored(&[with(json!({}))]), None);
}

#[test]
fn a_strangers_words_become_one_short_line_and_only_https_is_shown() {
    let mut record = range(json!([{ "introduced": "0" }]));
    record["summary"] = json!(format!("a\u{1b}[31m\n b\u{202e}c {}", "x ".repeat(500)));
    record["references"] = json!([
        { "type": "ADVISORY", "url": "http://files.example/a" },
        { "type": "ADVISORY", "url": "https://user:word@files.example/a" },
        { "type": "WEB", "url": "https://files.example/b" },
    ]);
    let judged = advisories(&[record]).judge(&name("a"), &version("1"));
    let advisory = &judged.advisories[0];

    assert!(
        advisory.summary.starts_with("a[31m bc x"),
        "{}",
        advisory.summary
    );
    assert!(advisory.summary.chars().count() <= 161 && advisory.summary.ends_with('…'));
    assert_eq!(advisory.link.as_deref(), Some("https://files.example/b"));
}

#[test]
fn what_is_no_record_is_told() {
    let cases = [
        ("[]", "it is no OSV record"),
        ("{\"id\": \"A-1\"}", "missing field `modified`"),
        (
            "{\"id\": \"../x\", \"modified\": \"2026-01-01T00:00:00Z\"}",
            "an identifier that is none",
        ),
        (
            "{\"id\": \"A-1\", \"modified\": \"today\"}",
            "a date that is none: today",
        ),
        (
            "{\"id\": \"A-1\", \"modified\": \"2026-01-01T00:00:00Z\", \"schema_version\": \"2.0\"}",
            "schema 2.0",
        ),
    ];
    for (text, expected) in cases {
        let told = read_record(text.as_bytes(), &|_| true)
            .unwrap_err()
            .to_string();
        assert!(told.contains(expected), "{told}");
    }
}

#[test]
fn a_batch_is_read_with_its_pages() {
    let text = json!({ "results": [
        { "vulns": [{ "id": "A-1", "modified": "2026-01-01T00:00:00Z" }], "next_page_token": "t" },
        {},
        null,
    ] });
    let batch = read_batch(text.to_string().as_bytes()).unwrap();

    assert_eq!(batch[0].records[0].0, "A-1");
    assert_eq!(batch[0].next_page.as_deref(), Some("t"));
    assert!(batch[1].records.is_empty() && batch[2].next_page.is_none());
}

#[test]
fn of_two_records_with_one_identifier_the_newer_one_counts() {
    let old = range(json!([{ "introduced": "0" }]));
    let mut new = range(json!([{ "introduced": "0" }, { "fixed": "1" }]));
    new["modified"] = json!("2026-02-01T00:00:00Z");
    let named = |mut record: Value| {
        record["id"] = json!("A-1");
        record
    };
    for order in [[old.clone(), new.clone()], [new, old]] {
        let advisories = advisories(&order.map(named));

        assert_eq!(advisories.judge(&name("a"), &version("1")).advisories, []);
        assert_eq!(
            advisories.newest().unwrap().to_string(),
            "2026-02-01T00:00:00Z"
        );
        assert_eq!(advisories.read(), 2);
    }
}
