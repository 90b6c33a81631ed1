//! PYA105: no file of a package can be installed on a target.

use crate::audit::claimed::{environment_in_words, system};
use crate::audit::offered::{Offer, offers};
use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::rule::NO_TARGET;
use crate::audit::{Needs, Rule, Severity, Subject};
use crate::lock::{Layout, LockedPackage, LockedSource};
use crate::package::{DistName, Specifiers, Version};
use crate::target::{Misfit, PythonVersion, Target};

pub(super) const RULE: Rule = Rule {
    id: "PYA105",
    name: "no-artifact-for-target",
    severity: Severity::Error,
    summary: "No wheel and no source archive of a package fits the target.",
    page: include_str!("../../../docs/rules/no-artifact-for-target.md"),
    needs: Needs::Files,
    check,
};

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    for (at, package) in subject.lock.packages.iter().enumerate() {
        // One is enough to see what happened.
        for (name, version) in strangers(package).into_iter().take(1) {
            let label = package.label();
            let message = format!(
                "{name} is a file of {} {version}, and not of {label}",
                package.name
            );
            remarks.tell(Remark::new(About::Package(at, Some(name)), message));
        }
    }
    if subject.target_is_unknown() {
        remarks.cannot_apply(NO_TARGET);
        return;
    }
    let offers = offers(subject, remarks);
    let mut counted: Vec<Vec<&Target>> = vec![Vec::new(); subject.lock.packages.len()];
    for (on, target) in subject.on_targets() {
        let reached = match subject.is_own() {
            true => (0..on.graph.packages().len()).collect(),
            false => on.reached(),
        };
        for at in reached {
            let counted = &mut counted[subject.position(on.graph.packages()[at])];
            // The same target is met once for each way to choose extras.
            if !counted
                .last()
                .is_some_and(|known| std::ptr::eq(*known, target))
            {
                counted.push(target);
            }
        }
    }
    let mending = subject.mending_command();
    let fix = mending.map(|it| format!("`{it}` finds the smallest change that has a solution."));
    let packages = subject.lock.packages.iter().enumerate();
    for (((at, package), targets), offer) in packages.zip(counted).zip(&offers) {
        let Some(offer) = offer else {
            continue;
        };
        let messages = match subject.is_claimed {
            true => faults_of_claims(subject, (package, offer), &targets),
            // What installs it is as new as the wheels ask for, or gets nothing of it.
            false if subject.is_for_all_systems => targets
                .iter()
                .filter_map(|target| {
                    let newest = target.on_newest_system();
                    let place = environment_in_words(target);
                    fault((package, offer), (&newest, CLAIMED), &place)
                })
                .collect(),
            false => targets
                .iter()
                .filter_map(|target| {
                    let wish = wish(subject, target);
                    fault((package, offer), (target, wish), &target.describe())
                })
                .collect(),
        };
        if !messages.is_empty() && !offer.is_whole {
            let why = "not all of their files are known";
            remarks.cannot_judge(&package.name, why);
            continue;
        }
        for message in messages {
            let remark = Remark::new(About::Package(at, None), message);
            remarks.tell(match &fix {
                Some(fix) => remark.with_fix(fix.as_str()),
                None => remark,
            });
        }
    }
}

/// Returns the files that are of another version than the one that is locked.
pub(super) fn strangers(package: &LockedPackage) -> Vec<(String, Version)> {
    let Some(locked) = package
        .version
        .as_ref()
        .filter(|_| package.is_from_registry())
    else {
        return Vec::new();
    };
    let public = |version: &Version| version.to_string().split('+').next().map(str::to_owned);
    let other = package.artifacts().filter_map(|artifact| {
        let read = DistName::parse(&artifact.name, &package.name).ok()?;
        let version = read.version().clone();
        let is_same = version == *locked || public(&version) == public(locked);
        (!is_same).then(|| (artifact.name.clone(), version))
    });
    other.collect()
}

/// A lock that nobody made for one target is not held to every Python that it claims: those come and
/// go. It is at fault where a system has none on which a package can be installed. Pipenv locks for the
/// machine that it runs on, and does not say which that was: one system is enough.
fn faults_of_claims(
    subject: &Subject<'_>,
    one: (&LockedPackage, &Offer<'_>),
    targets: &[&Target],
) -> Vec<String> {
    let mut systems: Vec<&str> = Vec::new();
    let mut faults = Vec::new();
    for target in targets {
        if systems.contains(&system(target)) {
            continue;
        }
        systems.push(system(target));
        let here = targets.iter().filter(|it| system(it) == system(target));
        let found: Option<Vec<String>> = here
            .map(|it| fault(one, (it, CLAIMED), &environment_in_words(it)))
            .collect();
        faults.extend(found.and_then(|found| found.into_iter().next()));
    }
    let is_served = subject.layout() == Layout::Keys && faults.len() < systems.len();
    if is_served { Vec::new() } else { faults }
}

/// How a target is spoken of that the lock itself is for.
const CLAIMED: &str = "the lock is for";

/// Returns how a target is spoken of: the lock may be checked for another than it was made for.
fn wish(subject: &Subject<'_>, target: &Target) -> &'static str {
    let recorded = subject.lock.tool.iter().flat_map(|it| &it.targets);
    let mut pythons = recorded.map(|it| it.python.parse::<PythonVersion>());
    match pythons.any(|it| it.is_ok_and(|it| it == *target.python())) {
        true => CLAIMED,
        false => "this check is for",
    }
}

/// Returns what keeps a package from being installed on a target, which is told as `place`.
fn fault(
    (package, offer): (&LockedPackage, &Offer<'_>),
    (target, wish): (&Target, &str),
    place: &str,
) -> Option<String> {
    let refused = refused_python((package, offer), target).map(|wanted| {
        let (label, python) = (package.label(), target.python().describe());
        format!("{label} requires Python {wanted}, and {wish} {python}")
    });
    refused.or_else(|| misfit((package, offer), target, place))
}

/// Returns what the version asks of Python, or each of its files, where that refuses the target's.
fn refused_python(
    (package, offer): (&LockedPackage, &Offer<'_>),
    target: &Target,
) -> Option<Specifiers> {
    let wanted = match &package.requires_python {
        Some(wanted) => Specifiers::parse_lenient(wanted).ok()?,
        // Where the files ask for different ones, none of these is what the version asks for.
        None => {
            let mut asked = offer.files.iter().map(|file| file.pythons.as_ref());
            let first = asked.next()??;
            asked.all(|it| it == Some(first)).then(|| first.clone())?
        }
    };
    (!target.admits_python(&wanted)).then_some(wanted)
}

/// Returns what speaks against every file; the nearest one's reason where they differ.
fn misfit(
    (package, offer): (&LockedPackage, &Offer<'_>),
    target: &Target,
    place: &str,
) -> Option<String> {
    if let LockedSource::Directory { .. } | LockedSource::Vcs { .. } = package.source {
        return None;
    }
    let label = package.label();
    let mut tags: Vec<String> = Vec::new();
    let mut nearest: Option<Misfit> = None;
    let mut barred: Option<&str> = None;
    for file in offer.files.iter().filter(|file| file.admits(target)) {
        let fits = match DistName::parse(file.name, &package.name) {
            Ok(DistName::Wheel(wheel)) => target.tags().rank(&wheel.tags).map_err(|why| {
                nearest = nearest.max(Some(why));
                tags.push(wheel.tags);
            }),
            // An archive of another kind that was named directly is a source.
            Ok(DistName::Sdist(_)) | Err(_) => Ok(0),
        };
        match (fits, file.is_allowed) {
            (Ok(_), true) => return None,
            (Ok(_), false) => barred = Some(file.name),
            (Err(()), _) => {}
        }
    }
    if let Some(name) = barred {
        return Some(format!(
            "the lock does not have the hash of any file of {label} that fits {place}, such as {name}"
        ));
    }
    let why = match nearest {
        None => return Some(format!("{label} has no file for {place}")),
        Some(Misfit::Python) => "Python",
        Some(Misfit::Abi) => "ABI",
        Some(Misfit::Platform) => "platform",
    };
    let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
    let served = target.describe_served(&tags);
    let served = served.map(|served| format!(": there are wheels for {served}"));
    let served = served.unwrap_or_default();
    Some(format!(
        "no file of {label} fits the {why} of {place}{served}"
    ))
}
