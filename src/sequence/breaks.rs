//! What does not go together among installed packages: requirements and undeclared limits that are
//! not met.

use super::baseline::{Baseline, Present};
use super::install::Surroundings;
use crate::facts::Limit;
use crate::package::{Requirement, Version};

/// A package that is broken.
#[derive(Clone, Debug)]
pub struct Break {
    /// The package.
    pub package: Present,
    /// What is the matter.
    pub why: BreakWhy,
}

/// What is the matter with a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BreakWhy {
    /// What it requires is there in another version.
    Unmet {
        /// What it requires.
        requirement: Requirement,
        /// What is there.
        has: Version,
    },
    /// What it requires is not there.
    Absent(Requirement),
    /// A limit that it does not declare is not kept.
    Limited {
        /// The limit.
        limit: Box<Limit>,
        /// What is there.
        has: Version,
    },
}

impl Break {
    /// Returns what the package needs.
    pub fn needs(&self) -> &Requirement {
        match &self.why {
            BreakWhy::Unmet { requirement, .. } | BreakWhy::Absent(requirement) => requirement,
            BreakWhy::Limited { limit, .. } => &limit.needs,
        }
    }

    /// Returns the version that is there of what the package needs.
    pub fn has(&self) -> Option<&Version> {
        match &self.why {
            BreakWhy::Unmet { has, .. } | BreakWhy::Limited { has, .. } => Some(has),
            BreakWhy::Absent(_) => None,
        }
    }
}

/// Returns what does not go together, as far as metadata is known, sorted by package.
pub fn breaks(baseline: &Baseline, around: Surroundings<'_>) -> Vec<Break> {
    let found = baseline.iter().flat_map(|present| {
        let unmet = unmet(baseline, present, around);
        let limited = limited(baseline, present, around);
        // A limit says nothing more where metadata says the same.
        let is_new = |limited: &BreakWhy| match limited {
            BreakWhy::Limited { limit, .. } => {
                let mut names = unmet.iter().map(name_of);
                !names.any(|name| *name == limit.needs.name)
            }
            BreakWhy::Unmet { .. } | BreakWhy::Absent(_) => true,
        };
        let limited: Vec<BreakWhy> = limited.into_iter().filter(is_new).collect();
        let all = unmet.into_iter().chain(limited);
        all.map(|why| Break {
            package: present.clone(),
            why,
        })
    });
    found.collect()
}

fn name_of(why: &BreakWhy) -> &crate::package::PackageName {
    match why {
        BreakWhy::Unmet { requirement, .. } | BreakWhy::Absent(requirement) => &requirement.name,
        BreakWhy::Limited { limit, .. } => &limit.needs.name,
    }
}

fn unmet(baseline: &Baseline, present: &Present, around: Surroundings<'_>) -> Vec<BreakWhy> {
    let requires = present.metadata().map_or(&[][..], |it| it.requires.all());
    let environment = around.target.environment();
    let counting = requires.iter().filter(|requirement| {
        requirement.name != present.name && requirement.marker.holds(environment, &present.extras)
    });
    let broken = counting.filter_map(|requirement| match baseline.get(&requirement.name) {
        None => Some(BreakWhy::Absent(requirement.clone())),
        Some(found) => {
            let has = found.version.clone()?;
            let is_met = requirement.url.is_some() || requirement.specifiers.contains(&has);
            (!is_met).then(|| BreakWhy::Unmet {
                requirement: requirement.clone(),
                has,
            })
        }
    });
    broken.collect()
}

fn limited(baseline: &Baseline, present: &Present, around: Surroundings<'_>) -> Vec<BreakWhy> {
    let Some(version) = &present.version else {
        return Vec::new();
    };
    let platform = around.target.platform();
    let limits = around.facts.limits_on(&present.name, version, platform);
    let broken = limits.filter_map(|limit| {
        let has = baseline.get(&limit.needs.name)?.version.clone()?;
        (!limit.needs.specifiers.contains(&has)).then(|| BreakWhy::Limited {
            limit: Box::new(limit.clone()),
            has,
        })
    });
    broken.collect()
}

/// Returns what is broken after and was not before.
pub fn new_breaks(before: &[Break], after: Vec<Break>) -> Vec<Break> {
    let is_old = |new: &Break| {
        let mut old = before.iter();
        old.any(|old| {
            old.package.name == new.package.name
                && old.package.version == new.package.version
                && old.needs() == new.needs()
        })
    };
    after.into_iter().filter(|it| !is_old(it)).collect()
}
