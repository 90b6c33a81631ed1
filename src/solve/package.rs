//! What PubGrub decides about: the run itself, the user's declarations, projects, extras, and the
//! flavour of torch.
//!
//! Each declaration is a package of its own between the root and what it asks for. A derivation
//! then names the very lines that stand against each other.

use std::fmt;

use foldhash::HashMap;

use crate::package::{ExtraName, PackageName};

/// A package of the solve, by number; [`Names`] knows the names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum SolverPackage {
    /// All that the user asks for.
    Root,
    /// One declaration.
    Declared(u32),
    /// A project.
    Project(u32),
    /// An extra of a project; its versions are the project's.
    Extra(u32, u32),
    /// What the builds of the torch family are for; its versions are the flavours that were met.
    /// It is to this solver what `__cuda` is to conda's: all builds of an answer agree on it.
    Flavour,
}

impl SolverPackage {
    /// Returns the number of the project, for projects and their extras.
    pub(crate) fn project(self) -> Option<u32> {
        match self {
            Self::Root | Self::Declared(_) | Self::Flavour => None,
            Self::Project(name) | Self::Extra(name, _) => Some(name),
        }
    }
}

/// For PubGrub's own debug output.
impl fmt::Display for SolverPackage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Names and their numbers, in the order in which they were first met.
#[derive(Debug, Default)]
pub(crate) struct Names {
    projects: Vec<PackageName>,
    project_ids: HashMap<PackageName, u32>,
    extras: Vec<ExtraName>,
    extra_ids: HashMap<ExtraName, u32>,
}

impl Names {
    /// Returns the number of a project that was met.
    pub(crate) fn find(&self, name: &PackageName) -> Option<u32> {
        self.project_ids.get(name).copied()
    }

    /// Returns the number of a project, a new one at first sight.
    pub(crate) fn project_id(&mut self, name: &PackageName) -> u32 {
        if let Some(id) = self.project_ids.get(name) {
            return *id;
        }
        let id = self.projects.len() as u32;
        self.projects.push(name.clone());
        self.project_ids.insert(name.clone(), id);
        id
    }

    /// Returns the number of an extra's name, a new one at first sight.
    pub(crate) fn extra_id(&mut self, name: &ExtraName) -> u32 {
        if let Some(id) = self.extra_ids.get(name) {
            return *id;
        }
        let id = self.extras.len() as u32;
        self.extras.push(name.clone());
        self.extra_ids.insert(name.clone(), id);
        id
    }

    /// Returns a project's name.
    pub(crate) fn project(&self, id: u32) -> &PackageName {
        &self.projects[id as usize]
    }

    /// Returns an extra's name.
    pub(crate) fn extra(&self, id: u32) -> &ExtraName {
        &self.extras[id as usize]
    }
}
