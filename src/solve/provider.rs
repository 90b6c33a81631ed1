//! The adapter between PubGrub and a catalog: it turns requirements into sets of ordinals, and
//! remembers everything that an explanation will need. Order stands in `priority`, fitness in
//! `candidates`.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use pubgrub::{Dependencies, DependencyConstraints, DependencyProvider, VersionSet as _};
use pubgrub::{PackageResolutionStatistics, Set};

use super::candidates::{Candidates, Judge};
use super::catalog::{Catalog, Failure, Refusal};
use super::ordinals::{Ordinal, Ordinals};
use super::package::{Names, SolverPackage};
use super::priority::{Order, Priority};
use super::question::{Prereleases, Question, ResolutionMode};
use crate::index::{Merge, Metadata, Project};
use crate::package::{DeclarationKind, DirectUrl, ExtraName, PackageName, Requirement};

/// Why a version that looked usable is not, found when it was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TriedAndRefused(pub(crate) Rc<str>);

impl std::fmt::Display for TriedAndRefused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// After this many tried versions of one package, older ones are asked for in batches.
const TRIED_BEFORE_BATCH: usize = 4;
/// A package that has tried more versions than this is contested.
const TRIED_IN_PEACE: usize = 5;
/// The largest such batch.
const BATCH: usize = 100;

/// What is known of one project.
pub(crate) struct Known {
    /// Its candidates; none where no index has it.
    pub(crate) candidates: Arc<Candidates>,
    /// Why no index has it.
    pub(crate) missing: Option<String>,
    /// The declared direct reference that it is taken from.
    pub(crate) url: Option<Arc<DirectUrl>>,
}

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

/// The metadata of a version, or why that version is out.
type Read = Result<Arc<Metadata>, Rc<str>>;

/// What a version needs, as PubGrub takes it.
type Wanted = Vec<(SolverPackage, Ordinals)>;

/// Everything the solver learned that is not PubGrub's: names, candidates, metadata. Shared by the
/// passes of a run.
pub(crate) struct Ledger<'a> {
    pub(crate) question: Arc<Question>,
    pub(crate) catalog: &'a dyn Catalog,
    pub(crate) names: RefCell<Names>,
    judge: RefCell<Judge>,
    known: RefCell<HashMap<u32, Rc<Known>>>,
    metadata: RefCell<HashMap<(u32, Ordinal), Read>>,
    urls: HashMap<PackageName, Arc<DirectUrl>>,
    overrides: HashMap<PackageName, Vec<usize>>,
    pub(crate) declared: Vec<usize>,
    contested: RefCell<Set<u32>>,
}

impl<'a> Ledger<'a> {
    pub(crate) fn new(question: &Arc<Question>, catalog: &'a dyn Catalog) -> Self {
        let mut overrides: HashMap<PackageName, Vec<usize>> = HashMap::new();
        let mut urls = HashMap::new();
        let mut declared = Vec::new();
        for (at, declaration) in question.declarations.iter().enumerate() {
            let requirement = &declaration.requirement;
            if declaration.kind == DeclarationKind::Override {
                overrides
                    .entry(requirement.name.clone())
                    .or_default()
                    .push(at);
            }
            if !requirement.marker.holds(question.target.environment(), &[]) {
                continue;
            }
            if let Some(url) = &requirement.url {
                urls.insert(requirement.name.clone(), Arc::clone(url));
            }
            let is_wanted = declaration.kind == DeclarationKind::Requirement
                && !question.excludes.contains(&requirement.name);
            if is_wanted {
                declared.push(at);
            }
        }
        Self {
            question: Arc::clone(question),
            catalog,
            names: RefCell::default(),
            judge: RefCell::new(Judge::new(Arc::clone(question))),
            known: RefCell::default(),
            metadata: RefCell::default(),
            urls,
            overrides,
            declared,
            contested: RefCell::default(),
        }
    }

    /// Returns the name of a project.
    pub(crate) fn name(&self, project: u32) -> PackageName {
        self.names.borrow().project(project).clone()
    }

    /// Returns the declaration of a [`SolverPackage::Declared`].
    pub(crate) fn declaration(&self, declared: u32) -> &crate::package::Declaration {
        &self.question.declarations[self.declared[declared as usize]]
    }

    /// Returns the declarations that override a name.
    pub(crate) fn overrides(&self, name: &PackageName) -> &[usize] {
        self.overrides.get(name).map_or(&[], |at| at)
    }

    /// Returns what is known of a project, asking the catalog at first.
    pub(crate) fn known(&self, project: u32) -> Result<Rc<Known>, Failure> {
        if let Some(known) = self.known.borrow().get(&project) {
            return Ok(Rc::clone(known));
        }
        let name = self.name(project);
        let url = self.urls.get(&name).cloned();
        let answer = match &url {
            Some(url) => self.catalog.direct(&name, url),
            None => self.catalog.project(&name),
        };
        let (found, missing) = match answer {
            Ok(found) => (found, None),
            Err(Refusal::Missing(why) | Refusal::Unusable(why)) => {
                let nothing = Project {
                    name: name.clone(),
                    pages: Vec::new(),
                    merge: Merge::Best,
                };
                (Arc::new(nothing), Some(why))
            }
            Err(Refusal::Failed(failure)) => return Err(failure),
        };
        let known = Rc::new(Known {
            candidates: Arc::new(self.judge.borrow_mut().judge(found)),
            missing,
            url,
        });
        self.known.borrow_mut().insert(project, Rc::clone(&known));
        Ok(known)
    }

    /// Returns the metadata of a version, or why that version is out.
    pub(crate) fn metadata(&self, project: u32, ordinal: Ordinal) -> Result<Read, Failure> {
        if let Some(metadata) = self.metadata.borrow().get(&(project, ordinal)) {
            return Ok(metadata.clone());
        }
        let known = self.known(project)?;
        let candidate = known.candidates.usable()[ordinal as usize];
        let answer = match self
            .catalog
            .metadata(known.candidates.project(), candidate.at())
        {
            Ok(metadata) => self.checked(metadata),
            Err(Refusal::Missing(why) | Refusal::Unusable(why)) => Err(why.into()),
            Err(Refusal::Failed(failure)) => return Err(failure),
        };
        self.metadata
            .borrow_mut()
            .insert((project, ordinal), answer.clone());
        Ok(answer)
    }

    /// The index does not always tell the requires-python that the metadata holds.
    fn checked(&self, metadata: Arc<Metadata>) -> Result<Arc<Metadata>, Rc<str>> {
        match &metadata.requires_python {
            Some(wanted) if !self.question.target.admits_python(wanted) => {
                Err(format!("it needs Python {wanted}").into())
            }
            _ => Ok(metadata),
        }
    }

    /// Returns the requirements that hold for a version: those of the base, or, with an extra,
    /// those that the extra adds.
    pub(crate) fn active<'m>(
        &self,
        metadata: &'m Metadata,
        extra: Option<&ExtraName>,
    ) -> impl Iterator<Item = &'m Requirement> {
        let environment = self.question.target.environment().clone();
        let extra = extra.cloned();
        metadata.requires.iter().filter(move |requirement| {
            let marker = &requirement.marker;
            let holds_without = marker.holds(&environment, &[]);
            match &extra {
                None => holds_without,
                Some(extra) => {
                    !holds_without && marker.holds(&environment, std::slice::from_ref(extra))
                }
            }
        })
    }

    /// Returns what stands in a requirement's place: itself, the overrides of its package, or
    /// nothing for an excluded package.
    pub(crate) fn effective<'r>(&'r self, requirement: &'r Requirement) -> Vec<&'r Requirement> {
        if self.question.excludes.contains(&requirement.name) {
            return Vec::new();
        }
        match self.overrides(&requirement.name) {
            [] => vec![requirement],
            overrides => overrides
                .iter()
                .map(|at| &self.question.declarations[*at].requirement)
                .filter(|wanted| wanted.marker.holds(self.question.target.environment(), &[]))
                .collect(),
        }
    }
}

/// One pass of the solver.
pub(crate) struct Provider<'l, 'a> {
    pub(crate) ledger: &'l Ledger<'a>,
    /// Projects whose pre-releases may be chosen where no release is in range.
    prereleases_of: &'l Set<u32>,
    chosen: RefCell<HashMap<u32, Ordinal>>,
    tried: RefCell<HashMap<u32, BTreeSet<Ordinal>>>,
    /// The versions of which metadata was asked for ahead of time.
    asked: RefCell<HashMap<u32, BTreeSet<Ordinal>>>,
    wants_new_order: Cell<bool>,
    order: RefCell<Order>,
}

impl<'l, 'a> Provider<'l, 'a> {
    pub(crate) fn new(ledger: &'l Ledger<'a>, prereleases_of: &'l Set<u32>) -> Self {
        Self {
            ledger,
            prereleases_of,
            chosen: RefCell::default(),
            tried: RefCell::default(),
            asked: RefCell::default(),
            wants_new_order: Cell::new(false),
            order: RefCell::default(),
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

    fn choose(&self, project: u32, range: &Ordinals) -> Result<Option<Ordinal>, Failure> {
        let known = self.ledger.known(project)?;
        let candidates = &known.candidates;
        let name = self.ledger.name(project);
        let count = candidates.usable().len();
        if let Some(preferred) = self.ledger.question.preferences.get(&name)
            && let Some(ordinal) = candidates.ordinal_of(preferred)
            && range.contains(&ordinal)
            && self.may_choose(project, candidates, ordinal)
        {
            return Ok(Some(ordinal));
        }
        let in_order: Vec<Ordinal> = match self.takes_lowest(&name) {
            true => range.ascending(count).collect(),
            false => range.descending(count).collect(),
        };
        let treats_alike = self.ledger.question.policy.prereleases == Prereleases::Allow;
        let is_wanted = |ordinal: &Ordinal| self.may_choose(project, candidates, *ordinal);
        let is_release = |ordinal: &Ordinal| {
            treats_alike || !candidates.usable()[*ordinal as usize].is_prerelease
        };
        if candidates.exhausts_pages_in_order() {
            let place = |ordinal: &Ordinal| {
                (
                    !is_release(ordinal),
                    candidates.usable()[*ordinal as usize].page,
                )
            };
            return Ok(in_order.into_iter().filter(is_wanted).min_by_key(place));
        }
        let release = in_order.iter().copied().find(is_release);
        Ok(release.or_else(|| in_order.into_iter().find(is_wanted)))
    }

    fn takes_lowest(&self, name: &PackageName) -> bool {
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

    fn may_choose(&self, project: u32, candidates: &Candidates, ordinal: Ordinal) -> bool {
        !candidates.usable()[ordinal as usize].is_prerelease
            || self.ledger.question.policy.prereleases == Prereleases::Allow
            || self.prereleases_of.contains(&project)
    }

    /// Notes that a version is tried. Once a package backtracks, the metadata of older versions is
    /// asked for ahead of time, and other packages have to wait for it.
    fn note_tried(&self, project: u32, ordinal: Ordinal, range: &Ordinals) -> Result<(), Failure> {
        let mut all_tried = self.tried.borrow_mut();
        let tried = all_tried.entry(project).or_default();
        if !tried.insert(ordinal) {
            return Ok(());
        }
        let tried = tried.len();
        if tried > TRIED_IN_PEACE && self.ledger.contested.borrow_mut().insert(project) {
            self.wants_new_order.set(true);
        }
        let mut all_asked = self.asked.borrow_mut();
        let asked = all_asked.entry(project).or_default();
        if tried < TRIED_BEFORE_BATCH || asked.len() > tried + tried.min(BATCH) {
            return Ok(());
        }
        let known = self.ledger.known(project)?;
        let usable = known.candidates.usable();
        let wanted: Vec<_> = range
            .descending(usable.len())
            .filter(|ordinal| self.may_choose(project, &known.candidates, *ordinal))
            .filter(|ordinal| asked.insert(*ordinal))
            .take((2 * tried).min(2 * BATCH))
            .map(|ordinal| {
                (
                    Arc::clone(known.candidates.project()),
                    usable[ordinal as usize].at(),
                )
            })
            .collect();
        self.ledger.catalog.soon(&wanted);
        Ok(())
    }

    fn root_dependencies(&self) -> Wanted {
        (0..self.ledger.declared.len() as u32)
            .map(|at| (SolverPackage::Declared(at), Ordinals::full()))
            .collect()
    }

    fn dependencies_of(
        &self,
        package: SolverPackage,
        ordinal: Ordinal,
    ) -> Result<Result<Wanted, Rc<str>>, Failure> {
        let mut wanted = Wanted::new();
        let (project, extra) = match package {
            SolverPackage::Root => return Ok(Ok(self.root_dependencies())),
            SolverPackage::Declared(at) => {
                let requirement = &self.ledger.declaration(at).requirement;
                let answer = self.add(requirement, &mut wanted)?;
                return Ok(answer.map(|()| wanted).map_err(Rc::from));
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
            Err(why) => return Ok(Err(why)),
        };
        for requirement in self.ledger.active(&metadata, extra.as_ref()) {
            if let Err(why) = self.add(requirement, &mut wanted)? {
                return Ok(Err(why.into()));
            }
        }
        Ok(without_itself(wanted, package, ordinal))
    }
}

/// PubGrub does not bear a package that depends on itself: met, it is nothing to depend on; unmet,
/// the version can never be used.
fn without_itself(
    mut wanted: Wanted,
    package: SolverPackage,
    ordinal: Ordinal,
) -> Result<Wanted, Rc<str>> {
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
            SolverPackage::Extra(project, _) => {
                // PubGrub does not know that an extra goes with its base: without this it would
                // try every version of the extra against a base that is decided.
                let base = self.chosen.borrow().get(&project).copied();
                match base.filter(|base| range.contains(base)) {
                    Some(base) => Ok(Some(base)),
                    None => Ok(self.choose(project, range)?),
                }
            }
            SolverPackage::Project(project) => {
                let choice = self.choose(project, range)?;
                if let Some(ordinal) = choice {
                    self.note_tried(project, ordinal, range)?;
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
            Err(why) => Dependencies::Unavailable(TriedAndRefused(why)),
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
