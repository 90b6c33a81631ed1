//! PYA302: packages that install the same file with different bytes: whichever comes last wins.

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::{Confidence, Kind, Needs, On, OwnedFile, Rule, Severity, Subject};
use crate::facts::libraries;

pub(super) const RULE: Rule = Rule {
    id: "PYA302",
    name: "file-collision",
    severity: Severity::Error,
    summary: "Two packages install the same file with different bytes.",
    page: include_str!("../../../docs/rules/file-collision.md"),
    needs: Needs::Lock,
    check,
};

/// So many files of two packages are named.
const MOST_NAMED: usize = 3;

/// The files that two packages share with different bytes.
#[derive(Default)]
struct Shared<'a> {
    paths: BTreeSet<&'a str>,
    is_imported: bool,
}

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    let found = by_bytes(subject);
    for (pair, shared) in &found {
        remarks.tell(told(subject, *pair, shared));
    }
    by_table(subject, remarks);
    subject.tell_unknown_contents(remarks);
}

/// Compares what is recorded of every file that a target has.
fn by_bytes<'a>(subject: &'a Subject<'_>) -> BTreeMap<(usize, usize), Shared<'a>> {
    let mut found = BTreeMap::new();
    for on in subject.on() {
        compare(subject, on, &mut found);
    }
    found
}

fn compare<'a>(
    subject: &'a Subject<'_>,
    on: &On<'_>,
    found: &mut BTreeMap<(usize, usize), Shared<'a>>,
) {
    let mut owners: BTreeMap<&str, (usize, &OwnedFile)> = BTreeMap::new();
    for package in on.graph.packages() {
        let at = subject.position(package);
        let files = subject.contents_of(on, package);
        let files = files.into_iter().flat_map(|it| &it.files);
        for file in files.filter(|file| counts(&file.path)) {
            let Some((first, other)) = owners.insert(&file.path, (at, file)) else {
                continue;
            };
            let differ = matches!((other.bytes, file.bytes), (Some(one), Some(two)) if one != two);
            let is_other = || subject.lock.packages[first].name != package.name;
            if first != at && differ && is_other() {
                let shared = found.entry((first, at)).or_default();
                shared.paths.insert(&file.path);
                shared.is_imported |= is_imported(&file.path);
            }
        }
    }
}

/// What installers write for every package, and what Python does.
fn counts(path: &str) -> bool {
    !path.contains(".dist-info/") && !path.ends_with(".pyc")
}

fn is_imported(path: &str) -> bool {
    let is_code = path.ends_with(".py") || crate::binary::is_binary(path);
    let is_outside = path.starts_with("..");
    let is_test = path.starts_with("tests/") || path.starts_with("test/");
    is_code && !is_outside && !is_test
}

fn told(subject: &Subject<'_>, (one, other): (usize, usize), shared: &Shared<'_>) -> Remark {
    let packages = &subject.lock.packages;
    let count = match shared.paths.len() {
        1 => "a file".to_owned(),
        count => format!("{count} files"),
    };
    let message = format!(
        "{} and {} both install {count}, with different bytes",
        packages[one].label(),
        packages[other].label()
    );
    let severity = match shared.is_imported {
        true => Severity::Error,
        false => Severity::Info,
    };
    let named = shared.paths.iter().take(MOST_NAMED);
    let named: Vec<String> = named.map(|path| format!("`{path}`")).collect();
    let more = shared.paths.len().saturating_sub(named.len());
    let more = match more {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    Remark::new(About::Package(one, None), message)
        .weighing(severity)
        .resting_on(Confidence::Bytes)
        .seen_with(About::Package(other, None), "so does this")
        .with_evidence(format!("{}{more}.", named.join(", ")))
        .with_evidence("Whichever is installed last wins, and removing one breaks the other.")
        .with_fix(remedy(subject, one, other))
}

fn remedy(subject: &Subject<'_>, one: usize, other: usize) -> String {
    let name = |at: usize| &subject.lock.packages[at].name;
    match subject.kind {
        Kind::Environment => format!(
            "Keep one of them: `{} {} {}`, then install the one that you want.",
            subject.command("uninstall"),
            name(one),
            name(other)
        ),
        Kind::Lock | Kind::Declarations => format!(
            "Keep one of them; who needs the other one is told by `pyaudit why {}`.",
            name(other)
        ),
    }
}

/// Without the files of both, a table tells of well-known folders.
fn by_table(subject: &Subject<'_>, remarks: &mut Remarks) {
    for on in subject.on() {
        for owners in libraries().owners() {
            let here = owners.projects.iter().flat_map(|name| on.named(name));
            let here: Vec<usize> = here.map(|it| subject.position(it)).collect();
            let was_read = |at: &usize| {
                let package = &subject.lock.packages[*at];
                subject.contents_of(on, package).is_some()
            };
            let [one, others @ ..] = here.as_slice() else {
                continue;
            };
            for other in others.iter().filter(|it| !(was_read(one) && was_read(it))) {
                let packages = &subject.lock.packages;
                let message = format!(
                    "{} and {} both install the folder `{}`",
                    packages[*one].label(),
                    packages[*other].label(),
                    owners.folder
                );
                let remark = Remark::new(About::Package(*one, None), message)
                    .weighing(Severity::Warning)
                    .resting_on(Confidence::Table)
                    .seen_with(About::Package(*other, None), "so does this")
                    .with_evidence(owners.source.clone())
                    .with_fix(remedy(subject, *one, *other));
                remarks.tell_on(on, remark);
            }
        }
    }
}
