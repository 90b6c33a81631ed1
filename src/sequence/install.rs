//! One install command over what is installed, as pip decides it: what answers stays, and only the
//! packages that the command reaches take part.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::baseline::{Baseline, Present, Told};
use super::change::{Because, Change};
use super::manner::{Keeps, Manner};
use super::over::{INSTALLED, Over};
use crate::facts::Facts;
use crate::package::{Declaration, DeclarationKind, PackageName};
use crate::solve::{
    Catalog, Conflict, Dependent, Failure, Outcome, Policy, Question, Refusal, Resolution,
    Resolved, Source, solve,
};
use crate::source::Origin;
use crate::target::{Flavour, Target};

/// What one command asks for.
#[derive(Clone, Debug)]
pub struct Wish {
    /// What it requires and constrains.
    pub declarations: Vec<Declaration>,
    /// How it installs.
    pub manner: Manner,
    /// How it chooses.
    pub policy: Policy,
    /// Which packages come from one index and from no other.
    pub sources: Arc<[Source]>,
    /// Which builds of torch it asks for.
    pub flavour: Option<Flavour>,
    /// The command.
    pub origin: Origin,
}

/// Where commands run, and what is known beside metadata.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// Where they run.
    pub target: &'a Target,
    /// What is known beside metadata.
    pub facts: &'a Arc<Facts>,
}

/// How a command ended.
#[derive(Clone, Debug)]
pub enum Installed {
    /// It installs.
    Done(Box<Effect>),
    /// What it asks for has no solution: it fails, and changes nothing.
    Impossible(Box<Conflict>),
}

/// What a command does.
#[derive(Clone, Debug)]
pub struct Effect {
    /// What it changes, sorted by name.
    pub changes: Vec<Change>,
    /// What it reaches and leaves as it is.
    pub kept: Vec<PackageName>,
    /// What is installed then.
    pub after: Baseline,
}

/// Returns the question that a command puts to a solver: installers know no undeclared limits.
pub fn question(before: &Baseline, wish: &Wish, around: Surroundings<'_>) -> Arc<Question> {
    let named = named(wish);
    let mut preferences = before.versions();
    preferences.retain(|name, _| wish.manner.keeps(name, named.contains(name)));
    let mut policy = wish.policy.clone();
    // What is installed is kept whatever it is.
    let early = preferences.iter().filter(|(_, it)| it.any_prerelease());
    policy
        .prereleases_of
        .extend(early.map(|(name, _)| name.clone()));
    Arc::new(Question {
        declarations: wish.declarations.clone(),
        excludes: BTreeSet::new(),
        target: around.target.with_flavour(wish.flavour),
        region: None,
        policy,
        preferences,
        facts: Arc::new(around.facts.without_limits()),
        sources: Arc::clone(&wish.sources),
    })
}

fn named(wish: &Wish) -> BTreeSet<&PackageName> {
    let declarations = wish.declarations.iter();
    let required = declarations.filter(|it| it.kind == DeclarationKind::Requirement);
    required.map(|it| &it.requirement.name).collect()
}

/// Plays a command over what is installed. Fails only where the catalog does.
pub fn install(
    before: &Baseline,
    wish: &Wish,
    around: Surroundings<'_>,
    catalog: &dyn Catalog,
) -> Result<Installed, Failure> {
    answered(before, wish, &question(before, wish, around), catalog)
}

/// Plays a command with a question that stands.
pub(super) fn answered(
    before: &Baseline,
    wish: &Wish,
    question: &Arc<Question>,
    catalog: &dyn Catalog,
) -> Result<Installed, Failure> {
    let nothing = Baseline::default();
    let there = match wish.manner.installs_again {
        true => &nothing,
        false => before,
    };
    let over = Over::new(there, catalog).ignoring(wish.manner.requirements());
    let resolution = match solve(question, &over)?.outcome {
        Outcome::Solved(resolution) => resolution,
        Outcome::Unsolvable(conflict) => return Ok(Installed::Impossible(Box::new(conflict))),
    };
    let effect = effect(before, wish, (question, &resolution), catalog)?;
    Ok(Installed::Done(Box::new(effect)))
}

/// Returns what an answer does to what is installed, in the manner of a wish. Fails only where the
/// catalog does.
pub fn effect(
    before: &Baseline,
    wish: &Wish,
    (question, resolution): (&Question, &Resolution),
    catalog: &dyn Catalog,
) -> Result<Effect, Failure> {
    let play = Play {
        before,
        wish,
        question,
        resolution,
        catalog,
    };
    play.effect()
}

/// An answer over what is installed.
struct Play<'a> {
    before: &'a Baseline,
    wish: &'a Wish,
    question: &'a Question,
    resolution: &'a Resolution,
    catalog: &'a dyn Catalog,
}

impl Play<'_> {
    fn effect(&self) -> Result<Effect, Failure> {
        let mut after = self.before.clone();
        let mut changes = Vec::new();
        let mut kept = Vec::new();
        for resolved in &self.resolution.packages {
            let before = self.before.get(&resolved.name);
            let is_same = before.is_some_and(|it| it.version.as_ref() == Some(&resolved.version));
            if let Some(before) = before.filter(|_| is_same && !self.wish.manner.installs_again) {
                let mut present = before.clone();
                present.extras.extend(resolved.extras.iter().cloned());
                present.extras.sort();
                present.extras.dedup();
                after.put(present);
                kept.push(resolved.name.clone());
                continue;
            }
            let present = self.present(resolved)?;
            after.put(present.clone());
            changes.push(Change {
                before: before.cloned(),
                after: Some(present),
                because: self.because(resolved, before),
                size: resolved.page().file(resolved.candidate.file()).size(),
            });
        }
        Ok(Effect {
            changes,
            kept,
            after,
        })
    }

    fn present(&self, resolved: &Resolved) -> Result<Present, Failure> {
        let project = resolved.candidates.project();
        let index = &project.pages[resolved.candidate.page()].index;
        let mut metadata = Ok(Arc::clone(&resolved.metadata));
        if self.wish.manner.is_alone && &**index != INSTALLED {
            metadata = self.catalog.metadata(project, resolved.candidate.at());
        }
        let told = match metadata {
            Ok(metadata) => Told::Metadata(metadata),
            Err(Refusal::Missing(why) | Refusal::Unusable(why)) => Told::Unknown(why),
            Err(Refusal::Failed(failure)) => return Err(failure),
        };
        let declared = resolved.dependents.iter().find_map(|by| match by {
            Dependent::Declaration(at) => Some(&self.question.declarations[*at].origin),
            Dependent::Package(_) => None,
        });
        Ok(Present {
            name: resolved.name.clone(),
            version: Some(resolved.version.clone()),
            extras: resolved.extras.clone(),
            told,
            index: resolved.url.is_none().then(|| Arc::clone(index)),
            origin: declared.unwrap_or(&self.wish.origin).clone(),
        })
    }

    /// Returns who asks for a package; of one that moves, who speaks against the former version.
    fn because(&self, resolved: &Resolved, before: Option<&Present>) -> Vec<Because> {
        let demands = self.demands(resolved);
        let Some(former) = before.and_then(|it| it.version.as_ref()) else {
            return demands;
        };
        let speaks_against = |it: &Because| match it {
            Because::Asked(requirement)
            | Because::Needed { requirement, .. }
            | Because::Limited { requirement, .. } => {
                requirement.url.is_some() || !requirement.specifiers.contains(former)
            }
            Because::Anew => true,
        };
        let against: Vec<Because> = demands.into_iter().filter(speaks_against).collect();
        let is_anew = against.is_empty() && self.wish.manner.keeps != Keeps::Satisfying;
        match is_anew {
            true => vec![Because::Anew],
            false => against,
        }
    }

    fn demands(&self, resolved: &Resolved) -> Vec<Because> {
        let name = &resolved.name;
        let declarations = self.question.declarations.iter();
        let declared = declarations
            .map(|it| &it.requirement)
            .filter(|it| it.name == *name && self.question.holds(&it.marker, &[]));
        let asked = declared.cloned().map(Because::Asked);
        let needed = self.resolution.packages.iter().flat_map(|by| {
            let edges = by.edges.iter().filter(|it| it.requirement.name == *name);
            edges.map(|edge| Because::Needed {
                by: format!("{} {}", by.name, by.version),
                requirement: edge.requirement.clone(),
            })
        });
        let limits = self.resolution.packages.iter().flat_map(|by| {
            let limits = by.limits.iter().filter(|it| it.needs.name == *name);
            limits.map(|limit| Because::Limited {
                by: format!("{} {}", by.name, by.version),
                requirement: limit.needs.clone(),
            })
        });
        asked.chain(needed).chain(limits).collect()
    }
}
