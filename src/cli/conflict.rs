//! What is done about a question without a solution: every conflict is told as soon as it is known,
//! and then the repairs. Whoever stops the run keeps what was told so far.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Exit;
use super::args::{OutputArgs, OutputFormatArg};
use super::command::{can_be_instead, instead};
use super::mending::plan;
use super::prepare::Prepared;
use super::terminal::Terminal;
use crate::explain::{Explanation, explain, flavour_reasons, ways_out};
use crate::host::write_whole;
use crate::package::PackageName;
use crate::repair::{Freedom, Repair, Repairs, applied, repairs};
use crate::report::{
    ConflictReport, Findings, LockOutcome, LockReport, RepairReport, Style, conflict_markdown,
    draw_conflict, draw_conflict_in_brief, draw_further_conflict, draw_hint, draw_hint_for,
    draw_repairs,
};
use crate::solve::{
    Conflict, Conflicts, Core, Effort, Failure, FlavourTried, FlavourUnfit, Outcome, Question,
    conflicts, part_of, solve, solve_flavours, unfit_flavour,
};
use crate::source::Problem;
use crate::target::Flavour;

/// So many questions are solved to find all conflicts, and as many to find repairs.
const MOST_SOLVES: usize = 300;
/// The search ends after this long, or after this many times what the failing solve took.
const LONGEST: Duration = Duration::from_secs(20);
const LONGEST_TIMES: u32 = 3;
/// So long ways out are looked for that are no change of what is declared.
const LONGEST_FOR_HINTS: Duration = Duration::from_secs(5);
/// Repairs are looked for with so many other flavours of torch.
const MOST_FLAVOURS: usize = 4;
/// So many conflicts are told in full on the terminal, the others in a line each.
const MOST_TOLD: usize = 5;

/// What was found.
pub(super) struct Found {
    /// The repairs, smallest first.
    pub(super) repairs: Vec<Repair>,
    /// Whether the search came to its end.
    pub(super) is_complete: bool,
}

/// A question without a solution, and how long that took to find out.
pub(super) struct Unsolved<'a> {
    /// The question as it was put, and its catalog.
    pub(super) prepared: &'a Prepared,
    /// The question as it was answered: with the flavour of torch that came nearest.
    pub(super) question: &'a Arc<Question>,
    /// The flavours that were tried, where one was to be chosen.
    pub(super) tried: &'a [FlavourTried],
    /// The conflict that was met first.
    pub(super) first: &'a Conflict,
    /// How long the failing solve took.
    pub(super) took: Duration,
}

impl Unsolved<'_> {
    /// Finds all conflicts and repairs; `told` hears of each conflict as soon as it is known, and
    /// `all_told` once there are no more, before repairs are looked for.
    pub(super) fn search(
        &self,
        told: &mut dyn FnMut(&Core),
        all_told: &mut dyn FnMut(),
    ) -> Result<Found, Failure> {
        let (question, catalog) = (self.question, &*self.prepared.answering());
        let until = Instant::now() + LONGEST.max(self.took * LONGEST_TIMES);
        let may_go_on = || Instant::now() < until;
        let effort = Effort::new(MOST_SOLVES, &may_go_on);
        let mut is_first = true;
        let Conflicts { cores, is_complete } =
            conflicts(question, catalog, self.first, &effort, &mut |core| {
                if is_first || !self.is_of_one_flavour(core) {
                    told(core);
                }
                is_first = false;
            })?;
        let pause = Instant::now();
        all_told();
        let until = until + pause.elapsed();
        let may_go_on = || Instant::now() < until;
        let effort = effort.next(MOST_SOLVES, &may_go_on);
        let freedom = Freedom {
            python: self.prepared.is_python_free,
        };
        let mut found = match cores.is_empty() {
            true => Repairs::default(),
            false => repairs(question, &cores, catalog, freedom, &effort)?,
        };
        for flavour in self.other_flavours() {
            if !found.repairs.is_empty() {
                break;
            }
            found = self.repairs_with(flavour, freedom, &effort)?;
        }
        let repairs = found.repairs.into_iter();
        Ok(Found {
            is_complete: is_complete && found.is_complete,
            repairs: repairs.map(|it| self.as_locked(it)).collect(),
        })
    }

    /// Says what a lock would have with a repair made. Where the flavour is to be chosen, it takes
    /// the best one that has an answer then, and that need not be the one of the repair.
    fn as_locked(&self, mut repair: Repair) -> Repair {
        let Prepared {
            question, flavours, ..
        } = self.prepared;
        let catalog = &*self.prepared.answering();
        let expect = |question: &Arc<Question>| self.prepared.catalog.expect(Arc::clone(question));
        let changed = applied(question, &repair.changes).filter(|_| !flavours.is_empty());
        // What cannot be found out stays as it was solved.
        let found = changed.and_then(|it| solve_flavours(&it, flavours, catalog, &expect).ok());
        let Some(Outcome::Solved(resolution)) = found.map(|it| it.answer.outcome) else {
            return repair;
        };
        for locked in &mut repair.locked {
            let of_name = |name: &PackageName| *name == locked.name;
            if let Some(package) = resolution.packages.iter().find(|it| of_name(&it.name)) {
                locked.after = package.version.clone();
            }
        }
        repair
    }

    /// Returns the flavours to look for repairs with, where one is to be chosen: first that of the
    /// oldest torch with kernels for every GPU, as it takes the smallest step. Those that the driver
    /// or the toolkit refuses are none.
    fn other_flavours(&self) -> Vec<Flavour> {
        let facts = &self.question.facts;
        let target = &self.question.target;
        let gpus = &target.accelerators().gpus;
        let suits = |flavour: Flavour| unfit_flavour(facts, target, flavour).is_none();
        let first = match gpus.is_empty() || self.tried.is_empty() {
            true => None,
            false => facts.first_for(gpus, target.platform(), &suits),
        };
        let first = first.map(|(_, flavour)| flavour);
        let others = self.tried.iter().filter_map(|tried| match tried.why {
            FlavourUnfit::Conflict(_) => Some(tried.flavour),
            FlavourUnfit::Target(_) => None,
        });
        let mut flavours: Vec<Flavour> = first.into_iter().collect();
        flavours.extend(others.filter(|other| Some(*other) != first));
        flavours.truncate(MOST_FLAVOURS);
        flavours
    }

    /// Whether a conflict is only one of the flavour that came nearest: with another one, which
    /// may be chosen as well, its lines have a solution.
    fn is_of_one_flavour(&self, core: &Core) -> bool {
        let catalog = &*self.prepared.answering();
        let kept: BTreeSet<usize> = core.declarations.iter().copied().collect();
        self.other_flavours().into_iter().any(|flavour| {
            let part = part_of(&self.with_flavour(flavour), &kept);
            // What cannot be found out is told.
            let answer = solve(&part, catalog);
            answer.is_ok_and(|answer| matches!(answer.outcome, Outcome::Solved(_)))
        })
    }

    fn with_flavour(&self, flavour: Flavour) -> Question {
        Question {
            target: self.question.target.with_flavour(Some(flavour)),
            ..Question::clone(self.question)
        }
    }

    /// Looks for repairs with another flavour than the one whose conflicts are told.
    fn repairs_with(
        &self,
        flavour: Flavour,
        freedom: Freedom,
        effort: &Effort<'_>,
    ) -> Result<Repairs, Failure> {
        let catalog = &*self.prepared.answering();
        let question = Arc::new(self.with_flavour(flavour));
        self.prepared.catalog.expect(Arc::clone(&question));
        let Outcome::Unsolvable(first) = solve(&question, catalog)?.outcome else {
            return Ok(Repairs::default());
        };
        let found = conflicts(&question, catalog, &first, effort, &mut |_| {})?;
        match found.cores.is_empty() {
            true => Ok(Repairs::default()),
            false => repairs(&question, &found.cores, catalog, freedom, effort),
        }
    }

    /// Returns the options that would be ways out of conflicts, each with the positions of the
    /// conflicts that it helps. They have a deadline in common.
    fn ways_out(&self, cores: &[Core]) -> Vec<(String, Vec<usize>)> {
        let (question, catalog) = (self.question, &*self.prepared.answering());
        let until = Instant::now() + LONGEST_FOR_HINTS;
        let may_go_on = || Instant::now() < until;
        let effort = Effort::new(MOST_SOLVES, &may_go_on);
        let mut ways: Vec<(String, Vec<usize>)> = Vec::new();
        for (at, core) in cores.iter().enumerate() {
            // Without an answer from outside there is one hint less.
            for way in ways_out(question, core, catalog, &effort).unwrap_or_default() {
                match ways.iter_mut().find(|(known, _)| *known == way) {
                    Some((_, helped)) => helped.push(at),
                    None => ways.push((way, vec![at])),
                }
            }
        }
        ways
    }
}

/// The conflicts that were told.
#[derive(Default)]
struct Told {
    explanations: Vec<Explanation>,
    /// Those of the first of them.
    cores: Vec<Core>,
}

impl Told {
    /// Draws one more conflict.
    fn conflict(&mut self, unsolved: &Unsolved<'_>, core: &Core, style: Style) -> String {
        let question = unsolved.question;
        let mut told = explain(question, &core.conflict);
        let before = self.explanations.iter().flat_map(|known| &known.hints);
        let before: BTreeSet<&String> = before.collect();
        told.hints.retain(|hint| !before.contains(hint));
        if self.explanations.is_empty() {
            told.flavours = flavour_reasons(question, unsolved.tried);
        }
        let number = self.explanations.len() + 1;
        if number <= MOST_TOLD {
            self.cores.push(core.clone());
        }
        let drawn = match number {
            1 => draw_conflict(&told, style),
            2..=MOST_TOLD => draw_further_conflict(&told, number, style),
            _ => draw_conflict_in_brief(&told, number, style),
        };
        self.explanations.push(told);
        drawn
    }

    /// Draws the ways out of all of them; of several, each says which it helps.
    fn ways_out(&mut self, unsolved: &Unsolved<'_>, style: Style) -> Vec<String> {
        let is_one = self.explanations.len() == 1;
        let mut drawn = Vec::new();
        for (way, helped) in unsolved.ways_out(&self.cores) {
            let numbers: Vec<usize> = helped.iter().map(|at| at + 1).collect();
            drawn.push(match is_one {
                true => draw_hint(&way, style),
                false => draw_hint_for(&numbers, &way, style),
            });
            for at in helped {
                self.explanations[at].hints.push(way.clone());
            }
        }
        if let Some(first) = drawn.first_mut().filter(|_| !is_one) {
            first.insert(0, '\n');
        }
        drawn
    }
}

/// Tells everything about a question of `lock` without a solution.
pub(super) fn tell_conflicts(
    unsolved: &Unsolved<'_>,
    output: &OutputArgs,
    terminal: &Terminal,
) -> Exit {
    terminal.say_problems(&unsolved.prepared.problems);
    let is_json = output.output_format == OutputFormatArg::Json;
    let question = unsolved.question;
    let say = |text: &str| {
        if !is_json {
            terminal.say(text);
        }
    };
    let told = RefCell::new(Told::default());
    let found = unsolved.search(
        &mut |core| say(&told.borrow_mut().conflict(unsolved, core, terminal.style)),
        &mut || {
            let hints = told.borrow_mut().ways_out(unsolved, terminal.style);
            hints.iter().for_each(|hint| say(hint));
        },
    );
    let mut explanations = told.into_inner().explanations;
    let (found, failure) = match found {
        Ok(found) => (Some(found), None),
        Err(failure) => (None, Some(failure)),
    };
    if explanations.is_empty() {
        let mut told = explain(question, unsolved.first);
        told.flavours = flavour_reasons(question, unsolved.tried);
        say(&draw_conflict(&told, terminal.style));
        explanations.push(told);
    }
    let repairs = found.iter().flat_map(|found| &found.repairs);
    let hint = repairs.clone().next().and_then(|it| making(question, it));
    let repairs: Vec<RepairReport> = repairs
        .map(|repair| RepairReport::new(question, repair))
        .collect();
    let is_complete = found.is_some_and(|found| found.is_complete);
    if !is_json {
        tell_repairs(&repairs, hint.as_deref(), is_complete, terminal);
    }
    if let Some(failure) = failure {
        terminal.say_failure(&failure);
    }
    let target = question.target.describe();
    let findings = Findings {
        target: &target,
        explanations: &explanations,
        is_complete,
        repairs: &repairs,
    };
    put_out(&findings, output, terminal)
}

/// Says how the first repair is made: by a command, which stands in a line of its own so that it can
/// be copied, or by hand.
fn making(question: &Question, repair: &Repair) -> Option<String> {
    let plan = match plan(question, &repair.changes) {
        Ok(plan) => plan,
        Err(problem) => {
            let origin = problem.origin.filter(|it| !it.label().starts_with('<'))?;
            let file = origin.label();
            return Some(format!(
                "The first one is made by hand: pyaudit does not write there (`{file}`)."
            ));
        }
    };
    if !can_be_instead() {
        return Some("`pyaudit fix` makes the first one, if it is given this target.".to_owned());
    }
    let command = match plan.edits.is_empty() {
        true => instead("lock", &plan.options),
        false => instead("fix", &["--apply".to_owned(), "1".to_owned()]),
    };
    Some(format!("The first one is made by\n      {command}"))
}

fn tell_repairs(
    repairs: &[RepairReport],
    making: Option<&str>,
    is_complete: bool,
    terminal: &Terminal,
) {
    if !repairs.is_empty() {
        let text = draw_repairs(repairs, terminal.style);
        terminal.say(&format!("\n{text}"));
    }
    if let Some(making) = making {
        let hint = terminal.style.bold("hint");
        terminal.say(&format!("{hint}: {making}"));
    }
    if repairs.is_empty() && is_complete {
        terminal.say("\nNo other versions of what is declared were found that have a solution.");
    }
    if !is_complete {
        terminal.mention("\nThe search ended early: there may be more conflicts and repairs.");
    }
}

/// Writes the report where one is asked for.
pub(super) fn put_out(findings: &Findings<'_>, output: &OutputArgs, terminal: &Terminal) -> Exit {
    let json = || LockReport::new(LockOutcome::Conflict(ConflictReport::new(findings))).to_json();
    let written = output.report.as_deref().map_or(Ok(()), |path| {
        write_report(path, findings, json).map_err(|error| error.to_string())
    });
    let put = match output.output_format {
        OutputFormatArg::Json => terminal
            .put_out(&json())
            .map_err(|error| format!("the outcome could not be written: {error}")),
        OutputFormatArg::Text => Ok(()),
    };
    match written.and(put) {
        Ok(()) => Exit::No,
        Err(message) => {
            terminal.say_problems(&[Problem::anywhere(message)]);
            Exit::Outside
        }
    }
}

/// Writes a report: JSON by the file's ending, else Markdown.
fn write_report(
    path: &Path,
    findings: &Findings<'_>,
    json: impl Fn() -> String,
) -> Result<(), crate::host::WriteError> {
    let is_json = path.extension().is_some_and(|ending| ending == "json");
    let text = match is_json {
        true => json(),
        false => conflict_markdown(findings),
    };
    write_whole(path, text.as_bytes())
}
