//! PYA103: what is declared has no solution. Every conflict is a finding.

use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::{Needs, Rule, Severity, Subject};
use crate::explain::Explanation;

pub(super) const RULE: Rule = Rule {
    id: "PYA103",
    name: "unsatisfiable",
    severity: Severity::Error,
    summary: "No set of versions meets what is declared.",
    page: include_str!("../../../docs/rules/unsatisfiable.md"),
    needs: Needs::Trials,
    check,
};

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    let Some(trials) = subject.evidence.trials else {
        return;
    };
    for conflict in &trials.conflicts {
        let remark = told(subject, &conflict.explanation);
        remarks.tell(match &conflict.fix {
            Some(fix) => remark.mended_by(fix.clone()),
            None => {
                let command = subject.lock_command();
                let command = command.unwrap_or_else(|| "pyaudit lock".to_owned());
                let fix = format!("`{command}` shows the conflict and looks for repairs.");
                remark.with_fix(fix)
            }
        });
    }
    if !trials.conflicts.is_empty() && !trials.is_complete {
        remarks.cannot_apply("the search for further conflicts took too long");
    }
}

/// The first place is where it stands; the others have to be seen with it.
fn told(subject: &Subject<'_>, explanation: &Explanation) -> Remark {
    let about = |origin: &crate::source::Origin| {
        let wanted = subject.declared.into_iter().flat_map(|it| &it.wanted);
        let mut wanted = wanted.map(|it| &it.declaration);
        let found = wanted.find(|it| it.origin == *origin);
        found.map(|it| About::Declaration(it.requirement.name.clone(), origin.clone()))
    };
    let mut places = explanation.places.iter();
    let first = places.find_map(|place| about(&place.origin));
    let mut remark = Remark::new(first.unwrap_or(About::Lock), &*explanation.headline);
    for place in places {
        if let Some(about) = about(&place.origin) {
            remark = remark.seen_with(about, place.says.clone());
        }
    }
    let steps = explanation.steps.iter().chain(&explanation.conclusion);
    steps.fold(remark, |remark, step| remark.with_evidence(step.clone()))
}
