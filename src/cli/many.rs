//! Locks for several environments: each part or target is answered, and one lock is made of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::args::ChoiceArgs;
use super::gaps::{gap_warnings, served};
use super::misgivings::{mixed_cuda, unknown_extras};
use super::prepare::Prepared;
use super::settings::{Scope, Universal, names};
use crate::explain::list;
use crate::lock::{Circumstances, FormerPin, Lock, Realm, build_forked};
use crate::package::{Declaration, PackageName, Version};
use crate::report::count;
use crate::solve::{
    Answer, Failure, FlavourAnswer, Fork, Forked, Outcome, Preferred, Question, Step, Unserved,
    build_for, different, harmonise_targets, solve, solve_flavours, solve_region,
};
use crate::source::Problem;
use crate::target::{Region, Target};

/// Flavours of torch are tried for a whole region up to this number.
const MOST_FLAVOURS: usize = 4;

/// The answers for all environments.
pub(super) struct Many {
    /// The question for all of them.
    pub(super) base: Arc<Question>,
    /// The parts with an answer.
    pub(super) forks: Vec<Fork>,
    /// The parts without one.
    pub(super) unserved: Vec<Unserved>,
    /// What was tried, in order.
    pub(super) trail: Vec<Step>,
    /// How the lock writes the environments down.
    pub(super) realm: Realm,
    /// Pythons that nobody asked for by name and that have no answer.
    pub(super) left_out: Vec<Unserved>,
    is_universal: bool,
}

impl Prepared {
    /// Answers for every environment that is asked for.
    pub(super) fn solve_many(&self) -> Result<Many, Failure> {
        match &self.scope {
            Scope::Target => self.solve_targets(std::slice::from_ref(&self.question.target)),
            Scope::Targets(targets) => self.solve_targets(targets),
            Scope::Region(universal) => self.solve_universal(universal),
        }
    }

    /// Answers for the first environment that has no solution, if there is one.
    pub(super) fn solve_first(&self) -> Result<FlavourAnswer, Failure> {
        if matches!(self.scope, Scope::Target) {
            return self.solve();
        }
        let many = self.solve_many()?;
        let unserved = many.unserved.into_iter().map(|part| {
            let outcome = Outcome::Unsolvable(part.conflict);
            (part.question, outcome)
        });
        let served = many.forks.into_iter().map(|fork| {
            let outcome = Outcome::Solved(fork.resolution);
            (fork.question, outcome)
        });
        match unserved.chain(served).next() {
            Some((question, outcome)) => Ok(FlavourAnswer {
                question,
                answer: Answer {
                    outcome,
                    trail: many.trail,
                },
                tried: Vec::new(),
            }),
            None => self.solve(),
        }
    }

    fn solve_universal(&self, universal: &Universal) -> Result<Many, Failure> {
        let declarations = self.question.declarations.iter();
        let base = Question {
            declarations: declarations.map(|it| chosen_by(universal, it)).collect(),
            region: Some(Arc::clone(&universal.region)),
            preferences: BTreeMap::new(),
            ..Question::clone(&self.question)
        };
        let (base, forked) = self.solve_region(universal, Arc::new(base))?;
        Ok(Many {
            base,
            forks: forked.forks,
            unserved: forked.unserved,
            trail: forked.trail,
            realm: realm_without(universal, &forked.left_out),
            left_out: forked.left_out,
            is_universal: true,
        })
    }

    /// Answers with the best flavour of torch that serves everywhere, where one is to be chosen.
    fn solve_region(
        &self,
        universal: &Universal,
        base: Arc<Question>,
    ) -> Result<(Arc<Question>, Forked), Failure> {
        let preferred: Vec<Preferred> = self.former.iter().map(preferred).collect();
        let solve = |question: &Arc<Question>| {
            self.catalog.expect(Arc::clone(question));
            solve_region(question, &preferred, universal.strategy, &self.catalog)
        };
        let mut first = None;
        for flavour in self.flavours.iter().take(MOST_FLAVOURS) {
            let question = Arc::new(Question {
                target: base.target.with_flavour(Some(*flavour)),
                ..Question::clone(&base)
            });
            let forked = solve(&question)?;
            if forked.unserved.is_empty() {
                return Ok((question, forked));
            }
            first.get_or_insert((question, forked));
        }
        match first {
            Some(first) => Ok(first),
            None => {
                let forked = solve(&base)?;
                Ok((base, forked))
            }
        }
    }

    /// Answers for one target after the other; later ones prefer the versions of earlier ones.
    fn solve_targets(&self, targets: &[Target]) -> Result<Many, Failure> {
        let mut many = Many {
            base: Arc::clone(&self.question),
            forks: Vec::new(),
            unserved: Vec::new(),
            trail: Vec::new(),
            realm: Realm {
                requires_python: least_of(targets),
                environments: targets.iter().map(Target::marker).collect(),
                targets: targets.to_vec(),
            },
            left_out: Vec::new(),
            is_universal: false,
        };
        let mut chosen: BTreeMap<PackageName, Version> = BTreeMap::new();
        // What has a flavour comes first, and the others follow its releases.
        let mut ordered: Vec<&Target> = targets.iter().collect();
        ordered.sort_by_key(|target| target.accelerators().flavour.is_none());
        for target in ordered {
            let question = Arc::new(self.question_on(target, &chosen));
            let expect = |question: &Arc<Question>| self.catalog.expect(Arc::clone(question));
            let (question, answer) = match self.flavours.is_empty() {
                true => {
                    expect(&question);
                    let answer = solve(&question, &self.catalog)?;
                    (question, answer)
                }
                false => {
                    let flavours = &self.flavours;
                    let solved = solve_flavours(&question, flavours, &self.catalog, &expect)?;
                    (solved.question, solved.answer)
                }
            };
            many.trail.extend(answer.trail);
            match answer.outcome {
                Outcome::Solved(resolution) => {
                    for package in &resolution.packages {
                        let version = || package.version.clone();
                        chosen.entry(package.name.clone()).or_insert_with(version);
                    }
                    many.forks.push(Fork::new(question, resolution));
                }
                Outcome::Unsolvable(conflict) => {
                    many.unserved.push(Unserved { question, conflict });
                }
            }
        }
        harmonise_targets(&many.base, &self.catalog, &mut many.forks)?;
        Ok(many)
    }

    /// Puts the question for one of several targets, which prefers what those before it got.
    fn question_on(&self, target: &Target, chosen: &BTreeMap<PackageName, Version>) -> Question {
        let flavour = target.accelerators().flavour;
        let facts = &self.question.facts;
        let build = |(name, version): (&PackageName, &Version)| {
            (name.clone(), build_for(facts, name, version, flavour))
        };
        let mut preferences: BTreeMap<PackageName, Version> = chosen.iter().map(build).collect();
        let former = self.former.iter();
        let here = former.filter(|pin| pin.marker.evaluate(target.environment(), &[]));
        preferences.extend(here.map(|pin| (pin.name.clone(), pin.version.clone())));
        Question {
            target: target.clone(),
            preferences,
            ..Question::clone(&self.question)
        }
    }
}

/// Returns the entries of a former lock that are kept where they fit.
pub(super) fn kept_pins(choice: &ChoiceArgs, former: Vec<FormerPin>) -> Vec<FormerPin> {
    // What is no name was told when the preferences for one target were read.
    let upgrades = names(
        &choice.upgrade_package,
        "--upgrade-package",
        &mut Vec::new(),
    );
    let kept = former.into_iter().filter(|_| !choice.upgrade);
    kept.filter(|pin| !upgrades.contains(&pin.name)).collect()
}

impl Many {
    /// Makes the lock.
    pub(super) fn lock(&self, circumstances: &Circumstances) -> Lock {
        let realm = Realm {
            targets: served(&self.forks, &self.realm.targets),
            ..self.realm.clone()
        };
        build_forked(&self.base, &self.forks, &realm, circumstances)
    }

    /// Returns words for the environments that it is for.
    pub(super) fn place(&self) -> String {
        let forks = match different(&self.forks) {
            0 | 1 => String::new(),
            several => format!(" ({several} forks)"),
        };
        match self.is_universal {
            true => {
                let marker = self.forks.iter().fold(None::<Region>, |all, fork| {
                    let region = fork.question.region.as_deref()?;
                    match all {
                        Some(all) => all.joined(region),
                        None => Region::new(region.said().clone()),
                    }
                });
                let place = marker.map(|region| region.describe());
                format!("{}{forks}", place.unwrap_or_default())
            }
            false => list(&self.places()),
        }
    }

    fn places(&self) -> Vec<String> {
        self.forks
            .iter()
            .map(|fork| fork.question.place())
            .collect()
    }

    /// Returns one line on the environments that have an answer.
    pub(super) fn coverage(&self) -> String {
        match self.forks.is_empty() {
            true => "No environment has a solution.".to_owned(),
            false => format!("There is a solution for {}.", list(&self.places())),
        }
    }

    /// Returns what a person should know of the answers.
    pub(super) fn misgivings(&self) -> Vec<Problem> {
        let mut problems: Vec<Problem> = Vec::new();
        for fork in &self.forks {
            let of_fork = unknown_extras(&fork.question, &fork.resolution);
            let of_fork = of_fork.into_iter();
            let of_fork = of_fork.chain(mixed_cuda(&fork.question, &fork.resolution));
            for problem in of_fork {
                if !problems.contains(&problem) {
                    problems.push(problem);
                }
            }
        }
        problems.extend(self.left_out_warning());
        problems.extend(gap_warnings(&self.forks));
        problems
    }

    fn left_out_warning(&self) -> Option<Problem> {
        let places: Vec<String> = self.left_out.iter().map(|it| it.question.place()).collect();
        let names: BTreeSet<&PackageName> = self
            .left_out
            .iter()
            .flat_map(|it| it.conflict.packages.keys())
            .collect();
        let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
        if places.is_empty() {
            return None;
        }
        let message = format!(
            "the lock does not serve {}: there is no solution there, for {}",
            list(&places),
            list(&names)
        );
        let help = "To see why, lock for that Python alone; to have it said, end \
                    `requires-python` before it.";
        Some(Problem::anywhere(message).with_help(help).as_warning())
    }
}

/// Returns the declaration as it counts: that of an extra or group which is an installer's to choose
/// counts where it is chosen.
fn chosen_by(universal: &Universal, declaration: &Declaration) -> Declaration {
    let mut declaration = declaration.clone();
    let section = declaration.section.as_deref().unwrap_or_default();
    if let Some(marker) = universal.marker_of(section) {
        let requirement = &mut declaration.requirement;
        requirement.marker = requirement.marker.under_choice(&marker);
    }
    declaration
}

fn preferred(pin: &FormerPin) -> Preferred {
    Preferred {
        name: pin.name.clone(),
        version: pin.version.clone(),
        marker: pin.marker.clone(),
    }
}

/// Returns how a lock writes down the environments that are left without some Pythons.
fn realm_without(universal: &Universal, left_out: &[Unserved]) -> Realm {
    let regions = left_out.iter().filter_map(|it| it.question.region.as_ref());
    let first = regions.filter_map(|region| region.pythons().first()).min();
    let narrowed = first.and_then(|python| universal.before(python));
    narrowed.map_or_else(|| universal.realm.clone(), |it| it.realm)
}

fn least_of(targets: &[Target]) -> Option<String> {
    let least = targets
        .iter()
        .map(Target::python)
        .min_by_key(|python| python.version())?;
    Some(match least.is_full() {
        true => format!(">={}", least.version()),
        false => format!(">={}.{}", least.major(), least.minor()),
    })
}

/// Says how many parts there are, for `-v`.
pub(super) fn parts_in_words(many: &Many) -> String {
    let parts = count(many.forks.len(), "part");
    format!("{parts} solved, {} without a solution", many.unserved.len())
}
