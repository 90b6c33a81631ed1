//! What may help, and the details that make a reason useful: which wheels there are, which Python a
//! version needs, what was perhaps meant.

use super::accelerators;
use super::known_names::nearest_name;
use super::wording::{list, neighbours};
use crate::package::{PackageName, Requirement, Version, VersionSet};
use crate::solve::{Absence, Candidates, Conflict, Fact, Question, Unfit};
use crate::target::{platforms_served, pythons_served};

/// A hint: looks at a hole in a conflict and says what may help.
type Hint = fn(&Question, &Hole<'_>) -> Option<String>;

/// All hints, in the order in which they are shown.
const HINTS: &[Hint] = &[misspelt_name, nearest_versions, first_that_fits];

/// A place where no version is left.
struct Hole<'c> {
    name: &'c PackageName,
    wanted: &'c [Requirement],
    is_unknown: bool,
    unusable: &'c [(Unfit, Vec<Version>)],
    candidates: Option<&'c Candidates>,
}

/// Returns the hints for a conflict.
pub(crate) fn hints(question: &Question, conflict: &Conflict) -> Vec<String> {
    let mut hints = Vec::new();
    for fact in &conflict.facts {
        let Fact::Nothing {
            name,
            wanted,
            absence,
            unusable,
        } = fact
        else {
            continue;
        };
        let hole = Hole {
            name,
            wanted,
            is_unknown: matches!(absence, Some(Absence::NotFound(_))),
            unusable,
            candidates: conflict.packages.get(name).map(AsRef::as_ref),
        };
        hints.extend(HINTS.iter().filter_map(|hint| hint(question, &hole)));
    }
    hints.extend(accelerators::hints(question, conflict));
    let rests_on_limit = |fact: &Fact| matches!(fact, Fact::Limited { .. });
    if conflict.facts.iter().any(rests_on_limit) {
        let hint = "Packages do not declare all of these bounds: `--no-facts` leaves out what only \
                    pyaudit knows.";
        hints.push(hint.to_owned());
    }
    hints
}

fn misspelt_name(_: &Question, hole: &Hole<'_>) -> Option<String> {
    let meant = nearest_name(hole.name).filter(|_| hole.is_unknown)?;
    Some(format!("Did you mean `{meant}`?"))
}

/// A version that does not exist: names those around it.
fn nearest_versions(_: &Question, hole: &Hole<'_>) -> Option<String> {
    let is_there = !hole.unusable.is_empty()
        || hole
            .candidates
            .is_some_and(|candidates| has_only_prereleases(candidates, hole.wanted));
    if hole.is_unknown || is_there {
        return None;
    }
    let set = set_of(hole.wanted);
    let (from, _) = set.intervals().next()?;
    let versions = neighbours(hole.candidates?, from);
    if versions.is_empty() {
        return None;
    }
    let name = hole.name;
    let versions: Vec<String> = versions.iter().map(ToString::to_string).collect();
    Some(match &versions[..] {
        [only] => format!("The version of {name} nearest to that is {only}."),
        _ => format!(
            "The versions of {name} nearest to that are {}.",
            list(&versions)
        ),
    })
}

/// Versions that do not fit the target: names the first newer one that does, and the newest. Where
/// some that is wanted does fit, other facts speak against it, and nothing newer is wanted.
fn first_that_fits(question: &Question, hole: &Hole<'_>) -> Option<String> {
    let is_target = |why: &Unfit| matches!(why, Unfit::Tags(_) | Unfit::Python | Unfit::SourceOnly);
    let (_, versions) = hole.unusable.iter().find(|(why, _)| is_target(why))?;
    let newest_wanted = versions.first()?;
    let candidates = hole.candidates?;
    let fitting = candidates.newest_in(&set_of(hole.wanted));
    if fitting.is_some_and(|candidate| !candidate.is_prerelease) {
        return None;
    }
    let target = question.place();
    let fits = releases_that_fit(candidates);
    let Some(newest) = fits.last() else {
        return Some(format!("No version of {} fits {target}.", hole.name));
    };
    match fits.iter().find(|version| *version > newest_wanted) {
        Some(first) if first == newest => Some(format!("{} {first} fits {target}.", hole.name)),
        Some(first) => Some(format!(
            "The first newer {} that fits {target} is {first}, the newest {newest}.",
            hole.name
        )),
        None => Some(format!(
            "The newest {} that fits {target} is {newest}.",
            hole.name
        )),
    }
}

/// Returns the releases that fit the target, oldest first: what a constraint shuts out fits as well.
fn releases_that_fit(candidates: &Candidates) -> Vec<Version> {
    let usable = candidates.usable().iter();
    let usable = usable.map(|candidate| candidates.version(candidate));
    let refused = candidates.refused().iter();
    let shut_out = refused
        .filter(|refused| matches!(refused.why, Unfit::Constraint(_)))
        .map(|refused| candidates.page(refused.page()).version(refused.version()));
    let fits = usable.chain(shut_out);
    let mut fits: Vec<Version> = fits.filter(|it| !it.any_prerelease()).collect();
    fits.sort();
    fits
}

/// Returns the versions that meet all wordings of a demand, or the first of them where they exclude
/// each other.
pub(super) fn set_of(wanted: &[Requirement]) -> VersionSet {
    let sets = wanted
        .iter()
        .map(|requirement| requirement.specifiers.set());
    let all = sets.fold(VersionSet::full(), |all, set| all.intersection(set));
    match wanted.first() {
        Some(first) if all.is_empty() => first.specifiers.set().clone(),
        _ => all,
    }
}

/// Whether pre-releases, and nothing else, would meet a demand.
pub(crate) fn has_only_prereleases(candidates: &Candidates, wanted: &[Requirement]) -> bool {
    let newest = candidates.newest_in(&set_of(wanted));
    newest.is_some_and(|candidate| candidate.is_prerelease)
}

/// Returns the tag strings of the wheels of some versions.
fn tags_of<'c>(candidates: &'c Candidates, versions: &[Version]) -> Vec<&'c str> {
    let mut tags = Vec::new();
    for refused in candidates.refused() {
        let page = candidates.page(refused.page());
        if !versions.contains(&page.version(refused.version())) {
            continue;
        }
        let strings: Vec<&str> = page.tag_strings().collect();
        for at in page.files(refused.version()) {
            if let Some(tag) = page
                .file(at)
                .tags()
                .and_then(|tag| strings.get(tag).copied())
            {
                tags.push(tag);
            }
        }
    }
    tags.sort_unstable();
    tags.dedup();
    tags
}

/// Says which targets the wheels of some versions serve: `: its wheels are for …`.
pub(crate) fn what_wheels_serve(
    question: &Question,
    candidates: &Candidates,
    versions: &[Version],
) -> String {
    let tags = tags_of(candidates, versions);
    let target = &question.target;
    let pythons = pythons_served(tags.iter().copied(), target.platform());
    if !pythons.is_empty() {
        return format!(": on this platform there are wheels for Python {pythons} only");
    }
    match platforms_served(tags.iter().copied(), target) {
        platforms if platforms.is_empty() => String::new(),
        platforms => format!(": there are wheels for {} only", list(&platforms)),
    }
}

/// Returns the distinct `requires-python` of some versions.
pub(crate) fn pythons_wanted(candidates: &Candidates, versions: &[Version]) -> String {
    let mut wanted: Vec<&str> = Vec::new();
    for refused in candidates.refused() {
        let page = candidates.page(refused.page());
        if refused.why != Unfit::Python || !versions.contains(&page.version(refused.version())) {
            continue;
        }
        let strings: Vec<&str> = page.python_strings().collect();
        for at in page.files(refused.version()) {
            let text = page.file(at).requires_python();
            if let Some(text) = text.and_then(|text| strings.get(text).copied())
                && !wanted.contains(&text)
            {
                wanted.push(text);
            }
        }
    }
    match wanted.len() {
        0..=3 => wanted.join(" or "),
        _ => format!(
            "{}, {} or other ranges",
            wanted[0],
            wanted[wanted.len() - 1]
        ),
    }
}

/// Returns `: "reason"` for a yanked version, where a reason is given.
pub(crate) fn yank_reason(candidates: &Candidates, versions: &[Version]) -> String {
    let [version] = versions else {
        return String::new();
    };
    for refused in candidates.refused() {
        let page = candidates.page(refused.page());
        if page.version(refused.version()) != *version {
            continue;
        }
        let reason = page.files(refused.version()).find_map(|at| {
            page.file(at)
                .yanked()
                .filter(|reason| !reason.is_empty())
                .map(str::to_owned)
        });
        if let Some(reason) = reason {
            return format!(": \"{reason}\"");
        }
    }
    String::new()
}
