//! The paths from the declarations to a package: the shortest first, the rest counted.
//!
//! A path visits no package twice. Where packages need each other in no circle, the number of
//! paths is a sum over the graph, however many there are; else they are counted one by one, up to a
//! bound.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::Graph;

/// One path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path {
    /// The position of its beginning in [`Graph::roots`].
    pub root: usize,
    /// The packages from the root's to the one in question.
    pub packages: Vec<usize>,
}

/// Paths to a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// The shortest, in order of length, then of the declarations, then of names.
    pub shortest: Vec<Path>,
    /// How many there are in all.
    pub total: Total,
}

/// How many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Total {
    /// So many.
    Exactly(u64),
    /// More than were counted.
    MoreThan(u64),
}

/// Nobody reads more paths.
const MOST_PATHS: usize = 10_000;

/// Where paths cannot be added up, this many steps are walked to count them.
const MOST_STEPS: u64 = 1_000_000;

impl Graph<'_> {
    /// Finds the paths to a package: the `most` shortest of them.
    pub fn paths_to(&self, target: usize, most: usize) -> Paths {
        let shortest = self.shortest(target, most.min(MOST_PATHS));
        let total = match self.sum_of_paths(target) {
            Some(total) => total,
            None => self.count_of_paths(target),
        };
        Paths { shortest, total }
    }

    /// Finds the first of the shortest paths to a package, and counts none.
    pub fn shortest_path(&self, target: usize) -> Option<Path> {
        self.shortest(target, 1).into_iter().next()
    }

    /// Finds the `most` shortest paths to a package, and counts none: to count them all can take
    /// long.
    pub fn shortest_paths(&self, target: usize, most: usize) -> Vec<Path> {
        self.shortest(target, most.min(MOST_PATHS))
    }

    /// Walks from the roots, best first: what lies ahead is known to the step where no circle is
    /// in the way, so that hardly a step is made in vain.
    fn shortest(&self, target: usize, most: usize) -> Vec<Path> {
        let ahead = self.distances_to(target);
        let mut waiting = BinaryHeap::new();
        for (root, begin) in self.roots().iter().enumerate() {
            if let Some(steps) = ahead[begin.package] {
                let packages = vec![begin.package];
                waiting.push(Reverse((steps, Path { root, packages })));
            }
        }
        let mut found = Vec::new();
        let mut steps = 0;
        while let Some(Reverse((_, path))) = waiting.pop()
            && found.len() < most
            && steps < MOST_STEPS
        {
            steps += 1;
            let Some(&last) = path.packages.last() else {
                continue;
            };
            if last == target {
                found.push(path);
                continue;
            }
            for link in self.needs(last) {
                let Some(rest) = ahead[link.to] else { continue };
                if path.packages.contains(&link.to) {
                    continue;
                }
                let mut longer = path.clone();
                longer.packages.push(link.to);
                let length = longer.packages.len() - 1 + rest;
                waiting.push(Reverse((length, longer)));
            }
        }
        found
    }

    /// Returns how many steps each package is from the target, for those that lead there.
    fn distances_to(&self, target: usize) -> Vec<Option<usize>> {
        let mut distances = vec![None; self.packages().len()];
        let mut level = vec![target];
        let mut distance = 0;
        while !level.is_empty() {
            level.retain(|at| {
                let is_new = distances[*at].is_none();
                if is_new {
                    distances[*at] = Some(distance);
                }
                is_new
            });
            let before = level.iter().flat_map(|at| self.needed_by(*at));
            level = before.map(|link| link.from).collect();
            distance += 1;
        }
        distances
    }

    /// Adds up the paths along an order in which every package stands behind those that need it;
    /// none where there is no such order.
    fn sum_of_paths(&self, target: usize) -> Option<Total> {
        let ahead = self.distances_to(target);
        let leads_there = |at: usize| ahead[at].is_some() && at != target;
        let mut open: Vec<usize> = vec![0; ahead.len()];
        let mut sums: Vec<u64> = vec![0; ahead.len()];
        for root in self.roots() {
            sums[root.package] = sums[root.package].saturating_add(1);
        }
        let mut ready = Vec::new();
        let mut left = 0;
        for (at, open) in open.iter_mut().enumerate() {
            if ahead[at].is_none() {
                continue;
            }
            left += 1;
            let before = self.needed_by(at).iter();
            *open = before.filter(|link| leads_there(link.from)).count();
            if *open == 0 {
                ready.push(at);
            }
        }
        while let Some(at) = ready.pop() {
            left -= 1;
            if at == target {
                continue;
            }
            let ahead_of_it = self
                .needs(at)
                .iter()
                .filter(|link| ahead[link.to].is_some());
            for link in ahead_of_it {
                sums[link.to] = sums[link.to].saturating_add(sums[at]);
                open[link.to] -= 1;
                if open[link.to] == 0 {
                    ready.push(link.to);
                }
            }
        }
        (left == 0).then(|| match sums[target] {
            u64::MAX => Total::MoreThan(u64::MAX - 1),
            sum => Total::Exactly(sum),
        })
    }

    /// Walks all paths backwards from the target, and counts those that end at a root.
    fn count_of_paths(&self, target: usize) -> Total {
        let mut begins: Vec<u64> = vec![0; self.packages().len()];
        for root in self.roots() {
            begins[root.package] += 1;
        }
        let mut count = begins[target];
        let mut is_on_path = vec![false; begins.len()];
        is_on_path[target] = true;
        // Each entry is a package of the path, and the next of those that need it.
        let mut path = vec![(target, 0)];
        let mut steps = 0;
        while let Some((at, next)) = path.last_mut() {
            let Some(link) = self.needed_by(*at).get(*next) else {
                is_on_path[*at] = false;
                path.pop();
                continue;
            };
            *next += 1;
            if is_on_path[link.from] {
                continue;
            }
            steps += 1;
            if steps > MOST_STEPS {
                return Total::MoreThan(count);
            }
            count += begins[link.from];
            is_on_path[link.from] = true;
            path.push((link.from, 0));
        }
        Total::Exactly(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::testing::lock;

    #[track_caller]
    fn check(declared: &[&str], packages: &[&str], target: &str, expected: &[&str], total: u64) {
        let lock = lock(declared, packages);
        let graph = Graph::new(&lock, None);
        let name = crate::package::PackageName::new(target.to_owned()).unwrap();
        let at = graph.named(&name).next().unwrap();
        let paths = graph.paths_to(at, 5);
        let told: Vec<String> = paths
            .shortest
            .iter()
            .map(|path| {
                let names = path.packages.iter();
                let names: Vec<&str> = names
                    .map(|at| graph.packages()[*at].name.as_ref())
                    .collect();
                format!("{} {}", path.root, names.join(" "))
            })
            .collect();

        assert_eq!(told, expected);
        assert_eq!(graph.shortest_path(at).as_ref(), paths.shortest.first());
        assert_eq!(paths.total, Total::Exactly(total));
    }

    #[test]
    fn the_shortest_path_comes_first() {
        check(
            &["r.in:1 a", "r.in:2 b", "r.in:3 d"],
            &["a 1: b", "b 1: c, d", "c 1: d", "d 1:"],
            "d",
            &["2 d", "1 b d", "0 a b d", "1 b c d", "0 a b c d"],
            5,
        );
    }

    #[test]
    fn what_leads_elsewhere_is_no_path() {
        check(
            &["r.in:1 a", "r.in:2 e"],
            &["a 1: b, c", "b 1:", "c 1:", "e 1:"],
            "b",
            &["0 a b"],
            1,
        );
    }

    #[test]
    fn circles_end_and_every_path_in_them_is_counted() {
        check(
            &["r.in:1 a", "r.in:2 b"],
            &["a 1: b", "b 1: a, c", "c 1: b"],
            "c",
            &["1 b c", "0 a b c"],
            2,
        );
        check(&["r.in:1 a"], &["a 1: b", "b 1: a"], "a", &["0 a"], 1);
    }

    #[test]
    fn more_paths_than_anyone_could_walk_are_added_up() {
        let mut packages: Vec<String> = Vec::new();
        for level in 0..40 {
            for side in ["x", "y"] {
                if (level, side) == (0, "y") {
                    continue;
                }
                let next = level + 1;
                packages.push(format!("p{level:02}{side} 1: p{next:02}x, p{next:02}y"));
            }
        }
        packages.extend(["p40x 1: z", "p40y 1: z", "z 1:"].map(str::to_owned));
        let packages: Vec<&str> = packages.iter().map(String::as_str).collect();
        let lock = lock(&["r.in:1 p00x"], &packages);
        let graph = Graph::new(&lock, None);
        let paths = graph.paths_to(graph.packages().len() - 1, 3);

        assert_eq!(paths.total, Total::Exactly(1 << 40));
        assert_eq!(paths.shortest.len(), 3);
    }

    #[test]
    fn every_path_is_found_and_counted_on_small_graphs() {
        // All graphs of four packages, with every package declared.
        for bits in 0u32..(1 << 12) {
            let names = ["a", "b", "c", "d"];
            let mut at = 0;
            let mut packages = Vec::new();
            for from in names {
                let mut needs = Vec::new();
                for to in names.iter().filter(|to| **to != from) {
                    if bits & (1 << at) != 0 {
                        needs.push(*to);
                    }
                    at += 1;
                }
                packages.push(format!("{from} 1: {}", needs.join(", ")));
            }
            let packages: Vec<&str> = packages.iter().map(String::as_str).collect();
            let lock = lock(&["r.in:1 a", "r.in:2 b"], &packages);
            let graph = Graph::new(&lock, None);
            let paths = graph.paths_to(3, usize::MAX);
            let lengths: Vec<usize> = paths.shortest.iter().map(|it| it.packages.len()).collect();

            assert_eq!(
                paths.total,
                Total::Exactly(paths.shortest.len() as u64),
                "{bits:b}"
            );
            assert!(lengths.is_sorted(), "{bits:b}");
        }
    }
}
