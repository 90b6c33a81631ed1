//! PYA102: a package of the lock requires one that the lock does not have.

use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::{Needs, Rule, Severity, Subject};
use crate::explain::need;
use crate::lock::LockedPackage;
use crate::package::PackageName;

pub(super) const RULE: Rule = Rule {
    id: "PYA102",
    name: "missing-requirement",
    severity: Severity::Error,
    summary: "A package that a locked package requires is not in the lock.",
    page: include_str!("../../../docs/rules/missing-requirement.md"),
    needs: Needs::Requirements,
    check,
};

/// So many files that run code are told.
const MOST_FILES: usize = 3;

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    for (at, package) in subject.lock.packages.iter().enumerate() {
        for name in &package.disputed {
            // Where somebody took the package out of the lock, it is told as missing.
            if subject.lock.named(name).is_empty() && is_needed(subject, package, name) {
                continue;
            }
            let message = format!(
                "the lock contradicts itself on whether {} needs {name}: somebody changed it",
                package.label()
            );
            let remark = Remark::new(About::Package(at, None), message);
            remarks.tell(remark.with_fix(subject.again()));
        }
    }
    for (name, why) in subject.unread() {
        remarks.cannot_judge(name, why);
    }
    for on in subject.on() {
        for package in on.graph.packages() {
            for edge in &package.edges {
                let requirement = &edge.requirement;
                let name = &requirement.name;
                if on.is_excluded(name) || on.named(name).next().is_some() {
                    continue;
                }
                let is_elsewhere = !subject.lock.named(name).is_empty();
                match on.holds(&requirement.marker, on.extras(package)) {
                    Some(false) => continue,
                    None => {
                        let why = "what they require depends on where the lock has to run";
                        remarks.cannot_judge(&package.name, why);
                        continue;
                    }
                    // Other tools put the marker on the package alone.
                    Some(true) if is_elsewhere && !subject.is_own() => continue,
                    Some(true) => {}
                }
                let lacks = match is_elsewhere {
                    true => "has it for other environments alone",
                    false => "does not have it",
                };
                let message = format!(
                    "{} needs {}, and {} {lacks}",
                    package.label(),
                    need(requirement),
                    subject.what()
                );
                let about = About::Package(subject.position(package), None);
                let place = subject.place_of_need(package, requirement);
                let remark = Remark::new(about, message).placed(place);
                let remark = start_code(subject).fold(remark, Remark::with_evidence);
                remarks.tell_on(on, remark.with_fix(subject.remedy(requirement)));
            }
        }
    }
}

/// Whether the lock says that a package needs another one somewhere it is for.
fn is_needed(subject: &Subject<'_>, package: &LockedPackage, name: &PackageName) -> bool {
    subject.on().iter().any(|on| {
        let mut edges = package.edges.iter().map(|edge| &edge.requirement);
        edges.any(|it| it.name == *name && on.holds(&it.marker, on.extras(package)) == Some(true))
    })
}

/// Tells of code that may show Python more folders than were looked at.
fn start_code(subject: &Subject<'_>) -> impl Iterator<Item = String> {
    let installed = subject.evidence.installed.into_iter();
    let files = installed.flat_map(|it| &it.start_code).take(MOST_FILES);
    files.map(|file| {
        format!("{file} runs code when Python starts, which may add folders; it was not run.")
    })
}
