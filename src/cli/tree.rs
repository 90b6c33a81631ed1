//! `pyaudit tree`: who needs what in a lock.

use super::Exit;
use super::licences::licences;
use super::reading::Reading;
use super::reading_args::{GraphFormatArg, TreeArgs};
use super::settings::names;
use super::terminal::Terminal;
use crate::graph::Graph;
use crate::report::{Drawing, Sizes, Tree, draw_needs, draw_paths, tree_json, tree_text};
use crate::source::Problem;

/// Runs the command.
pub(super) fn run(args: &TreeArgs, terminal: &Terminal) -> Exit {
    tree(args, terminal).unwrap_or_else(|problems| {
        terminal.say_problems(&problems);
        Exit::Usage
    })
}

fn tree(args: &TreeArgs, terminal: &Terminal) -> Result<Exit, Vec<Problem>> {
    let reading = Reading::read(&args.lock).map_err(|problem| vec![*problem])?;
    let mut problems = Vec::new();
    let wanted = names(&args.packages, "PACKAGE", &mut problems);
    let pruned = names(&args.prune, "--prune", &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    let graph = Graph::new(&reading.lock, reading.target.as_ref());
    let mut begin = Vec::new();
    for name in &wanted {
        let found = graph.named(name);
        if found.is_empty() {
            terminal.say(&format!("{name} is not in {}", reading.file));
            return Ok(Exit::No);
        }
        begin.extend(found);
    }
    let installed = args
        .show_sizes
        .then(|| installed(&reading, &graph))
        .flatten();
    let tree = Tree {
        graph: &graph,
        target: reading.target.as_ref(),
        begin: (!begin.is_empty()).then_some(&begin),
        is_inverted: args.invert,
        depth: args.depth,
        dedupes: !args.no_dedupe,
        pruned: &pruned,
        sizes: match (args.show_sizes, &installed) {
            (false, _) => Sizes::Hidden,
            (true, None) => Sizes::Download,
            (true, Some(sizes)) => Sizes::Installed(sizes),
        },
        licences: None,
    };
    let is_told = matches!(
        args.output_format,
        GraphFormatArg::Text | GraphFormatArg::Json
    );
    let found = (args.show_licenses && is_told).then(|| {
        let outside = (&args.index, &args.cache);
        licences(outside, &reading, &graph, &tree.reached(), terminal)
    });
    let tree = Tree {
        licences: found.as_ref().map(|found| found.told.as_slice()),
        ..tree
    };
    let text = told(args, &tree, terminal);
    let shown = match args.output_format {
        GraphFormatArg::Text => terminal.show(&text),
        GraphFormatArg::Json | GraphFormatArg::Mermaid | GraphFormatArg::Dot => {
            terminal.hand_out(&text)
        }
    };
    let failure = found.as_ref().and_then(|found| found.failure.as_ref());
    Ok(match (shown, failure) {
        (Exit::Fine, Some(failure)) => {
            terminal.say_failure(failure);
            Exit::Outside
        }
        (exit, _) => exit,
    })
}

fn told(args: &TreeArgs, tree: &Tree<'_>, terminal: &Terminal) -> String {
    let graph = tree.graph;
    let drawn = |drawing: Drawing| match (args.invert, tree.begin) {
        (false, None) => {
            let roots: Vec<usize> = graph.roots().iter().map(|root| root.package).collect();
            draw_needs(graph, &roots, args.depth, drawing)
        }
        (false, Some(begin)) => draw_needs(graph, begin, args.depth, drawing),
        (true, None) => draw_paths(graph, &all(graph), args.depth, drawing),
        (true, Some(begin)) => draw_paths(graph, begin, args.depth, drawing),
    };
    match args.output_format {
        GraphFormatArg::Text => tree_text(tree, terminal.style_of_results),
        GraphFormatArg::Json => tree_json(tree),
        GraphFormatArg::Mermaid => drawn(Drawing::Mermaid),
        GraphFormatArg::Dot => drawn(Drawing::Dot),
    }
}

/// Returns how much each package of an environment takes on the disk; nothing of a lock.
fn installed(reading: &Reading, graph: &Graph<'_>) -> Option<Vec<Option<u64>>> {
    let sizes = reading.environment.as_ref()?.sizes();
    let packages = graph.packages().iter();
    Some(packages.map(|it| sizes.get(&it.name).copied()).collect())
}

fn all(graph: &Graph<'_>) -> Vec<usize> {
    (0..graph.packages().len()).collect()
}
