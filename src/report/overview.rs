//! A project at a glance, for a person and for machines.

use serde_json::{Value, json};

use super::Audited;
use super::why::bytes;
use super::words::{Style, count};
use crate::audit::{Audit, Finding, Overview, Severity, Topic};
use crate::package::IndexUrl;

/// So many findings of a family are told; the rest is counted.
const MOST: usize = 5;

/// So many roots are told.
const MOST_ROOTS: usize = 30;

/// Tells it to a person: a line for each family of rules, with a line for each finding below it.
pub(super) fn overview_text(audited: &Audited<'_>, overview: &Overview, style: Style) -> String {
    let audit = audited.audit;
    let total = count(audit.coverage.total, "package");
    let mut text = format!("{}: {total}", style.bold(audited.file));
    if !audited.targets.is_empty() {
        text.push_str(&format!(", for {}", audited.targets.join("; ")));
    }
    text.push_str("\n\n");
    for topic in &overview.topics {
        text.push_str(&told(topic, audit, style));
    }
    for left_out in &audit.coverage.left_out {
        let rules = count(left_out.rules.len(), "rule");
        text.push_str(&format!("  left out: {rules} {}\n", left_out.why));
    }
    if !audit.waived.is_empty() {
        text.push_str(&format!(
            "  {} waived\n",
            count(audit.waived.len(), "finding")
        ));
    }
    if !overview.built_for.is_empty() {
        text.push_str(&format!("\n{}\n", style.bold("torch and its family")));
        for line in &overview.built_for {
            text.push_str(&format!("  {line}\n"));
        }
    }
    text.push_str(&heaviest(overview, style));
    if !overview.roots.is_empty() {
        let number = count(overview.roots.len(), "package");
        text.push_str(&format!(
            "\n{}\n",
            style.bold(&format!("{number} that nothing else needs"))
        ));
        let shown = overview.roots.iter().take(MOST_ROOTS).cloned();
        let mut shown: Vec<String> = shown.collect();
        if overview.roots.len() > MOST_ROOTS {
            shown.push(format!("and {} more", overview.roots.len() - MOST_ROOTS));
        }
        text.push_str(&format!("  {}\n", style.wrapped(&shown.join(", "), 2)));
    }
    text
}

fn told(topic: &Topic, audit: &Audit, style: Style) -> String {
    let verdict = match topic.worst {
        Some(Severity::Error) => style.red("broken"),
        Some(Severity::Warning) => style.yellow("look"),
        Some(Severity::Info) => "remarks".to_owned(),
        None if topic.unaudited > 0 => "not all judged".to_owned(),
        None => style.green("fine"),
    };
    let mut text = format!("  {}: {verdict}\n", style.bold(topic.name));
    let is_in = |finding: &&Finding| topic.rules.contains(&finding.rule);
    let mut findings: Vec<&Finding> = audit.findings.iter().filter(is_in).collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    for finding in findings.iter().take(MOST) {
        let message = IndexUrl::redacted(&finding.message);
        let line = format!("{}[{}]: {message}", finding.severity.name(), finding.rule);
        text.push_str(&format!("    {}\n", style.wrapped(&line, 6)));
    }
    if findings.len() > MOST {
        let more = count(findings.len() - MOST, "more finding");
        text.push_str(&format!("    and {more}\n"));
    }
    for unaudited in &audit.coverage.unaudited {
        if topic.rules.contains(&unaudited.rule) {
            let line = format!("{} was not checked: {}", unaudited.name, unaudited.why);
            text.push_str(&format!("    {}\n", style.wrapped(&line, 6)));
        }
    }
    text
}

fn heaviest(overview: &Overview, style: Style) -> String {
    let Some(most) = overview.heaviest.first() else {
        return match overview.unweighed {
            0 => String::new(),
            _ => "\nno package tells the size of its file\n".to_owned(),
        };
    };
    let unweighed = match overview.unweighed {
        0 => String::new(),
        unweighed => format!(", {} without a size", count(unweighed, "package")),
    };
    let title = format!("the heaviest of {}{unweighed}", bytes(overview.bytes));
    let mut text = format!("\n{}\n", style.bold(&title));
    let names = overview.heaviest.iter().map(|it| it.package.len());
    let width = names.max().unwrap_or_default();
    let figures = bytes(most.bytes).len() + 2;
    for it in &overview.heaviest {
        let (own, all) = (bytes(it.bytes), bytes(it.with_needs));
        let with_needs = match it.with_needs == it.bytes {
            true => String::new(),
            false => format!("  {all} with what it needs"),
        };
        let name = &it.package;
        text.push_str(&format!("  {name:width$}  {own:>figures$}{with_needs}\n"));
    }
    text
}

/// Tells it to machines.
pub(super) fn overview_json(overview: &Overview) -> Value {
    let topics = overview.topics.iter().map(|topic| {
        json!({
            "name": topic.name,
            "rules": topic.rules,
            "worst": topic.worst.map(Severity::name),
            "findings": topic.findings,
            "unaudited": topic.unaudited,
        })
    });
    let heaviest = overview
        .heaviest
        .iter()
        .map(|it| json!({ "package": it.package, "bytes": it.bytes, "with_needs": it.with_needs }));
    json!({
        "topics": topics.collect::<Vec<Value>>(),
        "heaviest": heaviest.collect::<Vec<Value>>(),
        "bytes": overview.bytes,
        "unweighed": overview.unweighed,
        "roots": overview.roots,
        "built_for": overview.built_for,
    })
}
