//! All that a rule may look at: a lock, where it has to run, what was declared, and facts.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::claimed::environment_in_words;
use super::rule::{KEYS_ALONE, NO_RANGES, NO_REQUIREMENTS, PINS_ALONE};
use super::{Declared, Evidence, Known, Learned, OnIndex};
use crate::explain::list;
use crate::facts::Facts;
use crate::graph::Graph;
use crate::index::Metadata;
use crate::lock::{
    EdgeDetail, Format, Layout, Lock, LockedPackage, Pins, is_compiled, left_to_installer,
};
use crate::package::{
    Choice, Declaration, DeclarationKind, ExtraName, Marker, PackageName, Requirement,
};
use crate::source::{Origin, SourceFile};
use crate::target::{Flavour, Platform, Target};

/// What kind of thing is audited: the words of messages go by it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// A lock.
    #[default]
    Lock,
    /// Declarations without a lock: the lock is what they would bring today.
    Declarations,
    /// An environment: the lock is what is installed.
    Environment,
}

impl Kind {
    /// Returns the words for having a package, such as `the lock has`.
    pub(super) fn has(self) -> &'static str {
        match self {
            Self::Lock => "the lock has",
            Self::Declarations => "today it is installed with",
            Self::Environment => "the environment has",
        }
    }
}

/// What is audited.
#[derive(Debug)]
pub struct Subject<'a> {
    /// What kind of thing it is.
    pub kind: Kind,
    /// The lock.
    pub lock: &'a Lock,
    /// Its text.
    pub file: &'a Arc<SourceFile>,
    /// What was declared; none where nobody says.
    pub declared: Option<&'a Declared>,
    /// What is known beside metadata.
    pub facts: &'a Facts,
    /// Lines of a requirements file that pin nothing.
    pub loose: &'a [(PackageName, Origin)],
    /// What was gathered beside it.
    pub evidence: Evidence<'a>,
    /// Whether nobody named the targets: they stand for what the lock claims to be for.
    pub is_claimed: bool,
    /// Whether nobody named the versions of their systems: the lock is for all of them.
    pub is_for_all_systems: bool,
    /// Of which flavours the indexes are that a requirements file or the user names.
    pub(super) flavours: Vec<Flavour>,
    /// Whether the user named indexes beside the lock.
    pub(super) has_typed_indexes: bool,
    on: Vec<On<'a>>,
}

/// The lock on one of its targets, or, where none is known, as far as it does not depend on one.
#[derive(Debug)]
pub struct On<'a> {
    /// Where it has to run.
    pub target: Option<&'a Target>,
    /// Which of the targets that is, by its position.
    pub(super) place: usize,
    /// The packages that count there.
    pub graph: Graph<'a>,
    /// The extras and groups that are chosen, and those that could be.
    chosen: Option<Chosen>,
    overridden: Vec<PackageName>,
    excluded: Vec<PackageName>,
}

/// What is chosen of what a lock offers.
#[derive(Clone, Debug)]
struct Chosen {
    made: Vec<Choice>,
    offered: BTreeSet<Choice>,
}

impl<'a> Subject<'a> {
    /// Puts together what is audited.
    pub fn new(
        (lock, file): (&'a Lock, &'a Arc<SourceFile>),
        targets: &'a [Target],
        declared: Option<&'a Declared>,
        facts: &'a Facts,
        loose: &'a [(PackageName, Origin)],
    ) -> Self {
        let ways = lock.ways_to_choose();
        let offered = lock.offered();
        let on = |(place, target): (usize, &'a Target)| -> Vec<On<'a>> {
            let chosen = ways.iter().map(|made| {
                Some(Chosen {
                    made: made.clone(),
                    offered: offered.clone(),
                })
            });
            let chosen: Vec<Option<Chosen>> = chosen.collect();
            let chosen = if chosen.is_empty() {
                vec![None]
            } else {
                chosen
            };
            let on = |chosen| On {
                place,
                ..On::choosing(lock, Some(target), declared, chosen)
            };
            chosen.into_iter().map(on).collect()
        };
        Self {
            kind: Kind::Lock,
            lock,
            file,
            declared,
            facts,
            loose,
            evidence: Evidence::default(),
            is_claimed: false,
            is_for_all_systems: false,
            flavours: Vec::new(),
            has_typed_indexes: false,
            on: match targets {
                [] => vec![On::new(lock, None, declared)],
                targets => targets.iter().enumerate().flat_map(on).collect(),
            },
        }
    }

    /// Makes it one of another kind.
    #[must_use]
    pub fn of_kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    /// Says that its targets stand for what the lock claims to be for.
    #[must_use]
    pub fn as_claimed(mut self) -> Self {
        self.is_claimed = true;
        self
    }

    /// Says that its targets stand for all versions of their systems.
    #[must_use]
    pub fn for_all_systems(mut self) -> Self {
        self.is_for_all_systems = true;
        self
    }

    /// Says of which flavours the indexes are that a requirements file or the user names, and whether the
    /// user names some.
    #[must_use]
    pub fn with_indexes(mut self, flavours: Vec<Flavour>, are_typed: bool) -> Self {
        self.flavours = flavours;
        self.has_typed_indexes = are_typed;
        self
    }

    /// Adds what was gathered beside it.
    #[must_use]
    pub fn with_evidence(mut self, evidence: Evidence<'a>) -> Self {
        self.evidence = evidence;
        self
    }

    /// Returns the lock on each of its targets; without one, as far as it goes.
    pub fn on(&self) -> &[On<'a>] {
        &self.on
    }

    /// Returns the lock as far as it does not depend on a target.
    pub(super) fn anywhere(&self) -> On<'a> {
        On::new(self.lock, None, self.declared)
    }

    /// Returns the lock on each target that is known.
    pub(super) fn on_targets(&self) -> impl Iterator<Item = (&On<'a>, &'a Target)> {
        self.on.iter().filter_map(|on| Some((on, on.target?)))
    }

    pub(super) fn target_is_unknown(&self) -> bool {
        self.on.iter().any(|on| on.target.is_none())
    }

    /// Whether pyaudit wrote the lock, with what its packages' metadata says.
    pub(super) fn is_own(&self) -> bool {
        let record = self.lock.tool.as_ref();
        record.is_some_and(|record| !record.version.is_empty())
    }

    /// Which format the lock has.
    pub(super) fn format(&self) -> &'static Format {
        Format::of_path(self.file.label())
    }

    /// How the lock's packages stand in its text.
    pub(super) fn layout(&self) -> Layout {
        self.format().layout
    }

    /// Whether the lock tells the files that are installed from.
    pub(super) fn tells_files(&self) -> bool {
        matches!(self.layout(), Layout::Tables(_))
    }

    /// Returns the pins of a lock that tells no files, with the hashes that it allows; none where the
    /// text cannot be read as such.
    pub(super) fn pins(&self) -> Pins {
        let pins = (Format::of_path(self.file.label()).read_pins)(self.file);
        pins.unwrap_or_default()
    }

    /// Whether the lock is a requirements file that nobody compiled, as far as can be told: it may well
    /// pin what its author wants and leave the rest to the installer.
    pub(super) fn is_by_hand(&self) -> bool {
        let is_of_lock = self.kind == Kind::Lock && self.layout() == Layout::Lines;
        is_of_lock && self.declared.is_none() && !is_compiled(self.file)
    }

    /// Returns the packages that the lock's compiler left to the installer on purpose.
    pub(super) fn left_to_installer(&self) -> BTreeSet<PackageName> {
        match self.layout() {
            Layout::Lines => left_to_installer(self.file),
            Layout::Keys | Layout::Tables(_) => BTreeSet::new(),
        }
    }

    /// Whether the lock says of any package what it requires.
    pub(super) fn tells_needs(&self) -> bool {
        self.lock.edge_detail != EdgeDetail::Nothing
    }

    /// Whether it is asked of an index what a package requires.
    pub(super) fn asks_files_of(&self, package: &LockedPackage) -> bool {
        let known = self.evidence.index.into_iter().flat_map(|it| &it.packages);
        let mut of_all = self.lock.packages.iter().zip(known);
        let known = of_all.find(|(it, _)| std::ptr::eq(*it, package));
        known.is_some_and(|(_, known)| !matches!(known, Known::Direct))
    }

    /// Says how to make the lock again.
    pub(super) fn again(&self) -> String {
        match self.lock_command() {
            Some(command) => format!("Lock again: `{command}`."),
            None => "Lock again what it was made from.".to_owned(),
        }
    }

    /// Returns why nothing is known of what packages require.
    pub(super) fn lacks_needs(&self) -> &'static str {
        match self.tells_files() || self.kind != Kind::Lock {
            true => NO_REQUIREMENTS,
            false => self.lacks_files(),
        }
    }

    /// Returns why nothing is known of the versions that packages require.
    pub(super) fn lacks_ranges(&self) -> &'static str {
        match self.tells_files() || self.kind != Kind::Lock {
            true => NO_RANGES,
            false => self.lacks_files(),
        }
    }

    /// Returns why nothing is known but pins, of a lock that tells no files.
    pub(super) fn lacks_files(&self) -> &'static str {
        match self.layout() {
            Layout::Keys => KEYS_ALONE,
            Layout::Lines | Layout::Tables(_) => PINS_ALONE,
        }
    }

    /// Returns what the indexes have of the package at a position in the lock.
    pub(super) fn on_index(&self, at: usize) -> Option<&'a OnIndex> {
        match self.evidence.index?.packages.get(at)? {
            Known::Seen(on_index) => Some(on_index),
            Known::Direct | Known::NotAsked(_) | Known::Failed(_) | Known::Absent { .. } => None,
        }
    }

    /// Returns the metadata that an index has of a package.
    pub(super) fn learned(&self, package: &LockedPackage) -> Option<&'a Metadata> {
        match &self.on_index(self.position(package))?.learned {
            Learned::Of(metadata, _) => Some(metadata),
            Learned::Unknown(_) => None,
        }
    }

    /// Returns the position of a package in the lock.
    pub(super) fn position(&self, package: &LockedPackage) -> usize {
        let mut packages = self.lock.packages.iter();
        let found = packages.position(|it| std::ptr::eq(it, package));
        found.unwrap_or_default()
    }
}

impl<'a> On<'a> {
    pub(super) fn new(
        lock: &'a Lock,
        target: Option<&'a Target>,
        declared: Option<&Declared>,
    ) -> Self {
        Self::choosing(lock, target, declared, None)
    }

    /// The same where some of the lock's extras and groups are chosen.
    fn choosing(
        lock: &'a Lock,
        target: Option<&'a Target>,
        declared: Option<&Declared>,
        chosen: Option<Chosen>,
    ) -> Self {
        let made = chosen.as_ref().map(|chosen| chosen.made.as_slice());
        let wanted = declared.into_iter().flat_map(|it| &it.wanted);
        let overrides = wanted.map(|it| &it.declaration).filter(|it| {
            let holds = holds(target, &it.requirement.marker, &[]);
            it.kind == DeclarationKind::Override && holds != Some(false)
        });
        let by_address = declared
            .into_iter()
            .flat_map(|it| &it.overridden_by_address);
        let excludes = lock.tool.iter().flat_map(|tool| &tool.options.excludes);
        Self {
            graph: Graph::chosen(lock, target, made),
            chosen,
            overridden: overrides
                .map(|it| it.requirement.name.clone())
                .chain(by_address.cloned())
                .collect(),
            excluded: excludes.filter_map(|name| name.parse().ok()).collect(),
            place: 0,
            target,
        }
    }

    /// Whether a marker holds here; nothing where that cannot be known.
    pub(super) fn holds(&self, marker: &Marker, extras: &[ExtraName]) -> Option<bool> {
        holds(self.target, marker, extras)
    }

    /// Whether a declaration counts here; nothing where that cannot be known.
    pub(super) fn counts(&self, declaration: &Declaration) -> Option<bool> {
        let choice = declaration.section.as_deref().and_then(Choice::of_section);
        let is_left_out = self
            .chosen
            .as_ref()
            .zip(choice)
            .is_some_and(|(chosen, choice)| {
                chosen.offered.contains(&choice) && !chosen.made.contains(&choice)
            });
        match is_left_out {
            true => Some(false),
            false => self.holds(&declaration.requirement.marker, &[]),
        }
    }

    /// Returns words for it: the target, with what is chosen.
    pub(super) fn words(&self) -> Option<String> {
        let target = environment_in_words(self.target?);
        let made = self.chosen.iter().flat_map(|chosen| &chosen.made);
        let made: Vec<String> = made.map(Choice::words).collect();
        Some(match made.is_empty() {
            true => target,
            false => format!("{target} with {}", list(&made)),
        })
    }

    /// Whether an override speaks for a package in place of all who require it.
    pub(super) fn is_overridden(&self, name: &PackageName) -> bool {
        self.overridden.contains(name)
    }

    /// Whether a package is left out wherever something requires it.
    pub(super) fn is_excluded(&self, name: &PackageName) -> bool {
        self.excluded.contains(name)
    }

    /// Returns the extras of a package that are asked for here.
    pub(super) fn extras(&self, package: &'a LockedPackage) -> &[ExtraName] {
        let packages = self.graph.packages();
        let mut range = self.graph.named(&package.name);
        let at = range.find(|at| std::ptr::eq(packages[*at], package));
        at.map_or(&package.extras, |at| self.graph.extras(at))
    }

    /// Returns what counts here of a name.
    pub(super) fn named(&self, name: &PackageName) -> impl Iterator<Item = &'a LockedPackage> {
        let range = self.graph.named(name);
        self.graph.packages()[range].iter().copied()
    }

    /// Returns the positions of the packages that declarations of the lock lead to here: other tools
    /// write where a package is needed on the way to it alone; and those that projects of this
    /// machine lead to, which are installed without being asked for. All, where the lock keeps none.
    pub(super) fn reached(&self) -> BTreeSet<usize> {
        let roots = self.graph.roots().iter();
        let declared = roots.filter(|root| root.declaration.is_some());
        let mut waiting: Vec<usize> = declared.map(|root| root.package).collect();
        if waiting.is_empty() {
            return (0..self.graph.packages().len()).collect();
        }
        let packages = self.graph.packages().iter().enumerate();
        waiting.extend(packages.filter(|it| it.1.is_folder()).map(|(at, _)| at));
        let mut reached = BTreeSet::new();
        while let Some(at) = waiting.pop() {
            if reached.insert(at) {
                waiting.extend(self.graph.needs(at).iter().map(|link| link.to));
            }
        }
        reached
    }

    /// Returns the platform; an ordinary one where none is known.
    pub(super) fn platform(&self) -> Platform {
        let known = self.target.map(|target| *target.platform());
        known.unwrap_or_else(|| Platform::default_linux(crate::target::Arch::X86_64))
    }
}

fn holds(target: Option<&Target>, marker: &Marker, extras: &[ExtraName]) -> Option<bool> {
    match target {
        _ if marker.is_always() => Some(true),
        Some(target) => Some(marker.holds(target.environment(), extras)),
        None => None,
    }
}

/// Whether a version of a lock answers a requirement; nothing for a package without a version.
pub(super) fn answers(requirement: &Requirement, package: &LockedPackage) -> Option<bool> {
    if requirement.url.is_some() {
        return Some(!package.is_from_registry());
    }
    if requirement.specifiers.is_any() {
        return Some(true);
    }
    let version = package.version.as_ref()?;
    Some(requirement.specifiers.contains(version))
}
