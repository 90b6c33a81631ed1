//! A requirement in the record of its distribution: its specifiers as the key intervals they mean.
//! Every list in it is a text or a run of bytes, so that reading it takes no memory.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use url::Url;

use crate::package::{
    Digest, DirectUrl, ExtraName, Marker, PackageName, Requirement, Specifiers, VersionSet,
};

#[derive(Serialize, Deserialize)]
pub(super) struct RequirementRecord<'a> {
    name: &'a str,
    /// With commas between them.
    #[serde(borrow)]
    extras: Cow<'a, str>,
    #[serde(borrow)]
    specifiers: Option<SpecifiersRecord<'a>>,
    #[serde(borrow)]
    url: Option<UrlRecord<'a>>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct SpecifiersRecord<'a> {
    text: &'a str,
    pins: bool,
    names_prerelease: bool,
    #[serde(borrow)]
    literal: Option<&'a str>,
    /// Pairs of keys, one after the other.
    #[serde(borrow)]
    intervals: Cow<'a, [u8]>,
}

#[derive(Serialize, Deserialize)]
struct UrlRecord<'a> {
    given: &'a str,
    url: &'a str,
    #[serde(borrow)]
    vcs: Option<(&'a str, Option<&'a str>)>,
    #[serde(borrow)]
    subdirectory: Option<&'a str>,
    digests: Vec<String>,
    editable: bool,
}

/// The bounds of an interval of keys.
type Bounds<'a> = (&'a [u8], &'a [u8]);

impl<'a> RequirementRecord<'a> {
    pub(super) fn of(requirement: &'a Requirement) -> Self {
        let specifiers = &requirement.specifiers;
        Self {
            name: requirement.name.as_ref(),
            extras: joined(&requirement.extras).into(),
            specifiers: (!specifiers.is_any()).then(|| SpecifiersRecord::of(specifiers)),
            url: requirement.url.as_deref().map(UrlRecord::of),
        }
    }

    /// Whether a requirement can be made of it.
    pub(super) fn is_sound(&self) -> bool {
        let specifiers = self.specifiers.as_ref();
        is_name(self.name)
            && named(&self.extras).all(is_name)
            && specifiers.is_none_or(|it| it.bounds().is_some())
            && self.url.as_ref().is_none_or(|it| it.to_url().is_some())
    }

    pub(super) fn into_requirement(self, marker: Marker) -> Option<Requirement> {
        let url = match &self.url {
            Some(url) => Some(Arc::new(url.to_url()?)),
            None => None,
        };
        let specifiers = match self.specifiers {
            Some(specifiers) => specifiers.into_specifiers()?,
            None => Specifiers::any(),
        };
        Some(Requirement {
            name: package_name(self.name)?,
            extras: extra_names(&self.extras)?,
            specifiers,
            url,
            marker,
        })
    }
}

impl<'a> SpecifiersRecord<'a> {
    pub(super) fn of(specifiers: &'a Specifiers) -> Self {
        let mut intervals = Vec::new();
        for bounds in specifiers.set().intervals() {
            append(&bounds, &mut intervals);
        }
        Self {
            text: specifiers.text(),
            pins: specifiers.is_pin(),
            names_prerelease: specifiers.names_prerelease(),
            literal: specifiers.set().literal(),
            intervals: intervals.into(),
        }
    }

    pub(super) fn into_specifiers(self) -> Option<Specifiers> {
        let set = VersionSet::from_parts(self.bounds()?, self.literal);
        let specifiers = Specifiers::from_parts(self.text, set, self.pins, self.names_prerelease);
        Some(specifiers)
    }

    fn bounds(&self) -> Option<SmallVec<[Bounds<'_>; 2]>> {
        Elements::new(&self.intervals).collect()
    }
}

impl<'a> UrlRecord<'a> {
    fn of(url: &'a DirectUrl) -> Self {
        let vcs = url.vcs.as_ref();
        Self {
            given: &url.given,
            url: url.url.as_str(),
            vcs: vcs.map(|(kind, revision)| (kind.as_str(), revision.as_deref())),
            subdirectory: url.subdirectory.as_deref(),
            digests: url.digests.iter().map(ToString::to_string).collect(),
            editable: url.editable,
        }
    }

    fn to_url(&self) -> Option<DirectUrl> {
        let digests = self.digests.iter();
        Some(DirectUrl {
            given: self.given.to_owned(),
            url: Url::parse(self.url).ok()?,
            vcs: self
                .vcs
                .map(|(kind, revision)| (kind.to_owned(), revision.map(str::to_owned))),
            subdirectory: self.subdirectory.map(str::to_owned),
            digests: digests
                .map(|digest| Digest::parse(digest))
                .collect::<Option<_>>()?,
            editable: self.editable,
        })
    }
}

/// What is written one after the other, up to the end; `None` is the last where it is damaged.
pub(super) struct Elements<'a, T> {
    rest: &'a [u8],
    element: std::marker::PhantomData<T>,
}

impl<'a, T> Elements<'a, T> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            element: std::marker::PhantomData,
        }
    }
}

impl<'a, T: Deserialize<'a>> Iterator for Elements<'a, T> {
    type Item = Option<T>;

    fn next(&mut self) -> Option<Option<T>> {
        if self.rest.is_empty() {
            return None;
        }
        let read = postcard::take_from_bytes(self.rest).ok();
        let (element, rest) = read.map_or((None, &[][..]), |(element, rest)| (Some(element), rest));
        self.rest = rest;
        Some(element)
    }
}

/// Writes a value after others. Writing plain values to memory has no way to fail.
pub(super) fn append(value: &impl Serialize, to: &mut Vec<u8>) {
    if let Ok(more) = postcard::to_extend(value, std::mem::take(to)) {
        *to = more;
    }
}

/// Whether a text is a name as it is stored: in normal form.
fn is_name(text: &str) -> bool {
    let part = |part: &str| {
        let mut bytes = part.bytes();
        !part.is_empty() && bytes.all(|it| it.is_ascii_lowercase() || it.is_ascii_digit())
    };
    text.split('-').all(part)
}

/// Returns the names in a list.
fn named(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').filter(move |_| !list.is_empty())
}

pub(super) fn package_name(text: &str) -> Option<PackageName> {
    PackageName::new(text.to_owned()).ok()
}

pub(super) fn extra_names(list: &str) -> Option<Vec<ExtraName>> {
    if list.is_empty() {
        return Some(Vec::new());
    }
    named(list)
        .map(|name| ExtraName::new(name.to_owned()).ok())
        .collect()
}

pub(super) fn joined(extras: &[ExtraName]) -> String {
    let names: Vec<&str> = extras.iter().map(AsRef::as_ref).collect();
    names.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_name_as_it_is_stored_is_one_in_normal_form(text in "[a-c0A._,é-]{0,6}") {
            let name = PackageName::new(text.clone()).ok();
            let is_normal = !text.is_empty() && name.is_some_and(|it| it.as_ref() == text);

            prop_assert_eq!(is_name(&text), is_normal);
        }
    }
}
