//! Metadata as a compact record for the cache: specifiers as the key intervals they mean, each
//! marker once, so that decoding parses one version and at most the distinct markers.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use url::Url;

use super::{Metadata, MetadataError, MetadataSource};
use crate::package::{
    Digest, DirectUrl, ExtraName, Marker, MarkerTexts, PackageName, Requirement, Specifiers,
    VersionSet,
};

/// The first byte of a record; a change of the shapes below changes it.
const FORMAT: u8 = 2;

/// The sources by their number in a record.
const SOURCES: &[MetadataSource] = &[
    MetadataSource::Wheel,
    MetadataSource::SdistStatic,
    MetadataSource::SdistUnverified,
    MetadataSource::Built,
    MetadataSource::Project,
    MetadataSource::SetupScript,
];

#[derive(Serialize, Deserialize)]
struct Record<'a> {
    name: &'a str,
    version: String,
    source: u8,
    #[serde(borrow)]
    requires_python: Option<SpecifiersRecord<'a>>,
    #[serde(borrow)]
    extras: Vec<&'a str>,
    #[serde(borrow)]
    license: Option<&'a str>,
    #[serde(borrow)]
    warnings: Vec<&'a str>,
    #[serde(borrow)]
    markers: Vec<&'a str>,
    #[serde(borrow)]
    requires: Vec<RequirementRecord<'a>>,
}

#[derive(Serialize, Deserialize)]
struct RequirementRecord<'a> {
    name: &'a str,
    #[serde(borrow)]
    extras: Vec<&'a str>,
    #[serde(borrow)]
    specifiers: Option<SpecifiersRecord<'a>>,
    #[serde(borrow)]
    url: Option<UrlRecord<'a>>,
    /// The place in the record's markers, counted from one; 0 where there is none.
    marker: u32,
}

#[derive(Serialize, Deserialize)]
struct SpecifiersRecord<'a> {
    text: &'a str,
    pins: bool,
    names_prerelease: bool,
    #[serde(borrow)]
    literal: Option<&'a str>,
    #[serde(borrow)]
    intervals: Vec<(&'a [u8], &'a [u8])>,
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

impl Metadata {
    /// Encodes the metadata.
    pub fn encode(&self) -> Vec<u8> {
        let source = SOURCES.iter().position(|source| *source == self.source);
        let mut markers = Vec::new();
        let requires = self
            .requires
            .iter()
            .map(|requirement| RequirementRecord::of(requirement, &mut markers))
            .collect();
        let record = Record {
            name: self.name.as_ref(),
            version: self.version.to_string(),
            source: source
                .and_then(|at| u8::try_from(at).ok())
                .unwrap_or(u8::MAX),
            requires_python: self.requires_python.as_ref().map(SpecifiersRecord::of),
            extras: self.extras.iter().map(AsRef::as_ref).collect(),
            license: self.license.as_deref(),
            warnings: self.warnings.iter().map(String::as_str).collect(),
            markers,
            requires,
        };
        // Writing plain values to memory has no way to fail; an empty record would not decode.
        postcard::to_extend(&record, vec![FORMAT]).unwrap_or_default()
    }

    /// Decodes what [`Metadata::encode`] gave.
    pub fn decode(bytes: &[u8], markers: &mut MarkerTexts) -> Result<Self, MetadataError> {
        let body = bytes
            .strip_prefix(&[FORMAT])
            .ok_or(MetadataError::Damaged)?;
        let record = postcard::from_bytes::<Record<'_>>(body).ok();
        record
            .and_then(|record| record.into_metadata(markers))
            .ok_or(MetadataError::Damaged)
    }
}

impl<'a> Record<'a> {
    fn into_metadata(self, texts: &mut MarkerTexts) -> Option<Metadata> {
        let markers: Vec<Marker> = self
            .markers
            .into_iter()
            .map(|text| texts.parse(text).ok())
            .collect::<Option<_>>()?;
        let requires = self.requires.into_iter();
        Some(Metadata {
            name: package_name(self.name)?,
            version: self.version.parse().ok()?,
            requires_python: self.requires_python.map(SpecifiersRecord::into_specifiers),
            requires: requires
                .map(|requirement| requirement.into_requirement(&markers))
                .collect::<Option<_>>()?,
            extras: extra_names(&self.extras)?,
            license: self.license.map(str::to_owned),
            source: *SOURCES.get(usize::from(self.source))?,
            warnings: self.warnings.into_iter().map(str::to_owned).collect(),
        })
    }
}

impl<'a> RequirementRecord<'a> {
    fn of(requirement: &'a Requirement, markers: &mut Vec<&'a str>) -> Self {
        let specifiers = &requirement.specifiers;
        Self {
            name: requirement.name.as_ref(),
            extras: requirement.extras.iter().map(AsRef::as_ref).collect(),
            specifiers: (!specifiers.is_any()).then(|| SpecifiersRecord::of(specifiers)),
            url: requirement.url.as_deref().map(UrlRecord::of),
            marker: place(requirement.marker.text(), markers),
        }
    }

    fn into_requirement(self, markers: &[Marker]) -> Option<Requirement> {
        let marker = match (self.marker as usize).checked_sub(1) {
            Some(at) => markers.get(at)?.clone(),
            None => Marker::always(),
        };
        Some(Requirement {
            name: package_name(self.name)?,
            extras: extra_names(&self.extras)?,
            specifiers: self
                .specifiers
                .map_or_else(Specifiers::any, SpecifiersRecord::into_specifiers),
            url: match self.url {
                Some(url) => Some(Arc::new(url.into_url()?)),
                None => None,
            },
            marker,
        })
    }
}

/// Returns the place of a marker among those met so far, counted from one.
fn place<'a>(text: &'a str, markers: &mut Vec<&'a str>) -> u32 {
    if text.is_empty() {
        return 0;
    }
    // Requirements with the same marker mostly stand together: look at the last ones first.
    let known = markers.iter().rposition(|marker| *marker == text);
    let at = known.unwrap_or_else(|| {
        markers.push(text);
        markers.len() - 1
    });
    u32::try_from(at + 1).unwrap_or(0)
}

impl<'a> SpecifiersRecord<'a> {
    fn of(specifiers: &'a Specifiers) -> Self {
        Self {
            text: specifiers.text(),
            pins: specifiers.is_pin(),
            names_prerelease: specifiers.names_prerelease(),
            literal: specifiers.set().literal(),
            intervals: specifiers.set().intervals().collect(),
        }
    }

    fn into_specifiers(self) -> Specifiers {
        let set = VersionSet::from_parts(self.intervals, self.literal);
        Specifiers::from_parts(self.text, set, self.pins, self.names_prerelease)
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

    fn into_url(self) -> Option<DirectUrl> {
        Some(DirectUrl {
            given: self.given.to_owned(),
            url: Url::parse(self.url).ok()?,
            vcs: self
                .vcs
                .map(|(kind, revision)| (kind.to_owned(), revision.map(str::to_owned))),
            subdirectory: self.subdirectory.map(str::to_owned),
            digests: self
                .digests
                .iter()
                .map(|digest| Digest::parse(digest))
                .collect::<Option<_>>()?,
            editable: self.editable,
        })
    }
}

fn package_name(text: &str) -> Option<PackageName> {
    PackageName::new(text.to_owned()).ok()
}

fn extra_names(texts: &[&str]) -> Option<Vec<ExtraName>> {
    texts
        .iter()
        .map(|text| ExtraName::new((*text).to_owned()).ok())
        .collect()
}
