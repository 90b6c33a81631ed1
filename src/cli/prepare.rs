//! What every command that solves begins with: the inputs are read, the settings settled, and the
//! question put together with the catalog that answers the solver.
//!
//! It goes in three steps, so that a command can add its own problems and checks in between, and
//! all problems are told at once: [`Inputs`], [`Settled`], [`Prepared`].

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Exit;
use super::args::{ChoiceArgs, QuestionArgs};
use super::machine::take_machine;
use super::misgivings::misgivings;
use super::progress::Progress;
use super::settings::{Heard, Scope, Settings, TorchChoice, names, settle};
use super::terminal::Terminal;
use super::unnamed::{lost_paths, name_all};
use crate::fetch::LiveCatalog;
use crate::host::{LoadRequest, load, read_ambient};
use crate::input::{Ambient, Manifest, Said, Selection};
use crate::lock::{FormerPin, LockOptions, Pins};
use crate::package::{PackageName, Timestamp, Version};
use crate::sequence::{Baseline, Over};
use crate::solve::{
    Catalog, Failure, FlavourAnswer, Question, flavours_to_try, solve, solve_flavours,
};
use crate::source::Problem;
use crate::target::{Flavour, Target};

/// So many flavours have their pages asked for at once; older ones are rarely come to.
const WARMED: usize = 8;

/// What was read, with all that is wrong with it.
pub(super) struct Inputs {
    /// What the inputs declare; its problems are with the others.
    pub(super) manifest: Manifest,
    /// What is wrong so far.
    pub(super) problems: Vec<Problem>,
    /// The current folder.
    pub(super) folder: PathBuf,
    settings: Option<Settings>,
    is_python_free: bool,
}

/// Inputs without a mistake.
pub(super) struct Settled {
    manifest: Manifest,
    problems: Vec<Problem>,
    settings: Settings,
    is_python_free: bool,
}

/// A question that can be solved.
pub(super) struct Prepared {
    /// What the inputs declare.
    pub(super) manifest: Manifest,
    /// The warnings so far.
    pub(super) problems: Vec<Problem>,
    /// The question.
    pub(super) question: Arc<Question>,
    /// The flavours of torch to choose from, best first; none where that is settled.
    pub(super) flavours: Vec<Flavour>,
    /// What answers the solver.
    pub(super) catalog: LiveCatalog,
    /// The options in the words that a lock keeps.
    pub(super) options: LockOptions,
    /// For which environments.
    pub(super) scope: Scope,
    /// What a former lock has, for several environments.
    pub(super) former: Vec<FormerPin>,
    /// What is installed, and stays where it can.
    pub(super) baseline: Option<Baseline>,
    /// Whether nothing says which Python to lock for, so that another may be proposed.
    pub(super) is_python_free: bool,
    /// What is shown until it is finished.
    pub(super) progress: Progress,
}

impl Inputs {
    /// Reads the inputs and settles the options.
    pub(super) fn read(args: &QuestionArgs, terminal: &Terminal) -> Result<Self, Exit> {
        Self::read_with(args, true, terminal)
    }

    /// The same for a command that somebody else has typed: no code of packages is run, whatever
    /// the inputs allow.
    pub(super) fn read_of_others(args: &QuestionArgs, terminal: &Terminal) -> Result<Self, Exit> {
        Self::read_with(args, false, terminal)
    }

    fn read_with(args: &QuestionArgs, may_build: bool, terminal: &Terminal) -> Result<Self, Exit> {
        let folder = std::env::current_dir().map_err(|error| {
            let message = format!("the current folder cannot be read: {error}");
            terminal.say_problems(&[Problem::anywhere(message)]);
            Exit::Usage
        })?;
        let now = Timestamp::from_seconds(jiff::Timestamp::now().as_second());
        let ambient = read_ambient(&folder, now);
        let mut manifest = read_manifest(args, &ambient, &folder);
        if !may_build {
            manifest.tool.allow_build = None;
        }
        take_machine(&mut manifest, (&ambient, &folder), args, terminal);
        let mut problems = std::mem::take(&mut manifest.problems);
        // What is odd about the surroundings is rarely of this project's making.
        let is_told = |problem: &&Problem| problem.is_error() || terminal.verbosity > 0;
        problems.extend(ambient.problems.iter().filter(is_told).cloned());
        let heard = Heard {
            manifest: &manifest,
            ambient: &ambient,
        };
        let settings = settle(args, heard, &folder, now, &mut problems);
        let is_python_free = args.target.python.is_none()
            && manifest.tool.python.is_none()
            && ambient.python.is_none()
            && manifest.requires_python.is_none();
        if !problems.iter().any(Problem::is_error) {
            problems.extend(misgivings(&manifest, settings.as_ref()));
        }
        Ok(Self {
            manifest,
            problems,
            folder,
            settings,
            is_python_free,
        })
    }

    /// Returns where the result has to run, where that makes sense.
    pub(super) fn target(&self) -> Option<&Target> {
        self.settings.as_ref().map(|settings| &settings.target)
    }

    /// Returns the options in the words that a lock keeps, where they make sense.
    pub(super) fn options(&self) -> Option<&LockOptions> {
        self.settings.as_ref().map(|settings| &settings.options)
    }

    /// Returns the versions of a former lock that are kept where they fit.
    pub(super) fn preferences(
        &mut self,
        choice: &ChoiceArgs,
        former: Option<&Pins>,
    ) -> BTreeMap<PackageName, Version> {
        preferences(choice, former, &mut self.problems)
    }

    /// Ends the run if anything is wrong.
    pub(super) fn settled(self, terminal: &Terminal) -> Result<Settled, Exit> {
        match (self.settings, self.problems.iter().any(Problem::is_error)) {
            (Some(settings), false) => {
                tell_accelerators(&settings, terminal);
                Ok(Settled {
                    manifest: self.manifest,
                    problems: self.problems,
                    settings,
                    is_python_free: self.is_python_free,
                })
            }
            _ => {
                terminal.say_problems(&self.problems);
                Err(Exit::Usage)
            }
        }
    }
}

/// Returns the versions of a former lock that are kept where they fit, and tells of options that
/// are no names.
pub(super) fn preferences(
    choice: &ChoiceArgs,
    former: Option<&Pins>,
    problems: &mut Vec<Problem>,
) -> BTreeMap<PackageName, Version> {
    let upgrades = names(&choice.upgrade_package, "--upgrade-package", problems);
    let former = former.filter(|_| !choice.upgrade);
    former
        .into_iter()
        .flat_map(|former| former.names().map(move |name| (name, former)))
        .filter(|(name, _)| !upgrades.contains(name))
        .filter_map(|(name, former)| Some((name.clone(), former.versions(name).last()?.clone())))
        .collect()
}

impl Settled {
    /// Opens the catalog and puts the question, with versions that are preferred where they fit.
    pub(super) fn prepare(
        mut self,
        preferences: BTreeMap<PackageName, Version>,
        terminal: &Terminal,
    ) -> Result<Prepared, Exit> {
        let progress = Progress::new(terminal);
        let mut outside = self.settings.outside;
        outside.listener = progress.listener();
        let catalog = LiveCatalog::open(outside, None);
        let only = match self.settings.scope {
            Scope::Target => Some(&self.settings.target),
            Scope::Targets(_) | Scope::Region(_) => None,
        };
        let lost = lost_paths(&self.manifest, only);
        let named = match lost.is_empty() {
            true => name_all(&mut self.manifest, &catalog, only),
            false => Ok(lost),
        };
        match named {
            Ok(problems) => self.problems.extend(problems),
            Err(failure) => {
                progress.finish();
                terminal.say_problems(&self.problems);
                terminal.say_failure(&failure);
                return Err(Exit::Outside);
            }
        }
        if self.problems.iter().any(Problem::is_error) {
            progress.finish();
            terminal.say_problems(&self.problems);
            return Err(Exit::Usage);
        }
        let excludes = self.manifest.excludes.iter();
        let question = Question {
            declarations: self.manifest.declarations.clone(),
            excludes: excludes.map(|(name, _)| name.clone()).collect(),
            target: self.settings.target,
            region: None,
            policy: self.settings.policy,
            preferences,
            facts: self.settings.facts,
            sources: self.settings.sources,
        };
        let flavours = match self.settings.torch {
            TorchChoice::Auto => flavours_to_try(&question.facts, &question.target),
            TorchChoice::Unsaid | TorchChoice::Pypi | TorchChoice::Only(_) => Vec::new(),
        };
        Ok(Prepared {
            scope: self.settings.scope,
            former: Vec::new(),
            baseline: None,
            manifest: self.manifest,
            problems: self.problems,
            question: Arc::new(question),
            flavours,
            catalog,
            options: self.settings.options,
            is_python_free: self.is_python_free,
            progress,
        })
    }
}

impl Prepared {
    /// Solves it, with the best flavour of torch where one is to be chosen.
    pub(super) fn solve(&self) -> Result<FlavourAnswer, Failure> {
        let catalog = &*self.answering();
        let expect = |question: &Arc<Question>| self.catalog.expect(Arc::clone(question));
        if self.flavours.is_empty() {
            expect(&self.question);
            return Ok(FlavourAnswer {
                question: Arc::clone(&self.question),
                answer: solve(&self.question, catalog)?,
                tried: Vec::new(),
            });
        }
        let declared = self.question.declarations.iter();
        let names: Vec<PackageName> = declared
            .map(|declaration| declaration.requirement.name.clone())
            .filter(|name| self.question.facts.is_family(name))
            .collect();
        self.catalog
            .soon_builds(&names, &self.flavours[..self.flavours.len().min(WARMED)]);
        solve_flavours(&self.question, &self.flavours, catalog, &expect)
    }

    /// Returns what answers the solver: the indexes, and what is installed.
    pub(super) fn answering(&self) -> Box<dyn Catalog + '_> {
        match &self.baseline {
            Some(baseline) => Box::new(Over::new(baseline, &self.catalog)),
            None => Box::new(&self.catalog),
        }
    }

    /// Adds what the catalog had to remark.
    pub(super) fn take_warnings(&mut self) {
        let warnings = self.catalog.warnings().iter();
        let warnings = warnings.map(|warning| Problem::anywhere(warning).as_warning());
        self.problems.extend(warnings);
    }
}

/// Says what was found on this machine, and of which day the facts are that judge it.
fn tell_accelerators(settings: &Settings, terminal: &Terminal) {
    if let Some(found) = &settings.found {
        terminal.mention(found);
    }
    if terminal.verbosity > 0 && settings.torch != TorchChoice::Unsaid {
        let date = settings.facts.date();
        terminal.say(&format!("which builds of torch fit is known as of {date}"));
    }
}

/// Reads the inputs alone.
pub(super) fn read_manifest(args: &QuestionArgs, ambient: &Ambient, folder: &Path) -> Manifest {
    let declared = &args.declared;
    let selection = Selection {
        extras: declared.extras.clone(),
        all_extras: declared.all_extras,
        groups: declared.groups.clone(),
        all_groups: declared.all_groups,
        stage: declared.stage.clone(),
        ..Selection::default()
    };
    let files = |typed: &[String], around: &[Said<String>]| match typed {
        [] => around.iter().map(|said| said.value.clone()).collect(),
        typed => typed.to_vec(),
    };
    let request = LoadRequest {
        inputs: &args.sources,
        constraints: &files(&declared.constraints, &ambient.constraints),
        overrides: &files(&declared.overrides, &ambient.overrides),
        excludes: &declared.excludes,
        selection: &selection,
        folder,
        variables: ambient.variables.as_map(),
    };
    load(&request, &mut io::stdin().lock())
}
