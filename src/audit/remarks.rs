//! What rules tell while they look; the engine makes findings of it.

use super::{Confidence, Fix, On, Severity};
use crate::advisory::{Advisory, Score};
use crate::package::PackageName;
use crate::source::Origin;

/// What is told of one rule's work.
#[derive(Debug, Default)]
pub(super) struct Remarks {
    pub(super) found: Vec<Remark>,
    pub(super) unaudited: Vec<(Option<PackageName>, String)>,
}

/// Something that a rule found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Remark {
    pub(super) about: About,
    pub(super) message: String,
    pub(super) confidence: Confidence,
    pub(super) severity: Option<Severity>,
    pub(super) place: Option<Origin>,
    pub(super) evidence: Vec<String>,
    pub(super) also: Vec<(About, String)>,
    pub(super) fix: Option<Fix>,
    pub(super) ids: Vec<String>,
    pub(super) score: Option<Score>,
    pub(super) has_fix: bool,
    /// The targets on which it holds, where it was looked for on each by itself.
    pub(super) on: Vec<String>,
}

/// What it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// The lock as a whole.
    Lock,
    /// The package at this position of the lock, or one of its files, which is named.
    Package(usize, Option<String>),
    /// What was declared.
    Declaration(PackageName, Origin),
    /// A place in a text, and no package.
    Place(Origin),
}

impl Remark {
    pub(super) fn new(about: About, message: impl Into<String>) -> Self {
        Self {
            about,
            message: message.into(),
            confidence: Confidence::Metadata,
            severity: None,
            place: None,
            evidence: Vec::new(),
            also: Vec::new(),
            fix: None,
            ids: Vec::new(),
            score: None,
            has_fix: false,
            on: Vec::new(),
        }
    }

    pub(super) fn weighing(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }

    pub(super) fn resting_on(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        self
    }

    pub(super) fn with_evidence(mut self, evidence: impl Into<String>) -> Self {
        self.evidence.push(evidence.into());
        self
    }

    /// Points at a place that tells more than where its package stands.
    pub(super) fn placed(mut self, place: Option<Origin>) -> Self {
        self.place = place;
        self
    }

    /// Points at a further place, and says what is there.
    pub(super) fn seen_with(mut self, about: About, what: impl Into<String>) -> Self {
        self.also.push((about, what.into()));
        self
    }

    /// Says what to do; nothing of it was tried out.
    pub(super) fn with_fix(self, text: impl Into<String>) -> Self {
        self.mended_by(Fix {
            text: text.into(),
            edits: Vec::new(),
            is_safe: false,
            is_verified: false,
        })
    }

    /// Notes what databases say of a flaw, for waivers and machines.
    pub(super) fn of_flaw(mut self, advisory: &Advisory) -> Self {
        self.ids.clone_from(&advisory.ids);
        self.score = advisory.score;
        self.has_fix = !advisory.fixed.is_empty();
        self
    }

    pub(super) fn mended_by(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }
}

impl Remarks {
    /// Tells of something; once, however many targets show it.
    pub(super) fn tell(&mut self, remark: Remark) {
        if !self.found.contains(&remark) {
            self.found.push(remark);
        }
    }

    /// Tells of something that holds on a target; what holds on several is told once, with all.
    pub(super) fn tell_on(&mut self, on: &On<'_>, remark: Remark) {
        let place = on.words();
        let is_same = |known: &&mut Remark| {
            (&known.about, &known.message) == (&remark.about, &remark.message)
        };
        match self.found.iter_mut().find(is_same) {
            Some(known) => {
                let place = place.filter(|place| !known.on.contains(place));
                known.on.extend(place);
            }
            None => self.found.push(Remark {
                on: place.into_iter().collect(),
                ..remark
            }),
        }
    }

    /// Tells that a package could not be judged, and why.
    pub(super) fn cannot_judge(&mut self, package: &PackageName, why: impl Into<String>) {
        self.unaudited.push((Some(package.clone()), why.into()));
    }

    /// Tells that a part of the rule could not be applied at all, and why.
    pub(super) fn cannot_apply(&mut self, why: impl Into<String>) {
        self.unaudited.push((None, why.into()));
    }
}
