//! The locks of `fixtures/tampering`: as their tools wrote them, nothing is found in them but what
//! their format cannot tell; and what somebody changes afterwards is found, with its file and line.
//!
//! A folder there has a `table.toml`. It names a lock of `fixtures/locks`, the warnings that its format
//! makes always and those that it makes where an index is asked, and changes: after which text what
//! becomes what, and then which rule says what at which place. A change that `needs-network` shows
//! itself in nothing that the lock says: an index has to be asked, which here is one with the files of
//! all these locks and the metadata of `index.toml`.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::support::{Desk, World, walk};

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
    #[serde(default)]
    cannot_tell_online: Vec<String>,
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
    rule: String,
    place: String,
    says: String,
}

const OFFLINE: &str = "--offline";
const ONLINE: &str = "--index-url {base}/json/main/simple";

/// Something that was found.
#[derive(Debug)]
struct Found {
    rule: String,
    place: String,
    message: String,
    reason: String,
}

/// What was found in a lock.
fn found(desk: &Desk, lock: &str, network: &str) -> Vec<Found> {
    let run = desk.run(&format!(
        "pyaudit check {lock} {network} --output-format json"
    ));
    let report: Value = serde_json::from_str(&run.stdout)
        .unwrap_or_else(|_| panic!("{lock}: {}{}", run.stdout, run.stderr));
    let findings = report["findings"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    findings
        .map(|it| {
            let place = &it["locations"][0];
            Found {
                rule: text(&it["id"]),
                place: match place["file"].as_str() {
                    Some(file) => format!("{file}:{}", place["line"]),
                    None => String::new(),
                },
                message: text(&it["message"]),
                reason: it["evidence"].to_string(),
            }
        })
        .collect()
}

impl Tampering {
    /// Whether it is what was found; what an index says of it is given as the reason.
    fn is_it(&self, found: &Found) -> bool {
        !self.says.is_empty()
            && found.rule == self.rule
            && found.place == self.place
            && found.message.contains(&self.says)
            && (!self.needs_network || found.reason.contains("the metadata of "))
    }

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

/// An index with the files that the locks name, and with what their packages need.
fn world(cases: &[String]) -> World {
    let path = Path::new(FIXTURES).join("tampering").join("index.toml");
    let mut world = World::parse(&fs::read_to_string(path).unwrap());
    for case in cases {
        for path in walk(&Path::new(FIXTURES).join("locks").join(case)) {
            let text = fs::read_to_string(path).unwrap();
            for (file, sha256) in files(&text) {
                world.tell_of(file, sha256);
            }
        }
    }
    world
}

/// Finds the names of files in a lock, each with the digest that follows.
fn files(text: &str) -> impl Iterator<Item = (&str, &str)> {
    const DIGITS: usize = 64;
    let ends = [".whl\"", ".tar.gz\""];
    let ends = ends.into_iter().flat_map(|end| {
        let found = text.match_indices(end);
        found.map(|(at, end)| at + end.len() - 1)
    });
    ends.map(|end| {
        let start = text[..end].rfind(['"', '/']).unwrap() + 1;
        let sha256 = end + text[end..].find("sha256").unwrap();
        let digest = sha256
            + text[sha256 + 6..]
                .find(|it: char| it.is_ascii_hexdigit())
                .unwrap()
            + 6;
        (&text[start..end], &text[digest..digest + DIGITS])
    })
}

impl Table {
    fn read(case: &str) -> Self {
        let folder = Path::new(FIXTURES).join("tampering").join(case);
        toml::from_str(&fs::read_to_string(folder.join("table.toml")).unwrap()).unwrap()
    }

    fn is_known(&self, message: &String) -> bool {
        self.cannot_tell.contains(message) || self.cannot_tell_online.contains(message)
    }
}

fn check(case: &str, desk: &Desk) -> Vec<String> {
    let table = Table::read(case);
    desk.lay_out(&Path::new(FIXTURES).join("locks").join(case));
    let text = desk.read(&table.lock).unwrap();
    let unknown = |network: &str| {
        let mut all = found(desk, &table.lock, network);
        all.retain(|it| !table.is_known(&it.message));
        all
    };
    let mut wrong = Vec::new();
    let mut expect = |is_right: bool, what: &str, all: &[Found]| {
        if !is_right {
            wrong.push(format!("{case}, {what}: {all:#?}"));
        }
    };
    let untampered = found(desk, &table.lock, OFFLINE);
    let is_quiet = untampered.len() == table.cannot_tell.len();
    expect(is_quiet, "untampered", &untampered);
    for network in [OFFLINE, ONLINE] {
        let all = unknown(network);
        expect(all.is_empty(), &format!("untampered {network}"), &all);
    }
    for tampering in &table.tampering {
        desk.write(&table.lock, tampering.applied(&text, case));
        let offline = unknown(OFFLINE);
        let network = match tampering.needs_network {
            true => ONLINE,
            false => OFFLINE,
        };
        let is_hidden = !tampering.needs_network || offline.is_empty();
        expect(is_hidden, &format!("{} offline", tampering.name), &offline);
        let all = unknown(network);
        let is_found = all.iter().any(|it| tampering.is_it(it));
        expect(is_found, &tampering.name, &all);
    }
    let mut names: Vec<&str> = table.tampering.iter().map(|it| it.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names, CHANGES, "{case}");
    wrong
}

#[test]
fn what_is_changed_in_the_lock_of_any_tool_is_found_and_nothing_else() {
    let entries = fs::read_dir(Path::new(FIXTURES).join("tampering")).unwrap();
    let folders = entries.map(|entry| entry.unwrap().path());
    let mut cases: Vec<String> = folders
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    cases.sort();
    let world = world(&cases);
    let checked = |case: &String| check(case, &Desk::new(world.clone()));
    let wrong: Vec<String> = cases.iter().flat_map(checked).collect();

    assert!(cases.len() >= 10, "only {} locks", cases.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
