//! A lock over what is installed: what has to stay, what the lock moves, and what that breaks.

use std::sync::Arc;

use super::Exit;
use super::args::{ChoiceArgs, QuestionArgs};
use super::baseline::{BaselineArgs, baseline, passed_over};
use super::prepare::{Inputs, Prepared};
use super::settings::names;
use super::terminal::Terminal;
use crate::explain::{break_sentence, nearest_of};
use crate::lock::{Lock, LockedFiles, LockedPackage};
use crate::package::{Declaration, DeclarationKind, Marker, PackageName, Requirement, Specifiers};
use crate::sequence::{
    Baseline, Break, Change, Effect, INSTALLED, Keeps, Manner, Present, Surroundings, Wish, breaks,
    effect, learn, new_breaks,
};
use crate::solve::{Failure, Outcome, Policy, Question, Resolution, Resolved, solve};
use crate::source::{Origin, Problem, SourceFile};

/// Of more packages than this it is not tried out whether they could stay.
const MOST_KEPT: usize = 12;

/// Reads the baseline of a lock, and settles where the lock has to run by it.
pub(super) fn ground(
    args: &BaselineArgs,
    question: &mut QuestionArgs,
    terminal: &Terminal,
) -> Result<Option<Baseline>, Exit> {
    let Some(name) = &args.baseline else {
        return Ok(None);
    };
    let fail = |problem: Problem| {
        terminal.say_problems(&[problem]);
        Exit::Usage
    };
    if name == "-" && question.sources.iter().any(|it| it == "-") {
        let message = "standard input cannot be both what is installed and what is required";
        return Err(fail(Problem::anywhere(message)));
    }
    let scope = &question.scope;
    if scope.universal || scope.targets.len() > 1 {
        let message = "`--baseline` is of one environment, and this lock is for several";
        return Err(fail(Problem::anywhere(message)));
    }
    let folder = std::env::current_dir().unwrap_or_default();
    let baseline = baseline(name, &folder).map_err(fail)?;
    terminal.say_problems(passed_over(&baseline).as_slice());
    let target = &mut question.target;
    if target.python.is_none() && scope.targets.is_empty() {
        target.python.clone_from(&baseline.python);
        let platform = target.platform.take();
        target.platform = platform.or_else(|| baseline.platform.clone());
    }
    Ok(Some(baseline))
}

/// Declares that packages of the baseline must not move, each where the baseline says its version.
pub(super) fn keep(args: &BaselineArgs, baseline: &Baseline, inputs: &mut Inputs) {
    for name in names(&args.keep, "--keep", &mut inputs.problems) {
        let present = baseline.get(&name);
        let Some(kept) = present.and_then(kept) else {
            let problem = match present {
                Some(_) => Problem::anywhere(format!(
                    "`{}` does not say which version of {name} it has",
                    baseline.label
                )),
                None => not_there(&name, baseline),
            };
            inputs.problems.push(problem);
            continue;
        };
        inputs.manifest.declarations.push(kept);
    }
}

fn not_there(name: &PackageName, baseline: &Baseline) -> Problem {
    let message = format!("`--keep`: {name} is not in `{}`", baseline.label);
    let problem = Problem::anywhere(message);
    match nearest_of(name, baseline.iter().map(|it| it.name.as_ref())) {
        Some(meant) => problem.with_help(format!("Did you mean `{meant}`?")),
        None => problem,
    }
}

/// Declares that an installed package must not move; nothing where its version is not known.
fn kept(present: &Present) -> Option<Declaration> {
    let version = present.version.as_ref()?;
    Some(Declaration {
        requirement: Requirement {
            name: present.name.clone(),
            extras: Vec::new(),
            specifiers: Specifiers::parse(&format!("=={version}")).ok()?,
            url: None,
            marker: Marker::always(),
        },
        kind: DeclarationKind::Constraint,
        origin: present.origin.clone(),
        section: Some(Declaration::OF_BASELINE.to_owned()),
        digests: Vec::new(),
    })
}

/// Prefers what is installed, unless it is to be chosen anew.
pub(super) fn prefer(baseline: &Baseline, choice: &ChoiceArgs, prepared: &mut Prepared) {
    if choice.upgrade {
        return;
    }
    let is_anew = |name: &PackageName| {
        let mut upgrades = choice.upgrade_package.iter();
        upgrades.any(|it| PackageName::new(it.clone()).is_ok_and(|it| it == *name))
    };
    prefer_but(baseline, prepared, &is_anew);
}

fn prefer_but(
    baseline: &Baseline,
    prepared: &mut Prepared,
    is_anew: &dyn Fn(&PackageName) -> bool,
) {
    let mut question = Question::clone(&prepared.question);
    for (name, version) in baseline.versions() {
        if is_anew(&name) {
            continue;
        }
        if version.any_prerelease() {
            question.policy.prereleases_of.insert(name.clone());
        }
        question.preferences.insert(name, version);
    }
    prepared.question = question.into();
}

/// Prefers all that is installed.
pub(super) fn prefer_all(baseline: &Baseline, prepared: &mut Prepared) {
    prefer_but(baseline, prepared, &|_| false);
}

/// What a lock does to what is installed.
pub(super) struct Over {
    /// What is installed.
    pub(super) before: Baseline,
    /// What the lock changes and keeps.
    pub(super) effect: Effect,
    /// What is broken then and was not before.
    pub(super) broken: Vec<Break>,
    /// The packages to keep so that nothing moves, where there is such a lock: it was solved.
    pub(super) keep: Vec<PackageName>,
}

/// Finds out what an answer does to what is installed.
pub(super) fn over(
    prepared: &Prepared,
    (question, resolution): (&Question, &Resolution),
) -> Result<Option<Over>, Failure> {
    let Some(baseline) = &prepared.baseline else {
        return Ok(None);
    };
    let mut before = baseline.clone();
    let catalog = &prepared.catalog;
    let around = Surroundings {
        target: &question.target,
        facts: &question.facts,
    };
    let wish = Wish {
        declarations: question.declarations.clone(),
        manner: Manner {
            keeps: match question.preferences.is_empty() {
                true => Keeps::Nothing,
                false => Keeps::Satisfying,
            },
            ..Manner::default()
        },
        policy: Policy::default(),
        sources: Arc::clone(&question.sources),
        flavour: None,
        origin: Origin::whole(&SourceFile::new(baseline.label.as_str(), "")),
    };
    let asked = (question, resolution);
    let mut done = effect(&before, &wish, asked, catalog)?;
    if done.changes.iter().any(Change::is_move) {
        // Of what the lock holds the answer itself knows what it requires.
        learn(&mut before, catalog);
        done = effect(&before, &wish, asked, catalog)?;
    }
    let broken = new_breaks(&breaks(&before, around), breaks(&done.after, around));
    Ok(Some(Over {
        keep: still(prepared, question, &done)?,
        before,
        effect: done,
        broken,
    }))
}

/// Looks for the fewest of the packages that move which, kept, leave nothing to move; none where
/// something has to.
fn still(
    prepared: &Prepared,
    question: &Question,
    done: &Effect,
) -> Result<Vec<PackageName>, Failure> {
    let moves = done.changes.iter().filter(|it| it.is_move());
    let mut keep: Vec<&Present> = moves.filter_map(|it| it.before.as_ref()).collect();
    if keep.is_empty() || keep.len() > MOST_KEPT || !is_still(prepared, question, &keep)? {
        return Ok(Vec::new());
    }
    for present in keep.clone() {
        let fewer: Vec<&Present> = keep
            .iter()
            .filter(|it| it.name != present.name)
            .copied()
            .collect();
        if !fewer.is_empty() && is_still(prepared, question, &fewer)? {
            keep = fewer;
        }
    }
    Ok(keep.into_iter().map(|it| it.name.clone()).collect())
}

/// Whether nothing that is installed moves where some packages must not.
fn is_still(prepared: &Prepared, question: &Question, keep: &[&Present]) -> Result<bool, Failure> {
    let mut asked = question.clone();
    asked
        .declarations
        .extend(keep.iter().filter_map(|it| kept(it)));
    let Outcome::Solved(resolution) = solve(&Arc::new(asked), &*prepared.answering())?.outcome
    else {
        return Ok(false);
    };
    let baseline = prepared.baseline.as_ref();
    let stays = |it: &Resolved| {
        let present = baseline.and_then(|baseline| baseline.get(&it.name));
        present.is_none_or(|present| present.version.as_ref() == Some(&it.version))
    };
    Ok(resolution.packages.iter().all(stays))
}

impl Over {
    /// Tells what is broken, and what was not judged, as warnings.
    pub(super) fn warnings(&self) -> Vec<Problem> {
        let broken = self.broken.iter().map(|it| {
            let help = "Require it as well, and it takes part in the solution; or keep what it \
                        needs with `--keep`.";
            Problem::at(it.package.origin.clone(), break_sentence(it)).with_help(help)
        });
        broken.map(Problem::as_warning).collect()
    }
}

/// Takes from a lock the files that stand for what is installed and on no index. A `pylock.toml`
/// cannot name what has no file: it goes from there, and stays as it is installed.
pub(super) fn as_installed(lock: &mut Lock, names_files: bool) -> Vec<Problem> {
    let is_installed = |it: &LockedPackage| it.index.as_deref() == Some(INSTALLED);
    let labels = lock.packages.iter().filter(|it| is_installed(it));
    let labels: Vec<String> = labels.map(LockedPackage::label).collect();
    match names_files {
        true => lock.packages.retain(|it| !is_installed(it)),
        false => {
            for package in lock.packages.iter_mut().filter(|it| is_installed(it)) {
                package.index = None;
                package.files = LockedFiles::default();
            }
        }
    }
    let warnings = labels.into_iter().map(|label| {
        let message = format!("{label} is on no index: it stays as it is installed");
        let help = match names_files {
            true => "The lock leaves it out: install it over the baseline.",
            false => "The lock can be installed over the baseline alone.",
        };
        Problem::anywhere(message).with_help(help).as_warning()
    });
    warnings.collect()
}
