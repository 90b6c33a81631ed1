//! What install commands would do, as Markdown for comments and documents.

use super::plan::{Plan, label, place};
use super::plan_words::{change_line, unjudged_lines};
use super::words::{Style, count};
use crate::explain::{break_sentence, moved_sentence, reasons};
use crate::sequence::{Change, ChangeKind};

/// Tells what commands would do.
pub fn plan_markdown(plan: &Plan<'_>) -> String {
    let over = match plan.before.is_empty() {
        true => "nothing".to_owned(),
        false => format!(
            "`{}` ({})",
            plan.before.label,
            count(plan.before.len(), "package")
        ),
    };
    let mut text = format!("# Plan\n\nOver {over}, {}.\n", plan.target);
    for (step, moved) in plan.steps_with_moves() {
        text += &format!("\n## `{}`\n\n", inline(&step.command));
        if plan.steps.len() > 1 {
            text += &format!("At `{}`.\n\n", place(step));
        }
        if let Some(conflict) = &step.conflict {
            text += &format!("It fails: {}.\n\n", escaped(&conflict.headline));
        }
        if step.is_played && !step.is_unplayed {
            text += &changes(&step.changes);
        }
        let mut notes: Vec<String> = step.notes.clone();
        let moved = moved.into_iter();
        notes.extend(moved.map(|it| format!("it {}", moved_sentence(it, &|at| label(plan, at)))));
        for note in notes {
            text += &format!("- **note**: {}\n", escaped(&note));
        }
    }
    if !plan.broken.is_empty() {
        text += "\n## Broken then\n\n";
        for broken in plan.broken {
            text += &format!("- {}\n", escaped(&break_sentence(broken)));
        }
    }
    for line in unjudged_lines(&plan.unjudged()) {
        text += &format!("\n{}.\n", escaped(&line));
    }
    if let Some(instead) = plan.instead {
        let sentence = escaped(&instead.sentence);
        text += &format!("\n{sentence}\n\n```\n{}\n```\n\n", inline(&instead.command));
        if !instead.changes.is_empty() {
            text += &changes(&instead.changes);
        }
    }
    text
}

fn changes(changes: &[Change]) -> String {
    if changes.is_empty() {
        return "Nothing changes.\n".to_owned();
    }
    let lines = changes.iter().map(|change| {
        let line = change_line(change, Style::plain());
        let lead = match change.kind() {
            ChangeKind::Added | ChangeKind::Removed => "",
            _ => "~ ",
        };
        let why = reasons(change);
        let why = match why.first() {
            Some(why) => format!(": {why}"),
            None => String::new(),
        };
        format!(
            "- {}\n",
            escaped(&format!("{lead}{}{why}", line.trim_start()))
        )
    });
    lines.collect()
}

/// Text of commands and packages must not become markup.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' | '>' | '*' | '_' | '[' | ']' | '`' | '\\' | '|' | '#' => {
                escaped.push('\\');
                escaped.push(c);
            }
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

fn inline(text: &str) -> String {
    let shown = |c: char| if c == '`' || c.is_control() { ' ' } else { c };
    text.chars().map(shown).collect()
}
