//! The text of a `requirements.in`: each line with where it comes from.

use std::collections::BTreeMap;

use super::members::{Held, Present};
use crate::graph::{Intent, is_tool};
use crate::input::Manifest;
use crate::lock::LockedDeclaration;
use crate::package::{Declaration, DeclarationKind, ExtraName, IndexUrl, Requirement, Specifiers};

/// Writes what was wanted of what is there: at least the versions that are there, as they are known
/// to work.
pub(super) fn of_intents(intents: &[Intent], present: &[Present], source: &str) -> String {
    let mut text = format!(
        "# Made by `pyaudit init` of {source}: what nothing else there needs, of {} packages.\n",
        present.len()
    );
    for intent in intents {
        let present = &present[intent.member];
        if is_tool(&present.name) {
            continue;
        }
        let mut notes: Vec<String> = Vec::new();
        let line = match (&present.held, &present.version) {
            (Held::Line(line), _) => line.clone(),
            (Held::Index, None) => format!("{}{}", present.name, extras(&intent.extras)),
            (Held::Index, Some(version)) => {
                let release = version.clone().without_local();
                if release != *version {
                    notes.push(format!("{version} was installed"));
                }
                format!("{}{}>={release}", present.name, extras(&intent.extras))
            }
        };
        notes.extend(present.origin.as_ref().map(ToString::to_string));
        text.push_str(&with_notes(&line, &notes));
    }
    text
}

fn extras(extras: &[ExtraName]) -> String {
    let names: Vec<&str> = extras.iter().map(|it| it.as_ref()).collect();
    match names.as_slice() {
        [] => String::new(),
        names => format!("[{}]", names.join(",")),
    }
}

/// Writes what files declare, as they say it; what several say of one package in one line. `limits`
/// are the lines that name files of constraints.
pub(super) fn of_manifest(manifest: &Manifest, source: &str, limits: &str) -> String {
    let mut text = format!("# Made by `pyaudit init` of {source}: what is asked for there.\n");
    let indexes = &manifest.indexes;
    let address = |url: &IndexUrl| url.public().to_string();
    if let Some((url, _)) = &indexes.index_url {
        text.push_str(&format!("--index-url {}\n", address(url)));
    }
    for (url, _) in &indexes.extra_index_urls {
        text.push_str(&format!("--extra-index-url {}\n", address(url)));
    }
    for (url, _) in &indexes.find_links {
        text.push_str(&format!("--find-links {}\n", address(url)));
    }
    for table in &indexes.tables {
        let pinned = indexes.pinned.iter();
        let pinned = pinned.filter(|it| Some(&it.index) == table.name.as_ref());
        let names: Vec<String> = pinned.map(|it| it.package.to_string()).collect();
        let (names, url) = (names.join(", "), address(&table.url));
        text.push_str(&format!("# From {url}: {names}  ({})\n", table.origin));
    }
    if let Some((torch, origin)) = &manifest.tool.torch {
        text.push_str(&format!(
            "# Builds of torch: lock with `--torch {torch}`  ({origin})\n"
        ));
    }
    text.push_str(limits);
    for said in merged(&manifest.declarations) {
        text.push_str(&with_notes(&said.line, &said.places));
    }
    for unnamed in &manifest.unnamed {
        let given = IndexUrl::redacted(&unnamed.url.given);
        let lead = if unnamed.url.editable { "-e " } else { "" };
        let line = format!("{lead}{given}{}", extras(&unnamed.extras));
        text.push_str(&with_notes(&line, &[unnamed.origin.to_string()]));
    }
    text
}

/// Writes what a lock of pyaudit's was made of.
pub(super) fn of_record(declarations: &[LockedDeclaration], source: &str, limits: &str) -> String {
    let mut text = format!("# Made by `pyaudit init` of {source}: what it was made of.\n");
    let required = declarations.iter();
    let required = required.filter(|it| it.kind == DeclarationKind::Requirement);
    let mut lines: Vec<String> = required
        .map(|it| with_notes(&it.text, &[format!("{}:{}", it.file, it.line)]))
        .collect();
    lines.sort();
    text.push_str(limits);
    text.push_str(&lines.concat());
    text
}

/// What is said of one package.
struct Said {
    line: String,
    places: Vec<String>,
}

fn merged(declarations: &[Declaration]) -> Vec<Said> {
    let required = declarations.iter();
    let required = required.filter(|it| it.kind == DeclarationKind::Requirement);
    let mut by_name: BTreeMap<(String, String), (Requirement, Vec<String>)> = BTreeMap::new();
    let mut said = Vec::new();
    for declaration in required {
        let requirement = &declaration.requirement;
        let place = declaration.origin.to_string();
        if requirement.url.is_some() {
            said.push(Said {
                line: IndexUrl::redacted(&requirement.to_string()),
                places: vec![place],
            });
            continue;
        }
        let marker = requirement.marker.text().to_owned();
        let key = (requirement.name.to_string(), marker);
        let (merged, places) = by_name
            .entry(key)
            .or_insert_with(|| (requirement.clone(), Vec::new()));
        *merged = both(merged, requirement);
        places.push(place);
    }
    let named = by_name.into_values().map(|(requirement, places)| Said {
        line: requirement.to_string(),
        places,
    });
    said.extend(named);
    said.sort_by(|one, other| one.line.cmp(&other.line));
    said
}

/// Joins what two lines say of a package: all bounds, each once, and all extras.
fn both(one: &Requirement, other: &Requirement) -> Requirement {
    let texts = [one.specifiers.text(), other.specifiers.text()];
    let mut bounds: Vec<&str> = Vec::new();
    for bound in texts.iter().flat_map(|text| text.split(',')).map(str::trim) {
        if !bound.is_empty() && !bounds.contains(&bound) {
            bounds.push(bound);
        }
    }
    let mut extras: Vec<ExtraName> = one.extras.iter().chain(&other.extras).cloned().collect();
    extras.sort();
    extras.dedup();
    Requirement {
        specifiers: Specifiers::parse(&bounds.join(",")).unwrap_or_else(|_| one.specifiers.clone()),
        extras,
        ..one.clone()
    }
}

fn with_notes(line: &str, notes: &[String]) -> String {
    match notes {
        [] => format!("{line}\n"),
        notes => format!("{line}  # {}\n", notes.join(", ")),
    }
}
