//! How young a file must not be, for `pyaudit check`: what was typed, else what the project says,
//! else the cut-off that the lock was made with.

use super::args::CheckArgs;
use crate::audit::{AuditTable, Cooldown};
use crate::lock::Lock;
use crate::package::Timestamp;
use crate::source::Problem;

/// Settles the cool-down; none where nobody says one.
pub(super) fn cooldown(
    args: &CheckArgs,
    table: &AuditTable,
    lock: &Lock,
    now: Timestamp,
) -> Result<Option<Cooldown>, Box<Problem>> {
    let own = |text: &str| Cooldown {
        text: text.to_owned(),
        cutoff: Timestamp::parse_cutoff(text, now).unwrap_or(now),
        by_package: Vec::new(),
    };
    let unread = |text: &str| Timestamp::parse_cutoff(text, now).is_none();
    let wrong = |text: &str| format!("expected a time such as `7 days`, but found `{text}`");
    if let Some(text) = &args.cooldown {
        return match unread(text) {
            true => Err(Box::new(Problem::anywhere(format!(
                "`--cooldown`: {}",
                wrong(text)
            )))),
            false => Ok(Some(own(text))),
        };
    }
    if let Some((text, origin)) = &table.cooldown {
        return match unread(text) {
            true => Err(Box::new(Problem::at(origin.clone(), wrong(text)))),
            false => Ok(Some(own(text))),
        };
    }
    Ok(recorded(lock, now))
}

/// Returns what the lock says that it was made with.
fn recorded(lock: &Lock, now: Timestamp) -> Option<Cooldown> {
    let options = &lock.tool.as_ref()?.options;
    let text = options.exclude_newer.as_ref()?;
    let of_packages = options.exclude_newer_package.iter();
    let by_package = of_packages.filter_map(|(name, when)| {
        let cutoff = Timestamp::parse_cutoff(when, now);
        Some((name.parse().ok()?, cutoff))
    });
    Some(Cooldown {
        cutoff: Timestamp::parse_cutoff(text, now)?,
        text: text.clone(),
        by_package: by_package.collect(),
    })
}
