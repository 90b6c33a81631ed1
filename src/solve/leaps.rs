//! Leaps over versions that cannot serve: where the newest versions of a package all need something
//! newer than the declarations allow, the newest one that does not is sought by probes.
//!
//! boto3 against an urllib3 that is newer than any botocore of the last years bears is the case in
//! point: 1,450 versions of each lie on the way, each with metadata to be fetched. What successive
//! versions need mostly moves in one direction. So after some versions in a row, if many are left,
//! older ones are probed at growing distances, and the gap between the last that does not fit and the
//! first that does is divided until the two are neighbours. The way is the same for each run of a
//! question, whatever a cache holds: what is read depends on nothing but what was read before.
//!
//! What lies between two probes is passed over only where both need the same package too new, and no
//! version that was read needs an older one of that than an older version does; all other gaps are
//! divided down to the last version.
//!
//! An answer is never wrong for that, and a conflict is never invented: versions that are passed
//! over are only tried last, one by one, and PubGrub hears of no more than it would have heard.
//! What is given up is certainty that the answer is the newest: versions between two probes that need
//! less than both, be it one or a whole series, can be missed where some hundred others do not fit.
//! pip and uv would find them, after reading all.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use foldhash::HashMap;
use pubgrub::{Set, VersionSet as _};

use super::catalog::Failure;
use super::ledger::Known;
use super::ordinals::{Ordinal, Ordinals};
use super::provider::Provider;
use super::trail::Step;
use crate::package::PackageName;

/// So many of the newest versions are read one after the other before older ones are probed.
const READ_IN_ORDER: usize = 8;
/// Among no more than so many versions nothing is passed over unread.
const FEW: usize = 100;
/// Each probe lies this part of the way so far beyond the one before.
const GROWTH: usize = 4;
/// Into so many parts a gap is divided.
const PARTS: usize = 32;

/// What was found of the versions of a pass.
#[derive(Default)]
pub(super) struct Leaps {
    verdicts: RefCell<HashMap<u32, BTreeMap<Ordinal, Verdict>>>,
    /// What may be needed of a package, by all that is known of it.
    bounds: RefCell<HashMap<u32, Option<Rc<Ordinals>>>>,
    passed: RefCell<HashMap<u32, Ordinals>>,
    /// The searches that are on, each for the sake of the one before, and of which nothing was sent
    /// for yet.
    searches: RefCell<Vec<Search>>,
}

/// A search among what is left of a package.
struct Search {
    project: u32,
    known: Rc<Known>,
    left: Ordinals,
}

/// What speaks against a version from the outset.
#[derive(Clone)]
enum Verdict {
    /// Nothing that is known.
    Fits,
    /// It needs what cannot be had; of these packages, from which version on, that is too new.
    TooNew(Needs),
}

/// Packages, each with the least version that is needed.
type Needs = Rc<[(u32, Ordinal)]>;

/// The versions of a package among which one is sought, newest first.
struct Lane {
    project: u32,
    known: Rc<Known>,
    versions: Vec<Ordinal>,
}

impl Lane {
    /// Returns the places of the first probes.
    fn probes(&self) -> impl Iterator<Item = usize> {
        let newest = self.known.candidates.usable().len() - 1;
        let begun = newest - self.versions[0] as usize;
        probes(begun, self.versions.len()).into_iter()
    }
}

impl Leaps {
    /// Returns the versions that are passed over.
    pub(super) fn passed(&self, project: u32) -> Ordinals {
        let passed = self.passed.borrow();
        passed.get(&project).cloned().unwrap_or_default()
    }

    /// Forgets judgements: more is known now of what may be needed.
    pub(super) fn forget(&self) {
        self.verdicts.borrow_mut().clear();
        self.bounds.borrow_mut().clear();
    }

    fn pass(&self, project: u32, more: &Ordinals) {
        let mut passed = self.passed.borrow_mut();
        let known = passed.entry(project).or_default();
        *known = known.union(more);
    }
}

impl Provider<'_, '_> {
    /// Returns the newest release in a range against which nothing speaks from the outset, as far as
    /// probes tell; none where all have to be tried in order.
    pub(super) fn newest_fitting(
        &self,
        project: u32,
        range: &Ordinals,
    ) -> Result<Option<Ordinal>, Failure> {
        let known = self.ledger.known(project)?;
        let left = range.intersection(&self.leaps.passed(project).complement());
        self.leaps.searches.borrow_mut().push(Search {
            project,
            known: Rc::clone(&known),
            left: left.clone(),
        });
        let found = self.search_newest(project, known, &left);
        self.leaps.searches.borrow_mut().pop();
        found
    }

    /// Searches what is left of a package: first in order, then by probes.
    fn search_newest(
        &self,
        project: u32,
        known: Rc<Known>,
        left: &Ordinals,
    ) -> Result<Option<Ordinal>, Failure> {
        let releases = || self.releases(&known, left);
        let first: Vec<Ordinal> = releases().take(READ_IN_ORDER).collect();
        for (at, ordinal) in first.iter().enumerate() {
            if let Verdict::Fits = self.verdict(project, *ordinal)? {
                return Ok(Some(*ordinal));
            }
            if !self.is_tried(project, *ordinal) {
                self.note_tried(project, *ordinal)?;
            }
            if at == 0 {
                self.send_for(project, &known, &first);
                self.send_for_probes();
            }
        }
        let lane = Lane {
            project,
            known: Rc::clone(&known),
            versions: releases().collect(),
        };
        let found = match lane.versions.len() {
            few if few <= READ_IN_ORDER => return Ok(None),
            few if few <= FEW => self.search_in_order(&lane)?,
            _ => self.leap(&lane)?,
        };
        // What does not fit is passed over from now on; where nothing fits, all is tried in order.
        let fitting = found.map(|found| lane.versions[found]);
        let least = fitting.map_or(0, |fitting| fitting + 1);
        let over = Ordinals::from_ranges([(least, lane.versions[0] + 1)]);
        self.leaps.pass(project, &over.intersection(left));
        Ok(fitting)
    }

    /// Goes through the releases among some versions, the newest first.
    fn releases<'k>(
        &'k self,
        known: &'k Known,
        left: &'k Ordinals,
    ) -> impl Iterator<Item = Ordinal> + 'k {
        let all = left.descending(known.candidates.usable().len());
        all.filter(|ordinal| self.is_release(&known.candidates, *ordinal))
    }

    /// Where a search does not end at once, it probes most probably, and so does the one for the
    /// sake of which it is done: the first versions and the probes of all are on their way before
    /// their turn.
    fn send_for_probes(&self) {
        let searches = std::mem::take(&mut *self.leaps.searches.borrow_mut());
        for Search {
            project,
            known,
            left,
        } in searches
        {
            let lane = Lane {
                project,
                versions: self.releases(&known, &left).collect(),
                known,
            };
            if lane.versions.len() > FEW {
                let first = 0..READ_IN_ORDER;
                self.send_for_places(&lane, first.chain(lane.probes()));
            }
        }
    }

    /// Reads one version after the other, and asks for as many ahead as were read.
    fn search_in_order(&self, lane: &Lane) -> Result<Option<usize>, Failure> {
        let mut from = READ_IN_ORDER;
        while from < lane.versions.len() {
            let to = lane.versions.len().min(2 * from);
            self.send_for(lane.project, &lane.known, &lane.versions[from..to]);
            for at in from..to {
                if self.needs(lane, at)?.is_none() {
                    return Ok(Some(at));
                }
            }
            from = to;
        }
        Ok(None)
    }

    /// Searches by probes.
    fn leap(&self, lane: &Lane) -> Result<Option<usize>, Failure> {
        let probes: Vec<usize> = lane.probes().collect();
        let found = self.search(lane, READ_IN_ORDER - 1, &probes)?;
        if let Some(found) = found {
            self.note_leap(lane, found);
        }
        Ok(found)
    }

    fn note_leap(&self, lane: &Lane, found: usize) {
        let candidates = &lane.known.candidates;
        let version = |at: usize| {
            let ordinal = lane.versions[at] as usize;
            candidates.version(&candidates.usable()[ordinal])
        };
        let name = self.ledger.name(lane.project);
        let step = Step::PassedOver(name, version(0), version(found - 1));
        // Each pass leaps anew.
        if !self.ledger.trail.borrow().contains(&step) {
            self.ledger.note(step);
        }
    }

    /// Returns the place of the newest version that fits, from one that does not to the last probe.
    fn search(
        &self,
        lane: &Lane,
        above: usize,
        probes: &[usize],
    ) -> Result<Option<usize>, Failure> {
        self.send_for_places(lane, probes.iter().copied());
        let mut last = (above, self.needs(lane, above)?);
        let mut read = Vec::new();
        for &probe in probes {
            let needs = self.needs(lane, probe)?;
            let fits = needs.is_none();
            read.push((probe, needs));
            if fits {
                break;
            }
        }
        let steady = self.steady(lane.project);
        for (probe, needs) in read {
            let found = match &needs {
                None => Some(self.divide(lane, last.0, probe)?.unwrap_or(probe)),
                Some(needs) if has_common(&steady, last.1.as_deref(), needs) => None,
                Some(_) => self.divide(lane, last.0, probe)?,
            };
            if found.is_some() {
                return Ok(found);
            }
            last = (probe, needs);
        }
        Ok(None)
    }

    /// Returns the place of the newest version that fits after one and up to another; none where
    /// nothing lies between.
    fn divide(&self, lane: &Lane, above: usize, below: usize) -> Result<Option<usize>, Failure> {
        let gap = below - above;
        if gap <= 1 {
            return Ok(None);
        }
        let parts = gap.min(PARTS);
        let probes: Vec<usize> = (1..=parts).map(|part| above + part * gap / parts).collect();
        self.search(lane, above, &probes)
    }

    /// Returns what a version needs that is too new; none where it fits.
    fn needs(&self, lane: &Lane, at: usize) -> Result<Option<Needs>, Failure> {
        Ok(match self.verdict(lane.project, lane.versions[at])? {
            Verdict::Fits => None,
            Verdict::TooNew(needs) => Some(needs),
        })
    }

    /// Returns the packages of which no version that was read needs less than an older one.
    fn steady(&self, project: u32) -> Set<u32> {
        let verdicts = self.leaps.verdicts.borrow();
        let mut least: HashMap<u32, (Ordinal, bool)> = HashMap::default();
        for verdict in verdicts
            .get(&project)
            .into_iter()
            .flat_map(BTreeMap::values)
        {
            if let Verdict::TooNew(needs) = verdict {
                for (other, from) in needs.iter() {
                    let (most, is_steady) = least.entry(*other).or_insert((*from, true));
                    *is_steady &= from >= most;
                    *most = *from;
                }
            }
        }
        let steady = least.into_iter().filter(|(_, (_, is_steady))| *is_steady);
        steady.map(|(other, _)| other).collect()
    }

    fn send_for_places(&self, lane: &Lane, places: impl Iterator<Item = usize>) {
        let ordinals: Vec<Ordinal> = places.map(|at| lane.versions[at]).collect();
        self.send_for(lane.project, &lane.known, &ordinals);
    }

    fn send_for(&self, project: u32, known: &Known, ordinals: &[Ordinal]) {
        let candidates = &known.candidates;
        let verdicts = self.leaps.verdicts.borrow();
        let judged = verdicts.get(&project);
        let wanted: Vec<_> = ordinals
            .iter()
            .filter(|ordinal| judged.is_none_or(|judged| !judged.contains_key(ordinal)))
            .map(|ordinal| {
                let at = candidates.usable()[*ordinal as usize].at();
                (Arc::clone(candidates.project()), at)
            })
            .collect();
        self.ledger.catalog.soon_apart(&wanted);
    }

    fn verdict(&self, project: u32, ordinal: Ordinal) -> Result<Verdict, Failure> {
        let verdicts = self.leaps.verdicts.borrow();
        let known = verdicts.get(&project).and_then(|of| of.get(&ordinal));
        if let Some(verdict) = known {
            return Ok(verdict.clone());
        }
        drop(verdicts);
        let verdict = self.judge(project, ordinal)?;
        let mut verdicts = self.leaps.verdicts.borrow_mut();
        let of_project = verdicts.entry(project).or_default();
        of_project.insert(ordinal, verdict.clone());
        Ok(verdict)
    }

    fn judge(&self, project: u32, ordinal: Ordinal) -> Result<Verdict, Failure> {
        // What is out for another reason is not to be looked for here: if it is chosen, the solver
        // meets that reason.
        let Some(metadata) = self.ledger.glance(project, ordinal)? else {
            return Ok(Verdict::Fits);
        };
        let mut is_out = false;
        let mut too_new = Vec::new();
        for requirement in metadata.requires.asked(&[]) {
            if !self.ledger.holds_without_extras(&requirement.marker) {
                continue;
            }
            let Some((other, bound)) = self.bound_of(&requirement.name)? else {
                continue;
            };
            for needed in self.ledger.effective(requirement) {
                let known = self.ledger.known(other)?;
                let versions = known.candidates.ordinals(needed.specifiers.set());
                if needed.url.is_some() || !versions.is_disjoint(&bound) {
                    continue;
                }
                is_out = true;
                let least = known.candidates.least_of(needed.specifiers.set());
                let count = known.candidates.usable().len();
                let most = bound.descending(count).next();
                if most.is_some_and(|most| most < least) {
                    too_new.push((other, least));
                }
            }
        }
        Ok(match is_out {
            true => Verdict::TooNew(too_new.into()),
            false => Verdict::Fits,
        })
    }

    /// Returns which versions of a package may be needed: those that are declared, and of a package
    /// that goes back those from the newest on that fits; none where all may be.
    fn bound_of(&self, name: &PackageName) -> Result<Option<(u32, Rc<Ordinals>)>, Failure> {
        // Nothing is known of a name that was never met.
        let Some(project) = self.ledger.names.borrow().find(name) else {
            return Ok(None);
        };
        if let Some(bound) = self.leaps.bounds.borrow().get(&project) {
            return Ok(bound.clone().map(|bound| (project, bound)));
        }
        let declared = self.declared_of(project, name)?;
        let keep = |bound: Option<Rc<Ordinals>>| {
            self.leaps.bounds.borrow_mut().insert(project, bound);
        };
        // What goes back may need what needs it.
        keep(declared.clone().map(Rc::new));
        if self.goes_back(project) && self.chooses_newest(project)? {
            let declared = declared.unwrap_or_else(Ordinals::any);
            self.newest_fitting(project, &declared)?;
            let left = declared.intersection(&self.leaps.passed(project).complement());
            let bound = if left.is_empty() { declared } else { left };
            keep(Some(Rc::new(bound)));
        }
        let bounds = self.leaps.bounds.borrow();
        let bound = bounds.get(&project).cloned().flatten();
        Ok(bound.map(|bound| (project, bound)))
    }

    /// Returns which versions of a package all declarations together allow; none where they say
    /// nothing of it.
    fn declared_of(&self, project: u32, name: &PackageName) -> Result<Option<Ordinals>, Failure> {
        let mut allowed: Option<Ordinals> = None;
        for at in 0..self.ledger.declared.len() as u32 {
            let requirement = &self.ledger.declaration(at).requirement;
            if requirement.name != *name {
                continue;
            }
            for declared in self.ledger.effective(requirement) {
                let known = self.ledger.known(project)?;
                let versions = known.candidates.ordinals(declared.specifiers.set());
                allowed = Some(match allowed {
                    Some(known) => known.intersection(&versions),
                    None => versions,
                });
            }
        }
        Ok(allowed)
    }
}

/// Whether two versions need one of some packages too new.
fn has_common(of: &Set<u32>, newer: Option<&[(u32, Ordinal)]>, older: &[(u32, Ordinal)]) -> bool {
    let mut needs = newer.into_iter().flatten();
    needs.any(|(newer, _)| of.contains(newer) && older.iter().any(|(older, _)| newer == older))
}

/// Returns the places of the first probes among so many versions: at growing distances, up to the
/// oldest. A search that begins a few versions later makes the same probes.
fn probes(begun: usize, count: usize) -> Vec<usize> {
    let shift = if begun < READ_IN_ORDER { begun } else { 0 };
    let next = |at: &usize| Some(at + at / GROWTH);
    let oldest = count - 1;
    let apart = std::iter::successors(Some(2 * READ_IN_ORDER), next);
    let places = apart.map(|at| at - shift);
    places
        .take_while(|at| *at < oldest)
        .chain([oldest])
        .collect()
}
