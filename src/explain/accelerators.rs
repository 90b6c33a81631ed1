//! GPUs, drivers and flavours in words: why a build of torch cannot serve, what could instead, and
//! what the facts that decide are worth.

use super::wording::{list, some_versions};
use crate::package::{PackageName, Version};
use crate::solve::{
    Candidates, Conflict, Fact, FlavourTried, FlavourUnfit, Question, Unfit, unfit_flavour,
    unserved,
};
use crate::target::{Accelerators, Flavour, Gpu};

/// Flavours that do not serve, with the reason against them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlavourReason {
    /// The flavours with this reason, in the order in which they were tried.
    pub flavours: Vec<Flavour>,
    /// What speaks against it: a phrase without a full stop.
    pub reason: String,
}

impl FlavourReason {
    /// Returns the names of the flavours: `cu118, cu117`.
    pub fn label(&self) -> String {
        let names: Vec<String> = self.flavours.iter().map(ToString::to_string).collect();
        names.join(", ")
    }
}

/// Says in a phrase for each flavour why it does not serve; those with the same reason together.
pub fn flavour_reasons(question: &Question, tried: &[FlavourTried]) -> Vec<FlavourReason> {
    let mut reasons: Vec<FlavourReason> = Vec::new();
    for tried in tried {
        let flavour = tried.flavour;
        let reason = match &tried.why {
            FlavourUnfit::Target(why) => told_flavour(question, flavour, *why),
            FlavourUnfit::Conflict(conflict) => in_a_phrase(question, conflict),
        };
        match reasons.iter_mut().find(|known| known.reason == reason) {
            Some(known) => known.flavours.push(flavour),
            None => reasons.push(FlavourReason {
                flavours: vec![flavour],
                reason,
            }),
        }
    }
    reasons
}

/// Describes the target without its accelerators.
fn system(question: &Question) -> String {
    let target = question.target.clone();
    target.with_accelerators(Accelerators::default()).describe()
}

/// Says what the driver or the toolkit has against a flavour.
fn told_flavour(question: &Question, flavour: Flavour, why: Unfit) -> String {
    let accelerators = question.target.accelerators();
    let os = question.target.platform().os;
    let driver = accelerators.driver.as_ref().map(ToString::to_string);
    match (why, question.facts.driver_floor(&flavour, os)) {
        (Unfit::Driver, Some(floor)) => format!(
            "needs driver {} or newer, and the target's is {}",
            floor.runs,
            driver.unwrap_or_default()
        ),
        (Unfit::Toolkit, _) => format!(
            "is for {}, and the target's toolkit is CUDA {}",
            flavour.describe(),
            accelerators
                .cuda
                .map(|cuda| cuda.to_string())
                .unwrap_or_default()
        ),
        _ => format!(
            "the facts of {} do not tell which driver it needs",
            question.facts.date()
        ),
    }
}

/// Says the heart of a conflict: the hole in the torch family, or what does not go together.
fn in_a_phrase(question: &Question, conflict: &Conflict) -> String {
    let of_family = |name: &PackageName| question.facts.is_family(name);
    for fact in &conflict.facts {
        let Fact::Nothing {
            name,
            wanted,
            unusable,
            absence,
        } = fact
        else {
            continue;
        };
        if !of_family(name) {
            continue;
        }
        if absence.is_some() {
            return format!("has no {name}");
        }
        if let Some((why, versions)) = unusable.last() {
            let candidates = conflict.packages.get(name);
            let unfit = candidates.and_then(|found| build(question, name, found, *why, versions));
            return match (unfit, why) {
                (Some(said), _) => said,
                (None, Unfit::Tags(_)) => format!(
                    "has {name} {} not for {}",
                    some_versions(versions),
                    system(question)
                ),
                (None, Unfit::Python) => {
                    format!(
                        "its {name} {} is not for this Python",
                        some_versions(versions)
                    )
                }
                (None, _) => format!("its {name} {} cannot be used", some_versions(versions)),
            };
        }
        let wanted: Vec<String> = wanted
            .iter()
            .map(|wanted| wanted.specifiers.to_string())
            .collect();
        return format!("has no {name} {}", list(&wanted));
    }
    "what it has does not go with the rest".to_owned()
}

/// Says why builds of the family cannot serve the target, those of one flavour together; `None` for
/// other reasons.
pub(super) fn build(
    question: &Question,
    name: &PackageName,
    candidates: &Candidates,
    why: Unfit,
    versions: &[Version],
) -> Option<String> {
    let mut groups: Vec<(Option<Flavour>, Vec<Version>)> = Vec::new();
    for version in versions {
        let flavour = flavour_of(question, name, candidates, version);
        match groups.iter_mut().find(|(known, _)| *known == flavour) {
            Some((_, versions)) => versions.push(version.clone()),
            None => groups.push((flavour, vec![version.clone()])),
        }
    }
    let said: Option<Vec<String>> = groups
        .iter()
        .map(|(flavour, versions)| of_one_flavour(question, name, why, *flavour, versions))
        .collect();
    said.filter(|said| !said.is_empty())
        .map(|said| said.join("; "))
}

fn of_one_flavour(
    question: &Question,
    name: &PackageName,
    why: Unfit,
    flavour: Option<Flavour>,
    versions: &[Version],
) -> Option<String> {
    let which = format!("{name} {}", some_versions(versions));
    let (has, is) = match versions {
        [_] => ("has", "is"),
        _ => ("have", "are"),
    };
    let newest = versions.first()?;
    let target = &question.target;
    let all = &target.accelerators().gpus;
    Some(match (why, flavour) {
        (Unfit::Driver | Unfit::DriverUnknown | Unfit::Toolkit, Some(flavour)) => {
            let reason = told_flavour(question, flavour, why);
            format!(
                "{which} {is} built for {}: {flavour} {reason}",
                flavour.describe()
            )
        }
        (Unfit::Kernels, Some(flavour @ Flavour::Cuda(..))) => {
            let (_, gpus) = unserved(&question.facts, target, newest, flavour)?;
            let kernels = kernels_of(question, name, flavour, versions);
            format!("{kernels}, and {}", are(gpus))
        }
        (Unfit::Kernels, Some(flavour)) => {
            format!(
                "{which} {is} built for {}, and {}",
                flavour.describe(),
                are(all)
            )
        }
        (Unfit::KernelsUnknown, _) => format!(
            "the facts of {} do not tell for which GPUs {which} {has} kernels, and {}",
            question.facts.date(),
            are(all)
        ),
        _ => return None,
    })
}

fn flavour_of(
    question: &Question,
    name: &PackageName,
    candidates: &Candidates,
    version: &Version,
) -> Option<Flavour> {
    let key = crate::package::VersionKey::of(version);
    let pages = &candidates.project().pages;
    let index = pages
        .iter()
        .find(|on| (0..on.page.len()).any(|at| on.page.key(at) == key.as_bytes()))
        .map(|on| &*on.index);
    crate::solve::flavour_of(
        &question.facts,
        question.target.platform(),
        name,
        version,
        index,
    )
}

/// Says for what versions have kernels, those with the same together: `torch 2.3.1+cu121 has
/// kernels for sm_50–sm_90`.
fn kernels_of(
    question: &Question,
    name: &PackageName,
    flavour: Flavour,
    newest_first: &[Version],
) -> String {
    let platform = question.target.platform();
    let mut groups: Vec<(String, Vec<Version>)> = Vec::new();
    for version in newest_first {
        let kernels = question.facts.kernels(version, &flavour, platform);
        let kernels = kernels.map_or_else(|| "unknown GPUs".to_owned(), |found| found.describe());
        match groups.last_mut() {
            Some((known, versions)) if *known == kernels => versions.push(version.clone()),
            _ => groups.push((kernels, vec![version.clone()])),
        }
    }
    let said = groups.iter().map(|(kernels, versions)| {
        let has = if versions.len() == 1 { "has" } else { "have" };
        let which = some_versions(versions);
        format!("{name} {which} {has} kernels for {kernels}")
    });
    list(&said.collect::<Vec<_>>())
}

/// Says what GPUs are: `RTX 5090 is sm_120`.
fn are<'g>(gpus: impl IntoIterator<Item = &'g Gpu>) -> String {
    let said = gpus.into_iter().map(|gpu| match &gpu.name {
        Some(name) => format!("{name} is {}", gpu.capability),
        None => format!("the target has {}", gpu.capability),
    });
    list(&said.collect::<Vec<_>>())
}

/// What could serve instead: the first torch with kernels for every GPU, and the flavours that
/// have a version which the wanted one lacks.
pub(super) fn hints(question: &Question, conflict: &Conflict) -> Vec<String> {
    let mut hints = Vec::new();
    for fact in &conflict.facts {
        let Fact::Nothing {
            name,
            wanted,
            unusable,
            ..
        } = fact
        else {
            continue;
        };
        if !question.facts.is_family(name) {
            continue;
        }
        let lacks_kernels = unusable
            .iter()
            .any(|(why, _)| matches!(why, Unfit::Kernels | Unfit::KernelsUnknown));
        if lacks_kernels {
            hints.push(first_for(question));
        } else if let Some(offered) = offered(question, name, wanted) {
            hints.push(offered);
        }
    }
    hints
}

fn first_for(question: &Question) -> String {
    let accelerators = question.target.accelerators();
    let names: Vec<String> = accelerators.gpus.iter().map(Gpu::describe).collect();
    let date = question.facts.date();
    let platform = question.target.platform();
    let (facts, gpus) = (&question.facts, &accelerators.gpus);
    let unfit = |flavour| unfit_flavour(facts, &question.target, flavour);
    let first = facts
        .first_for(gpus, platform, &|flavour| unfit(flavour).is_none())
        .or_else(|| facts.first_for(gpus, platform, &|_| true));
    match first {
        Some((version, flavour)) => {
            let but = match unfit(flavour) {
                None => String::new(),
                Some(why) => {
                    let which = if why == Unfit::DriverUnknown {
                        "but"
                    } else {
                        "which"
                    };
                    format!(", {which} {}", told_flavour(question, flavour, why))
                }
            };
            format!(
                "The first torch with kernels for {} is {version} from {flavour}{but} (facts of \
                 {date}).",
                list(&names)
            )
        }
        None => format!(
            "No torch has kernels for {} at once (facts of {date}).",
            list(&names)
        ),
    }
}

/// A release that the flavour lacks, or that does not suit the target in it: says which other
/// flavours have it and suit.
fn offered(
    question: &Question,
    name: &PackageName,
    wanted: &[crate::package::Requirement],
) -> Option<String> {
    let wanted = wanted
        .iter()
        .find(|wanted| wanted.specifiers.is_pin())?
        .specifiers
        .text();
    let version: Version = wanted.trim_start_matches('=').trim().parse().ok()?;
    let (facts, target) = (&question.facts, &question.target);
    let mut flavours = facts.offered(name, &version);
    let accelerators = target.accelerators();
    let is_nvidia = accelerators.driver.is_some()
        || accelerators.cuda.is_some()
        || !accelerators.gpus.is_empty();
    flavours.retain(|flavour| {
        accelerators.flavour != Some(*flavour)
            && (!is_nvidia || matches!(flavour, Flavour::Cuda(..)))
            && unfit_flavour(facts, target, *flavour).is_none()
    });
    let release = version.without_local();
    if flavours.is_empty() {
        return None;
    }
    let flavours: Vec<String> = flavours.iter().map(ToString::to_string).collect();
    Some(format!(
        "{name} {release} is there for {} (facts of {}).",
        list(&flavours),
        question.facts.date()
    ))
}
