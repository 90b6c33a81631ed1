//! The adapter between PubGrub and a catalog: it turns requirements into sets of ordinals and
//! chooses versions. Order stands in `priority`, fitness in `judge`, memory in `ledger`.

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
use super::trail::Step;
use super::tried::TriedAndRefused;
use crate::package::{DirectUrl, PackageName, Requirement};

/// Why a pass ended before its end.
#[derive(Debug)]
pub(crate) enum Halt {
    /// A package became contested: the order of decisions changes.
    NewOrder,
    /// The outside world failed.
    Failed(Failure),
}

impl std::fmt::Display for Halt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NewOrder => f.write_str("the order of decisions changes"),
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

/// What a version needs, as PubGrub takes it.
type Wanted = Vec<(SolverPackage, Ordinals)>;

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
}

impl<'l, 'a> Provider<'l, 'a> {
    pub(crate) fn new(ledger: &'l Ledger<'a>, prereleases_of: &'l Set<u32>) -> Self {
        Self {
            ledger,
            prereleases_of,
            chosen: RefCell::default(),
            attempts: Attempts::default(),
            wants_new_order: Cell::new(false),
            order: RefCell::default(),
            leaps: Leaps::default(),
        }
    }

    /// Adds what a requirement asks for: the project, and each extra, in the same versions.
    fn add(
        &self,
        requirement: &Requirement,
        wanted: &mut Wanted,
    ) -> Result<Result<(), String>, Failure> {
        for effective in self.ledger.effective(requirement) {
            let project = self.ledger.names.borrow_mut().project_id(&effective.name);
            let known = self.ledger.known(project)?;
            if let Some(url) = &effective.url
                && !known
                    .url
                    .as_ref()
                    .is_some_and(|known| same_source(known, url))
            {
                return Ok(Err(format!(
                    "it needs `{}` from {}, and a direct reference counts only where you declare it",
                    effective.name, url.given
                )));
            }
            let versions = known.candidates.ordinals(effective.specifiers.set());
            self.order.borrow_mut().meet(
                project,
                effective.specifiers.is_pin(),
                known.url.is_some(),
            );
            push(wanted, SolverPackage::Project(project), &versions);
            // An override replaces the versions, and the extras that were asked for stay.
            for extra in effective.extras.iter().chain(&requirement.extras) {
                let extra = self.ledger.names.borrow_mut().extra_id(extra);
                push(wanted, SolverPackage::Extra(project, extra), &versions);
            }
        }
        Ok(Ok(()))
    }

    /// Of two direct references to one project only one counts: says which, and that it is the
    /// user's own.
    fn other_source(&self, requirement: &Requirement, why: String) -> String {
        let project = self.ledger.names.borrow_mut().project_id(&requirement.name);
        let known = self.ledger.known(project).ok();
        match known.and_then(|known| known.url.clone()) {
            Some(url) => format!("you declare `{}` from {} too", requirement.name, url.given),
            None => why,
        }
    }

    fn choose(&self, project: u32, range: &Ordinals) -> Result<Option<Ordinal>, Failure> {
        let known = self.ledger.known(project)?;
        let candidates = &known.candidates;
        let name = self.ledger.name(project);
        let count = candidates.usable().len();
        if let Some(ordinal) = self.preferred(&name, candidates)
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
                    candidates.usable()[*ordinal as usize].page,
                )
            };
            return Ok(match self.takes_lowest(&name) {
                true => range.ascending(count).filter(is_wanted).min_by_key(place),
                false => range.descending(count).filter(is_wanted).min_by_key(place),
            });
        }
        if self.takes_lowest(&name) {
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
        let name = self.ledger.name(project);
        Ok(!self.takes_lowest(&name)
            && !known.candidates.exhausts_pages_in_order()
            && self.preferred(&name, &known.candidates).is_none())
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

    fn note_refused(&self, project: u32, ordinal: Ordinal, why: &str) -> Result<(), Failure> {
        let known = self.ledger.known(project)?;
        let version = known
            .candidates
            .version(&known.candidates.usable()[ordinal as usize]);
        let name = self.ledger.name(project);
        self.ledger
            .note(Step::Refused(name, version, why.to_owned()));
        Ok(())
    }

    fn root_dependencies(&self) -> Wanted {
        let declared = (0..self.ledger.declared.len() as u32)
            .map(|at| (SolverPackage::Declared(at), Ordinals::full()));
        let accelerators = self.ledger.question.target.accelerators();
        let flavour = accelerators.flavour.map(|flavour| {
            let asked = Ordinals::singleton(self.ledger.flavour_id(flavour));
            (SolverPackage::Flavour, asked)
        });
        declared.chain(flavour).collect()
    }

    fn dependencies_of(
        &self,
        package: SolverPackage,
        ordinal: Ordinal,
    ) -> Result<Result<Wanted, TriedAndRefused>, Failure> {
        let mut wanted = Wanted::new();
        let (project, extra) = match package {
            SolverPackage::Root => return Ok(Ok(self.root_dependencies())),
            SolverPackage::Flavour => return Ok(Ok(wanted)),
            SolverPackage::Project(_) if ordinal == ABSENT => return Ok(Ok(wanted)),
            SolverPackage::Declared(at) => {
                let requirement = &self.ledger.declaration(at).requirement;
                let answer = self.add(requirement, &mut wanted)?;
                let answer = answer.map_err(|why| self.other_source(requirement, why));
                return Ok(answer.map(|()| wanted).map_err(TriedAndRefused::from));
            }
            SolverPackage::Project(project) => (project, None),
            SolverPackage::Extra(project, extra) => {
                push(
                    &mut wanted,
                    SolverPackage::Project(project),
                    &Ordinals::singleton(ordinal),
                );
                (
                    project,
                    Some(self.ledger.names.borrow().extra(extra).clone()),
                )
            }
        };
        let metadata = match self.ledger.metadata(project, ordinal)? {
            Ok(metadata) => metadata,
            Err(why) => {
                self.note_refused(project, ordinal, &why.why)?;
                return Ok(Err(why));
            }
        };
        for requirement in self.ledger.active(&metadata, extra.as_ref()) {
            if let Err(why) = self.add(requirement, &mut wanted)? {
                return Ok(Err(why.into()));
            }
        }
        if self.ledger.question.region.is_some() && asks_for_none(&wanted) {
            let known = self.ledger.known(project)?;
            let candidate = known.candidates.usable()[ordinal as usize];
            let version = known.candidates.version(&candidate);
            self.ledger
                .note(Step::Divided(self.ledger.name(project), version));
        }
        if extra.is_none() {
            self.add_unsaid(project, ordinal, &mut wanted)?;
        }
        Ok(without_itself(wanted, package, ordinal))
    }

    /// Adds what the metadata of a version does not say: what it is built for, and the limits that
    /// hold where something brings the limited package in.
    fn add_unsaid(
        &self,
        project: u32,
        ordinal: Ordinal,
        wanted: &mut Wanted,
    ) -> Result<(), Failure> {
        if let Some(flavour) = self.ledger.flavour_of(project, ordinal)? {
            push(
                wanted,
                SolverPackage::Flavour,
                &Ordinals::singleton(flavour),
            );
        }
        for limit in self.ledger.limits_on(project, ordinal)? {
            let limited = self.ledger.names.borrow_mut().project_id(&limit.needs.name);
            // Where something needs it too, asking for it fails there again, and ends the run.
            let Ok(known) = self.ledger.known(limited) else {
                continue;
            };
            let versions = known.candidates.ordinals(limit.needs.specifiers.set());
            push(
                wanted,
                SolverPackage::Project(limited),
                &versions.or_absent(),
            );
        }
        Ok(())
    }
}

/// Whether no version of some package meets all that is asked of it.
fn asks_for_none(wanted: &Wanted) -> bool {
    wanted.iter().any(|(_, versions)| versions.is_empty())
}

/// PubGrub does not bear a package that depends on itself: met, it is nothing to depend on; unmet,
/// the version can never be used.
fn without_itself(
    mut wanted: Wanted,
    package: SolverPackage,
    ordinal: Ordinal,
) -> Result<Wanted, TriedAndRefused> {
    let Some(at) = wanted.iter().position(|(known, _)| *known == package) else {
        return Ok(wanted);
    };
    match wanted.remove(at).1.contains(&ordinal) {
        true => Ok(wanted),
        false => Err("it needs another version of itself".into()),
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
            false => Ok(()),
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
                    if let Some(tried) = self.note_tried(project, ordinal)? {
                        self.ask_for_older(project, ordinal, range, tried)?;
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
        Ok(match self.dependencies_of(*package, *ordinal)? {
            Ok(wanted) => Dependencies::Available(DependencyConstraints::from_iter(wanted)),
            Err(why) => Dependencies::Unavailable(why),
        })
    }
}

/// Whether two direct references mean the same thing.
fn same_source(one: &DirectUrl, other: &DirectUrl) -> bool {
    one.url == other.url && one.vcs == other.vcs && one.subdirectory == other.subdirectory
}

/// Adds a dependency; several on one package become their intersection.
fn push(wanted: &mut Wanted, package: SolverPackage, versions: &Ordinals) {
    match wanted.iter_mut().find(|(known, _)| *known == package) {
        Some((_, known)) => *known = known.intersection(versions),
        None => wanted.push((package, versions.clone())),
    }
}
