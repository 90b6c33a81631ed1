//! Runs the rules over a lock, and makes of what they tell findings in a stable order.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};

use super::remarks::{About, Remark, Remarks};
use super::rule::Lacking;
use super::rules::{UNAUDITED, WAIVER_HYGIENE, rule_named};
use super::waivers::{self, Waiver};
use super::{Finding, Kind, Levels, RULES, Rule, Severity, Subject, Unaudited, Waived};
use crate::explain::list;
use crate::graph::Graph;
use crate::package::{DeclarationKind, PackageName};
use crate::source::{Origin, marks};

/// So many paths to a package are told.
const MOST_PATHS: usize = 3;

/// The outcome of an audit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// What is wrong, sorted by rule, package and version.
    pub findings: Vec<Finding>,
    /// What is wrong and answered for.
    pub waived: Vec<Waived>,
    /// What was looked at.
    pub coverage: Coverage,
}

/// What was looked at, and what could not be judged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// How many packages every rule could judge.
    pub checked: usize,
    /// How many there are.
    pub total: usize,
    /// The codes of the rules that were applied.
    pub rules: Vec<&'static str>,
    /// What could not be judged, and why.
    pub unaudited: Vec<Unaudited>,
    /// The rules that were not applied, as nobody asked for what they need.
    pub left_out: Vec<LeftOut>,
    /// What was consulted beside the lock, in words.
    pub consulted: Vec<String>,
}

/// Rules that were not applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Why, in words that may follow "left out".
    pub why: &'static str,
    /// The rules' names.
    pub rules: Vec<&'static str>,
}

/// Audits a lock; `today` is a date as waivers write it.
pub fn audit(subject: &Subject<'_>, levels: &Levels, waivers: &[Waiver], today: &str) -> Audit {
    let mut found: Vec<(&Rule, Remark)> = Vec::new();
    let mut unaudited: BTreeMap<(&str, &str, String), BTreeSet<Option<PackageName>>> =
        BTreeMap::new();
    let mut rules = Vec::new();
    let mut left_out: BTreeMap<&'static str, Vec<&'static str>> = BTreeMap::new();
    let is_wanted = |rule: &&Rule| !levels.allows(rule) && rule.needs.concerns(subject);
    for rule in RULES.iter().filter(is_wanted) {
        let mut remarks = Remarks::default();
        match rule.needs.missing(subject) {
            Some(Lacking::NotAsked(why)) => {
                left_out.entry(why).or_default().push(rule.name);
                continue;
            }
            Some(Lacking::Unknown(why)) => remarks.cannot_apply(why),
            None => (rule.check)(subject, &mut remarks),
        }
        rules.push(rule.id);
        found.extend(remarks.found.into_iter().map(|remark| (rule, remark)));
        for (package, why) in remarks.unaudited {
            let key = (rule.id, rule.name, why);
            unaudited.entry(key).or_default().insert(package);
        }
    }
    let unaudited: Vec<Unaudited> = unaudited.into_iter().map(grouped).collect();
    if !levels.allows(&UNAUDITED) {
        let remarks = gaps(&unaudited).into_iter();
        let remarks = remarks.map(|it| (&UNAUDITED, told(&it, levels)));
        found.extend(remarks);
    }
    // A lock without a fault costs no graph.
    let graph = LazyCell::new(|| Graph::new(subject.lock, None));
    let findings = found.into_iter();
    let findings = findings.map(|(rule, remark)| finding(subject, &graph, levels, rule, remark));
    let waivers: Vec<Waiver> = waivers.iter().cloned().chain(commented(subject)).collect();
    let is_judged = |waiver: &Waiver| is_judged(waiver, &rules, &unaudited);
    let (mut findings, waived, unused) =
        waivers::applied(findings.collect(), &waivers, today, &is_judged);
    if !levels.allows(&WAIVER_HYGIENE) {
        let unused = unused.into_iter().map(|(remark, origin)| Finding {
            place: Some(origin),
            ..finding(subject, &graph, levels, &WAIVER_HYGIENE, remark)
        });
        findings.extend(unused);
        let advisories = subject.evidence.advisories;
        let stale = advisories.map_or_else(Vec::new, |it| it.stale(today));
        let stale = stale.into_iter();
        findings.extend(stale.map(|it| finding(subject, &graph, levels, &WAIVER_HYGIENE, it)));
    }
    findings.sort_by(|a, b| {
        let key = |it: &Finding| (it.rule, it.package.clone(), it.version.clone());
        key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message))
    });
    Audit {
        findings,
        waived,
        coverage: coverage(subject, (rules, left_out), unaudited),
    }
}

/// Whether the rule of a waiver was applied to all that the waiver speaks of.
fn is_judged(waiver: &Waiver, rules: &[&str], unaudited: &[Unaudited]) -> bool {
    let Some(rule) = rule_named(&waiver.rule) else {
        return true;
    };
    let is_gap = |it: &Unaudited| {
        let is_it = |package| it.packages.contains(package);
        it.rule == rule.id && (it.packages.is_empty() || waiver.package.as_ref().is_none_or(is_it))
    };
    let is_of_engine = [UNAUDITED.id, WAIVER_HYGIENE.id].contains(&rule.id);
    (is_of_engine || rules.contains(&rule.id)) && !unaudited.iter().any(is_gap)
}

fn grouped(
    ((rule, name, why), packages): (
        (&'static str, &'static str, String),
        BTreeSet<Option<PackageName>>,
    ),
) -> Unaudited {
    let is_all = packages.contains(&None);
    let packages = packages.into_iter().flatten();
    Unaudited {
        rule,
        name,
        why,
        packages: match is_all {
            true => Vec::new(),
            false => packages.collect(),
        },
    }
}

/// The rules that could not judge the same packages for the same reason.
struct Gap<'u> {
    rules: Vec<&'u str>,
    packages: &'u [PackageName],
    why: &'u str,
}

fn gaps(unaudited: &[Unaudited]) -> Vec<Gap<'_>> {
    let mut gaps: Vec<Gap<'_>> = Vec::new();
    for it in unaudited {
        let is_same = |gap: &&mut Gap<'_>| gap.packages == it.packages && gap.why == it.why;
        match gaps.iter_mut().find(is_same) {
            Some(gap) => gap.rules.push(it.name),
            None => gaps.push(Gap {
                rules: vec![it.name],
                packages: &it.packages,
                why: &it.why,
            }),
        }
    }
    gaps
}

/// Makes a remark of what could not be judged.
fn told(gap: &Gap<'_>, levels: &Levels) -> Remark {
    let of = match gap.packages {
        [] => String::new(),
        [only] => format!(" for {only}"),
        [first, second] => format!(" for {first} and {second}"),
        [first, second, rest @ ..] => format!(" for {first}, {second} and {} more", rest.len()),
    };
    let was = if gap.rules.len() == 1 { "was" } else { "were" };
    let rules = list(&gap.rules);
    let message = format!("{rules} {was} not checked{of}: {}", gap.why);
    let severity = match levels.is_strict {
        true => Severity::Error,
        false => Severity::Warning,
    };
    Remark::new(About::Lock, message).weighing(severity)
}

fn finding(
    subject: &Subject<'_>,
    graph: &Graph<'_>,
    levels: &Levels,
    rule: &Rule,
    remark: Remark,
) -> Finding {
    let severity = levels.weigh(rule, remark.severity.unwrap_or(rule.severity));
    let mut finding = Finding {
        rule: rule.id,
        name: rule.name,
        severity,
        confidence: remark.confidence,
        package: None,
        version: None,
        message: remark.message,
        evidence: remark.evidence,
        place: None,
        also: also(subject, remark.also),
        paths: Vec::new(),
        fix: remark.fix,
        ids: remark.ids,
        score: remark.score,
        has_fix: remark.has_fix,
    };
    let targets = subject.on().len();
    if (1..targets).contains(&remark.on.len()) {
        let held = format!("This holds for {}.", some_of(&remark.on));
        finding.evidence.push(held);
    }
    match remark.about {
        About::Lock => finding.place = remark.place,
        About::Place(origin) => finding.place = Some(origin),
        About::Declaration(name, origin) => {
            finding.version = subject
                .lock
                .named(&name)
                .first()
                .and_then(|it| it.version.clone());
            finding.package = Some(name);
            finding.place = Some(origin);
        }
        About::Package(at, artifact) => {
            let package = &subject.lock.packages[at];
            finding.package = Some(package.name.clone());
            finding.version = package.version.clone();
            finding.paths = paths(graph, at);
            let place = || match subject.kind {
                Kind::Lock | Kind::Environment => subject.place_of(package, artifact.as_deref()),
                Kind::Declarations => declaring(subject, graph, at),
            };
            finding.place = remark.place.or_else(place);
        }
    }
    finding
}

/// Returns the waivers in the comments of the files that declare, and of the lock.
fn commented(subject: &Subject<'_>) -> Vec<Waiver> {
    let wanted = subject.declared.into_iter().flat_map(|it| &it.wanted);
    let wanted: Vec<_> = wanted.filter(|it| it.is_in_file).collect();
    let mut files = vec![subject.file];
    for file in wanted.iter().map(|it| &it.declaration.origin.file) {
        if !files.iter().any(|known| known.label() == file.label()) {
            files.push(file);
        }
    }
    let marks = files.into_iter().flat_map(marks);
    let waivers = marks.flat_map(|mark| {
        let declared = wanted
            .iter()
            .map(|it| &it.declaration)
            .find(|it| it.origin.label() == mark.origin.label() && it.origin.line() == mark.line);
        waivers::read_comment(&mark, declared.map(|it| &it.requirement.name))
    });
    waivers.collect()
}

/// Returns the declaration that leads to a package on the shortest path.
fn declaring(subject: &Subject<'_>, graph: &Graph<'_>, package: usize) -> Option<Origin> {
    let path = graph.shortest_path(package)?;
    let name = &graph.packages().get(*path.packages.first()?)?.name;
    let mut wanted = subject.declared?.wanted.iter().map(|it| &it.declaration);
    let found =
        wanted.find(|it| it.kind == DeclarationKind::Requirement && it.requirement.name == *name);
    found.map(|it| it.origin.clone())
}

/// Tells the first few, and how many more there are.
fn some_of(names: &[String]) -> String {
    const MOST: usize = 4;
    match names.len().checked_sub(MOST) {
        None | Some(0) => list(names),
        Some(more) => format!("{} and {more} more", names[..MOST].join(", ")),
    }
}

/// Returns the further places that are known.
fn also(subject: &Subject<'_>, seen: Vec<(About, String)>) -> Vec<(Origin, String)> {
    let seen = seen.into_iter().filter_map(|(about, what)| {
        let place = match about {
            About::Lock => None,
            About::Declaration(_, origin) | About::Place(origin) => Some(origin),
            About::Package(at, artifact) => {
                let package = &subject.lock.packages[at];
                subject.place_of(package, artifact.as_deref())
            }
        };
        Some((place?, what))
    });
    seen.collect()
}

/// Returns the shortest paths to a package, each step as it is told.
fn paths(graph: &Graph<'_>, package: usize) -> Vec<Vec<String>> {
    let found = graph.shortest_paths(package, MOST_PATHS).into_iter();
    let told = found.map(|path| {
        let root = &graph.roots()[path.root];
        let declared = root.declaration.map(|it| {
            let text = crate::package::IndexUrl::redacted(&it.text);
            format!("{} {text}", it.place())
        });
        let steps = path.packages.iter().map(|at| graph.packages()[*at].label());
        declared.into_iter().chain(steps).collect()
    });
    told.collect()
}

fn coverage(
    subject: &Subject<'_>,
    (rules, left_out): (Vec<&'static str>, BTreeMap<&'static str, Vec<&'static str>>),
    unaudited: Vec<Unaudited>,
) -> Coverage {
    let left_out = left_out.into_iter();
    let total = subject.lock.packages.len();
    let is_whole = unaudited.iter().all(|it| !it.packages.is_empty());
    let names: BTreeSet<&PackageName> = unaudited.iter().flat_map(|it| &it.packages).collect();
    let packages = subject.lock.packages.iter();
    let judged = packages.filter(|it| is_whole && !names.contains(&it.name));
    Coverage {
        checked: judged.count(),
        total,
        rules,
        unaudited,
        consulted: consulted(subject),
        left_out: left_out
            .map(|(why, rules)| LeftOut { why, rules })
            .collect(),
    }
}

/// Says what was consulted beside the lock.
fn consulted(subject: &Subject<'_>) -> Vec<String> {
    let evidence = &subject.evidence;
    let advisories = evidence.advisories.into_iter().flat_map(|it| it.told());
    let contents = evidence.contents.and_then(|it| it.told.clone());
    advisories.chain(contents).collect()
}
