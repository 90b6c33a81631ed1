//! PYA203: a comment or a document says of a package what metadata, files or facts do not bear out.

use crate::audit::claims::{Verdict, judge};
use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::{Needs, Rule, Severity, Subject};

pub(super) const RULE: Rule = Rule {
    id: "PYA203",
    name: "refuted-claim",
    severity: Severity::Warning,
    summary: "A comment or a document says of a package what its metadata, its files or facts refute.",
    page: include_str!("../../../docs/rules/refuted-claim.md"),
    needs: Needs::Texts,
    check,
};

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    let Some(texts) = subject.evidence.texts else {
        return;
    };
    for claim in &texts.claims {
        let failed = claim.asks().into_iter();
        let mut failed = failed.filter_map(|(name, _)| texts.evidence.failed.get_key_value(name));
        if let Some((name, why)) = failed.next() {
            remarks.cannot_judge(name, why);
            continue;
        }
        let Verdict::Refuted {
            message,
            evidence,
            confidence,
        } = judge(claim, &texts.evidence, subject.facts)
        else {
            continue;
        };
        let about = match claim.package() {
            Some(package) => About::Declaration(package.clone(), claim.origin.clone()),
            None => About::Place(claim.origin.clone()),
        };
        let message = format!("it is said that {}, but {message}", claim.says);
        let mut remark = Remark::new(about, message).resting_on(confidence);
        remark.evidence = evidence;
        remarks.tell(remark.with_fix("Change the words, and what was decided because of them."));
    }
}
