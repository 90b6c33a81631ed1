//! PYA510: a file of the lock is on a host that neither the lock's record nor its indexes name.
//!
//! pyaudit records the hosts of the files when it locks. In other locks, an index that the project
//! does not name is foreign where it names its indexes; and a host or an index that serves next to
//! nothing stands out, which is no more than a sign. Where the package's index was asked, it says itself
//! where it keeps the file. A requirements file has no hosts but those of its options.

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::seen::known;
use crate::audit::{Confidence, Known, Needs, Rule, Severity, Subject};
use crate::lock::{ArtifactPlace, LockedArtifact, LockedPackage};
use crate::source::{Origin, Span};

pub(super) const RULE: Rule = Rule {
    id: "PYA510",
    name: "foreign-host",
    severity: Severity::Error,
    summary: "A locked file is on a host that neither the lock's record nor its indexes name.",
    page: include_str!("../../../docs/rules/foreign-host.md"),
    needs: Needs::LockFile,
    check,
};

/// So many packages of an index tell where it keeps its files.
const ENOUGH: usize = 3;

/// What to do where the index itself says that a file is elsewhere.
const FIX: &str = "Do not install it before you know who moved it. If it is right, lock again.";

/// The files that were told of, by the position of their package.
type Told<'s> = BTreeSet<(usize, &'s str)>;

/// Where the files are whose place the lock does not tell.
const THE_INDEX: &str = "the index";

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    if !subject.tells_files() {
        check_options(subject, remarks);
        return;
    }
    let told = check_by_index(subject, remarks);
    let record = subject.lock.tool.as_ref();
    match record.filter(|record| !record.hosts.is_empty()) {
        Some(record) => {
            let mut known: BTreeSet<String> = record.hosts.iter().cloned().collect();
            known.extend(configured(subject));
            check_against(subject, (&known, &told), remarks);
        }
        None => {
            check_indexes(subject, remarks);
            check_by_custom(subject, &told, remarks);
        }
    }
}

/// Holds the options of a requirements file to the indexes that the project names.
fn check_options(subject: &Subject<'_>, remarks: &mut Remarks) {
    const OPTIONS: &[&str] = &[
        "--index-url",
        "--extra-index-url",
        "--find-links",
        "-i",
        "-f",
    ];
    let known = known_indexes(subject);
    let mut from = 0;
    for line in subject.file.text().split_inclusive('\n') {
        let start = from;
        from += line.len();
        let option = line.trim_end().split_once([' ', '=']);
        let Some((_, url)) = option.filter(|(option, _)| OPTIONS.contains(option)) else {
            continue;
        };
        let Some(host) = ArtifactPlace::Url(url.trim().to_owned()).host() else {
            continue;
        };
        if known.is_empty() {
            remarks.cannot_apply("nothing but the lock itself names its indexes");
        } else if !known.contains(&host) {
            let span = Span::new(start, line.trim_end().len());
            let message = format!("the lock takes packages from {host}, which nothing else names");
            let about = About::Place(Origin::new(subject.file, span));
            remarks.tell(Remark::new(about, message));
        }
    }
}

/// Returns the hosts of the indexes that the project names, if it names any.
fn known_indexes<'s>(subject: &'s Subject<'_>) -> &'s BTreeSet<String> {
    const NONE: &BTreeSet<String> = &BTreeSet::new();
    subject
        .declared
        .map_or(NONE, |declared| &declared.index_hosts)
}

/// Holds the indexes of packages to those that the project names; where it names none, to the one
/// that most packages are from.
fn check_indexes(subject: &Subject<'_>, remarks: &mut Remarks) {
    let known = known_indexes(subject);
    let host = |package: &LockedPackage| {
        let index = package.index.clone()?;
        ArtifactPlace::Url(index).host()
    };
    let packages = subject.lock.packages.iter().enumerate();
    let packages = packages.filter(|(_, package)| package.is_from_registry());
    let packages: Vec<(usize, &LockedPackage)> = packages.collect();
    let mut served: BTreeMap<Option<String>, usize> = BTreeMap::new();
    for (_, package) in &packages {
        *served.entry(host(package)).or_default() += 1;
    }
    let most = served.values().max().copied().unwrap_or_default();
    for (at, package) in packages {
        let index = host(package);
        let Some(name) = index.clone().filter(|host| !known.contains(host)) else {
            continue;
        };
        let about = About::Package(at, None);
        let label = package.label();
        if !known.is_empty() {
            let message = format!("{label} is from {name}, and no index that is named is there");
            remarks.tell(Remark::new(about, message));
        } else if served[&index] * 2 <= most && most >= ENOUGH {
            let message = format!("{label} is from {name}, and other packages are not");
            let remark = Remark::new(about, message);
            let remark = remark.resting_on(Confidence::Heuristic);
            remarks.tell(remark.weighing(Severity::Warning));
        }
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

/// Holds files to the hosts that the index of their package was seen to use; returns those that are
/// told.
fn check_by_index<'s>(subject: &Subject<'s>, remarks: &mut Remarks) -> Told<'s> {
    let pages = |known: &'s Known| match known {
        Known::Seen(on) => on.pages.as_slice(),
        _ => &[],
    };
    let mut used: BTreeSet<(&str, &str)> = BTreeSet::new();
    for page in known(subject).flat_map(|(_, _, it)| pages(it)) {
        let hosts = page.files.iter().filter_map(|file| file.host.as_deref());
        used.extend(hosts.map(|host| (page.index.as_str(), host)));
    }
    let mut told = Told::new();
    for (at, package, known) in known(subject) {
        let index = package.index.as_deref().unwrap_or_default();
        let own = ArtifactPlace::Url(index.to_owned()).host();
        let index = index.trim_end_matches('/');
        let Some(page) = pages(known).iter().find(|page| page.index == index) else {
            continue;
        };
        for artifact in package.artifacts() {
            let there = page.files.iter().find(|file| file.name == artifact.name);
            let there = there.and_then(|file| file.host.as_ref());
            let (Some(host), Some(there)) = (artifact.place.host(), there) else {
                continue;
            };
            if Some(&host) == own.as_ref() || used.contains(&(index, host.as_str())) {
                continue;
            }
            let name = &artifact.name;
            let message = format!("{name} is on {host}, and {index} has it on {there}");
            remarks.tell(Remark::new(about(at, artifact), message).with_fix(FIX));
            told.insert((at, name));
        }
    }
    told
}

fn check_against(
    subject: &Subject<'_>,
    (known, told): (&BTreeSet<String>, &Told<'_>),
    remarks: &mut Remarks,
) {
    for (at, package) in subject.lock.packages.iter().enumerate() {
        for artifact in package.artifacts() {
            if told.contains(&(at, &artifact.name)) {
                continue;
            }
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

fn check_by_custom(subject: &Subject<'_>, told: &Told<'_>, remarks: &mut Remarks) {
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
                let is_told = told.contains(&(*at, &artifact.name));
                let is_own = Some(&host) == own.as_ref();
                if is_told || is_own || host == *usual || served[&host] * 2 > *most {
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

/// Returns the hosts of a package's files; those that the lock leaves to the index are there.
fn hosts(package: &LockedPackage) -> impl Iterator<Item = String> {
    package.artifacts().filter_map(|it| match it.place {
        ArtifactPlace::Index(_) => Some(THE_INDEX.to_owned()),
        ArtifactPlace::Url(_) | ArtifactPlace::Path(_) => it.place.host(),
    })
}

fn about(at: usize, artifact: &LockedArtifact) -> About {
    About::Package(at, Some(artifact.name.clone()))
}
