//! A command that breaks nothing, in the place of one that would: with the versions named that
//! have to stay, or that have to move along. It is played before it is told.

use std::sync::Arc;

use super::baseline::Baseline;
use super::breaks::{breaks, new_breaks};
use super::change::{Change, ChangeKind};
use super::install::{Effect, Installed, Surroundings, Wish, answered, install, question};
use super::learn::learn;
use super::manner::Keeps;
use crate::package::{
    Declaration, DeclarationKind, Marker, PackageName, Requirement, Specifiers, Version,
};
use crate::solve::{Catalog, Failure, Question};

/// More versions than this nobody types behind a command.
const MOST_PINS: usize = 12;

/// A command that breaks nothing.
#[derive(Clone, Debug)]
pub struct Better {
    /// The versions to name beside what the command names.
    pub pins: Vec<(PackageName, Version)>,
    /// What it does.
    pub effect: Effect,
}

/// Looks for a command that breaks nothing, where `effect` is what the wish does as it stands: first
/// one that moves nothing that is installed, then one that moves along what has to. Fails only where
/// the catalog does.
pub fn better(
    before: &Baseline,
    wish: &Wish,
    effect: &Effect,
    (around, catalog): (Surroundings<'_>, &dyn Catalog),
) -> Result<Option<Better>, Failure> {
    let moved = |change: &&Change| change.is_move() && change.kind() != ChangeKind::Removed;
    let stays = effect.changes.iter().filter(moved).filter_map(|change| {
        let before = change.before.as_ref()?;
        Some((before.name.clone(), before.version.clone()?))
    });
    let stays: Vec<_> = stays.collect();
    if let Some(found) = played(before, wish, stays, (around, catalog))? {
        return fewer_pins(before, wish, found, (around, catalog)).map(Some);
    }
    let together = together(before, wish);
    let mut question = Question::clone(&question(before, &together, around));
    question.facts = Arc::clone(around.facts);
    let all = answered(before, &together, &Arc::new(question), catalog)?;
    let Installed::Done(all) = all else {
        return Ok(None);
    };
    let moves = all.changes.iter().filter(|it| it.before.is_some());
    let moves = moves.filter_map(|change| {
        let after = change.after.as_ref()?;
        Some((after.name.clone(), after.version.clone()?))
    });
    match played(before, wish, moves.collect(), (around, catalog))? {
        Some(found) => fewer_pins(before, wish, found, (around, catalog)).map(Some),
        None => Ok(None),
    }
}

/// Leaves out the versions that need not be named: without them the same number of packages moves.
fn fewer_pins(
    before: &Baseline,
    wish: &Wish,
    mut found: Better,
    (around, catalog): (Surroundings<'_>, &dyn Catalog),
) -> Result<Better, Failure> {
    let moves = |it: &Better| it.effect.changes.iter().filter(|it| it.is_move()).count();
    for pin in found.pins.clone() {
        let mut pins = found.pins.clone();
        pins.retain(|it| *it != pin);
        let fewer = played(before, wish, pins, (around, catalog))?;
        if let Some(fewer) = fewer.filter(|it| moves(it) <= moves(&found)) {
            found = fewer;
        }
    }
    Ok(found)
}

/// Plays the wish with versions named beside it; nothing where that breaks something.
fn played(
    before: &Baseline,
    wish: &Wish,
    pins: Vec<(PackageName, Version)>,
    (around, catalog): (Surroundings<'_>, &dyn Catalog),
) -> Result<Option<Better>, Failure> {
    if pins.is_empty() || pins.len() > MOST_PINS {
        return Ok(None);
    }
    let mut pinned = wish.clone();
    let declared = pins.iter().filter_map(|(name, version)| {
        let specifiers = Specifiers::parse(&format!("=={version}")).ok()?;
        Some(declaration(wish, name, specifiers))
    });
    pinned.declarations.extend(declared);
    let Installed::Done(effect) = install(before, &pinned, around, catalog)? else {
        return Ok(None);
    };
    let mut after = effect.after.clone();
    learn(&mut after, catalog);
    let broken = new_breaks(&breaks(before, around), breaks(&after, around));
    Ok(broken.is_empty().then_some(Better {
        pins,
        effect: *effect,
    }))
}

/// Asks for all that is installed as well, in whatever version goes together.
fn together(before: &Baseline, wish: &Wish) -> Wish {
    let mut together = wish.clone();
    let named = wish.declarations.iter().map(|it| &it.requirement.name);
    if wish.manner.keeps != Keeps::Satisfying {
        together.manner.anew.extend(named.cloned());
        together.manner.keeps = Keeps::Satisfying;
    }
    let all = before.iter().filter(|it| it.version.is_some());
    let all = all.map(|it| declaration(wish, &it.name, Specifiers::any()));
    together.declarations.extend(all);
    together
}

fn declaration(wish: &Wish, name: &PackageName, specifiers: Specifiers) -> Declaration {
    Declaration {
        requirement: Requirement {
            name: name.clone(),
            extras: Vec::new(),
            specifiers,
            url: None,
            marker: Marker::always(),
        },
        kind: DeclarationKind::Requirement,
        origin: wish.origin.clone(),
        section: None,
        digests: Vec::new(),
    }
}
