//! PYA301 and PYA109: bounds that metadata does not declare and that facts tell: what was built
//! against NumPy 1 crashes with NumPy 2.

use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::subject::answers;
use crate::audit::{Confidence, Needs, Rule, Severity, Subject};
use crate::explain::need;
use crate::facts::Limit;

pub(super) const UNDECLARED_BOUND: Rule = Rule {
    id: "PYA109",
    name: "undeclared-bound",
    severity: Severity::Warning,
    summary: "A locked version is known not to work with another, which its metadata does not say.",
    page: include_str!("../../../docs/rules/undeclared-bound.md"),
    needs: Needs::Lock,
    check: |subject, remarks| check(subject, remarks, |limit| !is_of_numpy(limit)),
};

pub(super) const NUMPY_ABI: Rule = Rule {
    id: "PYA301",
    name: "numpy-abi",
    severity: Severity::Error,
    summary: "A package that was built against NumPy 1 is locked with NumPy 2.",
    page: include_str!("../../../docs/rules/numpy-abi.md"),
    needs: Needs::Lock,
    check: |subject, remarks| check(subject, remarks, is_of_numpy),
};

fn is_of_numpy(limit: &Limit) -> bool {
    limit.needs.name.as_ref() == "numpy"
}

fn check(subject: &Subject<'_>, remarks: &mut Remarks, is_ours: fn(&Limit) -> bool) {
    for on in subject.on() {
        let platform = on.platform();
        for package in on.graph.packages() {
            let Some(version) = &package.version else {
                continue;
            };
            let limits = subject.facts.limits_on(&package.name, version, &platform);
            for limit in limits.filter(|limit| is_ours(limit)) {
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
                    "{} works only with {}, and the lock has {}",
                    package.label(),
                    need(&limit.needs),
                    entry.label()
                );
                let about = About::Package(subject.position(package), None);
                let remark = Remark::new(about, message)
                    .resting_on(Confidence::Table)
                    .with_evidence(format!("because {}", limit.because))
                    .with_evidence(limit.source.clone())
                    .with_fix(format!("Declare `{}` and lock again.", need(&limit.needs)));
                remarks.tell(remark);
            }
        }
    }
}
