//! What a pass tried: when a package counts as contested, and which metadata is asked for before its
//! turn.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use pubgrub::VersionSet as _;

use super::catalog::Failure;
use super::ordinals::{Ordinal, Ordinals};
use super::package::SolverPackage;
use super::provider::Provider;
use super::trail::{Step, Tried};

/// A package that has tried more versions than this is contested.
const TRIED_IN_PEACE: usize = 5;
/// After this many tried versions of one package, those that cannot serve are leapt over.
const TRIED_BEFORE_LEAP: usize = 2;
/// After this many tried versions of one package, older ones are asked for ahead of time.
const TRIED_BEFORE_BATCH: usize = 2;
/// So many are asked for at least.
const LEAST_BATCH: usize = 16;
/// As many are kept on the way as were tried, up to this number.
const BATCH: usize = 100;

/// The versions that a pass tried.
#[derive(Default)]
pub(super) struct Attempts {
    tried: RefCell<HashMap<u32, BTreeSet<Ordinal>>>,
    /// Those of extras, which are decided before their base.
    tried_extras: RefCell<HashMap<SolverPackage, BTreeSet<Ordinal>>>,
    /// How many versions were decided on that were not tried before, by a leap or at all.
    decided: RefCell<HashMap<u32, usize>>,
    /// The versions of which metadata was asked for ahead of time.
    asked: RefCell<HashMap<u32, BTreeSet<Ordinal>>>,
}

impl Provider<'_, '_> {
    /// Whether several versions of a package were tried in vain.
    pub(super) fn goes_back(&self, project: u32) -> bool {
        let tried = self.attempts.tried.borrow();
        let count = tried.get(&project).map_or(0, BTreeSet::len);
        count >= TRIED_BEFORE_LEAP || self.ledger.contested.borrow().contains(&project)
    }

    /// Whether a version was tried.
    pub(super) fn is_tried(&self, project: u32, ordinal: Ordinal) -> bool {
        let tried = self.attempts.tried.borrow();
        tried.get(&project).is_some_and(|it| it.contains(&ordinal))
    }

    /// Notes that a version is tried; returns whether it was not before.
    pub(super) fn note_tried(&self, project: u32, ordinal: Ordinal) -> Result<bool, Failure> {
        let known = self.ledger.known(project)?;
        let tried = Tried::new(&known.candidates, ordinal);
        self.ledger.note(Step::Tried(tried));
        let mut all_tried = self.attempts.tried.borrow_mut();
        let tried = all_tried.entry(project).or_default();
        if !tried.insert(ordinal) {
            return Ok(false);
        }
        let tried = tried.len();
        let mut contested = self.ledger.contested.borrow_mut();
        if tried == TRIED_BEFORE_LEAP && !contested.contains(&project) {
            self.leaps.forget();
        }
        if tried > TRIED_IN_PEACE && contested.insert(project) {
            self.wants_new_order.set(true);
            self.ledger.note(Step::Restarted(self.ledger.name(project)));
        }
        Ok(true)
    }

    /// The same for a version of an extra; returns how many of its versions were tried.
    pub(super) fn note_tried_extra(&self, extra: SolverPackage, ordinal: Ordinal) -> usize {
        let mut all_tried = self.attempts.tried_extras.borrow_mut();
        let tried = all_tried.entry(extra).or_default();
        tried.insert(ordinal);
        tried.len()
    }

    /// Notes that a version not tried before is decided on; returns how many were.
    pub(super) fn note_decided(&self, project: u32) -> usize {
        let mut all_decided = self.attempts.decided.borrow_mut();
        let decided = all_decided.entry(project).or_default();
        *decided += 1;
        *decided
    }

    /// Once a package backtracks, the metadata of older versions is asked for ahead of time; `tried`
    /// says after how many.
    pub(super) fn ask_for_older(
        &self,
        project: u32,
        ordinal: Ordinal,
        range: &Ordinals,
        tried: usize,
    ) -> Result<(), Failure> {
        let known = self.ledger.known(project)?;
        let usable = known.candidates.usable();
        let mut all_asked = self.attempts.asked.borrow_mut();
        let asked = all_asked.entry(project).or_default();
        if tried < TRIED_BEFORE_BATCH || asked.len() > tried + tried.min(BATCH) {
            return Ok(());
        }
        // Where it is known at which version this will probably end, none behind that is needed.
        let likely = self.ledger.catalog.likely(known.candidates.project());
        let end = likely.and_then(|file| {
            let end = usable.iter().position(|candidate| candidate.at() == file)?;
            Some(end as Ordinal).filter(|end| *end <= ordinal)
        });
        let is_needed = |ordinal: &Ordinal| end.is_none_or(|end| *ordinal >= end);
        // Where the range moves with another package that goes back too, little is in it yet, and
        // what comes next lies right below.
        let below = (0..ordinal).rev().take_while(is_needed);
        // What a leap passed over comes last, and is asked for when it is its turn.
        let passed = self.leaps.passed(project);
        let is_last_resort = passed.contains(&ordinal);
        let wanted: Vec<_> = range
            .descending(usable.len())
            .take_while(is_needed)
            .chain(below)
            .filter(|ordinal| is_last_resort || !passed.contains(ordinal))
            .filter(|ordinal| self.may_choose(project, &known.candidates, *ordinal))
            .filter(|ordinal| asked.insert(*ordinal))
            .take((2 * tried).clamp(LEAST_BATCH, 2 * BATCH))
            .map(|ordinal| {
                (
                    Arc::clone(known.candidates.project()),
                    usable[ordinal as usize].at(),
                )
            })
            .collect();
        self.ledger.catalog.soon(&wanted);
        Ok(())
    }
}
