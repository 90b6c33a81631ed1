//! What `pyaudit check` found, for machines: `pyaudit.report`, version 1. Within a version keys are
//! only added. The schema stands in `fixtures/schemas/pyaudit.report.v1.json`.

use serde_json::{Value, json};

use super::Audited;
use super::json::to_text;
use super::overview::overview_json;
use crate::audit::{Finding, Severity};
use crate::package::IndexUrl;
use crate::source::Origin;

/// Tells it to machines.
pub fn audit_json(audited: &[Audited<'_>]) -> String {
    let inputs = audited.iter().map(|it| {
        json!({
            "file": it.file,
            "sha256": it.sha256,
            "targets": it.targets,
            "overview": it.overview.map(overview_json),
        })
    });
    let findings = audited.iter().flat_map(|it| {
        let findings = it.audit.findings.iter();
        findings.map(|finding| finding_json(it.file, finding))
    });
    let waived = audited.iter().flat_map(|it| {
        it.audit.waived.iter().map(|waived| {
            let mut value = finding_json(it.file, &waived.finding);
            value["reason"] = json!(waived.reason);
            value["owner"] = json!(waived.owner);
            value
        })
    });
    let number = |severity| {
        let findings = audited.iter().flat_map(|it| &it.audit.findings);
        findings.filter(|it| it.severity == severity).count()
    };
    to_text(&json!({
        "schema": { "name": "pyaudit.report", "version": "1" },
        "inputs": inputs.collect::<Vec<Value>>(),
        "summary": {
            "errors": number(Severity::Error),
            "warnings": number(Severity::Warning),
            "infos": number(Severity::Info),
        },
        "coverage": coverage(audited),
        "findings": findings.collect::<Vec<Value>>(),
        "waived": waived.collect::<Vec<Value>>(),
    }))
}

fn coverage(audited: &[Audited<'_>]) -> Value {
    let all = || audited.iter().map(|it| &it.audit.coverage);
    let unaudited = audited.iter().flat_map(|it| {
        it.audit.coverage.unaudited.iter().map(|unaudited| {
            let packages: Vec<&str> = unaudited.packages.iter().map(AsRef::as_ref).collect();
            json!({
                "file": it.file,
                "rule": unaudited.rule,
                "name": unaudited.name,
                "packages": packages,
                "why": unaudited.why,
            })
        })
    });
    let left_out = audited.iter().flat_map(|it| {
        let left_out = it.audit.coverage.left_out.iter();
        left_out.map(|left| json!({ "file": it.file, "why": left.why, "rules": left.rules }))
    });
    let consulted: Vec<&str> = all()
        .flat_map(|it| &it.consulted)
        .map(String::as_str)
        .collect();
    json!({
        "consulted": consulted,
        "checked": all().map(|it| it.checked).sum::<usize>(),
        "total": all().map(|it| it.total).sum::<usize>(),
        "rules": all().map(|it| it.rules.len()).max().unwrap_or_default(),
        "unaudited": unaudited.collect::<Vec<Value>>(),
        "left_out": left_out.collect::<Vec<Value>>(),
    })
}

fn finding_json(file: &str, finding: &Finding) -> Value {
    let places = finding.places().map(|(origin, _)| origin);
    let locations: Vec<Value> = places.map(location).collect();
    let fixes = finding
        .fix
        .iter()
        .map(|fix| json!({ "text": fix.text, "verified": fix.is_verified, "safe": fix.is_safe }));
    json!({
        "id": finding.rule,
        "rule": finding.name,
        "severity": finding.severity.name(),
        "confidence": finding.confidence.name(),
        "file": file,
        "package": finding.package.as_ref().map(ToString::to_string),
        "version": finding.version.as_ref().map(ToString::to_string),
        "message": IndexUrl::redacted(&finding.message),
        "paths": finding.paths,
        "locations": locations,
        "evidence": finding.evidence,
        "fixes": fixes.collect::<Vec<Value>>(),
        "advisories": finding.ids,
        "score": finding.score.and_then(|score| score.value()),
    })
}

fn location(origin: &Origin) -> Value {
    json!({ "file": origin.label(), "line": origin.line(), "column": origin.column() })
}
