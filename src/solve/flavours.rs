//! Choosing a flavour: the best one for which the question has an answer.
//!
//! The flavours are tried one after another, best first, each from its own index. What one of them
//! proves without a word on the torch family holds for all, and ends the search.

use std::sync::Arc;

use super::builds::unfit_flavour;
use super::candidates::Unfit;
use super::catalog::{Catalog, Failure};
use super::conflict::{Conflict, Fact};
use super::passes::{Answer, Outcome, solve};
use super::question::Question;
use crate::facts::Facts;
use crate::package::{PackageName, Version};
use crate::target::{Flavour, Os, Target};

/// A flavour that does not serve.
#[derive(Clone, Debug)]
pub struct FlavourTried {
    /// The flavour.
    pub flavour: Flavour,
    /// What speaks against it.
    pub why: FlavourUnfit,
}

/// What speaks against a flavour.
#[derive(Clone, Debug)]
pub enum FlavourUnfit {
    /// The target's driver or toolkit.
    Target(Unfit),
    /// With it the question has no answer.
    Conflict(Box<Conflict>),
}

/// The answer with the best flavour.
#[derive(Clone, Debug)]
pub struct FlavourAnswer {
    /// The question as it was answered: its target has the flavour.
    pub question: Arc<Question>,
    /// The answer: where no flavour serves, the conflict of the one that came nearest.
    pub answer: Answer,
    /// The flavours that do not serve, best first; none where the conflict has nothing to do with
    /// flavours.
    pub tried: Vec<FlavourTried>,
}

/// Returns the build of a version that goes with a flavour, or with none: parts of one lock differ in
/// flavour and take builds of one release. What is not of the family is the same everywhere.
pub fn build_for(
    facts: &Facts,
    name: &PackageName,
    version: &Version,
    flavour: Option<Flavour>,
) -> Version {
    if !facts.is_family(name) {
        return version.clone();
    }
    let release = version.clone().without_local();
    let build = flavour.and_then(|flavour| format!("{release}+{flavour}").parse().ok());
    build.unwrap_or(release)
}

/// Returns the flavours to try for a target of which no flavour was said, best first: those for
/// NVIDIA's GPUs where something is known of one, else the CPU's. There are none for GPUs on macOS.
pub fn flavours_to_try(facts: &Facts, target: &Target) -> Vec<Flavour> {
    let accelerators = target.accelerators();
    let is_served = !matches!(target.platform().os, Os::MacOs(..));
    let has_gpu = accelerators.cuda.is_some()
        || accelerators.driver.is_some()
        || !accelerators.gpus.is_empty();
    let has_gpu = has_gpu && is_served;
    let mut flavours = facts.flavours();
    flavours.retain(|flavour| match flavour {
        Flavour::Cuda(..) => has_gpu,
        Flavour::Cpu => !has_gpu,
        Flavour::Rocm(..) | Flavour::Xpu => false,
    });
    flavours
}

/// Answers a question with the first flavour of a list that has an answer. `expect` hears of every
/// question before it is asked. Fails only where the catalog does.
pub fn solve_flavours(
    question: &Arc<Question>,
    flavours: &[Flavour],
    catalog: &dyn Catalog,
    expect: &dyn Fn(&Arc<Question>),
) -> Result<FlavourAnswer, Failure> {
    let mut tried = Vec::new();
    let mut nearest: Option<(Nearness, Arc<Question>, Answer)> = None;
    for &flavour in flavours {
        if let Some(why) = unfit_flavour(&question.facts, &question.target, flavour) {
            let why = FlavourUnfit::Target(why);
            tried.push(FlavourTried { flavour, why });
            continue;
        }
        let asked = Arc::new(Question {
            target: question.target.with_flavour(Some(flavour)),
            ..Question::clone(question)
        });
        expect(&asked);
        let answer = solve(&asked, catalog)?;
        let Outcome::Unsolvable(conflict) = &answer.outcome else {
            return Ok(FlavourAnswer {
                question: asked,
                answer,
                tried,
            });
        };
        let nearness = nearness(&question.facts, conflict);
        let is_of_all = nearness == Nearness::Elsewhere;
        if is_of_all {
            tried.clear();
        } else {
            let why = FlavourUnfit::Conflict(Box::new(conflict.clone()));
            tried.push(FlavourTried { flavour, why });
        }
        if nearest.as_ref().is_none_or(|(known, ..)| nearness > *known) {
            nearest = Some((nearness, asked, answer));
        }
        if is_of_all {
            break;
        }
    }
    match nearest {
        Some((_, question, answer)) => Ok(FlavourAnswer {
            question,
            answer,
            tried,
        }),
        None => no_flavour(question, catalog, tried),
    }
}

/// No flavour suits the driver or the toolkit: the answer without one says what is wrong beside.
fn no_flavour(
    question: &Arc<Question>,
    catalog: &dyn Catalog,
    tried: Vec<FlavourTried>,
) -> Result<FlavourAnswer, Failure> {
    Ok(FlavourAnswer {
        question: Arc::clone(question),
        answer: solve(question, catalog)?,
        tried,
    })
}

/// How near a conflict came to an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Nearness {
    /// The flavour has not what is wanted, or it does not go together.
    Family,
    /// What is wanted is there, and this speaks against it.
    Unfit(Unfit),
    /// The family has no part in it.
    Elsewhere,
}

fn nearness(facts: &Facts, conflict: &Conflict) -> Nearness {
    let is_family = |name: &PackageName| facts.is_family(name);
    let mut nearest = Nearness::Elsewhere;
    if conflict.packages.keys().any(is_family) {
        nearest = Nearness::Family;
    }
    for fact in &conflict.facts {
        if let Fact::Nothing { name, unusable, .. } = fact
            && is_family(name)
        {
            let reasons = unusable.iter().map(|(why, _)| Nearness::Unfit(*why));
            nearest = reasons.fold(nearest, Nearness::max);
        }
    }
    nearest
}
