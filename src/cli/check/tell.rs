//! Tells what was found, in the form that is wanted, and says how the run ends.

use std::path::Path;

use super::Checked;
use super::args::{CheckArgs, ReportFormatArg, SeverityArg};
use crate::audit::Severity;
use crate::cli::Exit;
use crate::cli::terminal::Terminal;
use crate::host::append;
use crate::report::{
    Audited, audit_github, audit_json, audit_junit, audit_markdown, audit_sarif, audit_text,
};
use crate::source::Problem;

/// The variable by which a workflow of GitHub names the file of its job's summary.
const SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// Tells what was found.
pub(super) fn tell(args: &CheckArgs, found: &[Checked], terminal: &Terminal) -> Exit {
    let told: Vec<Audited<'_>> = found.iter().map(Checked::told).collect();
    let shown = match args.output_format {
        ReportFormatArg::Text => terminal.show(&audit_text(&told, terminal.style_of_results)),
        ReportFormatArg::Json => terminal.hand_out(&audit_json(&told)),
        ReportFormatArg::Sarif => terminal.hand_out(&audit_sarif(&told)),
        ReportFormatArg::Junit => terminal.hand_out(&audit_junit(&told)),
        ReportFormatArg::Markdown => terminal.hand_out(&audit_markdown(&told)),
        ReportFormatArg::Github => {
            let shown = terminal.hand_out(&audit_github(&told));
            summarize(&told, terminal).unwrap_or(shown)
        }
    };
    let failures = found.iter().flat_map(|it| &it.failures);
    failures.for_each(|failure| terminal.say_failure(failure));
    let has_failed = found.iter().any(|it| !it.is_whole);
    let least = match args.weight.fail_on {
        SeverityArg::Error => Severity::Error,
        SeverityArg::Warning => Severity::Warning,
        SeverityArg::Info => Severity::Info,
    };
    let mut findings = found.iter().flat_map(|it| &it.audit.findings);
    let fails = findings.any(|finding| finding.severity >= least);
    match shown {
        Exit::Fine if fails => Exit::No,
        Exit::Fine if has_failed => Exit::Outside,
        shown => shown,
    }
}

/// Adds to the summary of the job, where a workflow has one; returns how the run ends if that fails.
fn summarize(told: &[Audited<'_>], terminal: &Terminal) -> Option<Exit> {
    let named = std::env::var_os(SUMMARY).filter(|path| !path.is_empty())?;
    let error = append(Path::new(&named), &audit_markdown(told)).err()?;
    terminal.say_problems(&[Problem::anywhere(error.to_string())]);
    Some(Exit::Outside)
}
