//! Sets of versions as sorted, disjoint, half-open intervals of version keys.

use std::cmp::Ordering;
use std::fmt;

use pep440_rs::Version;
use smallvec::{SmallVec, smallvec};

use super::VersionKey;
use super::version_key::{LEAST, MAX};

/// The bytes of a key. Nearly all are so short that they take no memory of their own.
type Cut = SmallVec<[u8; 16]>;

/// `[from, to)`.
type Interval = (Cut, Cut);

/// The versions that a specifier set admits, pre-releases counted like any other version: which
/// of them may be chosen is a policy of the solver, not a property of the set. Sets that admit the
/// same versions are equal.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct VersionSet {
    /// `[from, to)` in ascending order, neither touching nor overlapping; mostly one.
    intervals: SmallVec<[Interval; 1]>,
    /// The operand of `===` where there is one, in lower case: the version's own spelling must
    /// equal it, case aside. The interval is then that one place in the order.
    literal: Option<Box<str>>,
}

impl VersionSet {
    /// Returns the set of all versions.
    pub fn full() -> Self {
        Self::interval(Vec::new(), vec![MAX])
    }

    /// Returns the set of none.
    pub fn empty() -> Self {
        Self {
            intervals: SmallVec::new(),
            literal: None,
        }
    }

    /// Returns the versions between two cuts (see `version_key`).
    pub(super) fn interval(from: Vec<u8>, to: Vec<u8>) -> Self {
        // Nothing is below `0.dev0`, so the cut before it is the start.
        let from = if *from <= *LEAST { Vec::new() } else { from };
        let intervals = if *to > *LEAST && from < to {
            smallvec![(Cut::from_slice(&from), Cut::from_slice(&to))]
        } else {
            SmallVec::new()
        };
        Self {
            intervals,
            literal: None,
        }
    }

    /// Returns the versions above a cut.
    pub(super) fn from(from: Vec<u8>) -> Self {
        Self::interval(from, vec![MAX])
    }

    /// Returns the versions below a cut.
    pub(super) fn until(to: Vec<u8>) -> Self {
        Self::interval(Vec::new(), to)
    }

    /// Narrows the set to the versions that are spelled like `text`.
    #[must_use]
    pub(super) fn with_literal(mut self, text: &str) -> Self {
        self.literal = Some(text.to_lowercase().into());
        self
    }

    /// Returns what is in no interval; not for sets with a literal, which has no complement.
    #[must_use]
    pub(super) fn complement(&self) -> Self {
        let mut intervals = SmallVec::with_capacity(self.intervals.len() + 1);
        let mut from = Cut::new();
        for (start, end) in &self.intervals {
            if from < *start {
                intervals.push((from, start.clone()));
            }
            from = end.clone();
        }
        if *from < [MAX][..] {
            intervals.push((from, Cut::from_slice(&[MAX])));
        }
        Self {
            intervals,
            literal: None,
        }
    }

    /// Returns the versions in both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let mut intervals = SmallVec::new();
        let (mut left, mut right) = (self.intervals.iter(), other.intervals.iter());
        let (mut a, mut b) = (left.next(), right.next());
        while let (Some(x), Some(y)) = (a, b) {
            let (from, to) = ((&x.0).max(&y.0), (&x.1).min(&y.1));
            if from < to {
                intervals.push((from.clone(), to.clone()));
            }
            match x.1.cmp(&y.1) {
                Ordering::Less => a = left.next(),
                Ordering::Greater => b = right.next(),
                Ordering::Equal => (a, b) = (left.next(), right.next()),
            }
        }
        match (&self.literal, &other.literal) {
            _ if intervals.is_empty() => Self::empty(),
            (Some(one), Some(two)) if one != two => Self::empty(),
            (one, two) => Self {
                intervals,
                literal: one.clone().or_else(|| two.clone()),
            },
        }
    }

    /// Returns the versions after all that are in it.
    #[must_use]
    pub fn above(&self) -> Self {
        match self.intervals.last() {
            Some((_, to)) => Self::from(to.to_vec()),
            None => Self::empty(),
        }
    }

    /// Returns the versions before all that are in it.
    #[must_use]
    pub fn below(&self) -> Self {
        match self.intervals.first() {
            Some((from, _)) => Self::until(from.to_vec()),
            None => Self::empty(),
        }
    }

    /// Returns the versions between its intervals.
    #[must_use]
    pub fn gaps(&self) -> Self {
        let pairs = self.intervals.iter().zip(self.intervals.iter().skip(1));
        Self {
            intervals: pairs
                .map(|(one, next)| (one.1.clone(), next.0.clone()))
                .collect(),
            literal: None,
        }
    }

    /// Whether no version can be in it.
    pub fn is_empty(&self) -> bool {
        self.intervals.is_empty()
    }

    /// Whether every version is in it.
    pub fn is_full(&self) -> bool {
        self.literal.is_none()
            && matches!(&self.intervals[..], [(from, to)] if from.is_empty() && **to == [MAX])
    }

    /// Whether a version is in it; `===` compares with the version's normal form.
    pub fn contains(&self, version: &Version) -> bool {
        self.contains_key(VersionKey::of(version).as_bytes())
            && (self.literal.is_none() || self.admits_spelling(&version.to_string()))
    }

    /// Whether a key lies in one of the intervals; says nothing of `===`.
    pub fn contains_key(&self, key: &[u8]) -> bool {
        let at = self.intervals.partition_point(|(_, to)| **to <= *key);
        self.intervals
            .get(at)
            .is_some_and(|(from, _)| **from <= *key)
    }

    /// Whether `===` (if there is one) admits a version written so.
    pub fn admits_spelling(&self, spelling: &str) -> bool {
        self.literal
            .as_ref()
            .is_none_or(|literal| literal.eq_ignore_ascii_case(spelling))
    }

    /// Returns the operand of `===`, in lower case.
    pub fn literal(&self) -> Option<&str> {
        self.literal.as_deref()
    }

    /// Returns the intervals `[from, to)` of keys, ascending.
    pub fn intervals(&self) -> impl ExactSizeIterator<Item = (&[u8], &[u8])> {
        self.intervals.iter().map(|(from, to)| (&**from, &**to))
    }

    /// Rebuilds a set from what [`VersionSet::intervals`] and [`VersionSet::literal`] gave; from
    /// other parts comes a set that answers without sense but without panic.
    pub fn from_parts<'a>(
        intervals: impl IntoIterator<Item = (&'a [u8], &'a [u8])>,
        literal: Option<&str>,
    ) -> Self {
        Self {
            intervals: intervals
                .into_iter()
                .map(|(from, to)| (Cut::from_slice(from), Cut::from_slice(to)))
                .collect(),
            literal: literal.map(Into::into),
        }
    }
}

impl fmt::Debug for VersionSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(
                self.intervals
                    .iter()
                    .map(|(from, to)| (VersionKey::from_bytes(from), VersionKey::from_bytes(to))),
            )
            .finish()
    }
}
