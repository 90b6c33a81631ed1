//! PYA108: builds of torch's family that were not released to go together, or of another flavour
//! than the target's.

use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::{Needs, Rule, Severity, Subject};
use crate::lock::LockedPackage;
use crate::target::Flavour;

pub(super) const RULE: Rule = Rule {
    id: "PYA108",
    name: "lockstep-skew",
    severity: Severity::Warning,
    summary: "Packages that are built and released together are locked from different builds, or from others than asked for.",
    page: include_str!("../../../docs/rules/lockstep-skew.md"),
    needs: Needs::Lock,
    check,
};

const CARRIER: &str = "torch";

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    for on in subject.on() {
        let packages = on.graph.packages().iter();
        let family = packages.filter(|it| subject.facts.is_family(&it.name));
        let built: Vec<(&LockedPackage, Flavour)> = family
            .filter_map(|it| Some((*it, Flavour::of_local(it.version.as_ref()?)?)))
            .collect();
        let accelerators = on.target.map(|target| target.accelerators());
        let asked = accelerators.and_then(|it| it.flavour);
        if let Some(asked) = asked {
            for (package, other) in built.iter().filter(|(_, other)| *other != asked) {
                let (label, other) = (package.label(), other.describe());
                let message = format!("{label} is built for {other}, and {asked} is asked for");
                let about = About::Package(subject.position(package), None);
                remarks.tell(Remark::new(about, message));
            }
            continue;
        }
        let carrier = built.iter().find(|(it, _)| it.name.as_ref() == CARRIER);
        let Some((torch, flavour)) = carrier else {
            continue;
        };
        for (package, other) in built.iter().filter(|(_, other)| other != flavour) {
            let message = format!(
                "{} is built for {}, and {} for {}",
                package.label(),
                other.describe(),
                torch.label(),
                flavour.describe()
            );
            let about = About::Package(subject.position(package), None);
            remarks.tell(Remark::new(about, message));
        }
    }
}
