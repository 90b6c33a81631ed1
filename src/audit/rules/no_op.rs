//! PYA202: a bound that does nothing: without it the same versions are chosen.

use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::{Idle, Needs, Rule, Severity, Subject};
use crate::explain::need;
use crate::package::DeclarationKind;

pub(super) const RULE: Rule = Rule {
    id: "PYA202",
    name: "no-op-constraint",
    severity: Severity::Info,
    summary: "Without this bound the same versions are chosen.",
    page: include_str!("../../../docs/rules/no-op-constraint.md"),
    needs: Needs::Trials,
    check,
};

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    let Some(trials) = subject.evidence.trials else {
        return;
    };
    for Idle { declaration, fix } in &trials.idle {
        let asked = need(&declaration.requirement);
        let what = match declaration.kind {
            DeclarationKind::Requirement => "the bound of",
            DeclarationKind::Constraint => "the constraint",
            DeclarationKind::Override => "the override",
        };
        let name = declaration.requirement.name.clone();
        let message = format!("{what} {asked} changes nothing today");
        let about = About::Declaration(name, declaration.origin.clone());
        let remark = Remark::new(about, message);
        let remark = remark.with_evidence("Solved without it: every version stays the same.");
        remarks.tell(match fix {
            Some(fix) => remark.mended_by(fix.clone()),
            None => remark,
        });
    }
    for name in &trials.untried {
        remarks.cannot_judge(name, "there was no time left to solve without them");
    }
}
