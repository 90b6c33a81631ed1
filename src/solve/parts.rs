//! Parts of a region, and the questions for them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::question::Question;
use super::split;
use crate::package::{MarkerTree, PackageName, Version};
use crate::target::{KnownPlatform, Region, Target};

/// Puts a question for a part of its region.
pub(super) fn within(
    base: &Question,
    region: Arc<Region>,
    preferences: BTreeMap<PackageName, Version>,
) -> Question {
    let python = region.least_python();
    let python = python.unwrap_or_else(|| base.target.python().clone());
    let own = base.target.environment();
    let is_own = |known: &&&KnownPlatform| known.is_of(own);
    let platforms = region.platforms();
    let platform = match platforms.iter().find(is_own) {
        Some(_) => *base.target.platform(),
        None => platforms
            .first()
            .map_or(*base.target.platform(), |known| known.platform()),
    };
    let target =
        Target::new(python, platform).with_accelerators(base.target.accelerators().clone());
    Question {
        target,
        region: Some(region),
        preferences,
        ..base.clone()
    }
}

pub(super) fn part_all(regions: Vec<Arc<Region>>, marker: &MarkerTree) -> Vec<Arc<Region>> {
    let mut parts = Vec::new();
    for region in regions {
        match region.split(marker) {
            Some((one, other)) => parts.extend([Arc::new(one), Arc::new(other)]),
            None => parts.push(region),
        }
    }
    parts
}

/// Returns the markers between the minor versions of a question's Pythons.
pub(super) fn minor_bounds(question: &Question) -> Vec<MarkerTree> {
    let pythons = question.region.iter().flat_map(|region| region.pythons());
    let mut minors: Vec<Version> = pythons
        .map(|python| Version::new([3, python.release()[1], 0]))
        .collect();
    minors.dedup();
    minors
        .iter()
        .skip(1)
        .rev()
        .filter_map(split::before_python)
        .collect()
}
