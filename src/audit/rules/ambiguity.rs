//! PYA506: a name that more than one configured index has, and that nothing ties to one of them.
//!
//! It judges by what was asked anyway, and asks nobody more: a name of a private index is told to no
//! other one to find out whether that one has it as well.

use std::collections::BTreeSet;

use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::seen::seen;
use crate::audit::{Needs, OnIndex, OnPage, Rule, Severity, Subject};
use crate::explain::list;

pub(super) const RULE: Rule = Rule {
    id: "PYA506",
    name: "index-ambiguity",
    severity: Severity::Error,
    summary: "More than one configured index has a project of this name.",
    page: include_str!("../../../docs/rules/index-ambiguity.md"),
    needs: Needs::Index,
    check,
};

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    for (at, package, on) in seen(subject, remarks) {
        let about = About::Package(at, None);
        let name = &package.name;
        if let (Some(from), Some(first)) = (&on.elsewhere, on.pages.first()) {
            let message = format!(
                "the lock takes {name} from {from}, and {}, which comes first, has it as well",
                first.index
            );
            remarks.tell(Remark::new(about, message).with_fix(fix(name.as_ref())));
            continue;
        }
        let rivals = rivals(on);
        if rivals.len() < 2 {
            continue;
        }
        let names: BTreeSet<&str> = rivals.iter().map(|page| page.index.as_str()).collect();
        let names: Vec<&str> = names.into_iter().collect();
        let message = format!(
            "{} all have {name}, and nothing says which is meant",
            list(&names)
        );
        let message = match names.len() {
            2 => message.replace(" all have ", " both have "),
            _ => message,
        };
        // Whoever names a page of files beside an index means to have both.
        let severity = match rivals.iter().any(|page| page.is_flat) {
            true => Severity::Warning,
            false => Severity::Error,
        };
        let remark = Remark::new(about, message).weighing(severity);
        remarks.tell(remark.with_fix(fix(name.as_ref())));
    }
}

/// Returns the pages that do not say of each other that they hold the same project (PEP 708).
fn rivals(on: &OnIndex) -> Vec<&OnPage> {
    let mut rivals: Vec<&OnPage> = Vec::new();
    for page in &on.pages {
        let is_same = |other: &&OnPage| {
            other.same_as.contains(&page.index) || page.same_as.contains(&other.index)
        };
        if !rivals.iter().any(is_same) {
            rivals.push(page);
        }
    }
    rivals
}

fn fix(name: &str) -> String {
    format!(
        "Tie it to one of them: `sources = {{ {name} = {{ index = \"NAME\" }} }}` in `[tool.pyaudit]`."
    )
}
