//! PYA510: a file of the lock is on a host that neither the lock's record nor its indexes name.
//!
//! pyaudit records the hosts of the files when it locks. In other locks, a host that serves next to
//! nothing of an index stands out, which is no more than a sign.

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::{Confidence, Needs, Rule, Severity, Subject};
use crate::lock::{ArtifactPlace, LockedArtifact, LockedPackage};

pub(super) const RULE: Rule = Rule {
    id: "PYA510",
    name: "foreign-host",
    severity: Severity::Error,
    summary: "A locked file is on a host that neither the lock's record nor its indexes name.",
    page: include_str!("../../../docs/rules/foreign-host.md"),
    needs: Needs::Files,
    check,
};

/// So many packages of an index tell where it keeps its files.
const ENOUGH: usize = 3;

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    let record = subject.lock.tool.as_ref();
    match record.filter(|record| !record.hosts.is_empty()) {
        Some(record) => {
            let mut known: BTreeSet<String> = record.hosts.iter().cloned().collect();
            known.extend(configured(subject));
            check_against(subject, &known, remarks);
        }
        None => check_by_custom(subject, remarks),
    }
}

/// Returns the hosts of the indexes and pages that the lock was made with.
fn configured(subject: &Subject<'_>) -> impl Iterator<Item = String> {
    let options = subject.lock.tool.iter().map(|record| &record.options);
    let urls = options.flat_map(|options| {
        let more = options.extra_indexes.iter().chain(&options.find_links);
        let one = options.index.iter().chain(&options.torch_index);
        one.chain(more)
    });
    urls.filter_map(|url| ArtifactPlace::Url(url.clone()).host())
}

fn check_against(subject: &Subject<'_>, known: &BTreeSet<String>, remarks: &mut Remarks) {
    for (at, package) in subject.lock.packages.iter().enumerate() {
        for artifact in package.artifacts() {
            let Some(host) = artifact.place.host().filter(|host| !known.contains(host)) else {
                continue;
            };
            let message = format!(
                "{} is on {host}, which neither the lock's record nor its indexes name",
                artifact.name
            );
            remarks.tell(Remark::new(about(at, artifact), message));
        }
    }
}

fn check_by_custom(subject: &Subject<'_>, remarks: &mut Remarks) {
    let mut by_index: BTreeMap<Option<&str>, Vec<(usize, &LockedPackage)>> = BTreeMap::new();
    for (at, package) in subject.lock.packages.iter().enumerate() {
        if package.is_from_registry() {
            let index = package.index.as_deref();
            by_index.entry(index).or_default().push((at, package));
        }
    }
    for (index, packages) in by_index {
        let mut served: BTreeMap<String, usize> = BTreeMap::new();
        for (_, package) in &packages {
            let hosts: BTreeSet<String> = hosts(package).collect();
            for host in hosts {
                *served.entry(host).or_default() += 1;
            }
        }
        let own = index.and_then(|index| ArtifactPlace::Url(index.to_owned()).host());
        let most = served.iter().max_by_key(|(_, number)| **number);
        let Some((usual, most)) = most.filter(|_| served.len() > 1) else {
            continue;
        };
        for (at, package) in &packages {
            for artifact in package.artifacts() {
                let Some(host) = artifact.place.host() else {
                    continue;
                };
                if host == *usual || Some(&host) == own.as_ref() || served[&host] * 2 > *most {
                    continue;
                }
                if packages.len() < ENOUGH {
                    let why = "too few packages tell where their index keeps its files";
                    remarks.cannot_judge(&package.name, why);
                    continue;
                }
                let message = format!(
                    "{} is on {host}, and the files of other packages are on {usual}",
                    artifact.name
                );
                let remark = Remark::new(about(*at, artifact), message);
                let remark = remark.resting_on(Confidence::Heuristic);
                remarks.tell(remark.weighing(Severity::Warning));
            }
        }
    }
}

fn hosts(package: &LockedPackage) -> impl Iterator<Item = String> {
    package.artifacts().filter_map(|it| it.place.host())
}

fn about(at: usize, artifact: &LockedArtifact) -> About {
    About::Package(at, Some(artifact.name.clone()))
}
