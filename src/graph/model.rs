//! The packages of a lock that count on one target, as nodes, with what connects them.

use std::collections::{BTreeMap, HashSet};

use super::extras::asked_for;
use crate::lock::{Lock, LockedDeclaration, LockedPackage};
use crate::package::{
    Choice, DeclarationKind, ExtraName, Marker, MarkerTexts, PackageName, Requirement, entry_holds,
};
use crate::target::Target;

/// Packages and what connects them. A package is a position in [`Graph::packages`]; they stand in
/// the lock's order, by name.
#[derive(Debug)]
pub struct Graph<'l> {
    lock: &'l Lock,
    packages: Vec<&'l LockedPackage>,
    extras: Vec<Vec<ExtraName>>,
    roots: Vec<Root<'l>>,
    needs: Vec<Vec<Link<'l>>>,
    needed_by: Vec<Vec<Link<'l>>>,
}

/// Where paths begin.
#[derive(Clone, Debug)]
pub struct Root<'l> {
    /// The declaration; none in locks that keep none, where a package that nothing needs is a root.
    pub declaration: Option<&'l LockedDeclaration>,
    /// The package.
    pub package: usize,
}

/// That one package needs another.
#[derive(Clone, Debug)]
pub struct Link<'l> {
    /// Who needs.
    pub from: usize,
    /// What is needed.
    pub to: usize,
    /// The requirements that say so, each wording once.
    pub requirements: Vec<&'l Requirement>,
}

impl Link<'_> {
    /// Returns the extra of the needing package under which alone the need holds.
    pub fn extra(&self) -> Option<ExtraName> {
        let extras = self.requirements.iter().map(|requirement| {
            let text = requirement.marker.text();
            extra_named_in(text)
        });
        let extras: Option<Vec<ExtraName>> = extras.collect();
        extras?.into_iter().next()
    }

    /// Returns the specifiers of all its requirements, as one text; empty for any version.
    pub fn specifiers(&self) -> String {
        let mut texts: Vec<&str> = self
            .requirements
            .iter()
            .filter(|requirement| requirement.url.is_none())
            .map(|requirement| requirement.specifiers.text())
            .filter(|text| !text.is_empty())
            .collect();
        texts.sort_unstable();
        texts.dedup();
        texts.join(",")
    }
}

/// Returns the extra of `… extra == 'name' …`.
fn extra_named_in(marker: &str) -> Option<ExtraName> {
    let (_, rest) = marker.split_once("extra")?;
    let rest = rest.trim_start().strip_prefix("==")?.trim_start();
    let quote = rest.chars().next().filter(|c| ['\'', '"'].contains(c))?;
    let name = rest[1..].split(quote).next()?;
    ExtraName::new(name.to_owned()).ok()
}

impl<'l> Graph<'l> {
    /// Connects the packages of a lock that are installed on a target; without one, all of them. What
    /// an installer may choose counts.
    pub fn new(lock: &'l Lock, target: Option<&Target>) -> Self {
        Self::chosen(lock, target, None)
    }

    /// The same where some extras and groups of the lock, and no others, are chosen.
    pub fn chosen(lock: &'l Lock, target: Option<&Target>, made: Option<&[Choice]>) -> Self {
        let markers = &mut MarkerTexts::default();
        let mut holds = |marker: &str, extras: &[ExtraName]| {
            let read = markers.parse(marker).ok();
            let both = read.zip(target);
            both.is_none_or(|(marker, target)| marker.holds(target.environment(), extras))
        };
        let packages: Vec<&LockedPackage> = lock
            .packages
            .iter()
            .filter(|package| {
                let marker = package.marker.as_deref();
                let known = marker.zip(target).zip(made);
                let under_choices = known.and_then(|((marker, target), made)| {
                    entry_holds(marker, target.environment(), made)
                });
                let is_met = || marker.is_none_or(|marker| holds(marker, &[]));
                under_choices.unwrap_or_else(is_met)
            })
            .collect();
        let mut graph = Self {
            lock,
            extras: Vec::new(),
            needs: vec![Vec::new(); packages.len()],
            needed_by: vec![Vec::new(); packages.len()],
            roots: Vec::new(),
            packages,
        };
        graph.extras = graph.extras_on(target, made);
        for from in 0..graph.packages.len() {
            let package = graph.packages[from];
            let extras = &graph.extras[from];
            let edges = package.edges.iter().filter(|edge| {
                let marker = edge.requirement.marker.text();
                marker.is_empty() || holds(marker, extras)
            });
            let edges: Vec<_> = edges.collect();
            for edge in edges {
                graph.connect(from, &edge.requirement, edge.version.as_ref());
            }
        }
        graph.find_roots(target, made);
        graph
    }

    /// Returns which extras of each package are asked for; all that there are, without a target.
    fn extras_on(&self, target: Option<&Target>, made: Option<&[Choice]>) -> Vec<Vec<ExtraName>> {
        let Some(target) = target else {
            return self.packages.iter().map(|it| it.extras.clone()).collect();
        };
        let all = self.declarations_where(|_| true, Some(target));
        let holds =
            |marker: &Marker, extras: &[ExtraName]| marker.holds(target.environment(), extras);
        asked_for(self.lock, &self.packages, &self.asked(all, made), &holds)
    }

    /// Returns those of some declarations that count with what is chosen.
    fn asked(
        &self,
        declared: Vec<(usize, &'l LockedDeclaration)>,
        made: Option<&[Choice]>,
    ) -> Vec<&'l LockedDeclaration> {
        let offered = made.map(|_| self.lock.offered()).unwrap_or_default();
        let is_asked = |declaration: &&LockedDeclaration| {
            let choice = declaration.section.as_deref().and_then(Choice::of_section);
            let choice = choice.filter(|choice| offered.contains(choice));
            choice
                .zip(made)
                .is_none_or(|(choice, made)| made.contains(&choice))
        };
        declared
            .into_iter()
            .map(|(_, it)| it)
            .filter(is_asked)
            .collect()
    }

    fn connect(
        &mut self,
        from: usize,
        requirement: &'l Requirement,
        version: Option<&crate::package::Version>,
    ) {
        let named = self.named(&requirement.name);
        let answers = |at: &usize| {
            let locked = self.packages[*at].version.as_ref();
            version.is_none() || locked.is_none() || locked == version
        };
        let to: Vec<usize> = named.filter(answers).filter(|to| *to != from).collect();
        for to in to {
            match self.needs[from].iter_mut().find(|link| link.to == to) {
                Some(link) if link.requirements.contains(&requirement) => {}
                Some(link) => link.requirements.push(requirement),
                None => self.needs[from].push(Link {
                    from,
                    to,
                    requirements: vec![requirement],
                }),
            }
        }
    }

    fn find_roots(&mut self, target: Option<&Target>, made: Option<&[Choice]>) {
        for links in &mut self.needs {
            links.sort_by_key(|link| link.to);
            for link in links.iter() {
                self.needed_by[link.to].push(link.clone());
            }
        }
        let declared = self.declarations(DeclarationKind::Requirement, target);
        let declared = self.asked(declared, made);
        // Groups that include each other ask for the same in each, and a lock may not say where.
        let mut told = HashSet::new();
        for declaration in declared {
            if !told.insert((&declaration.text, declaration.place())) {
                continue;
            }
            let named: Vec<usize> = self.named(&declaration.name).collect();
            self.roots.extend(named.into_iter().map(|package| Root {
                declaration: Some(declaration),
                package,
            }));
        }
        if self.roots.is_empty() {
            let is_top = |at: &usize| self.needed_by[*at].is_empty();
            let tops: Vec<usize> = (0..self.packages.len()).filter(is_top).collect();
            self.roots.extend(tops.into_iter().map(undeclared));
        }
        self.root_circles();
    }

    /// Of packages that need each other in a circle and that nothing else needs, the first is a
    /// root.
    fn root_circles(&mut self) {
        let roots: Vec<usize> = self.roots.iter().map(|root| root.package).collect();
        let mut is_reached = vec![false; self.packages.len()];
        self.mark(&roots, &mut is_reached);
        for at in 0..self.packages.len() {
            if !is_reached[at] {
                self.roots.push(undeclared(at));
                self.mark(&[at], &mut is_reached);
            }
        }
    }

    fn mark(&self, from: &[usize], is_reached: &mut [bool]) {
        let mut waiting = from.to_vec();
        while let Some(at) = waiting.pop() {
            if !std::mem::replace(&mut is_reached[at], true) {
                waiting.extend(self.needs[at].iter().map(|link| link.to));
            }
        }
    }

    /// Returns the declarations of a kind that count on the target, each with its position in the
    /// lock's record.
    pub fn declarations(
        &self,
        kind: DeclarationKind,
        target: Option<&Target>,
    ) -> Vec<(usize, &'l LockedDeclaration)> {
        self.declarations_where(|it| it.kind == kind, target)
    }

    /// Returns those of them that speak of a package.
    pub fn declarations_of(
        &self,
        name: &PackageName,
        kind: DeclarationKind,
        target: Option<&Target>,
    ) -> Vec<(usize, &'l LockedDeclaration)> {
        self.declarations_where(|it| it.kind == kind && it.name == *name, target)
    }

    /// Reads only what is wanted: whether a declaration counts is told by its marker.
    fn declarations_where(
        &self,
        is_wanted: impl Fn(&LockedDeclaration) -> bool,
        target: Option<&Target>,
    ) -> Vec<(usize, &'l LockedDeclaration)> {
        let declared = self.lock.tool.iter().flat_map(|tool| &tool.declarations);
        let counts = |declaration: &LockedDeclaration| match target {
            None => declaration.applies,
            Some(target) => {
                let read = Requirement::parse(&declaration.text);
                read.map_or(declaration.applies, |requirement| {
                    requirement.marker.holds(target.environment(), &[])
                })
            }
        };
        declared
            .enumerate()
            .filter(|(_, declaration)| is_wanted(declaration) && counts(declaration))
            .collect()
    }

    /// Returns the lock.
    pub fn lock(&self) -> &'l Lock {
        self.lock
    }

    /// Returns the packages.
    pub fn packages(&self) -> &[&'l LockedPackage] {
        &self.packages
    }

    /// Returns the extras of a package that are asked for where it is installed.
    pub fn extras(&self, package: usize) -> &[ExtraName] {
        &self.extras[package]
    }

    /// Returns where paths begin, in the order of the declarations.
    pub fn roots(&self) -> &[Root<'l>] {
        &self.roots
    }

    /// Returns what a package needs, by name.
    pub fn needs(&self, package: usize) -> &[Link<'l>] {
        &self.needs[package]
    }

    /// Returns who needs a package, by name.
    pub fn needed_by(&self, package: usize) -> &[Link<'l>] {
        &self.needed_by[package]
    }

    /// Returns the link between two packages.
    pub fn link(&self, from: usize, to: usize) -> Option<&Link<'l>> {
        self.needs[from].iter().find(|link| link.to == to)
    }

    /// Returns the packages of a name: several where environments differ.
    pub fn named(&self, name: &PackageName) -> std::ops::Range<usize> {
        let from = self.packages.partition_point(|it| it.name < *name);
        let to = self.packages.partition_point(|it| it.name <= *name);
        from..to
    }

    /// Returns how many steps each package is from the roots; those of declarations are at 0.
    pub fn depths(&self) -> BTreeMap<usize, usize> {
        let mut depths = BTreeMap::new();
        let mut level: Vec<usize> = self.roots.iter().map(|root| root.package).collect();
        let mut depth = 0;
        while !level.is_empty() {
            level.retain(|at| {
                let is_new = !depths.contains_key(at);
                depths.entry(*at).or_insert(depth);
                is_new
            });
            let next = level.iter().flat_map(|at| &self.needs[*at]);
            level = next.map(|link| link.to).collect();
            depth += 1;
        }
        depths
    }
}

fn undeclared<'l>(package: usize) -> Root<'l> {
    Root {
        declaration: None,
        package,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::testing::lock;

    #[test]
    fn edges_go_both_ways_and_parallel_ones_are_one_link() {
        let lock = lock(
            &["requirements.in:3 a"],
            &["a 1: b>=1, b<3, a[x]", "b 2: a", "c 1:"],
        );
        let graph = Graph::new(&lock, None);

        assert_eq!(graph.needs(0).len(), 1);
        assert_eq!(graph.needs(0)[0].specifiers(), "<3,>=1");
        assert_eq!(graph.needed_by(0)[0].from, 1);
        assert_eq!(graph.link(1, 0).unwrap().specifiers(), "");
    }

    #[test]
    fn what_no_declaration_reaches_is_a_root_of_its_own() {
        let lock = lock(&["requirements.in:3 a"], &["a 1:", "b 1: c", "c 1: b"]);
        let graph = Graph::new(&lock, None);
        let roots: Vec<usize> = graph.roots().iter().map(|root| root.package).collect();

        assert_eq!(roots, [0, 1]);
    }

    #[test]
    fn on_a_target_only_what_holds_there_counts() {
        let lock = lock(
            &[
                "requirements.in:1 a",
                "requirements.in:2 c ; os_name == 'nt'",
            ],
            &[
                "a 1: b ; os_name == 'nt', c>=1 ; os_name != 'nt'",
                "b 1:",
                "c 1:",
            ],
        );
        let target =
            |platform: &str| Target::new("3.12".parse().unwrap(), platform.parse().unwrap());
        let needs = |platform: &str| {
            let target = target(platform);
            let graph = Graph::new(&lock, Some(&target));
            let needs = graph.needs(0).iter();
            let names: Vec<String> = needs
                .map(|link| graph.packages()[link.to].name.to_string())
                .collect();
            (names, graph.roots().len())
        };

        assert_eq!(needs("linux"), (vec!["c".to_owned()], 2));
        assert_eq!(needs("windows"), (vec!["b".to_owned()], 2));
    }

    #[test]
    fn the_extra_of_a_link_is_that_of_its_marker() {
        assert_eq!(
            extra_named_in("os_name == 'nt' and extra == \"fast\"")
                .unwrap()
                .as_ref(),
            "fast"
        );
        assert!(extra_named_in("os_name == 'nt'").is_none());
    }
}
