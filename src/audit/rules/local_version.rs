//! PYA205: a locked or declared version with a local part, such as `2.1.0+cu121`, that no configured index has.

use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::seen::known;
use crate::audit::{Known, Needs, Rule, Severity, Subject};
use crate::explain::list;
use crate::lock::LockedPackage;
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
        tell(subject, (About::Package(at, None), package), asked, remarks);
    }
    let index = subject.evidence.index.into_iter();
    for (declaration, package, known) in index.flat_map(|it| &it.builds) {
        match known {
            Known::Absent { asked, .. } => {
                let about = About::Place(declaration.origin.clone());
                tell(subject, (about, package), asked, remarks);
            }
            Known::Failed(why) | Known::NotAsked(why) => remarks.cannot_judge(&package.name, why),
            Known::Seen(_) | Known::Direct => {}
        }
    }
}

fn tell(
    subject: &Subject<'_>,
    (about, package): (About, &LockedPackage),
    asked: &[String],
    remarks: &mut Remarks,
) {
    let Some(version) = package.version.as_ref().filter(|it| it.is_local()) else {
        return;
    };
    let message = format!("{} is not on {}", package.label(), list(asked));
    let remark = Remark::new(about, message);
    let flavour = Flavour::of_local(version).filter(|_| subject.facts.is_family(&package.name));
    remarks.tell(match flavour {
        Some(flavour) => remark
            .with_evidence(format!(
                "builds for {} have an index of their own",
                flavour.describe()
            ))
            .with_fix(format!("Lock with `--torch {flavour}`.")),
        None => remark.with_fix("Name the index that has it: `--index`."),
    });
}
