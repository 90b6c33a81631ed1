//! The locks of `fixtures/tampering`: as their tools wrote them, nothing is found in them but what
//! their format cannot tell; and what somebody changes afterwards is found, with its file and line.
//!
//! A folder there has a `table.toml`. It names a lock of `fixtures/locks`, the warnings that its format
//! makes always, and changes: after which text what becomes what, and then which rule says what at
//! which place. A change that `needs-network` shows itself in nothing that the lock says.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::support::{Desk, World};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");

/// The five that a lock has to withstand.
const CHANGES: &[&str] = &[
    "dropped edge",
    "edge out of range",
    "moved host",
    "pin against a declaration",
    "zeroed hash",
];

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Table {
    lock: String,
    #[serde(default)]
    cannot_tell: Vec<String>,
    tampering: Vec<Tampering>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Tampering {
    name: String,
    #[serde(default)]
    after: String,
    from: String,
    to: String,
    #[serde(default)]
    needs_network: bool,
    #[serde(default)]
    rule: String,
    #[serde(default)]
    place: String,
    #[serde(default)]
    says: String,
}

/// What was found: rule, place and message of each.
fn found(desk: &Desk, lock: &str) -> Vec<(String, String, String)> {
    let run = desk.run(&format!(
        "pyaudit check {lock} --offline --output-format json"
    ));
    let report: Value = serde_json::from_str(&run.stdout)
        .unwrap_or_else(|_| panic!("{lock}: {}{}", run.stdout, run.stderr));
    let findings = report["findings"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    findings
        .map(|it| {
            let place = &it["locations"][0];
            let place = match place["file"].as_str() {
                Some(file) => format!("{file}:{}", place["line"]),
                None => String::new(),
            };
            (text(&it["id"]), place, text(&it["message"]))
        })
        .collect()
}

impl Tampering {
    fn applied(&self, text: &str, case: &str) -> String {
        let case = format!("{case}: {}", self.name);
        let from = text
            .find(&self.after)
            .unwrap_or_else(|| panic!("{case}: {}", self.after));
        let at = text[from..].find(&self.from);
        let at = from + at.unwrap_or_else(|| panic!("{case}: {}", self.from));
        format!(
            "{}{}{}",
            &text[..at],
            self.to,
            &text[at + self.from.len()..]
        )
    }
}

fn check(case: &str) -> Vec<String> {
    let table = Path::new(FIXTURES)
        .join("tampering")
        .join(case)
        .join("table.toml");
    let table: Table = toml::from_str(&fs::read_to_string(table).unwrap()).unwrap();
    let desk = Desk::new(World::parse(""));
    desk.lay_out(&Path::new(FIXTURES).join("locks").join(case));
    let text = desk.read(&table.lock).unwrap();
    let is_known = |(_, _, message): &(String, String, String)| table.cannot_tell.contains(message);
    let mut wrong = Vec::new();
    let untampered = found(&desk, &table.lock);
    if untampered.len() != table.cannot_tell.len() || !untampered.iter().all(is_known) {
        wrong.push(format!("{case}, untampered: {untampered:#?}"));
    }
    for tampering in &table.tampering {
        desk.write(&table.lock, tampering.applied(&text, case));
        let mut all = found(&desk, &table.lock);
        all.retain(|it| !is_known(it));
        let is_it = |(rule, place, message): &(String, String, String)| {
            *rule == tampering.rule
                && *place == tampering.place
                && message.contains(&tampering.says)
        };
        let is_right = match tampering.needs_network {
            true => all.is_empty(),
            false => all.iter().any(is_it) && !tampering.says.is_empty(),
        };
        if !is_right {
            wrong.push(format!("{case}, {}: {all:#?}", tampering.name));
        }
    }
    let mut names: Vec<&str> = table.tampering.iter().map(|it| it.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names, CHANGES, "{case}");
    wrong
}

#[test]
fn what_is_changed_in_the_lock_of_any_tool_is_found_and_nothing_else() {
    let folder = Path::new(FIXTURES).join("tampering");
    let mut cases: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    cases.sort();
    let wrong: Vec<String> = cases.iter().flat_map(|case| check(case)).collect();

    assert!(cases.len() >= 10, "only {} locks", cases.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
