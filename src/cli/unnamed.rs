//! Direct references, before anything is solved: paths have to lead somewhere, and what does not say
//! which project it is, is asked and becomes a declaration like all others.

use std::sync::Arc;

use crate::fetch::LiveCatalog;
use crate::input::{Manifest, Unnamed};
use crate::package::{Declaration, DeclarationKind, Marker, PackageName, Requirement, Specifiers};
use crate::solve::{Failure, Refusal};
use crate::source::Problem;
use crate::target::Target;

/// Names all references that count for the target, or anywhere. Those that cannot be named are
/// problems, at the user's line; a failure of the outside world ends it.
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

/// Finds the paths that lead nowhere, of what counts for the target, or anywhere.
pub(super) fn lost_paths(manifest: &Manifest, target: Option<&Target>) -> Vec<Problem> {
    let named = manifest.declarations.iter().filter_map(|declaration| {
        let requirement = &declaration.requirement;
        Some((
            requirement.url.as_ref()?,
            &requirement.marker,
            &declaration.origin,
        ))
    });
    let unnamed = manifest.unnamed.iter();
    let unnamed = unnamed.map(|unnamed| (&unnamed.url, &unnamed.marker, &unnamed.origin));
    let counts =
        |marker: &Marker| target.is_none_or(|target| marker.holds(target.environment(), &[]));
    let lost = named.chain(unnamed).filter(|(url, marker, _)| {
        let is_path = url.url.scheme() == "file" && url.vcs.is_none();
        let path = is_path.then(|| url.url.to_file_path().ok()).flatten();
        path.is_some_and(|path| !path.exists()) && counts(marker)
    });
    let told = lost.map(|(url, _, origin)| {
        let message = format!("there is no file and no folder `{}`", url.given);
        Problem::at(origin.clone(), message).with_help(
            "Paths are relative to the current folder; in a project's own file, to its folder.",
        )
    });
    told.collect()
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
