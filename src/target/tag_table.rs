//! The wheel tags that several Pythons accept on several platforms, and which of those Pythons: a
//! table, because a region judges the tags of whole indexes, for many Pythons at once.

use std::sync::{Mutex, PoisonError};

use foldhash::HashMap;

use super::platform_tags::platform_tags;
use super::tags::CompressedSet;
use super::{Misfit, Platform, PythonVersion, TagSet};

/// The accepted tags, with what accepts them.
#[derive(Debug, Default)]
pub struct TagTable {
    /// By interpreter and ABI, of wheels for one of the platforms.
    rows: HashMap<Box<str>, HashMap<Box<str>, Accepted>>,
    /// By interpreter, of wheels with no ABI for any platform.
    portable: HashMap<Box<str>, Accepted>,
    platforms: HashMap<Box<str>, u32>,
    /// What was judged before: the same few sets of tags recur on every page.
    judged: Mutex<HashMap<Box<str>, Result<Accepted, Misfit>>>,
}

/// How good a tag is, and for which Pythons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Less is better.
    pub rank: u32,
    /// A bit for each Python, in the order in which they were given.
    pub pythons: u64,
}

impl TagTable {
    /// Works out the tags that some of these Pythons accept on some of these platforms. Those of an
    /// earlier one are better; Pythons beyond the 64th have no bit of their own.
    pub(super) fn new<'p>(
        pythons: &[PythonVersion],
        platforms: impl Iterator<Item = &'p Platform>,
    ) -> Self {
        let mut table = Self::default();
        for tag in platforms.flat_map(platform_tags) {
            let next = table.platforms.len() as u32;
            table.platforms.entry(tag.into()).or_insert(next);
        }
        let (mut rank, mut portable_rank) = (0, 0);
        for (at, python) in pythons.iter().enumerate() {
            let bit = 1_u64.checked_shl(at as u32).unwrap_or(0);
            let (rows, portable) = TagSet::rows_of(python);
            for (interpreter, abi) in rows {
                let abis = table.rows.entry(interpreter).or_default();
                accept(
                    abis.entry(abi).or_insert(Accepted { rank, pythons: 0 }),
                    bit,
                    &mut rank,
                );
            }
            for interpreter in portable {
                let accepted = Accepted {
                    rank: portable_rank,
                    pythons: 0,
                };
                let known = table.portable.entry(interpreter).or_insert(accepted);
                accept(known, bit, &mut portable_rank);
            }
        }
        table
    }

    /// Returns how good a compressed set such as `py2.py3-none-any` is and for which Pythons, or the
    /// first axis on which it does not fit.
    pub fn judge(&self, tags: &str) -> Result<Accepted, Misfit> {
        let mut judged = self.judged.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(verdict) = judged.get(tags) {
            return *verdict;
        }
        let verdict = match tags.bytes().any(|byte| byte.is_ascii_uppercase()) {
            true => self.judge_anew(&tags.to_ascii_lowercase()),
            false => self.judge_anew(tags),
        };
        judged.insert(tags.into(), verdict);
        verdict
    }

    fn judge_anew(&self, tags: &str) -> Result<Accepted, Misfit> {
        let Some(set) = CompressedSet::split(tags) else {
            return Err(Misfit::Python);
        };
        let mut best: Option<Accepted> = None;
        let rows = set.interpreters().filter_map(|py| self.rows.get(py));
        for row in rows.flat_map(|row| set.abis().filter_map(|abi| row.get(abi))) {
            best = Some(joined(best, *row));
        }
        let platforms = set.platforms();
        let platform = platforms
            .filter_map(|platform| self.platforms.get(platform))
            .min();
        let count = self.platforms.len() as u32;
        if let (Some(row), Some(platform)) = (best, platform) {
            let rank = row.rank.saturating_mul(count).saturating_add(*platform);
            return Ok(Accepted { rank, ..row });
        }
        let is_portable = set.platforms().any(|platform| platform == "any")
            && set.abis().any(|abi| abi == "none");
        let portable = set.interpreters().filter_map(|py| self.portable.get(py));
        let portable = portable.fold(None, |best, accepted| Some(joined(best, *accepted)));
        match portable.filter(|_| is_portable) {
            Some(accepted) => {
                let rank = (u32::MAX / 2).saturating_add(accepted.rank);
                Ok(Accepted { rank, ..accepted })
            }
            None if best.is_some() => Err(Misfit::Platform),
            None => Err(Misfit::Python),
        }
    }
}

/// Notes one more Python; the next tag that is met for the first time is worse.
fn accept(accepted: &mut Accepted, bit: u64, rank: &mut u32) {
    if accepted.rank == *rank {
        *rank += 1;
    }
    accepted.pythons |= bit;
}

fn joined(best: Option<Accepted>, other: Accepted) -> Accepted {
    best.map_or(other, |best| Accepted {
        rank: best.rank.min(other.rank),
        pythons: best.pythons | other.pythons,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_accepts_what_the_sets_of_its_pythons_do() {
        let pythons: Vec<PythonVersion> = ["3.10", "3.12", "3.13t"]
            .map(|it| it.parse().unwrap())
            .into();
        let platforms: Vec<Platform> = ["linux", "windows"].map(|it| it.parse().unwrap()).into();
        let table = TagTable::new(&pythons, platforms.iter());
        for tags in [
            "py3-none-any",
            "py2.py3-none-any",
            "py2-none-any",
            "cp310-cp310-manylinux_2_17_x86_64.manylinux2014_x86_64",
            "cp312-cp312-win_amd64",
            "cp311-cp311-win_amd64",
            "cp39-abi3-manylinux_2_28_x86_64",
            "cp313-cp313t-win_amd64",
            "cp312-cp312-macosx_11_0_arm64",
            "CP312-CP312-WIN_AMD64",
        ] {
            let mut expected = 0;
            for (at, python) in pythons.iter().enumerate() {
                let mut sets = platforms.iter().map(|it| TagSet::new(python, it));
                expected |= u64::from(sets.any(|set| set.rank(tags).is_ok())) << at;
            }
            assert_eq!(
                table.judge(tags).map_or(0, |it| it.pythons),
                expected,
                "{tags}"
            );
        }
    }
}
