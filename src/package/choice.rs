//! What an installer of a lock may choose beside the packages themselves (PEP 751): extras and
//! dependency groups, and the markers of a lock's entries that speak of them.

use pep508_rs::{
    ExtraName, ExtraOperator, MarkerEnvironment, MarkerExpression, MarkerTree, MarkerValueExtra,
};

use super::Marker;

/// How choices are named among the extras of the algebra, which has no variables for them. No
/// package's own extra is left there: they are replaced by their values before.
const EXTRA: &str = "pyaudit-in-extras-";
const GROUP: &str = "pyaudit-in-groups-";

/// What an installer may be asked for beside the packages themselves (PEP 751).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Choice {
    /// An extra of the project.
    Extra(String),
    /// A dependency group.
    Group(String),
}

impl Choice {
    /// Returns the one that a section of a project's file declares for, such as
    /// `project.optional-dependencies.NAME`.
    pub fn of_section(section: &str) -> Option<Self> {
        let extra = section.strip_prefix("project.optional-dependencies.");
        let group = section.strip_prefix("dependency-groups.");
        let normal = |name: &str| Some(ExtraName::new(name.to_owned()).ok()?.to_string());
        match (extra, group) {
            (Some(extra), _) => normal(extra).map(Self::Extra),
            (None, Some(group)) => normal(group).map(Self::Group),
            (None, None) => None,
        }
    }

    /// Returns the marker that holds where it is asked for.
    pub fn marker(&self) -> MarkerTree {
        self.variable().map_or(MarkerTree::FALSE, |extra| {
            MarkerTree::expression(MarkerExpression::Extra {
                operator: ExtraOperator::Equal,
                name: MarkerValueExtra::Extra(extra),
            })
        })
    }

    fn variable(&self) -> Option<ExtraName> {
        let (lead, name) = match self {
            Self::Extra(name) => (EXTRA, name),
            Self::Group(name) => (GROUP, name),
        };
        ExtraName::new(format!("{lead}{name}")).ok()
    }

    /// Returns words for it, such as ``extra `a` ``.
    pub fn words(&self) -> String {
        match self {
            Self::Extra(name) => format!("extra `{name}`"),
            Self::Group(name) => format!("group `{name}`"),
        }
    }

    pub(super) fn of(name: &MarkerValueExtra) -> Option<Self> {
        let MarkerValueExtra::Extra(name) = name else {
            return None;
        };
        let name: &str = name.as_ref();
        let extra = name
            .strip_prefix(EXTRA)
            .map(|name| Self::Extra(name.to_owned()));
        let group = || Some(Self::Group(name.strip_prefix(GROUP)?.to_owned()));
        extra.or_else(group)
    }

    pub(super) fn parts(&self) -> (&'static str, &str) {
        match self {
            Self::Extra(name) => ("extras", name),
            Self::Group(name) => ("dependency_groups", name),
        }
    }
}

/// Returns the words for a choice that a comparison speaks of, and whether it has to be made.
pub fn choice_in_words(expression: &MarkerExpression) -> Option<(String, bool)> {
    let MarkerExpression::Extra { operator, name } = expression else {
        return None;
    };
    let words = format!("with {}", Choice::of(name)?.words());
    Some((words, *operator == ExtraOperator::Equal))
}

/// Reads the marker of a lock's entry, with PEP 751's choices.
pub fn read_entry_marker(text: &str) -> Option<MarkerTree> {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['\'', '"']) {
        let (before, quoted) = rest.split_at(at);
        let (quote, after) = quoted.split_at(1);
        let (word, after) = after.split_once(quote)?;
        plain.push_str(before);
        let choice = CHOICES.iter().find_map(|(words, lead, operator)| {
            let rest = after.strip_prefix(words)?;
            Some((rest, format!("extra {operator} '{lead}{word}'")))
        });
        match choice {
            Some((after, comparison)) => {
                plain.push_str(&comparison);
                rest = after;
            }
            None => {
                plain.push_str(&format!("{quote}{word}{quote}"));
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    Marker::parse(&plain)
        .ok()
        .map(|marker| marker.tree().clone())
}

/// Whether the marker of a lock's entry holds in an environment where these choices, and no others,
/// are made; nothing where it cannot be read.
pub fn entry_holds(text: &str, environment: &MarkerEnvironment, made: &[Choice]) -> Option<bool> {
    let made: Vec<ExtraName> = made.iter().filter_map(Choice::variable).collect();
    Some(read_entry_marker(text)?.evaluate(environment, &made))
}

/// What stands behind a name, and what it means.
const CHOICES: &[(&str, &str, &str)] = &[
    (" in extras", EXTRA, "=="),
    (" not in extras", EXTRA, "!="),
    (" in dependency_groups", GROUP, "=="),
    (" not in dependency_groups", GROUP, "!="),
];

/// Returns the choices that a marker speaks of.
pub fn choices_of(tree: &MarkerTree) -> Vec<Choice> {
    let mut found = Vec::new();
    for expression in tree.to_dnf().into_iter().flatten() {
        if let MarkerExpression::Extra { name, .. } = expression {
            found.extend(Choice::of(&name));
        }
    }
    found.sort();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_read_in_either_quotes() {
        let group = Choice::Group("dev".into());
        for text in ["'dev' in dependency_groups", "\"dev\" in dependency_groups"] {
            assert_eq!(read_entry_marker(text), Some(group.marker()), "{text}");
        }
        let not = read_entry_marker("\"dev\" not in extras and os_name == \"nt\"");
        assert_eq!(choices_of(&not.unwrap()), [Choice::Extra("dev".into())]);
    }

    #[test]
    fn a_section_of_a_project_is_a_choice() {
        let extra = Choice::of_section("project.optional-dependencies.Some_Extra");
        assert_eq!(extra, Some(Choice::Extra("some-extra".into())));
        let group = Choice::of_section("dependency-groups.dev");
        assert_eq!(group, Some(Choice::Group("dev".into())));
        assert_eq!(Choice::of_section("project.dependencies"), None);
    }
}
