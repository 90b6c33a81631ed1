//! `pyaudit why`: who needs a package, and what decided its version.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::Exit;
use super::absent::tell_absent;
use super::args::{CacheArgs, IndexArgs};
use super::reading::{Asked, Reading};
use super::reading_args::{GraphFormatArg, WhyArgs};
use super::recorded::not_asked;
use super::terminal::Terminal;
use super::why_not::why_not;
use super::witness::witness;
use crate::fetch::LiveCatalog;
use crate::graph::{Demand, Graph, Paths, Subject, Told, decide};
use crate::lock::{LockedPackage, LockedSource};
use crate::package::{PackageName, Requirement, Version};
use crate::report::{
    Decided, Drawing, Known, Why, Witness, alone_text, draw_paths, why_json, why_text,
};
use crate::solve::{Candidate, Catalog, Failure, Judge, Question, Refusal};
use crate::source::Problem;

/// So many paths are shown where not all are asked for.
const USUAL_PATHS: usize = 5;

/// Runs the command; `is_not` for `why-not`.
pub(super) fn run(args: &WhyArgs, is_not: bool, terminal: &Terminal) -> Exit {
    why(args, is_not || args.not, terminal).unwrap_or_else(|problem| {
        terminal.say_problems(&[*problem]);
        Exit::Usage
    })
}

fn why(args: &WhyArgs, is_not: bool, terminal: &Terminal) -> Result<Exit, Box<Problem>> {
    let wanted = Requirement::parse(&args.package).map_err(|error| {
        let message = format!("`{}` is not a package: {}", args.package, error.message);
        Box::new(Problem::anywhere(message).with_help("Examples: `numpy`, `numpy==2.1`."))
    })?;
    let mut reading = Reading::read(&args.lock)?;
    reading.complete((&args.index, &args.cache), terminal);
    if args.lock.target.is_none() {
        reading.turn_to(&wanted.name);
    }
    let drawing = match args.output_format {
        GraphFormatArg::Mermaid => Some(Drawing::Mermaid),
        GraphFormatArg::Dot => Some(Drawing::Dot),
        GraphFormatArg::Text | GraphFormatArg::Json => None,
    };
    if is_not || !wanted.specifiers.is_any() {
        if drawing.is_some() {
            return Err(not_drawn("what stands in the way of a version"));
        }
        return why_not(args, &wanted, &reading, terminal);
    }
    let graph = Graph::new(&reading.lock, reading.target.as_ref());
    let found = graph.named(&wanted.name);
    if found.is_empty() {
        if drawing.is_some() {
            let what = format!("`{}` is not in {}: that", wanted.name, reading.file);
            return Err(not_drawn(&what));
        }
        return Ok(tell_absent(args, &wanted.name, &reading, &graph, terminal));
    }
    if let Some(drawing) = drawing {
        let drawn = draw_paths(&graph, &found.collect::<Vec<_>>(), args.depth, drawing);
        return Ok(terminal.hand_out(&drawn));
    }
    Ok(tell(args, &reading, (&graph, found), terminal))
}

/// Only paths to a package can be drawn.
fn not_drawn(what: &str) -> Box<Problem> {
    let help = "Leave out `--output-format`, or take `json`.";
    Box::new(Problem::anywhere(format!("{what} is not drawn")).with_help(help))
}

/// Tells of all packages of a name: several where environments differ.
fn tell(
    args: &WhyArgs,
    reading: &Reading,
    (graph, found): (&Graph<'_>, Range<usize>),
    terminal: &Terminal,
) -> Exit {
    let mut failures = Vec::new();
    let mut known = Vec::new();
    for package in found {
        let (decided, failure) = decided(args, reading, graph, package);
        known.push((package, decided, paths(args, graph, package)));
        failures.extend(failure);
    }
    let whys = known.iter().map(|(package, decided, paths)| Why {
        graph,
        package: *package,
        file: &reading.file,
        target: reading.target.as_ref(),
        paths,
        decided,
    });
    let whys: Vec<Why<'_>> = whys.collect();
    let shown = match args.output_format {
        GraphFormatArg::Json => terminal.hand_out(&why_json(&whys)),
        _ => {
            let style = terminal.style_of_results;
            let mut told: Vec<String> = whys.iter().map(|why| why_text(why, style)).collect();
            told.extend(reading.one_of_many().map(|it| alone_text(&it, style)));
            terminal.show(&told.join("\n"))
        }
    };
    for failure in &failures {
        terminal.say_failure(failure);
    }
    match shown {
        Exit::Fine if !failures.is_empty() => Exit::Outside,
        shown => shown,
    }
}

fn paths(args: &WhyArgs, graph: &Graph<'_>, package: usize) -> Paths {
    let most = if args.all { usize::MAX } else { USUAL_PATHS };
    let mut paths = graph.paths_to(package, most);
    if let Some(depth) = args.depth {
        paths.shortest.retain(|path| path.packages.len() <= depth);
    }
    paths
}

/// Finds out what decided: from the cache, else from the index; and what failed.
fn decided(
    args: &WhyArgs,
    reading: &Reading,
    graph: &Graph<'_>,
    package: usize,
) -> (Decided, Option<Failure>) {
    if !matches!(graph.packages()[package].source, LockedSource::Registry) {
        return (Decided::Named, None);
    }
    let demands = graph.demands_on(package, reading.target.as_ref());
    let found = with_catalog((&args.index, &args.cache), reading, |question, catalog| {
        let outside = (catalog, args.index.offline);
        let known = known(graph, package, &demands, question, outside)?;
        let Some(mut known) = known else {
            return Ok(None);
        };
        // What one environment would take may not go in the others.
        if reading.one_of_many().is_none() {
            known.witness = tried(graph, package, &known, outside)?;
        }
        Ok(Some(known))
    });
    match found {
        Ok(Some(Some(known))) => (Decided::Known(Box::new(known)), None),
        Ok(Some(None)) => {
            let reason = "no index has a version of it".to_owned();
            (Decided::Unknown(reason), None)
        }
        Ok(None) => {
            let reason = "the lock does not keep what was declared for which target, as one that \
                          `pyaudit lock -o pylock.toml` writes does";
            (Decided::Unknown(reason.to_owned()), None)
        }
        Err(Unanswered::Problem(problem)) => (Decided::Unknown(problem.message), None),
        Err(Unanswered::Failure(failure)) if args.index.offline => {
            (Decided::Unknown(failure.to_string()), None)
        }
        Err(Unanswered::Failure(failure)) => {
            let reason = "its versions could not be asked for".to_owned();
            (Decided::Unknown(reason), Some(failure))
        }
    }
}

/// Why a question about a lock got no answer.
pub(super) enum Unanswered {
    /// The lock does not make a question.
    Problem(Box<Problem>),
    /// The outside world failed.
    Failure(Failure),
}

/// Asks about a lock's question: the cache alone first, then the indexes, unless that is forbidden.
/// Returns nothing where the lock makes no question.
pub(super) fn with_catalog<T>(
    (index, cache): (&IndexArgs, &CacheArgs),
    reading: &Reading,
    mut ask: impl FnMut(&Arc<Question>, &LiveCatalog) -> Result<T, Failure>,
) -> Result<Option<T>, Unanswered> {
    let is_offline = index.offline;
    let refreshes = cache.refresh || !cache.refresh_package.is_empty();
    let mut index = index.clone();
    index.offline |= !refreshes && !cache.no_cache;
    loop {
        let asked = reading.question(&index, cache);
        let Some(asked) = asked.map_err(Unanswered::Problem)? else {
            return Ok(None);
        };
        let Asked {
            question,
            settings,
            strange,
        } = asked;
        let question = Arc::new(question);
        let catalog = LiveCatalog::open(settings.outside, None);
        match ask(&question, &catalog) {
            Ok(answer) => return Ok(Some(answer)),
            Err(_) if !strange.is_empty() && !is_offline => {
                let problem = not_asked(&strange, &reading.file);
                return Err(Unanswered::Problem(Box::new(problem)));
            }
            Err(failure) if index.offline == is_offline => {
                return Err(Unanswered::Failure(failure));
            }
            Err(_) => index.offline = is_offline,
        }
    }
}

fn known(
    graph: &Graph<'_>,
    package: usize,
    demands: &[Demand],
    question: &Arc<Question>,
    (catalog, is_offline): (&LiveCatalog, bool),
) -> Result<Option<Known>, Failure> {
    let locked = graph.packages()[package];
    let project = match question.project_of(&locked.name, catalog) {
        Ok(project) => project,
        Err(Refusal::Failed(failure)) => return Err(failure),
        Err(Refusal::Missing(_) | Refusal::Unusable(_)) => return Ok(None),
    };
    let mut demands = demands.to_vec();
    demands.extend(graph.limits_on(package, question));
    let candidates = Judge::new(Arc::clone(question)).judge(Arc::clone(&project));
    let subject = Subject {
        graph,
        package,
        question,
        candidates: &candidates,
        demands: &demands,
    };
    let mut failed = None;
    let mut read = |candidate: &Candidate| match catalog.metadata(&project, candidate.at()) {
        Ok(metadata) => Told::Metadata(metadata),
        Err(Refusal::Missing(why) | Refusal::Unusable(why)) => Told::Unusable(why),
        Err(Refusal::Failed(failure)) => {
            failed = Some(failure);
            Told::Unknown
        }
    };
    let Some(decision) = decide(&subject, &mut read) else {
        return Ok(None);
    };
    if let Some(failure) = failed.filter(|_| !is_offline) {
        return Err(failure);
    }
    Ok(Some(Known {
        decision,
        demands,
        question: Arc::clone(question),
        candidates,
        witness: None,
    }))
}

/// Finds out about the best version that nothing seems to keep out, by solving.
fn tried(
    graph: &Graph<'_>,
    package: usize,
    known: &Known,
    (catalog, is_offline): (&LiveCatalog, bool),
) -> Result<Option<Witness>, Failure> {
    let Some(better) = known.decision.open.first() else {
        return Ok(None);
    };
    let name = &graph.packages()[package].name;
    match witness(graph, name, better, &known.question, catalog) {
        Err(_) if is_offline => Ok(None),
        found => found.map(Some),
    }
}

/// Returns the versions of packages.
pub(super) fn pins<'l>(
    packages: impl IntoIterator<Item = &'l LockedPackage>,
) -> BTreeMap<PackageName, Version> {
    let packages = packages.into_iter();
    let pins = packages.filter_map(|it| Some((it.name.clone(), it.version.clone()?)));
    pins.collect()
}
