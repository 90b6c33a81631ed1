//! What somebody wanted, out of what is installed: the packages that no other one needs, of packages
//! that need each other in a circle one, with the extras that bring the others.

use std::collections::{BTreeMap, BTreeSet};

use crate::package::{ExtraName, PackageName, Requirement};
use crate::target::Target;

/// So many packages that nothing else needs have to come by an extra for it to be meant.
const ENOUGH: usize = 2;

/// What installs, and is there in every environment.
const TOOLS: &[&str] = &["distribute", "pip", "setuptools", "uv", "wheel"];

/// So many extras of a package are looked at.
const MOST_EXTRAS: usize = 200;

/// A package that is there, with what it requires.
#[derive(Clone, Debug)]
pub struct Member {
    /// The project.
    pub name: PackageName,
    /// The extras of it that are known to be asked for.
    pub extras: Vec<ExtraName>,
    /// The extras that it offers, as far as that is known.
    pub offered: Vec<ExtraName>,
    /// What it requires, with its markers.
    pub needs: Vec<Requirement>,
    /// Whether it is known that somebody asked for it by name.
    pub is_requested: bool,
}

/// A package that somebody wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// Which of the members it is.
    pub member: usize,
    /// The extras of it that bring others.
    pub extras: Vec<ExtraName>,
}

/// Whether a package installs others, and is there whether or not anybody wanted it.
pub fn is_tool(name: &PackageName) -> bool {
    TOOLS.contains(&(name.as_ref() as &str))
}

/// Returns what was wanted of the members on a target, in their order.
pub fn intents(members: &[Member], target: &Target) -> Vec<Intent> {
    let mut web = Web::new(members, target);
    let first: BTreeSet<usize> = web.roots().into_iter().collect();
    let meant: Vec<(usize, ExtraName)> = first
        .iter()
        .flat_map(|at| web.meant_extras(*at, &first))
        .collect();
    for (at, extra) in &meant {
        web.extras[*at].insert(extra.clone());
    }
    if !meant.is_empty() {
        web.connect();
    }
    let roots = web.roots().into_iter();
    let intents = roots.map(|member| Intent {
        member,
        extras: {
            let known = members[member].extras.iter();
            let new = meant.iter().filter(|(at, _)| *at == member);
            let all: BTreeSet<&ExtraName> = known.chain(new.map(|(_, extra)| extra)).collect();
            all.into_iter().cloned().collect()
        },
    });
    intents.collect()
}

/// Who needs whom.
struct Web<'a> {
    members: &'a [Member],
    target: &'a Target,
    by_name: BTreeMap<&'a PackageName, usize>,
    extras: Vec<BTreeSet<ExtraName>>,
    needs: Vec<Vec<usize>>,
}

impl<'a> Web<'a> {
    fn new(members: &'a [Member], target: &'a Target) -> Self {
        let names = members.iter().enumerate();
        let extras = members.iter().map(|it| it.extras.iter().cloned().collect());
        let mut web = Self {
            members,
            target,
            by_name: names.map(|(at, member)| (&member.name, at)).collect(),
            extras: extras.collect(),
            needs: Vec::new(),
        };
        web.connect();
        web
    }

    /// Follows what the members require, with the extras that they ask of each other.
    fn connect(&mut self) {
        self.needs = vec![Vec::new(); self.members.len()];
        let mut waiting: Vec<usize> = (0..self.members.len()).collect();
        // A member comes again only with more extras, and there are no more than are named.
        while let Some(at) = waiting.pop() {
            let extras: Vec<ExtraName> = self.extras[at].iter().cloned().collect();
            let mut needed = Vec::new();
            for (need, other) in self.holding(at, &extras) {
                let before = self.extras[other].len();
                let asked = need.extras.iter().cloned();
                self.extras[other].extend(asked);
                if self.extras[other].len() > before {
                    waiting.push(other);
                }
                needed.push(other);
            }
            self.needs[at] = needed;
        }
    }

    /// Returns what a member requires of the others, with these extras.
    fn holding(&self, at: usize, extras: &[ExtraName]) -> Vec<(&'a Requirement, usize)> {
        let environment = self.target.environment();
        let needs = self.members[at].needs.iter();
        let holding = needs.filter(|need| need.marker.holds(environment, extras));
        let known = holding.filter_map(|need| Some((need, *self.by_name.get(&need.name)?)));
        known.filter(|(_, other)| *other != at).collect()
    }

    /// Returns the members from which all others are reached, in order. Of a circle that nothing
    /// else needs it is one that was asked for, else the first.
    fn roots(&self) -> Vec<usize> {
        let mut is_needed = vec![false; self.members.len()];
        for other in self.needs.iter().flatten() {
            is_needed[*other] = true;
        }
        let requested = self.members.iter().filter(|it| it.is_requested).count();
        // Where all were asked for, as from a list of everything, that tells nothing.
        let is_telling = requested < self.members.len();
        let mut roots: Vec<usize> = (0..self.members.len())
            .filter(|at| !is_needed[*at] || is_telling && self.members[*at].is_requested)
            .collect();
        let mut reached = vec![false; self.members.len()];
        for root in &roots {
            self.reach(*root, &mut reached);
        }
        for at in self.by_finish() {
            if !reached[at] {
                let chosen = self.spokesman(at);
                roots.push(chosen);
                self.reach(chosen, &mut reached);
            }
        }
        roots.sort_unstable();
        roots
    }

    fn reach(&self, from: usize, reached: &mut [bool]) {
        let mut waiting = vec![from];
        while let Some(at) = waiting.pop() {
            if !std::mem::replace(&mut reached[at], true) {
                waiting.extend(self.needs[at].iter().filter(|other| !reached[**other]));
            }
        }
    }

    /// Returns the members, those first from which a walk ended last: each is met before all that
    /// only it leads to.
    fn by_finish(&self) -> Vec<usize> {
        let mut finished = Vec::with_capacity(self.members.len());
        let mut seen = vec![false; self.members.len()];
        for start in 0..self.members.len() {
            let mut open = vec![(start, 0)];
            if std::mem::replace(&mut seen[start], true) {
                continue;
            }
            while let Some((at, next)) = open.pop() {
                match self.needs[at].get(next) {
                    Some(other) => {
                        open.push((at, next + 1));
                        if !std::mem::replace(&mut seen[*other], true) {
                            open.push((*other, 0));
                        }
                    }
                    None => finished.push(at),
                }
            }
        }
        finished.reverse();
        finished
    }

    /// Returns who stands for the circle of a member: all of it is reached from each of it.
    fn spokesman(&self, at: usize) -> usize {
        let mut from = vec![false; self.members.len()];
        self.reach(at, &mut from);
        let mut into: Vec<Vec<usize>> = vec![Vec::new(); self.members.len()];
        for (one, others) in self.needs.iter().enumerate() {
            for other in others {
                into[*other].push(one);
            }
        }
        let mut circle = BTreeSet::new();
        let mut waiting = vec![at];
        while let Some(one) = waiting.pop() {
            if from[one] && circle.insert(one) {
                waiting.extend(&into[one]);
            }
        }
        let mut requested = circle.iter().filter(|it| self.members[**it].is_requested);
        *requested.next().or(circle.first()).unwrap_or(&at)
    }

    /// Returns the extras of a member that are meant: everything that they bring is there, and
    /// enough of it is there for nothing else.
    fn meant_extras(&self, at: usize, roots: &BTreeSet<usize>) -> Vec<(usize, ExtraName)> {
        let environment = self.target.environment();
        let member = &self.members[at];
        let known: Vec<ExtraName> = self.extras[at].iter().cloned().collect();
        let offered = member.offered.iter().filter(|it| !known.contains(it));
        let is_meant = |extra: &&ExtraName| {
            let with: Vec<ExtraName> = known.iter().chain([*extra]).cloned().collect();
            let brought = member.needs.iter().filter(|need| {
                need.marker.holds(environment, &with) && !need.marker.holds(environment, &known)
            });
            let brought: Option<BTreeSet<usize>> = brought
                .map(|need| self.by_name.get(&need.name).copied())
                .collect();
            brought.is_some_and(|it| {
                it.intersection(roots).filter(|other| **other != at).count() >= ENOUGH
            })
        };
        offered
            .take(MOST_EXTRAS)
            .filter(is_meant)
            .map(|extra| (at, extra.clone()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, needs: &[&str]) -> Member {
        let needs = needs.iter().map(|text| Requirement::parse(text).unwrap());
        Member {
            name: name.parse().unwrap(),
            extras: Vec::new(),
            offered: Vec::new(),
            needs: needs.collect(),
            is_requested: false,
        }
    }

    fn offering(mut member: Member, extras: &[&str]) -> Member {
        let extras = extras.iter().map(|it| ExtraName::new((*it).to_owned()));
        member.offered = extras.map(Result::unwrap).collect();
        member
    }

    #[track_caller]
    fn check(members: &[Member], expected: &[&str]) {
        let target = Target::new("3.12".parse().unwrap(), "linux".parse().unwrap());
        let told: Vec<String> = intents(members, &target)
            .iter()
            .map(|intent| {
                let extras: Vec<&str> = intent.extras.iter().map(|it| it.as_ref()).collect();
                let name = &members[intent.member].name;
                match extras.as_slice() {
                    [] => name.to_string(),
                    extras => format!("{name}[{}]", extras.join(",")),
                }
            })
            .collect();

        assert_eq!(told, expected);
    }

    #[test]
    fn what_another_package_needs_was_not_wanted_for_itself() {
        let a = member("a", &["b>=1", "c; sys_platform == 'win32'", "d[fast]"]);
        let d = member("d", &["e; extra == 'fast'", "f; extra == 'slow'"]);
        let rest = ["b", "c", "e", "f"].map(|name| member(name, &[]));
        let [b, c, e, f] = rest;

        check(&[a, b, c, d, e, f], &["a", "c", "f"]);
    }

    #[test]
    fn of_a_circle_one_is_wanted() {
        let mut two = [
            member("a", &["b"]),
            member("b", &["a", "c"]),
            member("c", &["d"]),
            member("d", &["c"]),
            member("e", &["e"]),
        ];
        check(&two, &["a", "e"]);
        two[1].is_requested = true;
        check(&two, &["b", "e"]);
    }

    #[test]
    fn what_was_asked_for_stays_unless_everything_was() {
        let mut all = [member("a", &["b"]), member("b", &[])];
        all[1].is_requested = true;
        check(&all, &["a", "b"]);
        all[0].is_requested = true;
        check(&all, &["a"]);
    }

    #[test]
    fn an_extra_is_meant_that_explains_several_packages() {
        let needs = [
            "x; extra == 'all'",
            "y; extra == 'all'",
            "x; extra == 'one'",
        ];
        let a = offering(member("a", &needs), &["all", "one"]);
        let [x, y] = ["x", "y"].map(|name| member(name, &[]));

        check(&[a.clone(), x.clone(), y], &["a[all]"]);
        check(&[a, x], &["a", "x"]);
    }

    #[test]
    fn long_chains_and_circles_take_no_stack() {
        let name = |at: usize| format!("p{at}");
        let chain = (0..50_000).map(|at| member(&name(at), &[&name((at + 1) % 50_000)]));
        let chain: Vec<Member> = chain.collect();

        check(&chain, &["p0"]);
    }
}
