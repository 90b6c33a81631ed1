//! What could be typed instead of commands that break something; it was played before it is told.

use super::ready::Ready;
use crate::cli::command::quoted_words;
use crate::package::masked;
use crate::report::Instead;
use crate::sequence::{Baseline, Layer, Layered, Step, Surroundings, better};
use crate::solve::Failure;

/// Looks for a command that breaks nothing, in the place of one that does.
pub(super) fn instead(
    ready: &Ready,
    before: &Baseline,
    (layers, layered): (&[Layer<'_>], &[Layered]),
    around: Surroundings<'_>,
) -> Result<Option<Instead>, Failure> {
    let ([layer], [done]) = (layers, layered) else {
        return Ok(None);
    };
    let Step::Install(wish) = &layer.step else {
        return Ok(None);
    };
    if done.broken.is_empty() || done.failed.is_some() {
        return Ok(None);
    }
    let found = better(before, wish, &done.effect, (around, layer.catalog))?;
    let command = ready.steps.iter().find(|it| it.step.is_some());
    Ok(found.zip(command).map(|(found, command)| {
        let pins = found
            .pins
            .iter()
            .map(|(name, version)| format!("{name}=={version}"));
        let pins = quoted_words(&pins.collect::<Vec<_>>());
        let moves = found.effect.changes.iter().any(|it| it.before.is_some());
        Instead {
            command: masked(&format!("{} {pins}", command.command)),
            changes: found.effect.changes,
            sentence: match moves {
                true => "This breaks nothing, as it moves along what has to move:",
                false => "This breaks nothing, and leaves what is installed as it is:",
            }
            .to_owned(),
        }
    }))
}
