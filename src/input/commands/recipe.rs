//! What a file with commands does to an environment, as values: stages of steps in their order.
//! A script and a notebook have one stage, a Dockerfile one for each `FROM`.

use std::collections::BTreeSet;

use super::{Argument, InstallCommand, Installer, SyncCommand};
use crate::source::{Origin, Problem};

/// All that a file does, stage by stage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recipe {
    /// The stages, each built on what stands before it.
    pub stages: Vec<Stage>,
    /// What is wrong with what the project says of its commands, and what of them is not read.
    pub problems: Vec<Problem>,
}

/// What is done from one start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stage {
    /// Its name: `AS name`, or the function that a call in Python is for.
    pub name: Option<String>,
    /// What it starts from; nothing for a script, which runs where somebody starts it.
    pub base: Option<Base>,
    /// What is done, in order.
    pub steps: Vec<Step>,
}

/// What a stage starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// An image that somebody else made.
    Image(BaseImage),
    /// A stage of the same file, by its position.
    Stage(usize),
}

/// An image that is started from: `nvidia/cuda:12.1.1-runtime-ubuntu22.04`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseImage {
    /// Its name, with what variables put into it.
    pub name: Argument,
    /// `--platform`.
    pub platform: Option<Argument>,
}

/// One thing that is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What is done.
    pub action: Action,
    /// The command that does it.
    pub origin: Origin,
    /// Its words on one line, as somebody would type them.
    pub command: String,
    /// The instruction or cell that the command is part of, counted from 1: what one layer of an
    /// image has in common.
    pub layer: usize,
    /// The files of the project that it reads.
    pub files: Vec<StepFile>,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Packages are installed.
    Install(InstallCommand),
    /// Packages are removed.
    Uninstall(Vec<Argument>),
    /// Packages of the operating system are installed; their names, without versions.
    SystemPackages(Vec<Argument>),
    /// A project is installed from its lock.
    Sync(SyncCommand),
    /// A Python is installed, or an environment made for it: its version.
    Python(Argument),
    /// Installed packages are taken from another stage, by its position.
    Take(usize),
}

/// What installs a project from its lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Syncer {
    /// `uv sync`.
    Uv,
    /// `poetry install`.
    Poetry,
    /// `pdm install` and `pdm sync`.
    Pdm,
    /// `pipenv install` and `pipenv sync`.
    Pipenv,
}

/// A file, or the folder of a project, that a step reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepFile {
    /// The path as the command has it.
    pub argument: Argument,
    /// What it is read for.
    pub role: FileRole,
    /// Where it can be in the project, likeliest first: paths relative to the project's folder
    /// that do not leave it. Empty where the file does not come from the project.
    pub paths: Vec<String>,
    /// The folder of the image that it is looked for in, where there is an image.
    pub place: Option<String>,
}

/// What a step reads a file for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileRole {
    /// `-r`.
    Requirements,
    /// `-c`.
    Constraints,
    /// A folder with a project, or an archive of one: `-e .`, `./a.whl`; of what is installed from a
    /// lock, the file that declares it.
    Project,
    /// The lock that a project is installed from.
    Lock,
}

/// What is done in the end to get one stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build<'r> {
    /// The image that all of it starts from.
    pub base: Option<&'r BaseImage>,
    /// What is done, in order; those of the stages it is built on come first.
    pub steps: Vec<&'r Step>,
    /// Whether a stage takes folders with packages from another: what is installed beside an
    /// environment is then part of one.
    pub takes_folders: bool,
}

/// Tells that what a place installs is not taken.
pub(in crate::input) fn left_out(origin: Origin) -> Problem {
    let message = "what this installs is known only when it runs, and is left out";
    Problem::at(origin, message).as_warning()
}

impl Recipe {
    /// Returns what is not read of what is asked for: the problems, and what calls of Python hold
    /// that only running tells.
    pub fn unread(&self) -> Vec<Problem> {
        let steps = self.stages.iter().flat_map(|stage| &stage.steps);
        let calls = steps.filter_map(|step| match &step.action {
            Action::Install(command) if command.installer == Installer::Call => Some(command),
            _ => None,
        });
        let words = calls.flat_map(|command| &command.requirements);
        let unclear = words.filter(|word| !word.is_literal);
        let unclear = unclear.map(|word| left_out(word.origin.clone()));
        self.problems.iter().cloned().chain(unclear).collect()
    }

    /// Makes one of steps that somebody starts somewhere.
    pub(super) fn of_steps(steps: Vec<Step>) -> Self {
        let stages = match steps.is_empty() {
            true => Vec::new(),
            false => vec![Stage {
                steps,
                ..Stage::default()
            }],
        };
        Self {
            stages,
            ..Self::default()
        }
    }

    /// Returns every install command, in the file's order.
    pub fn commands(self) -> impl Iterator<Item = InstallCommand> {
        let steps = self.stages.into_iter().flat_map(|stage| stage.steps);
        steps.filter_map(|step| match step.action {
            Action::Install(command) => Some(command),
            _ => None,
        })
    }

    /// Returns what is done to get a stage, by its name or number. Where none is named, that is the
    /// last one of an image, and all of what starts from no image: calls, mostly. Nothing where
    /// there is no such stage.
    pub fn build(&self, stage: Option<&str>) -> Option<Build<'_>> {
        let is_image = self.stages.iter().any(|stage| stage.base.is_some());
        if stage.is_none() && !is_image && !self.stages.is_empty() {
            let steps = self.stages.iter().flat_map(|stage| &stage.steps);
            return Some(Build {
                base: None,
                steps: steps.collect(),
                takes_folders: false,
            });
        }
        let at = match stage {
            Some(wanted) => self.position(wanted)?,
            None => self.stages.len().checked_sub(1)?,
        };
        let mut build = Build {
            base: None,
            steps: Vec::new(),
            takes_folders: self.takes_folders(),
        };
        self.add(at, &mut BTreeSet::new(), &mut build);
        build.base = self.image_of(at);
        Some(build)
    }

    fn takes_folders(&self) -> bool {
        let mut steps = self.stages.iter().flat_map(|stage| &stage.steps);
        steps.any(|step| matches!(step.action, Action::Take(_)))
    }

    fn position(&self, wanted: &str) -> Option<usize> {
        let mut stages = self.stages.iter();
        let is_it = |it: &Stage| {
            let name = it.name.as_deref();
            name.is_some_and(|name| name.eq_ignore_ascii_case(wanted))
        };
        let by_number = || wanted.parse().ok().filter(|at| *at < self.stages.len());
        stages.position(is_it).or_else(by_number)
    }

    fn image_of(&self, mut at: usize) -> Option<&BaseImage> {
        loop {
            match self.stages.get(at)?.base.as_ref()? {
                Base::Image(image) => return Some(image),
                // A stage is built on an earlier one.
                Base::Stage(earlier) if *earlier < at => at = *earlier,
                Base::Stage(_) => return None,
            }
        }
    }

    /// Adds the steps of a stage behind those it is built on, each stage once.
    fn add<'r>(&'r self, at: usize, seen: &mut BTreeSet<usize>, build: &mut Build<'r>) {
        let mut chain = Vec::new();
        let mut next = Some(at);
        while let Some(at) = next.filter(|at| seen.insert(*at)) {
            chain.push(at);
            next = match self.stages.get(at).and_then(|it| it.base.as_ref()) {
                Some(Base::Stage(earlier)) if *earlier < at => Some(*earlier),
                _ => None,
            };
        }
        for at in chain.into_iter().rev() {
            for step in self.stages.get(at).iter().flat_map(|it| &it.steps) {
                match step.action {
                    // No deeper than there are stages, as each is added once.
                    Action::Take(other) if other < at => self.add(other, seen, build),
                    Action::Take(_) => {}
                    _ => build.steps.push(step),
                }
            }
        }
    }
}
