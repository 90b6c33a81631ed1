//! What `pyaudit check` found, as SARIF 2.1.0: one run for each lock. The rule is always the code of
//! ours, so that a viewer's list of rules does not grow with what they find.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::Audited;
use super::json::to_text;
use crate::audit::{Finding, Fix, Rule, Severity, rule_named};
use crate::package::IndexUrl;
use crate::source::Origin;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Writes SARIF.
pub fn audit_sarif(audited: &[Audited<'_>]) -> String {
    to_text(&json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": audited.iter().map(run).collect::<Vec<Value>>(),
    }))
}

fn run(audited: &Audited<'_>) -> Value {
    let audit = audited.audit;
    let waived = audit.waived.iter();
    let all = audit.findings.iter().chain(waived.map(|it| &it.finding));
    let all: Vec<&Finding> = all.collect();
    let codes: BTreeSet<&str> = all.iter().map(|finding| finding.rule).collect();
    let rules = codes.iter().filter_map(|code| rule_named(code));
    let rules = rules.map(|rule| rule_json(rule, &all));
    let open = audit.findings.iter();
    let open = open.map(|finding| result(audited.file, finding, &codes));
    let waived = audit.waived.iter().map(|waived| {
        let mut value = result(audited.file, &waived.finding, &codes);
        value["suppressions"] = json!([{ "kind": "external", "justification": waived.reason }]);
        value
    });
    let unaudited = audit.coverage.unaudited.iter().map(|it| {
        json!({ "level": "warning", "message": { "text": format!("{}: {}", it.name, it.why) } })
    });
    json!({
        "tool": { "driver": {
            "name": "pyaudit",
            "version": env!("CARGO_PKG_VERSION"),
            "rules": rules.collect::<Vec<Value>>(),
        } },
        "automationDetails": { "id": automation(audited) },
        "columnKind": "unicodeCodePoints",
        "invocations": [{
            "executionSuccessful": true,
            "toolExecutionNotifications": unaudited.collect::<Vec<Value>>(),
        }],
        "results": open.chain(waived).collect::<Vec<Value>>(),
    })
}

/// Names the kind of run, so that the findings of one are not taken for those of another.
fn automation(audited: &Audited<'_>) -> String {
    format!("pyaudit/{}/{}", audited.file, audited.targets.join("; "))
}

fn rule_json(rule: &'static Rule, all: &[&Finding]) -> Value {
    let found = all.iter().filter(|finding| finding.rule == rule.id);
    let worst = found.filter_map(|finding| security_severity(finding));
    let worst = worst.max_by(f64::total_cmp);
    let mut value = json!({
        "id": rule.id,
        "name": rule.name,
        "shortDescription": { "text": rule.summary },
        "fullDescription": { "text": rule.summary },
        "help": { "text": rule.summary, "markdown": rule.page },
        "defaultConfiguration": { "level": level(rule.severity) },
    });
    if let Some(worst) = worst {
        // Viewers take the weight of a flaw from its rule: this is the worst that it found.
        value["properties"] = json!({ "security-severity": shown(worst), "tags": ["security"] });
    }
    value
}

/// How bad a flaw is that databases know: it is what rules of the supply chain alone have.
fn security_severity(finding: &Finding) -> Option<f64> {
    let is_of_supply_chain = finding.rule.starts_with("PYA5");
    finding.score?.value().filter(|_| is_of_supply_chain)
}

fn shown(severity: f64) -> String {
    format!("{severity:.1}")
}

fn properties(finding: &Finding) -> Value {
    let mut properties = json!({ "confidence": finding.confidence.name() });
    if !finding.ids.is_empty() {
        properties["advisories"] = json!(finding.ids);
    }
    if let Some(severity) = security_severity(finding) {
        properties["security-severity"] = json!(shown(severity));
    }
    properties
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn result(file: &str, finding: &Finding, codes: &BTreeSet<&str>) -> Value {
    let physical = match &finding.place {
        Some(origin) => json!({
            "artifactLocation": { "uri": uri(origin.label()) },
            "region": region(origin),
        }),
        None => json!({ "artifactLocation": { "uri": uri(file) } }),
    };
    let mut location = json!({ "physicalLocation": physical });
    let also = finding.also.iter().map(|(origin, what)| {
        json!({
            "physicalLocation": {
                "artifactLocation": { "uri": uri(origin.label()) },
                "region": region(origin),
            },
            "message": { "text": what },
        })
    });
    let fixes = finding.fix.iter().filter(|fix| !fix.edits.is_empty());
    if let Some(package) = &finding.package {
        let version = finding.version.as_ref();
        let version = version
            .map(|version| format!("@{version}"))
            .unwrap_or_default();
        let name = format!("{package}{version}");
        location["logicalLocations"] = json!([{ "kind": "package", "name": name }]);
    }
    json!({
        "ruleId": finding.rule,
        "ruleIndex": codes.iter().position(|code| *code == finding.rule),
        "level": level(finding.severity),
        "message": { "text": message(finding) },
        "locations": [location],
        "relatedLocations": also.collect::<Vec<Value>>(),
        "fixes": fixes.map(fix_json).collect::<Vec<Value>>(),
        "partialFingerprints": { "pyaudit/v1": fingerprint(finding) },
        "properties": properties(finding),
    })
}

fn fix_json(fix: &Fix) -> Value {
    let changes = fix.edits.iter().map(|edit| {
        let replacements = edit.replacements().map(|(span, text)| {
            let origin = Origin::new(&edit.file, span);
            json!({ "deletedRegion": region(&origin), "insertedContent": { "text": text } })
        });
        json!({
            "artifactLocation": { "uri": uri(edit.file.label()) },
            "replacements": replacements.collect::<Vec<Value>>(),
        })
    });
    json!({
        "description": { "text": fix.text },
        "artifactChanges": changes.collect::<Vec<Value>>(),
    })
}

fn message(finding: &Finding) -> String {
    let mut text = IndexUrl::redacted(&finding.message);
    for evidence in &finding.evidence {
        text.push_str(&format!(". {evidence}"));
    }
    text
}

/// A SARIF region ends behind its last character.
fn region(origin: &Origin) -> Value {
    let (line, column) = origin.file.line_column(origin.span.end);
    json!({
        "startLine": origin.line(),
        "startColumn": origin.column(),
        "endLine": line,
        "endColumn": column,
    })
}

/// A relative reference in the signs that a URI may have.
fn uri(path: &str) -> String {
    let path = path.replace('\\', "/");
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte.is_ascii_alphanumeric() || b"-._~/+@,=".contains(&byte) {
            true => uri.push(char::from(byte)),
            false => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

/// The same fault keeps its mark when lines move.
fn fingerprint(finding: &Finding) -> String {
    let package = finding.package.as_ref().map(ToString::to_string);
    let place = finding.place.as_ref().map(Origin::text);
    let parts = [
        finding.rule,
        package.as_deref().unwrap_or_default(),
        place.unwrap_or_default(),
        &finding.message,
    ];
    let digest = Sha256::digest(parts.join("\n").as_bytes());
    digest
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
