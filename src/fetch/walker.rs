//! Guesses ahead of the solver: a greedy resolution that never backtracks, so that pages and
//! metadata are on their way long before the solver asks for them.
//!
//! It only wishes; `live_catalog` fetches. Metadata that arrives sends off the pages of what it
//! requires on the target, a page that arrives sends off the metadata of the best candidate in the
//! intersection of all ranges seen so far. A version that requires what is out of bounds
//! is passed over together with all that it requires: the next ones are sent for at once, several
//! the further it goes back. What a first run wishes for beyond that, `ahead` tells. A wrong guess
//! costs a request and never an answer.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use foldhash::HashMap;

use super::ahead::Ahead;
use super::bounds::{Bounds, Learned, RuledOut};
use super::once::{Once, lock};
use crate::index::{Metadata, Project};
use crate::package::{
    DeclarationKind, ExtraName, PackageName, Requirement, VersionKey, VersionSet,
};
use crate::solve::{Candidate, Candidates, FileAt, Judge, Question, ResolutionMode};
use crate::target::Flavour;

/// After so many versions that cannot be chosen, the search is left to the solver, which leaps.
const MOST_BARRED: usize = 32;
/// So many older versions are sent for at once.
const MOST_SPARES: usize = 12;

/// So many times what was read is gone through once more when a package asks for more extras of
/// itself or of others; what is left then, the solver finds.
const MOST_AGAIN: usize = 100;

/// Something to fetch.
#[derive(Clone, Debug)]
pub(super) enum Wish {
    /// A project's page.
    Page(PackageName),
    /// A file's metadata.
    Metadata(Arc<Project>, FileAt),
}

/// What was seen so far of the question's packages.
pub(super) struct Walker {
    question: Arc<Question>,
    bounds: Bounds,
    judge: Mutex<Judge>,
    /// What was judged so far, by the walker or by the solver.
    judged: Once<PackageName, Arc<Candidates>>,
    seen: Mutex<HashMap<PackageName, Seen>>,
    /// Packages of which the solver tries one version after the other.
    backtracking: Mutex<BTreeSet<PackageName>>,
    /// What a first run wishes for beyond what is required.
    pub(super) ahead: Ahead,
}

/// What some requirements lead to.
#[derive(Default)]
struct Walk {
    wishes: Vec<Wish>,
    /// Wishes for what is not known to be required.
    ahead: Vec<Wish>,
    /// What more extras are asked of than when it was gone through.
    again: Vec<Arc<Metadata>>,
    /// Whether the solver chose what is gone through.
    is_choice: bool,
}

/// A package on the way.
struct Seen {
    set: VersionSet,
    extras: BTreeSet<ExtraName>,
    candidates: Option<Arc<Candidates>>,
    picked: Option<FileAt>,
    metadata: Option<Arc<Metadata>>,
    /// The versions that require what is out of bounds, and by what.
    barred: HashMap<VersionKey, RuledOut>,
}

impl Walker {
    /// Prepares to walk from a question's declarations.
    pub(super) fn new(question: Arc<Question>) -> Self {
        Self {
            judge: Mutex::new(Judge::new(Arc::clone(&question))),
            judged: Once::new(),
            bounds: Bounds::of(Arc::clone(&question)),
            ahead: Ahead::new(Arc::clone(&question)),
            question,
            seen: Mutex::default(),
            backtracking: Mutex::default(),
        }
    }

    /// Returns the flavour of the builds that the question wants.
    pub(super) fn flavour(&self) -> Option<&Flavour> {
        self.question.target.accelerators().flavour.as_ref()
    }

    /// Returns the name of the one index that a package comes from, where there is one.
    pub(super) fn source_of(&self, name: &PackageName) -> Option<&str> {
        self.question.source_of(name)
    }

    /// Whether it knows the project from other indexes: those of another flavour, mostly.
    pub(super) fn has_another(&self, project: &Project) -> bool {
        let seen = lock(&self.seen);
        let known = seen
            .get(&project.name)
            .and_then(|seen| seen.candidates.as_ref());
        known.is_some_and(|known| {
            let own = known.project().pages.iter().map(|on| &on.index);
            own.ne(project.pages.iter().map(|on| &on.index))
        })
    }

    /// Hears that the solver goes back through the versions of a package.
    pub(super) fn backtracks(&self, name: &PackageName) {
        lock(&self.backtracking).insert(name.clone());
    }

    /// Hears of metadata that a backtracking solver will come to: what it requires of packages that
    /// backtrack as well comes next (boto3 and botocore go back in step).
    pub(super) fn pursue(&self, metadata: &Metadata) -> Vec<Wish> {
        let backtracking = lock(&self.backtracking);
        let seen = lock(&self.seen);
        let wanted = metadata.requires.asked(&[]).filter(|requirement| {
            backtracking.contains(&requirement.name)
                && self.question.holds(&requirement.marker, &[])
        });
        wanted
            .filter_map(|requirement| {
                let candidates = seen.get(&requirement.name)?.candidates.as_ref()?;
                let best = candidates.newest_in(requirement.specifiers.set())?;
                Some(Wish::Metadata(Arc::clone(candidates.project()), best.at()))
            })
            .collect()
    }

    /// Returns the first wishes: what the declarations require, and then what was preferred.
    pub(super) fn start(&self) -> Vec<Wish> {
        let question = Arc::clone(&self.question);
        let roots = question
            .declarations
            .iter()
            .filter(|declaration| declaration.kind == DeclarationKind::Requirement)
            .map(|declaration| &declaration.requirement);
        let mut walk = Walk::default();
        self.want(roots, &[], &mut walk);
        let mut wishes = self.ahead.preferred();
        wishes.extend(self.finish(walk));
        wishes
    }

    /// Hears that a page is there.
    pub(super) fn page_arrived(&self, project: &Arc<Project>) -> Vec<Wish> {
        let candidates = self.candidates(project, &mut || {
            lock(&self.judge).judge(Arc::clone(project))
        });
        let mut seen = lock(&self.seen);
        match seen.get_mut(&project.name) {
            Some(seen) => {
                seen.candidates = Some(candidates);
                self.pick(&project.name, seen)
            }
            None => self.guess(&candidates),
        }
        .into_iter()
        .collect()
    }

    /// Wishes for the metadata of a project that nothing is known to require so far; no archive is
    /// unpacked for a mere guess.
    fn guess(&self, candidates: &Candidates) -> Option<Wish> {
        if !self.ahead.is_on() {
            return None;
        }
        let project = candidates.project();
        let unseen = Seen::within(VersionSet::full());
        let best = self.best(&project.name, candidates, &unseen)?;
        let file = candidates.page(best.page()).file(best.file());
        file.is_wheel()
            .then(|| Wish::Metadata(Arc::clone(project), best.at()))
    }

    /// Whether it guesses at the answer to a question.
    pub(super) fn is_for(&self, question: &Arc<Question>) -> bool {
        Arc::ptr_eq(&self.question, question)
    }

    /// Returns a project as it is judged under its question, which is done once.
    pub(super) fn candidates(
        &self,
        project: &Arc<Project>,
        judge: &mut dyn FnMut() -> Candidates,
    ) -> Arc<Candidates> {
        match self.judged.wait_or_claim(&project.name) {
            Ok(known) if Arc::ptr_eq(known.project(), project) => known,
            // The same name on other indexes, such as those of a flavour.
            Ok(_) => Arc::new(judge()),
            Err(duty) => {
                let candidates = Arc::new(judge());
                duty.answer(Arc::clone(&candidates));
                candidates
            }
        }
    }

    /// Hears that metadata is there, of a version that the solver chose or that is in turn.
    pub(super) fn metadata_arrived(&self, metadata: &Arc<Metadata>) -> Vec<Wish> {
        self.hear(metadata, true)
    }

    fn hear(&self, metadata: &Arc<Metadata>, is_choice: bool) -> Vec<Wish> {
        self.finish(Walk {
            again: vec![Arc::clone(metadata)],
            is_choice,
            ..Walk::default()
        })
    }

    /// Goes through what is left of a walk: a list and not the stack, for each extra that a package
    /// asks of itself may lead to the next.
    fn finish(&self, mut walk: Walk) -> Vec<Wish> {
        for _ in 0..=MOST_AGAIN {
            match walk.again.pop() {
                Some(metadata) => self.go_through(&metadata, &mut walk),
                None => break,
            }
        }
        // The last one is granted first.
        walk.ahead.extend(walk.wishes);
        walk.ahead
    }

    fn go_through(&self, metadata: &Arc<Metadata>, walk: &mut Walk) {
        let extras = {
            let mut seen = lock(&self.seen);
            let Some(known) = seen.get_mut(&metadata.name) else {
                return;
            };
            let extras = known.extras();
            if let Some(out) = self.bounds.rule_out(metadata, &extras) {
                walk.wishes.extend(self.pass_over(metadata, out, known));
                return;
            }
            known.metadata = Some(Arc::clone(metadata));
            if walk.is_choice || known.picks(metadata) {
                let learned = self.bounds.learn(metadata, &extras);
                self.look_again(&metadata.name, &learned, &mut seen, walk);
            }
            extras
        };
        self.want(metadata.requires.asked(&extras), &extras, walk);
    }

    /// Passes over what was gone through and is ruled out now, and gives back what is not any more.
    fn look_again(
        &self,
        by: &PackageName,
        learned: &Learned,
        seen: &mut HashMap<PackageName, Seen>,
        walk: &mut Walk,
    ) {
        if learned.is_replaced {
            let by = RuledOut::By(by.clone());
            for known in seen.values_mut() {
                known.barred.retain(|_, out| *out != by);
            }
        }
        for name in &learned.asking {
            let Some(known) = seen.get_mut(name) else {
                continue;
            };
            let Some(metadata) = known.metadata.clone() else {
                continue;
            };
            if let Some(out) = self.bounds.rule_out(&metadata, &known.extras()) {
                walk.wishes.extend(self.pass_over(&metadata, out, known));
            }
        }
    }

    /// Hears that metadata is there that was guessed at; that of a version which is only there in
    /// case waits for its turn.
    pub(super) fn guess_arrived(&self, metadata: &Arc<Metadata>) -> Vec<Wish> {
        match self.is_in_turn(metadata) {
            true => self.hear(metadata, false),
            false => Vec::new(),
        }
    }

    fn is_in_turn(&self, metadata: &Metadata) -> bool {
        let seen = lock(&self.seen);
        let Some(seen) = seen.get(&metadata.name).filter(|it| !it.barred.is_empty()) else {
            return true;
        };
        seen.picks(metadata)
    }

    /// Returns the file of the version of a project that will probably stay, where newer ones were passed
    /// over and this one was not.
    pub(super) fn likely(&self, project: &Project) -> Option<FileAt> {
        if self.has_another(project) {
            return None;
        }
        let seen = lock(&self.seen);
        let known = seen.get(&project.name)?;
        let is_read = known.picks(known.metadata.as_ref()?);
        known.picked.filter(|_| is_read && !known.barred.is_empty())
    }

    /// Wishes for other versions than one that is barred; where the newest count first for older
    /// ones as well, the more the more there were.
    fn pass_over(&self, metadata: &Metadata, out: RuledOut, seen: &mut Seen) -> Vec<Wish> {
        if (seen.metadata.as_ref()).is_some_and(|read| read.version == metadata.version) {
            seen.metadata = None;
        }
        if seen
            .barred
            .insert(VersionKey::of(&metadata.version), out)
            .is_some()
        {
            return Vec::new();
        }
        let candidates = seen.candidates.clone();
        let Some(candidates) = candidates.filter(|_| seen.barred.len() <= MOST_BARRED) else {
            return Vec::new();
        };
        let mut wishes: Vec<Wish> = self.pick(&metadata.name, seen).into_iter().collect();
        let spares = match self.question.policy.resolution {
            ResolutionMode::Highest | ResolutionMode::LowestDirect => 2 * seen.barred.len(),
            ResolutionMode::Lowest => 0,
        };
        let older = seen
            .in_reserve(&candidates)
            .filter(|spare| Some(spare.at()) != seen.picked)
            .take(spares.min(MOST_SPARES));
        wishes.extend(
            older.map(|spare| Wish::Metadata(Arc::clone(candidates.project()), spare.at())),
        );
        // The last one is granted first.
        wishes.reverse();
        wishes
    }

    /// Wishes for what requirements ask for, with the extras of their own package.
    fn want<'a>(
        &self,
        requirements: impl Iterator<Item = &'a Requirement>,
        extras: &[ExtraName],
        walk: &mut Walk,
    ) {
        for requirement in requirements {
            let counts = requirement.url.is_none()
                && !self.question.excludes.contains(&requirement.name)
                && self.question.holds(&requirement.marker, extras);
            if counts {
                self.narrow(requirement, walk);
            }
        }
    }

    /// Takes one more requirement into account.
    fn narrow(&self, requirement: &Requirement, walk: &mut Walk) {
        let name = &requirement.name;
        let set = self
            .overridden(name)
            .unwrap_or(requirement.specifiers.set());
        let mut all = lock(&self.seen);
        let Some(seen) = all.get_mut(name) else {
            let mut seen = Seen::within(set.clone());
            seen.extras.extend(requirement.extras.iter().cloned());
            all.insert(name.clone(), seen);
            walk.wishes.push(Wish::Page(name.clone()));
            walk.ahead.extend(self.ahead.usual(name));
            return;
        };
        let extras_before = seen.extras.len();
        seen.extras.extend(requirement.extras.iter().cloned());
        let both = seen.set.intersection(set);
        // What was seen before may stem from a version that is out by now.
        seen.set = match (both.is_empty(), self.bounds.declared(name)) {
            (false, _) => both,
            (true, Some(declared)) => declared.intersection(set),
            (true, None) => set.clone(),
        };
        walk.wishes.extend(self.pick(name, seen));
        if let Some(metadata) = &seen.metadata
            && seen.extras.len() > extras_before
            && !walk.again.iter().any(|it| Arc::ptr_eq(it, metadata))
        {
            walk.again.push(Arc::clone(metadata));
        }
    }

    fn overridden(&self, name: &PackageName) -> Option<&VersionSet> {
        self.question
            .declarations
            .iter()
            .filter(|declaration| declaration.kind == DeclarationKind::Override)
            .map(|declaration| &declaration.requirement)
            .find(|requirement| {
                requirement.name == *name && self.question.holds(&requirement.marker, &[])
            })
            .map(|requirement| requirement.specifiers.set())
    }

    /// Wishes for the metadata of the best candidate, if that is another than before.
    fn pick(&self, name: &PackageName, seen: &mut Seen) -> Option<Wish> {
        let candidates = seen.candidates.as_ref()?;
        let best = self.best(name, candidates, seen)?.at();
        if seen.picked == Some(best) {
            return None;
        }
        seen.picked = Some(best);
        Some(Wish::Metadata(Arc::clone(candidates.project()), best))
    }

    /// Returns the candidate that the solver will most probably try first.
    fn best<'a>(
        &self,
        name: &PackageName,
        candidates: &'a Candidates,
        seen: &'a Seen,
    ) -> Option<&'a Candidate> {
        let has = |candidate: &&Candidate| seen.admits(candidates, candidate);
        if let Some(preferred) = self.question.preferences.get(name) {
            let mut same = candidates
                .usable()
                .iter()
                .filter(|candidate| candidates.version(candidate) == *preferred);
            if let Some(candidate) = same.find(has) {
                return Some(candidate);
            }
        }
        match self.question.policy.resolution {
            ResolutionMode::Highest | ResolutionMode::LowestDirect => {
                match seen.barred.is_empty() {
                    true => candidates.newest_in(&seen.set),
                    false => seen.in_reserve(candidates).next(),
                }
            }
            ResolutionMode::Lowest => candidates
                .usable()
                .iter()
                .filter(|candidate| !candidate.is_prerelease)
                .find(has),
        }
    }
}

impl Seen {
    /// Nothing is known yet, but which versions may be chosen.
    fn within(set: VersionSet) -> Self {
        Self {
            set,
            extras: BTreeSet::new(),
            candidates: None,
            picked: None,
            metadata: None,
            barred: HashMap::default(),
        }
    }

    /// Whether the metadata is that of the version that was picked, if one was.
    fn picks(&self, metadata: &Metadata) -> bool {
        let picked = self.candidates.as_ref().and_then(|candidates| {
            let mut usable = candidates.usable().iter();
            let picked = usable.find(|candidate| Some(candidate.at()) == self.picked)?;
            Some(candidates.page(picked.page()).key(picked.version()))
        });
        picked.is_none_or(|picked| picked == VersionKey::of(&metadata.version).as_bytes())
    }

    /// Returns the extras that were asked for so far.
    fn extras(&self) -> Vec<ExtraName> {
        self.extras.iter().cloned().collect()
    }

    /// Whether a candidate can be chosen, as far as was seen.
    fn admits(&self, candidates: &Candidates, candidate: &Candidate) -> bool {
        let page = candidates.page(candidate.page());
        let key = page.key(candidate.version());
        self.set.contains_key(key)
            && self
                .set
                .admits_spelling(page.version_text(candidate.version()))
            && !self.barred.contains_key(&VersionKey::from_bytes(key))
    }

    /// Returns the releases that can be chosen, the newest first.
    fn in_reserve<'a>(&'a self, candidates: &'a Candidates) -> impl Iterator<Item = &'a Candidate> {
        let releases = candidates.usable().iter().rev();
        releases.filter(|candidate| !candidate.is_prerelease && self.admits(candidates, candidate))
    }
}
