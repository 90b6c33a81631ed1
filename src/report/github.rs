//! What `pyaudit check` found, as annotations of GitHub's workflows. Of each kind a step shows ten
//! and no more, so the heaviest come first and the last line counts the rest.

use super::Audited;
use super::words::count;
use crate::audit::{Finding, Severity};
use crate::package::IndexUrl;

/// GitHub shows so many of a kind.
const MOST: usize = 10;

/// Writes workflow commands.
pub fn audit_github(audited: &[Audited<'_>]) -> String {
    let mut lines = Vec::new();
    let mut left = 0;
    for severity in [Severity::Error, Severity::Warning, Severity::Info] {
        let found = audited.iter().flat_map(|it| {
            let findings = it.audit.findings.iter();
            let findings = findings.filter(|finding| finding.severity == severity);
            findings.map(|finding| (it.file, finding))
        });
        let found: Vec<(&str, &Finding)> = found.collect();
        // The notice that counts the rest is one of its kind.
        let most = MOST - usize::from(severity == Severity::Info);
        left += found.len().saturating_sub(most);
        lines.extend(found.into_iter().take(most).map(annotation));
    }
    if left > 0 {
        let more = count(left, "more finding");
        lines.push(format!(
            "::notice title=pyaudit::{more}: run `pyaudit check`"
        ));
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn annotation((file, finding): (&str, &Finding)) -> String {
    let command = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    let place = match &finding.place {
        Some(origin) => format!(
            "file={},line={},col={}",
            property(origin.label()),
            origin.line(),
            origin.column()
        ),
        None => format!("file={}", property(file)),
    };
    let message = escaped(&IndexUrl::redacted(&finding.message));
    format!(
        "::{command} {place},title={} {}::{message}",
        finding.rule, finding.name
    )
}

fn escaped(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    escaped(text).replace(':', "%3A").replace(',', "%2C")
}
