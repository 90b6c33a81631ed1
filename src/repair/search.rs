//! The search for repairs: sets of declarations to move, the fewest first, each tried by solving.
//!
//! A repair has to change at least one declaration of each conflict. Sets that do grow along the
//! conflicts that they do not touch yet (Reiter's hitting sets). For a set that touches all of them
//! its declarations are moved to the versions that they do not admit, the nearest chosen by the
//! solver, and the rest stays as it is. Where that has no solution, the proof names who has to move
//! too: torchvision, where torch moves and torchvision's metadata pins torch. So families move
//! together without anybody having listed them. Versions become text, and what is returned was
//! solved once more, whole, with that text in place.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::apply::{Change, applied};
use super::cost::{Cost, distance};
use super::larger::{other_pythons, overrides};
use super::relax::{Side, combinations, relaxed, sides};
use super::rewrite::rewritten;
use super::wheels::{Built, built};
use crate::package::{PackageName, Version};
use crate::solve::{
    Candidates, Catalog, Conflict, Core, Dependent, Effort, Fact, Failure, Outcome, Question,
    Resolution, core_of, part_of,
};

/// So many repairs are told.
const MOST_REPAIRS: usize = 3;
/// In so many ways the declarations of one set are moved.
pub(super) const MOST_WAYS: usize = 4;
/// So many more declarations than there are conflicts may be moved.
const MOST_BESIDES: usize = 24;

/// What may be changed besides declarations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Freedom {
    /// Whether nobody typed the target's Python.
    pub python: bool,
}

/// A change that was solved.
#[derive(Clone, Debug)]
pub struct Repair {
    /// What is to be changed.
    pub changes: Vec<Change>,
    /// What the packages concerned would be locked at, those of changed declarations first.
    pub locked: Vec<Relocked>,
    /// What was moved although it has a solution, lest it be built.
    pub unbuilt: Vec<Unbuilt>,
}

/// A version that has wheels, and none for the target: it would be built from source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unbuilt {
    /// The package.
    pub name: PackageName,
    /// The version that would be built.
    pub version: Version,
}

/// A package as a repair would lock it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relocked {
    /// The package.
    pub name: PackageName,
    /// The version that was pinned, or locked before.
    pub before: Option<Version>,
    /// The version that would be locked.
    pub after: Version,
}

/// The repairs that were found.
#[derive(Clone, Debug, Default)]
pub struct Repairs {
    /// The repairs, smallest first.
    pub repairs: Vec<Repair>,
    /// Whether the search came to its end.
    pub is_complete: bool,
}

/// Looks for repairs of all conflicts of a question at once.
pub fn repairs(
    question: &Arc<Question>,
    cores: &[Core],
    catalog: &dyn Catalog,
    freedom: Freedom,
    effort: &Effort<'_>,
) -> Result<Repairs, Failure> {
    let mut packages = BTreeMap::new();
    for core in cores {
        packages.extend(core.conflict.packages.clone());
    }
    let search = Search {
        question,
        catalog,
        effort,
        packages,
        cores,
    };
    let mut found = search.moves()?;
    if freedom.python && cores.iter().any(Core::involves_target) {
        found.truncate(MOST_REPAIRS - 1);
        found.extend(search.another_python()?);
    }
    if found.is_empty() {
        found.extend(search.by_overrides()?);
    }
    Ok(Repairs {
        repairs: found,
        is_complete: !effort.is_out(),
    })
}

pub(super) struct Search<'s> {
    pub(super) question: &'s Arc<Question>,
    pub(super) catalog: &'s dyn Catalog,
    pub(super) effort: &'s Effort<'s>,
    /// What is known of the packages in the conflicts.
    packages: BTreeMap<PackageName, Arc<Candidates>>,
    pub(super) cores: &'s [Core],
}

/// Positions of declarations.
pub(super) type Set = BTreeSet<usize>;

/// A repair that moves declarations.
pub(super) struct Way {
    pub(super) cost: Cost,
    pub(super) moves: Vec<(usize, Side)>,
    pub(super) repair: Repair,
    /// The pins that would be built under it.
    pub(super) built: Vec<Built>,
}

/// What came of moving the declarations of a set.
enum Tried {
    /// Repairs, the smallest first.
    Repaired(Vec<Way>),
    /// No solution; the proof for the likeliest way.
    Blocked(Conflict),
    /// They cannot move.
    Stuck,
    /// The effort is spent.
    Spent,
}

impl Search<'_> {
    /// Tries sets of declarations, small ones first, until there are enough repairs.
    fn moves(&self) -> Result<Vec<Repair>, Failure> {
        let mut cores: Vec<Set> = self
            .cores
            .iter()
            .map(|core| self.movable(&core.declarations))
            .collect();
        let most_touched = cores.len() + MOST_BESIDES;
        let starts = self.starts(&cores)?.into_iter();
        let mut waiting: BTreeSet<(usize, Vec<usize>)> = starts
            .map(|set| (set.len(), set.into_iter().collect()))
            .collect();
        let mut repaired: Vec<Set> = Vec::new();
        let mut found: Vec<(usize, Way)> = Vec::new();
        while let Some((size, members)) = waiting.pop_first() {
            let is_enough =
                repaired.len() >= MOST_REPAIRS && repaired.iter().all(|set| set.len() < size);
            if is_enough || !self.effort.step() {
                break;
            }
            let set: Set = members.into_iter().collect();
            if size > most_touched || repaired.iter().any(|known| known.is_subset(&set)) {
                continue;
            }
            let mut grow = |by: &mut dyn Iterator<Item = usize>| {
                for member in by {
                    let mut larger = set.clone();
                    if larger.insert(member) {
                        waiting.insert((larger.len(), larger.into_iter().collect()));
                    }
                }
            };
            if let Some(core) = cores.iter().find(|core| core.is_disjoint(&set)) {
                grow(&mut core.iter().copied());
                continue;
            }
            match self.tried(&set)? {
                Tried::Spent => break,
                Tried::Stuck => {}
                Tried::Repaired(ways) => {
                    repaired.push(set);
                    found.extend(ways.into_iter().enumerate());
                }
                Tried::Blocked(conflict) => match self.further_core(&set, &conflict)? {
                    Some(core) => {
                        grow(&mut core.iter().copied());
                        cores.push(core);
                    }
                    None => grow(&mut self.also_named(&set, &conflict).into_iter()),
                },
            }
        }
        // The second way of one set comes after the first of all others.
        found.sort_by(|a, b| (a.0, &a.1.cost).cmp(&(b.0, &b.1.cost)));
        let mut repairs: Vec<Repair> = Vec::new();
        for (_, way) in found.into_iter().take(MOST_REPAIRS) {
            let repair = self.on_wheels(way)?.repair;
            if repairs.iter().all(|known| known.changes != repair.changes) {
                repairs.push(repair);
            }
        }
        Ok(repairs)
    }

    /// Returns those of some declarations that can move and may.
    fn movable(&self, declarations: &[usize]) -> Set {
        let can_move = |at: &&usize| {
            let declaration = &self.question.declarations[**at];
            !declaration.is_kept() && !self.sides(**at).is_empty()
        };
        declarations.iter().filter(can_move).copied().collect()
    }

    pub(super) fn sides(&self, at: usize) -> Vec<Side> {
        let declaration = &self.question.declarations[at];
        let candidates = self.packages.get(&declaration.requirement.name);
        sides(declaration, candidates.map(AsRef::as_ref))
    }

    /// Moves the declarations of a set, in a few ways.
    fn tried(&self, set: &Set) -> Result<Tried, Failure> {
        let sides: Vec<(usize, Vec<Side>)> = set.iter().map(|at| (*at, self.sides(*at))).collect();
        let mut ways = Vec::new();
        let mut blocked = None;
        for way in combinations(&sides, MOST_WAYS) {
            match self
                .effort
                .solve(&relaxed(self.question, &way), self.catalog)?
            {
                None => return Ok(Tried::Spent),
                Some(Outcome::Unsolvable(conflict)) => {
                    blocked.get_or_insert(conflict);
                }
                Some(Outcome::Solved(resolution)) => {
                    if let Some((cost, changes)) = self.moved(&way, &resolution)
                        && let Some((repair, built)) = self.confirmed(changes)?
                    {
                        ways.push(Way {
                            cost,
                            moves: way,
                            repair,
                            built,
                        });
                    }
                }
            }
        }
        ways.sort_by(|a, b| a.cost.cmp(&b.cost));
        let least_lost = ways.first().map(|way| way.cost.lost);
        ways.retain(|way| Some(way.cost.lost) == least_lost);
        Ok(match (ways.is_empty(), blocked) {
            (false, _) => Tried::Repaired(ways),
            (true, Some(conflict)) => Tried::Blocked(conflict),
            (true, None) => Tried::Stuck,
        })
    }

    /// Writes what the solver chose for the declarations that moved.
    pub(super) fn moved(
        &self,
        way: &[(usize, Side)],
        resolution: &Resolution,
    ) -> Option<(Cost, Vec<Change>)> {
        let mut cost = Cost::default();
        let mut changes = Vec::new();
        for &(at, _) in way {
            let declaration = &self.question.declarations[at];
            let name = &declaration.requirement.name;
            let package = resolution.packages.iter().find(|it| it.name == *name)?;
            changes.push(Change::Declaration {
                at,
                becomes: Some(rewritten(declaration, &package.version)?),
            });
            let specifiers = &declaration.requirement.specifiers;
            let mut step = distance(specifiers, &package.version, Some(&package.candidates));
            let lost = resolution.unknown_extras.iter();
            let of_it = |(.., by): &&(_, _, Dependent)| *by == Dependent::Declaration(at);
            step.lost = lost.filter(of_it).count();
            if step.lost > 0 && step.older > 0 {
                // A version from before there was the extra brings nothing that was asked for.
                return None;
            }
            cost += step;
        }
        Some((cost, changes))
    }

    /// Solves the whole with the changes made, and tells which pins would be built then.
    pub(super) fn confirmed(
        &self,
        changes: Vec<Change>,
    ) -> Result<Option<(Repair, Vec<Built>)>, Failure> {
        let Some(changed) = applied(self.question, &changes) else {
            return Ok(None);
        };
        let outcome = self.effort.solve(&changed, self.catalog)?;
        let Some(Outcome::Solved(resolution)) = outcome else {
            return Ok(None);
        };
        let locked = self.relocked(&changes, &resolution);
        let built = built(&changed, &resolution);
        let repair = Repair {
            changes,
            locked,
            unbuilt: Vec::new(),
        };
        Ok(Some((repair, built)))
    }

    /// Looks at why a set cannot move: a conflict of others is one more to touch.
    fn further_core(&self, set: &Set, conflict: &Conflict) -> Result<Option<Set>, Failure> {
        if named(conflict).any(|at| set.contains(&at)) {
            return Ok(None);
        }
        let all = 0..self.question.declarations.len();
        let rest: Set = all.filter(|at| !set.contains(at)).collect();
        let core = core_of(
            &part_of(self.question, &rest),
            self.catalog,
            conflict,
            self.effort,
        )?;
        Ok(core.map(|core| self.movable(&core.declarations)))
    }

    /// Returns the others in a conflict with a set.
    fn also_named(&self, set: &Set, conflict: &Conflict) -> Set {
        let others: Vec<usize> = named(conflict).filter(|at| !set.contains(at)).collect();
        self.movable(&others)
    }

    /// Tells the packages of changed declarations, then those that the conflicts speak of.
    fn relocked(&self, changes: &[Change], resolution: &Resolution) -> Vec<Relocked> {
        let changed = changes.iter().filter_map(|change| match change {
            Change::Declaration { at, .. } => {
                Some(&self.question.declarations[*at].requirement.name)
            }
            Change::Override { .. } | Change::Python(_) => None,
        });
        let mut names: Vec<&PackageName> = Vec::new();
        for name in changed.chain(self.packages.keys()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let locked = names.into_iter().filter_map(|name| {
            let package = resolution.packages.iter().find(|it| it.name == *name)?;
            Some(Relocked {
                name: name.clone(),
                before: self.before(name),
                after: package.version.clone(),
            })
        });
        locked.collect()
    }

    /// Returns the version that a package is pinned to, or was locked at.
    fn before(&self, name: &PackageName) -> Option<Version> {
        let declarations = self.question.declarations.iter();
        let pins = declarations.filter(|declaration| {
            let requirement = &declaration.requirement;
            requirement.name == *name && requirement.specifiers.is_pin()
        });
        let pinned = pins.rev().find_map(|declaration| {
            let text = declaration.requirement.specifiers.text();
            text.trim_start_matches('=').parse().ok()
        });
        let locked = self.question.preferences.get(name).cloned();
        pinned.or(locked)
    }

    /// Tries other Pythons, the nearest first: the conflicts alone, then the whole.
    fn another_python(&self) -> Result<Option<Repair>, Failure> {
        let members = self
            .cores
            .iter()
            .flat_map(|core| core.declarations.iter().copied());
        let conflicts = part_of(self.question, &members.collect());
        for python in other_pythons(self.question) {
            let changes = vec![Change::Python(python)];
            let Some(alone) = applied(&conflicts, &changes) else {
                continue;
            };
            match self.effort.solve(&alone, self.catalog)? {
                None => return Ok(None),
                Some(Outcome::Unsolvable(_)) => continue,
                Some(Outcome::Solved(_)) => {}
            }
            if let Some((repair, _)) = self.confirmed(changes)? {
                return Ok(Some(repair));
            }
        }
        Ok(None)
    }

    /// Tries to silence what stands against the user's own bounds.
    fn by_overrides(&self) -> Result<Option<Repair>, Failure> {
        let Some(changes) = overrides(self.question, self.cores) else {
            return Ok(None);
        };
        let confirmed = self.confirmed(changes)?;
        Ok(confirmed.map(|(repair, _)| repair))
    }
}

/// The declarations that a proof names.
fn named(conflict: &Conflict) -> impl Iterator<Item = usize> {
    let facts = conflict.facts.iter();
    facts.flat_map(|fact| match fact {
        Fact::Declared { at, overrides } => std::iter::once(*at)
            .chain(overrides.iter().copied())
            .collect(),
        Fact::Unmet { at, .. } => vec![*at],
        Fact::Needs { overrides, .. } => overrides.clone(),
        Fact::Nothing { unusable, .. } => {
            let constraints = unusable.iter().filter_map(|(why, _)| match why {
                crate::solve::Unfit::Constraint(at) => Some(*at),
                _ => None,
            });
            constraints.collect()
        }
        Fact::Limited { .. } | Fact::BuiltFor { .. } | Fact::Refused { .. } => Vec::new(),
    })
}
