//! What an installer of a lock may choose, as the markers of its packages tell it.

use std::collections::BTreeSet;

use super::Lock;
use crate::package::{Choice, choices_of, read_entry_marker};

/// Of the choices that a lock offers, so many are judged.
const MOST_CHOICES: usize = 24;

impl Lock {
    /// Returns the extras and groups that markers of its packages speak of.
    pub fn offered(&self) -> BTreeSet<Choice> {
        let markers: BTreeSet<&str> = self
            .packages
            .iter()
            .filter_map(|package| package.marker.as_deref())
            .filter(|marker| marker.contains("extras") || marker.contains("dependency_groups"))
            .collect();
        let trees = markers.into_iter().filter_map(read_entry_marker);
        trees.flat_map(|tree| choices_of(&tree)).collect()
    }

    /// Returns the ways to choose by which it is judged: nothing beyond what is chosen anyway, and
    /// each choice alone. There are none where it offers no choice.
    pub fn ways_to_choose(&self) -> Vec<Vec<Choice>> {
        let offered = self.offered();
        if offered.is_empty() {
            return Vec::new();
        }
        let groups = self.default_groups.iter().cloned().map(Choice::Group);
        let anyway: Vec<Choice> = groups.collect();
        let with = |choice: Choice| {
            let mut made = anyway.clone();
            made.push(choice);
            made
        };
        let others = offered.into_iter().filter(|it| !anyway.contains(it));
        let others: Vec<Vec<Choice>> = others.take(MOST_CHOICES).map(with).collect();
        [vec![anyway], others].concat()
    }
}
