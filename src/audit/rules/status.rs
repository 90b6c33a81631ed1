//! PYA504: a project that its index marks as archived, deprecated or quarantined (PEP 792), or that
//! has released nothing for years.

use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::seen::{DAY, day, seen};
use crate::audit::{Needs, OnIndex, Rule, Severity, Subject};
use crate::package::Timestamp;

pub(super) const RULE: Rule = Rule {
    id: "PYA504",
    name: "adverse-status",
    severity: Severity::Warning,
    summary: "A project is archived, deprecated or quarantined, or has released nothing for years.",
    page: include_str!("../../../docs/rules/adverse-status.md"),
    needs: Needs::Index,
    check,
};

/// The statuses of PEP 792 that speak against a project, what they weigh, and what they mean.
const STATUSES: &[(&str, Severity, &str)] = &[
    (
        "archived",
        Severity::Warning,
        "its owners expect to publish nothing more",
    ),
    (
        "deprecated",
        Severity::Warning,
        "its owners hold it for obsolete",
    ),
    (
        "quarantined",
        Severity::Error,
        "the index holds it for unsafe and gives out none of its files",
    ),
];

/// So many years without a release are told.
const YEARS: i64 = 3;

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    let asked_at = subject.evidence.index.and_then(|it| it.asked_at);
    for (at, package, on) in seen(subject, remarks) {
        let name = &package.name;
        for page in &on.pages {
            let known = STATUSES
                .iter()
                .find(|(status, ..)| page.status.as_deref() == Some(status));
            if let Some((status, severity, meaning)) = known {
                let message = format!("{name} is {status}: {meaning}");
                let remark = Remark::new(About::Package(at, None), message).weighing(*severity);
                remarks.tell(remark.with_evidence(format!("{} says so", page.index)));
            }
        }
        if let Some(last) = asked_at.and_then(|now| stale_since(on, now)) {
            let message = format!("{name} has released nothing since {}", day(last));
            let remark = Remark::new(About::Package(at, None), message);
            remarks.tell(remark.weighing(Severity::Info));
        }
    }
}

fn stale_since(on: &OnIndex, now: Timestamp) -> Option<Timestamp> {
    let last = on.pages.iter().filter_map(|page| page.last_upload).max()?;
    let age = now.seconds().saturating_sub(last.seconds());
    (age > YEARS * 365 * DAY).then_some(last)
}
