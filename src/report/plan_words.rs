//! The sentences about what install commands change and break: for terminals, Markdown and machines
//! alike.

use super::words::Style;
use crate::explain::need;
use crate::package::{IndexUrl, PackageName};
use crate::sequence::{Because, Break, BreakWhy, Change, ChangeKind, INSTALLED, Moved, Present};

/// Of the reasons of a change, so many are told.
const MOST_REASONS: usize = 3;

/// Returns the word for a kind of change, as reports for machines have it.
pub(super) fn kind_name(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Added => "added",
        ChangeKind::Upgraded => "upgraded",
        ChangeKind::Downgraded => "downgraded",
        ChangeKind::Rebuilt => "rebuilt",
        ChangeKind::Reinstalled => "reinstalled",
        ChangeKind::Removed => "removed",
    }
}

/// Draws one change: what comes, goes or moves.
pub(super) fn change_line(change: &Change, style: Style) -> String {
    let label =
        |present: &Option<Present>| present.as_ref().map_or_else(String::new, Present::label);
    let version = change.after.as_ref().and_then(|it| it.version.as_ref());
    let version = version.map(ToString::to_string).unwrap_or_default();
    let (before, after) = (label(&change.before), label(&change.after));
    let from = index_of(change).map(|index| format!(", from {index}"));
    let from = from.unwrap_or_default();
    match change.kind() {
        ChangeKind::Added => format!("{} {after}", style.green("+")),
        ChangeKind::Removed => format!("{} {before}", style.red("-")),
        ChangeKind::Upgraded => format!("  {before} → {version}"),
        ChangeKind::Downgraded => format!("  {before} → {version} {}", style.yellow("(older)")),
        ChangeKind::Rebuilt => {
            let other = format!("(another build{from})");
            format!("  {before} → {version} {}", style.yellow(&other))
        }
        ChangeKind::Reinstalled => {
            format!("  {after} {}", style.yellow(&format!("(again{from})")))
        }
    }
}

/// Returns the index that a package comes from then, where that is another one than before.
pub(super) fn index_of(change: &Change) -> Option<String> {
    let index = |present: &Option<Present>| {
        let index = present.as_ref()?.index.as_deref()?;
        (index != INSTALLED).then(|| IndexUrl::redacted(index))
    };
    let (before, after) = (index(&change.before), index(&change.after)?);
    (before.as_ref() != Some(&after)).then_some(after)
}

/// Says why a package moves; nothing of what is merely new.
pub(super) fn reasons(change: &Change) -> Vec<String> {
    if change.before.is_none() {
        return Vec::new();
    }
    let told = change.because.iter().take(MOST_REASONS);
    told.map(reason).collect()
}

fn reason(because: &Because) -> String {
    match because {
        Because::Asked(requirement) => format!("the command asks for {}", need(requirement)),
        Because::Needed { by, requirement } => format!("{by} needs {}", need(requirement)),
        Because::Limited { by, requirement } => {
            format!("{by} works only with {}", need(requirement))
        }
        Because::Anew => "the command chooses it anew".to_owned(),
    }
}

/// Says what is broken, without its place.
pub fn break_sentence(broken: &Break) -> String {
    let (label, needs) = (broken.package.label(), broken.needs());
    let name = &needs.name;
    match &broken.why {
        BreakWhy::Unmet { has, .. } => {
            format!("{label} needs {}, and {name} is {has} then", need(needs))
        }
        BreakWhy::Absent(_) => format!("{label} needs {}, which is not there then", need(needs)),
        BreakWhy::Limited { limit, has } => {
            let (needs, because) = (need(needs), &limit.because);
            format!("{label} works only with {needs}, and {name} is {has} then: {because}")
        }
    }
}

/// Says what a later command does to what an earlier one installed; the commands are told by
/// `label`.
pub fn moved_sentence(moved: &Moved, label: &dyn Fn(usize) -> String) -> String {
    let change = &moved.change;
    let before = change
        .before
        .as_ref()
        .map_or_else(String::new, Present::label);
    let after = change.after.as_ref().and_then(|it| it.version.as_ref());
    let after = after.map(ToString::to_string).unwrap_or_default();
    let earlier = label(moved.earlier);
    let does = match change.kind() {
        ChangeKind::Downgraded => format!("takes {before} of {earlier} down to {after}"),
        ChangeKind::Rebuilt => format!("replaces {before} of {earlier} by the build {after}"),
        ChangeKind::Reinstalled => format!("installs {before} of {earlier} again"),
        ChangeKind::Added | ChangeKind::Upgraded | ChangeKind::Removed => {
            format!("moves {before} of {earlier} to {after}")
        }
    };
    let from = index_of(change).map(|index| format!(", from {index}"));
    let why = reasons(change).into_iter().next();
    let why = why.map(|why| format!(": {why}")).unwrap_or_default();
    let against = moved.unheeded.as_ref().map(|(requirement, origin)| {
        let place = IndexUrl::redacted(&origin.to_string());
        format!(", against {} at {place}", need(requirement))
    });
    let (from, against) = (from.unwrap_or_default(), against.unwrap_or_default());
    format!("{does}{from}{against}{why}")
}

/// Says which packages were not judged, and why.
pub(super) fn unjudged_lines(unjudged: &[(&PackageName, &str)]) -> Vec<String> {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for (name, why) in unjudged {
        // Each has its own words for its own version.
        let why = if why.starts_with("no index has") {
            "no index has them"
        } else {
            why
        };
        match reasons.iter_mut().find(|(known, _)| *known == why) {
            Some((_, names)) => names.push(name.as_ref()),
            None => reasons.push((why, vec![name.as_ref()])),
        }
    }
    let lines = reasons.into_iter().map(|(why, names)| {
        const MOST_NAMED: usize = 6;
        let shown = names.iter().take(MOST_NAMED).copied();
        let shown: Vec<&str> = shown.collect();
        let more = names.len().saturating_sub(MOST_NAMED);
        let more = match more {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!("not judged, as {why}: {}{more}", shown.join(", "))
    });
    lines.collect()
}
