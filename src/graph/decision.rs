//! What decided a version: the versions that would have been better, and what keeps each of them
//! out, computed from the lock's edges and the project's versions.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Demand, Graph};
use crate::index::Metadata;
use crate::lock::LockedPackage;
use crate::package::{PackageName, Requirement, Version};
use crate::solve::{Candidate, Candidates, Prereleases, Question, ResolutionMode, Unfit};

/// Which versions are better than others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// The newer ones.
    Newer,
    /// The older ones, as `--resolution lowest` has it.
    Older,
}

/// What decided a version.
#[derive(Clone, Debug)]
pub struct Decision {
    /// Which versions are better.
    pub better: Better,
    /// The best version that exists, whether it can be used or not.
    pub best: Version,
    /// What keeps better versions out: what stands nearest to the pin comes first.
    pub obstacles: Vec<Obstacle>,
    /// The better versions that nothing here keeps out, best first.
    pub open: Vec<Version>,
    /// Whether the pin is among the versions that can be used and that are admitted today.
    pub is_admitted: bool,
}

/// Something that keeps better versions out.
#[derive(Clone, Debug)]
pub struct Obstacle {
    /// What it is.
    pub why: Why,
    /// The versions that it keeps out, best first.
    pub versions: Vec<Version>,
    /// The best version that could be used if only this were not: then it alone decides.
    pub without: Option<Version>,
    /// The best version that could not be used even then, though nothing else is asked of it; and
    /// what it has against it itself.
    pub still: Option<(Version, Box<Why>)>,
}

/// What keeps a version out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// The demand at this position of those on the package.
    Demand(usize),
    /// The version cannot be used on the target, or a policy forbids it.
    Unfit(Unfit),
    /// The version itself cannot be used: its metadata says so, or tells nothing.
    Unusable(String),
    /// The version needs another version of a package than the lock has.
    Needs {
        /// What it needs.
        requirement: Requirement,
        /// The package at this position of the graph.
        found: usize,
    },
}

/// The package in question and what is known beside the lock.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The lock.
    pub graph: &'a Graph<'a>,
    /// The package.
    pub package: usize,
    /// What was asked when the lock was made.
    pub question: &'a Question,
    /// The project's versions.
    pub candidates: &'a Candidates,
    /// What is asked of the package.
    pub demands: &'a [Demand],
}

/// What is known of a version's metadata.
#[derive(Clone, Debug)]
pub enum Told {
    /// It is this.
    Metadata(Arc<Metadata>),
    /// There is none, so that the version cannot be used.
    Unusable(String),
    /// Nothing: it cannot be asked for now.
    Unknown,
}

/// Reads the metadata of a version.
pub type Reader<'r> = dyn FnMut(&Candidate) -> Told + 'r;

/// Of so many versions the metadata is read, best first: reading may mean asking an index.
const MOST_READ: usize = 12;

/// The same where a version is read to see whether one thing alone keeps it out.
const MOST_READ_FOR_ONE: usize = 4;

/// Finds out what decided; none where the project has no version, or the lock tells none.
pub fn decide(subject: &Subject<'_>, read: &mut Reader<'_>) -> Option<Decision> {
    let pin = subject.locked().version.as_ref()?;
    let better = subject.better();
    let existing = subject.existing(pin, better);
    let pinned = existing.iter().find(|it| it.version == *pin);
    let is_admitted = pinned.is_some_and(|it| it.reasons.is_empty());
    let best = existing.first()?.version.clone();
    let mut ahead: Vec<Existing> = existing
        .into_iter()
        .take_while(|it| it.version != *pin && better.is_better(&it.version, pin))
        .collect();
    let open = ahead.iter_mut().filter(|it| it.reasons.is_empty());
    for existing in open.take(MOST_READ) {
        subject.read(existing, read);
        existing
            .reasons
            .extend(existing.own.take().unwrap_or_default());
    }
    for at in 0..subject.demands.len() {
        let alone = [Why::Demand(at)];
        let kept_out = ahead.iter_mut().filter(|it| it.reasons == alone);
        for existing in kept_out.take(MOST_READ_FOR_ONE) {
            subject.read(existing, read);
            if existing.own.as_ref().is_some_and(Vec::is_empty) {
                break;
            }
        }
    }
    Some(Decision {
        better,
        best,
        obstacles: obstacles(&ahead),
        open: ahead
            .iter()
            .filter(|it| it.reasons.is_empty())
            .map(|it| it.version.clone())
            .collect(),
        is_admitted,
    })
}

/// A version of the project, with all that keeps it out.
struct Existing {
    version: Version,
    candidate: Option<Candidate>,
    reasons: Vec<Why>,
    /// What its own metadata has against it, where that was read.
    own: Option<Vec<Why>>,
}

impl Better {
    fn is_better(self, one: &Version, other: &Version) -> bool {
        match self {
            Self::Newer => one > other,
            Self::Older => one < other,
        }
    }
}

impl<'a> Subject<'a> {
    fn locked(&self) -> &'a LockedPackage {
        self.graph.packages()[self.package]
    }

    fn better(&self) -> Better {
        let is_declared = || {
            let mut roots = self.graph.roots().iter();
            roots.any(|root| root.package == self.package)
        };
        match self.question.policy.resolution {
            ResolutionMode::Highest => Better::Newer,
            ResolutionMode::Lowest => Better::Older,
            ResolutionMode::LowestDirect if is_declared() => Better::Older,
            ResolutionMode::LowestDirect => Better::Newer,
        }
    }

    /// Returns the versions there are, best first. Pre-releases are among them only where they
    /// count as releases do, or where the pin is one.
    fn existing(&self, pin: &Version, better: Better) -> Vec<Existing> {
        let candidates = self.candidates;
        let takes_prereleases =
            pin.any_prerelease() || self.question.policy.prereleases == Prereleases::Allow;
        let mut found: BTreeMap<Version, Existing> = BTreeMap::new();
        let usable = candidates
            .usable()
            .iter()
            .map(|it| (candidates.version(it), Some(*it), None));
        let refused = candidates.refused().iter().map(|it| {
            let version = candidates.page(it.page()).version(it.version());
            (version, None, Some(it.why))
        });
        for (version, candidate, why) in usable.chain(refused) {
            if version.any_prerelease() && !takes_prereleases {
                continue;
            }
            let reasons = self.reasons(&version, why);
            found.entry(version.clone()).or_insert(Existing {
                version,
                candidate,
                reasons,
                own: None,
            });
        }
        let found = found.into_values();
        match better {
            Better::Newer => found.rev().collect(),
            Better::Older => found.collect(),
        }
    }

    fn reasons(&self, version: &Version, why: Option<Unfit>) -> Vec<Why> {
        let demands = self.demands.iter().enumerate();
        let mut reasons: Vec<Why> = demands
            .filter(|(_, demand)| !demand.admits(version))
            .map(|(at, _)| Why::Demand(at))
            .collect();
        match why {
            // Constraints are among the demands.
            None | Some(Unfit::Constraint(_)) => {}
            Some(why) => reasons.push(Why::Unfit(why)),
        }
        reasons
    }

    /// Notes what a version's own metadata has against it.
    fn read(&self, existing: &mut Existing, read: &mut Reader<'_>) {
        let Some(candidate) = existing.candidate else {
            return;
        };
        existing.own = match read(&candidate) {
            Told::Metadata(metadata) => Some(self.own_reasons(&metadata)),
            Told::Unusable(why) => Some(vec![Why::Unusable(why)]),
            Told::Unknown => None,
        };
    }

    fn own_reasons(&self, metadata: &Metadata) -> Vec<Why> {
        if let Some(wanted) = &metadata.requires_python
            && !self.question.target.admits_python(wanted)
        {
            return vec![Why::Unusable(format!("needs Python {wanted}"))];
        }
        let extras = &self.locked().extras;
        let environment = self.question.target.environment();
        let active = metadata.requires.asked(extras).filter(|requirement| {
            requirement.marker.holds(environment, extras) && !self.is_settled(&requirement.name)
        });
        let (facts, platform) = (&self.question.facts, self.question.target.platform());
        let limits = facts.limits_on(&metadata.name, &metadata.version, platform);
        // An override replaces what packages say, and not what they are.
        let limits = limits
            .map(|limit| &limit.needs)
            .filter(|needs| !self.question.excludes.contains(&needs.name));
        let clashes = active.chain(limits).filter_map(|requirement| {
            let found = self.graph.named(&requirement.name).next()?;
            let version = self.graph.packages()[found].version.as_ref()?;
            let is_met = requirement.url.is_some() || requirement.specifiers.contains(version);
            (!is_met).then(|| Why::Needs {
                requirement: requirement.clone(),
                found,
            })
        });
        clashes.collect()
    }

    /// Whether overrides or excludes decide about a package, whatever metadata says.
    fn is_settled(&self, name: &PackageName) -> bool {
        let mut declarations = self.question.declarations.iter();
        self.question.excludes.contains(name)
            || declarations.any(|declaration| {
                declaration.kind == crate::package::DeclarationKind::Override
                    && declaration.requirement.name == *name
            })
    }
}

/// Gathers the reasons, each with all the versions that it keeps out.
fn obstacles(ahead: &[Existing]) -> Vec<Obstacle> {
    let mut obstacles: Vec<(usize, Obstacle)> = Vec::new();
    for (at, existing) in ahead.iter().enumerate() {
        for why in &existing.reasons {
            match obstacles.iter_mut().find(|(_, it)| is_same(&it.why, why)) {
                Some((nearest, obstacle)) => {
                    *nearest = at;
                    obstacle.versions.push(existing.version.clone());
                }
                None => obstacles.push((
                    at,
                    Obstacle {
                        why: why.clone(),
                        versions: vec![existing.version.clone()],
                        without: best_without(ahead, why),
                        still: still(ahead, why),
                    },
                )),
            }
        }
    }
    obstacles.sort_by_key(|(nearest, _)| std::cmp::Reverse(*nearest));
    obstacles
        .into_iter()
        .map(|(_, obstacle)| obstacle)
        .collect()
}

/// Returns the best version that only this reason keeps out, if that is better than all that
/// nothing keeps out.
fn best_without(ahead: &[Existing], why: &Why) -> Option<Version> {
    let is_demand = matches!(why, Why::Demand(_));
    let is_free = |it: &&Existing| {
        let is_usable = !is_demand || it.own.as_ref().is_some_and(Vec::is_empty);
        it.reasons.is_empty() || (is_usable && it.reasons.iter().all(|it| is_same(it, why)))
    };
    let free = ahead.iter().find(is_free)?;
    (!free.reasons.is_empty()).then(|| free.version.clone())
}

/// Returns the best version that only this demand keeps out, and that has something against itself.
fn still(ahead: &[Existing], why: &Why) -> Option<(Version, Box<Why>)> {
    let mut alone = ahead.iter().filter(|it| it.reasons == [why.clone()]);
    alone.find_map(|it| {
        let own = it.own.as_ref()?.first()?;
        Some((it.version.clone(), Box::new(own.clone())))
    })
}

/// Reasons that a person takes for one: the tags of a wheel can miss the target in several ways,
/// and what one version needs of a package the next needs a little newer.
fn is_same(one: &Why, other: &Why) -> bool {
    match (one, other) {
        (Why::Unfit(Unfit::Tags(_)), Why::Unfit(Unfit::Tags(_))) => true,
        (Why::Needs { found: one, .. }, Why::Needs { found: other, .. }) => one == other,
        (one, other) => one == other,
    }
}
