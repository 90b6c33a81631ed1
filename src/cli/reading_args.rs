//! What was typed for the commands that read a lock: `why`, `why-not`, `tree`, `diff`. The names of
//! options are uv's, cargo's and pipdeptree's.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::args::{CacheArgs, IndexArgs};

/// What stands below the options of `pyaudit why`.
const WHY_EXAMPLES: &str = "\
Examples:
  pyaudit why numpy
          Who needs it, and what decided its version
  pyaudit why 'numpy==2.1'
          What stands in the way of another version, and what would have to change
  pyaudit why pandas --output-format mermaid
          The paths to it as a drawing

Exit codes:
  0  it is in the lock; nothing stands in the way
  1  it is not in the lock; something stands in the way
  2  the lock or an option makes no sense
  3  the network, the index or the disk failed";

/// `pyaudit why`.
#[derive(Debug, Args)]
#[command(args_override_self = true, after_help = WHY_EXAMPLES)]
pub(crate) struct WhyArgs {
    /// A package of the lock; or, with a version, what you would rather have
    #[arg(value_name = "PACKAGE")]
    pub(crate) package: String,
    /// Ask why it is not so: what stands in the way of this version, or of the newest
    #[arg(long)]
    pub(crate) not: bool,
    /// Show every path
    #[arg(long)]
    pub(crate) all: bool,
    /// Leave out paths of more steps
    #[arg(long, value_name = "STEPS")]
    pub(crate) depth: Option<usize>,
    #[command(flatten)]
    pub(crate) lock: LockFileArgs,
    /// How to tell it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output_format: GraphFormatArg,
    #[command(flatten)]
    pub(crate) index: IndexArgs,
    #[command(flatten)]
    pub(crate) cache: CacheArgs,
}

/// What stands below the options of `pyaudit tree`.
const TREE_EXAMPLES: &str = "\
Examples:
  pyaudit tree
          What is declared, and what that needs
  pyaudit tree numpy --invert
          Who needs it
  pyaudit tree --show-sizes --show-licenses --offline
          The sizes that the lock holds, and the licences that the cache knows

Only --show-licenses asks anything but the lock.";

/// `pyaudit tree`. Its `-i` is cargo's, so that the index has none here.
#[derive(Debug, Args)]
#[command(
    args_override_self = true,
    after_help = TREE_EXAMPLES,
    mut_arg("default_index", |arg| arg.short(None)),
)]
pub(crate) struct TreeArgs {
    /// The packages to begin with [default: what is declared]
    #[arg(value_name = "PACKAGE")]
    pub(crate) packages: Vec<String>,
    /// Show who needs a package instead of what it needs
    #[arg(short, long, visible_alias = "reverse")]
    pub(crate) invert: bool,
    /// Show no more levels than these
    #[arg(short, long, value_name = "LEVELS")]
    pub(crate) depth: Option<usize>,
    /// Show what a package needs each time it occurs
    #[arg(long)]
    pub(crate) no_dedupe: bool,
    /// Leave out a package and what it needs
    #[arg(long, value_name = "NAME")]
    pub(crate) prune: Vec<String>,
    /// Show the sizes of the files; of an environment, what its packages take on the disk
    #[arg(long, alias = "sizes")]
    pub(crate) show_sizes: bool,
    /// Show the licences that packages name, from the cache, else from the index
    #[arg(long, alias = "show-licences")]
    pub(crate) show_licenses: bool,
    #[command(flatten)]
    pub(crate) lock: LockFileArgs,
    /// How to tell it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output_format: GraphFormatArg,
    #[command(flatten)]
    pub(crate) index: IndexArgs,
    #[command(flatten)]
    pub(crate) cache: CacheArgs,
}

/// `pyaudit diff`.
#[derive(Debug, Args)]
#[command(args_override_self = true)]
pub(crate) struct DiffArgs {
    /// The former lock
    pub(crate) old: PathBuf,
    /// The new lock
    pub(crate) new: PathBuf,
    /// How to tell it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output_format: super::args::OutputFormatArg,
}

/// Which lock is read, and for whom.
#[derive(Debug, Args)]
pub(crate) struct LockFileArgs {
    /// The lock to read [default: pylock.toml, else the lock of uv, Poetry, PDM or Pipenv, else
    /// requirements.txt]
    #[arg(long, value_name = "FILE")]
    pub(crate) lock: Option<PathBuf>,
    /// An environment to read in place of a lock, by its folder or its interpreter, such as .venv
    #[arg(long, value_name = "PATH", conflicts_with = "lock")]
    pub(crate) env: Option<PathBuf>,
    /// The target to read it for, as PLATFORM/PYTHON, such as linux/3.12
    #[arg(long = "for", value_name = "TARGET")]
    pub(crate) target: Option<String>,
}

/// How a graph is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormatArg {
    /// For people
    Text,
    /// For machines
    Json,
    /// A Mermaid flowchart
    Mermaid,
    /// A Graphviz digraph
    Dot,
}
