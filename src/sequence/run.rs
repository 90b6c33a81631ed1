//! Commands in order: each installs over what the ones before it left, and what the later ones do to
//! the earlier is told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::baseline::{Baseline, Present};
use super::breaks::{Break, breaks, new_breaks};
use super::change::{Because, Change, ChangeKind};
use super::install::{Effect, Installed, Surroundings, Wish, install};
use super::learn::learn;
use crate::package::{DeclarationKind, Marker, PackageName, Requirement, Specifiers};
use crate::solve::{Catalog, Conflict, Failure};
use crate::source::Origin;

/// One command.
#[derive(Clone, Debug)]
pub enum Step {
    /// Installs.
    Install(Box<Wish>),
    /// Installs what a lock pins, and asks nobody for more.
    Sync {
        /// The packages.
        packages: Vec<Locked>,
        /// The lock, by the name that it has in messages.
        lock: String,
        /// Whether it takes away what it put in before and does not install now.
        is_exact: bool,
        /// The command.
        origin: Origin,
    },
    /// Takes packages away.
    Remove {
        /// The packages.
        names: Vec<PackageName>,
        /// The command.
        origin: Origin,
    },
}

/// A package that a lock pins.
#[derive(Clone, Debug)]
pub struct Locked {
    /// The package.
    pub present: Present,
    /// How many bytes its file has, where the lock says that.
    pub size: Option<u64>,
}

/// A command with the indexes that it asks.
pub struct Layer<'a> {
    /// What it does.
    pub step: Step,
    /// What it asks.
    pub catalog: &'a dyn Catalog,
}

/// What came of a command.
#[derive(Clone, Debug)]
pub struct Layered {
    /// What it does; a command that fails changes nothing.
    pub effect: Effect,
    /// Why it fails.
    pub failed: Option<Box<Conflict>>,
    /// Why it is not known what it does: the outside world failed. It changes nothing here.
    pub unplayed: Option<Failure>,
    /// What does not go together then, and went together before all commands.
    pub broken: Vec<Break>,
}

/// Something that a later command does to what an earlier one left.
#[derive(Clone, Debug)]
pub enum Lapse {
    /// It moves a package that the earlier one installed.
    Moved(Box<Moved>),
    /// It leaves a package broken, to the end.
    Broken {
        /// The position of the command.
        later: usize,
        /// What is broken.
        what: Box<Break>,
    },
    /// It asks for what has no solution.
    Failed {
        /// The position of the command.
        later: usize,
    },
}

/// A package that a later command moves.
#[derive(Clone, Debug)]
pub struct Moved {
    /// The position of the command that installed it.
    pub earlier: usize,
    /// The position of the command that moves it.
    pub later: usize,
    /// The change.
    pub change: Change,
    /// What an earlier command asked for in words, and is no longer met.
    pub unheeded: Option<(Requirement, Origin)>,
}

impl Step {
    /// Returns the command.
    pub fn origin(&self) -> &Origin {
        match self {
            Self::Install(wish) => &wish.origin,
            Self::Sync { origin, .. } | Self::Remove { origin, .. } => origin,
        }
    }
}

impl Lapse {
    /// Returns the position of the command that does it.
    pub fn later(&self) -> usize {
        match self {
            Self::Moved(moved) => moved.later,
            Self::Broken { later, .. } | Self::Failed { later } => *later,
        }
    }
}

/// Plays commands in order over what is installed. Once something moves, what everything requires is
/// learned, of what is installed before as well. Where a catalog fails, the others are played all the
/// same.
pub fn run(start: &mut Baseline, layers: &[Layer<'_>], around: Surroundings<'_>) -> Vec<Layered> {
    let mut standing = start.clone();
    let mut put_in: BTreeMap<&str, BTreeSet<PackageName>> = BTreeMap::new();
    let mut all = Vec::new();
    for layer in layers {
        let mut layered = match &layer.step {
            Step::Install(wish) => match install(&standing, wish, around, layer.catalog) {
                Ok(Installed::Done(effect)) => Layered::of(*effect),
                Ok(Installed::Impossible(conflict)) => Layered {
                    failed: Some(conflict),
                    ..Layered::of(unchanged(&standing))
                },
                Err(failure) => Layered {
                    unplayed: Some(failure),
                    ..Layered::of(unchanged(&standing))
                },
            },
            Step::Sync {
                packages,
                lock,
                is_exact,
                ..
            } => {
                let former = put_in.entry(lock).or_default();
                Layered::of(synced(&standing, packages, former, *is_exact))
            }
            Step::Remove { names, .. } => Layered::of(removed(&standing, names)),
        };
        if layered.effect.changes.iter().any(Change::is_move) {
            for catalog in catalogs(layers) {
                learn(start, catalog);
            }
            layered.effect.after.remember(start);
            for catalog in catalogs(layers) {
                learn(&mut layered.effect.after, catalog);
            }
        }
        standing.clone_from(&layered.effect.after);
        all.push(layered);
    }
    let at_first = breaks(start, around);
    for layered in &mut all {
        let after = breaks(&layered.effect.after, around);
        layered.broken = new_breaks(&at_first, after);
    }
    all
}

/// Returns the catalogs of some commands, each once: first the one that most of them ask. An index of
/// a single command rarely knows what else is installed.
fn catalogs<'a>(layers: &[Layer<'a>]) -> Vec<&'a dyn Catalog> {
    let mut counted: Vec<(usize, &'a dyn Catalog)> = Vec::new();
    for layer in layers {
        let is_same = |it: &&mut (usize, &dyn Catalog)| std::ptr::addr_eq(it.1, layer.catalog);
        match counted.iter_mut().find(is_same) {
            Some((count, _)) => *count += 1,
            None => counted.push((1, layer.catalog)),
        }
    }
    counted.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    counted.into_iter().map(|(_, catalog)| catalog).collect()
}

/// Puts in what a lock pins. Of all else an exact command takes away what former ones put in from the
/// same lock: what others installed may be in another environment.
fn synced(
    before: &Baseline,
    packages: &[Locked],
    former: &mut BTreeSet<PackageName>,
    is_exact: bool,
) -> Effect {
    let pinned: BTreeSet<&PackageName> = packages.iter().map(|it| &it.present.name).collect();
    let gone = former.iter().filter(|it| is_exact && !pinned.contains(it));
    let gone: Vec<PackageName> = gone.cloned().collect();
    former.retain(|it| !gone.contains(it));
    let mut effect = removed(before, &gone);
    for Locked { present, size } in packages {
        let standing = before.get(&present.name);
        if standing.is_some_and(|it| it.version == present.version) {
            effect.kept.push(present.name.clone());
            continue;
        }
        effect.after.put(present.clone());
        former.insert(present.name.clone());
        let version = present.version.as_ref();
        let pinned = version.and_then(|version| Specifiers::parse(&format!("=={version}")).ok());
        let pinned = pinned.map(|specifiers| Requirement {
            name: present.name.clone(),
            extras: Vec::new(),
            specifiers,
            url: None,
            marker: Marker::always(),
        });
        effect.changes.push(Change {
            before: standing.cloned(),
            after: Some(present.clone()),
            because: pinned.into_iter().map(Because::Asked).collect(),
            size: *size,
        });
    }
    effect
}

/// Takes packages away from what is installed.
fn removed(before: &Baseline, names: &[PackageName]) -> Effect {
    let mut effect = unchanged(before);
    for name in names {
        let Some(present) = effect.after.take(name) else {
            continue;
        };
        effect.changes.push(Change {
            before: Some(present),
            after: None,
            because: Vec::new(),
            size: None,
        });
    }
    effect
}

fn unchanged(before: &Baseline) -> Effect {
    Effect {
        changes: Vec::new(),
        kept: Vec::new(),
        after: before.clone(),
    }
}

impl Layered {
    fn of(effect: Effect) -> Self {
        Self {
            effect,
            failed: None,
            unplayed: None,
            broken: Vec::new(),
        }
    }
}

/// Returns what later commands do to what earlier ones left, in the order of the commands.
pub fn lapses(layers: &[Layer<'_>], layered: &[Layered]) -> Vec<Lapse> {
    let mut lapses = Vec::new();
    let mut owners: BTreeMap<PackageName, usize> = BTreeMap::new();
    for (later, done) in layered.iter().enumerate() {
        if done.failed.is_some() {
            lapses.push(Lapse::Failed { later });
        }
        for change in &done.effect.changes {
            let Some(name) = change.name() else { continue };
            let earlier = owners.get(name).copied();
            if let Some(earlier) = earlier.filter(|_| is_lapse(change)) {
                lapses.push(Lapse::Moved(Box::new(Moved {
                    earlier,
                    later,
                    change: change.clone(),
                    unheeded: unheeded(&layers[..later], change),
                })));
            }
            owners.insert(name.clone(), later);
        }
    }
    lapses.extend(left_broken(layered));
    lapses.sort_by_key(Lapse::later);
    lapses
}

/// Whether a change undoes an earlier command: a package that is taken away was meant to go, and one
/// that is installed again from the same index is the same.
fn is_lapse(change: &Change) -> bool {
    match change.kind() {
        ChangeKind::Added | ChangeKind::Removed => false,
        ChangeKind::Upgraded | ChangeKind::Downgraded | ChangeKind::Rebuilt => true,
        ChangeKind::Reinstalled => {
            let index = |it: &Option<Present>| -> Option<Arc<str>> {
                it.as_ref().and_then(|it| it.index.clone())
            };
            let (before, after) = (index(&change.before), index(&change.after));
            before.is_some() && after.is_some() && before != after
        }
    }
}

/// Returns what an earlier command asked for of a package that is no longer met.
fn unheeded(before: &[Layer<'_>], change: &Change) -> Option<(Requirement, Origin)> {
    let after = change.after.as_ref()?;
    let version = after.version.as_ref()?;
    let wishes = before.iter().rev().filter_map(|layer| match &layer.step {
        Step::Install(wish) => Some(&**wish),
        Step::Sync { .. } | Step::Remove { .. } => None,
    });
    let asked = wishes.flat_map(|wish| &wish.declarations);
    let mut unmet = asked.filter(|it| {
        let requirement = &it.requirement;
        it.kind == DeclarationKind::Requirement
            && requirement.name == after.name
            && requirement.url.is_none()
            && !requirement.specifiers.contains(version)
    });
    let declaration = unmet.next()?;
    Some((declaration.requirement.clone(), declaration.origin.clone()))
}

/// Returns what is broken at the end, each with the command that left it so.
fn left_broken(layered: &[Layered]) -> Vec<Lapse> {
    let Some(last) = layered.last() else {
        return Vec::new();
    };
    let lapses = last.broken.iter().map(|what| {
        let is_it = |other: &Break| {
            other.package.name == what.package.name && other.needs() == what.needs()
        };
        // It may have been mended in between.
        let sound = layered.iter().rposition(|it| !it.broken.iter().any(is_it));
        Lapse::Broken {
            later: sound.map_or(0, |at| at + 1),
            what: Box::new(what.clone()),
        }
    });
    lapses.collect()
}
