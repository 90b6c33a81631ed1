//! What is allowed and yet may not be what was meant: told as warnings.

use super::settings::Settings;
use crate::input::Manifest;
use crate::package::DeclarationKind;
use crate::solve::{Dependent, Question, Resolution};
use crate::source::Problem;

/// Looks at what was read and settled.
pub(super) fn misgivings(manifest: &Manifest, settings: Option<&Settings>) -> Vec<Problem> {
    let mut misgivings = Vec::new();
    let mut declarations = manifest.declarations.iter();
    let is_empty = !declarations.any(|it| it.kind == DeclarationKind::Requirement)
        && manifest.unnamed.is_empty();
    if is_empty {
        misgivings.push(Problem::anywhere("the inputs require no package").as_warning());
    }
    if let (Some(settings), Some((wanted, origin))) = (settings, &manifest.requires_python)
        && !settings.target.admits_python(wanted)
    {
        let python = settings.target.python();
        let message = format!("this project does not admit Python {python}, which the lock is for");
        misgivings.push(Problem::at(origin.clone(), message).as_warning());
    }
    misgivings
}

/// Tells of extras that were asked for and that the versions chosen do not have.
pub(super) fn unknown_extras(question: &Question, resolution: &Resolution) -> Vec<Problem> {
    let unknown = resolution.unknown_extras.iter();
    let problems = unknown.map(|(name, extra, by)| {
        let chosen = resolution.packages.iter().find(|it| it.name == *name);
        let version = chosen.map(|it| format!(" {}", it.version));
        let message = format!(
            "{name}{} has no extra `{extra}`",
            version.unwrap_or_default()
        );
        match by {
            Dependent::Declaration(at) => {
                Problem::at(question.declarations[*at].origin.clone(), message)
            }
            Dependent::Package(by) => Problem::anywhere(format!("{message}, which {by} asks for")),
        }
    });
    problems.map(Problem::as_warning).collect()
}
