//! PYA107: a version that was far behind when it was locked. Such picks are mostly nobody's wish: a
//! cap somewhere shuts out the newer versions, and the search falls back to one from before the cap.
//! Where what caps it is held back by a declaration itself, the old version is what was asked for.

use std::collections::BTreeSet;

use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::seen::{DAY, day, seen};
use crate::audit::subject::On;
use crate::audit::{Confidence, Kind, Known, Learned, Needs, Release, Rule};
use crate::audit::{Severity, Subject};
use crate::explain::need;
use crate::lock::LockedPackage;
use crate::package::{PackageName, Version};

pub(super) const RULE: Rule = Rule {
    id: "PYA107",
    name: "ancient-fallback",
    severity: Severity::Warning,
    summary: "A locked version is years and a major version behind what there was.",
    page: include_str!("../../../docs/rules/ancient-fallback.md"),
    needs: Needs::Index,
    check,
};

/// So many years behind is far.
const YEARS: i64 = 2;

/// Who holds back whom is followed for so many packages.
const MOST_HELD: usize = 30;

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    // Who pins by hand has chosen each version.
    if subject.is_by_hand() {
        return;
    }
    let made = subject.evidence.index.and_then(|it| it.made_at);
    for (at, package, on_index) in seen(subject, remarks) {
        let (Some(version), Some(newest)) = (&package.version, &on_index.newest_then) else {
            continue;
        };
        if !is_major_behind(version, &newest.version) || is_declared(subject, &package.name, newest)
        {
            continue;
        }
        let Some(uploaded) = on_index.files().filter_map(|file| file.uploaded).min() else {
            let why = "the index does not say when their files were uploaded";
            remarks.cannot_judge(&package.name, why);
            continue;
        };
        // Of two lines of releases both are kept up: the newest number may be of before.
        if uploaded >= newest.uploaded {
            continue;
        }
        let behind = made.zip(on_index.behind_since);
        let behind = behind.map(|(made, since)| made.seconds().saturating_sub(since.seconds()));
        if behind.is_none_or(|behind| behind <= YEARS * 365 * DAY)
            || is_held(subject, at, &mut BTreeSet::new())
        {
            continue;
        }
        if is_pinned(subject, &package.name) {
            continue;
        }
        let (label, old, new) = (package.label(), day(uploaded), day(newest.uploaded));
        let newest_then = &newest.version;
        let message = match subject.kind {
            Kind::Declarations => {
                format!("{label} is of {old}, and there is {newest_then} of {new}")
            }
            Kind::Lock | Kind::Environment => {
                format!(
                    "{label} is of {old}, and there was {newest_then} of {new} when it was locked"
                )
            }
        };
        let mut remark = Remark::new(About::Package(at, None), message);
        let caps = caps(subject, package, &newest.version);
        if caps.is_empty() {
            let none = "no package of the lock shuts the newer one out by itself";
            remark = remark.with_evidence(none);
        }
        for (_, cap) in caps {
            remark = remark.with_evidence(cap);
        }
        let fix = format!(
            "Declare a lower bound, and see what gives way: `{}>={}`.",
            package.name,
            major(newest)
        );
        remarks.tell(remark.resting_on(Confidence::Heuristic).with_fix(fix));
    }
}

fn major(newest: &Release) -> u64 {
    newest
        .version
        .release()
        .first()
        .copied()
        .unwrap_or_default()
}

fn is_major_behind(version: &Version, newest: &Version) -> bool {
    let key = |version: &Version| (version.epoch(), version.release().first().copied());
    key(version) < key(newest)
}

/// Whether a declaration says itself that it wants no newer one.
fn is_declared(subject: &Subject<'_>, name: &PackageName, newest: &Release) -> bool {
    let declared = subject.declared.iter().flat_map(|it| &it.wanted);
    let mut of_name = declared
        .map(|it| &it.declaration.requirement)
        .filter(|it| it.name == *name);
    of_name.any(|it| !it.specifiers.contains(&newest.version))
}

/// Whether a package takes one version of it alone: then it is as old as that package.
fn is_pinned(subject: &Subject<'_>, name: &PackageName) -> bool {
    let known = subject
        .evidence
        .index
        .into_iter()
        .flat_map(|it| &it.packages);
    let learned = known.filter_map(|known| match known {
        Known::Seen(seen) => Some(&seen.learned),
        _ => None,
    });
    let mut required = learned.flat_map(|learned| match learned {
        Learned::Of(metadata, _) => metadata.requires.all(),
        Learned::Unknown(_) => &[],
    });
    required.any(|it| it.name == *name && it.specifiers.is_pin())
}

/// Whether a declaration keeps the package at this position from its newest version: its own, or one
/// that keeps back all that shut the newest out. `seen` are the positions on the way.
fn is_held(subject: &Subject<'_>, at: usize, seen: &mut BTreeSet<usize>) -> bool {
    let package = &subject.lock.packages[at];
    // What a project of this machine requires is somebody's wish, as a declaration is.
    if package.is_folder() {
        return true;
    }
    let Some(newest) = subject.on_index(at).and_then(|it| it.newest_then.as_ref()) else {
        return false;
    };
    if package.version.as_ref() == Some(&newest.version)
        || seen.len() >= MOST_HELD
        || !seen.insert(at)
    {
        return false;
    }
    if is_declared(subject, &package.name, newest) {
        return true;
    }
    let caps = caps(subject, package, &newest.version);
    !caps.is_empty() && caps.iter().all(|(by, _)| is_held(subject, *by, seen))
}

/// Returns what of the lock shuts a version out, as positions and sentences: what packages need, by
/// their files where those are known, and what facts tell of them.
fn caps(subject: &Subject<'_>, package: &LockedPackage, newest: &Version) -> Vec<(usize, String)> {
    let mut caps = Vec::new();
    for on in subject.on() {
        for by in on.graph.packages() {
            let at = subject.position(by);
            for cap in caps_by(subject, on, (at, by), (&package.name, newest)) {
                if !caps.contains(&(at, cap.clone())) {
                    caps.push((at, cap));
                }
            }
        }
    }
    caps
}

fn caps_by(
    subject: &Subject<'_>,
    on: &On<'_>,
    (at, by): (usize, &LockedPackage),
    (name, newest): (&PackageName, &Version),
) -> Vec<String> {
    let learned = subject.on_index(at).map(|it| &it.learned);
    let platform = on.platform();
    let limits = by
        .version
        .iter()
        .flat_map(|version| subject.facts.limits_on(&by.name, version, &platform));
    let limits = limits
        .filter(|limit| limit.needs.name == *name && !limit.needs.specifiers.contains(newest))
        .map(|limit| format!("{} works only with {}", by.label(), need(&limit.needs)));
    let said = |it: &&crate::package::Requirement| {
        it.name == *name
            && !it.specifiers.contains(newest)
            && on.holds(&it.marker, &by.extras) != Some(false)
    };
    let told = |it: &crate::package::Requirement| format!("{} needs {}", by.label(), need(it));
    let mut caps: Vec<String> = match learned {
        Some(Learned::Of(metadata, _)) => metadata
            .requires
            .all()
            .iter()
            .filter(said)
            .map(told)
            .collect(),
        Some(Learned::Unknown(_)) | None => {
            let edges = by.edges.iter().map(|edge| &edge.requirement);
            edges.filter(said).map(told).collect()
        }
    };
    caps.extend(limits);
    caps
}
