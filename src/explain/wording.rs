//! Names, versions and sets of them as words.

use crate::package::{Requirement, Version, VersionKey, VersionSet};
use crate::solve::{Candidates, VersionsOf};

/// Returns `a`, `a and b`, `a, b and c`.
pub fn list<T: AsRef<str>>(items: &[T]) -> String {
    joined(items, "and")
}

/// Returns `a`, `a or b`, `a, b or c`.
pub(crate) fn either<T: AsRef<str>>(items: &[T]) -> String {
    joined(items, "or")
}

fn joined<T: AsRef<str>>(items: &[T], word: &str) -> String {
    match items {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [init @ .., last] => {
            let init: Vec<&str> = init.iter().map(AsRef::as_ref).collect();
            format!("{} {word} {}", init.join(", "), last.as_ref())
        }
    }
}

/// Says which versions: `docstrange 1.1.8`, `docstrange 1.1.0 to 1.1.8`, `every version of
/// docstrange that fits (1.0.0 to 1.1.8)`. The flag says whether the phrase is plural.
pub(crate) fn versions_of(who: &VersionsOf) -> (String, bool) {
    let run = |(first, last): &(Version, Version)| match first == last {
        true => first.to_string(),
        false => format!("{first} to {last}"),
    };
    match &who.runs[..] {
        [] => (who.name.to_string(), false),
        [(first, last)] if first == last => (format!("{} {first}", who.name), false),
        [only] if who.is_all => (
            format!("every usable version of {} ({})", who.name, run(only)),
            false,
        ),
        [only] => (format!("{} {}", who.name, run(only)), true),
        runs if who.is_all => {
            let (Some(first), Some(last)) = (runs.first(), runs.last()) else {
                return (who.name.to_string(), false);
            };
            let whole = format!("{} to {}", first.0, last.1);
            (
                format!("every usable version of {} ({whole})", who.name),
                false,
            )
        }
        runs if runs.len() <= 3 => {
            let runs: Vec<String> = runs.iter().map(run).collect();
            (format!("{} {}", who.name, list(&runs)), true)
        }
        [first, .., last] => {
            let more = who.runs.len() - 2;
            (
                format!(
                    "{} {}, {} and {more} more ranges",
                    who.name,
                    run(first),
                    run(last)
                ),
                true,
            )
        }
    }
}

/// Says what is needed: `numpy <2.0.0,>=1.21`, or only the name where any version will do.
pub fn need(requirement: &Requirement) -> String {
    let mut text = requirement.name.to_string();
    if !requirement.extras.is_empty() {
        let extras: Vec<&str> = requirement.extras.iter().map(AsRef::as_ref).collect();
        text.push_str(&format!("[{}]", extras.join(",")));
    }
    match &requirement.url {
        Some(url) => format!("{text} from {}", url.given),
        None if requirement.specifiers.is_any() => text,
        None => format!("{text} {}", requirement.specifiers),
    }
}

/// Says in one wording what several ask of a package: the widest, or else what the versions that
/// they admit have in common: `>=1.1`, where one asks for 1.1.* and another for 1.2.*. Nothing
/// where there is no such wording.
pub(crate) fn together(needs: &[&Requirement], candidates: Option<&Candidates>) -> Option<String> {
    let (first, rest) = needs.split_first()?;
    if rest.is_empty() {
        return Some(first.specifiers.to_string());
    }
    if needs.iter().any(|need| need.url.is_some()) {
        return None;
    }
    let existing = existing(candidates?);
    let admits = |set: &VersionSet, (key, version): &(Vec<u8>, Version)| {
        set.contains_key(key) && set.admits_spelling(&version.to_string())
    };
    let in_any: Vec<usize> = (0..existing.len())
        .filter(|at| {
            let mut needs = needs.iter();
            needs.any(|need| admits(need.specifiers.set(), &existing[*at]))
        })
        .collect();
    let widest = needs.iter().find(|need| {
        let mut all = in_any.iter();
        all.all(|at| admits(need.specifiers.set(), &existing[*at]))
    });
    if let Some(widest) = widest {
        return Some(widest.specifiers.to_string());
    }
    let (first, last) = (*in_any.first()?, *in_any.last()?);
    let from = format!(">={}", existing[first].1);
    let to = format!("<={}", existing[last].1);
    Some(match (first == 0, last + 1 == existing.len()) {
        (_, true) => from,
        (true, false) => to,
        (false, false) => format!("{from},{to}"),
    })
}

/// The versions that exist, usable or not, ascending; pre-releases only where there is nothing
/// else.
fn existing(candidates: &Candidates) -> Vec<(Vec<u8>, Version)> {
    let mut versions = Vec::new();
    for index_page in &candidates.project().pages {
        let page = &index_page.page;
        let releases = (0..page.len()).filter(|version| !page.is_prerelease(*version));
        versions.extend(releases.map(|at| {
            let version = page.version(at);
            (VersionKey::of(&version).as_bytes().to_vec(), version)
        }));
    }
    versions.sort();
    versions.dedup();
    versions
}

/// Says which versions are meant, newest first and not too many: `2.1.1`, `2.1.1 and 2.1.0`, or
/// `2.1.0 to 2.1.2 (3 versions)`.
pub fn some_versions(newest_first: &[Version]) -> String {
    match newest_first {
        [] => "no version".to_owned(),
        [one] => one.to_string(),
        [newer, older] => format!("{older} and {newer}"),
        [newest, .., oldest] => {
            format!("{oldest} to {newest} ({} versions)", newest_first.len())
        }
    }
}

/// Returns the existing versions nearest to a place in the order, before and after it, whether
/// they can be used or not.
pub(crate) fn neighbours(candidates: &Candidates, key: &[u8]) -> Vec<Version> {
    let mut keys: Vec<(Vec<u8>, Version)> = Vec::new();
    for index_page in &candidates.project().pages {
        let page = &index_page.page;
        for version in 0..page.len() {
            keys.push((page.key(version).to_vec(), page.version(version)));
        }
    }
    keys.sort();
    keys.dedup();
    let at = keys.partition_point(|(known, _)| known.as_slice() < key);
    let from = at.saturating_sub(2);
    let to = (at + 2).min(keys.len());
    keys[from..to]
        .iter()
        .map(|(_, version)| version.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_ends_with_and() {
        assert_eq!(list(&["a"]), "a");
        assert_eq!(list(&["a", "b"]), "a and b");
        assert_eq!(list(&["a", "b", "c"]), "a, b and c");
        assert_eq!(either(&["a", "b", "c"]), "a, b or c");
    }
}
