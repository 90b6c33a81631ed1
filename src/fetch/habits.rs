//! What wheels were like so far, which the next ones mostly are too: whether metadata stands beside
//! them where the index does not say, and how much of a wheel's end holds what is looked for.

use std::sync::{Arc, Mutex};

use foldhash::HashMap;

use super::file::FileQuestion;
use super::once::lock;
use crate::package::PackageName;

/// So many wheels in a row without metadata beside them, and the next ones of the index are not
/// probed.
const PROBES: u32 = 4;
/// Of those, every so many-th is probed all the same: some mirrors have it for some files.
const PROBE_AGAIN: u32 = 16;

/// How much of a wheel's end is asked for at first.
const TAIL: u64 = 64 << 10;
/// No more of it is asked for at first, however much others took.
const MOST_TAIL: u64 = 384 << 10;

/// What was learned of wheels.
#[derive(Debug, Default)]
pub(super) struct Habits(Mutex<Learned>);

#[derive(Debug, Default)]
struct Learned {
    /// For each index, how many wheels in a row had no metadata beside them.
    indexes: HashMap<Arc<str>, u32>,
    /// The same for each project of an index.
    projects: HashMap<(Arc<str>, PackageName), u32>,
    /// How much of the ends of their wheels it took, where the usual was too little.
    tails: HashMap<(Arc<str>, PackageName), u64>,
}

impl Habits {
    /// Whether to look for metadata beside a wheel of an index that does not say: the wheels of one
    /// project mostly are alike, and those of one index somewhat.
    pub(super) fn is_worth_probing(&self, file: &FileQuestion) -> bool {
        let mut learned = lock(&self.0);
        if let Some(misses) = learned.projects.get_mut(&key(file)) {
            return is_next(misses, 1);
        }
        let of_index = learned.indexes.entry(Arc::clone(&file.index)).or_default();
        is_next(of_index, PROBES)
    }

    /// Remembers whether there was metadata beside a wheel.
    pub(super) fn probed(&self, file: &FileQuestion, is_there: bool) {
        let mut learned = lock(&self.0);
        let now = |misses: u32| if is_there { 0 } else { misses + 1 };
        let of_project = learned.projects.entry(key(file)).or_default();
        *of_project = now(*of_project);
        let of_index = learned.indexes.entry(Arc::clone(&file.index)).or_default();
        *of_index = now(*of_index);
    }

    /// Returns how much of a wheel's end to ask for at first.
    pub(super) fn tail(&self, file: &FileQuestion) -> u64 {
        let learned = lock(&self.0);
        learned.tails.get(&key(file)).copied().unwrap_or(TAIL)
    }

    /// Remembers how much of a wheel's end it took; the next one may be a little larger.
    pub(super) fn took(&self, file: &FileQuestion, tail: u64) {
        let tail = tail.saturating_add(tail / 16);
        if (TAIL..=MOST_TAIL).contains(&tail) {
            lock(&self.0).tails.insert(key(file), tail);
        }
    }
}

fn key(file: &FileQuestion) -> (Arc<str>, PackageName) {
    (Arc::clone(&file.index), file.name.clone())
}

/// Whether the next one is to be probed after so many misses in a row, which it counts.
fn is_next(misses: &mut u32, most: u32) -> bool {
    if *misses < most {
        return true;
    }
    *misses += 1;
    misses.is_multiple_of(PROBE_AGAIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::MetadataFile;

    fn wheel(project: &str) -> FileQuestion {
        FileQuestion {
            name: PackageName::new(project.to_owned()).unwrap(),
            is_guess: false,
            version: None,
            filename: format!("{project}-1-py3-none-any.whl"),
            url: format!("https://files.example/{project}-1-py3-none-any.whl"),
            digests: Vec::new(),
            advertised: MetadataFile::NotSaid,
            index: "https://index.example/simple".into(),
            limit: 1,
        }
    }

    fn probes(habits: &Habits, wheels: impl Iterator<Item = FileQuestion>) -> usize {
        wheels
            .filter(|file| {
                let is_probed = habits.is_worth_probing(file);
                if is_probed {
                    habits.probed(file, false);
                }
                is_probed
            })
            .count()
    }

    #[test]
    fn probing_stops_after_some_misses_and_never_for_good() {
        let habits = Habits::default();
        let each = (0..40).map(|at| wheel(&format!("a{at}")));
        let probed = probes(&habits, each);
        assert!((5..10).contains(&probed), "{probed}");

        habits.probed(&wheel("b"), true);
        assert!(habits.is_worth_probing(&wheel("c")));
    }

    #[test]
    fn a_project_without_is_probed_once_however_the_others_are() {
        let habits = Habits::default();
        let same = (0..12).map(|_| {
            habits.probed(&wheel("b"), true);
            wheel("a")
        });
        assert_eq!(probes(&habits, same), 1);
        assert!(habits.is_worth_probing(&wheel("b")));
    }

    #[test]
    fn the_end_of_a_wheel_is_as_long_as_that_of_the_one_before() {
        let habits = Habits::default();
        let (large, other) = (wheel("a"), wheel("b"));
        assert_eq!(habits.tail(&large), TAIL);

        habits.took(&large, 4 * TAIL);
        assert!((4 * TAIL..5 * TAIL).contains(&habits.tail(&large)));
        habits.took(&large, MOST_TAIL);
        assert!(habits.tail(&large) < 5 * TAIL);
        assert_eq!(habits.tail(&other), TAIL);
    }
}
