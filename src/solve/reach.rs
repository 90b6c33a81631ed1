//! Where each package of a region's answer is needed: along every path from the declarations the
//! markers hold together, and one path is enough.

use std::collections::{BTreeMap, VecDeque};

use super::question::Question;
use super::resolution::{Edge, Resolution, Resolved};
use crate::package::{
    DeclarationKind, ExtraName, MarkerTree, PackageName, Requirement, both, either,
};
use crate::target::Region;

/// Where the packages of an answer are needed.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    nodes: BTreeMap<Node, MarkerTree>,
}

/// A package, or one of its extras.
type Node = (PackageName, Option<ExtraName>);

impl Reach {
    /// Works out where the packages of an answer are needed in a region.
    pub fn of(question: &Question, region: &Region, resolution: &Resolution) -> Self {
        let packages = resolution.packages.iter();
        let mut walk = Walk {
            question,
            region,
            packages: packages.map(|package| (&package.name, package)).collect(),
            reach: Self::default(),
            waiting: VecDeque::new(),
        };
        for declaration in &question.declarations {
            if declaration.kind == DeclarationKind::Requirement {
                walk.follow(&declaration.requirement, &MarkerTree::TRUE, None);
            }
        }
        while let Some(((name, extra), from)) = walk.waiting.pop_front() {
            let Some(package) = walk.packages.get(&name).copied() else {
                continue;
            };
            let extras = extra.as_slice();
            for requirement in package.metadata.requires.asked(extras) {
                walk.follow(requirement, &from, extra.as_ref());
            }
        }
        walk.reach
    }

    /// Returns where a package is needed; nowhere, where it is not there.
    pub fn of_package(&self, name: &PackageName) -> MarkerTree {
        self.of_node(name, None)
    }

    fn of_node(&self, name: &PackageName, extra: Option<&ExtraName>) -> MarkerTree {
        let node = (name.clone(), extra.cloned());
        self.nodes.get(&node).cloned().unwrap_or(MarkerTree::FALSE)
    }

    /// Returns where an extra of a package is needed.
    pub fn of_extra(&self, name: &PackageName, extra: &ExtraName) -> MarkerTree {
        self.of_node(name, Some(extra))
    }

    /// Returns where a requirement of a package counts.
    pub fn of_edge(&self, region: &Region, package: &Resolved, edge: &Edge) -> MarkerTree {
        let extra = edge.extra.as_ref();
        let own = self.of_node(&package.name, extra);
        both(&own, &region.under(&edge.requirement.marker, extra).0)
    }
}

struct Walk<'w> {
    question: &'w Question,
    region: &'w Region,
    packages: BTreeMap<&'w PackageName, &'w Resolved>,
    reach: Reach,
    waiting: VecDeque<(Node, MarkerTree)>,
}

impl Walk<'_> {
    /// Goes from where something holds along a requirement of it.
    fn follow(&mut self, requirement: &Requirement, from: &MarkerTree, extra: Option<&ExtraName>) {
        let (own, is_met) = self.region.under(&requirement.marker, extra);
        if !is_met {
            return;
        }
        let here = both(from, &own);
        if here.is_false() || self.question.excludes.contains(&requirement.name) {
            return;
        }
        let question = self.question;
        let overrides: Vec<&Requirement> = question
            .declarations
            .iter()
            .filter(|it| it.kind == DeclarationKind::Override)
            .map(|it| &it.requirement)
            .filter(|it| it.name == requirement.name)
            .collect();
        if overrides.is_empty() {
            self.reach_all(requirement, &[], &here);
        }
        for instead in overrides {
            let here = both(&here, &self.region.under(&instead.marker, None).0);
            self.reach_all(instead, &requirement.extras, &here);
        }
    }

    /// An override replaces the versions, and the extras that were asked for stay.
    fn reach_all(&mut self, requirement: &Requirement, extras: &[ExtraName], here: &MarkerTree) {
        if !self.region.meets(here) {
            return;
        }
        let Some(package) = self.packages.get(&requirement.name).copied() else {
            return;
        };
        self.add((requirement.name.clone(), None), here);
        for extra in requirement.extras.iter().chain(extras) {
            if package.metadata.extras.contains(extra) {
                self.add((requirement.name.clone(), Some(extra.clone())), here);
            }
        }
    }

    fn add(&mut self, node: Node, here: &MarkerTree) {
        let known = self
            .reach
            .nodes
            .entry(node.clone())
            .or_insert(MarkerTree::FALSE);
        if self.region.covers(known, here) {
            return;
        }
        *known = either(known, here);
        let all = known.clone();
        self.waiting.push_back((node, all));
    }
}
