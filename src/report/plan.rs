//! What install commands would do, for a person: `pyaudit plan`, and what a lock does to a baseline.

use super::plan_words::{change_line, unjudged_lines};
use super::terminal::draw_conflict;
use super::why::bytes;
use super::words::{Style, count};
use crate::explain::{Explanation, break_sentence, moved_sentence, reasons};
use crate::package::{IndexUrl, PackageName};
use crate::sequence::{Baseline, Break, Change, ChangeKind, Effect, Lapse, Moved, Told};
use crate::source::Origin;

/// More additions than this are told in one line.
const MOST_ADDED: usize = 12;

/// What commands would do.
pub struct Plan<'a> {
    /// Where they run, in words.
    pub target: &'a str,
    /// What is installed before them.
    pub before: &'a Baseline,
    /// What is installed after them.
    pub after: &'a Baseline,
    /// The commands in order.
    pub steps: &'a [PlannedStep],
    /// What later commands do to earlier ones.
    pub lapses: &'a [Lapse],
    /// What is broken then and was not before.
    pub broken: &'a [Break],
    /// What could be done instead; solved.
    pub instead: Option<&'a Instead>,
}

/// One command.
pub struct PlannedStep {
    /// Its words.
    pub command: String,
    /// Where it stands.
    pub origin: Origin,
    /// What it changes.
    pub changes: Vec<Change>,
    /// How many packages it reaches and leaves as they are.
    pub kept: usize,
    /// Whether it is played; what is left out has a note that says why.
    pub is_played: bool,
    /// Whether the outside world failed, so that it is not known what it does; a note says why.
    pub is_unplayed: bool,
    /// Why it fails.
    pub conflict: Option<Explanation>,
    /// What a person should know of it, as sentences without a full stop.
    pub notes: Vec<String>,
}

/// What breaks nothing.
pub struct Instead {
    /// What to type.
    pub command: String,
    /// What it does.
    pub changes: Vec<Change>,
    /// What it is, as a sentence.
    pub sentence: String,
}

impl Plan<'_> {
    /// Whether something is broken then, or a command fails.
    pub fn is_broken(&self) -> bool {
        !self.broken.is_empty() || self.steps.iter().any(|it| it.conflict.is_some())
    }

    /// Returns the commands, each with what it moves of what earlier ones installed.
    pub(super) fn steps_with_moves(&self) -> Vec<(&PlannedStep, Vec<&Moved>)> {
        let mut played = 0..;
        let steps = self.steps.iter().map(|step| {
            let at = step.is_played.then(|| played.next()).flatten();
            let moved = self.lapses.iter().filter_map(|lapse| match lapse {
                Lapse::Moved(moved) if Some(moved.later) == at => Some(&**moved),
                Lapse::Moved(_) | Lapse::Broken { .. } | Lapse::Failed { .. } => None,
            });
            (step, moved.collect())
        });
        steps.collect()
    }

    /// Returns the packages that take no part in the judgement, with the reasons.
    pub(super) fn unjudged(&self) -> Vec<(&PackageName, &str)> {
        unjudged(self.after)
    }

    /// Returns how many bytes the commands download, as far as indexes say.
    pub(super) fn download(&self) -> u64 {
        let changes = self.steps.iter().flat_map(|it| &it.changes);
        changes.filter_map(|it| it.size).sum()
    }
}

pub(super) fn unjudged(baseline: &Baseline) -> Vec<(&PackageName, &str)> {
    let unknown = baseline.iter().filter_map(|it| match &it.told {
        Told::Unknown(why) => Some((&it.name, why.as_str())),
        Told::Metadata(_) | Told::Unasked => None,
    });
    unknown.collect()
}

/// Tells a person what commands would do.
pub fn plan_text(plan: &Plan<'_>, style: Style) -> String {
    let mut lines = vec![headline(plan, style)];
    for (step, moved) in plan.steps_with_moves() {
        lines.push(String::new());
        if plan.steps.len() > 1 {
            lines.push(format!("{} {}", style.bold(&place(step)), step.command));
        }
        lines.extend(step_lines(step, style));
        for moved in moved {
            let told = moved_sentence(moved, &|at| label(plan, at));
            lines.push(warning(&format!("it {told}"), style));
        }
    }
    lines.extend(broken_lines(plan.broken, style));
    for line in unjudged_lines(&plan.unjudged()) {
        lines.push(format!("\n{}", style.dim(&style.wrapped(&line, 0))));
    }
    if let Some(instead) = plan.instead {
        lines.push(format!("\n{}", style.wrapped(&instead.sentence, 0)));
        lines.push(format!("  {}", style.bold(&instead.command)));
        lines.extend(
            change_lines(&instead.changes, style)
                .into_iter()
                .map(|it| format!("    {it}")),
        );
    }
    lines.join("\n") + "\n"
}

/// Tells what a lock does to what is installed; what it breaks is among the warnings.
pub fn baseline_text(
    before: &Baseline,
    effect: &Effect,
    keep: &[PackageName],
    style: Style,
) -> String {
    let (changes, kept) = (&effect.changes, effect.kept.len());
    let over = format!("Over {} ({})", before.label, count(before.len(), "package"));
    let mut lines = vec![String::new(), format!("{over}: {}", sums(changes, kept))];
    lines.extend(change_lines(changes, style));
    lines.extend(unjudged_lines(&unjudged(&effect.after)));
    if !keep.is_empty() {
        let names: Vec<&str> = keep.iter().map(AsRef::as_ref).collect();
        let names = names.join(",");
        let hint =
            format!("Nothing has to move: `--keep {names}` has a solution, with older packages.");
        lines.push(format!(
            "{}: {}",
            style.bold("hint"),
            style.wrapped(&hint, 6)
        ));
    }
    lines.join("\n") + "\n"
}

fn headline(plan: &Plan<'_>, style: Style) -> String {
    let what = match plan.steps {
        [only] => format!("`{}`", only.command),
        steps => count(steps.len(), "command"),
    };
    let over = match plan.before.is_empty() {
        true => "over nothing".to_owned(),
        false => {
            let packages = count(plan.before.len(), "package");
            format!("over {} ({packages})", plan.before.label)
        }
    };
    format!("{} {over}, {}", style.bold(&what), plan.target)
}

/// Returns what a command is called in the sentences about others: the line that it stands on. Those
/// that are left out are not counted.
pub(super) fn label(plan: &Plan<'_>, at: usize) -> String {
    let mut steps = plan.steps.iter().filter(|step| step.is_played);
    steps.nth(at).map(place).unwrap_or_default()
}

/// Returns the line that a command stands on.
pub(super) fn place(step: &PlannedStep) -> String {
    IndexUrl::redacted(&step.origin.to_string())
}

fn step_lines(step: &PlannedStep, style: Style) -> Vec<String> {
    let mut lines = Vec::new();
    match &step.conflict {
        _ if !step.is_played || step.is_unplayed => {}
        Some(conflict) => lines.push(draw_conflict(conflict, style).trim_end().to_owned()),
        None => {
            lines.extend(change_lines(&step.changes, style));
            let size: u64 = step.changes.iter().filter_map(|it| it.size).sum();
            let size = match size {
                0 => String::new(),
                size => format!("; {} to download", bytes(size)),
            };
            lines.push(format!("{}{size}", sums(&step.changes, step.kept)));
        }
    }
    lines.extend(step.notes.iter().map(|note| warning(note, style)));
    lines
}

fn warning(text: &str, style: Style) -> String {
    format!("{} {}", style.yellow("!"), style.wrapped(text, 2))
}

/// Draws changes: what moves with its reasons, then what comes.
fn change_lines(changes: &[Change], style: Style) -> Vec<String> {
    let mut lines = Vec::new();
    let (added, moved): (Vec<&Change>, Vec<&Change>) = changes
        .iter()
        .partition(|it| it.kind() == ChangeKind::Added);
    for change in moved {
        lines.push(change_line(change, style));
        let told = reasons(change);
        lines.extend(
            told.iter()
                .map(|it| format!("    {}", style.dim(&style.wrapped(it, 4)))),
        );
    }
    match added.len() {
        0..=MOST_ADDED => lines.extend(added.iter().map(|it| change_line(it, style))),
        _ => {
            let labels = added
                .iter()
                .filter_map(|it| Some(it.after.as_ref()?.label()));
            let labels: Vec<String> = labels.collect();
            let all = style.wrapped(&labels.join(", "), 2);
            lines.push(format!("{} {all}", style.green("+")));
        }
    }
    lines
}

/// Says how many packages come, move and stay.
fn sums(changes: &[Change], kept: usize) -> String {
    let of = |kinds: &[ChangeKind]| {
        changes
            .iter()
            .filter(|it| kinds.contains(&it.kind()))
            .count()
    };
    let moved = [
        ChangeKind::Upgraded,
        ChangeKind::Downgraded,
        ChangeKind::Rebuilt,
    ];
    let parts = [
        (of(&[ChangeKind::Added]), "added"),
        (of(&moved), "moved"),
        (of(&[ChangeKind::Reinstalled]), "installed again"),
        (of(&[ChangeKind::Removed]), "removed"),
    ];
    let parts = parts.into_iter().filter(|(number, _)| *number > 0);
    let mut told: Vec<String> = parts
        .map(|(number, what)| format!("{number} {what}"))
        .collect();
    if told.is_empty() {
        told.push("nothing changes".to_owned());
    }
    if kept > 0 {
        told.push(format!("{kept} needed as installed"));
    }
    told.join(", ")
}

fn broken_lines(broken: &[Break], style: Style) -> Vec<String> {
    if broken.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![format!("\n{}", style.bold(&style.red("broken then")))];
    for it in broken {
        let sentence = style.wrapped(&break_sentence(it), 2);
        let place = IndexUrl::redacted(&it.package.origin.to_string());
        lines.push(format!("  {sentence}"));
        lines.push(format!("    {}", style.dim(&place)));
    }
    lines
}
