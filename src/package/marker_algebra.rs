//! Sums with environment markers: their values under extras, their shortest form within what is
//! known, and the text of it. PEP 751's choices (`'a' in extras`) are variables among the others.

use foldhash::HashSet;
use pep508_rs::{
    ExtraName, ExtraOperator, MarkerExpression, MarkerOperator, MarkerTree, MarkerTreeKind,
    MarkerValueExtra, MarkerValueString, MarkerValueVersion,
};

use pep440_rs::{Operator, VersionSpecifier};

use super::Version;
use super::choice::Choice;

/// A marker as alternatives, each of comparisons that hold together.
type Terms = Vec<Vec<MarkerExpression>>;

/// Alternatives beyond this number are not shortened: nobody reads them.
const MOST_TERMS: usize = 200;

/// Returns where both hold.
pub fn both(one: &MarkerTree, other: &MarkerTree) -> MarkerTree {
    let mut both = one.clone();
    both.and(other.clone());
    both
}

/// Returns where one of them holds.
pub fn either(one: &MarkerTree, other: &MarkerTree) -> MarkerTree {
    let mut either = one.clone();
    either.or(other.clone());
    either
}

/// Whether the first holds wherever the second does.
pub fn covers(wide: &MarkerTree, narrow: &MarkerTree) -> bool {
    wide.is_true() || wide.negate().is_disjoint(narrow)
}

/// Returns a marker of a package's metadata with the comparisons of `extra` replaced by what they
/// are where these extras, and no others, are asked for. What an installer chooses stays.
pub fn under_extras(tree: &MarkerTree, active: &[ExtraName]) -> MarkerTree {
    let terms = tree.to_dnf();
    let names_extra = |expression: &MarkerExpression| match expression {
        MarkerExpression::Extra { name, .. } => Choice::of(name).is_none(),
        _ => false,
    };
    if !terms.iter().flatten().any(names_extra) {
        return tree.clone();
    }
    let is_met = |expression: &MarkerExpression| match expression {
        MarkerExpression::Extra { operator, name } if Choice::of(name).is_none() => {
            let is_active = matches!(name, MarkerValueExtra::Extra(name) if active.contains(name));
            is_active == (*operator == ExtraOperator::Equal)
        }
        _ => true,
    };
    let possible = terms.into_iter().filter(|term| term.iter().all(is_met));
    let mut left = MarkerTree::FALSE;
    for mut term in possible {
        term.retain(|expression| !names_extra(expression));
        left.or(tree_of(&term));
    }
    left
}

/// Returns the extras of which one has to be asked for where a marker of a package's metadata is to
/// hold; `None` where it may hold with no extra asked for. What an installer chooses may be either.
pub(super) fn extras_needed(tree: &MarkerTree) -> Option<Vec<ExtraName>> {
    let mut needed = Vec::new();
    let mut seen = HashSet::default();
    // With whether an extra was asked for on the way.
    let mut waiting = vec![(tree.clone(), false)];
    while let Some((tree, is_asked)) = waiting.pop() {
        if tree.is_true() && !is_asked {
            return None;
        }
        if !seen.insert((tree.clone(), is_asked)) {
            continue;
        }
        match tree.kind() {
            MarkerTreeKind::Extra(node) => {
                let own = match node.name() {
                    MarkerValueExtra::Extra(own) if Choice::of(node.name()).is_none() => Some(own),
                    _ => None,
                };
                waiting.push((node.edge(false), is_asked));
                waiting.push((node.edge(true), is_asked || own.is_some()));
                needed.extend(own.cloned());
            }
            _ => each_child(&tree, |child| waiting.push((child, is_asked))),
        }
    }
    needed.sort();
    needed.dedup();
    Some(needed)
}

/// Hands out what is left to decide after a marker's first decision.
pub(super) fn each_child(tree: &MarkerTree, then: impl FnMut(MarkerTree)) {
    match tree.kind() {
        MarkerTreeKind::True | MarkerTreeKind::False => {}
        MarkerTreeKind::Version(node) => node.edges().map(|edge| edge.1).for_each(then),
        MarkerTreeKind::String(node) => node.children().map(|edge| edge.1).for_each(then),
        MarkerTreeKind::In(node) => node.children().map(|edge| edge.1).for_each(then),
        MarkerTreeKind::Contains(node) => node.children().map(|edge| edge.1).for_each(then),
        MarkerTreeKind::Extra(node) => node.children().map(|edge| edge.1).for_each(then),
    }
}

/// Returns the marker's shortest text within what is known to hold anyway; none where it always
/// holds there.
pub fn shortest_text(tree: &MarkerTree, within: &MarkerTree) -> Option<String> {
    let terms = shortest(tree, within);
    let is_always = terms.iter().any(Vec::is_empty);
    (!is_always).then(|| text_of(&terms))
}

/// Returns the marker's shortest form within what is known to hold anyway.
pub fn shortest_tree(tree: &MarkerTree, within: &MarkerTree) -> MarkerTree {
    let mut all = MarkerTree::FALSE;
    for term in shortest(tree, within) {
        all.or(tree_of(&term));
    }
    all
}

/// Returns the comparisons of each alternative of a marker's shortest form.
pub fn shortest(tree: &MarkerTree, within: &MarkerTree) -> Terms {
    if covers(tree, within) {
        return vec![Vec::new()];
    }
    let mut terms = tree.to_dnf();
    terms.retain(|term| !tree_of(term).is_disjoint(within));
    if terms.len() > MOST_TERMS {
        return terms;
    }
    let outside = both(&tree.negate(), within);
    for term in &mut terms {
        unfold_minors(term);
        shorten(term, &outside);
        fold_minors(term);
    }
    drop_idle(&mut terms, within);
    terms
}

/// Drops the comparisons without which an alternative holds nowhere else; those that readers know
/// best are the last to go.
fn shorten(term: &mut Vec<MarkerExpression>, outside: &MarkerTree) {
    let is_python =
        |expression: &MarkerExpression| matches!(expression, MarkerExpression::Version { .. });
    let mut order: Vec<MarkerExpression> = term.clone();
    order.sort_by_key(|expression| (is_python(expression), rank(expression)));
    for expression in order.iter().rev() {
        let without: Vec<MarkerExpression> = term
            .iter()
            .filter(|other| *other != expression)
            .cloned()
            .collect();
        if tree_of(&without).is_disjoint(outside) {
            *term = without;
        }
    }
}

/// Says `== '3.11.*'` as its two bounds, of which one may do.
fn unfold_minors(term: &mut Vec<MarkerExpression>) {
    let unfolded = term
        .drain(..)
        .flat_map(|expression| match minor_of(&expression) {
            Some((key, major, minor)) => {
                let from = bound(&key, Operator::GreaterThanEqual, major, minor);
                let to = bound(&key, Operator::LessThan, major, minor + 1);
                vec![from, to]
            }
            None => vec![expression],
        });
    *term = unfolded.collect();
}

/// Says both bounds of a minor version as `== '3.11.*'`.
fn fold_minors(term: &mut Vec<MarkerExpression>) {
    for at in 0..term.len() {
        let MarkerExpression::Version { key, specifier } = &term[at] else {
            continue;
        };
        let (Operator::GreaterThanEqual, &[major, minor]) =
            (specifier.operator(), specifier.version().release())
        else {
            continue;
        };
        let to = bound(key, Operator::LessThan, major, minor + 1);
        if let Some(other) = term.iter().position(|expression| *expression == to) {
            let whole = Version::new([major, minor]);
            if let Ok(specifier) = VersionSpecifier::from_version(Operator::EqualStar, whole) {
                let key = key.clone();
                term[at] = MarkerExpression::Version { key, specifier };
                term.remove(other);
                return;
            }
        }
    }
}

fn minor_of(expression: &MarkerExpression) -> Option<(MarkerValueVersion, u64, u64)> {
    let MarkerExpression::Version { key, specifier } = expression else {
        return None;
    };
    match (specifier.operator(), specifier.version().release()) {
        (Operator::EqualStar, &[major, minor]) => Some((key.clone(), major, minor)),
        _ => None,
    }
}

fn bound(key: &MarkerValueVersion, operator: Operator, major: u64, minor: u64) -> MarkerExpression {
    let version = Version::new([major, minor]);
    let specifier = VersionSpecifier::from_version(operator, version);
    MarkerExpression::Version {
        key: key.clone(),
        specifier: specifier.expect("a release has no local part"),
    }
}

/// Drops the alternatives that the others cover.
fn drop_idle(terms: &mut Terms, within: &MarkerTree) {
    let mut at = terms.len();
    while at > 0 {
        at -= 1;
        let mut others = MarkerTree::FALSE;
        for (_, term) in terms.iter().enumerate().filter(|(other, _)| *other != at) {
            others.or(tree_of(term));
        }
        let own = both(&tree_of(&terms[at]), within);
        if covers(&others, &own) {
            terms.remove(at);
        }
    }
}

/// Of comparisons that say the same on the platforms there are, the usual one stays.
fn rank(expression: &MarkerExpression) -> u8 {
    match expression {
        MarkerExpression::String { key, operator, .. } => match (key, operator) {
            (MarkerValueString::SysPlatform, MarkerOperator::Equal) => 0,
            (MarkerValueString::SysPlatform, _) => 1,
            (MarkerValueString::PlatformMachine, _) => 2,
            (MarkerValueString::ImplementationName, _) => 3,
            (MarkerValueString::PlatformSystem, _) => 4,
            _ => 5,
        },
        _ => 6,
    }
}

fn tree_of(term: &[MarkerExpression]) -> MarkerTree {
    let mut tree = MarkerTree::TRUE;
    for expression in term {
        tree.and(MarkerTree::expression(expression.clone()));
    }
    tree
}

fn text_of(terms: &Terms) -> String {
    let is_alone = terms.len() == 1;
    let texts = terms.iter().map(|term| {
        let text = term.iter().map(expression_text).collect::<Vec<_>>();
        match term.len() > 1 && !is_alone {
            true => format!("({})", text.join(" and ")),
            false => text.join(" and "),
        }
    });
    match terms.is_empty() {
        // No environment at all, as pep508_rs says it.
        true => "python_version < '0'".into(),
        false => texts.collect::<Vec<_>>().join(" or "),
    }
}

fn expression_text(expression: &MarkerExpression) -> String {
    let MarkerExpression::Extra { operator, name } = expression else {
        return expression.to_string();
    };
    let Some(choice) = Choice::of(name) else {
        return expression.to_string();
    };
    let (variable, name) = choice.parts();
    let operator = match operator {
        ExtraOperator::Equal => "in",
        ExtraOperator::NotEqual => "not in",
    };
    format!("'{name}' {operator} {variable}")
}

/// Returns the versions of Python that a marker compares with.
pub fn pythons_named(tree: &MarkerTree) -> Vec<Version> {
    let mut named = Vec::new();
    for expression in tree.to_dnf().into_iter().flatten() {
        match expression {
            MarkerExpression::Version {
                key: MarkerValueVersion::PythonFullVersion | MarkerValueVersion::PythonVersion,
                specifier,
            } => named.push(specifier.version().clone()),
            MarkerExpression::VersionIn {
                key: MarkerValueVersion::PythonFullVersion | MarkerValueVersion::PythonVersion,
                versions,
                ..
            } => named.extend(versions),
            _ => {}
        }
    }
    named.sort();
    named.dedup();
    named
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::{Marker, choices_of, read_entry_marker};

    fn tree(text: &str) -> MarkerTree {
        Marker::parse(text).unwrap().tree().clone()
    }

    #[track_caller]
    fn check(marker: &str, within: &str, expected: Option<&str>) {
        let text = shortest_text(&tree(marker), &tree(within));

        assert_eq!(text.as_deref(), expected, "{marker} within {within}");
    }

    #[test]
    fn what_holds_anyway_is_not_said() {
        let new = "python_version >= '3.10'";
        check("python_version >= '3.8'", new, None);
        check(
            "python_version >= '3.8' and sys_platform == 'win32'",
            new,
            Some("sys_platform == 'win32'"),
        );
        check(
            "python_version < '3.9' or python_version >= '3.12'",
            new,
            Some("python_full_version >= '3.12'"),
        );
        let known = "(sys_platform == 'win32' and os_name == 'nt') or \
                     (sys_platform != 'win32' and os_name != 'nt')";
        check(
            "sys_platform == 'win32' and os_name == 'nt'",
            known,
            Some("sys_platform == 'win32'"),
        );
    }

    #[test]
    fn of_a_minor_version_only_the_bound_that_matters_is_said() {
        let old = "python_version == '3.11'";
        check(
            old,
            "python_version >= '3.11'",
            Some("python_full_version < '3.12'"),
        );
        check(
            old,
            "python_version < '3.12'",
            Some("python_full_version >= '3.11'"),
        );
        check(
            old,
            "python_version >= '3.10'",
            Some("python_full_version == '3.11.*'"),
        );
    }

    #[test]
    fn alternatives_that_others_cover_are_dropped() {
        check(
            "sys_platform == 'win32' or (sys_platform == 'win32' and python_version < '3.12')",
            "",
            Some("sys_platform == 'win32'"),
        );
        check(
            "sys_platform == 'linux' or sys_platform != 'linux'",
            "",
            None,
        );
    }

    #[test]
    fn extras_take_their_values() {
        let marker = tree("extra == 'a' and sys_platform == 'linux'");
        let name = |text: &str| ExtraName::new(text.to_owned()).unwrap();

        assert!(under_extras(&marker, &[]).is_false());
        assert!(under_extras(&marker, &[name("b")]).is_false());
        assert_eq!(
            under_extras(&marker, &[name("a")]),
            tree("sys_platform == 'linux'")
        );
        assert!(under_extras(&tree("extra != 'a'"), &[]).is_true());
    }

    #[test]
    fn the_extras_that_a_marker_needs_are_told() {
        for (marker, expected) in [
            ("extra == 'a'", Some("a")),
            ("extra == 'b' or extra == 'a'", Some("a b")),
            ("extra == 'a' and python_version < '3'", Some("a")),
            ("extra == 'a' and extra != 'b'", Some("a b")),
            (
                "(extra == 'a' or os_name == 'x') and (extra == 'b' or os_name == 'y')",
                Some("a b"),
            ),
            ("extra == 'a' or python_version < '3'", None),
            ("extra != 'a'", None),
            ("extra == 'pyaudit-in-extras-a'", None),
            ("python_version < '3'", None),
            ("", None),
            ("python_version < '3' and python_version > '3'", Some("")),
            // Where the algebra and the releases there are say different things, either counts.
            (
                "extra == 'a' or python_full_version > '3.11.0a6' and python_full_version <= '3.11'",
                None,
            ),
        ] {
            let needed = Marker::parse(marker).unwrap().extras_needed();
            let names = |needed: Vec<ExtraName>| {
                let names: Vec<&str> = needed.iter().map(AsRef::as_ref).collect();
                names.join(" ")
            };
            assert_eq!(needed.map(names).as_deref(), expected, "{marker}");
        }
    }

    #[test]
    fn choices_stay_where_extras_take_their_values() {
        let chosen = both(&Choice::Extra("a".into()).marker(), &tree("extra != 'a'"));

        assert_eq!(
            under_extras(&chosen, &[]),
            Choice::Extra("a".into()).marker()
        );
    }

    #[test]
    fn choices_are_written_in_the_words_of_the_specification() {
        let a = Choice::Extra("a".into());
        let b = Choice::Group("b".into());
        let neither = both(&a.marker().negate(), &b.marker().negate());

        assert_eq!(
            shortest_text(&neither, &MarkerTree::TRUE).as_deref(),
            Some("'a' not in extras and 'b' not in dependency_groups")
        );
        let text = shortest_text(&neither, &MarkerTree::TRUE).unwrap();
        assert_eq!(read_entry_marker(&text).as_ref(), Some(&neither));
        assert_eq!(
            read_entry_marker("sys_platform == 'linux'"),
            Some(tree("sys_platform == 'linux'"))
        );
        assert_eq!(choices_of(&neither), [a, b]);
    }
}
