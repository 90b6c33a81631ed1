//! Whom to ask about the packages of a lock, for `pyaudit check`: the indexes that somebody else
//! than the lock names, since the lock may come from a stranger. What it takes from elsewhere is not
//! asked for, neither there nor anywhere: a private name is told to nobody.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::args::CheckArgs;
use super::inputs::{Around, beside, read};
use crate::audit::plain;
use crate::cli::args::IndexArgs;
use crate::cli::reading::read_inputs;
use crate::cli::recorded::{addresses, says_where, settle_around};
use crate::cli::relock::recorded_command;
use crate::cli::settings::{Heard, Settings};
use crate::facts::Facts;
use crate::input::{Manifest, Selection};
use crate::lock::{Format, Layout, Lock, LockOptions, LockedPackage, LockedTarget, ToolRecord};
use crate::package::{IndexUrl, PackageName};
use crate::source::{Problem, SourceFile};
use crate::target::{Flavour, Target};

/// Where nobody says what the lock is for: it settles only which markers of a project's own table of
/// sources count.
const ANY_PYTHON: &str = "3.12";
const ANY_PLATFORM: &str = "x86_64-unknown-linux-gnu";

const REQUIREMENTS: &str = "requirements.txt";

/// The settings of a lock, and whom to ask.
pub(super) struct Sources {
    /// The settings, with the indexes that may be asked.
    pub(super) settings: Settings,
    /// Whom to ask for which package.
    pub(super) whom: Whom,
}

/// Whom to ask for which package.
pub(super) struct Whom {
    /// Whether the user says where packages come from: then all of them are asked for there.
    is_typed: bool,
    /// The addresses that may be asked.
    known: BTreeSet<String>,
    /// Those of them that are pages of files and not of projects.
    flat: BTreeSet<String>,
    /// The addresses that only the lock names.
    strange: Vec<String>,
    /// The address below which every flavour of torch has its index.
    base: String,
    /// The flavour that is wanted.
    flavour: Option<Flavour>,
    /// The flavours whose indexes the lock names, where it has pins.
    named: Vec<Flavour>,
    /// Whether the lock has pins, and names no files.
    pub(super) is_of_pins: bool,
    facts: Arc<Facts>,
}

/// A project with the flavour whose index alone answers.
pub(super) type Wanted = (PackageName, Option<Flavour>);

/// Finds out whom to ask.
pub(super) fn sources(
    args: &CheckArgs,
    (lock, file): (&Lock, &Arc<SourceFile>),
    targets: &[Target],
    around: Around<'_>,
) -> Result<Sources, Box<Problem>> {
    let record = record(lock, file, targets, around);
    let manifest = manifest(args, &record, file.label(), around);
    let heard = Heard {
        manifest: &manifest,
        ambient: around.ambient,
    };
    let outside = (&args.index, &args.cache);
    let asked = settle_around(&record, outside, heard, around.folder, around.now)?;
    let settings = asked.settings;
    let flavour = settings.target.accelerators().flavour;
    let mut whom = Whom {
        is_typed: says_where(&args.index),
        is_of_pins: !matches!(Format::of_path(file.label()).layout, Layout::Tables(_)),
        ..Whom::of_user(&settings.options, flavour, &settings.facts)
    };
    // The indexes of all flavours are known, whoever names them.
    let strange = asked.strange.into_iter();
    let named: Vec<String>;
    (named, whom.strange) = strange.partition(|it| whom.is_of_flavour(it));
    whom.named = named
        .iter()
        .filter_map(|it| Flavour::of_index(it))
        .collect();
    Ok(Sources { settings, whom })
}

impl Whom {
    /// Takes the indexes of a user, who may ask them for anything.
    pub(super) fn of_user(
        options: &LockOptions,
        flavour: Option<Flavour>,
        facts: &Arc<Facts>,
    ) -> Self {
        let base = options.torch_index.as_deref();
        Self {
            is_typed: true,
            known: addresses(options).map(bare).collect(),
            flat: options.find_links.iter().map(|it| bare(it)).collect(),
            strange: Vec::new(),
            named: Vec::new(),
            is_of_pins: false,
            base: bare(base.unwrap_or(facts.index_base())),
            flavour,
            facts: Arc::clone(facts),
        }
    }

    /// Returns why a package is not asked for.
    pub(super) fn refusal(&self, package: &LockedPackage) -> Option<String> {
        if self.known.is_empty() {
            return Some("no index is configured".to_owned());
        }
        if self.is_typed {
            return None;
        }
        let strange = match package.index.as_deref().map(bare) {
            Some(index) if self.is_known(&index) => return None,
            Some(index) => index,
            None => bare(self.strange.first()?),
        };
        let strange = plain(&strange);
        Some(format!(
            "only the lock names `{strange}`, which is asked where you name it: `--index`"
        ))
    }

    /// Whether an index may be asked.
    pub(super) fn is_known(&self, index: &str) -> bool {
        self.known.contains(index) || self.is_of_flavour(index)
    }

    /// Whether an address is that of a page of files.
    pub(super) fn is_flat(&self, page: &str) -> bool {
        self.flat.contains(&bare(page))
    }

    /// Returns the addresses that are asked.
    pub(super) fn asked(&self) -> Vec<String> {
        self.known.iter().cloned().collect()
    }

    /// Returns the flavour whose index has a package.
    pub(super) fn flavour(&self, package: &LockedPackage) -> Option<Flavour> {
        if !self.facts.is_family(&package.name) {
            return None;
        }
        match package.index.as_deref().map(bare) {
            Some(index) if self.is_of_flavour(&index) => Flavour::of_index(&index),
            Some(index) if self.is_known(&index) => None,
            Some(_) | None => self.flavour.or_else(|| self.named_for(package)),
        }
    }

    /// Returns the flavour that a pin takes of those whose indexes the lock names: the one with the
    /// greatest local version.
    fn named_for(&self, package: &LockedPackage) -> Option<Flavour> {
        let version = package.version.as_ref()?;
        self.facts
            .greatest_local(&package.name, version, &self.named)
    }

    fn is_of_flavour(&self, index: &str) -> bool {
        let below = index.strip_prefix(self.base.as_str());
        !self.base.is_empty() && below.is_some_and(|rest| rest.starts_with('/'))
    }
}

/// Returns an address without credentials and without a slash at its end.
pub(super) fn bare(text: &str) -> String {
    let public = IndexUrl::parse(text).map(|url| url.public().to_string());
    let public = public.unwrap_or_else(|_| IndexUrl::redacted(text));
    public.trim_end_matches('/').to_owned()
}

/// Returns what the lock says of how it was made, wherever it does.
fn record(
    lock: &Lock,
    file: &Arc<SourceFile>,
    targets: &[Target],
    around: Around<'_>,
) -> ToolRecord {
    let mut record = lock.tool.clone().unwrap_or_default();
    if Format::of_path(file.label()).name == REQUIREMENTS {
        record.options = of_requirements(file, around);
    }
    if record.targets.is_empty() {
        record.targets = vec![match targets.first() {
            Some(target) => LockedTarget::new(target, ""),
            None => LockedTarget {
                python: ANY_PYTHON.to_owned(),
                platform: ANY_PLATFORM.to_owned(),
                ..LockedTarget::default()
            },
        }];
    }
    record
}

/// A requirements file names its indexes in options, and one of pyaudit's in the command at its
/// head.
fn of_requirements(file: &Arc<SourceFile>, around: Around<'_>) -> LockOptions {
    let label = [file.label().to_owned()];
    let said = read(&label, (&[], &[]), &Selection::default(), around).indexes;
    let index = said.index_url.iter().map(|(url, _)| url);
    let extra = said.extra_index_urls.iter().map(|(url, _)| url);
    let links = said.find_links.iter().map(|(url, _)| url);
    let text = |url: &IndexUrl| url.public().as_str().trim_end_matches('/').to_owned();
    let mut options = LockOptions {
        extra_indexes: index.chain(extra).map(text).collect(),
        find_links: links.map(text).collect(),
        no_index: said.no_index,
        ..LockOptions::default()
    };
    if let Some(command) = recorded_command(file.text()) {
        add(&mut options, command.index);
    }
    options
}

/// Returns the flavours of torch whose indexes a requirements file or the user names.
pub(super) fn flavours(
    args: &CheckArgs,
    file: &Arc<SourceFile>,
    around: Around<'_>,
) -> Vec<Flavour> {
    let mut options = of_requirements(file, around);
    add(&mut options, args.index.clone());
    let flavours = addresses(&options).filter_map(Flavour::of_index);
    flavours.collect()
}

fn add(options: &mut LockOptions, index: IndexArgs) {
    let unnamed = |text: String| match text.split_once('=') {
        Some((name, address)) if !name.contains([':', '/', '\\']) => bare(address),
        _ => bare(&text),
    };
    let indexes = index.default_index.into_iter().chain(index.index);
    let indexes = indexes.chain(index.extra_index_url);
    options.extra_indexes.extend(indexes.map(unnamed));
    options
        .find_links
        .extend(index.find_links.iter().map(|it| bare(it)));
    options.torch_index = index.torch_index_url.map(|it| bare(&it));
    options.no_index |= index.no_index;
}

/// Reads the project's files for the indexes that they name. Who audits a lock runs nobody's code.
fn manifest(args: &CheckArgs, record: &ToolRecord, label: &str, around: Around<'_>) -> Manifest {
    let from = |inputs: &[String]| read(inputs, (&[], &[]), &Selection::default(), around);
    let mut manifest = match (args.inputs.as_slice(), record.declarations.is_empty()) {
        ([], false) => read_inputs(record, around.ambient, around.folder, label),
        ([], true) => match beside(label, around.folder) {
            Some(found) => from(&[found]),
            None => Manifest::default(),
        },
        (inputs, _) => from(inputs),
    };
    manifest.tool.allow_build = None;
    manifest
}
