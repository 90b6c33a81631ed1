//! By which marker a region without one answer is parted: one that the conflict speaks of, and that
//! holds in a part of the region only.

use std::collections::HashSet;
use std::sync::Arc;

use super::candidates::{Candidates, Unfit};
use super::catalog::{Catalog, Failure, Refusal};
use super::ceilings::PythonsSaid;
use super::conflict::{Conflict, Fact, VersionsOf};
use super::judge::Judge;
use super::question::{Question, ResolutionMode};
use super::resolution::Resolution;
use crate::index::Metadata;
use crate::package::{
    ExtraName, Marker, MarkerTree, PackageName, Requirement, Specifiers, Version, VersionSet,
    under_extras,
};
use crate::target::Region;

/// Of a package whose extras are asked for, so many versions are looked into.
const MOST_OF_EXTRAS: usize = 5;

/// Returns the two parts of a question's region in which the conflict may be another; none where
/// nothing in it depends on the environment.
pub(super) fn parts(
    question: &Question,
    conflict: &Conflict,
    catalog: &dyn Catalog,
) -> Result<Option<(Region, Region)>, Failure> {
    let Some(region) = &question.region else {
        return Ok(None);
    };
    let mut demands = Demands::of(question, region, conflict);
    demands.add_refused(conflict, catalog)?;
    demands.add_of_extras(question, conflict, catalog)?;
    if let Some(parts) = demands.ranked().iter().find_map(|(_, it)| region.split(it)) {
        return Ok(Some(parts));
    }
    let pythons = Pythons::of(region, conflict, catalog)?;
    if let Some(parts) = pythons.markers().iter().find_map(|it| region.split(it)) {
        return Ok(Some(parts));
    }
    // Versions that are out everywhere in the region are no part of the proof, and may serve a part.
    let pythons = Pythons::of_all(region, conflict);
    if let Some(parts) = pythons.markers().iter().find_map(|it| region.split(it)) {
        return Ok(Some(parts));
    }
    let lacks_wheels = conflict.packages.values().any(|candidates| {
        let mut refused = candidates.refused().iter();
        refused.any(|refused| matches!(refused.why, Unfit::Tags(_)))
    });
    let mut required = region.required().iter().filter(|_| lacks_wheels);
    Ok(required.find_map(|it| region.split(it.marker())))
}

/// Returns the two parts of a question's region in which a version needs no more than one version of
/// each package, or else in the first of which all that it needs can be had still; none where nothing
/// that it needs depends on the environment. That something begins with a later Python parts no region:
/// an older version for all is fewer than two.
pub(super) fn parts_of_version(
    question: &Arc<Question>,
    resolution: &Resolution,
    (name, version): (&PackageName, &Version),
    catalog: &dyn Catalog,
) -> Result<Option<(Region, Region)>, Failure> {
    let package = resolution
        .packages
        .iter()
        .find(|package| package.name == *name);
    let (Some(region), Some(package)) = (&question.region, package) else {
        return Ok(None);
    };
    let candidates = &package.candidates;
    let Some(ordinal) = candidates.ordinal_of(version) else {
        return Ok(None);
    };
    let candidate = candidates.usable()[ordinal as usize];
    let metadata = match catalog.metadata(candidates.project(), candidate.at()) {
        Ok(metadata) => metadata,
        Err(Refusal::Failed(failure)) => return Err(failure),
        Err(Refusal::Missing(_) | Refusal::Unusable(_)) => return Ok(None),
    };
    let mut demands = Demands {
        region,
        all: Vec::new(),
    };
    for extra in std::iter::once(None).chain(package.extras.iter().map(Some)) {
        let asked: Vec<ExtraName> = extra.cloned().into_iter().collect();
        let holding = metadata.requires.asked(&asked);
        let holding = holding.filter(|it| region.may_hold(&it.marker, &asked));
        holding.for_each(|requirement| demands.add(requirement, extra));
    }
    let markers = demands.ranked();
    let mut contrary = markers.iter().filter(|(rank, _)| *rank <= 1);
    if let Some(parts) = contrary.find_map(|(_, it)| region.split(it)) {
        return Ok(Some(parts));
    }
    let ends = demands.ends(question, catalog)?;
    Ok(ends.iter().find_map(|it| region.split(it)))
}

/// What is asked of one package, and where.
struct Demand {
    name: PackageName,
    set: VersionSet,
    marker: MarkerTree,
}

/// All that the conflict asks, in its order.
struct Demands<'r> {
    region: &'r Region,
    all: Vec<Demand>,
}

impl<'r> Demands<'r> {
    fn of(question: &Question, region: &'r Region, conflict: &Conflict) -> Self {
        let mut demands = Self {
            region,
            all: Vec::new(),
        };
        let declared = |at: &usize| &question.declarations[*at].requirement;
        for fact in &conflict.facts {
            match fact {
                Fact::Declared { at, overrides } => {
                    demands.add(declared(at), None);
                    overrides
                        .iter()
                        .for_each(|at| demands.add(declared(at), None));
                }
                Fact::Unmet { at, .. } => demands.add(declared(at), None),
                Fact::Needs {
                    extra,
                    needs,
                    overrides,
                    ..
                } => {
                    needs.iter().for_each(|it| demands.add(it, extra.as_ref()));
                    overrides
                        .iter()
                        .for_each(|at| demands.add(declared(at), None));
                }
                Fact::Nothing { unusable, .. } => {
                    for (why, _) in unusable {
                        if let Unfit::Constraint(at) = why {
                            demands.add(declared(at), None);
                        }
                    }
                }
                Fact::Limited { .. } | Fact::BuiltFor { .. } | Fact::Refused { .. } => {}
            }
        }
        demands
    }

    fn add(&mut self, requirement: &Requirement, extra: Option<&ExtraName>) {
        let extras: Vec<_> = extra.cloned().into_iter().collect();
        self.all.push(Demand {
            name: requirement.name.clone(),
            set: requirement.specifiers.set().clone(),
            marker: under_extras(&requirement.marker.exact_tree(), &extras),
        });
    }

    /// Adds what versions that were tried and refused ask of themselves and of other places than the
    /// indexes: that is what they are refused for.
    fn add_refused(&mut self, conflict: &Conflict, catalog: &dyn Catalog) -> Result<(), Failure> {
        for fact in &conflict.facts {
            let Fact::Refused { who, .. } = fact else {
                continue;
            };
            let Some(candidates) = conflict.packages.get(&who.name) else {
                continue;
            };
            for metadata in metadata_of(candidates, who, catalog)? {
                let refused = metadata.requires.all().iter();
                let refused = refused.filter(|it| it.name == who.name || it.url.is_some());
                for requirement in refused {
                    self.add(requirement, None);
                    metadata
                        .extras
                        .iter()
                        .for_each(|extra| self.add(requirement, Some(extra)));
                }
            }
        }
        Ok(())
    }

    /// Adds what the extras that are asked for ask of their own package: the conflict tells an extra
    /// and its package as one.
    fn add_of_extras(
        &mut self,
        question: &Question,
        conflict: &Conflict,
        catalog: &dyn Catalog,
    ) -> Result<(), Failure> {
        let mut asked: Vec<&Requirement> = Vec::new();
        for fact in &conflict.facts {
            match fact {
                Fact::Declared { at, .. } => asked.push(&question.declarations[*at].requirement),
                Fact::Needs { needs, .. } => asked.extend(needs),
                _ => {}
            }
        }
        for requirement in asked.into_iter().filter(|it| !it.extras.is_empty()) {
            let Some(candidates) = conflict.packages.get(&requirement.name) else {
                continue;
            };
            let newest = candidates.usable().iter().rev().take(MOST_OF_EXTRAS);
            for candidate in newest {
                let metadata = match catalog.metadata(candidates.project(), candidate.at()) {
                    Ok(metadata) => metadata,
                    Err(Refusal::Failed(failure)) => return Err(failure),
                    Err(Refusal::Missing(_) | Refusal::Unusable(_)) => continue,
                };
                let own = metadata.requires.all().iter();
                for own in own.filter(|it| it.name == requirement.name) {
                    let extras = requirement.extras.iter();
                    extras.for_each(|extra| self.add(own, Some(extra)));
                }
            }
        }
        Ok(())
    }

    /// Returns the markers that hold in a part of the region, best first: of two demands that stand
    /// against each other and never meet, of two that stand against each other, and of any.
    fn ranked(&self) -> Vec<(u8, MarkerTree)> {
        let is_partial = |demand: &&Demand| !self.region.is_within(&demand.marker);
        let mut ranked: Vec<(u8, MarkerTree)> = Vec::new();
        for demand in self.all.iter().filter(is_partial) {
            let rank = self.all.iter().filter(|other| other.name == demand.name);
            let rank = rank.map(|other| self.rank(demand, other)).min();
            ranked.push((rank.unwrap_or(3), demand.marker.clone()));
        }
        ranked.sort_by_key(|(rank, _)| *rank);
        ranked
    }

    /// Returns the markers before the Pythons with which all that meets a demand ends, the last first.
    fn ends(
        &self,
        question: &Arc<Question>,
        catalog: &dyn Catalog,
    ) -> Result<Vec<MarkerTree>, Failure> {
        let mut judge = Judge::new(Arc::clone(question));
        let mut pythons = Pythons::default();
        for demand in &self.all {
            let project = match question.project_of(&demand.name, catalog) {
                Ok(project) => project,
                Err(Refusal::Failed(failure)) => return Err(failure),
                Err(Refusal::Missing(_) | Refusal::Unusable(_)) => continue,
            };
            let candidates = judge.judge(project);
            let usable = candidates.ordinals(&demand.set);
            if usable.ascending(candidates.usable().len()).next().is_none() {
                pythons.add_refused(self.region, &candidates, &demand.set);
                pythons.add_unbuilt(self.region, &candidates, &demand.set);
            }
        }
        pythons.floors.clear();
        Ok(pythons.markers())
    }

    fn rank(&self, one: &Demand, other: &Demand) -> u8 {
        let both = crate::package::both(&one.marker, &other.marker);
        let never_meet = !self.region.meets(&both);
        let exclude_each_other = one.set.intersection(&other.set).is_empty();
        match (exclude_each_other, never_meet) {
            (true, true) => 0,
            (true, false) => 1,
            (false, true) => 2,
            (false, false) => 3,
        }
    }
}

/// Returns the metadata of versions that were tried, as far as it can be had.
fn metadata_of(
    candidates: &Candidates,
    who: &VersionsOf,
    catalog: &dyn Catalog,
) -> Result<Vec<Arc<Metadata>>, Failure> {
    let mut found = Vec::new();
    for candidate in candidates.usable() {
        let version = candidates.version(candidate);
        let mut runs = who.runs.iter();
        if !runs.any(|(first, last)| (first..=last).contains(&&version)) {
            continue;
        }
        match catalog.metadata(candidates.project(), candidate.at()) {
            Ok(metadata) => found.push(metadata),
            Err(Refusal::Failed(failure)) => return Err(failure),
            Err(Refusal::Missing(_) | Refusal::Unusable(_)) => {}
        }
    }
    Ok(found)
}

/// Where the `requires-python` of versions changes its mind within a region.
#[derive(Default)]
struct Pythons {
    /// From these on a version can be used.
    floors: Vec<Version>,
    /// From these on a version cannot be used any more.
    ceilings: Vec<Version>,
}

impl Pythons {
    fn of(region: &Region, conflict: &Conflict, catalog: &dyn Catalog) -> Result<Self, Failure> {
        let mut pythons = Self::default();
        for fact in &conflict.facts {
            match fact {
                Fact::Nothing { name, unusable, .. } => {
                    let Some(candidates) = conflict.packages.get(name) else {
                        continue;
                    };
                    if unusable.iter().any(|(why, _)| *why == Unfit::Python) {
                        pythons.add_refused(region, candidates, &VersionSet::full());
                    }
                    if unusable
                        .iter()
                        .any(|(why, _)| matches!(why, Unfit::Tags(_)))
                    {
                        pythons.add_unbuilt(region, candidates, &VersionSet::full());
                    }
                }
                Fact::Refused { who, is_python, .. } if *is_python => {
                    let Some(candidates) = conflict.packages.get(&who.name) else {
                        continue;
                    };
                    pythons.add_tried(region, candidates, who, catalog)?;
                }
                _ => {}
            }
        }
        Ok(pythons)
    }

    /// Takes the bounds of all packages that the conflict speaks of.
    fn of_all(region: &Region, conflict: &Conflict) -> Self {
        let mut pythons = Self::default();
        for candidates in conflict.packages.values() {
            pythons.add_refused(region, candidates, &VersionSet::full());
            pythons.add_unbuilt(region, candidates, &VersionSet::full());
        }
        pythons
    }

    /// Adds what the pages say of versions in a set that are out for their Python.
    fn add_refused(&mut self, region: &Region, candidates: &Candidates, set: &VersionSet) {
        let said = PythonsSaid::by(region, candidates.project());
        let mut added = HashSet::new();
        for refused in candidates.refused() {
            if refused.why != Unfit::Python || !candidates.is_refused_in(refused, set) {
                continue;
            }
            for wanted in said.wanted(refused.page(), refused.version()).flatten() {
                if added.insert(std::ptr::from_ref(wanted)) {
                    self.add(region, wanted);
                }
            }
        }
    }

    /// Adds for which Pythons versions in a set have wheels that do not have them for all.
    fn add_unbuilt(&mut self, region: &Region, candidates: &Candidates, set: &VersionSet) {
        let minors = region.minors();
        let said = PythonsSaid::by(region, candidates.project());
        let of_tags = candidates.refused().iter();
        let of_tags = of_tags.filter(|refused| matches!(refused.why, Unfit::Tags(_)));
        for refused in of_tags.filter(|refused| candidates.is_refused_in(refused, set)) {
            let served = said.minors_served(refused.page(), refused.version());
            for (at, pair) in served.windows(2).enumerate() {
                let bound = Version::new([3, minors[at + 1], 0]);
                match pair {
                    [false, true] => self.floors.push(bound),
                    [true, false] => self.ceilings.push(bound),
                    _ => {}
                }
            }
        }
    }

    /// Adds what the metadata of versions says that were tried.
    fn add_tried(
        &mut self,
        region: &Region,
        candidates: &Candidates,
        who: &VersionsOf,
        catalog: &dyn Catalog,
    ) -> Result<(), Failure> {
        for metadata in metadata_of(candidates, who, catalog)? {
            if let Some(wanted) = &metadata.requires_python {
                self.add(region, wanted);
            }
        }
        Ok(())
    }

    fn add(&mut self, region: &Region, wanted: &Specifiers) {
        let mut places = region.pythons().to_vec();
        for bound in wanted.bounds() {
            if let [3, minor, patch, ..] = bound.release() {
                places.push(Version::new([3, *minor, *patch]));
                places.push(Version::new([3, *minor, *patch + 1]));
            }
        }
        places.sort();
        places.dedup();
        for pair in places.windows(2) {
            match (wanted.contains(&pair[0]), wanted.contains(&pair[1])) {
                (false, true) => self.floors.push(pair[1].clone()),
                (true, false) => self.ceilings.push(pair[1].clone()),
                _ => {}
            }
        }
    }

    /// Returns the markers from which on another Python begins: the least floor first, as it serves
    /// most, then the greatest ceiling.
    fn markers(mut self) -> Vec<MarkerTree> {
        self.floors.sort();
        self.floors.dedup();
        self.ceilings.sort();
        self.ceilings.dedup();
        let bounds = self.floors.iter().chain(self.ceilings.iter().rev());
        bounds.filter_map(before_python).collect()
    }
}

/// Returns the marker that holds before a Python.
pub(super) fn before_python(python: &Version) -> Option<MarkerTree> {
    let text = match python.release() {
        [major, minor, 0] => format!("python_full_version < '{major}.{minor}'"),
        _ => format!("python_full_version < '{python}'"),
    };
    Marker::parse(&text)
        .ok()
        .map(|marker| marker.tree().clone())
}

/// Returns the markers by which a region has to be parted before anything is solved: a direct
/// reference that counts in a part of it only would be taken everywhere, and so would the lowest
/// version of what is declared in a part only; and a package has one index in each part.
pub(super) fn parted_anyway(question: &Question, region: &Arc<Region>) -> Vec<MarkerTree> {
    let declarations = question.declarations.iter();
    let is_by_declaration = question.policy.resolution == ResolutionMode::LowestDirect;
    let direct = declarations
        .filter(|declaration| declaration.requirement.url.is_some() || is_by_declaration);
    let direct = direct.map(|declaration| &declaration.requirement.marker);
    let sources = question.sources.iter().map(|source| &source.marker);
    direct
        .chain(sources)
        .map(|marker| under_extras(&marker.exact_tree(), &[]))
        .filter(|marker| !region.is_within(marker) && region.meets(marker))
        .collect()
}

/// Returns where there never are builds of a question's flavour: Apple's machines take those of the
/// default index.
pub(super) fn never_flavoured(question: &Question) -> Vec<MarkerTree> {
    let has_flavour = question.target.accelerators().flavour.is_some();
    let apple = Marker::parse("sys_platform == 'darwin'").ok();
    let apple = apple.filter(|_| has_flavour).into_iter();
    apple.map(|marker| marker.tree().clone()).collect()
}
