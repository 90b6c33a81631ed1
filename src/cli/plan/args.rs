//! What was typed for `pyaudit plan`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::args::{CacheArgs, IndexArgs};

/// What stands below the options.
const EXAMPLES: &str = "\
Examples:
  pyaudit plan pip install datasets optuna
          What it would change and break in the active environment
  pyaudit plan --baseline colab.freeze pip install -U datasets
          The same over what `pip freeze` wrote on another machine
  pyaudit plan --env .venv pip uninstall numpy
          Who would miss it
  pyaudit plan Dockerfile
          The install commands of an image in order: what a later one does to an earlier one
  pyaudit plan --baseline colab.freeze --python 3.12 train.ipynb
          The same for the cells of a notebook

Options of pyaudit stand before the command: what follows it is pip's.

Exit codes:
  0  nothing would break
  1  something would break, or a command has no solution
  2  an input or an option makes no sense
  3  the network, the index or the disk failed";

/// `pyaudit plan`.
#[derive(Debug, Args)]
#[command(args_override_self = true, after_help = EXAMPLES)]
pub(crate) struct PlanArgs {
    /// What is installed: the output of `pip freeze` or `pip inspect`, a lock, the folder of an
    /// environment, or `-` for standard input [default: for a command the active environment, for a
    /// file nothing]
    #[arg(long, value_name = "FILE|FOLDER")]
    pub(crate) baseline: Option<String>,
    /// An environment, by its folder or its interpreter, such as .venv
    #[arg(long, value_name = "PATH", conflicts_with = "baseline")]
    pub(crate) env: Option<PathBuf>,
    /// The stage of a Dockerfile, by its name or number [default: the last]
    #[arg(long, value_name = "STAGE")]
    pub(crate) stage: Option<String>,
    /// The Python that the commands run for [default: that of the environment or the base image, else
    /// the newest]
    #[arg(short, long, visible_alias = "python-version", value_name = "VERSION")]
    pub(crate) python: Option<String>,
    /// The platform that they run on [default: that of the environment or the base image, else this
    /// machine]
    #[arg(long, visible_alias = "python-platform", value_name = "PLATFORM")]
    pub(crate) platform: Option<String>,
    /// How to tell it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output_format: PlanFormatArg,
    #[command(flatten)]
    pub(crate) index: IndexArgs,
    #[command(flatten)]
    pub(crate) cache: CacheArgs,
    /// A command of pip or of `uv pip`, or a Dockerfile, a notebook, a script
    #[arg(
        value_name = "COMMAND|FILE",
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    pub(crate) words: Vec<String>,
}

/// How a plan is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlanFormatArg {
    /// For people
    Text,
    /// For machines
    Json,
    /// Markdown, for comments and documents
    Markdown,
}
