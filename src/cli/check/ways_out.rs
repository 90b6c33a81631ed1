//! Tries out how a vulnerable version can be left: by locking the package anew, else by changing
//! the declarations that keep the fixed versions out. What is promised was solved.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::args::CheckArgs;
use super::trials::changed;
use crate::advisory::Advisories;
use crate::audit::{Declared, Fix};
use crate::cli::command::joined;
use crate::cli::reading::Reading;
use crate::cli::why::{Unanswered, with_catalog};
use crate::cli::witness::{Attempt, attempt, told, ways};
use crate::explain::list;
use crate::graph::Graph;
use crate::lock::Lock;
use crate::package::{DeclarationKind, PackageName, Requirement, Version};
use crate::repair::{Change, Repair};
use crate::report::Move;
use crate::solve::{Catalog, Failure, Question};

/// So many packages have their ways out tried, so many of these each, for so long.
const MOST_PACKAGES: usize = 20;
const MOST_WAYS: usize = 3;
const LONGEST: Duration = Duration::from_secs(30);

/// So many packages that move along are named.
const MOST_MOVES: usize = 4;

/// A vulnerable package of a lock.
type Pin = (PackageName, Version);

/// What is tried out, and by what it is judged.
pub(super) struct Trial<'a> {
    /// The packages of the lock.
    pub(super) graph: &'a Graph<'a>,
    /// What is known of versions.
    pub(super) advisories: &'a Advisories,
    /// The command that makes the lock anew; none where there is no lock.
    pub(super) relock: Option<String>,
}

/// Tries out the ways out of a lock's vulnerable versions. Where its record makes no question, or
/// nobody can be asked, each fix says that nothing was tried.
pub(super) fn fixes_of_lock(
    args: &CheckArgs,
    (reading, declared): (&Reading, Option<&Declared>),
    advisories: &Advisories,
) -> BTreeMap<Pin, Fix> {
    let graph = Graph::new(&reading.lock, reading.target.as_ref());
    let trial = Trial {
        graph: &graph,
        advisories,
        relock: Some(relock(&reading.lock, &reading.file)),
    };
    if trial.vulnerable().is_empty() {
        return BTreeMap::new();
    }
    let ask = |question: &Arc<Question>, catalog: &crate::fetch::LiveCatalog| {
        trial.fixes(&of_today(question, declared), catalog)
    };
    let why = match with_catalog((&args.index, &args.cache), reading, ask) {
        Ok(Some(fixes)) => return fixes,
        Ok(None) => "the lock does not keep what was declared for which target",
        Err(Unanswered::Problem(_)) => "the lock's record makes no question that can be asked",
        Err(Unanswered::Failure(_)) if args.index.offline => {
            "the cache does not have what it takes, and the network is off"
        }
        Err(Unanswered::Failure(_)) => "the index could not be asked",
    };
    trial.untried(why)
}

/// Puts what is declared today in the place of what the lock was made of: an edit has to fit the
/// files as they are.
fn of_today(question: &Question, declared: Option<&Declared>) -> Question {
    let is_whole = |it: &&Declared| {
        it.by_address.is_empty()
            && it.overridden_by_address.is_empty()
            && it.missing_files.is_empty()
            && it.wanted.iter().any(|wanted| wanted.is_in_file)
    };
    let Some(declared) = declared.filter(is_whole) else {
        return question.clone();
    };
    let today = declared.wanted.iter().filter(|it| it.is_in_file);
    Question {
        declarations: today.map(|it| it.declaration.clone()).collect(),
        ..question.clone()
    }
}

impl Trial<'_> {
    /// Tries out the ways of all vulnerable packages.
    pub(super) fn fixes(
        &self,
        question: &Question,
        catalog: &dyn Catalog,
    ) -> Result<BTreeMap<Pin, Fix>, Failure> {
        let until = Instant::now() + LONGEST;
        let mut fixes = BTreeMap::new();
        for (tried, (pin, ways)) in self.vulnerable().into_iter().enumerate() {
            let fix = match tried < MOST_PACKAGES && Instant::now() < until {
                true => self.fix(&pin, &ways, question, catalog)?,
                false => untried(&pin.0, &ways, "there is too much to try"),
            };
            fixes.insert(pin, fix);
        }
        Ok(fixes)
    }

    /// Names the fixed versions alone.
    fn untried(&self, why: &str) -> BTreeMap<Pin, Fix> {
        let vulnerable = self.vulnerable().into_iter();
        let fixes = vulnerable.map(|(pin, ways)| {
            let fix = untried(&pin.0, &ways, why);
            (pin, fix)
        });
        fixes.collect()
    }

    /// Returns the vulnerable packages that have a way out.
    fn vulnerable(&self) -> BTreeMap<Pin, Vec<Version>> {
        let packages = self.graph.packages().iter();
        let pins = packages.filter_map(|it| Some((it.name.clone(), it.version.clone()?)));
        let ways = pins.map(|pin| {
            let ways = self.advisories.ways_out(&pin.0, &pin.1);
            (pin, ways)
        });
        ways.filter(|(_, ways)| !ways.is_empty()).collect()
    }

    fn fix(
        &self,
        pin: &Pin,
        ways: &[Version],
        question: &Question,
        catalog: &dyn Catalog,
    ) -> Result<Fix, Failure> {
        if let Some(relock) = &self.relock
            && let Some(fix) = self.taken_anew((pin, ways, relock), question, catalog)?
        {
            return Ok(fix);
        }
        let mut refused = Vec::new();
        for fixed in ways.iter().take(MOST_WAYS) {
            let name = &pin.0;
            let Ok(demand) = Requirement::parse(&format!("{name}>={fixed}")) else {
                continue;
            };
            match attempt(self.graph, name, Some(&demand), question, catalog)? {
                Attempt::Solved { pins, moves } => {
                    if let Some(version) = self.better(pin, ways, pins.get(name)) {
                        return Ok(declared(name, fixed, version, &moves));
                    }
                }
                Attempt::Unsolvable(question, conflict) => {
                    let (question, repairs) = self::ways(&question, &conflict, catalog)?;
                    let repair = repairs.first();
                    if let Some(fix) = repair.and_then(|it| changing((name, fixed), &question, it))
                    {
                        return Ok(self.to_be_locked(fix, name));
                    }
                    let told = told(&question, &conflict);
                    refused.push(told.conclusion.unwrap_or(told.headline));
                }
            }
        }
        let why = refused.into_iter().next();
        let why = why.unwrap_or_else(|| "none that solves is without a flaw".to_owned());
        let why = why.trim_end_matches('.');
        Ok(unverified(format!(
            "No fixed version has a solution: {why}."
        )))
    }

    /// Locks the package anew, as `pyaudit lock -P` does.
    fn taken_anew(
        &self,
        (pin, ways, relock): (&Pin, &[Version], &str),
        question: &Question,
        catalog: &dyn Catalog,
    ) -> Result<Option<Fix>, Failure> {
        let name = &pin.0;
        let Attempt::Solved { pins, moves } = attempt(self.graph, name, None, question, catalog)?
        else {
            return Ok(None);
        };
        let better = self.better(pin, ways, pins.get(name));
        Ok(better.map(|version| Fix {
            text: format!(
                "Upgrade {name} to {version}, as your declarations allow: `{relock} -P {name}`.{}",
                along(name, &moves)
            ),
            edits: Vec::new(),
            is_safe: true,
            is_verified: true,
        }))
    }

    /// Says how the lock follows a change of declarations.
    fn to_be_locked(&self, fix: Fix, name: &PackageName) -> Fix {
        let Some(relock) = &self.relock else {
            return fix;
        };
        let text = format!("{} Then lock again: `{relock} -P {name}`.", fix.text);
        Fix { text, ..fix }
    }

    /// Returns a version if it is later and has no more flaws than the fixed ones.
    fn better<'v>(
        &self,
        (name, locked): &Pin,
        ways: &[Version],
        version: Option<&'v Version>,
    ) -> Option<&'v Version> {
        let open = |version: &Version| self.advisories.judge(name, version).advisories.len();
        let least = ways.iter().map(open).min().unwrap_or_default();
        version.filter(|version| *version > locked && open(version) <= least)
    }
}

/// Returns the command that makes a lock anew out of the files that its record names.
fn relock(lock: &Lock, file: &str) -> String {
    let declared = lock.tool.iter().flat_map(|tool| &tool.declarations);
    let required = declared.filter(|it| it.kind == DeclarationKind::Requirement);
    let inputs: BTreeSet<&str> = required.map(|it| it.file.as_str()).collect();
    let output = ["-o", file];
    let words = std::iter::once("lock").chain(inputs).chain(output);
    let words: Vec<String> = words.map(str::to_owned).collect();
    joined(&words)
}

fn untried(name: &PackageName, ways: &[Version], why: &str) -> Fix {
    let fixed = ways.first().map(|fixed| format!(" {fixed}"));
    let fixed = fixed.unwrap_or_default();
    unverified(format!(
        "Upgrade {name} to{fixed} or later; not tried out, as {why}."
    ))
}

fn unverified(text: String) -> Fix {
    Fix {
        text,
        edits: Vec::new(),
        is_safe: false,
        is_verified: false,
    }
}

/// Declarations have to change for it.
fn changing(
    (name, fixed): (&PackageName, &Version),
    question: &Question,
    repair: &Repair,
) -> Option<Fix> {
    let (text, edits) = changed(question, repair)?;
    let is_override = |it: &Change| matches!(it, Change::Override { .. });
    let against = match repair.changes.iter().any(is_override) {
        true => ", against what packages declare",
        false => "",
    };
    Some(Fix {
        text: format!("{name} {fixed} or later has a solution where {text}{against}."),
        edits,
        is_safe: false,
        is_verified: true,
    })
}

/// A declaration alone brings it.
fn declared(name: &PackageName, fixed: &Version, version: &Version, moves: &[Move]) -> Fix {
    Fix {
        text: format!(
            "Declare `{name}>={fixed}`: it has a solution, with {name} {version}.{}",
            along(name, moves)
        ),
        edits: Vec::new(),
        is_safe: false,
        is_verified: true,
    }
}

/// Says what else moves.
fn along(name: &PackageName, moves: &[Move]) -> String {
    let others = moves.iter().filter(|it| it.name != *name);
    let told = others.map(|it| match (&it.from, &it.to) {
        (Some(_), Some(to)) | (None, Some(to)) => format!("{} {to}", it.name),
        (_, None) => format!("no {}", it.name),
    });
    let told: Vec<String> = told.collect();
    match told.len() {
        0 => String::new(),
        some if some <= MOST_MOVES => format!(" With it comes {}.", list(&told)),
        many => format!(" With it, {many} other packages move."),
    }
}
