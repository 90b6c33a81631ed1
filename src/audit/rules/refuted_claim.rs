//! PYA203: a comment or a document says of a package what metadata, files or facts do not bear out.

use std::collections::BTreeMap;

use crate::audit::claims::{Claim, Verdict, judge};
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

/// So many further places are shown.
const MOST_PLACES: usize = 5;

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    let Some(texts) = subject.evidence.texts else {
        return;
    };
    // The same sentence is often copied from file to file.
    let mut said: BTreeMap<String, Vec<&Claim>> = BTreeMap::new();
    for claim in &texts.claims {
        said.entry(claim.says.to_string()).or_default().push(claim);
    }
    for (words, claims) in said {
        let Some((first, others)) = claims.split_first() else {
            continue;
        };
        let failed = first.asks().into_iter();
        let mut failed = failed.filter_map(|(name, _)| texts.evidence.failed.get_key_value(name));
        if let Some((name, why)) = failed.next() {
            remarks.cannot_judge(name, why);
            continue;
        }
        let Verdict::Refuted {
            message,
            evidence,
            confidence,
        } = judge(first, &texts.evidence, subject.facts)
        else {
            continue;
        };
        let message = format!("it is said that {words}, but {message}");
        let mut remark = Remark::new(place_of(first), message).resting_on(confidence);
        remark.evidence = evidence;
        for other in others.iter().take(MOST_PLACES) {
            remark = remark.seen_with(place_of(other), "says so too");
        }
        if others.len() > MOST_PLACES {
            let more = format!("said in {} more places", others.len() - MOST_PLACES);
            remark = remark.with_evidence(more);
        }
        remarks.tell(remark.with_fix("Change the words, and what was decided because of them."));
    }
}

fn place_of(claim: &Claim) -> About {
    match claim.package() {
        Some(package) => About::Declaration(package.clone(), claim.origin.clone()),
        None => About::Place(claim.origin.clone()),
    }
}
