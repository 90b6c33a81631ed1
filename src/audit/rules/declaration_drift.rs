//! PYA206: the files of one project ask for versions of a package that do not go together.

use std::collections::BTreeSet;

use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::texts::{Saying, Source, file_name};
use crate::audit::{Needs, Rule, Severity, Subject};
use crate::explain::list;
use crate::package::PackageName;

pub(super) const RULE: Rule = Rule {
    id: "PYA206",
    name: "declaration-drift",
    severity: Severity::Error,
    summary: "Files of one project ask for versions of a package that do not go together.",
    page: include_str!("../../../docs/rules/declaration-drift.md"),
    needs: Needs::Texts,
    check,
};

/// So many places that ask for one package are compared.
const MOST_PLACES: usize = 500;

/// How two places differ.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Drift {
    /// No version satisfies both.
    Apart,
    /// One names a version, the other a range around it.
    Looser,
}

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    let Some(texts) = subject.evidence.texts else {
        return;
    };
    for why in &texts.unread {
        remarks.cannot_apply(why);
    }
    for ((_, name), sayings) in texts.sayings() {
        if sayings.len() > MOST_PLACES {
            remarks.cannot_judge(
                &name,
                "it is asked for in too many places to compare them all",
            );
            continue;
        }
        let apart = pairs(&sayings, Drift::Apart);
        let (drift, pairs) = match apart.is_empty() {
            true => (Drift::Looser, pairs(&sayings, Drift::Looser)),
            false => (Drift::Apart, apart),
        };
        tell_all(&name, &sayings, (drift, pairs), remarks);
    }
}

/// Returns which places differ so, by their positions.
fn pairs(sayings: &[Saying<'_>], wanted: Drift) -> BTreeSet<(usize, usize)> {
    let all = (0..sayings.len()).flat_map(|one| (one + 1..sayings.len()).map(move |it| (one, it)));
    let found = all.filter(|(one, other)| drift(&sayings[*one], &sayings[*other]) == Some(wanted));
    found.collect()
}

/// Tells of the place that differs from most others, with those, until all are told.
fn tell_all(
    name: &PackageName,
    sayings: &[Saying<'_>],
    (drift, mut pairs): (Drift, BTreeSet<(usize, usize)>),
    remarks: &mut Remarks,
) {
    while !pairs.is_empty() {
        let others = |at: usize| -> Vec<usize> {
            let pairs = pairs
                .iter()
                .filter(|(one, other)| [*one, *other].contains(&at));
            pairs
                .map(|(one, other)| if *one == at { *other } else { *one })
                .collect()
        };
        let places = (0..sayings.len()).rev();
        let Some(at) = places.max_by_key(|at| others(*at).len()) else {
            return;
        };
        let others = others(at);
        tell(
            name,
            &sayings[at],
            others.iter().map(|it| &sayings[*it]),
            drift,
            remarks,
        );
        pairs.retain(|(one, other)| ![*one, *other].contains(&at));
    }
}

fn tell<'t>(
    name: &PackageName,
    one: &Saying<'_>,
    others: impl Iterator<Item = &'t Saying<'t>>,
    drift: Drift,
    remarks: &mut Remarks,
) {
    let others: Vec<_> = others.collect();
    let said = |it: &Saying<'_>| format!("`{}` in {}", it.requirement.specifiers, it.origin);
    let against: Vec<String> = others.iter().map(|it| said(it)).collect();
    let against = list(&against);
    let (message, severity, help) = match drift {
        Drift::Apart => (
            format!(
                "{name} is asked for as {}, which has no version in common with {against}",
                said(one)
            ),
            Severity::Error,
            "Ask for it in the same words everywhere; where both are meant, a comment can allow it.",
        ),
        Drift::Looser => (
            format!(
                "{name} is asked for as {} and as {against}: they need not install the same",
                said(one)
            ),
            Severity::Warning,
            "Name the same version in both, or install the one from the other: `pip install -r`.",
        ),
    };
    let about = About::Declaration(name.clone(), one.origin.clone());
    let mut remark = Remark::new(about, message)
        .weighing(severity)
        .with_fix(help);
    for other in others {
        let about = About::Declaration(name.clone(), other.origin.clone());
        remark = remark.seen_with(
            about,
            format!("asks for `{}`", other.requirement.specifiers),
        );
    }
    remarks.tell(remark);
}

fn drift(one: &Saying<'_>, other: &Saying<'_>) -> Option<Drift> {
    let (a, b) = (&one.requirement, &other.requirement);
    let is_said = |it: &crate::package::Requirement| it.url.is_none() && !it.specifiers.is_any();
    let is_pair = one.origin.label() != other.origin.label() && are_comparable(one, other);
    if !is_pair || !is_said(a) || !is_said(b) || a.marker.tree().is_disjoint(b.marker.tree()) {
        return None;
    }
    if a.specifiers
        .set()
        .intersection(b.specifiers.set())
        .is_empty()
    {
        return Some(Drift::Apart);
    }
    let is_one_pinned = a.specifiers.is_pin() != b.specifiers.is_pin();
    let is_mixed = matches!(
        (one.source, other.source),
        (Source::Declared, Source::Commanded) | (Source::Commanded, Source::Declared)
    );
    (is_one_pinned && is_mixed).then_some(Drift::Looser)
}

/// Images, notebooks and calls are settings of their own, as are `requirements-cpu.txt` and
/// `requirements-gpu.txt`: only what they share with the project is compared.
fn are_comparable(one: &Saying<'_>, other: &Saying<'_>) -> bool {
    let is_variant = |it: &Saying<'_>| {
        let name = file_name(it.origin.label());
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        name != "pyproject.toml" && !matches!(stem, "requirements" | "constraints")
    };
    match (one.source, other.source) {
        (Source::Commanded, Source::Commanded) => false,
        (Source::Declared, Source::Declared) => !is_variant(one) || !is_variant(other),
        _ => true,
    }
}
