//! The adapter between PubGrub and a catalog: it chooses versions. What they need stands in
//! `needs`, order in `priority`, fitness in `judge`, memory in `ledger`.

use std::cell::{Cell, RefCell};

use foldhash::HashMap;
use pubgrub::{Dependencies, DependencyConstraints, DependencyProvider, VersionSet as _};
use pubgrub::{PackageResolutionStatistics, Set};

use super::attempts::Attempts;
use super::candidates::Candidates;
use super::catalog::Failure;
use super::leaps::Leaps;
use super::ledger::Ledger;
use super::ordinals::{ABSENT, Ordinal, Ordinals};
use super::package::SolverPackage;
use super::priority::{Order, Priority};
use super::question::{Prereleases, ResolutionMode};
use super::tried::TriedAndRefused;
use crate::package::PackageName;

/// Why a pass ended before its end.
#[derive(Debug)]
pub(crate) enum Halt {
    /// A package became contested: the order of decisions changes.
    NewOrder,
    /// Whoever asked lets it go on no longer.
    Spent,
    /// The outside world failed.
    Failed(Failure),
}

impl std::fmt::Display for Halt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NewOrder => f.write_str("the order of decisions changes"),
            Self::Spent => f.write_str("the time for it is over"),
            Self::Failed(failure) => failure.fmt(f),
        }
    }
}

impl std::error::Error for Halt {}

impl From<Failure> for Halt {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// One pass of the solver.
pub(crate) struct Provider<'l, 'a> {
    pub(crate) ledger: &'l Ledger<'a>,
    /// Projects whose pre-releases may be chosen where no release is in range.
    prereleases_of: &'l Set<u32>,
    chosen: RefCell<HashMap<u32, Ordinal>>,
    pub(super) attempts: Attempts,
    pub(super) wants_new_order: Cell<bool>,
    order: RefCell<Order>,
    pub(super) leaps: Leaps,
    may_go_on: &'l dyn Fn() -> bool,
}

impl<'l, 'a> Provider<'l, 'a> {
    pub(crate) fn new(
        ledger: &'l Ledger<'a>,
        prereleases_of: &'l Set<u32>,
        may_go_on: &'l dyn Fn() -> bool,
    ) -> Self {
        Self {
            ledger,
            prereleases_of,
            chosen: RefCell::default(),
            attempts: Attempts::default(),
            wants_new_order: Cell::new(false),
            order: RefCell::default(),
            leaps: Leaps::default(),
            may_go_on,
        }
    }

    fn choose(&self, project: u32, range: &Ordinals) -> Result<Option<Ordinal>, Failure> {
        let known = self.ledger.known(project)?;
        let candidates = &known.candidates;
        let name = &candidates.project().name;
        let count = candidates.usable().len();
        if let Some(ordinal) = self.preferred(name, candidates)
            && range.contains(&ordinal)
            && self.may_choose(project, candidates, ordinal)
        {
            return Ok(Some(ordinal));
        }
        let is_wanted = |ordinal: &Ordinal| self.may_choose(project, candidates, *ordinal);
        let is_release = |ordinal: &Ordinal| self.is_release(candidates, *ordinal);
        if candidates.exhausts_pages_in_order() {
            let place = |ordinal: &Ordinal| {
                (
                    !is_release(ordinal),
                    candidates.usable()[*ordinal as usize].page(),
                )
            };
            return Ok(match self.takes_lowest(name) {
                true => range.ascending(count).filter(is_wanted).min_by_key(place),
                false => range.descending(count).filter(is_wanted).min_by_key(place),
            });
        }
        if self.takes_lowest(name) {
            let release = range.ascending(count).find(is_release);
            return Ok(release.or_else(|| range.ascending(count).find(is_wanted)));
        }
        if self.goes_back(project)
            && let Some(fitting) = self.newest_fitting(project, range)?
        {
            return Ok(Some(fitting));
        }
        let release = range.descending(count).find(is_release);
        Ok(release.or_else(|| range.descending(count).find(is_wanted)))
    }

    /// Whether the newest version that can serve is the one to choose.
    pub(super) fn chooses_newest(&self, project: u32) -> Result<bool, Failure> {
        let known = self.ledger.known(project)?;
        let name = &known.candidates.project().name;
        Ok(!self.takes_lowest(name)
            && !known.candidates.exhausts_pages_in_order()
            && self.preferred(name, &known.candidates).is_none())
    }

    /// Whether a version is chosen before all pre-releases.
    pub(super) fn is_release(&self, candidates: &Candidates, ordinal: Ordinal) -> bool {
        let treats_alike = self.ledger.question.policy.prereleases == Prereleases::Allow;
        treats_alike || !candidates.usable()[ordinal as usize].is_prerelease
    }

    /// Returns the place of the version that is preferred; of a package from several indexes, that of
    /// the build of its release.
    fn preferred(&self, name: &PackageName, candidates: &Candidates) -> Option<Ordinal> {
        let question = &self.ledger.question;
        let preferred = question.preferences.get(name)?;
        let same = candidates.ordinal_of(preferred);
        same.or_else(|| {
            let has_source = question.sources.iter().any(|it| it.package == *name);
            has_source.then(|| candidates.build_of(preferred))?
        })
    }

    fn takes_lowest(&self, name: &PackageName) -> bool {
        if self.ledger.question.policy.lowest_of.contains(name) {
            return true;
        }
        match self.ledger.question.policy.resolution {
            ResolutionMode::Highest => false,
            ResolutionMode::Lowest => true,
            ResolutionMode::LowestDirect => self
                .ledger
                .declared
                .iter()
                .any(|at| self.ledger.question.declarations[*at].requirement.name == *name),
        }
    }

    pub(super) fn may_choose(
        &self,
        project: u32,
        candidates: &Candidates,
        ordinal: Ordinal,
    ) -> bool {
        if !candidates.usable()[ordinal as usize].is_prerelease {
            return true;
        }
        match self.ledger.question.policy.prereleases {
            Prereleases::Allow => true,
            Prereleases::Disallow => false,
            Prereleases::Explicit => self.prereleases_of.contains(&project),
            Prereleases::IfNecessary | Prereleases::IfNecessaryOrExplicit => {
                candidates.has_only_prereleases() || self.prereleases_of.contains(&project)
            }
        }
    }
}

impl DependencyProvider for Provider<'_, '_> {
    type P = SolverPackage;
    type V = Ordinal;
    type VS = Ordinals;
    type M = TriedAndRefused;
    type Err = Halt;
    type Priority = Priority;

    fn prioritize(
        &self,
        package: &SolverPackage,
        range: &Ordinals,
        _statistics: &PackageResolutionStatistics,
    ) -> Priority {
        let contested = self.ledger.contested.borrow();
        self.order.borrow().priority(*package, range, &contested)
    }

    fn should_cancel(&self) -> Result<(), Halt> {
        match self.wants_new_order.get() {
            true => Err(Halt::NewOrder),
            false if (self.may_go_on)() => Ok(()),
            false => Err(Halt::Spent),
        }
    }

    fn choose_version(
        &self,
        package: &SolverPackage,
        range: &Ordinals,
    ) -> Result<Option<Ordinal>, Halt> {
        match *package {
            SolverPackage::Root | SolverPackage::Declared(_) => Ok(range.contains(&0).then_some(0)),
            SolverPackage::Flavour => Ok(range.ascending(usize::MAX).next()),
            SolverPackage::Project(_) if range.contains(&ABSENT) => Ok(Some(ABSENT)),
            SolverPackage::Extra(project, _) => {
                // PubGrub does not know that an extra goes with its base: without this it would
                // try every version of the extra against a base that is decided.
                let base = self.chosen.borrow().get(&project).copied();
                if let Some(base) = base.filter(|base| range.contains(base)) {
                    return Ok(Some(base));
                }
                let choice = self.choose(project, range)?;
                if let Some(ordinal) = choice {
                    let tried = self.note_tried_extra(*package, ordinal);
                    self.ask_for_older(project, ordinal, range, tried)?;
                }
                Ok(choice)
            }
            SolverPackage::Project(project) => {
                let choice = self.choose(project, range)?;
                if let Some(ordinal) = choice {
                    if self.note_tried(project, ordinal)? {
                        let decided = self.note_decided(project);
                        self.ask_for_older(project, ordinal, range, decided)?;
                    }
                    self.chosen.borrow_mut().insert(project, ordinal);
                }
                Ok(choice)
            }
        }
    }

    fn get_dependencies(
        &self,
        package: &SolverPackage,
        ordinal: &Ordinal,
    ) -> Result<Dependencies<SolverPackage, Ordinals, TriedAndRefused>, Halt> {
        let needs = self.ledger.needs(*package, *ordinal)?;
        needs.tell(&mut self.order.borrow_mut());
        Ok(match &needs.wanted {
            Ok(wanted) => {
                let wanted = wanted.iter().cloned();
                Dependencies::Available(DependencyConstraints::from_iter(wanted))
            }
            Err(why) => Dependencies::Unavailable(why.clone()),
        })
    }
}
