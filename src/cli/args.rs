//! What was typed: the command line as clap reads it, with no decisions.
//!
//! Where pyaudit, uv, pip and pip-tools name the same thing differently, the other names are
//! aliases.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::baseline::BaselineArgs;
use super::check::CheckArgs;
use super::init::InitArgs;
use super::late::Late;
use super::matrix::MatrixArgs;
use super::output::AnnotationArg;
use super::plan::PlanArgs;
use super::reading_args::{DiffArgs, TreeArgs, WhyArgs};
use super::rules::RulesArgs;

/// Locks and audits Python dependencies for the machine they have to run on.
#[derive(Debug, Parser)]
#[command(name = "pyaudit", version, about, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
}

/// Options of every command.
#[derive(Debug, Args)]
pub(crate) struct GlobalArgs {
    /// Say only what went wrong
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Say what is done, and why; twice for more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Whether to colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: ColorChoice,
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What stands below the options of `pyaudit lock`.
const EXAMPLES: &str = "\
Examples:
  pyaudit lock -o pylock.toml
          Lock what pyproject.toml, else requirements.in, declares
  pyaudit lock requirements.in --python 3.10 --platform linux -o requirements.txt --generate-hashes
          Lock for another machine, in a form that pip installs with --require-hashes
  pyaudit lock -o pylock.toml -P flask
          Choose flask anew, and keep all other versions of the former lock
  pip freeze | pyaudit lock requirements.in --baseline - --keep numpy,torch
          Lock over what is installed: what can stay stays, and these two have to
  echo 'flask[async]>=3' | pyaudit lock -
          Show what flask needs

Exit codes:
  0  there is a lock
  1  there is no solution
  2  an input or an option makes no sense
  3  the network, the index or the disk failed";

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Find one version for every package, and write them down as a lock
    Lock(Late<LockArgs>),
    /// Change the inputs so that there is a lock: show the smallest changes that work, or make one
    Fix(Late<FixArgs>),
    /// Show which Pythons, platforms, builds of torch and GPUs the inputs can have, as a grid
    Matrix(Late<MatrixArgs>),
    /// Write down what was wanted: out of an environment, a freeze, a lock, a Dockerfile or a
    /// notebook, without all that came with it
    Init(Late<InitArgs>),
    /// Say what is wrong with a lock, or with what is declared, and what could not be found out
    Check(Late<CheckArgs>),
    /// Say what `check` looks for, and explain a rule
    Rules(RulesArgs),
    /// Say who needs a package of a lock, what decided its version, or what stands in the way of
    /// another
    Why(Late<WhyArgs>),
    /// Say what stands in the way of a version, as `why --not`
    WhyNot(Late<WhyArgs>),
    /// Show who needs what in a lock
    Tree(Late<TreeArgs>),
    /// Show what moved between two locks, and by whose doing
    Diff(Late<DiffArgs>),
    /// Show what an install command would change and break, or those of a Dockerfile, a notebook or
    /// a script in order, without running any
    Plan(Late<PlanArgs>),
}

/// `pyaudit lock`. Of an option that is given twice the last counts, so that a wrapper's defaults
/// can be overruled.
#[derive(Debug, Args)]
#[command(args_override_self = true, after_help = EXAMPLES)]
pub(crate) struct LockArgs {
    #[command(flatten)]
    pub(crate) question: QuestionArgs,
    #[command(flatten)]
    pub(crate) baseline: BaselineArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// What stands below the options of `pyaudit fix`.
const FIX_EXAMPLES: &str = "\
Examples:
  pyaudit fix requirements.in --python 3.13
          Show up to three repairs, smallest first; each was solved
  pyaudit fix requirements.in --python 3.13 --apply 1
          Make the first one; nothing else in the file changes
  pyaudit fix requirements.in --python 3.13 --apply 2 --dry-run
          Show what the second one would change

A line with the comment `# pyaudit: keep` is never changed.

Exit codes:
  0  nothing is broken, or the repair was made or shown
  1  there is no solution, and no repair was asked for or found
  2  an input or an option makes no sense
  3  the network, the index or the disk failed";

/// `pyaudit fix`: everything that `lock` knows, so that a command that failed can be typed again.
#[derive(Debug, Args)]
#[command(args_override_self = true, after_help = FIX_EXAMPLES)]
pub(crate) struct FixArgs {
    #[command(flatten)]
    pub(crate) question: QuestionArgs,
    /// Make this repair, counted from 1
    #[arg(long, value_name = "NUMBER", help_heading = "Repair")]
    pub(crate) apply: Option<NonZeroUsize>,
    /// Write nothing, but show what the repair changes, as a diff; without `--apply` the first
    #[arg(long, help_heading = "Repair")]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) baseline: BaselineArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// What is asked: the inputs and options of every command that solves.
#[derive(Debug, Args)]
pub(crate) struct QuestionArgs {
    /// Requirements files, pyproject.toml, scripts, Dockerfiles, notebooks, environment.yml and
    /// others that declare; `-` for standard input [default: pyproject.toml, else requirements.in]
    #[arg(value_name = "SOURCE")]
    pub(crate) sources: Vec<String>,
    #[command(flatten)]
    pub(crate) declared: DeclaredArgs,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
    #[command(flatten)]
    pub(crate) choice: ChoiceArgs,
    #[command(flatten)]
    pub(crate) index: IndexArgs,
    #[command(flatten)]
    pub(crate) cache: CacheArgs,
}

/// What is declared beside the sources.
#[derive(Debug, Args)]
#[command(next_help_heading = "Declarations")]
pub(crate) struct DeclaredArgs {
    /// A file of constraints: versions to keep to where something requires the package
    #[arg(
        short,
        long = "constraint",
        visible_alias = "constraints",
        value_name = "FILE"
    )]
    pub(crate) constraints: Vec<String>,
    /// A file of overrides: they replace what everything else asks of a package
    #[arg(long = "override", visible_alias = "overrides", value_name = "FILE")]
    pub(crate) overrides: Vec<String>,
    /// A package, or a file of packages, to leave out wherever it is asked for
    #[arg(long = "exclude", visible_alias = "excludes", value_name = "NAME|FILE")]
    pub(crate) excludes: Vec<String>,
    /// An extra of pyproject.toml, setup.cfg or setup.py to include
    #[arg(long = "extra", value_name = "EXTRA", value_delimiter = ',')]
    pub(crate) extras: Vec<String>,
    /// Include all extras of the project
    #[arg(long)]
    pub(crate) all_extras: bool,
    /// A dependency group (PEP 735) of pyproject.toml to include, or `dev` of a Pipfile
    #[arg(long = "group", value_name = "GROUP")]
    pub(crate) groups: Vec<String>,
    /// Include all dependency groups of the project
    #[arg(long)]
    pub(crate) all_groups: bool,
    /// The stage of a Dockerfile [default: the last], or the function of a Python source
    /// [default: all together]
    #[arg(long, value_name = "NAME")]
    pub(crate) stage: Option<String>,
}

/// Where the result has to run.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Target")]
pub(crate) struct TargetArgs {
    /// The Python it has to run on, such as 3.10 or 3.10.4; it need not be installed [default: that
    /// of the lock that is read, else of the active environment, else the least that
    /// requires-python admits, else the newest]
    #[arg(short, long, visible_alias = "python-version", value_name = "VERSION")]
    pub(crate) python: Option<String>,
    /// The platform it has to run on: linux, macos, windows, x86_64-unknown-linux-gnu,
    /// aarch64-apple-darwin, …, or a wheel platform tag [default: that of the lock that is read,
    /// else this machine]
    #[arg(long, visible_alias = "python-platform", value_name = "PLATFORM")]
    pub(crate) platform: Option<String>,
    /// Which builds of torch and its family are meant: cu128, rocm6.3, xpu, cpu, …; pypi for those of
    /// the default index; auto for the newest that fit what --gpu, --driver and --cuda say, or what
    /// this machine has [default: auto where one of these is given]
    #[arg(
        long,
        visible_alias = "torch-backend",
        alias = "pytorch-computation-backend",
        value_name = "FLAVOUR"
    )]
    pub(crate) torch: Option<String>,
    /// A GPU that the result has to run on, by its name, as sm_120 or as 12.0; several for a fleet
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) gpu: Vec<String>,
    /// The version of NVIDIA's driver there, such as 550.54
    #[arg(long, value_name = "VERSION")]
    pub(crate) driver: Option<String>,
    /// The version of the CUDA toolkit there, such as 12.4
    #[arg(long, value_name = "VERSION")]
    pub(crate) cuda: Option<String>,
}

/// How many targets the result is for.
#[derive(Debug, Args)]
#[command(next_help_heading = "Target")]
pub(crate) struct ScopeArgs {
    /// Lock for all platforms and all Pythons from the least on that the project admits, in one file
    /// with markers
    #[arg(long)]
    pub(crate) universal: bool,
    /// A target of several, as PLATFORM/PYTHON or PLATFORM/PYTHON/FLAVOUR: linux/3.10/cu128; given
    /// more than once, one lock is made for all of them
    #[arg(long = "target", value_name = "TARGET")]
    pub(crate) targets: Vec<String>,
    /// Of a universal lock: as few versions of a package as there can be, or the newest for each
    /// Python [default: fewest]
    #[arg(long, value_name = "STRATEGY")]
    pub(crate) fork_strategy: Option<ForkStrategyArg>,
}

/// How to choose among versions.
#[derive(Debug, Args)]
#[command(next_help_heading = "Choice of versions")]
pub(crate) struct ChoiceArgs {
    /// When pre-releases may be chosen [default: if-necessary-or-explicit]
    #[arg(long, value_name = "WHEN")]
    pub(crate) prerelease: Option<PrereleaseArg>,
    /// Allow pre-releases, as `--prerelease allow`
    #[arg(long, conflicts_with = "prerelease")]
    pub(crate) pre: bool,
    /// Which end of the admitted versions to take [default: highest]
    #[arg(long, value_name = "MODE")]
    pub(crate) resolution: Option<ResolutionArg>,
    /// Ignore files uploaded after a date, a time, or a duration ago
    #[arg(long, visible_alias = "uploaded-prior-to", value_name = "WHEN")]
    pub(crate) exclude_newer: Option<String>,
    /// The same for one package: NAME=WHEN, or NAME=false to lift it
    #[arg(long, value_name = "NAME=WHEN")]
    pub(crate) exclude_newer_package: Vec<String>,
    /// Do not use the wheels of a package, or of `:all:`
    #[arg(long, visible_alias = "no-binary-package", value_name = "NAME")]
    pub(crate) no_binary: Vec<String>,
    /// Use only the wheels of a package, or of `:all:`
    #[arg(long, visible_alias = "no-build-package", value_name = "NAME")]
    pub(crate) only_binary: Vec<String>,
    /// Use only wheels, as `--only-binary :all:`
    #[arg(long)]
    pub(crate) no_build: bool,
    /// Allow running the code of source distributions to learn what they need: of all packages,
    /// or of the named ones
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = ":all:",
          require_equals = true, value_delimiter = ',')]
    pub(crate) allow_build: Vec<String>,
    /// Heed only what packages declare, and no bounds that are known beside, such as numpy<2 for
    /// wheels that were built against NumPy 1
    #[arg(long)]
    pub(crate) no_facts: bool,
    /// Choose all versions anew, whatever the output file holds
    #[arg(short = 'U', long)]
    pub(crate) upgrade: bool,
    /// Choose the version of one package anew
    #[arg(short = 'P', long, value_name = "NAME")]
    pub(crate) upgrade_package: Vec<String>,
}

/// The names of uv's pre-release modes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PrereleaseArg {
    /// Never
    Disallow,
    /// As if they were releases
    Allow,
    /// Only where no release can serve
    IfNecessary,
    /// Only for packages of which a declaration names one
    Explicit,
    /// Either of the two before
    IfNecessaryOrExplicit,
}

/// The names of uv's resolution modes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ResolutionArg {
    /// The newest of everything
    Highest,
    /// The oldest of everything
    Lowest,
    /// The oldest of what is declared, the newest of the rest
    LowestDirect,
}

/// The names of uv's fork strategies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ForkStrategyArg {
    /// As few versions of a package as there can be
    Fewest,
    /// The newest versions for each Python
    RequiresPython,
}

/// The names of uv's index strategies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum IndexStrategyArg {
    /// The first index that has the name
    FirstIndex,
    /// Versions of the first index before those of the next
    UnsafeFirstMatch,
    /// The best version of any index
    UnsafeBestMatch,
}

/// Where packages come from.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Index")]
pub(crate) struct IndexArgs {
    /// The default index
    #[arg(short = 'i', long, visible_alias = "index-url", value_name = "URL")]
    pub(crate) default_index: Option<String>,
    /// An index that is asked before the default one; NAME=URL gives it a name
    #[arg(long, value_name = "URL")]
    pub(crate) index: Vec<String>,
    /// A further index, as pip names it
    #[arg(long, value_name = "URL")]
    pub(crate) extra_index_url: Vec<String>,
    /// A folder, page or file to look for packages in
    #[arg(short, long, value_name = "PATH|URL")]
    pub(crate) find_links: Vec<String>,
    /// A mirror of the PyTorch index: the folder above cu128/ and cpu/
    #[arg(long, value_name = "URL")]
    pub(crate) torch_index_url: Option<String>,
    /// Ask no index, only what --find-links names
    #[arg(long)]
    pub(crate) no_index: bool,
    /// How several indexes stand to each other [default: first-index]
    #[arg(long, value_name = "STRATEGY")]
    pub(crate) index_strategy: Option<IndexStrategyArg>,
    /// Use the cache alone
    #[arg(long)]
    pub(crate) offline: bool,
    /// Certificates to trust, as a PEM file
    #[arg(long, value_name = "FILE")]
    pub(crate) cert: Option<PathBuf>,
    /// A host whose certificate is not checked
    #[arg(long, visible_alias = "trusted-host", value_name = "HOST")]
    pub(crate) allow_insecure_host: Vec<String>,
    /// Seconds to wait for an answer [default: 30]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) timeout: Option<u64>,
    /// How often to ask again when an answer fails [default: 3]
    #[arg(long, value_name = "COUNT")]
    pub(crate) retries: Option<u32>,
}

/// The cache.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Cache")]
pub(crate) struct CacheArgs {
    /// The folder of the cache
    #[arg(long, value_name = "FOLDER")]
    pub(crate) cache_dir: Option<PathBuf>,
    /// Neither read nor write a cache
    #[arg(short, long)]
    pub(crate) no_cache: bool,
    /// Ask again for every page
    #[arg(long)]
    pub(crate) refresh: bool,
    /// Ask again for the page of one package
    #[arg(long, value_name = "NAME")]
    pub(crate) refresh_package: Vec<String>,
}

/// What is written, and how.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// The file to write [default: standard output]
    #[arg(short, long, visible_alias = "output-file", value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// The form of the lock [default: by the file's name]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<FormatArg>,
    /// Write hashes into a requirements file
    #[arg(long)]
    pub(crate) generate_hashes: bool,
    /// Leave out the comment that says how the file was made
    #[arg(long)]
    pub(crate) no_header: bool,
    /// Leave out the comments that say who needs a package
    #[arg(long, visible_alias = "no-annotate")]
    pub(crate) no_annotations: bool,
    /// Where to put those comments
    #[arg(long, value_name = "STYLE", default_value = "split")]
    pub(crate) annotation_style: AnnotationArg,
    /// Write the extras of packages into a requirements file
    #[arg(long)]
    pub(crate) no_strip_extras: bool,
    /// Write the index options into a requirements file
    #[arg(long)]
    pub(crate) emit_index_url: bool,
    /// Write the find-links options into a requirements file
    #[arg(long)]
    pub(crate) emit_find_links: bool,
    /// How to tell the outcome
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output_format: OutputFormatArg,
    /// Write what came of it to a file, conflicts and repairs above all, as Markdown or (by the name's
    /// ending) JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
}

/// The forms of a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormatArg {
    /// PEP 751
    #[value(name = "pylock", alias = "pylock.toml")]
    Pylock,
    /// pip's requirements file
    #[value(name = "requirements", alias = "requirements.txt")]
    Requirements,
    /// PDM's, which is only read
    #[value(name = "pdm.lock", alias = "pdm", hide = true)]
    Pdm,
    /// Poetry's, which is only read
    #[value(name = "poetry.lock", alias = "poetry", hide = true)]
    Poetry,
    /// uv's, which is only read
    #[value(name = "uv.lock", alias = "uv", hide = true)]
    Uv,
}

/// How the outcome is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormatArg {
    /// For people
    Text,
    /// For machines
    Json,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
