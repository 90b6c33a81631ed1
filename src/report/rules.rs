//! The rules of `pyaudit check`, as a list and one by one.

use serde_json::{Value, json};

use super::json::to_text;
use super::words::Style;
use crate::audit::{Rule, all_rules};

/// Lists all rules: code, name, severity and what each finds.
pub fn rules_text(style: Style) -> String {
    let widest = all_rules().map(|rule| rule.name.len()).max();
    let lines = all_rules().map(|rule| {
        let name = format!("{:width$}", rule.name, width = widest.unwrap_or_default());
        let severity = rule.severity.name();
        let lead = format!("{}  {name}  {severity:7}  ", rule.id);
        let summary = style.wrapped(rule.summary, lead.len());
        format!("{}{summary}\n", style.bold(&lead))
    });
    lines.collect()
}

/// Returns the page of a rule, as Markdown.
pub fn rule_text(rule: &Rule) -> String {
    rule.page.to_owned()
}

/// Tells all rules to machines: `pyaudit.rules`, version 1.
pub fn rules_json() -> String {
    listed(all_rules())
}

/// Tells one rule to machines, in the shape of the list.
pub fn rule_json(rule: &Rule) -> String {
    listed(std::iter::once(rule))
}

fn listed<'a>(rules: impl Iterator<Item = &'a Rule>) -> String {
    let rules = rules.map(|rule| {
        json!({
            "id": rule.id,
            "rule": rule.name,
            "severity": rule.severity.name(),
            "summary": rule.summary,
            "page": rule.page,
        })
    });
    to_text(&json!({
        "schema": { "name": "pyaudit.rules", "version": "1" },
        "rules": rules.collect::<Vec<Value>>(),
    }))
}
