//! `pyaudit check --fix`: makes the changes that findings bring along, after showing them.

use std::collections::BTreeMap;
use std::path::Path;

use super::Checked;
use super::args::CheckArgs;
use crate::audit::{Finding, Fix};
use crate::cli::Exit;
use crate::cli::terminal::Terminal;
use crate::explain::list;
use crate::host::write_edits;
use crate::input::Edit;
use crate::report::{Style, count, draw_edit};
use crate::source::Problem;

/// What is to be changed.
#[derive(Default)]
struct Mending {
    /// The edits, by file.
    edits: BTreeMap<String, Edit>,
    /// How many findings they answer.
    answered: usize,
    /// How many could be answered with `--unsafe`.
    unsafe_left: usize,
    /// How many stand in each other's way.
    contrary: usize,
}

/// Makes the changes; nothing where nothing was written, so that what was found still stands.
pub(super) fn mend(
    args: &CheckArgs,
    folder: &Path,
    found: &[Checked],
    terminal: &Terminal,
) -> Option<Result<(), Exit>> {
    let mut mending = Mending::default();
    for finding in found.iter().flat_map(|it| &it.audit.findings) {
        mending.take(finding, args.r#unsafe);
    }
    let edits: Vec<Edit> = mending.edits.values().cloned().collect();
    let drawn = |style: Style| -> String {
        let drawn = edits.iter().map(|edit| draw(edit, style));
        drawn.collect()
    };
    mending.tell(args, terminal);
    if edits.is_empty() {
        return None;
    }
    if args.dry_run {
        terminal.mention(&drawn(terminal.style));
        return None;
    }
    if let Err(error) = write_edits(folder, &edits) {
        terminal.say_problems(&[Problem::anywhere(error.to_string())]);
        return Some(Err(Exit::Outside));
    }
    terminal.mention(&drawn(terminal.style));
    for note in edits.iter().flat_map(|edit| &edit.notes) {
        terminal.mention(note);
    }
    Some(Ok(()))
}

fn draw(edit: &Edit, style: Style) -> String {
    let old = (!edit.is_new).then(|| edit.file.text());
    draw_edit(edit.file.label(), old, &edit.text(), style)
}

impl Mending {
    /// Takes the changes of a finding, all of them or none.
    fn take(&mut self, finding: &Finding, may_be_unsafe: bool) {
        let Some(fix) = finding.fix.as_ref().filter(|fix| !fix.edits.is_empty()) else {
            return;
        };
        if !fix.is_safe && !may_be_unsafe {
            self.unsafe_left += 1;
            return;
        }
        match self.joined(fix) {
            Some(edits) => {
                self.edits = edits;
                self.answered += 1;
            }
            None => self.contrary += 1,
        }
    }

    fn joined(&self, fix: &Fix) -> Option<BTreeMap<String, Edit>> {
        let mut edits = self.edits.clone();
        for edit in &fix.edits {
            let label = edit.file.label().to_owned();
            let joined = match edits.get(&label) {
                Some(known) => known.joined(edit)?,
                None => edit.clone(),
            };
            edits.insert(label, joined);
        }
        Some(edits)
    }

    fn tell(&self, args: &CheckArgs, terminal: &Terminal) {
        let verb = if args.dry_run {
            "Would mend"
        } else {
            "Mending"
        };
        let files = self.edits.keys().map(|file| format!("`{file}`"));
        let files: Vec<String> = files.collect();
        match files.is_empty() {
            true => terminal.mention("Nothing to mend."),
            false => {
                let answered = count(self.answered, "finding");
                terminal.mention(&format!("{verb} {answered} in {}:", list(&files)));
            }
        }
        if self.unsafe_left > 0 {
            let left = count(self.unsafe_left, "finding");
            terminal.mention(&format!(
                "{left} can be mended with `--unsafe`: that changes what is declared"
            ));
        }
        if self.contrary > 0 {
            let contrary = count(self.contrary, "finding");
            terminal.mention(&format!(
                "{contrary} would change the same lines otherwise: run it again"
            ));
        }
    }
}
