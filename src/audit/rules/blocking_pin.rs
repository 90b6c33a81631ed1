//! PYA204: one pin that alone stands in the way of a solution.

use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::{Needs, Rule, Severity, Subject};
use crate::explain::need;

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
    for blocking in &trials.blocking {
        let requirement = &blocking.declaration.requirement;
        let of = blocking.of.as_deref().unwrap_or("a solution");
        let message = match trials.blocking.len() {
            1 => format!("{} alone stands in the way of {of}", need(requirement)),
            _ => format!(
                "{} stands in the way of {of}: to change it is enough",
                need(requirement)
            ),
        };
        let about = About::Declaration(
            requirement.name.clone(),
            blocking.declaration.origin.clone(),
        );
        remarks.tell(Remark::new(about, message).mended_by(blocking.fix.clone()));
    }
}
