//! The sentences about what install commands change and break.

use super::wording::need;
use crate::package::IndexUrl;
use crate::sequence::{Because, Break, BreakWhy, Change, ChangeKind, INSTALLED, Moved, Present};

/// Of the reasons of a change, so many are told.
const MOST_REASONS: usize = 3;

/// Returns the index that a package comes from then, where that is another one than before.
pub fn index_of(change: &Change) -> Option<String> {
    let index = |present: &Option<Present>| {
        let index = present.as_ref()?.index.as_deref()?;
        (index != INSTALLED).then(|| IndexUrl::redacted(index))
    };
    let (before, after) = (index(&change.before), index(&change.after)?);
    (before.as_ref() != Some(&after)).then_some(after)
}

/// Says why a package moves; nothing of what is merely new.
pub fn reasons(change: &Change) -> Vec<String> {
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
