//! PYA206: the files of one project ask for versions of a package that do not go together.

use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::texts::{Saying, Source, file_name};
use crate::audit::{Needs, Rule, Severity, Subject};
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
        for drift in [Drift::Apart, Drift::Looser] {
            if tell_first(&name, &sayings, drift, remarks) {
                break;
            }
        }
    }
}

/// Tells of the first place with which others do not agree, and of those.
fn tell_first(
    name: &PackageName,
    sayings: &[Saying<'_>],
    wanted: Drift,
    remarks: &mut Remarks,
) -> bool {
    let others = |one: &Saying<'_>| -> Vec<usize> {
        let others = sayings.iter().enumerate();
        let others = others.filter(|(_, other)| drift(one, other) == Some(wanted));
        others.map(|(at, _)| at).collect()
    };
    let found = sayings.iter().find_map(|one| {
        let others = others(one);
        (!others.is_empty()).then_some((one, others))
    });
    let Some((one, others)) = found else {
        return false;
    };
    let first = &sayings[others[0]];
    let said = |it: &Saying<'_>| format!("`{}` in {}", it.requirement.specifiers, it.origin);
    let (message, severity, help) = match wanted {
        Drift::Apart => (
            format!(
                "{name} is asked for as {} and as {}: no version is both",
                said(one),
                said(first)
            ),
            Severity::Error,
            "Say it once, or in the same words; where both are meant, a comment can allow it.",
        ),
        Drift::Looser => (
            format!(
                "{name} is asked for as {} and as {}: they do not install the same",
                said(one),
                said(first)
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
        let other = &sayings[other];
        let about = About::Declaration(name.clone(), other.origin.clone());
        remark = remark.seen_with(
            about,
            format!("asks for `{}`", other.requirement.specifiers),
        );
    }
    remarks.tell(remark);
    true
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
