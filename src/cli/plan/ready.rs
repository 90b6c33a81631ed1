//! Makes the commands of a file or of the command line ready to be played: their options are those of
//! a requirements file, so they are read as one, each with the indexes that it asks.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::lines::{Lines, lines_of};
use super::synced::{Synced, Unsynced, locked};
use crate::cli::args::{CacheArgs, IndexArgs, IndexStrategyArg, TargetArgs};
use crate::cli::recorded::question_args;
use crate::cli::settings::{Heard, Settings, settle};
use crate::cli::unnamed::name_all;
use crate::facts::Facts;
use crate::fetch::{Listener, LiveCatalog};
use crate::host::{LoadRequest, load};
use crate::input::{
    Action, Ambient, InstallCommand, Installer, Manifest, Selection, Step, SyncCommand, Syncer,
};
use crate::package::{IndexUrl, PackageName, Timestamp};
use crate::sequence::{self, Layer, Manner, Wish};
use crate::solve::Failure;
use crate::source::{Origin, Problem};
use crate::target::{Accelerators, Flavour, Target};

/// What commands are made ready with.
#[derive(Clone, Copy)]
pub(in crate::cli) struct Outside<'a> {
    pub(in crate::cli) index: &'a IndexArgs,
    pub(in crate::cli) cache: &'a CacheArgs,
    /// The Python and the platform alone count.
    pub(in crate::cli) target: &'a TargetArgs,
    pub(in crate::cli) ambient: &'a Ambient,
    pub(in crate::cli) now: Timestamp,
    /// The current folder.
    pub(in crate::cli) folder: &'a Path,
    /// The folder that files of the commands are looked for in.
    pub(in crate::cli) project: &'a Path,
    /// Whether somebody typed the command: what it names is read wherever it is.
    pub(in crate::cli) is_typed: bool,
    /// Whether what is installed beside an environment becomes part of one.
    pub(in crate::cli) takes_folders: bool,
}

/// Commands that can be played.
pub(in crate::cli) struct Ready {
    /// Where they run.
    pub(in crate::cli) target: Target,
    /// What is known beside metadata.
    pub(in crate::cli) facts: Arc<Facts>,
    /// The commands.
    pub(in crate::cli) steps: Vec<ReadyStep>,
    catalogs: Vec<LiveCatalog>,
}

/// A command that can be played.
pub(in crate::cli) struct ReadyStep {
    /// What it does; nothing for one that is left out.
    pub(in crate::cli) step: Option<sequence::Step>,
    /// Its words.
    pub(in crate::cli) command: String,
    /// Where it stands.
    pub(in crate::cli) origin: Origin,
    /// What a person should know of it.
    pub(in crate::cli) notes: Vec<String>,
    /// Why it cannot be played, where the outside world or a file of the project failed.
    pub(in crate::cli) unplayed: Option<Failure>,
    /// Whether that is a file of the project.
    pub(in crate::cli) is_unread: bool,
    catalog: usize,
}

/// Why commands cannot be made ready.
pub(in crate::cli) enum Unready {
    /// Something makes no sense.
    Problems(Vec<Problem>),
    /// The outside world failed.
    Failure(Failure),
}

impl From<Failure> for Unready {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl Ready {
    /// Returns the commands that are played, with what they ask.
    pub(in crate::cli) fn layers(&self) -> Vec<Layer<'_>> {
        let played = self.steps.iter().filter_map(|it| {
            Some(Layer {
                step: it.step.clone()?,
                catalog: &self.catalogs[it.catalog],
            })
        });
        played.collect()
    }
}

/// Makes steps ready; `listen` makes what hears of progress.
pub(in crate::cli) fn ready(
    steps: &[Step],
    outside: Outside<'_>,
    listen: &dyn Fn() -> Option<Listener>,
) -> Result<Ready, Unready> {
    let mut making = Making {
        outside,
        listen,
        catalogs: Vec::new(),
        known: BTreeMap::new(),
        place: None,
        installs: false,
    };
    let mut made = Vec::new();
    for step in steps {
        made.extend(making.step(step)?);
    }
    let (target, facts) = match making.place.take() {
        Some(place) => place,
        None => {
            let (settings, _) = making.settled(&Manifest::default(), None)?;
            (bare(settings.target), settings.facts)
        }
    };
    if making.catalogs.is_empty() {
        let (settings, key) = making.settled(&Manifest::default(), None)?;
        making.catalog(settings, key);
    }
    Ok(Ready {
        target,
        facts,
        steps: made,
        catalogs: making.catalogs,
    })
}

struct Making<'a> {
    outside: Outside<'a>,
    listen: &'a dyn Fn() -> Option<Listener>,
    catalogs: Vec<LiveCatalog>,
    /// Catalogs by the indexes that they ask.
    known: BTreeMap<String, usize>,
    place: Option<(Target, Arc<Facts>)>,
    /// Whether a command before installs what it names itself, and nobody told yet what that means.
    installs: bool,
}

impl Making<'_> {
    fn step(&mut self, step: &Step) -> Result<Option<ReadyStep>, Unready> {
        let mut made = ReadyStep {
            step: None,
            command: IndexUrl::redacted(&step.command),
            origin: step.origin.clone(),
            notes: Vec::new(),
            unplayed: None,
            is_unread: false,
            catalog: 0,
        };
        match &step.action {
            Action::Install(command) => {
                self.install(step, command, &mut made)?;
                self.installs |= made.step.is_some();
            }
            Action::Uninstall(names) => {
                let names = names.iter().filter(|it| it.is_literal);
                let names = names.filter_map(|it| PackageName::new(it.text.clone()).ok());
                made.step = Some(sequence::Step::Remove {
                    names: names.collect(),
                    origin: step.origin.clone(),
                });
            }
            Action::Sync(command) => self.sync(step, command, &mut made)?,
            Action::SystemPackages(_) | Action::Python(_) | Action::Take(_) => return Ok(None),
        }
        Ok(Some(made))
    }

    fn sync(
        &mut self,
        step: &Step,
        command: &SyncCommand,
        made: &mut ReadyStep,
    ) -> Result<(), Unready> {
        let (settings, key) = self.settled(&Manifest::default(), None)?;
        let target = bare(settings.target.clone());
        match locked(step, command, &target, self.outside) {
            Err(Unsynced::LeftOut(why)) => made.notes.push(format!("it is left out: {why}")),
            Err(Unsynced::Unread(failure)) => {
                made.unplayed = Some(failure);
                made.is_unread = true;
            }
            Ok(Synced {
                packages,
                lock,
                notes,
            }) => {
                made.notes.extend(notes);
                let unheeded = command.unheeded.iter();
                let unheeded = unheeded.map(|it| {
                    let option = IndexUrl::redacted(it);
                    format!("`{option}` is left out: the project is played as without it")
                });
                made.notes.extend(unheeded);
                if command.syncer == Syncer::Uv && std::mem::take(&mut self.installs) {
                    let note = "uv installs into an environment of its own (`.venv`): what commands \
                                before it installed elsewhere stays as it is";
                    made.notes.push(note.to_owned());
                }
                made.step = Some(sequence::Step::Sync {
                    packages,
                    lock,
                    is_exact: command.is_exact,
                    origin: step.origin.clone(),
                });
                let place = (target, Arc::clone(&settings.facts));
                self.place.get_or_insert(place);
                made.catalog = self.catalog(settings, key);
            }
        }
        Ok(())
    }

    fn install(
        &mut self,
        step: &Step,
        command: &InstallCommand,
        made: &mut ReadyStep,
    ) -> Result<(), Unready> {
        let manner = Manner::of(command);
        if command.installer == Installer::Pipx {
            let note = "it installs into an environment of its own, and is left out";
            made.notes.push(note.to_owned());
            return Ok(());
        }
        if let Some(place) = command.elsewhere().filter(|_| !self.outside.takes_folders) {
            let note = format!("it is left out: it goes outside of the environment (`{place}`)");
            made.notes.push(note);
            return Ok(());
        }
        let lines = lines_of(step, command, self.outside);
        made.notes.extend(lines.notes.iter().cloned());
        let mut manifest = self.read(&lines);
        let wrong = std::mem::take(&mut manifest.problems);
        let wrong: Vec<Problem> = wrong.into_iter().filter(Problem::is_error).collect();
        // What somebody types is to be right; a file may be read far from where it is run.
        if self.outside.is_typed && !wrong.is_empty() {
            return Err(Unready::Problems(wrong));
        }
        made.notes.extend(wrong.into_iter().map(|it| it.message));
        let (settings, key) = match self.settled(&manifest, Some(command)) {
            Err(Unready::Problems(problems)) if !self.outside.is_typed => {
                let why = problems.into_iter().map(|it| it.message);
                let why: Vec<String> = why.collect();
                made.notes
                    .push(format!("it is left out: {}", why.join("; ")));
                return Ok(());
            }
            settled => settled?,
        };
        let flavour = match lines.flavour.as_deref().map(str::parse::<Flavour>) {
            Some(Ok(flavour)) => Some(flavour),
            Some(Err(_)) => {
                let note = "which builds of torch it takes is decided where it runs: those of its \
                            indexes are told";
                made.notes.push(note.to_owned());
                None
            }
            None => None,
        };
        let policy = settings.policy.clone();
        let sources = Arc::clone(&settings.sources);
        let target = bare(settings.target.clone());
        let place = (target.clone(), Arc::clone(&settings.facts));
        self.place.get_or_insert(place);
        made.catalog = self.catalog(settings, key);
        let catalog = &self.catalogs[made.catalog];
        let unnamed = match name_all(&mut manifest, catalog, Some(&target)) {
            Ok(unnamed) => unnamed,
            Err(failure) => {
                made.unplayed = Some(failure);
                return Ok(());
            }
        };
        made.notes.extend(unnamed.into_iter().map(|it| it.message));
        let of_target = manifest.declarations.into_iter();
        let of_target =
            of_target.filter(|it| it.requirement.marker.holds(target.environment(), &[]));
        made.step = Some(sequence::Step::Install(Box::new(Wish {
            declarations: of_target.collect(),
            manner,
            policy,
            sources,
            flavour,
            origin: command.origin.clone(),
        })));
        Ok(())
    }

    /// Reads what a command says as a requirements file, each line at the word that says it.
    fn read(&self, lines: &Lines) -> Manifest {
        let request = LoadRequest {
            inputs: &["-".to_owned()],
            constraints: &[],
            overrides: &lines.overrides,
            excludes: &[],
            selection: &Selection::default(),
            folder: self.outside.folder,
            variables: self.outside.ambient.variables.as_map(),
        };
        let mut manifest = load(&request, &mut lines.text().as_bytes());
        manifest.tool.allow_build = None;
        for declaration in &mut manifest.declarations {
            lines.put_back(&mut declaration.origin);
        }
        for unnamed in &mut manifest.unnamed {
            lines.put_back(&mut unnamed.origin);
        }
        let problems = manifest.problems.iter_mut();
        for origin in problems.filter_map(|it| it.origin.as_mut()) {
            lines.put_back(origin);
        }
        manifest
    }

    /// Settles what a command asks, in its installer's way; with a key of its indexes.
    fn settled(
        &self,
        manifest: &Manifest,
        command: Option<&InstallCommand>,
    ) -> Result<(Settings, String), Unready> {
        let outside = self.outside;
        let mut args = question_args(&[]).map_err(|it| Unready::Problems(vec![*it]))?;
        args.index = outside.index.clone();
        args.cache = outside.cache.clone();
        args.target.python.clone_from(&outside.target.python);
        args.target.platform.clone_from(&outside.target.platform);
        // The command's own word counts, and what was typed for those that say none.
        if manifest.indexes.index_url.is_some() {
            args.index.default_index = None;
        }
        args.index.no_index |= manifest.indexes.no_index;
        let is_uv = command.is_some_and(|it| it.installer == Installer::Uv);
        if args.index.index_strategy.is_none() && !is_uv {
            args.index.index_strategy = Some(IndexStrategyArg::UnsafeBestMatch);
        }
        let heard = Heard {
            manifest,
            ambient: outside.ambient,
        };
        let mut problems = Vec::new();
        let settings = settle(&args, heard, outside.folder, outside.now, &mut problems);
        problems.retain(Problem::is_error);
        let settings = settings.filter(|_| problems.is_empty());
        let settings = settings.ok_or(Unready::Problems(problems))?;
        let options = &settings.options;
        let key = format!(
            "{:?} {:?} {:?} {:?} {:?}",
            options.index,
            options.extra_indexes,
            options.find_links,
            options.no_index,
            options.index_strategy
        );
        Ok((settings, key))
    }

    /// Returns the catalog of some indexes, which is opened once.
    fn catalog(&mut self, settings: Settings, key: String) -> usize {
        if let Some(at) = self.known.get(&key) {
            return *at;
        }
        let mut outside = settings.outside;
        outside.listener = (self.listen)();
        self.catalogs.push(LiveCatalog::open(outside, None));
        let at = self.catalogs.len() - 1;
        self.known.insert(key, at);
        at
    }
}

/// Installers know nothing of GPUs.
fn bare(target: Target) -> Target {
    target.with_accelerators(Accelerators::default())
}
