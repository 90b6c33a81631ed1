//! PYA204: one pin that alone stands in the way of a solution.

use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::{Needs, Rule, Severity, Subject};
use crate::explain::need;
use crate::source::Origin;

pub(super) const RULE: Rule = Rule {
    id: "PYA204",
    name: "blocking-pin",
    severity: Severity::Warning,
    summary: "This pin alone stands in the way of a solution.",
    page: include_str!("../../../docs/rules/blocking-pin.md"),
    needs: Needs::Trials,
    check,
};

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    let Some(trials) = subject.evidence.trials else {
        return;
    };
    let mut told: Vec<&Origin> = Vec::new();
    for blocking in &trials.blocking {
        let origin = &blocking.declaration.origin;
        // Of several changes of one pin the first is the smallest.
        if told.contains(&origin) {
            continue;
        }
        told.push(origin);
        let requirement = &blocking.declaration.requirement;
        let mut all = trials.blocking.iter().map(|it| &it.declaration.origin);
        let message = match all.all(|it| it == origin) {
            true => format!(
                "{} alone stands in the way of {}",
                need(requirement),
                blocking.of
            ),
            false => format!(
                "{} stands in the way of {}: to change it is enough",
                need(requirement),
                blocking.of
            ),
        };
        let about = About::Declaration(requirement.name.clone(), origin.clone());
        remarks.tell(Remark::new(about, message).mended_by(blocking.fix.clone()));
    }
}
