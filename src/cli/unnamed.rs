//! Direct references that do not say which project they are: they are asked, before anything is
//! solved, and become declarations like all others.

use std::sync::Arc;

use crate::fetch::LiveCatalog;
use crate::input::{Manifest, Unnamed};
use crate::package::{Declaration, DeclarationKind, PackageName, Requirement, Specifiers};
use crate::solve::{Failure, Refusal};
use crate::source::Problem;
use crate::target::Target;

/// Names all references that count for the target, or anywhere. Those that cannot be named are problems, at the
/// user's line; a failure of the outside world ends it.
pub(super) fn name_all(
    manifest: &mut Manifest,
    catalog: &LiveCatalog,
    target: Option<&Target>,
) -> Result<Vec<Problem>, Failure> {
    let mut problems = Vec::new();
    for unnamed in std::mem::take(&mut manifest.unnamed) {
        let counts = target.is_none_or(|target| unnamed.marker.holds(target.environment(), &[]));
        if !counts {
            continue;
        }
        match catalog.name_of(&unnamed.url) {
            Ok(name) => manifest.declarations.push(declaration(unnamed, name)),
            Err(Refusal::Failed(failure)) => return Err(failure),
            Err(Refusal::Missing(why) | Refusal::Unusable(why)) => {
                problems.push(nameless(&unnamed, &why));
            }
        }
    }
    Ok(problems)
}

/// Makes a declaration of a reference whose name is known.
pub(super) fn declaration(unnamed: Unnamed, name: PackageName) -> Declaration {
    Declaration {
        requirement: Requirement {
            name,
            extras: unnamed.extras,
            specifiers: Specifiers::any(),
            url: Some(Arc::clone(&unnamed.url)),
            marker: unnamed.marker,
        },
        kind: DeclarationKind::Requirement,
        origin: unnamed.origin,
        section: None,
        digests: unnamed.digests,
    }
}

fn nameless(unnamed: &Unnamed, why: &str) -> Problem {
    let given = &unnamed.url.given;
    let why = why.split("; allow building it").next().unwrap_or(why);
    let message = format!("cannot tell which project `{given}` is: {why}");
    Problem::at(unnamed.origin.clone(), message).with_help(
        "Write its name before it, as in `NAME @ ./path`, or allow building it with \
         `--allow-build`.",
    )
}
