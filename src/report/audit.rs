//! What `pyaudit check` found, for a person.

use super::excerpt::draw_places;
use super::overview::overview_text;
use super::words::{Style, count};
use crate::audit::{Audit, Finding, Overview, Severity};
use crate::explain::list;
use crate::package::IndexUrl;
use crate::source::Origin;

/// The audit of one lock, with what it was read for.
#[derive(Clone, Copy, Debug)]
pub struct Audited<'a> {
    /// The lock as the user knows it.
    pub file: &'a str,
    /// The digest of its text, as hexadecimal digits of SHA-256.
    pub sha256: &'a str,
    /// The targets in words; none where none is known.
    pub targets: &'a [String],
    /// What was found.
    pub audit: &'a Audit,
    /// The whole at a glance, where that is wanted.
    pub overview: Option<&'a Overview>,
}

/// Tells it to a person: what weighs most comes first.
pub fn audit_text(audited: &[Audited<'_>], style: Style) -> String {
    let mut text = String::new();
    for it in audited {
        if let Some(overview) = it.overview {
            text.push_str(&overview_text(it, overview, style));
            continue;
        }
        let mut findings: Vec<&Finding> = it.audit.findings.iter().collect();
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        for finding in findings {
            text.push_str(&drawn(finding, style));
            text.push('\n');
        }
        text.push_str(&closing(it, style));
    }
    text
}

fn drawn(finding: &Finding, style: Style) -> String {
    let kind = format!("{}[{}]", finding.severity.name(), finding.rule);
    let kind = style.bold(&match finding.severity {
        Severity::Error => style.red(&kind),
        Severity::Warning => style.yellow(&kind),
        Severity::Info => kind,
    });
    let message = IndexUrl::redacted(&finding.message);
    let mut text = format!("{kind}: {}\n", style.wrapped(&message, 2));
    let places: Vec<(&Origin, String)> = finding.places().collect();
    text.push_str(&draw_places(&places, style));
    for path in &finding.paths {
        text.push_str(&line("path", &path.join(" → "), style));
    }
    for evidence in &finding.evidence {
        text.push_str(&line("evidence", evidence, style));
    }
    if let Some(fix) = &finding.fix {
        text.push_str(&line("help", &fix.text, style));
    }
    text
}

fn line(label: &str, said: &str, style: Style) -> String {
    let indent = label.len() + 4;
    format!("  {}: {}\n", style.bold(label), style.wrapped(said, indent))
}

/// Tells what was looked at.
fn closing(audited: &Audited<'_>, style: Style) -> String {
    let Audit {
        findings,
        waived,
        coverage,
    } = audited.audit;
    let number = |severity| findings.iter().filter(|it| it.severity == severity).count();
    let found = [Severity::Error, Severity::Warning, Severity::Info].map(|severity| {
        let number = number(severity);
        let noun = match severity {
            Severity::Info => "remark",
            other => other.name(),
        };
        (number > 0).then(|| count(number, noun))
    });
    let found: Vec<String> = found.into_iter().flatten().collect();
    let found = match found.as_slice() {
        [] => style.green("nothing found"),
        found => list(found),
    };
    let place = match audited.targets {
        [] => String::new(),
        targets => format!(", for {}", list(targets)),
    };
    let judged = match coverage.total {
        0 => "there is no set of versions to judge".to_owned(),
        total => {
            let total = count(total, "package");
            format!("{} of {total} judged by every rule", coverage.checked)
        }
    };
    let mut text = format!("{}: {found}; {judged}{place}\n", style.bold(audited.file));
    if !waived.is_empty() {
        text.push_str(&format!("{} waived\n", count(waived.len(), "finding")));
    }
    for consulted in &coverage.consulted {
        text.push_str(&format!("consulted: {consulted}\n"));
    }
    let left_out = coverage.left_out.iter().map(|it| {
        let rules = count(it.rules.len(), "rule");
        format!("{rules} {}", it.why)
    });
    let left_out: Vec<String> = left_out.collect();
    if !left_out.is_empty() {
        text.push_str(&format!("left out: {}\n", left_out.join(", ")));
    }
    text
}
