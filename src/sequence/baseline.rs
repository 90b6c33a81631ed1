//! What is installed: one version of each package, with what is known of its requirements.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::index::{Metadata, MetadataSource, Requires};
use crate::package::{ExtraName, PackageName, Version};
use crate::source::Origin;

/// The packages of an environment.
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    /// What messages call it: `colab.freeze`.
    pub label: String,
    /// The Python that it says it is for.
    pub python: Option<String>,
    /// The platform that it says it is for.
    pub platform: Option<String>,
    /// Lines of it that name neither a package nor a version.
    pub unread: Vec<Origin>,
    packages: BTreeMap<PackageName, Present>,
}

/// An installed package.
#[derive(Clone, Debug)]
pub struct Present {
    /// The project.
    pub name: PackageName,
    /// Its version; none where nothing says it.
    pub version: Option<Version>,
    /// The extras that were asked for, as far as that is known.
    pub extras: Vec<ExtraName>,
    /// What it requires.
    pub told: Told,
    /// The index that it came from, where that is known.
    pub index: Option<Arc<str>>,
    /// Where it is said that it is installed.
    pub origin: Origin,
}

/// What is known of an installed package's requirements.
#[derive(Clone, Debug)]
pub enum Told {
    /// Its metadata.
    Metadata(Arc<Metadata>),
    /// Nothing yet: nobody asked.
    Unasked,
    /// Nothing, and why, in words that may follow "because".
    Unknown(String),
}

impl Baseline {
    /// Starts with nothing installed.
    pub fn new(label: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            ..Self::default()
        }
    }

    /// Adds a package, in the place of another version of it.
    pub fn put(&mut self, present: Present) {
        self.packages.insert(present.name.clone(), present);
    }

    /// Takes a package away.
    pub fn take(&mut self, name: &PackageName) -> Option<Present> {
        self.packages.remove(name)
    }

    /// Returns the package of a name.
    pub fn get(&self, name: &PackageName) -> Option<&Present> {
        self.packages.get(name)
    }

    /// Returns the packages, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = &Present> {
        self.packages.values()
    }

    /// Takes over what is known of the same versions elsewhere.
    pub(super) fn remember(&mut self, other: &Self) {
        for present in self.packages.values_mut() {
            let known = other.get(&present.name);
            let known = known.filter(|it| it.version == present.version);
            if let (Told::Unasked, Some(known)) = (&present.told, known) {
                present.told = known.told.clone();
            }
        }
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Present> {
        self.packages.values_mut()
    }

    /// Returns how many packages there are.
    pub fn len(&self) -> usize {
        self.packages.len()
    }

    /// Whether nothing is installed.
    pub fn is_empty(&self) -> bool {
        self.packages.is_empty()
    }

    /// Returns the versions, for a solver to prefer.
    pub fn versions(&self) -> BTreeMap<PackageName, Version> {
        let known = self.iter();
        let known = known.filter_map(|it| Some((it.name.clone(), it.version.clone()?)));
        known.collect()
    }
}

impl Present {
    /// Describes a package of which only this is known.
    pub fn new(name: PackageName, version: Option<Version>, origin: Origin) -> Self {
        Self {
            name,
            version,
            extras: Vec::new(),
            told: Told::Unasked,
            index: None,
            origin,
        }
    }

    /// Returns its metadata, where that is known.
    pub fn metadata(&self) -> Option<&Arc<Metadata>> {
        match &self.told {
            Told::Metadata(metadata) => Some(metadata),
            Told::Unasked | Told::Unknown(_) => None,
        }
    }

    /// Returns `name version`, or the name alone where there is no version.
    pub fn label(&self) -> String {
        match &self.version {
            Some(version) => format!("{} {version}", self.name),
            None => self.name.to_string(),
        }
    }
}

/// Returns metadata that requires nothing.
pub(super) fn bare(name: &PackageName, version: &Version) -> Metadata {
    Metadata {
        name: name.clone(),
        version: version.clone(),
        requires_python: None,
        requires: Requires::default(),
        extras: Vec::new(),
        license: None,
        source: MetadataSource::Wheel,
        warnings: Vec::new(),
    }
}
