//! Sets of one package's usable versions, as PubGrub sees them: sorted half-open ranges of ordinals.
//!
//! Every usable version of a package has its place, 0 to n, in ascending order. Sets of places
//! compare, intersect and merge far faster than sets of versions, neighbours merge by themselves
//! (no usable version lies between), and a requirement that no version meets is seen at once.
//! Ordinals mean nothing to a person: messages print versions through the candidates.

use std::fmt;

use pubgrub::VersionSet;
use smallvec::{SmallVec, smallvec};

/// The place of a version among the usable ones of its package.
pub(crate) type Ordinal = u32;

/// The place that stands for a package that is not in the answer at all. Requirements never admit
/// it; a limit does, which holds only where something else brings the package in.
pub(crate) const ABSENT: Ordinal = Ordinal::MAX - 1;

/// Half-open ranges. Nearly all sets have one or two, which take no memory of their own.
type Ranges = SmallVec<[(Ordinal, Ordinal); 2]>;

/// A set of ordinals.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Ordinals(Ranges);

impl Ordinals {
    /// Takes ascending half-open ranges, dropping empty ones and joining those that touch.
    pub(crate) fn from_ranges(ranges: impl IntoIterator<Item = (Ordinal, Ordinal)>) -> Self {
        let mut joined = Ranges::new();
        for (from, to) in ranges.into_iter().filter(|(from, to)| from < to) {
            match joined.last_mut() {
                Some(last) if last.1 >= from => last.1 = last.1.max(to),
                _ => joined.push((from, to)),
            }
        }
        Self(joined)
    }

    /// Returns the set of all versions.
    pub(crate) fn any() -> Self {
        Self(smallvec![(0, ABSENT)])
    }

    /// Adds that the package may be absent.
    pub(crate) fn or_absent(mut self) -> Self {
        self.0.push((ABSENT, ABSENT + 1));
        Self::from_ranges(self.0)
    }

    /// Returns the ordinals below `count`, the greatest first.
    pub(crate) fn descending(&self, count: usize) -> impl Iterator<Item = Ordinal> {
        let count = Ordinal::try_from(count).unwrap_or(Ordinal::MAX);
        self.0
            .iter()
            .rev()
            .flat_map(move |&(from, to)| (from..to.min(count)).rev())
    }

    /// Returns the ordinals below `count`, the least first.
    pub(crate) fn ascending(&self, count: usize) -> impl Iterator<Item = Ordinal> {
        let count = Ordinal::try_from(count).unwrap_or(Ordinal::MAX);
        self.0
            .iter()
            .flat_map(move |&(from, to)| from..to.min(count))
    }

    /// Whether nothing is in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it holds a single ordinal.
    pub(crate) fn is_single(&self) -> bool {
        matches!(self.0[..], [(from, to)] if to == from + 1)
    }
}

impl VersionSet for Ordinals {
    type V = Ordinal;

    fn empty() -> Self {
        Self::default()
    }

    fn singleton(ordinal: Ordinal) -> Self {
        Self(smallvec![(ordinal, ordinal.saturating_add(1))])
    }

    fn complement(&self) -> Self {
        let mut from = 0;
        let mut gaps = Ranges::with_capacity(self.0.len() + 1);
        for &(start, end) in &self.0 {
            if from < start {
                gaps.push((from, start));
            }
            from = end;
        }
        if from < Ordinal::MAX {
            gaps.push((from, Ordinal::MAX));
        }
        Self(gaps)
    }

    fn intersection(&self, other: &Self) -> Self {
        let (mut a, mut b) = (0, 0);
        let mut common = Ranges::new();
        while let (Some(x), Some(y)) = (self.0.get(a), other.0.get(b)) {
            let (from, to) = (x.0.max(y.0), x.1.min(y.1));
            if from < to {
                common.push((from, to));
            }
            if x.1 <= y.1 {
                a += 1;
            }
            if y.1 <= x.1 {
                b += 1;
            }
        }
        Self(common)
    }

    fn contains(&self, ordinal: &Ordinal) -> bool {
        let at = self.0.partition_point(|(_, to)| to <= ordinal);
        self.0.get(at).is_some_and(|(from, _)| from <= ordinal)
    }

    fn full() -> Self {
        Self(smallvec![(0, Ordinal::MAX)])
    }

    fn union(&self, other: &Self) -> Self {
        let mut all = [&self.0[..], &other.0[..]].concat();
        all.sort_unstable();
        Self::from_ranges(all)
    }

    fn is_disjoint(&self, other: &Self) -> bool {
        let (mut a, mut b) = (0, 0);
        while let (Some(x), Some(y)) = (self.0.get(a), other.0.get(b)) {
            if x.0.max(y.0) < x.1.min(y.1) {
                return false;
            }
            if x.1 <= y.1 {
                a += 1;
            }
            if y.1 <= x.1 {
                b += 1;
            }
        }
        true
    }

    fn subset_of(&self, other: &Self) -> bool {
        self.0.iter().all(|&(from, to)| {
            let at = other.0.partition_point(|(_, end)| *end <= from);
            other
                .0
                .get(at)
                .is_some_and(|&(start, end)| start <= from && to <= end)
        })
    }
}

impl fmt::Display for Ordinals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.0).finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_set() -> impl Strategy<Value = Ordinals> {
        proptest::collection::vec((0u32..40, 0u32..6), 0..6).prop_map(|ranges| {
            let mut ranges: Vec<_> = ranges
                .iter()
                .map(|&(from, len)| (from, from + len))
                .collect();
            ranges.sort_unstable();
            Ordinals::from_ranges(ranges)
        })
    }

    proptest! {
        #[test]
        fn sets_obey_the_laws_of_membership(a in any_set(), b in any_set(), n in 0u32..50) {
            let (in_a, in_b) = (a.contains(&n), b.contains(&n));

            prop_assert_eq!(a.intersection(&b).contains(&n), in_a && in_b);
            prop_assert_eq!(a.union(&b).contains(&n), in_a || in_b);
            prop_assert_eq!(a.complement().contains(&n), !in_a);
        }

        #[test]
        fn equal_sets_are_equal_values(a in any_set(), b in any_set()) {
            prop_assert_eq!(&a.complement().complement(), &a);
            prop_assert_eq!(a.subset_of(&b), a.intersection(&b) == a);
            prop_assert_eq!(a.is_disjoint(&b), a.intersection(&b).is_empty());
            prop_assert_eq!(a.union(&b).complement(), a.complement().intersection(&b.complement()));
        }
    }
}
