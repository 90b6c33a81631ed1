//! What is installed, out of the lines of `pip freeze`. What a line says that cannot be kept is told.

use std::sync::Arc;

use super::members::{Held, Present};
use crate::explain::list;
use crate::package::{IndexUrl, PackageName, Version, WheelName};
use crate::source::{Origin, Problem, SourceFile, Span};

/// So many packages are named in one sentence.
const MOST_NAMED: usize = 3;

/// More packages than any environment has.
const MOST: usize = 20_000;

/// What stands before a folder that is installed in place.
const EDITABLE: &str = "# Editable install with no version control (";

/// Whether every line is one that `pip freeze` writes, and one of them pins a version.
pub(super) fn is_freeze(file: &SourceFile) -> bool {
    let lines = file.text().lines().map(str::trim);
    let mut lines = lines.filter(|line| !line.is_empty() && !line.starts_with(['#', '-']));
    let is_pinned = file.text().contains("==");
    is_pinned && lines.all(|line| line.contains("==") || line.contains(" @ "))
}

/// Reads what `pip freeze` writes; with what is to be told of it.
pub(super) fn read_freeze(file: &Arc<SourceFile>) -> (Vec<Present>, Vec<Problem>) {
    let mut found: Vec<Present> = Vec::new();
    let mut problems = Vec::new();
    let mut of_files: Vec<String> = Vec::new();
    let mut in_place = None;
    let mut at = 0;
    for line in file.text().split_inclusive('\n') {
        let start = at;
        at += line.len();
        let text = line.trim();
        let origin = Origin::new(file, Span::new(start, line.trim_end().len()));
        let named = in_place.take();
        in_place = text
            .strip_prefix(EDITABLE)
            .and_then(|it| pinned(it.strip_suffix(')')?));
        let Some(present) = frozen(text, named) else {
            problems.extend(left_out(text, &origin));
            continue;
        };
        if is_of_file(text) {
            of_files.push(format!("`{}`", IndexUrl::redacted(text)));
        }
        let former = found.iter().find(|it| it.name == present.name);
        problems.extend(former.and_then(|former| twice(former, &present, &origin)));
        found.push(Present {
            origin: Some(origin),
            ..present
        });
        if found.len() >= MOST {
            break;
        }
    }
    problems.extend(from_index(&of_files));
    (found, problems)
}

/// Tells that a line says nothing that can be kept; nothing of comments and of options.
fn left_out(line: &str, origin: &Origin) -> Option<Problem> {
    let is_quiet = line.is_empty() || line.starts_with('#');
    let is_option = line.starts_with('-') && !line.starts_with("-e ");
    (!is_quiet && !is_option).then(|| {
        let message = "this line is left out: it does not say which package it is";
        Problem::at(origin.clone(), message).as_warning()
    })
}

/// Tells that a name stands there with two versions.
fn twice(former: &Present, present: &Present, origin: &Origin) -> Option<Problem> {
    let (one, other) = (former.version.as_ref()?, present.version.as_ref()?);
    (one != other).then(|| {
        let name = &present.name;
        let message = format!("{name} is there as {one} and as {other}: the first counts");
        Problem::at(origin.clone(), message).as_warning()
    })
}

/// Tells that files of the machine are not kept.
fn from_index(of_files: &[String]) -> Option<Problem> {
    if of_files.is_empty() {
        return None;
    }
    let mut named: Vec<String> = of_files.iter().take(MOST_NAMED).cloned().collect();
    let more = of_files.len() - named.len();
    named.extend((more > 0).then(|| format!("{more} more")));
    let message = format!(
        "installed from files of that machine, and wanted from an index here: {}",
        list(&named)
    );
    let help = "Where no index has the same, write the file's place behind the name.";
    Some(Problem::anywhere(message).with_help(help).as_warning())
}

/// Whether a line names a file or a folder of the machine.
fn is_of_file(line: &str) -> bool {
    let address = line.split_once(" @ ").map(|(_, address)| address.trim());
    address.is_some_and(|it| it.starts_with("file:"))
}

/// Reads one line; `named` is what a comment before it says of a folder that is installed in place.
fn frozen(line: &str, named: Option<Present>) -> Option<Present> {
    if let Some(editable) = line.strip_prefix("-e ") {
        if let Some(named) = named {
            let held = Held::Line(IndexUrl::redacted(line));
            return Some(Present { held, ..named });
        }
        let egg = editable.split_once("#egg=").map(|(_, egg)| egg);
        let name = egg?.split(['&', '[']).next()?;
        let held = Held::Line(IndexUrl::redacted(line));
        return Some(Present {
            held,
            ..Present::new(PackageName::new(name.to_owned()).ok()?)
        });
    }
    if line.starts_with(['#', '-']) {
        return None;
    }
    let line = line.split(" #").next()?.split(" --").next()?;
    let line = line.trim_end_matches(['\\', ' ']);
    if let Some((name, address)) = line.split_once(" @ ") {
        let name = PackageName::new(name.split('[').next()?.trim().to_owned()).ok()?;
        // conda built it in a folder that is gone: the index has the same release.
        if address.starts_with("file:") {
            let file = address.split(['#', '?']).next()?.rsplit('/').next()?;
            let version = WheelName::parse(file).ok().map(|wheel| wheel.version);
            return Some(Present {
                version,
                ..Present::new(name)
            });
        }
        let held = Held::Line(IndexUrl::redacted(line));
        return Some(Present {
            held,
            ..Present::new(name)
        });
    }
    pinned(line)
}

fn pinned(line: &str) -> Option<Present> {
    let (name, version) = line.split(';').next()?.split_once("==")?;
    let name = PackageName::new(name.split('[').next()?.trim().to_owned()).ok()?;
    let version: Version = version.trim_start_matches('=').trim().parse().ok()?;
    Some(Present {
        version: Some(version),
        ..Present::new(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        let (present, _) = read_freeze(&SourceFile::new("freeze.txt", text));
        let told = present.iter().map(|it| {
            let version = it.version.as_ref().map(|it| format!(" {it}"));
            let held = match &it.held {
                Held::Index => String::new(),
                Held::Line(line) => format!(" by {line}"),
            };
            format!("{}{}{held}", it.name, version.unwrap_or_default())
        });
        told.collect()
    }

    #[test]
    fn the_lines_of_a_freeze_are_read_in_all_their_forms() {
        let text = "# comment\nGitPython==3.1.45\n-e git+https://u:p@git.example/a.git@0123#egg=a\n\
                    b @ file:///croot/b_123/work\nc @ file:///x/c-1.0-py3-none-any.whl#sha256=00\n\
                    d @ https://files.example/d-1.tar.gz\ntorch==2.9.0+cu126\n--index-url x\nnothing\n";

        assert_eq!(
            told(text),
            [
                "gitpython 3.1.45",
                "a by -e git+https://git.example/a.git@0123#egg=a",
                "b",
                "c 1.0",
                "d by d @ https://files.example/d-1.tar.gz",
                "torch 2.9.0+cu126",
            ]
        );
    }

    #[test]
    fn what_cannot_be_kept_is_told() {
        let text = "a==1\na==2\n-e ./folder\nb @ file:///x/b-3.whl\nnothing\n--index-url x\n\
                    # Editable install with no version control (c==4)\n-e /home/c\n";
        let (present, problems) = read_freeze(&SourceFile::new("freeze.txt", text));

        let names: Vec<&str> = present.iter().map(|it| it.name.as_ref()).collect();
        assert_eq!(names, ["a", "a", "b", "c"]);
        assert_eq!(present[3].held, Held::Line("-e /home/c".to_owned()));
        let messages: Vec<&str> = problems.iter().map(|it| it.message.as_str()).collect();
        assert_eq!(
            messages,
            [
                "a is there as 1 and as 2: the first counts",
                "this line is left out: it does not say which package it is",
                "this line is left out: it does not say which package it is",
                "installed from files of that machine, and wanted from an index here: \
                 `b @ file:///x/b-3.whl`",
            ]
        );
    }
}
