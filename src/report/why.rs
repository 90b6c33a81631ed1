//! Why a package is in a lock, and why in that version: for a person.

use std::sync::Arc;

use super::decision::decision_lines;
use super::words::{Style, count};
use crate::explain::Explanation;
use crate::graph::{Decision, Demand, Graph, Link, Path, Paths, Total};
use crate::lock::{LockedArtifact, LockedPackage, LockedSource};
use crate::package::{IndexUrl, PackageName, Requirement, Version};
use crate::solve::{Candidates, Question};
use crate::target::Target;

/// What is told of one package.
#[derive(Clone, Copy, Debug)]
pub struct Why<'a> {
    /// The lock's packages.
    pub graph: &'a Graph<'a>,
    /// The package, by its position.
    pub package: usize,
    /// The lock's file.
    pub file: &'a str,
    /// Where it runs; none where the lock does not say.
    pub target: Option<&'a Target>,
    /// The paths from the declarations to it.
    pub paths: &'a Paths,
    /// What decided its version.
    pub decided: &'a Decided,
}

/// What is known of the choice of a version.
#[derive(Debug)]
pub enum Decided {
    /// The better versions, and what keeps them out.
    Known(Box<Known>),
    /// The declarations name the very place that it comes from.
    Named,
    /// Nothing, and why.
    Unknown(String),
}

/// The decision, with what it was computed from.
#[derive(Debug)]
pub struct Known {
    /// The decision.
    pub decision: Decision,
    /// What is asked of the package.
    pub demands: Vec<Demand>,
    /// What was asked when the lock was made.
    pub question: Arc<Question>,
    /// The versions there are.
    pub candidates: Candidates,
    /// What a solve found where nothing seems to keep a better version out.
    pub witness: Option<Witness>,
}

/// What a solve found about a better version.
#[derive(Clone, Debug)]
pub enum Witness {
    /// A lock that chooses the package anew takes another version.
    TakenAnew {
        /// That version.
        version: Version,
        /// What else it would be.
        moves: Vec<Move>,
    },
    /// It would go, and the search comes to another answer.
    Possible {
        /// The better version.
        version: Version,
        /// What else would have to be.
        moves: Vec<Move>,
    },
    /// It would not go.
    Impossible {
        /// The better version.
        version: Version,
        /// Why.
        explanation: Explanation,
    },
}

/// A package with its version in the lock and in another answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The package.
    pub name: PackageName,
    /// Its version in the lock, if it is there.
    pub from: Option<Version>,
    /// Its version in the answer, if it is there.
    pub to: Option<Version>,
}

/// Tells it.
pub fn why_text(why: &Why<'_>, style: Style) -> String {
    let package = why.graph.packages()[why.package];
    let mut lines = vec![style.bold(&package.label())];
    lines.extend(
        origin_lines(package, why.target)
            .iter()
            .map(|line| format!("  {}", style.dim(line))),
    );
    lines.push(String::new());
    lines.extend(path_lines(why, style));
    lines.push(String::new());
    lines.extend(decision_lines(why, style));
    lines.join("\n") + "\n"
}

/// Says for which environment something was told of a lock for many.
pub fn alone_text(place: &str, style: Style) -> String {
    let told = format!(
        "This is so for {place}. The lock is for others too: `--for PLATFORM/PYTHON` asks about them."
    );
    style.dim(&style.wrapped(&told, 0)) + "\n"
}

/// Where it comes from: the file that the target installs, and the index.
fn origin_lines(package: &LockedPackage, target: Option<&Target>) -> Vec<String> {
    let mut lines: Vec<String> = match &package.source {
        LockedSource::Registry | LockedSource::Archive { .. } => {
            let file = package.installed_file(target);
            file.map(artifact_line).into_iter().collect()
        }
        LockedSource::Directory { path, .. } => vec![format!("the folder {path}")],
        LockedSource::Vcs {
            place, commit_id, ..
        } => vec![format!("{} at {commit_id}", place.public())],
    };
    lines.extend(
        package
            .index
            .as_deref()
            .map(|index| format!("from {}", IndexUrl::redacted(index))),
    );
    lines.extend(package.notes.iter().map(ToString::to_string));
    lines
}

fn artifact_line(file: &LockedArtifact) -> String {
    let mut line = file.name.clone();
    if let Some(size) = file.size {
        line.push_str(&format!(", {}", bytes(size)));
    }
    if let Some(time) = file.upload_time {
        let time = time.to_string();
        let day = time.split('T').next().unwrap_or_default();
        line.push_str(&format!(", of {day}"));
    }
    line
}

/// Returns a size in the unit that a person reads: `340 B`, `1.5 KiB`, `17.4 MiB`.
pub fn bytes(size: u64) -> String {
    let mut number = size as f64;
    for unit in ["B", "KiB", "MiB"] {
        if number < 1024.0 {
            return match unit {
                "B" => format!("{size} B"),
                unit => format!("{number:.1} {unit}"),
            };
        }
        number /= 1024.0;
    }
    format!("{number:.1} GiB")
}

fn path_lines(why: &Why<'_>, style: Style) -> Vec<String> {
    let shown = &why.paths.shortest;
    let heading = match why.paths.total {
        Total::Exactly(total) if total == shown.len() as u64 => {
            format!("Needed by {}:", count(shown.len(), "path"))
        }
        Total::Exactly(total) => {
            let total = count(usize::try_from(total).unwrap_or(usize::MAX), "path");
            format!("Needed by {total}; the shortest {}:", shown.len())
        }
        Total::MoreThan(total) => format!(
            "Needed by more than {total} paths; the shortest {}:",
            shown.len()
        ),
    };
    let mut lines = match shown.is_empty() {
        true => vec!["Every path to it has more steps than `--depth` admits.".to_owned()],
        false => vec![heading],
    };
    let paths = shown.iter().map(|path| path_line(why.graph, path));
    lines.extend(paths.map(|line| format!("  {}", style.wrapped(&line, 6))));
    let is_cut = why.paths.total != Total::Exactly(shown.len() as u64);
    if is_cut && !shown.is_empty() {
        lines.push(style.dim("  … `--all` shows every path"));
    }
    lines
}

/// Tells a path: the declaration, then what each package asks of the next one.
pub(super) fn path_line(graph: &Graph<'_>, path: &Path) -> String {
    let root = &graph.roots()[path.root];
    let mut line = match root.declaration {
        Some(declaration) => {
            format!(
                "{} {}",
                declaration.place(),
                shown_requirement(&declaration.text)
            )
        }
        None => graph.packages()[root.package].name.to_string(),
    };
    for pair in path.packages.windows(2) {
        if let Some(version) = &graph.packages()[pair[0]].version {
            line.push_str(&format!(" ({version})"));
        }
        if let Some(link) = graph.link(pair[0], pair[1]) {
            line.push_str(&format!(" → {}", asked(graph, link)));
        }
    }
    line
}

/// Tells what a package asks of another: `numpy <2.0.0`, `[fast] speed >=1`.
pub(super) fn asked(graph: &Graph<'_>, link: &Link<'_>) -> String {
    let package = graph.packages()[link.to];
    let extra = link.extra().map(|extra| format!("[{extra}] "));
    let mut extras: Vec<&str> = link
        .requirements
        .iter()
        .flat_map(|requirement| requirement.extras.iter().map(AsRef::as_ref))
        .collect();
    extras.sort_unstable();
    extras.dedup();
    let extras = match extras.as_slice() {
        [] => String::new(),
        extras => format!("[{}]", extras.join(",")),
    };
    let specifiers = link.specifiers();
    let space = if specifiers.is_empty() { "" } else { " " };
    format!(
        "{}{}{extras}{space}{specifiers}",
        extra.unwrap_or_default(),
        package.name
    )
}

/// A requirement as it was declared, with a space where the specifiers begin.
fn shown_requirement(text: &str) -> String {
    let text = IndexUrl::redacted(text);
    let Ok(requirement) = Requirement::parse(&text) else {
        return text;
    };
    if requirement.url.is_some() || requirement.specifiers.is_any() {
        return text;
    }
    let spaced = format!(" {}", requirement.specifiers);
    text.replacen(&requirement.specifiers.to_string(), &spaced, 1)
}
