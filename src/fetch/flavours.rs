//! Where builds for accelerators come from: below one base address stands an index for each
//! flavour, which is asked for torch and what is released with it, and for nothing else.

use std::collections::BTreeSet;

use super::indexes::Index;
use crate::package::{IndexUrl, PackageName};
use crate::target::Flavour;

/// The status with which these indexes answer for what they do not have.
pub(super) const MISSING: u16 = 403;

/// The indexes of all flavours.
#[derive(Clone, Debug)]
pub(super) struct FlavourIndexes {
    base: IndexUrl,
    family: BTreeSet<PackageName>,
}

impl FlavourIndexes {
    /// Takes the base address and the names that are asked for below it.
    pub(super) fn new(base: IndexUrl, family: impl IntoIterator<Item = PackageName>) -> Self {
        Self {
            base,
            family: family.into_iter().collect(),
        }
    }

    /// Returns the base address.
    pub(super) fn base(&self) -> &IndexUrl {
        &self.base
    }

    /// Whether a package is built for accelerators.
    pub(super) fn have(&self, name: &PackageName) -> bool {
        self.family.contains(name)
    }

    /// Returns the index of a flavour; `None` where the base has no places below it.
    pub(super) fn of(&self, flavour: &Flavour) -> Option<Index> {
        let mut url = self.base.secret().clone();
        url.path_segments_mut()
            .ok()?
            .pop_if_empty()
            .push(&flavour.to_string());
        let url = IndexUrl::parse(url.as_str()).ok()?;
        Some(Index {
            statuses_for_missing: vec![MISSING],
            ..Index::simple(url)
        })
    }
}

/// Whether an index's address shows it to be that of a flavour.
pub(super) fn is_of_flavour(url: &IndexUrl) -> bool {
    let public = url.public();
    matches!(public.scheme(), "http" | "https") && Flavour::of_index(public.as_str()).is_some()
}

/// Whether an index is that of a flavour on the host of the base address. Elsewhere "forbidden" may
/// mean that a login failed, and the name must not be asked of the next index then.
pub(super) fn is_beside(url: &IndexUrl, base: &IndexUrl) -> bool {
    let (one, other) = (url.public(), base.public());
    is_of_flavour(url) && one.host() == other.host() && one.port() == other.port()
}
