//! Platforms that would get no file at all of a package of the answer: noticed while locking, and
//! not when somebody installs there.

use std::collections::HashMap;

use super::fork::Fork;
use super::resolution::Resolved;
use super::terms::Fitting;
use crate::package::{MarkerTree, PackageName, Version};
use crate::target::{KnownPlatform, Region};

/// A platform, or some Pythons, that get no file of a package.
#[derive(Clone, Debug)]
pub struct Gap {
    /// The package.
    pub name: PackageName,
    /// Its version there.
    pub version: Version,
    /// The platform; none where it is all of them.
    pub platform: Option<&'static KnownPlatform>,
    /// The minor versions of Python 3, ascending.
    pub minors: Vec<u64>,
    /// Whether these are all Pythons of the platform for which the package is needed.
    pub is_whole: bool,
}

/// Returns what the packages of one part leave out.
pub fn gaps(fork: &Fork) -> Vec<Gap> {
    let Some(region) = &fork.question.region else {
        return Vec::new();
    };
    let mut parts: HashMap<MarkerTree, Option<Region>> = HashMap::new();
    let mut gaps = Vec::new();
    for package in &fork.resolution.packages {
        let Some(tags) = wheels_alone(fork, package) else {
            continue;
        };
        let needed = parts
            .entry(fork.marker_of(&package.name))
            .or_insert_with_key(|needed| region.narrowed(needed));
        if let Some(needed) = needed {
            gaps.extend(gaps_of(package, &tags, needed));
        }
    }
    gaps
}

/// Returns what the tags of a package's wheels leave out where it is needed.
fn gaps_of(package: &Resolved, tags: &[&str], needed: &Region) -> Vec<Gap> {
    let minors = needed.minors().to_vec();
    let platforms = needed.platforms().iter().copied();
    let usual: Vec<_> = platforms.filter(|it| it.is_usual()).collect();
    let served_on: Vec<Vec<bool>> = usual
        .iter()
        .map(|platform| {
            let accepted = platform.tags_of(&minors);
            let bits = tags
                .iter()
                .map(|tags| accepted.judge(tags).map_or(0, |it| it.pythons));
            needed.minors_of(bits.fold(0, |all, bits| all | bits))
        })
        .collect();
    let gap = |platform: Option<&'static KnownPlatform>, minors: Vec<u64>| Gap {
        name: package.name.clone(),
        version: package.version.clone(),
        platform,
        is_whole: minors == needed.minors(),
        minors,
    };
    let mut gaps = Vec::new();
    let mut served: Vec<usize> = Vec::new();
    for at in 0..usual.len() {
        match served_on[at].contains(&true) {
            true => served.push(at),
            false => gaps.push(gap(Some(usual[at]), minors.clone())),
        }
    }
    if served.is_empty() {
        return gaps;
    }
    let (everywhere, left): (Vec<usize>, Vec<usize>) =
        (0..minors.len()).partition(|of| !served.iter().any(|at| served_on[*at][*of]));
    if !everywhere.is_empty() {
        gaps.push(gap(None, everywhere.iter().map(|of| minors[*of]).collect()));
    }
    for at in served {
        let lacking = left.iter().filter(|of| !served_on[at][**of]);
        let lacking: Vec<u64> = lacking.map(|of| minors[*of]).collect();
        if !lacking.is_empty() {
            gaps.push(gap(Some(usual[at]), lacking));
        }
    }
    gaps
}

/// Returns the tags of a package's wheels, where none serves everywhere and there is nothing else.
fn wheels_alone<'f>(fork: &'f Fork, package: &'f Resolved) -> Option<Vec<&'f str>> {
    if package.url.is_some() {
        return None;
    }
    let page = package.page();
    let fitting = Fitting::new(&fork.question, &package.name, page);
    let strings: Vec<&str> = page.tag_strings().collect();
    let mut tags = Vec::new();
    for at in page.files(package.candidate.version()) {
        let file = page.file(at);
        if !fitting.allows(&file) {
            continue;
        }
        let own = file.tags().and_then(|at| strings.get(at).copied())?;
        if own.ends_with("-none-any") {
            return None;
        }
        tags.push(own);
    }
    (!tags.is_empty()).then_some(tags)
}
