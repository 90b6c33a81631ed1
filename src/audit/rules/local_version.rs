//! PYA205: a locked version with a local part, such as `2.1.0+cu121`, that no configured index has.

use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::seen::known;
use crate::audit::{Known, Needs, Rule, Severity, Subject};
use crate::explain::list;
use crate::target::Flavour;

pub(super) const RULE: Rule = Rule {
    id: "PYA205",
    name: "unavailable-local-version",
    severity: Severity::Error,
    summary: "A local version is on no configured index.",
    page: include_str!("../../../docs/rules/unavailable-local-version.md"),
    needs: Needs::Index,
    check,
};

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    for (at, package, known) in known(subject) {
        let asked = match known {
            Known::Absent { asked, .. } => asked,
            Known::Failed(why) | Known::NotAsked(why) => {
                remarks.cannot_judge(&package.name, why);
                continue;
            }
            Known::Seen(_) | Known::Direct => continue,
        };
        let Some(version) = package.version.as_ref().filter(|it| it.is_local()) else {
            continue;
        };
        let message = format!("{} is not on {}", package.label(), list(asked));
        let mut remark = Remark::new(About::Package(at, None), message);
        let flavour = Flavour::of_local(version).filter(|_| subject.facts.is_family(&package.name));
        if let Some(flavour) = flavour {
            let builds = flavour.describe();
            remark = remark
                .with_evidence(format!("builds for {builds} have an index of their own"))
                .with_fix(format!("Lock with `--torch {flavour}`."));
        } else {
            remark = remark.with_fix("Name the index that has it: `--index`.");
        }
        remarks.tell(remark);
    }
}
