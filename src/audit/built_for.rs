//! What the locked builds of torch and its family are for, as far as names tell.

use super::Subject;
use crate::lock::LockedPackage;
use crate::package::{PackageName, Version};
use crate::solve::flavour_of;
use crate::target::{Flavour, Os, Platform};

impl Subject<'_> {
    /// Returns what a package of the family is built for, if that is known.
    pub(super) fn flavour_of(
        &self,
        platform: &Platform,
        package: &LockedPackage,
    ) -> Option<Flavour> {
        let (name, version) = (&package.name, package.version.as_ref()?);
        if !package.is_from_registry() {
            return flavour_of(self.facts, platform, name, version, None);
        }
        // Locks of other tools may not name the index.
        let index = package.index.as_deref().unwrap_or_default();
        let is_pin_alone = index.is_empty() && !version.is_local();
        let on_named = || self.flavour_on_named_indexes(platform, name, version);
        let usual = || flavour_of(self.facts, platform, name, version, Some(index));
        is_pin_alone.then(on_named).flatten().or_else(usual)
    }

    /// Whether a pin may stand for a build with a local version, which nobody asked for.
    pub(super) fn may_have_local_version(&self, package: &LockedPackage) -> bool {
        !self.flavours.is_empty() && self.facts.is_family(&package.name)
    }

    /// A pin without a local version also admits those with one, of which the greatest is installed
    /// (PEP 440, "Version matching" and "Local version identifiers"). There are none for macOS.
    fn flavour_on_named_indexes(
        &self,
        platform: &Platform,
        name: &PackageName,
        version: &Version,
    ) -> Option<Flavour> {
        if matches!(platform.os, Os::MacOs(..)) {
            return None;
        }
        let offered = self.facts.offered(name, version);
        let named = self.flavours.iter().filter(|it| offered.contains(it));
        let local = |flavour: &&Flavour| format!("{version}+{flavour}").parse::<Version>().ok();
        named.max_by_key(local).copied()
    }
}
