//! The answers for the parts of a region, as values.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::conflict::{Conflict, Fact};
use super::question::Question;
use super::reach::Reach;
use super::resolution::{Edge, Resolution, Resolved};
use super::trail::Step;
use crate::package::{Marker, MarkerTree, PackageName, Version, both};

/// The answer for a part of a region.
#[derive(Clone, Debug)]
pub struct Fork {
    /// The question as it was put for this part.
    pub question: Arc<Question>,
    /// The environments of this part.
    pub marker: MarkerTree,
    /// The answer.
    pub resolution: Resolution,
    /// Where in the part each package is needed; everywhere, where nothing is said.
    pub reach: Option<Reach>,
}

/// A part of a region that has no answer.
#[derive(Clone, Debug)]
pub struct Unserved {
    /// The question as it was put for this part.
    pub question: Arc<Question>,
    /// Why it has none.
    pub conflict: Conflict,
}

/// The answers for all parts of a region.
#[derive(Clone, Debug, Default)]
pub struct Forked {
    /// The parts with an answer, in the order in which they were solved.
    pub forks: Vec<Fork>,
    /// The parts without one.
    pub unserved: Vec<Unserved>,
    /// The newest Pythons, where nobody said with which one the region ends and they have none: all
    /// others have an answer then.
    pub left_out: Vec<Unserved>,
    /// What was tried, in order.
    pub trail: Vec<Step>,
    /// How many solves that took.
    pub solves: usize,
}

/// What came of some parts.
#[derive(Default)]
pub(super) struct Part {
    pub(super) forks: Vec<Fork>,
    pub(super) unserved: Vec<Unserved>,
}

impl Part {
    pub(super) fn extend(&mut self, other: Self) {
        self.forks.extend(other.forks);
        self.unserved.extend(other.unserved);
    }

    /// Returns the first Python of what has no answer.
    pub(super) fn first_python(&self) -> Option<Version> {
        let regions = self.unserved.iter().map(|it| it.question.region.as_ref());
        let pythons = regions.map(|region| region?.pythons().first().cloned());
        pythons.collect::<Option<Vec<_>>>()?.into_iter().min()
    }

    pub(super) fn has(&self, name: &PackageName, version: &Version) -> bool {
        let packages = self.forks.iter().flat_map(|fork| &fork.resolution.packages);
        let mut packages = packages.filter(|package| package.name == *name);
        packages.any(|package| package.version == *version)
    }
}

/// A version that a former lock has where a marker holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preferred {
    /// The package.
    pub name: PackageName,
    /// Its version there.
    pub version: Version,
    /// Where.
    pub marker: MarkerTree,
}

impl Fork {
    /// Takes the answer for a region, or for one target.
    pub fn new(question: Arc<Question>, resolution: Resolution) -> Self {
        let (marker, reach) = match &question.region {
            Some(region) => {
                let reach = Reach::of(&question, region, &resolution);
                (region.said().clone(), Some(reach))
            }
            None => {
                let marker = Marker::parse(&question.target.marker());
                let marker = marker.map_or(MarkerTree::TRUE, |marker| marker.tree().clone());
                (marker, None)
            }
        };
        Self {
            question,
            marker,
            resolution,
            reach,
        }
    }

    /// Returns where a package of it is needed.
    pub fn marker_of(&self, name: &PackageName) -> MarkerTree {
        match &self.reach {
            Some(reach) => both(&self.marker, &reach.of_package(name)),
            None => self.marker.clone(),
        }
    }

    /// Returns the packages that some environment needs.
    pub fn needed(&self) -> impl Iterator<Item = &Resolved> {
        let packages = self.resolution.packages.iter();
        packages.filter(|package| !self.marker_of(&package.name).is_false())
    }

    /// Returns its version of a package that some environment needs.
    pub fn version_of(&self, name: &PackageName) -> Option<&Version> {
        let mut packages = self.resolution.packages.iter();
        let package = packages.find(|package| package.name == *name)?;
        (!self.marker_of(name).is_false()).then_some(&package.version)
    }

    /// Returns where a requirement of a package of it counts.
    pub fn marker_of_edge(&self, package: &Resolved, edge: &Edge) -> MarkerTree {
        match &self.reach {
            Some(reach) => match &self.question.region {
                Some(region) => both(&self.marker, &reach.of_edge(region, package, edge)),
                None => self.marker.clone(),
            },
            None => self.marker.clone(),
        }
    }
}

/// Returns how many parts differ in a version.
pub fn different(forks: &[Fork]) -> usize {
    let pins = |fork: &Fork| -> BTreeMap<PackageName, Version> {
        fork.needed()
            .map(|it| (it.name.clone(), it.version.clone()))
            .collect()
    };
    forks.iter().map(pins).collect::<BTreeSet<_>>().len()
}

/// Puts parts together that have no answer for the same reasons.
pub(super) fn alike_together(parts: Vec<Unserved>) -> Vec<Unserved> {
    let declared = |conflict: &Conflict| -> BTreeSet<usize> {
        let facts = conflict.facts.iter().filter_map(|fact| match fact {
            Fact::Declared { at, .. } => Some(*at),
            _ => None,
        });
        facts.collect()
    };
    let mut together: Vec<Unserved> = Vec::new();
    for part in parts {
        let alike = together
            .iter_mut()
            .find(|known| declared(&known.conflict) == declared(&part.conflict));
        let Some(known) = alike else {
            together.push(part);
            continue;
        };
        let regions = known
            .question
            .region
            .as_ref()
            .zip(part.question.region.as_ref());
        if let Some(region) = regions.and_then(|(one, other)| one.joined(other)) {
            let question = Question {
                region: Some(Arc::new(region)),
                ..Question::clone(&known.question)
            };
            known.question = Arc::new(question);
        }
    }
    together
}
