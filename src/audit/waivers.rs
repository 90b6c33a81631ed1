//! Findings that a person answers for: `[[tool.pyaudit.waive]]`, with a reason, or a comment beside
//! the requirement. One that meets nothing, or whose day has passed, is told, so that no list of them
//! outlives its causes.

use std::ops::Range;
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;

use super::remarks::{About, Remark};
use super::rules::rule_named;
use super::{Finding, Level, Waived};
use crate::package::{PackageName, Version};
use crate::source::{Mark, Origin, Problem, SourceFile, Span};

/// One finding that is answered for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiver {
    /// The rule's code or name, as it was written.
    pub rule: String,
    /// The package; any, where none is said.
    pub package: Option<PackageName>,
    /// The version; any, where none is said.
    pub version: Option<Version>,
    /// What a database calls the flaw; any, where none is said.
    pub id: Option<String>,
    /// Why it is as it should be.
    pub reason: String,
    /// The last day on which it counts: `2026-12-31`.
    pub expires: Option<String>,
    /// Whether it counts only as long as nothing is known that mends the finding.
    pub until_fixed: bool,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The file and the line that it speaks of, where it is a comment: findings that stand there are
    /// met as well as those on the package.
    pub line: Option<(String, usize)>,
    /// Where it stands.
    pub origin: Origin,
}

/// What a project's file says of audits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditTable {
    /// The levels of rules.
    pub levels: Vec<(String, Level)>,
    /// Where advisories are.
    pub advisories: Vec<String>,
    /// What is answered for.
    pub waivers: Vec<Waiver>,
    /// How young a file must not be, with its place.
    pub cooldown: Option<(String, Origin)>,
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
    advisories: Option<PlacesWire>,
    #[serde(default)]
    waive: Vec<Spanned<WaiverWire>>,
    cooldown: Option<Spanned<String>>,
}

/// One place or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum PlacesWire {
    One(String),
    Several(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WaiverWire {
    rule: Spanned<String>,
    package: Option<Spanned<String>>,
    version: Option<Spanned<String>>,
    id: Option<Spanned<String>>,
    reason: Spanned<String>,
    expires: Option<Spanned<toml::Value>>,
    #[serde(default, rename = "until-fixed")]
    until_fixed: bool,
    owner: Option<String>,
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
    table.advisories = match wire.advisories {
        Some(PlacesWire::One(place)) => vec![place],
        Some(PlacesWire::Several(places)) => places,
        None => Vec::new(),
    };
    table.cooldown = wire
        .cooldown
        .map(|text| (text.get_ref().clone(), at(text.span())));
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
        id: wire.id.map(Spanned::into_inner),
        reason: wire.reason.into_inner(),
        expires: expires.transpose()?,
        until_fixed: wire.until_fixed,
        owner: wire.owner,
        line: None,
        origin,
    })
}

/// Reads a comment: `allow numpy-abi, PYA109 — only its constants are used`; nothing where it asks for
/// something else. `package` is what is declared on its line.
pub(super) fn read_comment(mark: &Mark, package: Option<&PackageName>) -> Vec<Waiver> {
    if mark.word != "allow" {
        return Vec::new();
    }
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == ',' || c.is_whitespace();
    let mut rules = Vec::new();
    let mut rest = mark.rest.as_str();
    loop {
        let end = rest.find(|c: char| !is_name(c) || c == ',' || c.is_whitespace());
        let (rule, behind) = rest.split_at(end.unwrap_or(rest.len()));
        rules.extend((!rule.is_empty()).then(|| rule.to_owned()));
        rest = behind.trim_start();
        match rest.strip_prefix(',') {
            Some(more) if !rule.is_empty() => rest = more.trim_start(),
            _ => break,
        }
    }
    let reason = rest.trim_start_matches(['—', '–', '-', ':', '(']);
    let reason = reason.trim_end_matches(')').trim();
    let waivers = rules.into_iter().map(|rule| Waiver {
        rule,
        package: package.cloned(),
        version: None,
        id: None,
        reason: reason.to_owned(),
        expires: None,
        until_fixed: false,
        owner: None,
        line: Some((mark.origin.label().to_owned(), mark.line)),
        origin: mark.origin.clone(),
    });
    waivers.collect()
}

impl Waiver {
    /// Returns why it does not count for a finding that it meets.
    fn is_over(&self, finding: &Finding, today: &str) -> Option<String> {
        if let Some(last) = self.expires.as_deref().filter(|last| *last < today) {
            return Some(format!("ended on {last}"));
        }
        let fix = finding.fix.as_ref();
        let is_fixed = finding.has_fix || fix.is_some_and(|fix| fix.is_verified);
        (self.until_fixed && is_fixed).then(|| "ended: the finding can be mended".to_owned())
    }

    /// Returns what is wrong with it, whatever it meets.
    fn flaw(&self) -> Option<String> {
        if rule_named(&self.rule).is_none() {
            return Some(format!("there is no rule `{}` to be waived", self.rule));
        }
        let has_reason = !self.reason.is_empty();
        (!has_reason).then(|| format!("the waiver of {} gives no reason", self.rule))
    }

    fn meets(&self, finding: &Finding) -> bool {
        let is_rule = self.rule.eq_ignore_ascii_case(finding.rule) || self.rule == finding.name;
        let version = self.version.as_ref();
        let has_id = |id: &String| finding.ids.iter().any(|it| it.eq_ignore_ascii_case(id));
        is_rule
            && (self.is_about(finding) || self.is_beside(finding))
            && self.id.as_ref().is_none_or(has_id)
            && version.is_none_or(|version| finding.version.as_ref() == Some(version))
    }

    fn is_about(&self, finding: &Finding) -> bool {
        match &self.package {
            Some(package) => finding.package.as_ref() == Some(package),
            None => self.line.is_none(),
        }
    }

    fn is_beside(&self, finding: &Finding) -> bool {
        let mut places = finding.places();
        self.line.as_ref().is_some_and(|(file, line)| {
            places.any(|(place, _)| place.label() == file && place.line() == *line)
        })
    }
}

/// Takes out of the findings what is answered for, and tells of waivers that do nothing: those whose
/// rule was not judged may meet something another time.
pub(super) fn applied(
    findings: Vec<Finding>,
    waivers: &[Waiver],
    today: &str,
    is_judged: &dyn Fn(&Waiver) -> bool,
) -> (Vec<Finding>, Vec<Waived>, Vec<(Remark, Origin)>) {
    let (mut left, mut waived) = (Vec::new(), Vec::new());
    let mut uses: Vec<Option<Result<(), String>>> = vec![None; waivers.len()];
    for finding in findings {
        let counts = |waiver: &Waiver| waiver.flaw().is_none() && waiver.meets(&finding);
        let met = waivers.iter().position(counts);
        let over = met.map(|at| waivers[at].is_over(&finding, today));
        match (met, over) {
            (Some(at), Some(None)) => {
                uses[at] = Some(Ok(()));
                waived.push(Waived {
                    finding,
                    reason: waivers[at].reason.clone(),
                    owner: waivers[at].owner.clone(),
                });
            }
            (Some(at), Some(Some(over))) => {
                uses[at].get_or_insert(Err(over));
                left.push(finding);
            }
            _ => left.push(finding),
        }
    }
    let idle = waivers.iter().zip(uses).filter_map(|(waiver, used)| {
        let of = waiver.package.as_ref().map(|it| format!(" for {it}"));
        let id = waiver.id.as_ref().map(|it| format!(" {it}"));
        let named = [Some(waiver.rule.clone()), id, of];
        let named: String = named.into_iter().flatten().collect();
        let what = format!("the waiver of {named}");
        let (message, help) = match (waiver.flaw(), used) {
            (Some(flaw), _) => (flaw, "Mend it; it counts for nothing as it is."),
            (None, Some(Ok(()))) => return None,
            (None, None) if !is_judged(waiver) => return None,
            (None, None) => (format!("{what} meets nothing"), "Remove it."),
            (None, Some(Err(over))) => (
                format!("{what} {over}"),
                "Remove it, or look at the finding again.",
            ),
        };
        let remark = Remark::new(About::Lock, message).with_fix(help);
        Some((remark, waiver.origin.clone()))
    });
    let idle = idle.collect();
    (left, waived, idle)
}
