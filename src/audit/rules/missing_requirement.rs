//! PYA102: a package of the lock requires one that the lock does not have.

use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::{Needs, Rule, Severity, Subject};
use crate::explain::need;

pub(super) const RULE: Rule = Rule {
    id: "PYA102",
    name: "missing-requirement",
    severity: Severity::Error,
    summary: "A package that a locked package requires is not in the lock.",
    page: include_str!("../../../docs/rules/missing-requirement.md"),
    needs: Needs::Requirements,
    check,
};

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    for (at, package) in subject.lock.packages.iter().enumerate() {
        for name in &package.disputed {
            let message = format!(
                "the lock contradicts itself on whether {} needs {name}: somebody changed it",
                package.label()
            );
            let remark = Remark::new(About::Package(at, None), message);
            remarks.tell(remark.with_fix(subject.again()));
        }
    }
    for on in subject.on() {
        for package in on.graph.packages() {
            for edge in &package.edges {
                let requirement = &edge.requirement;
                let name = &requirement.name;
                if on.is_excluded(name) || on.named(name).next().is_some() {
                    continue;
                }
                let is_elsewhere = !subject.lock.named(name).is_empty();
                match on.holds(&requirement.marker, &package.extras) {
                    Some(false) => continue,
                    None => {
                        let why = "what they require depends on where the lock has to run";
                        remarks.cannot_judge(&package.name, why);
                        continue;
                    }
                    // Other tools put the marker on the package alone.
                    Some(true) if is_elsewhere && !subject.is_own() => continue,
                    Some(true) => {}
                }
                let lacks = match is_elsewhere {
                    true => "has it for other environments alone",
                    false => "does not have it",
                };
                let message = format!(
                    "{} needs {}, and the lock {lacks}",
                    package.label(),
                    need(requirement)
                );
                let about = About::Package(subject.position(package), None);
                let remark = Remark::new(about, message);
                remarks.tell_on(on, remark.with_fix(subject.again()));
            }
        }
    }
}
