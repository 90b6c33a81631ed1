//! PYA201: a line of a lock that names no version, so that another day installs another one.

use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::{Needs, Rule, Severity, Subject};
use crate::package::IndexUrl;

pub(super) const RULE: Rule = Rule {
    id: "PYA201",
    name: "unpinned",
    severity: Severity::Warning,
    summary: "A line of a requirements file pins no version, so that what is installed can change.",
    page: include_str!("../../../docs/rules/unpinned.md"),
    needs: Needs::Lock,
    check,
};

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    for (name, origin) in subject.loose {
        let text = IndexUrl::redacted(origin.text());
        let message = format!("{origin} pins no version, and was not checked: {text}");
        let about = About::Declaration(name.clone(), origin.clone());
        remarks.tell(Remark::new(about, message));
    }
}
