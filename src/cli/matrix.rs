//! `pyaudit matrix`: one question on many targets, as a grid.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use clap::{Args, ValueEnum};

use super::Exit;
use super::args::{CacheArgs, ChoiceArgs, DeclaredArgs, IndexArgs, QuestionArgs};
use super::conflict::{Unsolved, tell_conflicts};
use super::prepare::{Inputs, Prepared};
use super::recorded::{lock_args, question_args};
use super::terminal::Terminal;
use crate::facts::Facts;
use crate::matrix::{
    Around, Axes, AxisError, Cell, Choice, Coordinates, Matrix, Verdict, pythons, solve_matrix,
    with,
};
use crate::package::{PackageName, Requirement};
use crate::report::{MatrixReport, count, matrix_html, matrix_json, matrix_markdown, matrix_text};
use crate::solve::Failure;
use crate::source::Problem;
use crate::target::{Flavour, Gpu, Platform};

/// No matrix has more cells.
const MOST_CELLS: usize = 10_000;

/// What stands below the options.
const EXAMPLES: &str = "\
Examples:
  pyaudit matrix requirements.in --python 3.9..3.13
          Which Pythons can it have, and with which versions?
  pyaudit matrix requirements.in --python 3.10..3.12 --torch cpu,cu121,cu128 --gpu 'A40,RTX 5090'
          Which builds of torch run where?
  pyaudit matrix requirements.in --python 3.10..3.12 --with numpy=1,2 --why '3.12/numpy==2.*'
          The whole report of one cell

Exit codes:
  0  some cell has an answer
  1  none has
  2  an input or an option makes no sense
  3  the network, the index or the disk failed, or somebody stopped it: the grid is not whole";

/// `pyaudit matrix`.
#[derive(Debug, Args)]
#[command(args_override_self = true, after_help = EXAMPLES)]
pub(crate) struct MatrixArgs {
    /// Requirements files, pyproject.toml, or scripts with inline metadata; `-` for standard
    /// input [default: pyproject.toml, else requirements.in]
    #[arg(value_name = "SOURCE")]
    sources: Vec<String>,
    /// Pythons: 3.10, 3.9..3.13 [default: as for `lock`]
    #[arg(
        short,
        long,
        visible_alias = "python-version",
        value_name = "VERSIONS",
        value_delimiter = ',',
        help_heading = "Axes"
    )]
    python: Vec<String>,
    /// Platforms, by the names that `lock` takes [default: this machine]
    #[arg(
        long,
        visible_alias = "python-platform",
        value_name = "PLATFORMS",
        value_delimiter = ',',
        help_heading = "Axes"
    )]
    platform: Vec<String>,
    /// Flavours of torch: cu128, cpu, …; pypi for those of the default index; auto for the best that
    /// fits the cell [default: auto where a GPU is given, else pypi]
    #[arg(
        long,
        visible_alias = "torch-backend",
        value_name = "FLAVOURS",
        value_delimiter = ',',
        help_heading = "Axes"
    )]
    torch: Vec<String>,
    /// GPUs, by name, as sm_120 or as 12.0; none for a cell without
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        help_heading = "Axes"
    )]
    gpu: Vec<String>,
    /// A package with versions to keep to, one after the other: numpy=1,2; several times for several
    #[arg(long, value_name = "NAME=VERSIONS", help_heading = "Axes")]
    with: Vec<String>,
    /// The version of NVIDIA's driver, in all cells
    #[arg(long, value_name = "VERSION")]
    driver: Option<String>,
    /// The version of the CUDA toolkit, in all cells
    #[arg(long, value_name = "VERSION")]
    cuda: Option<String>,
    /// Tell all of one cell: its values, with slashes between them
    #[arg(long, value_name = "CELL")]
    why: Option<String>,
    /// How to tell it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    output_format: MatrixFormatArg,
    #[command(flatten)]
    declared: DeclaredArgs,
    #[command(flatten)]
    choice: ChoiceArgs,
    #[command(flatten)]
    index: IndexArgs,
    #[command(flatten)]
    cache: CacheArgs,
}

/// How a matrix is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum MatrixFormatArg {
    /// For people
    Text,
    /// For machines
    Json,
    /// Markdown, for documents
    Markdown,
    /// A page of HTML
    Html,
}

/// Runs the command.
pub(super) fn run(args: MatrixArgs, terminal: &Terminal) -> Exit {
    matrix(args, terminal).unwrap_or_else(|exit| exit)
}

fn matrix(args: MatrixArgs, terminal: &Terminal) -> Result<Exit, Exit> {
    let fail = |problem: Problem| {
        terminal.say_problems(&[problem]);
        Exit::Usage
    };
    let axes = Typed::read(&args).map_err(fail)?;
    let (why, format) = (args.why.clone(), args.output_format);
    let question = question(args, &axes).map_err(|problem| fail(*problem))?;
    let inputs = Inputs::read(&question, terminal)?;
    let mut prepared = inputs
        .settled(terminal)?
        .prepare(Default::default(), terminal)?;
    prepared.flavours.clear();
    let axes = axes.settled(&prepared);
    let wanted = match &why {
        Some(text) => Some(cell_of(&axes, text).map_err(fail)?),
        None => None,
    };
    let cells = axes.coordinates().len();
    if cells > MOST_CELLS {
        let message = format!("a matrix of {cells} cells is too large");
        return Err(fail(Problem::anywhere(message)));
    }
    if let Some(at) = wanted {
        return Ok(tell_cell(&mut prepared, &axes, at, terminal));
    }
    let solved = solved(&prepared, &axes, terminal);
    prepared.progress.finish();
    prepared.take_warnings();
    terminal.say_problems(&prepared.problems);
    match solved {
        Ok(matrix) => Ok(tell(&matrix, &prepared, format, terminal)),
        Err(failure) => {
            terminal.say_failure(&failure);
            Ok(Exit::Outside)
        }
    }
}

/// Solves the cells; whoever interrupts it gets what is done, and whoever does so twice gets out.
fn solved(prepared: &Prepared, axes: &Axes, terminal: &Terminal) -> Result<Matrix, Failure> {
    let stopped = Arc::new(AtomicBool::new(false));
    let heard = Arc::clone(&stopped);
    // Without a handler an interrupt ends the run, as it does everywhere else.
    let handled = ctrlc::set_handler(move || {
        if heard.swap(true, Ordering::SeqCst) {
            std::process::abort();
        }
    });
    if handled.is_err() && terminal.verbosity > 0 {
        terminal.say("an interrupt will lose what is done");
    }
    let expect = |question: &Arc<_>| prepared.catalog.expect(Arc::clone(question));
    let may_go_on = || !stopped.load(Ordering::SeqCst);
    let total = axes.coordinates().len();
    let done = std::cell::Cell::new(0);
    let told = |_: &Cell| {
        done.set(done.get() + 1);
        prepared
            .progress
            .say(format!("{} of {}", done.get(), count(total, "cell")));
    };
    let question = &prepared.question;
    let around = Around {
        expect: &expect,
        may_go_on: &may_go_on,
        told: &told,
    };
    solve_matrix(question, axes, &prepared.catalog, &around)
}

fn tell(
    matrix: &Matrix,
    prepared: &Prepared,
    format: MatrixFormatArg,
    terminal: &Terminal,
) -> Exit {
    let declared = prepared.question.declarations.iter();
    let declared = declared.map(|it| it.requirement.name.clone());
    let declared: Vec<PackageName> = declared.collect();
    let report = MatrixReport::new(matrix, &declared);
    let shown = match format {
        MatrixFormatArg::Text => terminal.show(&matrix_text(&report, terminal.style_of_results)),
        MatrixFormatArg::Json => terminal.hand_out(&matrix_json(&report)),
        MatrixFormatArg::Markdown => terminal.hand_out(&matrix_markdown(&report)),
        MatrixFormatArg::Html => terminal.hand_out(&matrix_html(&report)),
    };
    match shown {
        Exit::Fine if report.is_partial() => Exit::Outside,
        Exit::Fine if !report.has_answers() => Exit::No,
        shown => shown,
    }
}

/// Tells all of one cell: its conflicts with their repairs, or its versions.
fn tell_cell(prepared: &mut Prepared, axes: &Axes, at: Coordinates, terminal: &Terminal) -> Exit {
    let solving = Instant::now();
    let one = Axes {
        pythons: vec![axes.pythons[at.python].clone()],
        platforms: vec![axes.platforms[at.platform]],
        flavours: vec![axes.flavours[at.flavour]],
        gpus: vec![axes.gpus[at.gpu].clone()],
        with: vec![axes.with[at.with].clone()],
    };
    let solved = solved(prepared, &one, terminal);
    prepared.progress.finish();
    let verdict = solved.map(|matrix| matrix.cells.into_iter().next().map(|cell| cell.verdict));
    match verdict {
        Ok(Some(Verdict::Solved(pins))) => {
            let lines = pins
                .iter()
                .map(|(name, version)| format!("{name}=={version}\n"));
            terminal.show(&lines.collect::<String>())
        }
        Ok(Some(Verdict::Unsolvable(known))) => {
            prepared.question = Arc::clone(&known.question);
            let unsolved = Unsolved {
                prepared,
                question: &known.question,
                tried: &known.tried,
                first: &known.conflict,
                took: solving.elapsed(),
            };
            match lock_args(&[]) {
                Ok(args) => tell_conflicts(&unsolved, &args.output, terminal),
                Err(problem) => {
                    terminal.say_problems(&[*problem]);
                    Exit::Usage
                }
            }
        }
        Ok(_) => Exit::Outside,
        Err(failure) => {
            terminal.say_failure(&failure);
            Exit::Outside
        }
    }
}

/// The axes as they were typed.
struct Typed {
    pythons: Vec<crate::target::PythonVersion>,
    platforms: Vec<Platform>,
    flavours: Vec<Choice>,
    /// Whether each GPU that was typed is one.
    gpus: Vec<bool>,
    with: Vec<Vec<Requirement>>,
}

impl Typed {
    fn read(args: &MatrixArgs) -> Result<Self, Problem> {
        let wrong = |option: &str, error: AxisError| {
            let message = format!("`{option}`: {}", error.message);
            Problem::anywhere(message).with_help(error.help)
        };
        let mut found = Vec::new();
        for text in &args.python {
            found.extend(pythons(text).map_err(|error| wrong("--python", error))?);
        }
        let platforms = args.platform.iter().map(|text| {
            text.parse::<Platform>().map_err(|error| {
                Problem::anywhere(format!("`--platform`: {}", error.message)).with_help(error.help)
            })
        });
        let flavours = args.torch.iter().map(|text| choice(text));
        let mut combined: Vec<Vec<Requirement>> = vec![Vec::new()];
        for text in &args.with {
            let values = with(text).map_err(|error| wrong("--with", error))?;
            let so_far = combined.into_iter();
            combined = so_far
                .flat_map(|demands| {
                    values.iter().map(move |value| {
                        let mut demands = demands.clone();
                        demands.push(value.clone());
                        demands
                    })
                })
                .collect();
        }
        Ok(Self {
            pythons: found,
            platforms: platforms.collect::<Result<_, _>>()?,
            flavours: flavours.collect::<Result<_, _>>()?,
            gpus: args.gpu.iter().map(|it| !is_none(it)).collect(),
            with: combined,
        })
    }

    /// Fills what was not typed from the settings, which have read the GPUs.
    fn settled(self, prepared: &Prepared) -> Axes {
        let target = &prepared.question.target;
        let mut read = target.accelerators().gpus.iter().cloned();
        let mut gpus: Vec<Option<Gpu>> = Vec::new();
        for is_gpu in &self.gpus {
            gpus.push(is_gpu.then(|| read.next()).flatten());
        }
        let or = |list: Vec<Choice>| match (list.is_empty(), self.gpus.is_empty()) {
            (false, _) => list,
            (true, true) => vec![Choice::Unsaid],
            (true, false) => vec![Choice::Auto],
        };
        Axes {
            flavours: or(self.flavours),
            pythons: match self.pythons.is_empty() {
                true => vec![target.python().clone()],
                false => self.pythons,
            },
            platforms: match self.platforms.is_empty() {
                true => vec![*target.platform()],
                false => self.platforms,
            },
            gpus: match gpus.is_empty() {
                true => vec![None],
                false => gpus,
            },
            with: self.with,
        }
    }
}

fn is_none(gpu: &str) -> bool {
    gpu.eq_ignore_ascii_case("none")
}

fn choice(text: &str) -> Result<Choice, Problem> {
    match text.to_ascii_lowercase().as_str() {
        "pypi" => return Ok(Choice::Unsaid),
        "auto" => return Ok(Choice::Auto),
        _ => {}
    }
    let known = Facts::embedded().flavours();
    match text.parse::<Flavour>() {
        Ok(flavour) if known.contains(&flavour) => Ok(Choice::Only(flavour)),
        _ => {
            let known: Vec<String> = known.iter().map(ToString::to_string).collect();
            let message = format!("`--torch`: `{text}` is not a flavour of torch");
            let help = format!("They are {}, pypi and auto.", known.join(", "));
            Err(Problem::anywhere(message).with_help(help))
        }
    }
}

/// Makes of it what `lock` would read: the first Python and platform stand for the others, and all
/// GPUs are read there.
fn question(args: MatrixArgs, axes: &Typed) -> Result<QuestionArgs, Box<Problem>> {
    let mut question = question_args(&[])?;
    question.sources = args.sources;
    question.declared = args.declared;
    question.choice = args.choice;
    question.index = args.index;
    question.cache = args.cache;
    question.target.python = axes.pythons.first().map(ToString::to_string);
    question.target.platform = args.platform.into_iter().next();
    question.target.torch = Some("pypi".to_owned());
    question.target.gpu = args.gpu.into_iter().filter(|it| !is_none(it)).collect();
    question.target.driver = args.driver;
    question.target.cuda = args.cuda;
    Ok(question)
}

/// Finds the cell that some values name; an axis of one value need not be named.
fn cell_of(axes: &Axes, text: &str) -> Result<Coordinates, Problem> {
    let labels = axes.labels();
    let fail = |message: String| {
        let values = labels.iter().filter(|(_, values)| values.len() > 1);
        let values = values.map(|(name, values)| format!("{name}: {}", values.join(", ")));
        let values: Vec<String> = values.collect();
        let help = format!(
            "Say a value of each, with slashes between them. {}.",
            values.join("; ")
        );
        Problem::anywhere(format!("`--why {text}`: {message}")).with_help(help)
    };
    let mut found: [Option<usize>; 5] = [None; 5];
    for value in text.split('/').map(str::trim).filter(|it| !it.is_empty()) {
        let place = labels.iter().enumerate().find_map(|(axis, (_, values))| {
            let at = values.iter().position(|label| is_called(label, value))?;
            Some((axis, at))
        });
        let (axis, at) = place.ok_or_else(|| fail(format!("no axis has `{value}`")))?;
        found[axis] = Some(at);
    }
    for (axis, (name, values)) in labels.iter().enumerate() {
        if found[axis].is_none() && values.len() > 1 {
            return Err(fail(format!("it does not say which {name}")));
        }
    }
    let [python, platform, flavour, with, gpu] = found.map(Option::unwrap_or_default);
    Ok(Coordinates {
        python,
        platform,
        flavour,
        with,
        gpu,
    })
}

/// Whether a value goes by a name, with or without the vendor's words before it.
fn is_called(label: &str, name: &str) -> bool {
    let plain = |text: &str| {
        let text = text.to_ascii_lowercase();
        text.replace(' ', "")
            .replace("nvidia", "")
            .replace("geforce", "")
    };
    plain(label) == plain(name)
}
