//! The declarations that pin no version in files that are installed from as they are. A file that a lock
//! is made of is none of those: its ranges are meant.

use std::path::Path;

use crate::graph::is_tool;
use crate::input::{Manifest, reader_of};
use crate::package::{Declaration, DeclarationKind, PackageName};
use crate::source::Origin;

/// The reader of files with commands.
const COMMANDS: &str = "Dockerfile, notebook or script";

/// Files that are installed from as they are, by the names of their readers, where no such lock stands
/// beside them.
const LOCKS: &[(&str, &str)] = &[
    ("Pipfile", "Pipfile.lock"),
    ("environment.yml", "conda-lock.yml"),
];

/// Returns what pins no version in files that are installed from as they are: `requirements.txt`,
/// what commands install, and the files of tools that have no lock.
pub(super) fn loose(manifest: &Manifest, folder: &Path) -> Vec<(PackageName, Origin)> {
    let loose = manifest.declarations.iter().filter(|declaration| {
        let label = declaration.origin.label();
        let is_held = || is_held(declaration, manifest);
        may_change(declaration) && is_installed_from(label, folder) && !is_held()
    });
    let loose = loose.map(|it| (it.requirement.name.clone(), it.origin.clone()));
    loose.collect()
}

/// Whether another version may answer tomorrow. What conda installs only constrains pip; its `=1.2` is
/// how it pins.
fn may_change(declaration: &Declaration) -> bool {
    let requirement = &declaration.requirement;
    let specifiers = &requirement.specifiers;
    match declaration.kind {
        DeclarationKind::Requirement => requirement.url.is_none() && !specifiers.is_pin(),
        DeclarationKind::Constraint => {
            is_by_conda(declaration) && !specifiers.text().starts_with("==")
        }
        DeclarationKind::Override => false,
    }
}

/// Whether it is what conda installs.
pub(super) fn is_by_conda(declaration: &Declaration) -> bool {
    declaration.kind == DeclarationKind::Constraint
        && reader_of(declaration.origin.label()).name == "environment.yml"
}

fn is_installed_from(label: &str, folder: &Path) -> bool {
    let reader = reader_of(label).name;
    let lock = LOCKS.iter().find(|(name, _)| *name == reader);
    match lock {
        Some((_, lock)) => !folder.join(label).with_file_name(lock).exists(),
        None => label.ends_with(".txt") || reader == COMMANDS,
    }
}

/// Whether a pin elsewhere holds it, as `-c` does; commands bring the newest tools on purpose.
fn is_held(declaration: &Declaration, manifest: &Manifest) -> bool {
    let name = &declaration.requirement.name;
    let is_of_command = reader_of(declaration.origin.label()).name == COMMANDS;
    let mut others = manifest
        .declarations
        .iter()
        .filter(|it| it.kind != DeclarationKind::Requirement && it.requirement.name == *name);
    is_of_command && is_tool(name) || others.any(|it| it.requirement.specifiers.is_pin())
}
