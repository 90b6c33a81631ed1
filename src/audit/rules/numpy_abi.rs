//! PYA301: what was built against NumPy 1 beside NumPy 2, or against a newer NumPy than there is. What
//! compiled files say of themselves counts; where none was read, a dated table does.

use super::limits;
use super::opposed;
use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::{Confidence, Contents, Kind, Needs, On, Rule, Severity, Subject};
use crate::binary::{BinaryFacts, Closure, MajorMinor, Reached};
use crate::facts::Limit;
use crate::lock::LockedPackage;
use crate::package::{PackageName, Requirement, Version};

pub(super) const RULE: Rule = Rule {
    id: "PYA301",
    name: "numpy-abi",
    severity: Severity::Error,
    summary: "Compiled parts of a package were built against another NumPy than there is.",
    page: include_str!("../../../docs/rules/numpy-abi.md"),
    needs: Needs::Lock,
    check,
};

const NUMPY: &str = "numpy";

/// What the table says of packages whose files tell it better.
const BY_BUILD: &str = "its wheels were built against NumPy 1";

/// So many files of a package are named.
const MOST_NAMED: usize = 2;

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    limits::check(subject, remarks, |on, package, limit| {
        is_of_numpy(limit) && !(is_of_build(limit) && was_read(subject, on, package))
    });
    for on in subject.on() {
        let Some(name) = numpy_name() else { return };
        let numpy = on.named(&name).find_map(|numpy| {
            let release = numpy.version.as_ref()?;
            Some((numpy, release_of(release)))
        });
        let Some(numpy) = numpy else { continue };
        for package in on.graph.packages() {
            check_package(subject, on, (package, numpy), remarks);
        }
    }
}

pub(super) fn is_of_numpy(limit: &Limit) -> bool {
    limit.needs.name.as_ref() == NUMPY
}

fn is_of_build(limit: &Limit) -> bool {
    limit.because.starts_with(BY_BUILD)
}

pub(super) fn numpy_name() -> Option<PackageName> {
    NUMPY.parse().ok()
}

/// Returns the first two parts of a version.
pub(super) fn release_of(version: &Version) -> MajorMinor {
    let part = |at: usize| {
        let part = version.release().get(at).copied().unwrap_or_default();
        u16::try_from(part).unwrap_or(u16::MAX)
    };
    MajorMinor::new(part(0), part(1))
}

/// Whether the files of a package tell what they were built against.
fn was_read(subject: &Subject<'_>, on: &On<'_>, package: &LockedPackage) -> bool {
    let contents = subject.contents_of(on, package);
    contents.is_some_and(|it| !it.binaries.is_empty() && it.unread.is_empty())
}

fn check_package(
    subject: &Subject<'_>,
    on: &On<'_>,
    (package, numpy): (&LockedPackage, (&LockedPackage, MajorMinor)),
    remarks: &mut Remarks,
) {
    let Some(contents) = subject.contents_of(on, package) else {
        return;
    };
    // Its own files are as old as it is.
    if package.name.as_ref() == NUMPY {
        return;
    }
    let found = [
        too_old(package, numpy, contents),
        (numpy.1.major >= 2)
            .then(|| broken(package, numpy.0, contents))
            .flatten(),
    ];
    for (remark, needs) in found.into_iter().flatten() {
        let about = About::Package(subject.position(package), None);
        let remark = Remark { about, ..remark }.resting_on(Confidence::Bytes);
        remarks.tell_on(on, mended((subject, on), package, needs, remark));
    }
}

/// What breaks with NumPy 2; the heaviest alone.
fn broken(
    package: &LockedPackage,
    numpy: &LockedPackage,
    contents: &Contents,
) -> Option<(Remark, Option<Requirement>)> {
    let closure = Closure::of(&contents.binaries);
    let label = package.label();
    let fails = closure.reaching(|file| file.numpy.fails_with_numpy2());
    let lies = closure.reaching(|file| file.numpy.lies_with_numpy2());
    let below_2 = Requirement::parse("numpy<2").ok();
    if !fails.by.is_empty() {
        let message = format!(
            "{label} was built against NumPy 1, and {} is there: {}",
            numpy.label(),
            failing(&fails)
        );
        return Some((named(Remark::new(About::Lock, message), &fails), below_2));
    }
    if !lies.by.is_empty() {
        let message = format!(
            "{label} takes {} for a NumPy 1: it is imported, and may silently compute wrong results",
            numpy.label()
        );
        let mut culprits = lies.by.iter().filter_map(|file| file.numpy.culprit);
        let remark = named(Remark::new(About::Lock, message), &lies);
        let remark = match culprits.next() {
            Some(culprit) => remark.with_evidence(format!("It was built with {culprit}.")),
            None => remark,
        };
        return Some((remark, below_2));
    }
    let mut files = contents.binaries.iter();
    let bridge = files.find(|file| file.numpy.fails_with_numpy2())?;
    let message = format!(
        "{label} has a library that was built against NumPy 1, which no extension module loads by \
         itself: with {} it may not exchange arrays with NumPy",
        numpy.label()
    );
    let remark = Remark::new(About::Lock, message)
        .weighing(Severity::Info)
        .with_evidence(format!("{} says so.", bridge.path));
    Some((remark, None))
}

/// What needs a newer NumPy.
fn too_old(
    package: &LockedPackage,
    (numpy, release): (&LockedPackage, MajorMinor),
    contents: &Contents,
) -> Option<(Remark, Option<Requirement>)> {
    let closure = Closure::of(&contents.binaries);
    let newest = contents.binaries.iter().filter_map(|it| it.numpy.oldest());
    let newest = newest.max().filter(|newest| *newest > release)?;
    let reached = closure.reaching(|file| file.numpy.oldest().is_some_and(|it| it > release));
    if reached.by.is_empty() {
        return None;
    }
    let message = format!(
        "{} was built to run with numpy {newest} or newer, and {} is there: {}",
        package.label(),
        numpy.label(),
        failing(&reached)
    );
    let needs = Requirement::parse(&format!("numpy>={newest}")).ok();
    Some((named(Remark::new(About::Lock, message), &reached), needs))
}

/// `2 of its 44 extension modules fail as they are imported`.
fn failing(reached: &Reached<'_>) -> String {
    match (reached.by.len(), reached.of) {
        (1, 1) => "its extension module fails as it is imported".to_owned(),
        (1, of) => format!("1 of its {of} extension modules fails as it is imported"),
        (by, of) if by == of => {
            format!("all of its {of} extension modules fail as they are imported")
        }
        (by, of) => format!("{by} of its {of} extension modules fail as they are imported"),
    }
}

fn named(remark: Remark, reached: &Reached<'_>) -> Remark {
    let files = reached.by.iter().take(MOST_NAMED);
    files.fold(remark, |remark, file| remark.with_evidence(said(file)))
}

fn said(file: &BinaryFacts) -> String {
    let path = &file.path;
    match file.numpy.oldest() {
        Some(oldest) if !file.numpy.lies_with_numpy2() => {
            format!("{path} says that it is for numpy {oldest} or newer.")
        }
        _ if file.numpy.fails_with_numpy2() => format!("{path} checks for NumPy 1."),
        _ if file.numpy.lies_with_numpy2() => {
            format!("{path} asks for NumPy's functions by name, and not which NumPy it is.")
        }
        _ => format!("{path} loads a library that does."),
    }
}

/// Says what to do.
fn mended(
    (subject, on): (&Subject<'_>, &On<'_>),
    package: &LockedPackage,
    needs: Option<Requirement>,
    remark: Remark,
) -> Remark {
    match needs {
        None => remark,
        Some(needs) if subject.kind == Kind::Environment => {
            remark.with_fix(opposed::remedy(subject, on, package, &needs))
        }
        Some(needs) => remark.with_fix(format!(
            "Declare `{}` and lock again.",
            crate::explain::need(&needs)
        )),
    }
}
