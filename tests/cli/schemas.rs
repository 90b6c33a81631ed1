//! What the program writes as JSON has the shape that stands in `fixtures/schemas`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::support::{Desk, Schema, World, walk};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");

/// Returns the reports in a text: those that begin and end at the margin.
fn reports(text: &str) -> Vec<Value> {
    let mut reports = Vec::new();
    let mut open: Option<String> = None;
    for line in text.lines() {
        if line == "{" {
            open = Some(String::new());
        }
        if let Some(report) = &mut open {
            report.push_str(line);
            report.push('\n');
        }
        if line == "}"
            && let Some(report) = open.take()
        {
            reports.push(serde_json::from_str(&report).unwrap());
        }
    }
    reports
}

#[test]
fn every_report_in_a_transcript_has_the_shape_of_its_schema() {
    let mut seen = BTreeSet::new();
    for shelf in ["cli", "torch/cases", "audit"] {
        for path in walk(&Path::new(FIXTURES).join(shelf)) {
            if path.file_name().is_none_or(|name| name != "transcript") {
                continue;
            }
            let mut reports = reports(&fs::read_to_string(&path).unwrap());
            // SARIF is not ours to describe.
            reports.retain(|report| report.get("$schema").is_none());
            for report in reports {
                if let Err(wrong) = Schema::of(&report).check(&report) {
                    panic!("{}: {wrong}", path.display());
                }
                seen.insert(report["schema"]["name"].as_str().unwrap().to_owned());
            }
        }
    }

    assert_eq!(seen, Schema::names());
}

/// Commands after `pyaudit`, the place in the report to look at, and what has to stand there.
const OUTCOMES: &[(&str, &str, &str)] = &[
    ("why numbers", "/decided/outcome", "\"known\""),
    ("why numbers", "/decided/obstacles/0/kind", "\"demand\""),
    ("why alone", "/decided/obstacles/0/kind", "\"yanked\""),
    (
        "why tables --lock old.toml",
        "/decided/witness/outcome",
        "\"taken-anew\"",
    ),
    ("why mine", "/decided/outcome", "\"named\""),
    ("why mine", "/artifact", "null"),
    (
        "why numbers --lock bare.txt",
        "/decided/outcome",
        "\"unknown\"",
    ),
    ("why numbers --lock bare.txt", "/target", "null"),
    ("why winner", "/version", "null"),
    ("why-not numbers==2.0", "/outcome", "\"impossible\""),
    ("why-not numbers==1.26.4", "/outcome", "\"locked\""),
    ("why-not numbers==1.24", "/outcome", "\"possible\""),
    (
        "why-not tables==2 --lock old.toml",
        "/outcome",
        "\"taken-anew\"",
    ),
    (
        "tree mine --show-licenses",
        "/packages/0/license",
        "\"ISC\"",
    ),
    ("tree --lock bare.txt", "/roots/0/declaration", "null"),
    ("diff old.toml pylock.toml", "/changes/0/kind", "\"added\""),
    ("diff pylock.toml bare.txt", "/changes/0/to", "null"),
    ("diff pylock.toml pylock.toml", "/changes", "[]"),
];

#[test]
fn every_outcome_has_the_shape_of_its_schema() {
    let index = Path::new(FIXTURES).join("cli/why-a-version/index.toml");
    let desk = Desk::new(World::parse(&fs::read_to_string(index).unwrap()));
    let lock = "--python 3.12 --platform linux --index-url {base}/json/main/simple -q";
    desk.write(
        "mine/pyproject.toml",
        "[project]\nname = 'mine'\nversion = '1'\nlicense = 'ISC'\n",
    );
    desk.write("bare.txt", "numbers==1.26.4\n");
    desk.write("old.in", "tables==1\n");
    desk.expect(0, &format!("pyaudit lock old.in {lock} -o old.toml"));
    // What was locked is kept, though nothing holds it any more.
    desk.write("old.in", "tables\n");
    desk.expect(0, &format!("pyaudit lock old.in {lock} -o old.toml"));
    desk.write("requirements.in", "docs\nstats\nalone\n./mine\n");
    desk.expect(0, &format!("pyaudit lock {lock} -o pylock.toml"));
    for (command, place, expected) in OUTCOMES {
        let index = match command.starts_with("diff") {
            true => "",
            false => " --index-url {base}/json/main/simple",
        };
        let run = desk.run(&format!("pyaudit {command} --output-format json{index}"));
        let [report] = &reports(&run.stdout)[..] else {
            panic!("{command}: {}{}", run.stdout, run.stderr);
        };

        let found = report.pointer(place).unwrap_or(&Value::Null);
        assert_eq!(found.to_string(), *expected, "{command}");
        assert_eq!(Schema::of(report).check(report), Ok(()), "{command}");
    }
}

#[test]
fn a_report_of_another_shape_is_told_from_one_that_fits() {
    let schema = Schema::parse(
        r##"{
            "type": "object",
            "required": ["a", "kind"],
            "properties": { "a": { "$ref": "#/$defs/a" }, "map": { "type": "object",
                "additionalProperties": { "type": "boolean" } } },
            "oneOf": [
                { "properties": { "kind": { "const": "x" }, "x": { "type": ["integer", "null"] } } },
                { "properties": { "kind": { "enum": ["y", "z"] } } }
            ],
            "$defs": { "a": { "type": "array", "items": { "type": "string" } } }
        }"##,
    );
    for (report, fits) in [
        (r#"{ "a": [], "kind": "x", "x": 1 }"#, true),
        (r#"{ "a": ["b"], "kind": "z", "map": { "c": true } }"#, true),
        (r#"{ "a": [], "kind": "y", "x": 1 }"#, false),
        (r#"{ "a": [], "kind": "w" }"#, false),
        (r#"{ "a": [1], "kind": "x" }"#, false),
        (r#"{ "a": [], "kind": "x", "x": 1.5 }"#, false),
        (r#"{ "a": [], "kind": "y", "map": { "c": 1 } }"#, false),
        (r#"{ "a": [], "kind": "y", "more": 1 }"#, false),
        (r#"{ "kind": "y" }"#, false),
        ("[]", false),
    ] {
        let checked = schema.check(&serde_json::from_str(report).unwrap());
        assert_eq!(checked.is_ok(), fits, "{report}: {checked:?}");
    }
}
