//! PYA104: the lock does not answer what is declared today, or holds what nothing asks for.

use std::collections::BTreeSet;

use crate::audit::claimed::OLDEST;
use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::subject::{On, answers};
use crate::audit::{Declared, Kind, Needs, Rule, Severity, Subject, Wanted};
use crate::explain::{list, need};
use crate::lock::LockedPackage;
use crate::package::{DeclarationKind, ExtraName, Requirement, Specifiers, Version};
use crate::target::PythonVersion;

pub(super) const RULE: Rule = Rule {
    id: "PYA104",
    name: "lock-stale",
    severity: Severity::Error,
    summary: "The lock does not answer what is declared, or holds what nothing asks for.",
    page: include_str!("../../../docs/rules/lock-stale.md"),
    needs: Needs::Declarations,
    check,
};

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    let Some(declared) = subject.declared else {
        return;
    };
    for file in &declared.missing_files {
        let why = format!("`{file}` is not here, so what the lock recorded of it was taken");
        remarks.cannot_apply(why);
    }
    check_pythons(subject, declared, remarks);
    for on in subject.on() {
        for wanted in &declared.wanted {
            check_wanted(subject, on, wanted, remarks);
        }
        if declared.is_all && subject.is_own() {
            check_surplus(subject, on, declared, remarks);
        }
    }
    // Other tools write where a package is needed on the way to it alone, and not on itself.
    if declared.is_all && !subject.is_own() {
        check_surplus(subject, &subject.anywhere(), declared, remarks);
    }
}

/// The commands that lock for every Python of the project, and for no other.
const FOR_ALL_PYTHONS: &[&str] = &["poetry lock", "uv lock"];

/// Tells Pythons that the project is for and the lock is not.
fn check_pythons(subject: &Subject<'_>, declared: &Declared, remarks: &mut Remarks) {
    let lock = subject.lock;
    let command = subject.format().command;
    // uv locks a workspace for the Pythons that all its members admit, which may be any folder.
    let is_workspace = command == "uv lock" && lock.packages.iter().any(LockedPackage::is_folder);
    let locked = lock.requires_python.as_deref();
    let locked = locked.and_then(|text| Specifiers::parse_lenient(text).ok());
    let Some(((wanted, place), locked)) = declared.pythons.as_ref().zip(locked) else {
        return;
    };
    if subject.kind != Kind::Lock || is_workspace || !FOR_ALL_PYTHONS.contains(&command) {
        return;
    }
    let minors = OLDEST..=PythonVersion::newest_stable().minor();
    let missing = minors.filter(|minor| {
        let python = Version::new([3, *minor]);
        wanted.contains(&python) && !locked.contains(&python)
    });
    let missing: Vec<String> = missing.map(|minor| format!("3.{minor}")).collect();
    if missing.is_empty() {
        return;
    }
    let message = format!("{place} is for Python {wanted}, and the lock for {locked} alone");
    let remark = Remark::new(About::Place(place.clone()), message);
    let evidence = format!("It leaves out Python {}.", list(&missing));
    remarks.tell(remark.with_evidence(evidence).with_fix(subject.again()));
}

fn check_wanted(subject: &Subject<'_>, on: &On<'_>, wanted: &Wanted, remarks: &mut Remarks) {
    let declaration = &wanted.declaration;
    let requirement = &declaration.requirement;
    let name = &requirement.name;
    let is_override = declaration.kind == DeclarationKind::Override;
    if on.is_excluded(name) || (on.is_overridden(name) && !is_override) {
        return;
    }
    match on.counts(declaration) {
        Some(true) => {}
        Some(false) => return,
        None => {
            let why = "whether they are asked for depends on where the lock has to run";
            remarks.cannot_judge(name, why);
            return;
        }
    }
    let entries: Vec<&LockedPackage> = on.named(name).collect();
    let about = || About::Declaration(name.clone(), declaration.origin.clone());
    let place = &declaration.origin;
    if entries.is_empty() && declaration.kind == DeclarationKind::Requirement {
        let asked = need(requirement);
        let what = subject.what();
        let message = format!("{place} asks for {asked}, and {what} does not have it");
        remarks.tell_on(
            on,
            Remark::new(about(), message).with_fix(subject.remedy(requirement)),
        );
    }
    let verb = match declaration.kind {
        DeclarationKind::Requirement => "asks for",
        DeclarationKind::Constraint => "allows only",
        DeclarationKind::Override => "sets",
    };
    for entry in entries {
        if declaration.kind == DeclarationKind::Requirement
            && let Some(extra) = missing_extra(subject, requirement, entry)
        {
            let (asked, label) = (need(requirement), entry.label());
            let message =
                format!("{place} asks for {asked}, and the lock has {label} without `{extra}`");
            remarks.tell_on(on, Remark::new(about(), message).with_fix(subject.again()));
        }
        match answers(requirement, entry) {
            Some(true) => {}
            None => remarks.cannot_judge(
                name,
                format!("{} does not say their version", subject.what()),
            ),
            Some(false) => {
                let message = format!(
                    "{place} {verb} {}, and {} {}",
                    need(requirement),
                    subject.kind.has(),
                    entry.label()
                );
                let entry = About::Package(subject.position(entry), None);
                let seen = format!("this is {}", subject.is_held());
                let remark = Remark::new(about(), message).seen_with(entry, seen);
                remarks.tell_on(on, remark.with_fix(subject.remedy(requirement)));
            }
        }
    }
}

/// Returns an extra that is asked for now and that the lock was not made with. One that was asked
/// for then and is not among those of the package does not exist.
fn missing_extra<'r>(
    subject: &Subject<'_>,
    requirement: &'r Requirement,
    entry: &LockedPackage,
) -> Option<&'r ExtraName> {
    if !subject.is_own() {
        return None;
    }
    let recorded = subject.lock.tool.iter().flat_map(|it| &it.declarations);
    let recorded = recorded.filter(|it| it.name == requirement.name);
    let recorded = recorded.filter_map(|it| Requirement::parse(&it.text).ok());
    let then: BTreeSet<ExtraName> = recorded.flat_map(|it| it.extras).collect();
    let mut extras = requirement.extras.iter();
    extras.find(|extra| !entry.extras.contains(extra) && !then.contains(*extra))
}

/// Whatever no declaration leads to is too much: its own, or that of an edge that was lost.
fn check_surplus(subject: &Subject<'_>, on: &On<'_>, declared: &Declared, remarks: &mut Remarks) {
    if !subject.tells_needs() {
        remarks.cannot_apply(subject.lacks_needs());
        return;
    }
    let requirements = declared.wanted.iter().map(|it| &it.declaration);
    let requirements = requirements
        .filter(|it| it.kind == DeclarationKind::Requirement && on.counts(it) != Some(false));
    let names = requirements.map(|it| &it.requirement.name);
    let names = names.chain(&declared.by_address);
    let mut waiting: Vec<usize> = names.flat_map(|name| on.graph.named(name)).collect();
    let mut reached = BTreeSet::new();
    while let Some(at) = waiting.pop() {
        if reached.insert(at) {
            waiting.extend(on.graph.needs(at).iter().map(|link| link.to));
        }
    }
    for (at, package) in on.graph.packages().iter().enumerate() {
        if reached.contains(&at) {
            continue;
        }
        let message = format!(
            "the lock has {}, and nothing that is declared leads to it",
            package.label()
        );
        let about = About::Package(subject.position(package), None);
        remarks.tell(Remark::new(about, message).with_fix(subject.again()));
    }
}
