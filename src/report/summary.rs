//! What `pyaudit lock` says when it is done: what was locked and where it stands, what changed,
//! and what deserves a look.

use super::words::{Style, count};
use crate::lock::{Lock, LockChange, LockedNote, LockedPackage};
use crate::package::Version;
use crate::source::Problem;

/// What a summary tells.
#[derive(Clone, Copy, Debug)]
pub struct Summary<'a> {
    /// What was locked.
    pub lock: &'a Lock,
    /// For whom, such as `Python 3.10 on Linux x86_64`.
    pub target: &'a str,
    /// How long it took, such as `1.9 s`.
    pub elapsed: &'a str,
    /// The file that was written; none for standard output.
    pub written: Option<&'a str>,
    /// What changed against the former lock; none where there was no former lock.
    pub changes: Option<&'a [LockChange]>,
    /// What was met on the way and did not keep the lock from being made.
    pub warnings: &'a [Problem],
}

/// Returns the summary, each line with its end.
pub fn summary(summary: &Summary<'_>, style: Style) -> String {
    let packages = summary.lock.packages.len();
    let place = (summary.target, summary.written);
    let first = headline(packages, place, summary.elapsed, style);
    first + &remarks(summary, style)
}

/// Returns what follows the headline: what changed, and what deserves a look.
pub fn remarks(summary: &Summary<'_>, style: Style) -> String {
    let mut lines = Vec::new();
    if let Some(changes) = summary.changes {
        lines.push(String::new());
        lines.extend(change_lines(changes, style));
    }
    let notes = note_lines(&summary.lock.packages, style);
    if !notes.is_empty() {
        lines.push(String::new());
        lines.extend(notes);
    }
    if !summary.warnings.is_empty() {
        lines.push(String::new());
    }
    for warning in summary.warnings {
        lines.extend(warning_lines(warning, style));
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// Returns the first line, with its end: how many packages are locked, for whom, in which file,
/// and how long it took.
pub fn headline(
    packages: usize,
    (target, written): (&str, Option<&str>),
    elapsed: &str,
    style: Style,
) -> String {
    let packages = style.bold(&count(packages, "package"));
    let path = written.map(|path| format!(" → {}", style.bold(path)));
    let path = path.unwrap_or_default();
    format!("Locked {packages} for {target} in {elapsed}{path}\n")
}

fn change_lines(changes: &[LockChange], style: Style) -> Vec<String> {
    if changes.is_empty() {
        return vec!["Nothing changed against the former lock".into()];
    }
    let mut lines = vec![format!(
        "{} against the former lock",
        count(changes.len(), "change")
    )];
    lines.extend(changes.iter().map(|change| change_line(change, style)));
    lines
}

/// Draws one change: what came, went or moved.
pub(super) fn change_line(change: &LockChange, style: Style) -> String {
    let labelled = |version: &Option<Version>| match version {
        Some(version) => format!("{} {version}", change.name()),
        None => change.name().to_string(),
    };
    match change {
        LockChange::Added { version, .. } => {
            format!("{} {}", style.green("+"), labelled(version))
        }
        LockChange::Removed { version, .. } => {
            format!("{} {}", style.red("-"), labelled(version))
        }
        LockChange::Upgraded { name, from, to } => format!("  {name} {from} → {to}"),
        LockChange::Downgraded { name, from, to } => {
            format!("  {name} {from} → {to} {}", style.yellow("(older)"))
        }
        LockChange::FilesChanged { version, .. } => {
            let label = labelled(version);
            format!("  {label} {}", style.yellow("(same version, other files)"))
        }
    }
}

/// One line for each pre-release and withdrawn release, with the reason; one for all the packages
/// whose metadata nobody built.
fn note_lines(packages: &[LockedPackage], style: Style) -> Vec<String> {
    let mut lines = Vec::new();
    let mut unverified = Vec::new();
    let mut built = Vec::new();
    for package in packages.iter().filter(|it| !it.notes.is_empty()) {
        let label = package.label();
        for note in &package.notes {
            match note {
                LockedNote::Prerelease(why) => {
                    lines.push(format!("{label} is a pre-release{}", because(why)));
                }
                LockedNote::Yanked(why) => lines.push(format!("{label} is yanked{}", because(why))),
                LockedNote::Limit(what) => lines.push(format!("{label} is limited to {what}")),
                LockedNote::Other(text) => lines.push(format!("{label}: {text}")),
                LockedNote::Unverified => unverified.push(label.clone()),
                LockedNote::Built => built.push(label.clone()),
            }
        }
    }
    for (labels, words) in [
        (
            unverified,
            "not verified by a build, their metadata is as the source archives say",
        ),
        (built, "built to learn their metadata"),
    ] {
        if !labels.is_empty() {
            let number = count(labels.len(), "package");
            lines.push(format!("{number} {words}: {}", labels.join(", ")));
        }
    }
    lines
        .iter()
        .map(|line| format!("{} {}", style.yellow("!"), style.wrapped(line, 2)))
        .collect()
}

fn because(why: &str) -> String {
    match why {
        "" => String::new(),
        why => format!(": {why}"),
    }
}

fn warning_lines(problem: &Problem, style: Style) -> Vec<String> {
    let place = problem.origin.as_ref().map(|origin| format!("{origin}: "));
    let text = format!("{}{}", place.unwrap_or_default(), problem.message);
    let mut lines = vec![format!(
        "{} {}",
        style.yellow("warning:"),
        style.wrapped(&text, "warning: ".len())
    )];
    if let Some(help) = &problem.help {
        lines.push(format!("  {}", style.dim(&style.wrapped(help, 2))));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lock::{Pins, changes, read_requirements_pins};
    use crate::package::PackageName;
    use crate::source::{Origin, SourceFile, Span};

    fn lock(packages: &[(&str, &str, Option<LockedNote>)]) -> Lock {
        let package = |(name, version, note): &(&str, &str, Option<LockedNote>)| LockedPackage {
            notes: note.clone().into_iter().collect(),
            ..LockedPackage::new(
                PackageName::new((*name).to_owned()).unwrap(),
                Some(version.parse().unwrap()),
            )
        };
        Lock {
            packages: packages.iter().map(package).collect(),
            ..Lock::empty()
        }
    }

    #[track_caller]
    fn check(lock: &Lock, former: Option<&str>, warnings: &[Problem], expected: &str) {
        let former = former.map(|text| read_requirements_pins(&SourceFile::new("a.txt", text)));
        let changes = former.map(|former| changes(&former, &Pins::from(lock)));
        let told = summary(
            &Summary {
                lock,
                target: "Python 3.10 on Linux x86_64",
                elapsed: "1.9 s",
                written: Some("pylock.toml"),
                changes: changes.as_deref(),
                warnings,
            },
            Style::plain(),
        );

        assert_eq!(told, expected);
    }

    #[test]
    fn a_new_lock_is_told_in_one_line() {
        let lock = lock(&[("a", "1", None)]);

        check(
            &lock,
            None,
            &[],
            "Locked 1 package for Python 3.10 on Linux x86_64 in 1.9 s → pylock.toml\n",
        );
    }

    #[test]
    fn what_changed_is_told_by_name() {
        let lock = lock(&[("a", "2", None), ("b", "1", None), ("d", "4", None)]);

        check(
            &lock,
            Some("a==1\nb==1.1\nc==3\n"),
            &[],
            "Locked 3 packages for Python 3.10 on Linux x86_64 in 1.9 s → pylock.toml\n\
             \n\
             4 changes against the former lock\n  \
             a 1 → 2\n  \
             b 1.1 → 1 (older)\n\
             - c 3\n\
             + d 4\n",
        );
    }

    #[test]
    fn nothing_changed_is_told_too() {
        let lock = lock(&[("a", "1", None)]);

        check(
            &lock,
            Some("a==1\n"),
            &[],
            "Locked 1 package for Python 3.10 on Linux x86_64 in 1.9 s → pylock.toml\n\
             \n\
             Nothing changed against the former lock\n",
        );
    }

    #[test]
    fn what_deserves_a_look_is_told_last() {
        let lock = lock(&[
            (
                "a",
                "1b1",
                Some(LockedNote::Prerelease("no stable release serves".into())),
            ),
            ("b", "1", Some(LockedNote::Unverified)),
            ("c", "1", Some(LockedNote::Yanked(String::new()))),
            ("d", "2", Some(LockedNote::Unverified)),
        ]);
        let file = SourceFile::new("requirements.in", "a\n--use-feature x\n");
        let warning = Problem::at(
            Origin::new(&file, Span::new(2, 15)),
            "`--use-feature` is ignored",
        )
        .with_help("Remove it.");

        check(
            &lock,
            None,
            &[warning],
            "Locked 4 packages for Python 3.10 on Linux x86_64 in 1.9 s → pylock.toml\n\
             \n\
             ! a 1b1 is a pre-release: no stable release serves\n\
             ! c 1 is yanked\n\
             ! 2 packages not verified by a build, their metadata is as the source archives say: b 1, d 2\n\
             \n\
             warning: requirements.in:2: `--use-feature` is ignored\n  \
             Remove it.\n",
        );
    }
}
