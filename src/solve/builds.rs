//! Which accelerator a build of the torch family is for, and whether the target's can run it.
//!
//! Metadata says neither. The local part of a version says the first (`2.3.1+cu121`), else the
//! tables of what the default index has; the tables of the facts say the rest. That a version
//! without local part stands on the index of a flavour says nothing: the same triton stands on all
//! of them, and old builds for ARM do. What they do not know is unknown, and never taken for good.

use super::candidates::Unfit;
use super::question::Question;
use crate::facts::{Facts, Kernels};
use crate::package::{PackageName, Version};
use crate::target::{Flavour, Gpu, Platform, Target};

/// The project whose wheels carry the kernels; what is released with it follows by its pins.
pub(crate) const CARRIER: &str = "torch";

/// Returns what a release of the family is built for, if anybody knows; no index is that of a
/// direct reference, which is its author's and not the family's.
pub fn flavour_of(
    facts: &Facts,
    platform: &Platform,
    name: &PackageName,
    version: &Version,
    index: Option<&str>,
) -> Option<Flavour> {
    let is_of_default = || index.is_some_and(|index| Flavour::of_index(index).is_none());
    Flavour::of_local(version).or_else(|| {
        is_of_default().then(|| facts.flavour_on_default_index(name, version, platform))?
    })
}

/// Judges the builds of one project of the family.
pub(crate) struct Builds<'q> {
    facts: &'q Facts,
    target: &'q Target,
    name: &'q PackageName,
}

impl<'q> Builds<'q> {
    /// Returns a judge where there is something to judge: a project of the family, and a target of
    /// which something is known.
    pub(crate) fn of(question: &'q Question, name: &'q PackageName) -> Option<Self> {
        let accelerators = question.target.accelerators();
        let says_something = accelerators.cuda.is_some()
            || accelerators.driver.is_some()
            || !accelerators.gpus.is_empty();
        (says_something && question.facts.is_family(name)).then_some(Self {
            facts: &question.facts,
            target: &question.target,
            name,
        })
    }

    /// Returns what speaks against a build, if anything does. A version that somebody pins is taken
    /// where nothing is known of it.
    pub(crate) fn unfit(
        &self,
        version: &Version,
        index: Option<&str>,
        is_pinned: bool,
    ) -> Option<Unfit> {
        let platform = self.target.platform();
        let flavour = flavour_of(self.facts, platform, self.name, version, index);
        let accelerators = self.target.accelerators();
        let Some(flavour) = flavour else {
            let matters = self.carries() && !accelerators.gpus.is_empty() && !is_pinned;
            return matters.then_some(Unfit::KernelsUnknown);
        };
        unfit_flavour(self.facts, self.target, flavour)
            .or_else(|| self.unfit_kernels(version, flavour, is_pinned))
    }

    fn carries(&self) -> bool {
        self.name.as_ref() == CARRIER
    }

    fn unfit_kernels(&self, version: &Version, flavour: Flavour, is_pinned: bool) -> Option<Unfit> {
        let accelerators = self.target.accelerators();
        if !self.carries() || accelerators.gpus.is_empty() {
            return None;
        }
        if !matches!(flavour, Flavour::Cuda(..)) {
            // Who asks for the CPU's build beside a GPU means it.
            let is_meant = accelerators.flavour == Some(flavour);
            return (!is_meant).then_some(Unfit::Kernels);
        }
        match unserved(self.facts, self.target, version, flavour) {
            Some((_, gpus)) => (!gpus.is_empty()).then_some(Unfit::Kernels),
            None => (!is_pinned).then_some(Unfit::KernelsUnknown),
        }
    }
}

/// Returns the kernels of a build of torch for CUDA, and the GPUs of the target that run none of
/// them; nothing where the kernels are unknown.
pub fn unserved<'f>(
    facts: &'f Facts,
    target: &'f Target,
    torch: &Version,
    flavour: Flavour,
) -> Option<(&'f Kernels, Vec<&'f Gpu>)> {
    let platform = target.platform();
    let accelerators = target.accelerators();
    let kernels = facts.kernels(torch, &flavour, platform)?;
    // Where no driver was said, one can be chosen that compiles the PTX.
    let may_jit = accelerators.driver.as_ref().is_none_or(|driver| {
        let floor = facts.driver_floor(&flavour, platform.os);
        let own = floor.and_then(|floor| floor.own.as_ref());
        own.is_some_and(|own| driver.is_at_least(own))
    });
    let gpus = accelerators.gpus.iter();
    let left = gpus.filter(|gpu| !kernels.run_on(gpu.capability, may_jit));
    Some((kernels, left.collect()))
}

/// Returns what the target's driver or toolkit has against a whole flavour.
pub fn unfit_flavour(facts: &Facts, target: &Target, flavour: Flavour) -> Option<Unfit> {
    let Flavour::Cuda(major, minor) = flavour else {
        return None;
    };
    let accelerators = target.accelerators();
    if let Some(cuda) = &accelerators.cuda
        && (cuda.major != major || cuda.minor < minor)
    {
        return Some(Unfit::Toolkit);
    }
    let driver = accelerators.driver.as_ref()?;
    match facts.driver_floor(&flavour, target.platform().os) {
        Some(floor) if driver.is_at_least(&floor.runs) => None,
        Some(_) => Some(Unfit::Driver),
        None => Some(Unfit::DriverUnknown),
    }
}
