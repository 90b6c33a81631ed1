//! Compares what is claimed of Pythons, GPUs and builds with the names of wheels and with facts.

use std::collections::BTreeMap;

use super::judge::{Bench, Judged};
use super::{Packages, Verdict};
use crate::audit::Confidence;
use crate::facts::Facts;
use crate::package::{Version, WheelName};
use crate::target::{Arch, Capability, Flavour, Gpu, Platform};

fn refuted(message: String, evidence: Vec<String>, confidence: Confidence) -> Verdict {
    Verdict::Refuted {
        message,
        evidence,
        confidence,
    }
}

/// Returns the minor version of CPython that a wheel is built for; nothing of those for several.
fn minor_of(filename: &str) -> Option<u8> {
    let tags = WheelName::parse(filename).ok()?.tags;
    let (python, rest) = tags.split_once('-')?;
    let is_stable = rest.starts_with("abi3-");
    let minor = python.strip_prefix("cp3").filter(|_| !is_stable)?;
    minor.parse().ok()
}

/// Wheels that are built for one Python each tell on which it runs.
pub(super) fn pythons(bench: Bench<'_>, one: &Packages, first: u8, last: u8) -> Judged {
    let wheels = &bench.project(&one.name)?.wheels;
    let of_range = wheels
        .iter()
        .filter(|(version, _)| one.range.contains(version));
    let mut built: BTreeMap<u8, &String> = BTreeMap::new();
    for (_, filename) in of_range {
        if let Some(minor) = minor_of(filename) {
            built.entry(minor).or_insert(filename);
        }
    }
    let beyond = built.iter().find(|(minor, _)| **minor > last);
    let ends = (
        built.keys().next().copied(),
        built.keys().next_back().copied(),
    );
    match (beyond, ends) {
        (Some((minor, filename)), _) => {
            let version = one.named.as_ref().map(ToString::to_string);
            let message = format!(
                "{} {} has wheels for Python 3.{minor} as well",
                one.name,
                version.unwrap_or_default()
            );
            let evidence = vec![format!("on the index: {filename}")];
            Ok(refuted(message, evidence, Confidence::Metadata))
        }
        (None, (Some(from), Some(to))) if (from, to) == (first, last) => Ok(Verdict::Confirmed),
        (None, _) => Err(format!(
            "the wheels of {} do not tell all Pythons",
            one.name
        )),
    }
}

/// The first version with a wheel for a Python.
pub(super) fn starts_at(bench: Bench<'_>, one: &Packages, minor: u8) -> Judged {
    let Some(claimed) = &one.named else {
        return Err("it names no version".to_owned());
    };
    let wheels = &bench.project(&one.name)?.wheels;
    let built = wheels
        .iter()
        .filter(|(_, filename)| minor_of(filename) == Some(minor));
    let Some((first, filename)) = built.min_by(|one, other| one.0.cmp(&other.0)) else {
        return Err(format!(
            "no wheel of {} is for Python 3.{minor} alone",
            one.name
        ));
    };
    if first == claimed {
        return Ok(Verdict::Confirmed);
    }
    let message = match first < claimed {
        true => format!(
            "{} {first} has a wheel for Python 3.{minor} already",
            one.name
        ),
        false => format!(
            "{} {first} is the first with a wheel for Python 3.{minor}",
            one.name
        ),
    };
    let evidence = vec![format!("on the index: {filename}")];
    Ok(refuted(message, evidence, Confidence::Metadata))
}

fn gpu_named(facts: &Facts, name: &str) -> Result<Gpu, String> {
    facts
        .gpu(name)
        .map_err(|_| format!("nobody knows the GPU `{name}` here"))
}

pub(super) fn capability(facts: &Facts, name: &str, said: Capability) -> Judged {
    let gpu = gpu_named(facts, name)?;
    if gpu.capability == said {
        return Ok(Verdict::Confirmed);
    }
    let Capability { major, minor } = gpu.capability;
    let message = format!("it is {major}.{minor}");
    let evidence = vec![format!("the table of GPUs of {}", facts.date())];
    Ok(refuted(message, evidence, Confidence::Table))
}

/// Looks at the first version that is named: what is claimed of it and later ones is claimed of it.
pub(super) fn runs_on(
    facts: &Facts,
    one: &Packages,
    flavour: Option<Flavour>,
    name: &str,
) -> Judged {
    let gpu = gpu_named(facts, name)?;
    let platform = Platform::default_linux(Arch::X86_64);
    let Some(version) = &one.named else {
        return Err("it names no version".to_owned());
    };
    let local = version.to_string();
    let local = local
        .split_once('+')
        .and_then(|(_, local)| local.parse().ok());
    let usual = || facts.flavour_on_default_index(&one.name, version, &platform);
    let Some(flavour) = flavour.or(local).or_else(usual) else {
        return Err(format!(
            "nothing tells what {} {version} is built for",
            one.name
        ));
    };
    let kernels = facts.kernels(version, &flavour, &platform);
    let Some(kernels) = kernels.filter(|_| one.name.as_ref() == "torch") else {
        return Err(format!(
            "nobody knows for which GPUs {} {version} has code",
            one.name
        ));
    };
    if kernels.run_on(gpu.capability, true) {
        return Ok(Verdict::Confirmed);
    }
    let message = format!(
        "{} {version} for {} has code for {}, and none for {}",
        one.name,
        flavour.describe(),
        kernels.describe(),
        gpu.describe()
    );
    let mut evidence = vec![kernels.source.clone()];
    let first = facts.first_for(&[gpu], &platform, &|_| true);
    evidence.extend(first.map(|(version, flavour)| {
        format!("torch {version}, as {flavour}, is the first that has it")
    }));
    Ok(refuted(message, evidence, Confidence::Table))
}

/// Looks at the newest version of which it is known.
pub(super) fn cpu_only(bench: Bench<'_>, one: &Packages, system: Option<Platform>) -> Judged {
    let platform = system.unwrap_or_else(|| Platform::default_linux(Arch::X86_64));
    let versions = &bench.project(&one.name)?.versions;
    let within = versions.iter().rev().filter(|it| one.range.contains(it));
    let known = |version: &Version| {
        let flavour = bench
            .facts
            .flavour_on_default_index(&one.name, version, &platform)?;
        Some((version.clone(), flavour))
    };
    let Some((version, flavour)) = within.into_iter().find_map(known) else {
        return Err(format!("nobody knows what {} is built for", one.name));
    };
    if flavour == Flavour::Cpu {
        return match system {
            Some(_) => Ok(Verdict::Confirmed),
            None => Err("that is so on one system, and nothing is known of the others".to_owned()),
        };
    }
    let message = format!(
        "{} {version} of the default index is built for {} on {}",
        one.name,
        flavour.describe(),
        platform
    );
    let evidence = vec![format!("the table of builds of {}", bench.facts.date())];
    Ok(refuted(message, evidence, Confidence::Table))
}
