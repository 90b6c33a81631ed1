//! PYA107: a version that was far behind when it was locked. Such picks are mostly nobody's wish: a
//! cap somewhere shuts out the newer versions, and the search falls back to one from before the cap.

use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::seen::{DAY, day, seen};
use crate::audit::subject::On;
use crate::audit::{Confidence, Kind, Known, Learned, Needs, Release, Rule, Severity, Subject};
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

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
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
        let behind = newest.uploaded.seconds().saturating_sub(uploaded.seconds());
        if behind <= YEARS * 365 * DAY {
            continue;
        }
        if is_pinned(subject, &package.name) {
            continue;
        }
        let (there, when) = match subject.kind {
            Kind::Lock => ("was", " when it was locked"),
            Kind::Declarations | Kind::Environment => ("is", ""),
        };
        let message = format!(
            "{} is of {}, and there {there} {} of {}{when}",
            package.label(),
            day(uploaded),
            newest.version,
            day(newest.uploaded)
        );
        let mut remark = Remark::new(About::Package(at, None), message);
        let caps = caps(subject, package, &newest.version);
        if caps.is_empty() {
            let none = "no package of the lock shuts the newer one out by itself";
            remark = remark.with_evidence(none);
        }
        for cap in caps {
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
        Learned::Of(metadata, _) => metadata.requires.as_slice(),
        Learned::Unknown(_) => &[],
    });
    required.any(|it| it.name == *name && it.specifiers.is_pin())
}

/// Returns what of the lock shuts a version out, as sentences: what packages need, by their files
/// where those are known, and what facts tell of them.
fn caps(subject: &Subject<'_>, package: &LockedPackage, newest: &Version) -> Vec<String> {
    let mut caps = Vec::new();
    for on in subject.on() {
        for by in on.graph.packages() {
            for cap in caps_by(subject, on, by, (&package.name, newest)) {
                if !caps.contains(&cap) {
                    caps.push(cap);
                }
            }
        }
    }
    caps
}

fn caps_by(
    subject: &Subject<'_>,
    on: &On<'_>,
    by: &LockedPackage,
    (name, newest): (&PackageName, &Version),
) -> Vec<String> {
    let known = subject
        .evidence
        .index
        .and_then(|it| it.packages.get(subject.position(by)));
    let learned = match known {
        Some(Known::Seen(seen)) => Some(&seen.learned),
        _ => None,
    };
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
        Some(Learned::Of(metadata, _)) => metadata.requires.iter().filter(said).map(told).collect(),
        Some(Learned::Unknown(_)) | None => {
            let edges = by.edges.iter().map(|edge| &edge.requirement);
            edges.filter(said).map(told).collect()
        }
    };
    caps.extend(limits);
    caps
}
