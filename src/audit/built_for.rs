//! What the locked builds of torch and its family are for, as far as names tell.

use super::Subject;
use crate::lock::LockedPackage;
use crate::package::{PackageName, Version};
use crate::solve::flavour_of;
use crate::target::{Arch, Flavour, Os, Platform};

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

    /// Returns the flavour of the index that a requirements file names, where it has the release: on
    /// systems that those indexes have builds for, and unless hashes say which file is meant.
    fn flavour_on_named_indexes(
        &self,
        platform: &Platform,
        name: &PackageName,
        version: &Version,
    ) -> Option<Flavour> {
        let is_served = matches!(platform.os, Os::Glibc(..) | Os::Windows);
        let has_builds = is_served && platform.arch == Arch::X86_64;
        let flavour = self.facts.greatest_local(name, version, &self.flavours)?;
        let is_hashed = || self.pins().digests(name, version).next().is_some();
        (has_builds && !is_hashed()).then_some(flavour)
    }
}
