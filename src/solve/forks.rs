//! One answer for a region: one version of everything where that can be, else the region is parted
//! and each part gets its own, as alike as they can be.
//!
//! A region is first solved as if each requirement that counts somewhere in it counted everywhere.
//! If that has an answer, it holds in every environment, and fewer versions there cannot be. If
//! not, the conflict names the markers, Pythons and platforms that it depends on; the region is
//! parted by one of them, and the second part prefers the versions of the first. Parts shrink, and
//! only conflicts part them, so that their number does not multiply. A conflict in which nothing
//! depends on the environment is one of every environment of its part.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::catalog::{Catalog, Failure};
use super::conflict::Conflict;
use super::coverage::gaps;
use super::flavours::build_for;
use super::fork::{Fork, Forked, Part, Preferred, Unserved, alike_together};
use super::harmony::{Asking, harmonise};
use super::memo::Memo;
use super::parts::{minor_bounds, part_all, within};
use super::passes::{Answer, Outcome, remembering};
use super::question::{Question, ResolutionMode};
use super::regions::ForkStrategy;
use super::resolution::Resolution;
use super::split;
use super::trail::Step;
use crate::package::{MarkerTree, PackageName, Version};
use crate::target::Region;

/// So many solves are begun for one region; then the parts that are left are told as they stand.
const MOST_SOLVES: usize = 400;
/// So many versions that would part a region are tried before an older one is taken.
const MOST_DIVIDED: usize = 3;

/// The search for the answers to the parts of a region.
pub(super) struct Forking<'f> {
    base: &'f Arc<Question>,
    preferred: &'f [Preferred],
    catalog: &'f dyn Catalog,
    memo: &'f Memo,
    /// Where builds of the question's flavour are not to be had.
    unflavoured: Vec<MarkerTree>,
    /// Where no one build of the flavour was found for all, and each platform is asked by itself.
    lacking: Vec<MarkerTree>,
    /// Platforms that no build of some package serves.
    unserved: Vec<MarkerTree>,
    /// The versions that other parts got, in their order.
    chosen: BTreeMap<PackageName, Vec<Version>>,
    solves: usize,
    trail: Vec<Step>,
    /// The newest Pythons, which have no answer: with them the search is at its end.
    pub(super) end: Option<Part>,
    /// Whether something before them has an answer.
    is_end_known: bool,
}

impl<'f> Forking<'f> {
    /// Prepares to answer a question.
    pub(super) fn new(
        base: &'f Arc<Question>,
        preferred: &'f [Preferred],
        catalog: &'f dyn Catalog,
        memo: &'f Memo,
    ) -> Self {
        Self {
            base,
            preferred,
            catalog,
            memo,
            unflavoured: split::never_flavoured(base),
            lacking: Vec::new(),
            unserved: Vec::new(),
            chosen: BTreeMap::new(),
            solves: 0,
            trail: Vec::new(),
            end: None,
            is_end_known: false,
        }
    }

    /// Answers for the whole region of the question, unless it comes to its end before.
    pub(super) fn answer_all(&mut self, strategy: ForkStrategy) -> Result<Forked, Failure> {
        let mut regions: Vec<Arc<Region>> = self.base.region.iter().cloned().collect();
        for marker in self.parted_anyway() {
            regions = part_all(regions, &marker);
        }
        if strategy == ForkStrategy::RequiresPython {
            for marker in minor_bounds(self.base) {
                regions = part_all(regions, &marker);
            }
        }
        let mut part = Part::default();
        for region in regions.iter().cloned() {
            if strategy == ForkStrategy::RequiresPython {
                self.chosen.clear();
            }
            part.extend(self.settle(region)?);
        }
        let is_by_declaration = self.base.policy.resolution == ResolutionMode::LowestDirect;
        if self.end.is_some() || self.keeps_former(&part) {
            // There will be another answer, or what was made alike before is, as far as it can be.
        } else if let Some(before) = self.as_before(&regions)? {
            part = before;
        } else if strategy == ForkStrategy::Fewest && !is_by_declaration {
            harmonise(self, &mut part.forks)?;
        }
        Ok(Forked {
            forks: part.forks,
            unserved: alike_together(part.unserved),
            left_out: Vec::new(),
            trail: std::mem::take(&mut self.trail),
            solves: self.solves,
        })
    }

    /// Answers for a region, parting it where that must be.
    fn settle(&mut self, region: Arc<Region>) -> Result<Part, Failure> {
        if self.end.is_some() {
            return Ok(Part::default());
        }
        let question = self.question(region);
        let (answer, divided) = self.answer(&question)?;
        match answer.outcome {
            Outcome::Solved(resolution) => {
                if let Some(better) = self.without_walking_back(&question, &resolution, &divided)? {
                    return Ok(better);
                }
                let part = self.fork(question, resolution);
                match self.unbuilt_in(&part) {
                    Some(platform) => self.settle_by_platform(part, platform),
                    None => self.with_other_builds(part),
                }
            }
            Outcome::Unsolvable(conflict) => {
                if let Some(region) = self.without_flavour(&question) {
                    return self.settle(region);
                }
                let conflict = self.plain_conflict(&question, conflict)?;
                let parts = match self.solves < MOST_SOLVES {
                    true => split::parts(&question, &conflict, self.catalog)?,
                    false => None,
                };
                match parts {
                    Some(parts) => self.settle_both(parts),
                    None => Ok(Part {
                        forks: Vec::new(),
                        unserved: vec![Unserved { question, conflict }],
                    }),
                }
            }
        }
    }

    /// Returns the conflict as it is found without any preferences, so that a region is parted alike
    /// whatever a former lock has.
    fn plain_conflict(
        &mut self,
        question: &Arc<Question>,
        conflict: Conflict,
    ) -> Result<Conflict, Failure> {
        if question.preferences.is_empty() {
            return Ok(conflict);
        }
        let plain = Arc::new(Question {
            preferences: BTreeMap::new(),
            ..Question::clone(question)
        });
        Ok(match self.answer(&plain)?.0.outcome {
            Outcome::Unsolvable(plain) => plain,
            Outcome::Solved(_) => conflict,
        })
    }

    fn settle_both(&mut self, (first, second): (Region, Region)) -> Result<Part, Failure> {
        let second = Arc::new(second);
        let is_of_newest = second.is_open() && !first.is_open() && second.required().is_empty();
        if is_of_newest {
            let before = self.chosen.clone();
            let newest = self.settle(Arc::clone(&second))?;
            self.chosen = before;
            let unserved = Some(newest).filter(|newest| newest.forks.is_empty());
            if let Some(mut end) = self.end.take().or(unserved) {
                if !self.is_end_known {
                    let older = self.settle(Arc::new(first))?;
                    self.is_end_known = !older.forks.is_empty();
                    end.unserved.extend(older.unserved);
                }
                self.end = Some(end);
                return Ok(Part::default());
            }
        }
        let mut part = self.settle(Arc::new(first))?;
        part.extend(self.settle(second)?);
        Ok(part)
    }

    /// Returns a platform in a part for which there is no build of the flavour that is wanted.
    fn unbuilt_in(&self, part: &Part) -> Option<MarkerTree> {
        let [fork] = part.forks.as_slice() else {
            return None;
        };
        fork.question.target.accelerators().flavour?;
        let facts = &fork.question.facts;
        let gaps = gaps(fork).into_iter();
        // Where some Pythons of a platform have a build, the flavour is there.
        let mut gaps = gaps.filter(|gap| facts.is_family(&gap.name) && gap.is_whole);
        gaps.find_map(|gap| Some(gap.platform?.plain_marker()))
    }

    /// Answers for that platform by itself: with another build of the flavour, else with what the
    /// default index has.
    fn settle_by_platform(&mut self, part: Part, platform: MarkerTree) -> Result<Part, Failure> {
        let mut regions = part.forks.iter().map(|fork| fork.question.region.clone());
        let Some(region) = regions.next().flatten() else {
            return Ok(part);
        };
        match region.split(&platform.negate()) {
            Some(parts) => {
                self.lacking.push(platform);
                self.settle_both(parts)
            }
            None => {
                self.unflavoured.push(platform);
                self.settle(region)
            }
        }
    }

    /// Answers for a platform by itself that gets no file of a package in a part, where another build
    /// of the release may serve it: an index of PyTorch has `2.7.1` for Apple's machines, and
    /// `2.7.1+cpu` for the others. A platform that has no answer by itself stays where it is.
    fn with_other_builds(&mut self, part: Part) -> Result<Part, Failure> {
        let Some((region, platforms)) = part.forks.first().and_then(unserved_by_builds) else {
            return Ok(part);
        };
        for platform in platforms {
            let is_known = self.unserved.contains(&platform);
            let Some((there, rest)) = region.split(&platform).filter(|_| !is_known) else {
                continue;
            };
            let own = self.on_trial(|it| it.settle(Arc::new(there)), |_| true)?;
            if let Some(mut own) = own {
                own.extend(self.settle(Arc::new(rest))?);
                return Ok(own);
            }
            self.unserved.push(platform);
        }
        Ok(part)
    }

    /// Returns the region of a question for a platform that has no answer with the flavour, which is
    /// not asked for there from now on.
    fn without_flavour(&mut self, question: &Question) -> Option<Arc<Region>> {
        let region = question.region.as_ref()?;
        question.target.accelerators().flavour?;
        let mut lacking = self.lacking.iter();
        let platform = lacking.find(|it| region.is_within(it))?.clone();
        self.unflavoured.push(platform);
        Some(Arc::clone(region))
    }

    fn answer(&mut self, question: &Arc<Question>) -> Result<(Answer, Vec<Divided>), Failure> {
        self.solves += 1;
        let answer = remembering(question, self.catalog, Some(self.memo))?;
        self.trail.extend(answer.trail.iter().cloned());
        let divided = answer.trail.iter().filter_map(|step| match step {
            Step::Divided(name, version) => Some((name.clone(), version.clone())),
            _ => None,
        });
        let divided = divided.collect();
        Ok((answer, divided))
    }

    fn fork(&mut self, question: Arc<Question>, resolution: Resolution) -> Part {
        for package in &resolution.packages {
            let chosen = self.chosen.entry(package.name.clone()).or_default();
            if !chosen.contains(&package.version) {
                chosen.push(package.version.clone());
            }
        }
        Part {
            forks: vec![Fork::new(question, resolution)],
            unserved: Vec::new(),
        }
    }

    /// A version that needs different versions of one package in different environments can be used
    /// in a part only, as can one that needs what ends before the newest Python. Where an older version
    /// was taken for that alone, the region is parted, if the newer one then comes to serve.
    fn without_walking_back(
        &mut self,
        question: &Arc<Question>,
        resolution: &Resolution,
        divided: &[Divided],
    ) -> Result<Option<Part>, Failure> {
        let mut seen = BTreeSet::new();
        let was_passed_over = |(name, version): &&Divided| {
            let packages = resolution.packages.iter();
            let chosen = packages.clone().find(|package| package.name == *name);
            chosen.is_some_and(|chosen| chosen.version < *version)
        };
        let worth = divided.iter().filter(was_passed_over);
        let worth = worth.filter(|(name, _)| seen.insert(name.clone()));
        for (name, version) in worth.take(MOST_DIVIDED) {
            let parts =
                split::parts_of_version(question, resolution, (name, version), self.catalog)?;
            let Some(parts) = parts.filter(|_| self.solves < MOST_SOLVES) else {
                continue;
            };
            let serves = |part: &Part| part.has(name, version);
            let part = self.on_trial(|it| it.settle_both(parts), serves)?;
            if part.is_some() {
                return Ok(part);
            }
        }
        Ok(None)
    }

    /// Answers for parts, as if nothing had been tried where some of them has no answer or they do not
    /// serve: that is no reason for a lock to end before the newest Pythons.
    fn on_trial(
        &mut self,
        settle: impl FnOnce(&mut Self) -> Result<Part, Failure>,
        serves: impl FnOnce(&Part) -> bool,
    ) -> Result<Option<Part>, Failure> {
        let before = (self.chosen.clone(), self.is_end_known);
        let part = settle(self)?;
        if self.end.is_none() && part.unserved.is_empty() && serves(&part) {
            return Ok(Some(part));
        }
        (self.chosen, self.is_end_known) = before;
        self.end = None;
        Ok(None)
    }

    /// Answers with the parts that a former lock has, where all its versions still serve.
    fn as_before(&mut self, regions: &[Arc<Region>]) -> Result<Option<Part>, Failure> {
        self.chosen.clear();
        let mut parts = regions.to_vec();
        for marker in self.former_markers() {
            parts = part_all(parts, &marker);
        }
        if parts.len() == regions.len() || parts.len() > MOST_SOLVES {
            return Ok(None);
        }
        let mut all = Part::default();
        for region in parts {
            let question = self.question(region);
            let (answer, _) = self.answer(&question)?;
            let Outcome::Solved(resolution) = answer.outcome else {
                return Ok(None);
            };
            all.extend(self.fork(question, resolution));
        }
        let keeps = self.keeps_former(&all);
        Ok(keeps.then_some(all))
    }

    /// Whether parts have the versions of a former lock wherever it speaks of a package.
    fn keeps_former(&self, part: &Part) -> bool {
        !self.preferred.is_empty()
            && part.forks.iter().all(|fork| {
                fork.needed().all(|package| {
                    let mut former = self.former_of(fork, &package.name);
                    former.all(|version| *version == package.version)
                })
            })
    }

    /// Returns the versions that a former lock has of a package in a part.
    fn former_of<'a>(
        &'a self,
        fork: &'a Fork,
        name: &'a PackageName,
    ) -> impl Iterator<Item = &'a Version> {
        let pins = self.preferred.iter().filter(move |pin| pin.name == *name);
        let here = pins.filter(|pin| {
            let region = fork.question.region.as_ref();
            region.is_none_or(|region| region.meets(&pin.marker))
        });
        here.map(|pin| &pin.version)
    }

    /// Returns the markers by which a former lock tells versions of one package from each other.
    fn former_markers(&self) -> Vec<MarkerTree> {
        let mut versions: BTreeMap<&PackageName, BTreeSet<&Version>> = BTreeMap::new();
        for pin in self.preferred {
            versions.entry(&pin.name).or_default().insert(&pin.version);
        }
        let mut markers = Vec::new();
        for pin in self.preferred {
            if versions[&pin.name].len() > 1 && !markers.contains(&pin.marker) {
                markers.push(pin.marker.clone());
            }
        }
        markers
    }

    fn parted_anyway(&self) -> Vec<MarkerTree> {
        let region = self.base.region.iter();
        let parted = region.flat_map(|region| split::parted_anyway(self.base, region));
        // What has the flavour comes first, and the others follow its releases.
        let unflavoured = self.unflavoured.iter().map(MarkerTree::negate);
        parted.chain(unflavoured).collect()
    }

    /// Puts the question for a part: with the versions that the former lock has there, else those
    /// of the parts before.
    fn question(&self, region: Arc<Region>) -> Arc<Question> {
        let is_unflavoured = self.unflavoured.iter().any(|it| region.is_within(it));
        let flavour = self.base.target.accelerators().flavour;
        let flavour = flavour.filter(|_| !is_unflavoured);
        let build =
            |name: &PackageName, version| build_for(&self.base.facts, name, version, flavour);
        let mut preferences: BTreeMap<PackageName, Version> = BTreeMap::new();
        // The lowest of what is declared is another version where it is not declared.
        let is_by_declaration = self.base.policy.resolution == ResolutionMode::LowestDirect;
        for (name, versions) in self.chosen.iter().filter(|_| !is_by_declaration) {
            preferences.extend(versions.first().map(|it| (name.clone(), build(name, it))));
        }
        let mut former: BTreeMap<&PackageName, Vec<&Version>> = BTreeMap::new();
        for pin in self
            .preferred
            .iter()
            .filter(|pin| region.meets(&pin.marker))
        {
            former.entry(&pin.name).or_default().push(&pin.version);
        }
        for (name, versions) in former {
            let of_flavour = versions.iter().rfind(|it| build(name, it) == ***it);
            if let Some(version) = of_flavour.or(versions.last()) {
                preferences.insert(name.clone(), (*version).clone());
            }
        }
        let mut question = within(self.base, region, preferences);
        if is_unflavoured {
            question.target = question.target.with_flavour(None);
        }
        Arc::new(question)
    }
}

/// Returns the platforms that get no file of a package of which there are other builds of the same
/// release, with the region.
fn unserved_by_builds(fork: &Fork) -> Option<(Arc<Region>, Vec<MarkerTree>)> {
    let packages = fork.resolution.packages.iter();
    let several: BTreeSet<&PackageName> = packages
        .filter(|package| package.candidates.has_other_builds(&package.version))
        .map(|package| &package.name)
        .collect();
    if several.is_empty() {
        return None;
    }
    let region = fork.question.region.clone()?;
    let gaps = gaps(fork).into_iter();
    let mut platforms: Vec<MarkerTree> = gaps
        .filter(|gap| gap.is_whole && several.contains(&gap.name))
        .filter_map(|gap| Some(gap.platform?.plain_marker()))
        .collect();
    platforms.dedup();
    Some((region, platforms))
}

impl Asking for Forking<'_> {
    fn base(&self) -> &Arc<Question> {
        self.base
    }

    fn ask(&mut self, question: &Arc<Question>) -> Result<Outcome, Failure> {
        Ok(self.answer(question)?.0.outcome)
    }
}

/// A version that needs a package of which no one version serves in all environments.
type Divided = (PackageName, Version);
