//! What extras and groups that exclude each other are in `uv.lock`: uv writes which of them are asked
//! for into its markers, as extras of invented names, and into the versions that its projects need.
//! Here both become markers of the entries, as PEP 751 has them.

use std::collections::{BTreeMap, BTreeSet};

use super::uv_lock_wire::{DependencyWire, FileWire, PackageWire};
use crate::package::{Choice, ExtraName, Marker, MarkerTexts, either, under_extras};

/// How the invented names begin.
const LEADS: &[&str] = &["extra-", "group-", "project-"];

/// Whether a marker names an extra that uv invented.
fn speaks_of_choices(marker: &str) -> bool {
    LEADS
        .iter()
        .any(|lead| marker.contains(&format!("'{lead}")))
}

/// The choices that a lock's markers speak of.
#[derive(Default)]
pub(super) struct Choices {
    /// By the invented name; nothing for what is chosen of another project than the lock's own.
    named: BTreeMap<ExtraName, Option<Choice>>,
    settled: BTreeMap<String, Option<String>>,
}

impl Choices {
    pub(super) fn of(wire: &FileWire, project: Option<&PackageWire>) -> Self {
        let own = project.map_or("", |project| project.name.get_ref().as_str());
        let packages = wire.package.iter().map(|package| package.get_ref());
        let of_packages = packages.flat_map(|package| {
            let edges = edges(package).filter_map(|edge| edge.marker.as_ref());
            package.resolution_markers.iter().chain(edges)
        });
        let markers = wire.resolution_markers.iter().chain(of_packages);
        let words = markers
            .filter(|marker| speaks_of_choices(marker))
            .flat_map(|marker| marker.split('\'').skip(1).step_by(2))
            .filter(|word| LEADS.iter().any(|lead| word.starts_with(lead)));
        let named = words.collect::<BTreeSet<&str>>().into_iter();
        Self {
            named: named
                .filter_map(|word| Some((ExtraName::new(word.to_owned()).ok()?, chosen(word, own))))
                .collect(),
            settled: BTreeMap::new(),
        }
    }

    /// Returns a marker without the invented names: it holds where it did with nothing chosen, or
    /// with one of the choices. Nothing where it cannot be read.
    pub(super) fn settle(&mut self, marker: &str, texts: &mut MarkerTexts) -> Option<String> {
        if !speaks_of_choices(marker) {
            return Some(marker.to_owned());
        }
        if let Some(known) = self.settled.get(marker) {
            return known.clone();
        }
        let ways = self.ways();
        let settled = texts.parse(marker).ok().map(|read| {
            let trees = ways.iter().map(|way| under_extras(read.tree(), way));
            let tree = trees.reduce(|all, tree| either(&all, &tree));
            Marker::from_tree(tree.unwrap_or_default())
                .text()
                .to_owned()
        });
        self.settled.insert(marker.to_owned(), settled.clone());
        settled
    }

    /// Returns several markers so, each once; none of them where one always holds.
    pub(super) fn settle_each(
        &mut self,
        markers: &[String],
        texts: &mut MarkerTexts,
    ) -> Vec<String> {
        let mut settled: Vec<String> = Vec::new();
        for marker in markers {
            match self.settle(marker, texts) {
                Some(text) if text.is_empty() => return Vec::new(),
                Some(text) if !settled.contains(&text) => settled.push(text),
                Some(_) | None => {}
            }
        }
        settled
    }

    /// Returns for each package of the lock, of which there are several versions, the marker of the
    /// choices that lead to it.
    pub(super) fn leads(&self, wire: &FileWire, texts: &mut MarkerTexts) -> Vec<Option<String>> {
        let none = vec![None; wire.package.len()];
        let choices: Option<Vec<&Choice>> = self.named.values().map(Option::as_ref).collect();
        let Some(choices) = choices.filter(|choices| !choices.is_empty()) else {
            return none;
        };
        let packages: Vec<&PackageWire> = wire.package.iter().map(|it| it.get_ref()).collect();
        let mut reached = self.ways().into_iter().map(|way| {
            let asked = Asked {
                choices: self,
                way: &way,
            };
            asked.reaches(&packages, texts)
        });
        let anyway = reached.next().unwrap_or_default();
        let with: Vec<(&Choice, BTreeSet<usize>)> = choices.into_iter().zip(reached).collect();
        let lead = |at: usize| {
            let name = packages[at].name.get_ref();
            let of_name = packages.iter().filter(|it| it.name.get_ref() == name);
            (of_name.count() > 1).then(|| words(anyway.contains(&at), &with, at))?
        };
        (0..packages.len()).map(lead).collect()
    }

    /// Nothing chosen, and each choice alone.
    fn ways(&self) -> Vec<Vec<ExtraName>> {
        let each = self.named.keys().map(|name| vec![name.clone()]);
        std::iter::once(Vec::new()).chain(each).collect()
    }
}

/// Reads `extra-7-project-name`: a kind, the length of the project's name, and both names.
fn chosen(word: &str, own: &str) -> Option<Choice> {
    let (kind, rest) = word.split_once('-')?;
    let (length, rest) = rest.split_once('-')?;
    let length: usize = length.parse().ok()?;
    let (project, name) = (rest.get(..length)?, rest.get(length + 1..)?);
    match kind {
        _ if project != own => None,
        "extra" => Some(Choice::Extra(name.to_owned())),
        "group" => Some(Choice::Group(name.to_owned())),
        _ => None,
    }
}

/// Says which choices lead to an entry; nothing where all do, or none alone.
fn words(is_anyway: bool, with: &[(&Choice, BTreeSet<usize>)], at: usize) -> Option<String> {
    let differing = with.iter().filter(|(_, it)| it.contains(&at) != is_anyway);
    let (operator, joint) = match is_anyway {
        true => ("not in", " and "),
        false => ("in", " or "),
    };
    let comparisons = differing.map(|(choice, _)| match choice {
        Choice::Extra(name) => format!("'{name}' {operator} extras"),
        Choice::Group(name) => format!("'{name}' {operator} dependency_groups"),
    });
    let comparisons: Vec<String> = comparisons.collect();
    (!comparisons.is_empty()).then(|| comparisons.join(joint))
}

fn edges(package: &PackageWire) -> impl Iterator<Item = &DependencyWire> {
    let of_extras = package.optional_dependencies.values().flatten();
    let of_groups = package.dev_dependencies.values().flatten();
    package
        .dependencies
        .iter()
        .chain(of_extras)
        .chain(of_groups)
}

/// The lock where some of its choices are made.
struct Asked<'c> {
    choices: &'c Choices,
    way: &'c [ExtraName],
}

impl Asked<'_> {
    /// Returns the positions of the packages that the projects of this machine lead to.
    fn reaches(&self, packages: &[&PackageWire], texts: &mut MarkerTexts) -> BTreeSet<usize> {
        let is_local = |at: &usize| packages[*at].source.get_ref().is_folder();
        let locals = (0..packages.len()).filter(is_local);
        let mut waiting: Vec<(usize, Option<&str>)> = Vec::new();
        for at in locals {
            let extras = packages[at].optional_dependencies.keys();
            waiting.extend(extras.map(|extra| (at, Some(extra.as_str()))));
            waiting.push((at, None));
        }
        let mut seen = BTreeSet::new();
        while let Some((at, extra)) = waiting.pop() {
            if !seen.insert((at, extra)) {
                continue;
            }
            for edge in self.asked_of(packages[at], extra) {
                if !self.can_hold(edge, texts) {
                    continue;
                }
                for to in answering(packages, edge) {
                    waiting.push((to, None));
                    waiting.extend(edge.extra.iter().map(|it| (to, Some(it.as_str()))));
                }
            }
        }
        seen.into_iter().map(|(at, _)| at).collect()
    }

    /// Returns what a package needs with an extra, or without one; with it count a project's groups.
    fn asked_of<'w>(
        &self,
        package: &'w PackageWire,
        extra: Option<&str>,
    ) -> Vec<&'w DependencyWire> {
        let name = package.name.get_ref();
        if let Some(extra) = extra {
            let asked = package.optional_dependencies.get(extra);
            let asked =
                asked.filter(|_| self.is_made(&format!("extra-{}-{name}-{extra}", name.len())));
            return asked.into_iter().flatten().collect();
        }
        let groups = package.dev_dependencies.iter();
        let groups = groups
            .filter(|(group, _)| self.is_made(&format!("group-{}-{name}-{group}", name.len())));
        let of_groups = groups.flat_map(|(_, edges)| edges);
        package.dependencies.iter().chain(of_groups).collect()
    }

    /// Whether something is asked for: what excludes nothing always is.
    fn is_made(&self, invented: &str) -> bool {
        let Ok(name) = ExtraName::new(invented.to_owned()) else {
            return true;
        };
        !self.choices.named.contains_key(&name) || self.way.contains(&name)
    }

    fn can_hold(&self, edge: &DependencyWire, texts: &mut MarkerTexts) -> bool {
        let Some(marker) = edge.marker.as_deref().filter(|it| speaks_of_choices(it)) else {
            return true;
        };
        let read = texts.parse(marker);
        read.is_ok_and(|marker| !under_extras(marker.tree(), self.way).is_false())
    }
}

/// Returns the positions of the entries that an edge may mean.
fn answering<'w>(
    packages: &'w [&PackageWire],
    edge: &'w DependencyWire,
) -> impl Iterator<Item = usize> + 'w {
    let answers = |package: &PackageWire| {
        let version = |it: &PackageWire| it.version.as_ref().map(|it| it.get_ref().clone());
        let wanted = edge.version.as_ref().map(|it| it.get_ref().clone());
        package.name.get_ref() == edge.name.get_ref()
            && (wanted.is_none() || wanted == version(package))
    };
    (0..packages.len()).filter(move |at| answers(packages[*at]))
}
