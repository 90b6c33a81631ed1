//! PYA403: packages for different major versions of CUDA in one lock.

use std::collections::BTreeMap;

use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::{Needs, Rule, Severity, Subject};
use crate::lock::LockedPackage;

pub(super) const RULE: Rule = Rule {
    id: "PYA403",
    name: "cuda-family-mix",
    severity: Severity::Error,
    summary: "Packages for different major versions of CUDA are locked together.",
    page: include_str!("../../../docs/rules/cuda-family-mix.md"),
    needs: Needs::Lock,
    check,
};

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    for on in subject.on() {
        let platform = on.platform();
        let mut by_major: BTreeMap<u16, Vec<&LockedPackage>> = BTreeMap::new();
        for package in on.graph.packages() {
            let Some(version) = &package.version else {
                continue;
            };
            if let Some(major) = subject.facts.cuda_major(&package.name, version, &platform) {
                by_major.entry(major).or_default().push(package);
            }
        }
        let usual = by_major.iter().max_by_key(|(_, packages)| packages.len());
        let Some((usual, others)) = usual.map(|(major, packages)| (*major, packages.clone()))
        else {
            continue;
        };
        for (major, packages) in by_major.iter().filter(|(major, _)| **major != usual) {
            for package in packages {
                let message = format!(
                    "{} is for CUDA {major}, and {}{} for CUDA {usual}",
                    package.label(),
                    others[0].label(),
                    match others.len() {
                        1 => " is".to_owned(),
                        len => format!(" and {} more are", len - 1),
                    }
                );
                let about = About::Package(subject.position(package), None);
                let remark = Remark::new(about, message);
                remarks.tell(
                    remark.with_evidence("Between major versions of CUDA nothing is compatible."),
                );
            }
        }
    }
}
