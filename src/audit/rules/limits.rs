//! PYA109: bounds that metadata does not declare and that facts or compiled files tell; what breaks with
//! the NumPy that is there is PYA301's.

use super::declared_numpy;
use super::numpy_abi::is_of_numpy;
use super::opposed;
use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::subject::answers;
use crate::audit::{Confidence, Fix, Kind, Needs, On, Rule, Severity, Subject};
use crate::explain::need;
use crate::facts::Limit;
use crate::lock::LockedPackage;

pub(super) const RULE: Rule = Rule {
    id: "PYA109",
    name: "undeclared-bound",
    severity: Severity::Warning,
    summary: "A version does not work with another, which its metadata does not say.",
    page: include_str!("../../../docs/rules/undeclared-bound.md"),
    needs: Needs::Lock,
    check: |subject, remarks| {
        check(subject, remarks, |_, _, limit| !is_of_numpy(limit));
        declared_numpy::check(subject, remarks);
    },
};

/// Tells of the limits that are ours to tell of and that are not kept.
pub(super) fn check(
    subject: &Subject<'_>,
    remarks: &mut Remarks,
    is_ours: impl Fn(&On<'_>, &LockedPackage, &Limit) -> bool,
) {
    for on in subject.on() {
        let platform = on.platform();
        for package in on.graph.packages() {
            let Some(version) = &package.version else {
                continue;
            };
            let limits = subject.facts.limits_on(&package.name, version, &platform);
            for limit in limits.filter(|limit| is_ours(on, package, limit)) {
                if on.is_overridden(&limit.needs.name) {
                    continue;
                }
                let broken = on
                    .named(&limit.needs.name)
                    .find(|entry| answers(&limit.needs, entry) == Some(false));
                let Some(entry) = broken else { continue };
                if on.target.is_none() && limit.platform.is_some() {
                    let why = "whether that breaks them depends on where the lock has to run";
                    remarks.cannot_judge(&package.name, why);
                    continue;
                }
                let message = format!(
                    "{} works only with {}, and {} {}",
                    package.label(),
                    need(&limit.needs),
                    subject.kind.has(),
                    entry.label()
                );
                let about = About::Package(subject.position(package), None);
                let remark = Remark::new(about, message)
                    .resting_on(Confidence::Table)
                    .with_evidence(format!("because {}", limit.because))
                    .with_evidence(limit.source.clone());
                remarks.tell_on(on, mended((subject, on), package, limit, remark));
            }
        }
    }
}

/// Says what to do; where pyaudit's own answer was solved, what that is.
fn mended(
    (subject, on): (&Subject<'_>, &On<'_>),
    package: &LockedPackage,
    limit: &Limit,
    remark: Remark,
) -> Remark {
    let locked = subject
        .evidence
        .trials
        .and_then(|trials| trials.lock.as_ref());
    if subject.kind == Kind::Environment {
        return remark.with_fix(opposed::remedy(subject, on, package, &limit.needs));
    }
    let Some(version) = locked.and_then(|locked| locked.get(&limit.needs.name)) else {
        return remark.with_fix(format!("Declare `{}` and lock again.", need(&limit.needs)));
    };
    let name = &limit.needs.name;
    remark.mended_by(Fix {
        text: format!(
            "`pyaudit lock` takes {name} {version}. Declare `{}` for other installers.",
            need(&limit.needs)
        ),
        edits: Vec::new(),
        is_safe: false,
        is_verified: true,
    })
}
