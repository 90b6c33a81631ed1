//! Judged projects, remembered over the solves of one search.
//!
//! A search for conflicts and repairs asks some hundred questions that differ in a declaration or
//! two. What is judged of a project rests on little of a question; where that is the same, so is the
//! judgement.

use std::cell::RefCell;
use std::sync::Arc;

use foldhash::HashMap;

use super::candidates::Candidates;
use super::judge::Judge;
use super::question::Question;
use crate::facts::Facts;
use crate::index::Project;
use crate::package::{
    Declaration, DeclarationKind, Digest, PackageName, Timestamp, Version, VersionKey, VersionSet,
};
use crate::target::{Accelerators, Platform, PythonVersion, Region};

/// Remembers judgements.
#[derive(Default)]
pub(super) struct Memo {
    judged: RefCell<HashMap<PackageName, Vec<Judged>>>,
}

/// A judgement, and what it rests on.
type Judged = (Grounds, Arc<Candidates>);

impl Memo {
    /// Judges a project, unless that was done on the same grounds before.
    pub(super) fn judge(
        &self,
        question: &Question,
        judge: &mut Judge,
        project: Arc<Project>,
    ) -> Arc<Candidates> {
        let grounds = Grounds::of(question, &project);
        let mut judged = self.judged.borrow_mut();
        let known = judged.entry(project.name.clone()).or_default();
        let before = known
            .iter()
            .find(|(on, candidates)| Arc::ptr_eq(candidates.project(), &project) && *on == grounds);
        if let Some((_, candidates)) = before {
            return Arc::clone(candidates);
        }
        let candidates = Arc::new(judge.judge(project));
        known.push((grounds, Arc::clone(&candidates)));
        candidates
    }
}

/// What of a question a judgement of one project rests on.
struct Grounds {
    python: PythonVersion,
    platform: Platform,
    region: Option<Arc<Region>>,
    accelerators: Accelerators,
    facts: Arc<Facts>,
    cutoff: Option<Timestamp>,
    takes_wheels: bool,
    takes_sdists: bool,
    /// A preferred version counts where a file of it is yanked: it is taken all the same.
    preferred: Option<Version>,
    said: Vec<Said>,
}

impl Grounds {
    fn of(question: &Question, project: &Project) -> Self {
        let name = &project.name;
        let (target, policy) = (&question.target, &question.policy);
        let declarations = question.declarations.iter().enumerate();
        let of_name = declarations.filter(|(_, declaration)| {
            let requirement = &declaration.requirement;
            requirement.name == *name && question.holds(&requirement.marker, &[])
        });
        Self {
            python: target.python().clone(),
            platform: *target.platform(),
            region: question.region.clone(),
            accelerators: match question.facts.is_family(name) {
                true => target.accelerators().clone(),
                false => Accelerators::default(),
            },
            facts: Arc::clone(&question.facts),
            cutoff: policy.cutoff(name),
            takes_wheels: policy.formats.allows_wheels(name),
            takes_sdists: policy.formats.allows_sdists(name),
            preferred: question
                .preferences
                .get(name)
                .cloned()
                .filter(|preferred| is_yanked(project, preferred)),
            said: of_name.filter_map(|(at, it)| Said::by(at, it)).collect(),
        }
    }
}

impl PartialEq for Grounds {
    fn eq(&self, other: &Self) -> bool {
        let same_facts = Arc::ptr_eq(&self.facts, &other.facts);
        same_facts
            && judge_alike(self.region.as_deref(), other.region.as_deref())
            && (&self.python, &self.platform, &self.accelerators)
                == (&other.python, &other.platform, &other.accelerators)
            && (self.cutoff, self.takes_wheels, self.takes_sdists)
                == (other.cutoff, other.takes_wheels, other.takes_sdists)
            && (&self.preferred, &self.said) == (&other.preferred, &other.said)
    }
}

/// Whether some file of a version is yanked.
fn is_yanked(project: &Project, version: &Version) -> bool {
    let key = VersionKey::of(version);
    project.pages.iter().any(|index_page| {
        let page = &index_page.page;
        let at = page.find(key.as_bytes());
        at.is_some_and(|at| page.files(at).any(|file| page.file(file).is_yanked()))
    })
}

fn judge_alike(one: Option<&Region>, other: Option<&Region>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.judges_like(other),
        (one, other) => one.is_none() && other.is_none(),
    }
}

/// What a declaration says of files: mere bounds say nothing, they choose among what is judged.
#[derive(PartialEq)]
struct Said {
    pin: Option<VersionSet>,
    constraint: Option<(usize, VersionSet)>,
    digests: Vec<Digest>,
    names_file: bool,
}

impl Said {
    fn by(at: usize, declaration: &Declaration) -> Option<Self> {
        let requirement = &declaration.requirement;
        let specifiers = &requirement.specifiers;
        let is_constraint = declaration.kind == DeclarationKind::Constraint && !specifiers.is_any();
        let said = Self {
            pin: specifiers.is_pin().then(|| specifiers.set().clone()),
            constraint: is_constraint.then(|| (at, specifiers.set().clone())),
            digests: declaration.digests.clone(),
            names_file: requirement.url.is_some(),
        };
        let says_something = said.pin.is_some()
            || said.constraint.is_some()
            || !said.digests.is_empty()
            || said.names_file;
        says_something.then_some(said)
    }
}
