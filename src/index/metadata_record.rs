//! Metadata as a compact record for the cache: specifiers as the key intervals they mean, each
//! marker once, so that decoding parses one version and at most the distinct markers. What counts
//! only with an extra stands apart.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::optional::{Optional, split};
use super::requirement_record::{Cursor, RequirementRecord, SpecifiersRecord, write_number};
use super::requires::Requires;
use super::{Metadata, MetadataError, MetadataSource};
use crate::package::{ExtraName, Marker, MarkerTexts, PackageName, Requirement};

/// The first byte of a record; a change of the shapes below changes it.
const FORMAT: u8 = 3;

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
    version: &'a str,
    source: u8,
    requires_python: Option<&'a [u8]>,
    #[serde(borrow)]
    extras: Vec<&'a str>,
    #[serde(borrow)]
    license: Option<&'a str>,
    #[serde(borrow)]
    warnings: Vec<&'a str>,
    #[serde(borrow)]
    markers: Vec<&'a str>,
    /// How many there are in `requires`.
    count: u32,
    /// Those that may count with no extra asked for, each after the place of its marker, counted
    /// from one; 0 where there is none.
    requires: &'a [u8],
    /// The others, see [`Optional`].
    optional: &'a [u8],
}

impl Metadata {
    /// Encodes the metadata.
    pub fn encode(&self) -> Vec<u8> {
        let source = SOURCES.iter().position(|source| *source == self.source);
        let (plain, optional) = split(self.requires.all());
        let mut markers = Vec::new();
        let mut requires = Vec::new();
        for requirement in &plain {
            write_number(
                place(requirement.marker.text(), &mut markers),
                &mut requires,
            );
            RequirementRecord::write(requirement, &mut requires);
        }
        let requires_python = self.requires_python.as_ref().map(|specifiers| {
            let mut bytes = Vec::new();
            SpecifiersRecord::write(specifiers, &mut bytes);
            bytes
        });
        let record = Record {
            name: self.name.as_ref(),
            version: &self.version.to_string(),
            source: source
                .and_then(|at| u8::try_from(at).ok())
                .unwrap_or(u8::MAX),
            requires_python: requires_python.as_deref(),
            extras: self.extras.iter().map(AsRef::as_ref).collect(),
            license: self.license.as_deref(),
            warnings: self.warnings.iter().map(String::as_str).collect(),
            markers,
            count: u32::try_from(plain.len()).unwrap_or(u32::MAX),
            requires: &requires,
            optional: &optional,
        };
        // Writing plain values to memory has no way to fail; an empty record would not decode.
        postcard::to_extend(&record, vec![FORMAT]).unwrap_or_default()
    }

    /// Decodes what [`Metadata::encode`] gave. The metadata holds on to the bytes where something
    /// in it counts only with an extra.
    pub fn decode(bytes: &Bytes, markers: &mut MarkerTexts) -> Result<Self, MetadataError> {
        let body = bytes
            .strip_prefix(&[FORMAT])
            .ok_or(MetadataError::Damaged)?;
        let record = postcard::from_bytes::<Record<'_>>(body).ok();
        record
            .and_then(|record| record.into_metadata(bytes, markers))
            .ok_or(MetadataError::Damaged)
    }
}

impl Record<'_> {
    fn into_metadata(self, bytes: &Bytes, texts: &mut MarkerTexts) -> Option<Metadata> {
        let plain = self.plain(texts)?;
        let optional = match self.optional {
            [] => None,
            optional => Some(Optional::read(bytes.slice_ref(optional))?),
        };
        let requires_python = match self.requires_python {
            Some(bytes) => Some(SpecifiersRecord::read(&mut Cursor(bytes))?.into_specifiers()),
            None => None,
        };
        Some(Metadata {
            name: PackageName::new(self.name.to_owned()).ok()?,
            version: self.version.parse().ok()?,
            requires_python,
            requires: Requires::new(plain, optional),
            extras: self
                .extras
                .iter()
                .map(|name| ExtraName::new((*name).to_owned()).ok())
                .collect::<Option<_>>()?,
            license: self.license.map(str::to_owned),
            source: *SOURCES.get(usize::from(self.source))?,
            warnings: self.warnings.into_iter().map(str::to_owned).collect(),
        })
    }

    fn plain(&self, texts: &mut MarkerTexts) -> Option<Vec<Requirement>> {
        let markers = self.markers.iter();
        let markers: Vec<Marker> = markers
            .map(|text| texts.parse(text).ok())
            .collect::<Option<_>>()?;
        // Each takes some bytes, whatever a damaged record says.
        let count = (self.count as usize).min(self.requires.len());
        let mut plain = Vec::with_capacity(count);
        let mut rest = Cursor(self.requires);
        while !rest.is_empty() {
            let marker = match (rest.number()? as usize).checked_sub(1) {
                Some(at) => markers.get(at)?.clone(),
                None => Marker::always(),
            };
            plain.push(RequirementRecord::read(&mut rest)?.into_requirement(marker)?);
        }
        Some(plain)
    }
}

/// Returns the place of a marker among those met so far, counted from one.
fn place<'a>(text: &'a str, markers: &mut Vec<&'a str>) -> usize {
    if text.is_empty() {
        return 0;
    }
    // Requirements with the same marker mostly stand together: look at the last ones first.
    let known = markers.iter().rposition(|marker| *marker == text);
    let at = known.unwrap_or_else(|| {
        markers.push(text);
        markers.len() - 1
    });
    at + 1
}
