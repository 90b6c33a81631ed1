//! The cells, solved in an order in which most of them follow from one before.
//!
//! A GPU and a further demand only take candidates away. So a cell without them is solved first: where
//! it has no answer, none with them has one, and where its answer fits them too, it is theirs.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::axes::{Axes, Choice, Coordinates};
use crate::package::{Declaration, DeclarationKind, PackageName, Requirement, Version};
use crate::solve::{
    Catalog, Conflict, Effort, Failure, FlavourTried, Judge, Outcome, Question, Resolution,
    flavours_to_try, solve_flavours,
};
use crate::source::{Origin, SourceFile};
use crate::target::{Flavour, Target};

/// Every cell, in the order of the axes.
#[derive(Clone, Debug)]
pub struct Matrix {
    /// What varies.
    pub axes: Axes,
    /// The cells.
    pub cells: Vec<Cell>,
}

/// One cell.
#[derive(Clone, Debug)]
pub struct Cell {
    /// Where it stands.
    pub at: Coordinates,
    /// Its answer.
    pub verdict: Verdict,
    /// Whether the answer was that of a neighbour, and nothing was solved.
    pub follows: bool,
}

/// The answer of a cell.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// These versions.
    Solved(Arc<BTreeMap<PackageName, Version>>),
    /// There is no answer.
    Unsolvable(Arc<Unsolved>),
    /// It was not come to.
    Unknown,
}

/// A question without an answer.
#[derive(Clone, Debug)]
pub struct Unsolved {
    /// The question; where the cell follows from another, that one's.
    pub question: Arc<Question>,
    /// Why.
    pub conflict: Conflict,
    /// The flavours that were tried, where one was to be chosen.
    pub tried: Vec<FlavourTried>,
}

/// An answer with what a neighbour has to know of it.
#[derive(Clone)]
struct Answered {
    verdict: Verdict,
    resolution: Option<Arc<Resolution>>,
}

/// Who is asked and told while a matrix is solved.
pub struct Around<'a> {
    /// Hears of each question before it is asked.
    pub expect: &'a dyn Fn(&Arc<Question>),
    /// Is asked before and in each solve; once it says no, the cells that are left are unknown.
    pub may_go_on: &'a dyn Fn() -> bool,
    /// Hears of each cell once it is answered.
    pub told: &'a dyn Fn(&Cell),
}

/// Solves all cells of a question. Fails where the catalog does.
pub fn solve_matrix(
    question: &Question,
    axes: &Axes,
    catalog: &dyn Catalog,
    around: &Around<'_>,
) -> Result<Matrix, Failure> {
    let solving = Solving {
        question,
        axes,
        catalog,
        expect: around.expect,
        effort: Effort::new(usize::MAX, around.may_go_on),
    };
    let mut cells: Vec<Cell> = Vec::new();
    let mut plain: Option<(Coordinates, Answered)> = None;
    for at in axes.coordinates() {
        let base = Coordinates {
            with: 0,
            gpu: 0,
            ..at
        };
        if plain.as_ref().is_none_or(|(known, _)| *known != base) {
            plain = solving.plain(base)?.map(|answered| (base, answered));
        }
        let neighbour = plain.as_ref().map(|(_, answered)| answered);
        let cell = solving.cell(at, neighbour)?;
        (around.told)(&cell);
        cells.push(cell);
    }
    Ok(Matrix {
        axes: axes.clone(),
        cells,
    })
}

struct Solving<'s> {
    question: &'s Question,
    axes: &'s Axes,
    catalog: &'s dyn Catalog,
    expect: &'s dyn Fn(&Arc<Question>),
    effort: Effort<'s>,
}

impl Solving<'_> {
    /// Solves without GPU and further demands, where several cells may follow from that.
    fn plain(&self, at: Coordinates) -> Result<Option<Answered>, Failure> {
        let is_auto = self.axes.flavours[at.flavour] == Choice::Auto;
        if is_auto || self.axes.gpus.len() * self.axes.with.len() < 2 {
            return Ok(None);
        }
        let question = on(self.question, self.axes, at);
        self.solve(Arc::new(question)).map(Some)
    }

    fn cell(&self, at: Coordinates, neighbour: Option<&Answered>) -> Result<Cell, Failure> {
        let question = question_at(self.question, self.axes, at);
        if let Some(known) = neighbour.filter(|known| self.holds(known, &question, at)) {
            return Ok(Cell {
                at,
                verdict: known.verdict.clone(),
                follows: true,
            });
        }
        let question = Arc::new(question);
        let answered = match self.axes.flavours[at.flavour] {
            Choice::Auto => self.choose(&question)?,
            Choice::Unsaid | Choice::Only(_) => self.solve(question)?,
        };
        Ok(Cell {
            at,
            verdict: answered.verdict,
            follows: false,
        })
    }

    /// Whether the answer of the plain question is that of a cell, too.
    fn holds(&self, known: &Answered, question: &Question, at: Coordinates) -> bool {
        let resolution = match (&known.verdict, &known.resolution) {
            (Verdict::Unsolvable(_), _) => return true,
            (Verdict::Solved(_), Some(resolution)) => resolution,
            _ => return false,
        };
        let met = |demand: &Requirement| {
            let mut packages = resolution.packages.iter();
            let found = packages.find(|it| it.name == demand.name);
            found.is_none_or(|it| demand.specifiers.contains(&it.version))
        };
        if !self.axes.with[at.with].iter().all(met) {
            return false;
        }
        if self.axes.gpus[at.gpu].is_none() {
            return true;
        }
        let mut judge = Judge::new(Arc::new(question.clone()));
        let of_family = resolution.packages.iter();
        let mut of_family = of_family.filter(|it| question.facts.is_family(&it.name));
        of_family.all(|it| {
            let judged = judge.judge(Arc::clone(it.candidates.project()));
            let mut usable = judged.usable().iter();
            usable.any(|candidate| judged.version(candidate) == it.version)
        })
    }

    fn solve(&self, question: Arc<Question>) -> Result<Answered, Failure> {
        (self.expect)(&question);
        let outcome = self.effort.solve(&question, self.catalog)?;
        Ok(match outcome {
            Some(outcome) => answered(question, outcome, Vec::new()),
            None => Answered {
                verdict: Verdict::Unknown,
                resolution: None,
            },
        })
    }

    /// Solves with the best flavour that fits.
    fn choose(&self, question: &Arc<Question>) -> Result<Answered, Failure> {
        if !self.effort.step() {
            return Ok(Answered {
                verdict: Verdict::Unknown,
                resolution: None,
            });
        }
        let flavours: Vec<Flavour> = flavours_to_try(&question.facts, &question.target);
        let found = solve_flavours(question, &flavours, self.catalog, self.expect)?;
        Ok(answered(found.question, found.answer.outcome, found.tried))
    }
}

fn answered(question: Arc<Question>, outcome: Outcome, tried: Vec<FlavourTried>) -> Answered {
    match outcome {
        Outcome::Solved(resolution) => {
            let packages = resolution.packages.iter();
            let pins = packages.map(|it| (it.name.clone(), it.version.clone()));
            Answered {
                verdict: Verdict::Solved(Arc::new(pins.collect())),
                resolution: Some(Arc::new(resolution)),
            }
        }
        Outcome::Unsolvable(conflict) => Answered {
            verdict: Verdict::Unsolvable(Arc::new(Unsolved {
                question,
                conflict,
                tried,
            })),
            resolution: None,
        },
    }
}

/// Puts the question on the Python, platform and flavour of a cell.
fn on(question: &Question, axes: &Axes, at: Coordinates) -> Question {
    let mut accelerators = question.target.accelerators().clone();
    accelerators.gpus.clear();
    accelerators.flavour = match axes.flavours[at.flavour] {
        Choice::Only(flavour) => Some(flavour),
        Choice::Unsaid | Choice::Auto => None,
    };
    let target = Target::new(axes.pythons[at.python].clone(), axes.platforms[at.platform]);
    Question {
        target: target.with_accelerators(accelerators),
        ..question.clone()
    }
}

/// Puts the question of a cell.
pub fn question_at(question: &Question, axes: &Axes, at: Coordinates) -> Question {
    let mut question = on(question, axes, at);
    let mut accelerators = question.target.accelerators().clone();
    accelerators.gpus.extend(axes.gpus[at.gpu].clone());
    question.target = question.target.with_accelerators(accelerators);
    let demands = axes.with[at.with].iter();
    question.declarations.extend(demands.map(|demand| {
        let text = format!("{}{}", demand.name, demand.specifiers);
        Declaration {
            requirement: demand.clone(),
            kind: DeclarationKind::Constraint,
            origin: Origin::whole(&SourceFile::new("--with", text)),
            section: None,
            digests: Vec::new(),
        }
    }));
    question
}
