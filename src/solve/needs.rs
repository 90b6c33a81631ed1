//! What versions need, as PubGrub takes it. It is worked out once for all passes of a run: a pass
//! begins with the same versions as the one before.

use std::rc::Rc;

use pubgrub::VersionSet as _;
use smallvec::SmallVec;

use super::catalog::Failure;
use super::ledger::Ledger;
use super::ordinals::{ABSENT, Ordinal, Ordinals};
use super::package::SolverPackage;
use super::priority::Order;
use super::trail::Step;
use super::tried::TriedAndRefused;
use crate::package::{DirectUrl, Requirement};

/// The packages that a version needs, each with the versions that serve.
type Wanted = Vec<(SolverPackage, Ordinals)>;

/// What one version needs.
#[derive(Debug)]
pub(super) struct Needs {
    /// What it needs, or why it cannot be had.
    pub(super) wanted: Result<Wanted, TriedAndRefused>,
    met: SmallVec<[Met; 4]>,
    remark: Option<Remark>,
}

/// A requirement that was met on the way.
#[derive(Clone, Copy, Debug)]
struct Met {
    project: u32,
    is_pin: bool,
    is_direct: bool,
}

/// What the trail says of a version each time that it is tried.
#[derive(Debug)]
enum Remark {
    /// Nothing could be learned of it, and why.
    Refused(Rc<str>),
    /// It can be used in a part of the environments only.
    Divided,
}

impl Needs {
    fn of(wanted: Wanted) -> Self {
        Self {
            wanted: Ok(wanted),
            met: SmallVec::new(),
            remark: None,
        }
    }

    /// Notes which projects were met, in the order in which they were.
    pub(super) fn tell(&self, order: &mut Order) {
        for met in &self.met {
            order.meet(met.project, met.is_pin, met.is_direct);
        }
    }

    fn add(&mut self, package: SolverPackage, versions: &Ordinals) {
        if let Ok(wanted) = &mut self.wanted {
            push(wanted, package, versions);
        }
    }

    fn refuse(mut self, why: impl Into<TriedAndRefused>) -> Self {
        self.wanted = Err(why.into());
        self
    }
}

impl Ledger<'_> {
    /// Returns what a version of a package needs.
    pub(super) fn needs(
        &self,
        package: SolverPackage,
        ordinal: Ordinal,
    ) -> Result<Rc<Needs>, Failure> {
        let key = (package, ordinal);
        let known = self.needs.borrow().get(&key).cloned();
        let needs = match known {
            Some(needs) => needs,
            None => {
                let needs = Rc::new(self.work_out(package, ordinal)?);
                self.needs.borrow_mut().insert(key, Rc::clone(&needs));
                needs
            }
        };
        if let (Some(remark), Some(project)) = (&needs.remark, package.project()) {
            self.remark(remark, project, ordinal)?;
        }
        Ok(needs)
    }

    fn remark(&self, remark: &Remark, project: u32, ordinal: Ordinal) -> Result<(), Failure> {
        let known = self.known(project)?;
        let candidates = &known.candidates;
        let version = candidates.version(&candidates.usable()[ordinal as usize]);
        let name = self.name(project);
        self.note(match remark {
            Remark::Refused(why) => Step::Refused(name, version, why.to_string()),
            Remark::Divided => Step::Divided(name, version),
        });
        Ok(())
    }

    fn work_out(&self, package: SolverPackage, ordinal: Ordinal) -> Result<Needs, Failure> {
        let (project, extra) = match package {
            SolverPackage::Root => return Ok(Needs::of(self.declared_needs())),
            SolverPackage::Flavour => return Ok(Needs::of(Wanted::new())),
            SolverPackage::Project(_) if ordinal == ABSENT => return Ok(Needs::of(Wanted::new())),
            SolverPackage::Declared(at) => return self.needs_of_declaration(at),
            SolverPackage::Project(project) => (project, None),
            SolverPackage::Extra(project, extra) => {
                (project, Some(self.names.borrow().extra(extra).clone()))
            }
        };
        let mut needs = Needs::of(Wanted::new());
        if extra.is_some() {
            needs.add(
                SolverPackage::Project(project),
                &Ordinals::singleton(ordinal),
            );
        }
        let metadata = match self.metadata(project, ordinal)? {
            Ok(metadata) => metadata,
            Err(why) => {
                needs.remark = Some(Remark::Refused(Rc::clone(&why.why)));
                return Ok(needs.refuse(why));
            }
        };
        for requirement in self.active(&metadata, extra.as_ref()) {
            if let Err(why) = self.add(requirement, &mut needs)? {
                return Ok(needs.refuse(why));
            }
        }
        if self.question.region.is_some() && self.asks_for_none(&needs)? {
            needs.remark = Some(Remark::Divided);
        }
        if extra.is_none() {
            self.add_unsaid(project, ordinal, &mut needs)?;
        }
        needs.wanted = needs
            .wanted
            .and_then(|wanted| without_itself(wanted, package, ordinal));
        Ok(needs)
    }

    /// Whether no usable version of some package meets all that is asked of it.
    fn asks_for_none(&self, needs: &Needs) -> Result<bool, Failure> {
        for (package, versions) in needs.wanted.iter().flatten() {
            let has_none = match package.project() {
                Some(project) => self.known(project)?.candidates.usable().is_empty(),
                None => false,
            };
            if has_none || versions.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn declared_needs(&self) -> Wanted {
        let declared = (0..self.declared.len() as u32)
            .map(|at| (SolverPackage::Declared(at), Ordinals::full()));
        let accelerators = self.question.target.accelerators();
        let flavour = accelerators.flavour.map(|flavour| {
            let asked = Ordinals::singleton(self.flavour_id(flavour));
            (SolverPackage::Flavour, asked)
        });
        declared.chain(flavour).collect()
    }

    fn needs_of_declaration(&self, at: u32) -> Result<Needs, Failure> {
        let requirement = &self.declaration(at).requirement;
        let mut needs = Needs::of(Wanted::new());
        Ok(match self.add(requirement, &mut needs)? {
            Ok(()) => needs,
            Err(why) => needs.refuse(self.other_source(requirement, why)),
        })
    }

    /// Adds what a requirement asks for: the project, and each extra, in the same versions.
    fn add(
        &self,
        requirement: &Requirement,
        needs: &mut Needs,
    ) -> Result<Result<(), String>, Failure> {
        for effective in self.effective(requirement) {
            let project = self.names.borrow_mut().project_id(&effective.name);
            let known = self.known(project)?;
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
            let is_early = self.question.policy.early.contains(&effective.name);
            needs.met.push(Met {
                project,
                is_pin: is_early || effective.specifiers.is_pin(),
                is_direct: known.url.is_some(),
            });
            needs.add(SolverPackage::Project(project), &versions);
            // An override replaces the versions, and the extras that were asked for stay.
            for extra in effective.extras.iter().chain(&requirement.extras) {
                let extra = self.names.borrow_mut().extra_id(extra);
                needs.add(SolverPackage::Extra(project, extra), &versions);
            }
        }
        Ok(Ok(()))
    }

    /// Of two direct references to one project only one counts: says which, and that it is the
    /// user's own.
    fn other_source(&self, requirement: &Requirement, why: String) -> String {
        let project = self.names.borrow_mut().project_id(&requirement.name);
        let known = self.known(project).ok();
        match known.and_then(|known| known.url.clone()) {
            Some(url) => format!("you declare `{}` from {} too", requirement.name, url.given),
            None => why,
        }
    }

    /// Adds what the metadata of a version does not say: what it is built for, and the limits that
    /// hold where something brings the limited package in.
    fn add_unsaid(&self, project: u32, ordinal: Ordinal, needs: &mut Needs) -> Result<(), Failure> {
        if let Some(flavour) = self.flavour_of(project, ordinal)? {
            needs.add(SolverPackage::Flavour, &Ordinals::singleton(flavour));
        }
        for limit in self.limits_on(project, ordinal)? {
            let limited = self.names.borrow_mut().project_id(&limit.needs.name);
            // Where something needs it too, asking for it fails there again, and ends the run.
            let Ok(known) = self.known(limited) else {
                continue;
            };
            let versions = known.candidates.ordinals(limit.needs.specifiers.set());
            needs.add(SolverPackage::Project(limited), &versions.or_absent());
        }
        Ok(())
    }
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
