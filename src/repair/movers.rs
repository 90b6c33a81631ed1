//! Where the search begins among many conflicts: with the declarations that mend each of them alone.
//!
//! Twenty conflicts of two pins each have a million sets that touch all of them. So each conflict is
//! asked by itself which of its declarations does best, and the answers are put together.

use super::cost::Cost;
use super::relax::relaxed;
use super::search::{Search, Set};
use crate::solve::{Core, Failure, Outcome, part_of};

/// Up to so many sets are tried one after the other, each growing conflict by conflict.
const MOST_CHOICES: usize = 16;
/// From so many sets the search begins otherwise.
const MOST_STARTS: usize = 3;

impl Search<'_> {
    /// Returns the sets to begin with: the empty one where few sets touch all conflicts.
    pub(super) fn starts(&self, movable: &[Set]) -> Result<Vec<Set>, Failure> {
        let choices = movable
            .iter()
            .try_fold(1_usize, |product, core| product.checked_mul(core.len()));
        if choices.is_some_and(|choices| choices <= MOST_CHOICES) {
            return Ok(vec![Set::new()]);
        }
        let mut movers: Vec<Vec<Set>> = Vec::new();
        for (core, movable) in self.cores.iter().zip(movable) {
            movers.push(self.movers(core, movable)?);
        }
        let best: Set = movers
            .iter()
            .filter_map(|it| it.first())
            .flatten()
            .copied()
            .collect();
        let others = movers.iter().filter_map(|it| {
            let (first, second) = (it.first()?, it.get(1)?);
            let mut other = &best - first;
            other.extend(second);
            Some(other)
        });
        Ok(std::iter::once(best.clone())
            .chain(others)
            .take(MOST_STARTS)
            .collect())
    }

    /// Returns the declarations that mend a conflict alone, the smallest change first; where none
    /// does, all of them together.
    fn movers(&self, core: &Core, movable: &Set) -> Result<Vec<Set>, Failure> {
        if movable.len() < 2 {
            return Ok(vec![movable.clone()]);
        }
        let part = part_of(self.question, &core.declarations.iter().copied().collect());
        let mut found: Vec<(Cost, usize)> = Vec::new();
        for &at in movable {
            for side in self.sides(at) {
                let way = [(at, side)];
                let outcome = self.effort.solve(&relaxed(&part, &way), self.catalog)?;
                let Some(Outcome::Solved(resolution)) = outcome else {
                    continue;
                };
                if let Some((cost, _)) = self.moved(&way, &resolution) {
                    found.push((cost, at));
                    break;
                }
            }
        }
        found.sort();
        let found = found.into_iter().map(|(_, at)| Set::from([at]));
        let found: Vec<Set> = found.collect();
        Ok(match found.is_empty() {
            true => vec![movable.clone()],
            false => found,
        })
    }
}
