//! What was typed for `pyaudit init`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::args::{CacheArgs, IndexArgs, TargetArgs};

/// What stands below the options.
const EXAMPLES: &str = "\
Examples:
  pyaudit init --env .venv
          What was wanted of what is installed, without all that came with it
  pip freeze | pyaudit init - -o -
          The same of what pip lists, shown
  pyaudit init Dockerfile
          What its commands install, in one file that can be locked
  pyaudit init poetry.lock -o requirements.in
          What a lock was made of

Exit codes:
  0  the file was written or shown
  2  an input or an option makes no sense, or the file is there already
  3  the network, the index or the disk failed";

/// `pyaudit init`.
#[derive(Debug, Args)]
#[command(args_override_self = true, after_help = EXAMPLES)]
pub(crate) struct InitArgs {
    /// The output of `pip freeze` or `pip inspect`, a lock, a Dockerfile, a notebook, or anything
    /// else that declares; `-` for standard input
    #[arg(value_name = "SOURCE", required_unless_present = "env")]
    pub(crate) sources: Vec<String>,
    /// An environment, by its folder or its interpreter, such as .venv
    #[arg(long, value_name = "PATH", conflicts_with = "sources")]
    pub(crate) env: Option<PathBuf>,
    /// Where to write it, `-` for standard output
    #[arg(short, long, value_name = "FILE", default_value = "requirements.in")]
    pub(crate) output: PathBuf,
    /// Write over a file that is there
    #[arg(long)]
    pub(crate) force: bool,
    /// The stage of a Dockerfile [default: the last], or the function of a Python source
    /// [default: all together]
    #[arg(long, value_name = "NAME")]
    pub(crate) stage: Option<String>,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    #[command(flatten)]
    pub(crate) index: IndexArgs,
    #[command(flatten)]
    pub(crate) cache: CacheArgs,
}
