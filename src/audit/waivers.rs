//! Findings that a person answers for: `[[tool.pyaudit.waive]]`, with a reason. One that meets
//! nothing, or whose day has passed, is told, so that no list of them outlives its causes.

use std::ops::Range;
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;

use super::remarks::{About, Remark};
use super::rules::rule_named;
use super::{Finding, Level, Waived};
use crate::package::{PackageName, Version};
use crate::source::{Origin, Problem, SourceFile, Span};

/// One finding that is answered for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiver {
    /// The rule's code or name.
    pub rule: String,
    /// The package; any, where none is said.
    pub package: Option<PackageName>,
    /// The version; any, where none is said.
    pub version: Option<Version>,
    /// Why it is as it should be.
    pub reason: String,
    /// The last day on which it counts: `2026-12-31`.
    pub expires: Option<String>,
    /// Where it stands.
    pub origin: Origin,
}

/// What a project's file says of audits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditTable {
    /// The levels of rules.
    pub levels: Vec<(String, Level)>,
    /// What is answered for.
    pub waivers: Vec<Waiver>,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
}

#[derive(Deserialize)]
struct FileWire {
    #[serde(default)]
    tool: ToolWire,
}

#[derive(Default, Deserialize)]
struct ToolWire {
    #[serde(default)]
    pyaudit: TableWire,
}

#[derive(Default, Deserialize)]
struct TableWire {
    #[serde(default)]
    rules: std::collections::BTreeMap<Spanned<String>, Spanned<String>>,
    #[serde(default)]
    waive: Vec<Spanned<WaiverWire>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WaiverWire {
    rule: Spanned<String>,
    package: Option<Spanned<String>>,
    version: Option<Spanned<String>>,
    reason: Spanned<String>,
    expires: Option<Spanned<toml::Value>>,
}

/// Reads `[tool.pyaudit.rules]` and `[[tool.pyaudit.waive]]` of a `pyproject.toml`.
pub fn read_audit_table(file: &Arc<SourceFile>) -> AuditTable {
    let mut table = AuditTable::default();
    let at = |span: Range<usize>| Origin::new(file, Span::new(span.start, span.len()));
    let wire = match toml::from_str::<FileWire>(file.text()) {
        Ok(wire) => wire.tool.pyaudit,
        Err(error) => {
            let place = at(error.span().unwrap_or(0..0));
            let message = error
                .message()
                .lines()
                .next()
                .unwrap_or_default()
                .to_owned();
            table.problems.push(Problem::at(place, message));
            return table;
        }
    };
    for (rule, level) in wire.rules {
        let known = rule_named(rule.get_ref());
        match (known, Level::parse(level.get_ref())) {
            (None, _) => table
                .problems
                .push(unknown_rule(at(rule.span()), rule.get_ref())),
            (_, None) => {
                let message = format!("expected a level, but found `{}`", level.get_ref());
                let problem = Problem::at(at(level.span()), message);
                let help = "The levels are `allow`, `warn` and `deny`.";
                table.problems.push(problem.with_help(help));
            }
            (Some(_), Some(level)) => table.levels.push((rule.into_inner(), level)),
        }
    }
    for waiver in wire.waive {
        match read_waiver(waiver, &at) {
            Ok(waiver) => table.waivers.push(waiver),
            Err(problem) => table.problems.push(*problem),
        }
    }
    table
}

fn unknown_rule(place: Origin, name: &str) -> Problem {
    Problem::at(place, format!("there is no rule `{name}`"))
}

fn read_waiver(
    waiver: Spanned<WaiverWire>,
    at: &dyn Fn(Range<usize>) -> Origin,
) -> Result<Waiver, Box<Problem>> {
    let origin = at(waiver.get_ref().rule.span());
    let wire = waiver.into_inner();
    if rule_named(wire.rule.get_ref()).is_none() {
        return Err(Box::new(unknown_rule(origin, wire.rule.get_ref())));
    }
    if wire.reason.get_ref().trim().is_empty() {
        let problem = Problem::at(at(wire.reason.span()), "expected a reason, but found none");
        return Err(Box::new(problem));
    }
    let read = |text: Spanned<String>, what: &str| {
        let message = format!("expected {what}, but found `{}`", text.get_ref());
        Problem::at(at(text.span()), message)
    };
    let package = wire.package.map(|text| {
        let parsed = text.get_ref().parse();
        parsed.map_err(|_| Box::new(read(text, "a package name")))
    });
    let version = wire.version.map(|text| {
        let parsed = text.get_ref().parse();
        parsed.map_err(|_| Box::new(read(text, "a version")))
    });
    let expires = wire.expires.map(|date| {
        let text = date.get_ref().to_string().trim_matches('"').to_owned();
        let is_date = text.parse::<jiff::civil::Date>().is_ok() && text.len() == 10;
        let message = format!("expected a date such as 2027-01-31, but found `{text}`");
        is_date
            .then_some(text)
            .ok_or_else(|| Box::new(Problem::at(at(date.span()), message)))
    });
    Ok(Waiver {
        rule: wire.rule.into_inner(),
        package: package.transpose()?,
        version: version.transpose()?,
        reason: wire.reason.into_inner(),
        expires: expires.transpose()?,
        origin,
    })
}

impl Waiver {
    fn is_over(&self, today: &str) -> bool {
        self.expires.as_deref().is_some_and(|last| last < today)
    }

    fn meets(&self, finding: &Finding) -> bool {
        let is_rule = self.rule.eq_ignore_ascii_case(finding.rule) || self.rule == finding.name;
        let package = self.package.as_ref();
        let version = self.version.as_ref();
        is_rule
            && package.is_none_or(|package| finding.package.as_ref() == Some(package))
            && version.is_none_or(|version| finding.version.as_ref() == Some(version))
    }
}

/// Takes out of the findings what is answered for, and tells of waivers that do nothing.
pub(super) fn applied(
    findings: Vec<Finding>,
    waivers: &[Waiver],
    today: &str,
) -> (Vec<Finding>, Vec<Waived>, Vec<(Remark, Origin)>) {
    let (mut left, mut waived) = (Vec::new(), Vec::new());
    let mut is_used = vec![false; waivers.len()];
    for finding in findings {
        let met = waivers.iter().position(|waiver| waiver.meets(&finding));
        if let Some(at) = met {
            is_used[at] = true;
        }
        match met.map(|at| &waivers[at]).filter(|it| !it.is_over(today)) {
            Some(waiver) => waived.push(Waived {
                finding,
                reason: waiver.reason.clone(),
            }),
            None => left.push(finding),
        }
    }
    let idle = waivers.iter().zip(is_used).filter_map(|(waiver, is_used)| {
        let of = waiver.package.as_ref().map(|it| format!(" for {it}"));
        let what = format!("{}{}", waiver.rule, of.unwrap_or_default());
        let message = match (is_used, waiver.is_over(today)) {
            (true, false) => return None,
            (false, _) => format!("the waiver of {what} meets nothing"),
            (true, true) => {
                let last = waiver.expires.as_deref().unwrap_or_default();
                format!("the waiver of {what} ended on {last}")
            }
        };
        let remark = Remark::new(About::Lock, message);
        Some((
            remark.with_fix("Remove it, or give it another day."),
            waiver.origin.clone(),
        ))
    });
    let idle = idle.collect();
    (left, waived, idle)
}
