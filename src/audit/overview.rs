//! A project at a glance: what it weighs, what it is made of, what its torch is built for, and how it
//! stands with each family of rules.

use std::collections::BTreeSet;

use super::rules::built_for;
use super::{Audit, Severity, Subject};
use crate::graph::Graph;

/// So many of the heaviest packages are told.
const MOST_HEAVY: usize = 10;

/// A project at a glance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overview {
    /// How it stands with each family of rules.
    pub topics: Vec<Topic>,
    /// The packages with the largest files, the heaviest first.
    pub heaviest: Vec<Weight>,
    /// The bytes of all files.
    pub bytes: u64,
    /// How many packages do not tell the size of their file.
    pub unweighed: usize,
    /// What is locked and nothing else in the lock needs: with these alone the same could be declared.
    pub roots: Vec<String>,
    /// What torch and its family are built for.
    pub built_for: Vec<String>,
}

/// A family of rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// What it is about.
    pub name: &'static str,
    /// The codes of its rules that were applied.
    pub rules: Vec<&'static str>,
    /// The heaviest finding.
    pub worst: Option<Severity>,
    /// How many findings there are.
    pub findings: usize,
    /// How many of the applied rules could not judge something.
    pub unaudited: usize,
}

/// What a package weighs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weight {
    /// The package with its version.
    pub package: String,
    /// The bytes of its file.
    pub bytes: u64,
    /// The bytes of its file and of the files of all that it needs.
    pub with_needs: u64,
}

/// The families, each with the beginnings of its codes.
const TOPICS: &[(&str, &[&str])] = &[
    ("requirements", &["PYA101", "PYA102", "PYA110"]),
    (
        "declarations",
        &["PYA103", "PYA104", "PYA106", "PYA107", "PYA2"],
    ),
    (
        "builds that belong together",
        &["PYA108", "PYA109", "PYA301", "PYA302", "PYA304", "PYA305"],
    ),
    ("GPU and CUDA", &["PYA4"]),
    ("files", &["PYA105", "PYA505", "PYA51"]),
    (
        "security",
        &[
            "PYA501", "PYA502", "PYA503", "PYA504", "PYA506", "PYA507", "PYA508", "PYA509",
        ],
    ),
    ("environment", &["PYA303", "PYA306", "PYA307", "PYA6"]),
];

/// Looks at an audited subject from afar.
pub fn overview(subject: &Subject<'_>, audit: &Audit) -> Overview {
    let on = subject.on().first();
    let target = on.and_then(|on| on.target);
    let graph = Graph::new(subject.lock, target);
    let sizes: Vec<Option<u64>> = graph
        .packages()
        .iter()
        .map(|package| package.installed_file(target)?.size)
        .collect();
    let own = |at: usize| sizes[at].unwrap_or_default();
    let mut heaviest: Vec<(usize, u64)> = (0..sizes.len())
        .filter_map(|at| Some((at, sizes[at]?)))
        .collect();
    heaviest.sort_by_key(|(at, size)| (std::cmp::Reverse(*size), *at));
    heaviest.truncate(MOST_HEAVY);
    let heaviest = heaviest.into_iter().map(|(at, bytes)| Weight {
        package: graph.packages()[at].label(),
        bytes,
        with_needs: reached(&graph, at).into_iter().map(own).sum(),
    });
    let roots = (0..graph.packages().len()).filter(|at| graph.needed_by(*at).is_empty());
    Overview {
        topics: topics(audit),
        heaviest: heaviest.collect(),
        bytes: sizes.iter().flatten().sum(),
        unweighed: sizes.iter().filter(|size| size.is_none()).count(),
        roots: roots.map(|at| graph.packages()[at].label()).collect(),
        built_for: built_for(subject),
    }
}

/// Returns a package and all that it needs.
fn reached(graph: &Graph<'_>, from: usize) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    let mut waiting = vec![from];
    while let Some(at) = waiting.pop() {
        if reached.insert(at) {
            waiting.extend(graph.needs(at).iter().map(|link| link.to));
        }
    }
    reached
}

fn topics(audit: &Audit) -> Vec<Topic> {
    let coverage = &audit.coverage;
    let topics = TOPICS.iter().filter_map(|(name, codes)| {
        let is_in = |id: &str| codes.iter().any(|code| id.starts_with(code));
        let rules = coverage.rules.iter().copied().filter(|id| is_in(id));
        let rules: Vec<&'static str> = rules.collect();
        let findings = audit.findings.iter().filter(|finding| is_in(finding.rule));
        let unaudited = coverage.unaudited.iter().filter(|it| is_in(it.rule));
        (!rules.is_empty()).then(|| Topic {
            name,
            worst: findings.clone().map(|finding| finding.severity).max(),
            findings: findings.count(),
            unaudited: unaudited.count(),
            rules,
        })
    });
    topics.collect()
}
