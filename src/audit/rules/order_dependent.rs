//! PYA208: install commands that undo one another: what is installed in the end depends on their
//! order.

use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::{Needs, Played, Rule, Severity, Subject};
use crate::explain::{break_sentence, list, moved_sentence};
use crate::sequence::{Lapse, Moved};
use crate::source::Origin;

pub(super) const RULE: Rule = Rule {
    id: "PYA208",
    name: "order-dependent-install",
    severity: Severity::Warning,
    summary: "A later install command moves or breaks what an earlier one has installed.",
    page: include_str!("../../../docs/rules/order-dependent-install.md"),
    needs: Needs::Texts,
    check,
};

/// Of the packages that one command moves, so many are told.
const MOST_TOLD: usize = 5;

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    for played in subject.evidence.texts.iter().flat_map(|it| &it.played) {
        match &played.lapses {
            Ok(lapses) => tell_all(played, lapses, remarks),
            Err(why) => remarks.cannot_apply(why),
        }
    }
}

fn tell_all(played: &Played, lapses: &[Lapse], remarks: &mut Remarks) {
    let mut failed = Vec::new();
    for (at, command) in played.commands.iter().enumerate() {
        let of_command = lapses.iter().filter(|it| it.later() == at);
        let mut moved: Vec<&Moved> = Vec::new();
        for lapse in of_command {
            match lapse {
                Lapse::Moved(it) => moved.push(it),
                Lapse::Broken { what, .. } => {
                    let message = format!("this leaves a package broken: {}", break_sentence(what));
                    remarks.tell(mended(played, Remark::new(about(command), message)));
                }
                Lapse::Failed { .. } => failed.push(command.to_string()),
            }
        }
        // What an earlier command asked for in words weighs more than what came along.
        moved.sort_by_key(|it| it.unheeded.is_none());
        if let Some((first, others)) = moved.split_first() {
            remarks.tell(of_moves(played, command, first, others));
        }
    }
    if !failed.is_empty() {
        let (file, failed) = (&played.file, list(&failed));
        remarks.cannot_apply(format!(
            "what is installed at {failed} has no solution: `pyaudit plan {file}` shows why"
        ));
    }
}

fn about(command: &Origin) -> About {
    About::Place(command.clone())
}

/// Makes one remark of all that a command moves.
fn of_moves(played: &Played, command: &Origin, first: &Moved, others: &[&Moved]) -> Remark {
    let label = |at: usize| {
        let earlier = played.commands.get(at);
        earlier.map_or_else(String::new, ToString::to_string)
    };
    let message = format!("this {}", moved_sentence(first, &label));
    let mut remark = Remark::new(about(command), message);
    for other in others.iter().take(MOST_TOLD) {
        remark = remark.with_evidence(format!("It {}.", moved_sentence(other, &label)));
    }
    if let Some(more) = others.len().checked_sub(MOST_TOLD).filter(|more| *more > 0) {
        remark = remark.with_evidence(format!("It moves {more} more."));
    }
    if let Some(earlier) = played.commands.get(first.earlier) {
        remark = remark.seen_with(about(earlier), "this installed it");
    }
    mended(played, remark)
}

fn mended(played: &Played, remark: Remark) -> Remark {
    remark.with_fix(format!(
        "Install all of it from one lock: `pyaudit plan {}` shows each step, and looks for the lock.",
        played.file
    ))
}
