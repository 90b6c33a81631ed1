//! Who asked for a package: the declarations and the packages that require it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Lock, LockedDeclaration, LockedPackage};
use crate::package::{DeclarationKind, PackageName};

/// One reason why a package is in a lock.
#[derive(Clone, Copy, Debug)]
pub enum Via<'a> {
    /// The user's own line.
    Declaration(&'a LockedDeclaration),
    /// Another package of the lock.
    Package(&'a LockedPackage),
}

impl Lock {
    /// Returns for every package of the lock the declarations that speak of it, then the packages
    /// that require it, each once.
    pub fn via(&self) -> BTreeMap<&PackageName, Vec<Via<'_>>> {
        let mut via: BTreeMap<&PackageName, Vec<Via<'_>>> = self
            .packages
            .iter()
            .map(|package| (&package.name, Vec::new()))
            .collect();
        let declarations = self.tool.iter().flat_map(|tool| &tool.declarations);
        for declaration in declarations.filter(|declaration| declaration.applies) {
            if let Some(reasons) = via.get_mut(&declaration.name) {
                reasons.push(Via::Declaration(declaration));
            }
        }
        for package in &self.packages {
            let mut required: Vec<&PackageName> = package
                .edges
                .iter()
                .map(|edge| &edge.requirement.name)
                // An extra that asks for another of the same package is no reason of its own.
                .filter(|name| **name != package.name)
                .collect();
            required.sort();
            required.dedup();
            for name in required {
                if let Some(reasons) = via.get_mut(name) {
                    reasons.push(Via::Package(package));
                }
            }
        }
        via
    }
}

impl<'a> Via<'a> {
    /// Returns the words that pip-compile's annotations use; `project` is the name that a
    /// `pyproject.toml` gives.
    pub fn annotation(&self, project: Option<&str>) -> Cow<'a, str> {
        let declaration = match self {
            Self::Package(package) => return Cow::Borrowed(package.name.as_ref()),
            Self::Declaration(declaration) => declaration,
        };
        let annotation = match declaration.kind {
            DeclarationKind::Constraint => format!("-c {}", declaration.file),
            DeclarationKind::Override => format!("--override {}", declaration.file),
            DeclarationKind::Requirement => requirement_annotation(declaration, project),
        };
        Cow::Owned(annotation)
    }
}

fn requirement_annotation(declaration: &LockedDeclaration, project: Option<&str>) -> String {
    let file = &declaration.file;
    if file == "<stdin>" {
        return "-r -".into();
    }
    if !file.ends_with(".toml") {
        return format!("-r {file}");
    }
    let group = declaration
        .section
        .as_deref()
        .and_then(|section| section.strip_prefix("dependency-groups."));
    let place = match group {
        Some(group) => format!("{file}:{group}"),
        None => file.clone(),
    };
    match project {
        Some(project) => format!("{project} ({place})"),
        None => place,
    }
}
