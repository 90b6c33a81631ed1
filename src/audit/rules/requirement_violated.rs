//! PYA101: a package of the lock is outside the range of another that requires it.

use super::opposed;
use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::subject::{On, answers};
use crate::audit::{Needs, Rule, Severity, Subject};
use crate::explain::{list, need};
use crate::lock::{EdgeDetail, LockedEdge, LockedPackage};
use crate::package::Requirement;

pub(super) const RULE: Rule = Rule {
    id: "PYA101",
    name: "requirement-violated",
    severity: Severity::Error,
    summary: "A locked version is outside the range that another locked package requires.",
    page: include_str!("../../../docs/rules/requirement-violated.md"),
    needs: Needs::Requirements,
    check,
};

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    for on in subject.on() {
        for package in on.graph.packages() {
            check_python(subject, on, package, remarks);
            for edge in &package.edges {
                check_edge(subject, on, (package, edge), remarks);
            }
        }
    }
}

fn check_edge(
    subject: &Subject<'_>,
    on: &On<'_>,
    (package, edge): (&LockedPackage, &LockedEdge),
    remarks: &mut Remarks,
) {
    let requirement = &edge.requirement;
    let name = &requirement.name;
    if *name == package.name || on.is_overridden(name) || on.is_excluded(name) {
        return;
    }
    match on.holds(&requirement.marker, on.extras(package)) {
        Some(true) => {}
        Some(false) => return,
        None => {
            let why = "what they require depends on where the lock has to run";
            remarks.cannot_judge(&package.name, why);
            return;
        }
    }
    if is_lost(subject, edge) {
        let version = edge.version.iter().map(ToString::to_string);
        let wanted = version.fold(name.to_string(), |name, version| {
            format!("{name} {version}")
        });
        let entries = subject.lock.named(name).iter();
        let entries: Vec<String> = entries.map(LockedPackage::label).collect();
        let (label, entries) = (package.label(), list(&entries));
        let message = format!("{label} needs {wanted} of the lock, which has {entries}");
        let about = About::Package(subject.position(package), None);
        remarks.tell_on(on, Remark::new(about, message).with_fix(subject.again()));
        return;
    }
    let is_any = requirement.specifiers.is_any() && requirement.url.is_none();
    if is_any && subject.lock.edge_detail != EdgeDetail::Ranges {
        // The files themselves say it: metadata-mismatch holds the lock to them.
        let is_open = !package.has_ranges && !subject.asks_files_of(package);
        match subject.evidence.index {
            Some(_) if is_open => remarks.cannot_judge(&package.name, subject.lacks_ranges()),
            None if is_open => remarks.cannot_apply(subject.lacks_ranges()),
            Some(_) | None => {}
        }
        return;
    }
    let entries: Vec<&LockedPackage> = on.named(name).collect();
    let entry = match entries.as_slice() {
        [] => return,
        [only] => only,
        // Where several entries count, the lock says which one answers.
        several => match several.iter().find(|it| it.version == edge.version) {
            Some(entry) => entry,
            None if is_answered(package, requirement, several) => return,
            None => {
                let message = format!("{} needs {}", package.label(), need(requirement));
                let message = format!("{message}, and the lock does not say which {name} answers");
                let about = About::Package(subject.position(package), None);
                remarks.tell_on(on, Remark::new(about, message));
                return;
            }
        },
    };
    match answers(requirement, entry) {
        Some(true) => {}
        None => remarks.cannot_judge(
            name,
            format!("{} does not say their version", subject.what()),
        ),
        Some(false) => {
            let message = format!(
                "{} needs {}, and {} {}",
                package.label(),
                need(requirement),
                subject.kind.has(),
                entry.label()
            );
            let about = About::Package(subject.position(entry), None);
            let place = subject.place_of_need(package, requirement);
            let remark = Remark::new(about.clone(), message);
            // Where the requirement itself is pointed at, what it is held against is shown too.
            let remark = match place.is_some() {
                true => remark.seen_with(about, format!("this is {}", subject.is_held())),
                false => remark,
            };
            remarks.tell_on(
                on,
                remark
                    .placed(place)
                    .with_fix(opposed::remedy(subject, on, package, requirement)),
            );
        }
    }
}

/// What is installed may be made for another Python.
fn check_python(
    subject: &Subject<'_>,
    on: &On<'_>,
    package: &LockedPackage,
    remarks: &mut Remarks,
) {
    let (Some(target), Some(installed)) = (on.target, subject.installed(package)) else {
        return;
    };
    let wanted = installed.requires_python.as_ref();
    let Some(wanted) = wanted.filter(|wanted| !target.admits_python(wanted)) else {
        return;
    };
    let (label, python) = (package.label(), target.python().describe());
    let message = format!("{label} needs Python {wanted}, and the environment has {python}");
    let about = About::Package(subject.position(package), None);
    remarks.tell(Remark::new(about, message).placed(installed.line_of("Requires-Python")));
}

/// Whether an edge beside this one names a version that answers: of the projects of this machine
/// `uv.lock` says the ranges apart from the versions.
fn is_answered(
    package: &LockedPackage,
    requirement: &Requirement,
    entries: &[&LockedPackage],
) -> bool {
    let beside = package
        .edges
        .iter()
        .filter(|edge| edge.requirement.name == requirement.name && edge.version.is_some());
    let mut named = beside.filter_map(|edge| entries.iter().find(|it| it.version == edge.version));
    named.any(|entry| answers(requirement, entry) == Some(true))
}

/// Whether an edge names a version that the lock has no entry of: somebody changed one of them.
fn is_lost(subject: &Subject<'_>, edge: &LockedEdge) -> bool {
    let entries = subject.lock.named(&edge.requirement.name);
    let is_there = entries.iter().any(|entry| entry.version == edge.version);
    edge.version.is_some() && !entries.is_empty() && !is_there
}
