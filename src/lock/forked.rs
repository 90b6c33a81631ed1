//! The answers for several environments → one [`Lock`], in which markers say what is for whom.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::build::{locked_declaration, locked_package};
use super::{Circumstances, Lock, LockedPackage, LockedTarget, ToolRecord};
use crate::package::{Choice, MarkerTree, PackageName, Version, choices_of, either, shortest_text};
use crate::solve::{Fork, Question, Resolved};
use crate::target::{Region, Target};

/// The environments of a lock, as they are written down.
#[derive(Clone, Debug, Default)]
pub struct Realm {
    /// The Pythons, as a specifier set.
    pub requires_python: Option<String>,
    /// The environments, as markers; none for all of them.
    pub environments: Vec<String>,
    /// Targets in it by which the lock can be judged.
    pub targets: Vec<Target>,
}

/// Makes one lock of the answers for several parts, with its files on their pages as in
/// [`build`](super::build()).
pub fn build_forked(base: &Question, forks: &[Fork], realm: &Realm, given: &Circumstances) -> Lock {
    let all = forks
        .iter()
        .fold(MarkerTree::FALSE, |all, fork| either(&all, &fork.marker));
    let whole = Region::new(all);
    let whole = whole.as_ref().map_or(&MarkerTree::TRUE, Region::marker);
    let mut merging = Merging {
        given,
        parts: Vec::new(),
        merged: BTreeMap::new(),
    };
    for fork in forks {
        merging.add(fork);
    }
    let mut choices: Vec<Choice> = Vec::new();
    let mut texts: HashMap<MarkerTree, Option<String>> = HashMap::new();
    let packages = merging.merged.into_values().map(|(mut package, marker)| {
        let text = texts.entry(marker).or_insert_with_key(|marker| {
            choices.extend(choices_of(marker));
            shortest_text(marker, whole)
        });
        package.marker = text.clone();
        package
    });
    let packages: Vec<LockedPackage> = packages.collect();
    let (extras, dependency_groups) = names_of(choices);
    let applies = |at: usize| {
        forks.iter().any(|fork| {
            let declaration = &fork.question.declarations[at];
            fork.question.holds(&declaration.requirement.marker, &[])
        })
    };
    let mut lock = Lock {
        requires_python: realm.requires_python.clone(),
        environments: realm.environments.clone(),
        extras,
        dependency_groups,
        packages,
        tool: Some(ToolRecord {
            version: given.version.clone(),
            project: given.project.as_ref().map(ToString::to_string),
            hosts: Vec::new(),
            targets: realm
                .targets
                .iter()
                .map(|target| LockedTarget::new(target, base.facts.date()))
                .collect(),
            options: given.options.clone(),
            declarations: base
                .declarations
                .iter()
                .enumerate()
                .map(|(at, it)| locked_declaration(it, applies(at)))
                .collect(),
        }),
        ..Lock::empty()
    };
    let hosts = lock.hosts();
    if let Some(record) = &mut lock.tool {
        record.hosts = hosts;
    }
    lock.sorted()
}

/// What tells entries of one name from each other.
type Key = (PackageName, Version, Option<String>, Option<String>);

struct Merging<'g> {
    given: &'g Circumstances,
    /// Questions for the parts in which packages are needed, so that only files for there are
    /// listed.
    parts: Vec<(MarkerTree, Arc<Question>)>,
    merged: BTreeMap<Key, (LockedPackage, MarkerTree)>,
}

impl Merging<'_> {
    fn add(&mut self, fork: &Fork) {
        for resolved in &fork.resolution.packages {
            let marker = fork.marker_of(&resolved.name);
            let Some(question) = self.part(fork, &marker) else {
                // No environment needs it once all markers along the way count.
                continue;
            };
            let needed = needed_edges(fork, resolved);
            let package = locked_package(&question, &fork.resolution, &needed, self.given);
            let url = resolved.url.as_ref().map(|url| url.given.to_string());
            let key = (
                resolved.name.clone(),
                resolved.version.clone(),
                package.index.clone(),
                url,
            );
            match self.merged.get_mut(&key) {
                None => drop(self.merged.insert(key, (package, marker))),
                Some((known, where_known)) => {
                    join(known, package);
                    *where_known = either(where_known, &marker);
                }
            }
        }
    }

    /// Returns the question for the environments of a part where a marker holds. It is judged by the
    /// Pythons for which the part was solved: where a marker speaks of one that there is not yet, no
    /// file says that it serves that.
    fn part(&mut self, fork: &Fork, marker: &MarkerTree) -> Option<Arc<Question>> {
        let Some(region) = &fork.question.region else {
            return Some(Arc::clone(&fork.question));
        };
        if region.is_within(marker) {
            return Some(Arc::clone(&fork.question));
        }
        if let Some((_, question)) = self.parts.iter().find(|(known, _)| known == marker) {
            return Some(Arc::clone(question));
        }
        if !region.meets(marker) {
            return None;
        }
        let question = match region.narrowed(marker) {
            Some(part) => Arc::new(Question {
                region: Some(Arc::new(part)),
                ..Question::clone(&fork.question)
            }),
            None => Arc::clone(&fork.question),
        };
        self.parts.push((marker.clone(), Arc::clone(&question)));
        Some(question)
    }
}

/// Returns a package with the edges and extras that some environment needs of it.
fn needed_edges(fork: &Fork, resolved: &Resolved) -> Resolved {
    let mut needed = resolved.clone();
    let (Some(reach), Some(region)) = (&fork.reach, &fork.question.region) else {
        return needed;
    };
    needed
        .edges
        .retain(|edge| region.meets(&fork.marker_of_edge(resolved, edge)));
    needed
        .extras
        .retain(|extra| region.meets(&reach.of_extra(&resolved.name, extra)));
    needed
}

/// Adds what another part says of the same package.
fn join(package: &mut LockedPackage, other: LockedPackage) {
    package.files.join(other.files);
    package.edges.extend(other.edges);
    package.extras.extend(other.extras);
    package.notes.extend(other.notes);
}

/// Returns the names of the extras and of the groups.
fn names_of(choices: Vec<Choice>) -> (Vec<String>, Vec<String>) {
    let mut extras = Vec::new();
    let mut groups = Vec::new();
    for choice in choices {
        let (names, name) = match choice {
            Choice::Extra(name) => (&mut extras, name),
            Choice::Group(name) => (&mut groups, name),
        };
        names.push(name);
    }
    for names in [&mut extras, &mut groups] {
        names.sort();
        names.dedup();
    }
    (extras, groups)
}
