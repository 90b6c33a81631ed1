//! Words for a region: `Python 3.10 and newer on Linux`.

use super::PythonVersion;
use super::possible::possible;
use crate::package::{
    Marker, MarkerExpression, MarkerOperator, MarkerTree, MarkerValueString, MarkerValueVersion,
    Version, both, choice_in_words, either, shortest,
};

/// Names of systems by the value of `sys_platform`.
const SYSTEMS: &[(&str, &str)] = &[
    ("linux", "Linux"),
    ("darwin", "macOS"),
    ("win32", "Windows"),
];

const OUTSIDE: &str = "outside ";

/// Describes the environments of a marker in which these Pythons are.
pub(super) fn describe(pythons: &[Version], said: &MarkerTree) -> String {
    let mut place = places(pythons, said);
    place.insert(0, pythons_in_words(pythons));
    place.join(" ")
}

fn pythons_in_words(pythons: &[Version]) -> String {
    let number = |python: &Version| match python.release() {
        [major, minor, 0] => format!("{major}.{minor}"),
        _ => python.to_string(),
    };
    let minor = |python: &Version| python.release().get(1).copied();
    let newest = PythonVersion::newest_stable().minor();
    match pythons {
        [] => "other Pythons".to_owned(),
        [first, .., last] if minor(last) >= Some(newest) && minor(first) != minor(last) => {
            format!("Python {} and newer", number(first))
        }
        [first, .., last] if minor(first) != minor(last) => {
            format!(
                "Python {} to 3.{}",
                number(first),
                minor(last).unwrap_or_default()
            )
        }
        [first, ..] => format!("Python {}", number(first)),
    }
}

/// Returns what tells it from other environments with the same Pythons.
fn places(pythons: &[Version], said: &MarkerTree) -> Vec<String> {
    let same = pythons.iter().filter_map(|python| {
        let text = format!("python_full_version == '{python}'");
        Some(Marker::parse(&text).ok()?.tree().clone())
    });
    let same = same.fold(MarkerTree::FALSE, |all, one| either(&all, &one));
    let mut terms = shortest(said, &both(&same, possible()));
    // That a choice is not made goes without saying.
    let is_said = |it: &MarkerExpression| choice_in_words(it).is_none_or(|(_, is_made)| is_made);
    terms.iter_mut().for_each(|term| term.retain(is_said));
    if terms.iter().any(Vec::is_empty) {
        return Vec::new();
    }
    let words = terms.iter().map(|term| {
        let words = term.iter().map(in_words);
        let (outside, mut words): (Vec<String>, Vec<String>) =
            words.partition(|words| words.starts_with(OUTSIDE));
        let outside: Vec<&str> = outside.iter().map(|it| &it[OUTSIDE.len()..]).collect();
        if !outside.is_empty() {
            words.push(format!("{OUTSIDE}{}", outside.join(" and ")));
        }
        words.join(" ")
    });
    let mut words: Vec<String> = words.collect();
    words.dedup();
    vec![words.join(", or ")]
}

fn in_words(expression: &MarkerExpression) -> String {
    if let Some((words, _)) = choice_in_words(expression) {
        return words;
    }
    let MarkerExpression::String {
        key: MarkerValueString::SysPlatform,
        operator,
        value,
    } = expression
    else {
        return match expression {
            MarkerExpression::Version {
                key: MarkerValueVersion::PythonFullVersion,
                specifier,
            } => format!("with Python {specifier}"),
            other => format!(
                "where {}",
                crate::package::shortest_text(
                    &MarkerTree::expression(other.clone()),
                    &MarkerTree::TRUE
                )
                .unwrap_or_default()
            ),
        };
    };
    let name = SYSTEMS.iter().find(|(known, _)| known == value);
    match (operator, name) {
        (MarkerOperator::Equal, Some((_, name))) => format!("on {name}"),
        (MarkerOperator::NotEqual, Some((_, name))) => format!("{OUTSIDE}{name}"),
        _ => format!("where {expression}"),
    }
}

#[cfg(test)]
mod tests {
    use crate::package::Marker;
    use crate::target::Region;

    #[track_caller]
    fn check(marker: &str, expected: &str) {
        let region = Region::new(Marker::parse(marker).unwrap().tree().clone()).unwrap();

        assert_eq!(region.describe(), expected, "{marker}");
    }

    #[test]
    fn a_region_is_told_by_its_pythons_and_what_tells_it_from_others() {
        check("python_version >= '3.10'", "Python 3.10 and newer");
        check(
            "python_version >= '3.10' and python_version < '3.13'",
            "Python 3.10 to 3.12",
        );
        check(
            "python_version == '3.11' and sys_platform == 'linux'",
            "Python 3.11 on Linux",
        );
        check(
            "python_version >= '3.11' and sys_platform != 'darwin' and sys_platform != 'win32'",
            "Python 3.11 and newer outside macOS and Windows",
        );
        check(
            "python_version >= '3.11' and implementation_name == 'pypy'",
            "Python 3.11 and newer where implementation_name == 'pypy'",
        );
    }
}
