//! A `requirements.txt` with pip-compile's annotations → [`Lock`]: its pins, and from `# via` who
//! needs them. What a requirement says beyond its name is not in such a file.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::requirements_read::{MarkedPin, read_marked_pins};
use super::{
    EdgeDetail, Lock, LockedDeclaration, LockedEdge, LockedPackage, Pins, ToolRecord,
    read_requirements_pins,
};
use crate::package::{DeclarationKind, PackageName, Requirement};
use crate::source::SourceFile;

/// Reads it; what is neither a pin nor an annotation is passed over.
pub fn read_requirements_lock(file: &Arc<SourceFile>) -> Lock {
    let mut lock = Lock {
        created_by: String::new(),
        packages: marked(packages(&read_requirements_pins(file)), file),
        ..Lock::empty()
    };
    let mut record = ToolRecord::default();
    let mut needed_by: BTreeMap<PackageName, Vec<PackageName>> = BTreeMap::new();
    for (name, reason) in reasons(file.text()) {
        match declared(&name, &reason) {
            Some(declaration) => record.declarations.push(declaration),
            None => {
                let by = PackageName::new(reason);
                needed_by.entry(name).or_default().extend(by.ok());
            }
        }
    }
    for (name, by) in needed_by {
        let Ok(requirement) = Requirement::parse(name.as_ref()) else {
            continue;
        };
        let needing = lock.packages.iter_mut().filter(|it| by.contains(&it.name));
        for package in needing {
            package.edges.push(LockedEdge {
                requirement: requirement.clone(),
                version: None,
            });
        }
    }
    lock.edge_detail = match lock.packages.iter().all(|it| it.edges.is_empty()) {
        true => EdgeDetail::Nothing,
        false => EdgeDetail::Names,
    };
    lock.tool = (!record.declarations.is_empty()).then_some(record);
    lock.sorted()
}

fn packages(pins: &Pins) -> Vec<LockedPackage> {
    let of_name = |name: &PackageName| {
        let pins: Vec<_> = pins.of(name).collect();
        let name = name.clone();
        let package =
            move |(version, _): (&Option<_>, _)| LockedPackage::new(name.clone(), version.clone());
        pins.into_iter().map(package)
    };
    pins.names().flat_map(of_name).collect()
}

/// Adds the markers of the lines.
fn marked(mut packages: Vec<LockedPackage>, file: &Arc<SourceFile>) -> Vec<LockedPackage> {
    let pins = read_marked_pins(file);
    for package in &mut packages {
        let is_own =
            |pin: &&MarkedPin| pin.0 == package.name && Some(&pin.1) == package.version.as_ref();
        package.marker = pins
            .iter()
            .find(is_own)
            .and_then(|(.., marker)| marker.clone());
    }
    packages
}

/// Returns every reason of a `# via`, with the package that it stands at.
fn reasons(text: &str) -> Vec<(PackageName, String)> {
    let mut found = Vec::new();
    let mut current: Option<PackageName> = None;
    let mut is_listing = false;
    for line in text.lines() {
        let (requirement, comment) = split_comment(line);
        let name = requirement.trim_start();
        if !name.is_empty() && !name.starts_with('-') && requirement == name {
            is_listing = false;
            let end = name.find(|c: char| !(c.is_alphanumeric() || "-_.".contains(c)));
            current = PackageName::new(name[..end.unwrap_or(name.len())].to_owned()).ok();
        }
        let (Some(name), Some(comment)) = (&current, comment) else {
            is_listing &= comment.is_some();
            continue;
        };
        let listed = match comment.strip_prefix("via") {
            Some(rest) if rest.is_empty() || rest.starts_with(' ') => {
                is_listing = true;
                rest.trim()
            }
            _ if is_listing => comment,
            _ => continue,
        };
        let reasons = listed
            .split(", ")
            .map(str::trim)
            .filter(|it| !it.is_empty());
        found.extend(reasons.map(|reason| (name.clone(), reason.to_owned())));
    }
    found
}

/// Splits a line where a comment begins: at its start, or behind white space.
fn split_comment(line: &str) -> (&str, Option<&str>) {
    let at = match line.starts_with('#') {
        true => Some(0),
        false => line.find(" #").map(|at| at + 1),
    };
    match at {
        Some(at) => (line[..at].trim_end(), Some(line[at + 1..].trim())),
        None => (line.trim_end(), None),
    }
}

/// Reads `-r FILE`, `-c FILE`, `--override FILE` and `project (pyproject.toml)`.
fn declared(name: &PackageName, reason: &str) -> Option<LockedDeclaration> {
    const OPTIONS: &[(&str, DeclarationKind)] = &[
        ("-r ", DeclarationKind::Requirement),
        ("-c ", DeclarationKind::Constraint),
        ("--override ", DeclarationKind::Override),
    ];
    let of_option = OPTIONS.iter().find_map(|(option, kind)| {
        let file = reason.strip_prefix(option)?;
        Some((file.trim(), None, *kind))
    });
    let of_project = || {
        let (_, place) = reason.strip_suffix(')')?.split_once('(')?;
        let (file, group) = match place.split_once(':') {
            Some((file, group)) => (file, Some(format!("dependency-groups.{group}"))),
            None => (place, None),
        };
        Some((file, group, DeclarationKind::Requirement))
    };
    let (file, section, kind) = of_option.or_else(of_project)?;
    Some(LockedDeclaration {
        name: name.clone(),
        text: name.to_string(),
        kind,
        file: file.to_owned(),
        line: 0,
        column: 0,
        section,
        applies: true,
        is_kept: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        let lock = read_requirements_lock(&SourceFile::new("requirements.txt", text));
        let via = lock.via();
        let of = |(name, via): (&&PackageName, &Vec<super::super::Via<'_>>)| {
            let via: Vec<_> = via.iter().map(|it| it.annotation(None)).collect();
            format!("{name}: {}", via.join(", "))
        };
        via.iter().map(of).collect()
    }

    #[test]
    fn annotations_below_behind_and_in_lists_tell_who_needs_what() {
        let text = "# This file was made by pyaudit\n#    pyaudit lock\n\na==1 \\\n    \
            --hash=sha256:00\n    # via\n    #   -r requirements.in\n    #   b\nb==2  # via -c c.txt, d\n\
            c==3\n    # via b\nd[x]==4 ; os_name == 'nt'\n    # via thing (pyproject.toml:dev)\n";

        assert_eq!(
            told(text),
            [
                "a: -r requirements.in, b",
                "b: -c c.txt, d",
                "c: b",
                "d: pyproject.toml:dev"
            ]
        );
    }

    #[test]
    fn other_comments_tell_nothing() {
        assert_eq!(told("a==1\n# b\nb==1  # viaduct\n"), ["a: ", "b: "]);
    }
}
