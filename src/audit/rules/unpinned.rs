//! PYA201: a line of a lock, or of what is installed from, that names no version, so that another day
//! installs another one.

use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::{Kind, Needs, Rule, Severity, Subject};
use crate::explain::list;
use crate::lock::LockedPackage;
use crate::package::{IndexUrl, PackageName, Requirement};
use crate::source::Origin;

pub(super) const RULE: Rule = Rule {
    id: "PYA201",
    name: "unpinned",
    severity: Severity::Warning,
    summary: "What is installed from pins no version, so that another day brings another.",
    page: include_str!("../../../docs/rules/unpinned.md"),
    needs: Needs::Lock,
    check,
};

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    for (name, origin) in subject.loose {
        let text = written(name, origin);
        let message = match subject.kind {
            Kind::Declarations => today(subject, name, &text),
            Kind::Lock | Kind::Environment => {
                format!("{origin} pins no version, and was not checked: {text}")
            }
        };
        let about = About::Declaration(name.clone(), origin.clone());
        remarks.tell(Remark::new(about, message));
    }
}

/// Returns the requirement as it is written, where its place says it whole; else the package.
fn written(name: &PackageName, origin: &Origin) -> String {
    let text = origin.text().trim_matches(['"', '\'']);
    let is_whole = Requirement::parse(text).is_ok_and(|it| it.name == *name);
    match is_whole || origin.text().contains("://") {
        true => IndexUrl::redacted(text),
        false => name.to_string(),
    }
}

/// Says what a line brings today, so that it is seen what may be another tomorrow.
fn today(subject: &Subject<'_>, name: &PackageName, text: &str) -> String {
    let entries = subject.lock.named(name).iter().map(LockedPackage::label);
    let brings: Vec<String> = entries.collect();
    match brings.is_empty() {
        true => format!("{text} pins no version"),
        false => format!("{text} pins no version: today it brings {}", list(&brings)),
    }
}
