//! Parts of a region made more alike: where one of them has to have another version of a package
//! than those before it, they may be able to take that version too.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::candidates::Candidates;
use super::catalog::{Catalog, Failure};
use super::fork::Fork;
use super::judge::Judge;
use super::passes::{Outcome, solve};
use super::question::Question;
use super::resolution::Resolved;
use crate::package::{MarkerTree, PackageName, Version, either};
use crate::target::{Flavour, Region};

/// So many solves are begun to make parts alike.
const MOST_SOLVES: usize = 120;

/// The versions of each package from each place.
type Versions = BTreeMap<(PackageName, Place), BTreeSet<Version>>;

/// Whoever can be asked for the answer to a part.
pub(super) trait Asking {
    /// Returns the question for the whole region.
    fn base(&self) -> &Arc<Question>;

    /// Answers a question.
    fn ask(&mut self, question: &Arc<Question>) -> Result<Outcome, Failure>;
}

/// Gives targets versions of each other, as long as that makes the versions fewer. Which versions can
/// serve is judged by the region of all of them.
pub fn harmonise_targets(
    base: &Question,
    catalog: &dyn Catalog,
    forks: &mut [Fork],
) -> Result<(), Failure> {
    let whole = forks
        .iter()
        .fold(MarkerTree::FALSE, |all, fork| either(&all, &fork.marker));
    let Some(region) = Region::new(whole) else {
        return Ok(());
    };
    let base = Arc::new(Question {
        region: Some(Arc::new(region)),
        ..base.clone()
    });
    harmonise(&mut Plainly { base, catalog }, forks)
}

/// Asks of one target after the other.
struct Plainly<'p> {
    base: Arc<Question>,
    catalog: &'p dyn Catalog,
}

impl Asking for Plainly<'_> {
    fn base(&self) -> &Arc<Question> {
        &self.base
    }

    fn ask(&mut self, question: &Arc<Question>) -> Result<Outcome, Failure> {
        Ok(solve(question, self.catalog)?.outcome)
    }
}

/// Gives parts versions of each other, as long as that makes the versions fewer.
pub(super) fn harmonise(asking: &mut dyn Asking, forks: &mut [Fork]) -> Result<(), Failure> {
    let base = Arc::clone(asking.base());
    let mut tries = Tries {
        asking,
        judge: Judge::new(base),
        left: MOST_SOLVES,
        everywhere: HashMap::new(),
        known: HashMap::new(),
    };
    while forks.len() > 1 && tries.harmonise_one(forks)? {}
    Ok(())
}

/// Where a package of a part comes from: builds in different flavours, and those of different
/// sources, are meant to differ.
type Place = (Option<Flavour>, Option<String>);

fn place_of(fork: &Fork, name: &PackageName) -> Place {
    let question = &fork.question;
    let flavour = question.target.accelerators().flavour;
    let flavour = flavour.filter(|_| question.facts.is_family(name));
    (flavour, question.source_of(name).map(str::to_owned))
}

/// What was tried, so that nothing is asked for twice.
struct Tries<'a> {
    asking: &'a mut dyn Asking,
    judge: Judge,
    /// So many solves may still be begun.
    left: usize,
    /// What is judged of projects for the whole region.
    everywhere: HashMap<PackageName, Candidates>,
    /// What became of the part in this place with this version; none where it cannot have it.
    known: HashMap<(usize, PackageName, Version), Option<Fork>>,
}

impl Tries<'_> {
    /// Makes one package alike in all parts, if one can be; returns whether there was one.
    fn harmonise_one(&mut self, forks: &mut [Fork]) -> Result<bool, Failure> {
        let versions = versions(forks);
        let differing = versions.iter().filter(|(_, several)| several.len() > 1);
        for ((name, place), several) in differing {
            for version in several.iter().rev() {
                if !self.serves_all(forks, (name, version)) {
                    continue;
                }
                let Some(new) = self.with_version(forks, place, (name, version))? else {
                    continue;
                };
                let all: Vec<&Fork> = forks
                    .iter()
                    .enumerate()
                    .map(|(at, it)| new.get(&at).unwrap_or(it))
                    .collect();
                if count(&all) < count(&forks.iter().collect::<Vec<_>>()) {
                    self.known.retain(|(at, ..), _| !new.contains_key(at));
                    for (at, fork) in new {
                        forks[at] = fork;
                    }
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Whether a version can be used in the whole region: what is too old there for what newer ones
    /// say of Python is no version to bring others back to.
    fn serves_all(&mut self, forks: &[Fork], (name, version): (&PackageName, &Version)) -> bool {
        let packages = forks.iter().flat_map(|fork| &fork.resolution.packages);
        let mut own = packages.filter(|it| it.name == *name && it.version == *version);
        own.next().is_some_and(|package| {
            let project = package.candidates.project();
            let known = self.everywhere.get(name);
            let candidates = match known.filter(|it| Arc::ptr_eq(it.project(), project)) {
                Some(candidates) => candidates,
                None => {
                    let judged = self.judge.judge(Arc::clone(project));
                    self.everywhere.insert(name.clone(), judged);
                    &self.everywhere[name]
                }
            };
            candidates.ordinal_of(version).is_some()
        })
    }

    /// Answers the parts that have another version of a package from one place again; none where one
    /// of them cannot have this one.
    fn with_version(
        &mut self,
        forks: &[Fork],
        place: &Place,
        (name, version): (&PackageName, &Version),
    ) -> Result<Option<BTreeMap<usize, Fork>>, Failure> {
        let mut new = BTreeMap::new();
        for (at, fork) in forks.iter().enumerate() {
            let own = fork.version_of(name);
            if own.is_none_or(|own| own == version) || place_of(fork, name) != *place {
                continue;
            }
            if self.left == 0 || is_held(forks, fork, (name, version)) {
                return Ok(None);
            }
            self.left -= 1;
            let key = (at, name.clone(), version.clone());
            let known = match self.known.get(&key) {
                Some(known) => known.clone(),
                None => {
                    let answer = self.ask(fork, (name, version))?;
                    self.known.insert(key, answer.clone());
                    answer
                }
            };
            match known {
                Some(fork) => drop(new.insert(at, fork)),
                None => return Ok(None),
            }
        }
        Ok(Some(new))
    }

    /// Answers a part again, with a version of a package.
    fn ask(
        &mut self,
        fork: &Fork,
        (name, version): (&PackageName, &Version),
    ) -> Result<Option<Fork>, Failure> {
        let packages = fork.resolution.packages.iter();
        let own = packages.map(|it| (it.name.clone(), it.version.clone()));
        let mut preferences: BTreeMap<PackageName, Version> = own.collect();
        preferences.insert(name.clone(), version.clone());
        let question = Arc::new(Question {
            preferences,
            ..Question::clone(&fork.question)
        });
        let Outcome::Solved(resolution) = self.asking.ask(&question)? else {
            return Ok(None);
        };
        let fork = Fork::new(question, resolution);
        let has_version = fork.version_of(name).is_none_or(|own| own == version);
        Ok(has_version.then_some(fork))
    }
}

/// Whether a part cannot have a version of a package without another version of what it shares with
/// the parts that have it: then nothing would be won.
fn is_held(forks: &[Fork], part: &Fork, (name, version): (&PackageName, &Version)) -> bool {
    let have_it = || {
        forks
            .iter()
            .filter(|it| it.version_of(name) == Some(version))
    };
    let holds = |package: &Resolved| {
        let mut edges = package.edges.iter().map(|edge| &edge.requirement);
        edges.any(|it| it.name == *name && !it.specifiers.contains(version))
    };
    let mut holding = part.resolution.packages.iter().filter(|it| holds(it));
    holding.any(|package| {
        let own = part.version_of(&package.name);
        own.is_some() && have_it().any(|other| other.version_of(&package.name) == own)
    })
}

fn versions(forks: &[Fork]) -> Versions {
    let mut versions = Versions::new();
    for fork in forks {
        for package in fork.needed() {
            let place = (package.name.clone(), place_of(fork, &package.name));
            let known = versions.entry(place).or_default();
            known.insert(package.version.clone());
        }
    }
    versions
}

fn count(forks: &[&Fork]) -> usize {
    let packages = forks.iter().flat_map(|fork| fork.needed());
    let pins: BTreeSet<(&PackageName, &Version)> = packages
        .map(|package| (&package.name, &package.version))
        .collect();
    pins.len()
}
