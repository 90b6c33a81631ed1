//! Holds the house together: floors, doors, forbidden words, file lengths and opening sentences.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms with their floors: a room imports only from lower floors.
const FLOORS: &[(&str, u8)] = &[
    ("advisory", 3),
    ("audit", 7),
    ("binary", 3),
    ("cli", 10),
    ("fuzzing", 10),
    ("explain", 6),
    ("facts", 3),
    ("fetch", 9),
    ("graph", 6),
    ("host", 9),
    ("index", 3),
    ("input", 3),
    ("lock", 5),
    ("matrix", 5),
    ("package", 1),
    ("repair", 5),
    ("report", 8),
    ("sequence", 5),
    ("solve", 4),
    ("source", 0),
    ("target", 2),
];

/// Words that only some rooms may say.
const OUTSIDE: &[(&str, &[&str])] = &[
    ("clap", &["cli"]),
    ("eprint!", &["cli"]),
    ("eprintln!", &["cli"]),
    ("miette::", &["report"]),
    ("print!", &["cli"]),
    ("println!", &["cli"]),
    ("reqwest", &["fetch"]),
    ("std::env", &["cli", "host"]),
    ("std::fs", &["fetch", "host"]),
    ("std::net", &["fetch"]),
    ("std::process", &["cli", "fetch", "host"]),
    ("SystemTime::now", &["cli", "fetch", "host"]),
    ("Timestamp::now", &["cli", "host"]),
    ("tokio", &["fetch"]),
];

/// Files longer than this can no longer be read in one piece.
const LONGEST: usize = 500;

struct SourceText {
    path: PathBuf,
    room: String,
    text: String,
}

fn sources() -> Vec<SourceText> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut waiting = vec![root.clone()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder).expect("the source tree can be read") {
            let path = entry.expect("the source tree can be read").path();
            if path.is_dir() {
                waiting.push(path);
                continue;
            }
            let inner = path
                .strip_prefix(&root)
                .expect("the source tree can be read")
                .to_path_buf();
            let room = match inner.components().count() {
                1 => String::new(),
                _ => inner
                    .components()
                    .next()
                    .expect("the source tree can be read")
                    .as_os_str()
                    .to_string_lossy()
                    .into_owned(),
            };
            let text = fs::read_to_string(&path).expect("the source tree can be read");
            found.push(SourceText {
                path: inner,
                room,
                text,
            });
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(found.len() > 50, "only {} files were found", found.len());
    found
}

/// The text before the unit tests, which may do what the code may not.
fn code_of(source: &SourceText) -> &str {
    let is_test = source.path.ends_with("tests.rs")
        || source.path.ends_with("universe.rs")
        || source.path.to_string_lossy().contains("testing");
    match is_test {
        true => "",
        false => source
            .text
            .split("#[cfg(test)]\nmod tests {")
            .next()
            .expect("the source tree can be read"),
    }
}

#[test]
fn rooms_import_only_from_lower_floors_and_through_doors() {
    let floors: BTreeMap<&str, u8> = FLOORS.iter().copied().collect();
    for source in sources().iter().filter(|source| !source.room.is_empty()) {
        let floor = floors[source.room.as_str()];
        for (number, line) in code_of(source).lines().enumerate() {
            let place = format!("{}:{}", source.path.display(), number + 1);
            for reference in line.split("crate::").skip(1) {
                let path: Vec<&str> = reference
                    .split(|c: char| !c.is_alphanumeric() && c != '_' && c != ':')
                    .next()
                    .unwrap()
                    .split("::")
                    .collect();
                let room = path[0];
                if room == source.room || room.is_empty() {
                    continue;
                }
                let other = floors
                    .get(room)
                    .unwrap_or_else(|| panic!("{place}: no room `{room}`"));
                assert!(
                    other < &floor,
                    "{place} imports `{room}`, which is not below it"
                );
                let inner = path.get(1).copied().unwrap_or_default();
                let is_past_door = path.len() > 2 && inner.starts_with(char::is_lowercase);
                assert!(!is_past_door, "{place} goes past the door of `{room}`");
            }
        }
    }
}

#[test]
fn outside_words_are_said_only_in_their_rooms() {
    for source in sources().iter().filter(|source| !source.room.is_empty()) {
        for (number, line) in code_of(source).lines().enumerate() {
            if line.trim_start().starts_with("//") {
                continue;
            }
            for (word, rooms) in OUTSIDE {
                let is_said = line.match_indices(word).any(|(at, _)| {
                    !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_')
                });
                assert!(
                    !is_said || rooms.contains(&source.room.as_str()),
                    "{}:{} says `{word}`, which belongs to {rooms:?}",
                    source.path.display(),
                    number + 1
                );
            }
        }
    }
}

#[test]
fn every_file_opens_with_a_sentence_and_can_be_read_in_one_piece() {
    for source in sources() {
        let path = source.path.display();
        assert!(
            source.text.starts_with("//! "),
            "{path} does not say what stands there"
        );
        let lines = source.text.lines().count();
        assert!(lines <= LONGEST, "{path} has {lines} lines");
    }
}

#[test]
fn the_map_in_lib_names_every_room() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let map = fs::read_to_string(root.join("lib.rs")).unwrap();
    for (room, floor) in FLOORS {
        assert!(root.join(room).is_dir(), "there is no room `{room}`");
        let line = map.lines().find(|line| line.contains(&format!("`{room}`")));
        let line = line.unwrap_or_else(|| panic!("the map does not name `{room}`"));
        assert!(
            line.contains(&floor.to_string()),
            "the map has `{room}` on another floor"
        );
    }
}

#[test]
fn the_readme_and_the_gate_run_the_same_tests() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let gate = fs::read_to_string(root.join(".ci/run")).unwrap();
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let command = gate
        .lines()
        .find(|line| line.contains("cargo test"))
        .unwrap();

    assert!(
        readme.contains(command),
        "the README does not say `{command}`"
    );
}
