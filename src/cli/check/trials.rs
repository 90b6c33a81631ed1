//! Declarations without a lock: solved as an ordinary installer would, so that what they bring today
//! can be audited; and what changes when one of them is taken away.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::loose::is_by_conda;
use crate::audit::{Blocking, Fix, Idle, Trials, Unsatisfiable};
use crate::cli::conflict::Unsolved;
use crate::cli::mending::plan;
use crate::cli::prepare::Prepared;
use crate::explain::explain;
use crate::fetch::LiveCatalog;
use crate::input::{Edit, Rewrite, edits, written};
use crate::package::{Declaration, DeclarationKind, PackageName, Requirement, Version};
use crate::repair::{Change, Repair};
use crate::solve::{
    Conflict, Core, Effort, Fact, Failure, Outcome, Question, Resolution, Unfit, solve,
};

/// So many bounds are tried without, for so long.
const MOST_SOLVES: usize = 300;
const LONGEST: Duration = Duration::from_secs(20);

/// Puts the question as a plain installer answers it: by metadata alone.
pub(super) fn plain(question: &Question) -> Question {
    let mut accelerators = question.target.accelerators().clone();
    accelerators.gpus.clear();
    accelerators.driver = None;
    accelerators.cuda = None;
    Question {
        target: question.target.clone().with_accelerators(accelerators),
        facts: Arc::new(question.facts.without_limits()),
        ..question.clone()
    }
}

/// Finds every conflict, and the changes that mend them.
pub(super) fn conflicts(
    prepared: &Prepared,
    question: &Arc<Question>,
    (first, took): (&Conflict, Duration),
) -> Result<Trials, Failure> {
    let unsolved = Unsolved {
        prepared,
        question,
        tried: &[],
        first,
        took,
    };
    let mut explanations = Vec::new();
    // The declarations that do not go with the target, and not only not with one another.
    let mut off_target: BTreeSet<usize> = BTreeSet::new();
    let mut note = |core: &Core| {
        explanations.push(explain(question, &core.conflict));
        if core.conflict.facts.iter().any(is_of_target) {
            off_target.extend(&core.declarations);
        }
    };
    let found = unsolved.search(&mut note, &mut || {})?;
    if explanations.is_empty() {
        explanations.push(explain(question, first));
    }
    let fix = found.repairs.first().and_then(|it| fix_of(question, it));
    let conflicts = explanations.into_iter().map(|explanation| Unsatisfiable {
        explanation,
        fix: fix.clone(),
    });
    let mut blocking: Vec<Blocking> = Vec::new();
    let is_wanted = is_wanted(prepared, question, &found.repairs);
    for repair in &found.repairs {
        // Of several changes of one pin the first is the smallest.
        let of_pin = self::blocking(question, repair, &off_target);
        let of_pin = of_pin.filter(|it| is_wanted || it.of.is_none());
        let told = |it: &Blocking| {
            blocking
                .iter()
                .any(|known| known.declaration == it.declaration)
        };
        blocking.extend(of_pin.filter(|it| !told(it)));
    }
    Ok(Trials {
        conflicts: conflicts.collect(),
        blocking,
        is_complete: found.is_complete,
        ..Trials::default()
    })
}

/// Makes of a repair, which was solved, a fix with its edits.
fn fix_of(question: &Question, repair: &Repair) -> Option<Fix> {
    let (text, edits) = changed(question, repair)?;
    Some(Fix {
        text: format!("It has a solution where {text}."),
        edits,
        is_safe: false,
        is_verified: true,
    })
}

/// Says what a repair changes, as words that may follow "where", and as edits. Where it takes an
/// option besides, there are none: half of a repair mends nothing, and the rest is a person's.
pub(super) fn changed(question: &Question, repair: &Repair) -> Option<(String, Vec<Edit>)> {
    let plan = plan(question, &repair.changes).ok()?;
    let changes = repair.changes.iter().map(|change| match change {
        Change::Declaration { at, becomes } => {
            let declaration = &question.declarations[*at];
            let new = becomes.as_deref().map(|it| written(declaration, it));
            let new = new.map_or_else(|| "nothing".to_owned(), |it| format!("`{it}`"));
            format!("`{}` becomes {new}", declaration.origin.text())
        }
        Change::Override { requirement } => format!("an override says `{requirement}`"),
        Change::Python(python) => format!("Python is {python}"),
    });
    let changes: Vec<String> = changes.collect();
    let words = changes.join(", and ");
    match plan.options.is_empty() {
        true => Some((words, plan.edits)),
        false => {
            let options = plan.options.join(" ");
            Some((format!("{words} (with `{options}`)"), Vec::new()))
        }
    }
}

/// Whether a fact would be another one on another target.
fn is_of_target(fact: &Fact) -> bool {
    let is_of_target = |why: &Unfit| matches!(why, Unfit::Tags(_) | Unfit::Python);
    match fact {
        Fact::Refused { is_python, .. } => *is_python,
        Fact::Nothing { unusable, .. } => unusable.iter().any(|(why, _)| is_of_target(why)),
        Fact::Declared { .. }
        | Fact::Unmet { .. }
        | Fact::Needs { .. }
        | Fact::Limited { .. }
        | Fact::BuiltFor { .. } => false,
    }
}

/// Whether the Python of the target has to be served: no pin stands in the way of one that the
/// project itself rules out, or that nobody named, where another one has a solution.
fn is_wanted(prepared: &Prepared, question: &Question, repairs: &[Repair]) -> bool {
    let by_python = |it: &Repair| matches!(it.changes.as_slice(), [Change::Python(_)]);
    match &prepared.manifest.requires_python {
        Some((wanted, _)) => question.target.admits_python(wanted),
        None => !repairs.iter().any(by_python),
    }
}

/// A repair that changes nothing but one pin says what that pin stands in the way of.
fn blocking(
    question: &Question,
    repair: &Repair,
    off_target: &BTreeSet<usize>,
) -> Option<Blocking> {
    let [Change::Declaration { at, .. }] = repair.changes.as_slice() else {
        return None;
    };
    let declaration = question.declarations.get(*at)?;
    declaration.requirement.specifiers.is_pin().then_some(())?;
    Some(Blocking {
        declaration: declaration.clone(),
        of: off_target.contains(at).then(|| question.target.describe()),
        fix: fix_of(question, repair)?,
    })
}

/// Finds the bounds that do nothing, and what pyaudit would lock.
pub(super) fn counterfactuals(
    full: &Arc<Question>,
    question: &Arc<Question>,
    resolution: &Resolution,
    catalog: &LiveCatalog,
) -> Result<Trials, Failure> {
    let until = Instant::now() + LONGEST;
    let may_go_on = || Instant::now() < until;
    let effort = Effort::new(MOST_SOLVES, &may_go_on);
    let today = versions(resolution);
    let mut trials = Trials {
        is_complete: true,
        ..Trials::default()
    };
    for (at, declaration) in question.declarations.iter().enumerate() {
        let requirement = &declaration.requirement;
        // A pin of what is installed holds it tomorrow, which no solve of today shows.
        let holds = requirement.specifiers.is_pin() && today.contains_key(&requirement.name);
        let Some(without) = without(question, at).filter(|_| !holds) else {
            continue;
        };
        match effort.solve(&Arc::new(without), catalog)? {
            Some(Outcome::Solved(other)) if versions(&other) == today => {
                trials.idle.push(Idle {
                    declaration: declaration.clone(),
                    fix: removal(declaration),
                });
            }
            Some(_) => {}
            None => trials.untried.push(declaration.requirement.name.clone()),
        }
    }
    catalog.expect(Arc::clone(full));
    if let Outcome::Solved(resolution) = solve(full, catalog)?.outcome {
        trials.lock = Some(versions(&resolution));
    }
    Ok(trials)
}

/// Takes away a constraint, an override, or the bounds of a requirement that keep newer versions
/// out. Floors say what was tried, and are no bounds to do without; nor is what conda installs.
fn without(question: &Question, at: usize) -> Option<Question> {
    let declaration = &question.declarations[at];
    let requirement = &declaration.requirement;
    let holds = requirement.marker.holds(question.target.environment(), &[]);
    let is_bound = requirement.url.is_none() && !requirement.specifiers.is_any();
    if !holds || !is_bound || is_by_conda(declaration) {
        return None;
    }
    let mut changed = question.clone();
    match declaration.kind {
        DeclarationKind::Constraint | DeclarationKind::Override => {
            changed.declarations.remove(at);
        }
        DeclarationKind::Requirement => {
            let floors = floors(requirement)?;
            changed.declarations[at].requirement.specifiers = floors.specifiers;
        }
    }
    Some(changed)
}

/// Returns a requirement with nothing but its floors; nothing where it has nothing else.
fn floors(requirement: &Requirement) -> Option<Requirement> {
    let clauses = requirement.specifiers.text().split(',').map(str::trim);
    let floors = clauses.clone().filter(|it| it.starts_with('>'));
    let floors: Vec<&str> = floors.collect();
    let has_more = floors.len() < clauses.count();
    let extras: Vec<&str> = requirement.extras.iter().map(AsRef::as_ref).collect();
    let extras = match extras.as_slice() {
        [] => String::new(),
        extras => format!("[{}]", extras.join(",")),
    };
    let text = format!("{}{extras}{}", requirement.name, floors.join(","));
    has_more.then(|| Requirement::parse(&text).ok()).flatten()
}

/// Makes of a bound that can go, which was solved, a fix. A constraint or an override goes whole.
fn removal(declaration: &Declaration) -> Option<Fix> {
    let becomes = match declaration.kind {
        DeclarationKind::Constraint | DeclarationKind::Override => None,
        DeclarationKind::Requirement => {
            let marker = declaration.requirement.marker.text();
            let bare = floors(&declaration.requirement)?.to_string();
            Some(match marker {
                "" => bare,
                marker => format!("{bare} ; {marker}"),
            })
        }
    };
    let text = match &becomes {
        Some(becomes) => format!("Make it `{}`.", written(declaration, becomes)),
        None => "Remove it.".to_owned(),
    };
    let edits = edits(&[Rewrite::Declaration(declaration, becomes.as_deref())]);
    Some(Fix {
        text,
        edits: edits.ok()?,
        is_safe: false,
        is_verified: true,
    })
}

fn versions(resolution: &Resolution) -> BTreeMap<PackageName, Version> {
    let packages = resolution.packages.iter();
    packages
        .map(|it| (it.name.clone(), it.version.clone()))
        .collect()
}
