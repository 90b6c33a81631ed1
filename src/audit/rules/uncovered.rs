//! PYA106: the lock does not claim to be for a target that it has to run on.

use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::rule::NO_TARGET;
use crate::audit::{Needs, Rule, Severity, Subject};
use crate::package::{MarkerTexts, Specifiers};

pub(super) const RULE: Rule = Rule {
    id: "PYA106",
    name: "target-uncovered",
    severity: Severity::Warning,
    summary: "The lock is for other environments than the target.",
    page: include_str!("../../../docs/rules/target-uncovered.md"),
    needs: Needs::Lock,
    check,
};

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    let lock = subject.lock;
    // A lock that does not say what it is for is for everything.
    if lock.requires_python.is_none() && lock.environments.is_empty() {
        return;
    }
    if subject.target_is_unknown() {
        remarks.cannot_apply(NO_TARGET);
    }
    let markers = &mut MarkerTexts::default();
    for (_, target) in subject.on_targets() {
        let place = target.describe();
        let wanted = lock.requires_python.as_deref();
        let wanted = wanted.and_then(|text| Specifiers::parse_lenient(text).ok());
        if let Some(wanted) = wanted.filter(|wanted| !target.admits_python(wanted)) {
            let message = format!("the lock is for Python {wanted}, and not for {place}");
            remarks.tell(Remark::new(About::Lock, message));
            continue;
        }
        let mut is_read = true;
        let mut holds = lock.environments.iter().map(|text| {
            let marker = markers.parse(text);
            is_read &= marker.is_ok();
            marker.is_ok_and(|marker| marker.holds(target.environment(), &[]))
        });
        if lock.environments.is_empty() || holds.any(|holds| holds) {
            continue;
        }
        if is_read {
            let message = format!("no environment of the lock is {place}");
            remarks.tell(Remark::new(About::Lock, message));
        } else {
            remarks.cannot_apply("an environment of the lock cannot be understood");
        }
    }
}
