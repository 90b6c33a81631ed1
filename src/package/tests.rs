//! What Python's `packaging` says, recorded by `tests/tools/specifier_oracle.py`.

use super::{Specifiers, Version, VersionKey};

const SPECIFIERS: &str = include_str!("../../fixtures/versions/specifiers.txt");
const ORDER: &str = include_str!("../../fixtures/versions/order.txt");
const SPELLINGS: &str = include_str!("../../fixtures/versions/spellings.txt");

/// Where we differ by intent: the text, and why.
const INTENDED: &[(&str, &str)] = &[
    (
        "===",
        "an operator without a version is a slip; packaging takes it, and admits nothing",
    ),
    (
        "18446744073709551616",
        "numbers from 2^64 on are refused, as by other tools in Rust",
    ),
    ("1.0.dev99999999999999999999", "the same"),
    ("99999999999999999999!1", "the same"),
    (
        "1\\xa0",
        "only ASCII white space around a version is ignored",
    ),
];

fn lines(fixture: &str) -> impl Iterator<Item = &str> {
    fixture.lines().filter(|line| !line.starts_with('#'))
}

/// The lines of one `[section]`.
fn section<'a>(fixture: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    lines(fixture)
        .skip_while(move |line| *line != name)
        .skip(1)
        .take_while(|line| !line.starts_with('['))
}

fn is_intended(text: &str) -> bool {
    INTENDED.iter().any(|(known, _)| *known == text)
}

/// `0-3,7`, `*` or `-`.
fn is_in(position: usize, ranges: &str) -> bool {
    match ranges {
        "*" => true,
        "-" => false,
        _ => ranges.split(',').any(|range| {
            let (from, to) = range.split_once('-').unwrap_or((range, range));
            (from.parse().unwrap()..=to.parse().unwrap()).contains(&position)
        }),
    }
}

#[track_caller]
fn nothing_differs(differences: &[String]) {
    let shown = differences.iter().take(40).cloned().collect::<Vec<_>>();
    assert!(
        differences.is_empty(),
        "{} differences from packaging:\n{}",
        differences.len(),
        shown.join("\n")
    );
}

#[test]
fn specifiers_contain_what_packaging_says() {
    let versions: Vec<Version> = section(SPECIFIERS, "[versions]")
        .flat_map(str::split_whitespace)
        .map(|text| text.parse().unwrap())
        .collect();
    let mut differences = Vec::new();
    for line in section(SPECIFIERS, "[specifiers]") {
        let (text, expected) = line.split_once('\t').unwrap();
        if is_intended(text) {
            continue;
        }
        let Ok(specifiers) = Specifiers::parse(text) else {
            if expected != "!" {
                differences.push(format!("`{text}` is a specifier"));
            }
            continue;
        };
        if expected == "!" {
            differences.push(format!("`{text}` is no specifier"));
            continue;
        }
        for (position, version) in versions.iter().enumerate() {
            let contains = is_in(position, expected);
            if specifiers.contains(version) != contains {
                differences.push(format!("`{text}` contains {version}: {contains}"));
            }
        }
    }

    nothing_differs(&differences);
}

#[test]
fn a_set_is_empty_only_where_packaging_finds_nothing_in_it() {
    for line in section(SPECIFIERS, "[specifiers]") {
        let (text, expected) = line.split_once('\t').unwrap();
        if let Ok(specifiers) = Specifiers::parse(text) {
            assert!(
                !specifiers.set().is_empty() || "!-".contains(expected),
                "{text}"
            );
            assert!(!specifiers.set().is_full() || expected == "*", "{text}");
        }
    }
}

#[test]
fn versions_are_ordered_as_packaging_orders() {
    let keys: Vec<Vec<(VersionKey, &str)>> = lines(ORDER)
        .map(|line| {
            line.split_whitespace()
                .map(|text| (VersionKey::of(&text.parse().unwrap()), text))
                .collect()
        })
        .collect();

    for equal in &keys {
        for pair in equal.windows(2) {
            assert_eq!(pair[0].0, pair[1].0, "{} == {}", pair[0].1, pair[1].1);
        }
    }
    for pair in keys.windows(2) {
        assert!(
            pair[0][0].0 < pair[1][0].0,
            "{} < {}",
            pair[0][0].1,
            pair[1][0].1
        );
    }
}

#[test]
fn versions_are_spelled_as_packaging_spells() {
    let mut differences = Vec::new();
    for line in lines(SPELLINGS) {
        let (text, expected) = line.split_once('\t').unwrap();
        let written = unescaped(text);
        let normal = written
            .parse::<Version>()
            .map_or("!".to_owned(), |version| version.to_string());
        if normal != expected && !is_intended(text) {
            differences.push(format!("`{text}` is {expected}, not {normal}"));
        }
    }

    nothing_differs(&differences);
}

/// Undoes Python's `unicode_escape`.
fn unescaped(text: &str) -> String {
    let mut parts = text.split('\\');
    let mut written = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = match part.as_bytes().first() {
            Some(b'x') => 2,
            Some(b'u') => 4,
            Some(b't') => {
                written.push('\t');
                written.push_str(&part[1..]);
                continue;
            }
            _ => {
                written.push('\n');
                written.push_str(&part[1..]);
                continue;
            }
        };
        let code = u32::from_str_radix(&part[1..=digits], 16).unwrap();
        written.push(char::from_u32(code).unwrap());
        written.push_str(&part[digits + 1..]);
    }
    written
}
