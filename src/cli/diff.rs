//! `pyaudit diff`: what moved between two locks, and by whose doing.

use super::Exit;
use super::args::OutputFormatArg;
use super::reading::read_lock;
use super::reading_args::DiffArgs;
use super::terminal::Terminal;
use crate::graph::{Graph, moved};
use crate::report::{diff_json, diff_text};

/// Runs the command.
pub(super) fn run(args: &DiffArgs, terminal: &Terminal) -> Exit {
    let (former, new) = match (read_lock(&args.old), read_lock(&args.new)) {
        (Ok(former), Ok(new)) => (former, new),
        (former, new) => {
            let problems = [former.err(), new.err()].into_iter().flatten();
            let problems: Vec<_> = problems.map(|problem| *problem).collect();
            terminal.say_problems(&problems);
            return Exit::Usage;
        }
    };
    let (former, new) = (Graph::new(&former, None), Graph::new(&new, None));
    let moved = moved(&former, &new);
    match args.output_format {
        OutputFormatArg::Text => {
            terminal.show(&diff_text(&former, &new, &moved, terminal.style_of_results))
        }
        OutputFormatArg::Json => terminal.hand_out(&diff_json(&former, &new, &moved)),
    }
}
