//! Which versions a record speaks of, by the evaluation that OSV documents
//! (`ossf.github.io/osv-schema`, "Evaluation"), with the order of PEP 440.
//!
//! A version is affected if the list of versions has it or a range does. The local part is the
//! builder's and no other version to a record: `2.1.0+cu121` is judged as `2.1.0`.

use crate::package::{PackageName, Version};

/// What a record says of one package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Affected {
    /// The package.
    pub package: PackageName,
    /// The versions that are listed.
    pub versions: Vec<Version>,
    /// The ranges that can be judged, each sorted.
    pub ranges: Vec<Vec<Event>>,
    /// Listed versions that are none by PEP 440; no locked version can equal one.
    pub odd_versions: usize,
    /// Why a part of it cannot be judged.
    pub obscure: Option<String>,
}

/// Something that happens at a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The flaw comes; without a version, it was there before the first one.
    Introduced(Option<Version>),
    /// It is gone.
    Fixed(Version),
    /// It is not known to be in what follows.
    LastAffected(Version),
    /// What follows is not spoken of; without a version, everything is.
    Limit(Option<Version>),
}

/// What a record means for a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is affected.
    Affected,
    /// It is not.
    Spared,
    /// It could not be found out, because …
    Obscure(String),
}

/// A stretch of affected versions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// The first one.
    pub from: Option<Version>,
    /// The first one after it that is fixed.
    pub fixed: Option<Version>,
    /// The last one.
    pub last: Option<Version>,
}

impl Affected {
    /// Starts without a version.
    pub(super) fn new(package: PackageName) -> Self {
        Self {
            package,
            versions: Vec::new(),
            ranges: Vec::new(),
            odd_versions: 0,
            obscure: None,
        }
    }

    /// Judges a version without its local part.
    pub(super) fn verdict(&self, version: &Version) -> Verdict {
        let is_listed = self.versions.contains(version);
        if is_listed || self.ranges.iter().any(|events| includes(events, version)) {
            return Verdict::Affected;
        }
        match &self.obscure {
            Some(why) => Verdict::Obscure(why.clone()),
            None => Verdict::Spared,
        }
    }

    /// Returns the stretch of versions that one lies in; none where only the list has it.
    pub(super) fn bounds(&self, version: &Version) -> Option<Bounds> {
        let mut ranges = self.ranges.iter();
        let events = ranges.find(|events| includes(events, version))?;
        let mut bounds = Bounds::default();
        for event in events {
            match event {
                Event::Introduced(from) if from.as_ref().is_none_or(|from| from <= version) => {
                    bounds.from.clone_from(from);
                }
                Event::Fixed(fixed) if fixed > version && bounds.fixed.is_none() => {
                    bounds.fixed = Some(fixed.clone());
                }
                Event::LastAffected(last) if last >= version && bounds.last.is_none() => {
                    bounds.last = Some(last.clone());
                }
                Event::Introduced(_)
                | Event::Fixed(_)
                | Event::LastAffected(_)
                | Event::Limit(_) => {}
            }
        }
        Some(bounds)
    }

    /// Returns the versions that are said to be without the flaw.
    pub(super) fn fixed(&self) -> impl Iterator<Item = &Version> {
        self.ranges
            .iter()
            .flatten()
            .filter_map(|event| match event {
                Event::Fixed(version) => Some(version),
                Event::Introduced(_) | Event::LastAffected(_) | Event::Limit(_) => None,
            })
    }
}

impl Event {
    fn version(&self) -> Option<&Version> {
        match self {
            Self::Fixed(version) | Self::LastAffected(version) => Some(version),
            Self::Introduced(version) | Self::Limit(version) => version.as_ref(),
        }
    }
}

/// Puts events in the order of their versions; those of one version stay in the record's order,
/// so that a flaw that is fixed and introduced again at one version is there.
pub(super) fn sort(events: &mut [Event]) {
    events.sort_by(|a, b| a.version().cmp(&b.version()));
}

/// Whether a range of sorted events has a version.
fn includes(events: &[Event], version: &Version) -> bool {
    let mut limits = events.iter().filter_map(|event| match event {
        Event::Limit(limit) => Some(limit.as_ref()),
        Event::Introduced(_) | Event::Fixed(_) | Event::LastAffected(_) => None,
    });
    let has_limits = limits.clone().next().is_some();
    if has_limits && limits.all(|limit| limit.is_some_and(|limit| version >= limit)) {
        return false;
    }
    let mut is_affected = false;
    for event in events {
        match event {
            Event::Introduced(None) => is_affected = true,
            Event::Introduced(Some(from)) if version >= from => is_affected = true,
            Event::Fixed(fixed) if version >= fixed => is_affected = false,
            Event::LastAffected(last) if version > last => is_affected = false,
            Event::Introduced(_) | Event::Fixed(_) | Event::LastAffected(_) | Event::Limit(_) => {}
        }
    }
    is_affected
}
