//! Fetch errors in the solver's terms.

use super::error::{FetchError, FetchErrorKind};
use crate::package::PackageName;
use crate::solve::{Failure, Refusal};

/// Tells that a page in the cache is not as it was written.
pub(super) fn damaged(name: &PackageName, is_offline: bool) -> Refusal {
    let (cause, help) = match is_offline {
        true => ("it is damaged there", "Run it once without `--offline`."),
        false => ("it is damaged there, and was thrown away", "Run it again."),
    };
    Refusal::Failed(Failure {
        doing: format!("could not read the page of `{name}` in the cache"),
        causes: vec![cause.to_owned()],
        help: Some(help.to_owned()),
    })
}

/// Tells the solver what an error means for its search.
pub(super) fn refusal(error: FetchError) -> Refusal {
    if error.kind == FetchErrorKind::NotFound && error.asking.index.is_none() {
        return Refusal::Missing(error.met);
    }
    if error.kind == FetchErrorKind::NeedsBuild
        && let Some(name) = &error.asking.package
    {
        let hint = format!("allow building it with `--allow-build={name}`");
        return Refusal::Unusable(format!("{}; {hint}", error.met));
    }
    if error.is_of_version() {
        return Refusal::Unusable(error.met);
    }
    let doing = format!("could not get {}", error.subject());
    let cause = match error.url.is_empty() {
        true => error.met.clone(),
        false => format!("{} ({})", error.met, error.url),
    };
    Refusal::Failed(Failure {
        doing,
        causes: vec![cause],
        help: error.help().map(str::to_owned),
    })
}
