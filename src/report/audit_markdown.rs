//! What `pyaudit check` found, as Markdown: for the summary of a job, a comment or a document.

use super::Audited;
use super::words::count;
use crate::audit::{Finding, Severity};
use crate::package::IndexUrl;

/// So many findings are told; a summary of a job may not be longer than a mebibyte.
const MOST: usize = 500;

/// Writes Markdown.
pub fn audit_markdown(audited: &[Audited<'_>]) -> String {
    let mut text = String::from("# pyaudit\n");
    for it in audited {
        text.push_str(&one(it));
    }
    text
}

fn one(audited: &Audited<'_>) -> String {
    let audit = audited.audit;
    let mut text = format!("\n## `{}`\n\n", audited.file);
    if !audited.targets.is_empty() {
        text.push_str(&format!("For {}.\n\n", audited.targets.join("; ")));
    }
    let mut findings: Vec<&Finding> = audit.findings.iter().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    match findings.as_slice() {
        [] => text.push_str("Nothing found.\n"),
        _ => text.push_str(
            "| | rule | package | finding | place | what to do |\n|---|---|---|---|---|---|\n",
        ),
    }
    for finding in findings.iter().take(MOST) {
        text.push_str(&row(finding));
    }
    if findings.len() > MOST {
        text.push_str(&format!(
            "\n… and {}.\n",
            count(findings.len() - MOST, "more finding")
        ));
    }
    if !audit.waived.is_empty() {
        text.push_str("\nWaived:\n\n");
        for waived in &audit.waived {
            let finding = &waived.finding;
            let message = cell(&finding.message);
            text.push_str(&format!(
                "- {} {message}: {}\n",
                finding.rule,
                cell(&waived.reason)
            ));
        }
    }
    let coverage = &audit.coverage;
    let total = count(coverage.total, "package");
    text.push_str(&format!(
        "\n{} of {total} judged by every rule.\n",
        coverage.checked
    ));
    for left_out in &coverage.left_out {
        let rules = left_out.rules.join(", ");
        text.push_str(&format!("Left out {}: {rules}.\n", left_out.why));
    }
    text
}

fn row(finding: &Finding) -> String {
    let mark = match finding.severity {
        Severity::Error => "❌",
        Severity::Warning => "⚠️",
        Severity::Info => "ℹ️",
    };
    let package = finding.package.as_ref().map(ToString::to_string);
    let version = finding
        .version
        .as_ref()
        .map(|version| format!(" {version}"));
    let place = finding.place.as_ref().map(|place| format!("`{place}`"));
    let fix = finding.fix.as_ref().map(|fix| cell(&fix.text));
    format!(
        "| {mark} | {} {} | {}{} | {} | {} | {} |\n",
        finding.rule,
        finding.name,
        package.unwrap_or_default(),
        version.unwrap_or_default(),
        cell(&finding.message),
        place.unwrap_or_default(),
        fix.unwrap_or_default(),
    )
}

/// A text of strangers as one cell: neither a link, nor an image, nor HTML.
fn cell(text: &str) -> String {
    let text = IndexUrl::redacted(text);
    let mut cell = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '\n' | '\r' | '\t' => cell.push(' '),
            '|' | '<' | '>' | '[' | ']' | '*' | '_' | '!' | '\\' | '~' => {
                cell.push('\\');
                cell.push(sign);
            }
            sign if sign.is_control() => {}
            sign => cell.push(sign),
        }
    }
    cell
}
