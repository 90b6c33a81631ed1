//! What was typed for `pyaudit check`. Levels are clippy's `-A`, `-W` and `-D`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::args::{CacheArgs, IndexArgs, TargetArgs};

/// What stands below the options.
const EXAMPLES: &str = "\
Examples:
  pyaudit check
          Audit pylock.toml, else the lock of uv, Poetry, PDM or Pipenv, else requirements.txt
  pyaudit check --offline
          The same without the network: rules that need an index are left out, and named
  pyaudit check pylock.toml --gpu 'RTX 5090' --driver 570.26
          Would this lock run there?
  pyaudit check requirements.in --python 3.13
          What do these declarations bring today, and would it run?
  pyaudit check requirements.in --fix --unsafe
          Make the changes that were found and tried, and look again
  pyaudit check pylock.toml --deep
          And what do the compiled files in its wheels say?
  pyaudit check --env .venv requirements.in
          Is what is installed whole, and is it what is declared?
  pyaudit check --output-format github --strict
          In CI: annotations, and an error for whatever could not be judged

Exit codes:
  0  nothing as heavy as --fail-on says
  1  findings, even where the audit is not whole
  2  a lock, an input or an option makes no sense
  3  the network, an index or the disk failed, so that the audit is not whole
  4  there is nothing to audit";

/// `pyaudit check`.
#[derive(Debug, Args)]
#[command(args_override_self = true, after_help = EXAMPLES)]
pub(crate) struct CheckArgs {
    /// Locks to audit, or files that declare and have no lock [default: pylock.toml, else
    /// the lock of uv, Poetry, PDM or Pipenv, else requirements.txt, else what declares]
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// A file that declares what the lock has to answer; several times for several [default: those
    /// that the lock's record names]
    #[arg(long = "input", value_name = "FILE")]
    pub(crate) inputs: Vec<String>,
    /// An environment to audit, by its folder or its interpreter, such as .venv; locks and
    /// declarations that are named beside it are what it is held to
    #[arg(long, value_name = "PATH")]
    pub(crate) env: Option<PathBuf>,
    /// Look into the wheels that are locked, by parts of them: what compiled files were built against,
    /// which libraries they need, and which files two packages own
    #[arg(long, conflicts_with = "env")]
    pub(crate) deep: bool,
    /// What a machine has on which the commands of the project's files are run, as `plan` takes it:
    /// what they move there is told, and what is said of that is judged by it
    #[arg(long, value_name = "FILE|FOLDER", conflicts_with = "env")]
    pub(crate) baseline: Option<String>,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// Tell files that were uploaded less long ago: 7 days [default: what the project or the lock
    /// says]
    #[arg(long, value_name = "TIME")]
    pub(crate) cooldown: Option<String>,
    #[command(flatten)]
    pub(crate) weight: WeightArgs,
    #[command(flatten)]
    pub(crate) advisories: AdvisoryArgs,
    /// Make the changes that mend findings and cannot change what is meant, and audit again
    #[arg(long, help_heading = "Fixes")]
    pub(crate) fix: bool,
    /// With --fix: make those that change what is declared, too
    #[arg(long, alias = "unsafe-fixes", requires = "fix", help_heading = "Fixes")]
    pub(crate) r#unsafe: bool,
    /// With --fix: show the changes, and write nothing
    #[arg(long, alias = "diff", requires = "fix", help_heading = "Fixes")]
    pub(crate) dry_run: bool,
    /// Tell it at a glance: each family of rules, the heaviest packages, what torch is built for, and
    /// what nothing else needs
    #[arg(long)]
    pub(crate) summary: bool,
    /// How to tell it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output_format: ReportFormatArg,
    #[command(flatten)]
    pub(crate) index: IndexArgs,
    #[command(flatten)]
    pub(crate) cache: CacheArgs,
}

/// What findings weigh.
#[derive(Debug, Args)]
#[command(next_help_heading = "Levels")]
pub(crate) struct WeightArgs {
    /// The least severity that fails
    #[arg(long, value_name = "SEVERITY", default_value = "error")]
    pub(crate) fail_on: SeverityArg,
    /// Do not tell of a rule's findings, by its code or name
    #[arg(short = 'A', long, value_name = "RULE", value_delimiter = ',')]
    pub(crate) allow: Vec<String>,
    /// Take a rule's findings for warnings at most
    #[arg(short = 'W', long, value_name = "RULE", value_delimiter = ',')]
    pub(crate) warn: Vec<String>,
    /// Take a rule's findings for errors
    #[arg(short = 'D', long, value_name = "RULE", value_delimiter = ',')]
    pub(crate) deny: Vec<String>,
    /// Take for an error whatever could not be judged
    #[arg(long)]
    pub(crate) strict: bool,
}

/// What is known to be vulnerable.
#[derive(Debug, Args)]
#[command(next_help_heading = "Advisories")]
pub(crate) struct AdvisoryArgs {
    /// Where records of OSV are: a folder, its export `all.zip`, `osv` for its API, or the address
    /// of one like it; several times for several
    #[arg(long, value_name = "WHERE")]
    pub(crate) advisories: Vec<String>,
    /// The least severity of a vulnerability that weighs: what is below it becomes a remark, and
    /// what has none stays
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) min_severity: Option<RatingArg>,
    /// An identifier of a vulnerability that is not to count, an alias as well
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(crate) ignore_vuln: Vec<String>,
    /// How many days old the newest record may be
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    pub(crate) max_advisory_age: u16,
}

/// Severities of vulnerabilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RatingArg {
    /// 0.1 and more
    Low,
    /// 4.0 and more
    Medium,
    /// 7.0 and more
    High,
    /// 9.0 and more
    Critical,
}

/// Severities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SeverityArg {
    /// Broken
    Error,
    /// Deserves a look
    Warning,
    /// Worth knowing
    Info,
}

/// How findings are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormatArg {
    /// For people
    Text,
    /// For machines
    Json,
    /// Annotations of a workflow, and the summary of its job
    Github,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// JUnit's XML, for dashboards of tests
    Junit,
    /// Markdown, for comments and documents
    Markdown,
}
