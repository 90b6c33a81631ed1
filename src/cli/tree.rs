//! `pyaudit tree`: who needs what in a lock.

use super::Exit;
use super::reading::Reading;
use super::reading_args::{GraphFormatArg, TreeArgs};
use super::settings::names;
use super::terminal::Terminal;
use crate::graph::Graph;
use crate::report::{Drawing, Tree, draw_needs, draw_paths, tree_json, tree_text};
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
    let tree = Tree {
        graph: &graph,
        target: reading.target.as_ref(),
        begin: (!begin.is_empty()).then_some(&begin),
        is_inverted: args.invert,
        depth: args.depth,
        dedupes: !args.no_dedupe,
        pruned: &pruned,
        shows_sizes: args.show_sizes,
    };
    let drawn = |drawing: Drawing| match (args.invert, begin.as_slice()) {
        (false, []) => {
            let roots: Vec<usize> = graph.roots().iter().map(|root| root.package).collect();
            draw_needs(&graph, &roots, args.depth, drawing)
        }
        (false, begin) => draw_needs(&graph, begin, args.depth, drawing),
        (true, []) => draw_paths(&graph, &all(&graph), args.depth, drawing),
        (true, begin) => draw_paths(&graph, begin, args.depth, drawing),
    };
    Ok(match args.output_format {
        GraphFormatArg::Text => terminal.show(&tree_text(&tree, terminal.out_style())),
        GraphFormatArg::Json => terminal.hand_out(&tree_json(&tree)),
        GraphFormatArg::Mermaid => terminal.hand_out(&drawn(Drawing::Mermaid)),
        GraphFormatArg::Dot => terminal.hand_out(&drawn(Drawing::Dot)),
    })
}

fn all(graph: &Graph<'_>) -> Vec<usize> {
    (0..graph.packages().len()).collect()
}
