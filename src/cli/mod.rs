//! The command line: parse, settle, do, render, exit.

mod absent;
mod args;
mod baseline;
mod check;
mod command;
mod conflict;
mod diff;
mod fix;
mod gaps;
mod in_vain;
mod init;
mod late;
mod licences;
mod lock;
mod lock_over;
mod machine;
mod many;
mod matrix;
mod mending;
mod misgivings;
mod output;
mod plan;
mod prepare;
mod progress;
mod reading;
mod reading_args;
mod receipt;
mod recorded;
mod relock;
mod rules;
mod settings;
mod terminal;
mod tree;
mod unnamed;
mod unserved;
mod why;
mod why_not;
mod witness;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};
use terminal::Terminal;

/// How a run ended, for every command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    /// Fine.
    Fine,
    /// The answer is no: no solution, findings.
    No,
    /// Wrong usage, or input that cannot be read.
    Usage,
    /// The outside world failed: network, disk.
    Outside,
    /// There was nothing to audit.
    Nothing,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Fine => ExitCode::SUCCESS,
            Exit::No => ExitCode::from(1),
            Exit::Usage => ExitCode::from(2),
            Exit::Outside => ExitCode::from(3),
            Exit::Nothing => ExitCode::from(4),
        }
    }
}

/// Runs the command of this process's command line.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let terminal = Terminal::of_this_process(&cli.global);
    let exit = match cli.command {
        Command::Init(args) => init::run(&args.0, &terminal),
        Command::Lock(args) => lock::run(*args.0, &terminal),
        Command::Why(args) => why::run(&args.0, false, &terminal),
        Command::WhyNot(args) => why::run(&args.0, true, &terminal),
        Command::Tree(args) => tree::run(&args.0, &terminal),
        Command::Diff(args) => diff::run(&args.0, &terminal),
        Command::Check(args) => check::run(&args.0, &terminal),
        Command::Rules(args) => rules::run(&args, &terminal),
        Command::Matrix(args) => matrix::run(*args.0, &terminal),
        Command::Plan(args) => plan::run(*args.0, &terminal),
        Command::Fix(args) => fix::run(*args.0, &terminal),
    };
    exit.into()
}
