//! Pins that a repair leaves at versions which have wheels, only none that fits: they would be built
//! from source, and whoever repairs a file for a new Python wants them moved too.
//!
//! A version that has no wheel for anybody stays: its source is how it is meant to be installed.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::relax::{combinations, relaxed, wheel_sides};
use super::search::{MOST_WAYS, Search, Unbuilt, Way};
use crate::input::{FormatList, FormatName};
use crate::package::{DeclarationKind, PackageName, Version};
use crate::solve::{Candidates, Failure, Outcome, Question, Resolution};

/// So often pins that appear to be built by then are moved as well.
const MOST_ROUNDS: usize = 4;

/// A pin that would be built.
pub(super) struct Built {
    at: usize,
    name: PackageName,
    version: Version,
    candidates: Arc<Candidates>,
}

/// Returns the pins that a resolution would build for want of a fitting wheel.
pub(super) fn built(question: &Question, resolution: &Resolution) -> Vec<Built> {
    let declarations = question.declarations.iter().enumerate();
    let built = declarations.filter_map(|(at, declaration)| {
        let requirement = &declaration.requirement;
        let is_pin = declaration.kind == DeclarationKind::Requirement
            && requirement.specifiers.is_pin()
            && question.holds(&requirement.marker, &[])
            && !declaration.is_kept();
        let mut packages = resolution.packages.iter();
        let package = packages.find(|it| it.name == requirement.name)?;
        let is_built = is_pin
            && package.candidate.is_borrowed
            && question.policy.formats.allows_wheels(&requirement.name)
            && !wheel_sides(declaration, &package.candidates).is_empty();
        is_built.then(|| Built {
            at,
            name: requirement.name.clone(),
            version: package.version.clone(),
            candidates: Arc::clone(&package.candidates),
        })
    });
    built.collect()
}

impl Search<'_> {
    /// Moves what would be built to versions with wheels, where that works.
    pub(super) fn on_wheels(&self, mut way: Way) -> Result<Way, Failure> {
        let mut held: BTreeSet<PackageName> = BTreeSet::new();
        for _ in 0..MOST_ROUNDS {
            let built = std::mem::take(&mut way.built);
            if built.is_empty() {
                break;
            }
            held.extend(built.iter().map(|it| it.name.clone()));
            let Some(mut larger) = self.with_moved(&way, &built, &held)? else {
                break;
            };
            if larger.built.iter().any(|it| held.contains(&it.name)) {
                break;
            }
            let mut unbuilt = std::mem::take(&mut way.repair.unbuilt);
            unbuilt.extend(built.into_iter().map(|it| Unbuilt {
                name: it.name,
                version: it.version,
            }));
            larger.repair.unbuilt = unbuilt;
            way = larger;
        }
        Ok(way)
    }

    fn with_moved(
        &self,
        way: &Way,
        built: &[Built],
        held: &BTreeSet<PackageName>,
    ) -> Result<Option<Way>, Failure> {
        let mut sides: Vec<_> = way
            .moves
            .iter()
            .map(|(at, side)| (*at, vec![*side]))
            .collect();
        for pin in built {
            if way.moves.iter().all(|(at, _)| *at != pin.at) {
                let declaration = &self.question.declarations[pin.at];
                sides.push((pin.at, wheel_sides(declaration, &pin.candidates)));
            }
        }
        sides.sort();
        let held: Vec<FormatName> = held.iter().cloned().map(FormatName::Package).collect();
        for moves in combinations(&sides, MOST_WAYS) {
            let mut question = Question::clone(&relaxed(self.question, &moves));
            question.policy.formats.apply(FormatList::OnlyBinary, &held);
            let outcome = self.effort.solve(&Arc::new(question), self.catalog)?;
            let Some(Outcome::Solved(resolution)) = outcome else {
                continue;
            };
            if let Some((cost, changes)) = self.moved(&moves, &resolution)
                && let Some((repair, built)) = self.confirmed(changes)?
            {
                return Ok(Some(Way {
                    cost,
                    moves,
                    repair,
                    built,
                }));
            }
        }
        Ok(None)
    }
}
