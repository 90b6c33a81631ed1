//! Words about what install commands change, for terminals and Markdown.

use super::words::Style;
use crate::explain::index_of;
use crate::package::PackageName;
use crate::sequence::{Change, ChangeKind, Present};

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
