//! Everything the solver learned that is not PubGrub's: names, candidates, metadata, and what it
//! did. It outlives the passes of a run, and explanations are made from it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use foldhash::HashMap;
use pubgrub::Set;
use smallvec::{SmallVec, smallvec};

use super::builds;
use super::candidates::Candidates;
use super::catalog::{Catalog, Failure, Refusal};
use super::conflict::Absence;
use super::judge::Judge;
use super::memo::Memo;
use super::needs::Needs;
use super::ordinals::{Ordinal, Ordinals};
use super::package::{Names, SolverPackage};
use super::question::Question;
use super::trail::Step;
use super::tried::TriedAndRefused;
use crate::facts::Limit;
use crate::index::{Merge, Metadata, MetadataSource, Project};
use crate::package::{
    Declaration, DeclarationKind, DirectUrl, ExtraName, Marker, MarkerTree, PackageName,
    Requirement,
};
use crate::target::Flavour;

/// What is known of one project.
pub(crate) struct Known {
    /// Its candidates; none where no index has it.
    pub(crate) candidates: Arc<Candidates>,
    /// Why there is nothing of it.
    pub(crate) absence: Option<Absence>,
    /// The declared direct reference that it is taken from.
    pub(crate) url: Option<Arc<DirectUrl>>,
}

/// The metadata of a version, or why that version is out.
type Read = Result<Arc<Metadata>, TriedAndRefused>;

/// Everything the solver learned that is not PubGrub's: names, candidates, metadata. Shared by the
/// passes of a run.
pub(crate) struct Ledger<'a> {
    pub(crate) question: Arc<Question>,
    pub(crate) catalog: &'a dyn Catalog,
    pub(crate) names: RefCell<Names>,
    judge: RefCell<Judge>,
    memo: Option<&'a Memo>,
    known: RefCell<HashMap<u32, Rc<Known>>>,
    metadata: RefCell<HashMap<(u32, Ordinal), Read>>,
    /// What the versions need that were tried.
    pub(super) needs: RefCell<HashMap<(SolverPackage, Ordinal), Rc<Needs>>>,
    /// Whether markers hold with no extra asked for: the same few recur in all metadata.
    verdicts: RefCell<HashMap<MarkerTree, bool>>,
    /// The versions that the catalog could tell nothing of, with the reasons.
    pub(super) untold: RefCell<BTreeMap<(u32, Ordinal), Rc<str>>>,
    /// The versions of [`super::package::SolverPackage::Flavour`]: flavours as they were met.
    flavours: RefCell<Vec<Flavour>>,
    urls: HashMap<PackageName, Arc<DirectUrl>>,
    overrides: HashMap<PackageName, Vec<usize>>,
    pub(crate) declared: Vec<usize>,
    /// Projects that tried several versions in vain.
    pub(crate) contested: RefCell<Set<u32>>,
    pub(crate) trail: RefCell<Vec<Step>>,
}

impl<'a> Ledger<'a> {
    pub(super) fn new(
        question: &Arc<Question>,
        catalog: &'a dyn Catalog,
        memo: Option<&'a Memo>,
    ) -> Self {
        let mut overrides: HashMap<PackageName, Vec<usize>> = HashMap::default();
        let mut urls = HashMap::default();
        let mut declared = Vec::new();
        for (at, declaration) in question.declarations.iter().enumerate() {
            let requirement = &declaration.requirement;
            if declaration.kind == DeclarationKind::Override {
                overrides
                    .entry(requirement.name.clone())
                    .or_default()
                    .push(at);
            }
            if !question.holds(&requirement.marker, &[]) {
                continue;
            }
            if let Some(url) = &requirement.url
                && speaks(question, declaration)
            {
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
            memo,
            known: RefCell::default(),
            metadata: RefCell::default(),
            needs: RefCell::default(),
            verdicts: RefCell::default(),
            untold: RefCell::default(),
            flavours: RefCell::default(),
            urls,
            overrides,
            declared,
            contested: RefCell::default(),
            trail: RefCell::default(),
        }
    }

    /// Notes a step of the search.
    pub(crate) fn note(&self, step: Step) {
        self.trail.borrow_mut().push(step);
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
            None => self.question.project_of(&name, self.catalog),
        };
        let (found, absence) = match answer {
            Ok(found) => (found, None),
            Err(refusal @ (Refusal::Missing(_) | Refusal::Unusable(_))) => {
                let nothing = Project {
                    name: name.clone(),
                    pages: Vec::new(),
                    merge: Merge::Best,
                };
                (Arc::new(nothing), Absence::of(refusal))
            }
            Err(Refusal::Failed(failure)) => return Err(failure),
        };
        let mut judge = self.judge.borrow_mut();
        let candidates = match self.memo {
            Some(memo) => memo.judge(&self.question, &mut judge, found),
            None => self.catalog.judged(&self.question, &found, &mut || {
                judge.judge(Arc::clone(&found))
            }),
        };
        let known = Rc::new(Known {
            candidates,
            absence,
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
            Ok(metadata) => self.checked(&known, metadata),
            Err(Refusal::Missing(why) | Refusal::Unusable(why)) => {
                let why: Rc<str> = why.into();
                let at = (project, ordinal);
                self.untold.borrow_mut().insert(at, Rc::clone(&why));
                Err(why.into())
            }
            Err(Refusal::Failed(failure)) => return Err(failure),
        };
        self.metadata
            .borrow_mut()
            .insert((project, ordinal), answer.clone());
        Ok(answer)
    }

    /// Returns the metadata of a version that is only looked at; none where that would take a build,
    /// and where the version is out: the solver meets that again if it chooses it.
    pub(super) fn glance(
        &self,
        project: u32,
        ordinal: Ordinal,
    ) -> Result<Option<Arc<Metadata>>, Failure> {
        if let Some(metadata) = self.metadata.borrow().get(&(project, ordinal)) {
            return Ok(metadata.clone().ok());
        }
        let known = self.known(project)?;
        let candidate = known.candidates.usable()[ordinal as usize];
        let file = known
            .candidates
            .page(candidate.page())
            .file(candidate.file());
        if !file.is_wheel() {
            return Ok(None);
        }
        let project = known.candidates.project();
        match self.catalog.glance(project, candidate.at()) {
            Ok(metadata) => Ok(self.checked(&known, metadata).ok()),
            Err(Refusal::Missing(_) | Refusal::Unusable(_)) => Ok(None),
            Err(Refusal::Failed(failure)) => Err(failure),
        }
    }

    /// The index does not always tell the requires-python that the metadata holds; and a source
    /// archive of which only a script tells something is no way out of a conflict where the project
    /// has wheels: it would rarely build today.
    fn checked(&self, known: &Known, metadata: Arc<Metadata>) -> Read {
        if let Some(wanted) = &metadata.requires_python
            && !self.question.admits_python(wanted)
        {
            return Err(TriedAndRefused::needs_python(wanted));
        }
        let is_ancient = metadata.source == MetadataSource::SetupScript
            && known.candidates.has_usable_wheels()
            && !self.is_pinned(known, &metadata);
        match is_ancient {
            true => Err(
                "only its `setup.py` tells its requirements, and other versions have \
                         wheels; pin it, or allow building it"
                    .into(),
            ),
            false => Ok(metadata),
        }
    }

    /// Whether a version is what was asked for: by a pin, or by a package that is pinned itself and
    /// admits no version with a wheel, as tensorflow 2.4 does of termcolor.
    fn is_pinned(&self, known: &Known, metadata: &Metadata) -> bool {
        let admits = |wanted: &Requirement| {
            wanted.name == metadata.name && wanted.specifiers.contains(&metadata.version)
        };
        let declared = self.question.declarations.iter();
        let pins = declared
            .map(|it| &it.requirement)
            .filter(|it| it.specifiers.is_pin());
        let leaves_sources = |wanted: &Requirement| {
            admits(wanted) && !known.candidates.has_wheel_in(wanted.specifiers.set())
        };
        let asks = |pin: &Requirement| {
            let wants = |parent: &Arc<Metadata>| {
                let mut wanted = parent.requires.all().iter();
                wanted.any(|it| leaves_sources(it) && self.question.holds(&it.marker, &pin.extras))
            };
            self.read_of(pin).iter().any(wants)
        };
        pins.clone().any(admits) || pins.clone().any(asks)
    }

    /// Returns the metadata of what a requirement admits, as far as it was read.
    fn read_of(&self, requirement: &Requirement) -> Vec<Arc<Metadata>> {
        let project = self.names.borrow_mut().project_id(&requirement.name);
        let Some(known) = self.known.borrow().get(&project).cloned() else {
            return Vec::new();
        };
        let admitted = known.candidates.ordinals(requirement.specifiers.set());
        let read = self.metadata.borrow();
        admitted
            .ascending(known.candidates.usable().len())
            .filter_map(|ordinal| read.get(&(project, ordinal))?.clone().ok())
            .collect()
    }

    /// Returns what a version is built for, as a version of the solver's flavour; none outside the
    /// torch family, and where nobody knows.
    pub(crate) fn flavour_of(
        &self,
        project: u32,
        ordinal: Ordinal,
    ) -> Result<Option<Ordinal>, Failure> {
        let known = self.known(project)?;
        let name = &known.candidates.project().name;
        if !self.question.facts.is_family(name) {
            return Ok(None);
        }
        let candidate = &known.candidates.usable()[ordinal as usize];
        let version = known.candidates.version(candidate);
        let index = &known.candidates.project().pages[candidate.page()].index;
        let flavour = builds::flavour_of(
            &self.question.facts,
            self.question.target.platform(),
            name,
            &version,
            known.url.is_none().then_some(index),
        );
        Ok(flavour.map(|flavour| self.flavour_id(flavour)))
    }

    /// Returns a flavour as a version of the solver's, a new one at first sight.
    pub(crate) fn flavour_id(&self, flavour: Flavour) -> Ordinal {
        let mut flavours = self.flavours.borrow_mut();
        let at = flavours.iter().position(|known| *known == flavour);
        let at = at.unwrap_or_else(|| {
            flavours.push(flavour);
            flavours.len() - 1
        });
        at as Ordinal
    }

    /// Returns the flavours of a set of the solver's.
    pub(crate) fn flavours_in(&self, set: &Ordinals) -> Vec<Flavour> {
        let flavours = self.flavours.borrow();
        let mut found: Vec<Flavour> = set
            .ascending(flavours.len())
            .map(|at| flavours[at as usize])
            .collect();
        found.sort();
        found
    }

    /// Returns the limits that hold for a version. An override does not lift them: it replaces what
    /// packages say, and not what they are.
    pub(crate) fn limits_on(
        &self,
        project: u32,
        ordinal: Ordinal,
    ) -> Result<Vec<Arc<Limit>>, Failure> {
        let known = self.known(project)?;
        let name = &known.candidates.project().name;
        if !self.question.facts.has_limits_on(name) {
            return Ok(Vec::new());
        }
        let version = known
            .candidates
            .version(&known.candidates.usable()[ordinal as usize]);
        let platform = self.question.target.platform();
        let limits = self.question.facts.limits_on(name, &version, platform);
        Ok(limits
            .filter(|limit| {
                let limited = &limit.needs.name;
                !self.question.excludes.contains(limited)
            })
            .cloned()
            .map(Arc::new)
            .collect())
    }

    /// Returns the requirements that hold for a version: those of the base, or, with an extra,
    /// those that the extra adds.
    pub(crate) fn active<'m>(
        &'m self,
        metadata: &'m Metadata,
        extra: Option<&'m ExtraName>,
    ) -> impl Iterator<Item = &'m Requirement> {
        let extras = extra.map_or(&[][..], std::slice::from_ref);
        metadata.requires.asked(extras).filter(move |requirement| {
            let marker = &requirement.marker;
            let holds_without = self.holds_without_extras(marker);
            match extra {
                None => holds_without,
                Some(_) => !holds_without && self.question.holds(marker, extras),
            }
        })
    }

    /// Whether a marker holds with no extra asked for.
    pub(crate) fn holds_without_extras(&self, marker: &Marker) -> bool {
        if marker.is_always() {
            return true;
        }
        let mut verdicts = self.verdicts.borrow_mut();
        let verdict = verdicts.entry(marker.tree().clone());
        *verdict.or_insert_with(|| self.question.holds(marker, &[]))
    }

    /// Returns what stands in a requirement's place: itself, the overrides of its package, or
    /// nothing for an excluded package.
    pub(crate) fn effective<'r>(
        &'r self,
        requirement: &'r Requirement,
    ) -> SmallVec<[&'r Requirement; 1]> {
        if self.question.excludes.contains(&requirement.name) {
            return SmallVec::new();
        }
        match self.overrides(&requirement.name) {
            [] => smallvec![requirement],
            overrides => overrides
                .iter()
                .map(|at| &self.question.declarations[*at].requirement)
                .filter(|wanted| self.question.holds(&wanted.marker, &[]))
                .collect(),
        }
    }
}

/// Whether a declaration's direct reference counts: an override silences all others of its name.
fn speaks(question: &Question, declaration: &Declaration) -> bool {
    let name = &declaration.requirement.name;
    let is_overridden = question.declarations.iter().any(|other| {
        other.kind == DeclarationKind::Override
            && other.requirement.name == *name
            && question.holds(&other.requirement.marker, &[])
    });
    declaration.kind == DeclarationKind::Override || !is_overridden
}
