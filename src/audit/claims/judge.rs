//! Compares what is claimed of requirements with what metadata says.

use super::judge_builds::{capability, cpu_only, pythons, runs_on, starts_at};
use super::{Claim, ClaimEvidence, Packages, Released, Statement, Verdict};
use crate::audit::Confidence;
use crate::facts::Facts;
use crate::package::{PackageName, Requirement, Version, VersionSet};

/// What claims are compared with.
#[derive(Clone, Copy)]
pub(super) struct Bench<'a> {
    pub(super) evidence: &'a ClaimEvidence,
    pub(super) facts: &'a Facts,
}

/// Judges a claim.
pub(in crate::audit) fn judge(claim: &Claim, evidence: &ClaimEvidence, facts: &Facts) -> Verdict {
    let bench = Bench { evidence, facts };
    let verdict = match &claim.says {
        Statement::Requires(one, other) => requires(bench, one, other),
        Statement::WorksWith(one, other) => works_with(bench, one, other),
        Statement::Conflicts(one, other) => conflicts(bench, one, other),
        Statement::Brings(one, name) => brings(bench, one, name),
        Statement::DoesWithout(one, name) => does_without(bench, one, name),
        Statement::Pythons(one, first, last) => pythons(bench, one, *first, *last),
        Statement::StartsAt(one, minor) => starts_at(bench, one, *minor),
        Statement::Capability(gpu, said) => capability(facts, gpu, *said),
        Statement::RunsOn(one, flavour, gpu) => runs_on(facts, one, *flavour, gpu),
        Statement::CpuOnly(one, system) => cpu_only(bench, one, *system),
    };
    verdict.unwrap_or_else(Verdict::Unknown)
}

/// A verdict, or why there is none.
pub(super) type Judged = Result<Verdict, String>;

impl<'a> Bench<'a> {
    pub(super) fn project(&self, name: &PackageName) -> Result<&'a Released, String> {
        let found = self.evidence.projects.get(name);
        found.ok_or_else(|| format!("the versions of {name} could not be asked for"))
    }

    /// Returns what the oldest and the newest version of a range require.
    fn samples(
        &self,
        packages: &Packages,
    ) -> Result<Vec<(&'a Version, &'a [Requirement])>, String> {
        let project = self.project(&packages.name)?;
        let samples = project.samples(&packages.range);
        if samples.is_empty() {
            return Err(format!("no index has such a version of {}", packages.name));
        }
        let read = samples.into_iter().map(|version| {
            let requires = project.requires.get(version);
            let requires = requires.ok_or_else(|| {
                format!(
                    "the metadata of {} {version} could not be read",
                    packages.name
                )
            })?;
            Ok((version, requires.as_slice()))
        });
        read.collect()
    }
}

/// What a version requires of a package, extras aside.
struct Needed<'a> {
    requirements: Vec<&'a Requirement>,
}

impl<'a> Needed<'a> {
    fn of(requires: &'a [Requirement], name: &PackageName) -> Option<Self> {
        let named = plain(requires).filter(|it| it.name == *name && it.url.is_none());
        let requirements: Vec<_> = named.collect();
        (!requirements.is_empty()).then_some(Self { requirements })
    }

    /// Returns the newest version that answers one of them and lies outside of a set, with it.
    fn outside(
        &self,
        set: &VersionSet,
        versions: &'a [Version],
    ) -> Option<(&'a Version, &'a Requirement)> {
        let outside = versions.iter().rev().filter(|it| !set.contains(it));
        outside.into_iter().find_map(|version| {
            let mut requirements = self.requirements.iter();
            let answered = requirements.find(|it| it.specifiers.contains(version))?;
            Some((version, *answered))
        })
    }

    fn admits(&self, set: &VersionSet, versions: &[Version]) -> bool {
        let admitted = |version: &Version| {
            let mut requirements = self.requirements.iter();
            requirements.any(|it| it.specifiers.contains(version))
        };
        versions.iter().any(|it| set.contains(it) && admitted(it))
    }
}

/// Leaves out what only extras bring.
fn plain(requires: &[Requirement]) -> impl Iterator<Item = &Requirement> {
    requires
        .iter()
        .filter(|it| !it.marker.text().contains("extra"))
}

fn refuted(message: String, evidence: Vec<String>) -> Verdict {
    Verdict::Refuted {
        message,
        evidence,
        confidence: Confidence::Metadata,
    }
}

fn unnamed(one: &Packages, version: &Version, name: &PackageName) -> String {
    format!(
        "the metadata of {} {version} does not name {name}",
        one.name
    )
}

fn told(one: &Packages, version: &Version, requirement: &Requirement) -> String {
    format!("metadata of {} {version}: {requirement}", one.name)
}

/// Every version that the one admits has to be among those that are claimed.
fn requires(bench: Bench<'_>, one: &Packages, other: &Packages) -> Judged {
    let samples = bench.samples(one)?;
    let versions = &bench.project(&other.name)?.versions;
    let mut against = None;
    let mut evidence = Vec::new();
    for (version, requires) in samples {
        let Some(needed) = Needed::of(requires, &other.name) else {
            return Err(unnamed(one, version, &other.name));
        };
        if let Some((found, requirement)) = needed.outside(other.range.set(), versions) {
            evidence.push(told(one, version, requirement));
            against.get_or_insert((version, found));
        }
    }
    Ok(match against {
        None => Verdict::Confirmed,
        Some((version, found)) => {
            let message = format!(
                "{} {version} takes {} {found} as well",
                one.name, other.name
            );
            refuted(message, evidence)
        }
    })
}

fn works_with(bench: Bench<'_>, one: &Packages, other: &Packages) -> Judged {
    let samples = bench.samples(one)?;
    let versions = &bench.project(&other.name)?.versions;
    let mut evidence = Vec::new();
    for (version, requires) in samples {
        let Some(needed) = Needed::of(requires, &other.name) else {
            return Err(unnamed(one, version, &other.name));
        };
        if needed.admits(other.range.set(), versions) {
            return Ok(Verdict::Confirmed);
        }
        evidence.extend(needed.requirements.iter().map(|it| told(one, version, it)));
    }
    let message = format!("{} takes no such version of {}", one.name, other.name);
    Ok(refuted(message, evidence))
}

/// What installing the one does to the other, where that was played; else only what the two say of each
/// other: what stands between them takes a solve.
fn conflicts(bench: Bench<'_>, one: &Packages, other: &Packages) -> Judged {
    if let Some(tried) = tried(bench, one, other) {
        return Ok(tried);
    }
    let takes_a_solve = || "only solving the declarations can tell".to_owned();
    if !one.range.is_pin() || !other.range.is_pin() {
        return Err(takes_a_solve());
    }
    for (one, other) in [(one, other), (other, one)] {
        for (version, requires) in bench.samples(one)? {
            let Some(needed) = Needed::of(requires, &other.name) else {
                continue;
            };
            let Some(asked) = &other.named else {
                continue;
            };
            let mut requirements = needed.requirements.iter();
            let Some(answered) = requirements.find(|it| it.specifiers.contains(asked)) else {
                return Ok(Verdict::Confirmed);
            };
            if answered.specifiers.is_pin() {
                let message = format!(
                    "{} {version} asks for {} {asked} itself",
                    one.name, other.name
                );
                return Ok(refuted(message, vec![told(one, version, answered)]));
            }
        }
    }
    Err(takes_a_solve())
}

fn tried(bench: Bench<'_>, one: &Packages, other: &Packages) -> Option<Verdict> {
    let mut installs = bench.evidence.installs.iter();
    let tried = installs.find(|it| {
        (&it.name, &it.other) == (&one.name, &other.name)
            && it.range == one.range
            && other.range.contains(&it.before)
    })?;
    if tried.before != tried.after {
        return Some(Verdict::Confirmed);
    }
    let message = format!(
        "installing {} {} over {} keeps {} {}",
        tried.name, tried.chosen, tried.over, tried.other, tried.before
    );
    let evidence = format!("Played: `pip install {}{}`.", tried.name, tried.range);
    Some(refuted(message, vec![evidence]))
}

fn brings(bench: Bench<'_>, one: &Packages, name: &PackageName) -> Judged {
    let samples = bench.samples(one)?;
    let mut is_bare = true;
    let mut evidence = Vec::new();
    for (version, requires) in samples {
        if Needed::of(requires, name).is_some() {
            return Ok(Verdict::Confirmed);
        }
        is_bare &= plain(requires).next().is_none();
        evidence.push(format!(
            "metadata of {} {version}: no requirements",
            one.name
        ));
    }
    match is_bare {
        true => Ok(refuted(
            "its metadata requires nothing".to_owned(),
            evidence,
        )),
        false => Err("what it requires may bring it, which takes a solve".to_owned()),
    }
}

fn does_without(bench: Bench<'_>, one: &Packages, name: &PackageName) -> Judged {
    let mut is_bare = true;
    for (version, requires) in bench.samples(one)? {
        let needed = Needed::of(requires, name);
        if let Some(first) = needed.iter().flat_map(|it| &it.requirements).next() {
            let message = format!("{} {version} requires {first}", one.name);
            return Ok(refuted(message, vec![told(one, version, first)]));
        }
        is_bare &= plain(requires).next().is_none();
    }
    match is_bare {
        true => Ok(Verdict::Confirmed),
        false => Err("what it requires may bring it, which takes a solve".to_owned()),
    }
}
