//! The Simple API in JSON (PEP 691, with 700, 708, 714 and 792).
//!
//! Texts are borrowed from the body wherever they hold no escapes, and each field takes whatever
//! value stands there, so that one bad entry costs that entry and not the page.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use url::Url;

use super::json_values::{Hashes, Loose, Number, Said, Text, Value, Yanked, any};
use super::links::{Link, Links, MAX_TEXT};
use super::listing::FileFound;
use super::simple::{Body, DecodeError, Taker};
use super::{Listing, MetadataFile};
use crate::package::Timestamp;

/// What a page says besides its files, which are handed over as they come: a large page has
/// thousands, and their texts need not all be held twice.
#[derive(Default)]
struct Page<'a> {
    meta: Loose<'a>,
    /// How many could not be read; none where the page has no list of files.
    unreadable: Option<usize>,
    project_status: Loose<'a>,
    alternate_locations: Loose<'a>,
}

/// The name of a page's field.
#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "kebab-case")]
enum Part {
    Meta,
    Files,
    ProjectStatus,
    AlternateLocations,
    #[serde(other)]
    Other,
}

/// The fields of a file; nothing for an entry that is no table.
#[derive(Default)]
struct File<'a> {
    core_metadata: Said,
    data_dist_info_metadata: Said,
    dist_info_metadata: Said,
    filename: Text<'a>,
    hashes: Hashes,
    requires_python: Text<'a>,
    size: Number,
    upload_time: Text<'a>,
    url: Text<'a>,
    yanked: Yanked<'a>,
}

/// The name of a file's field.
#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "kebab-case")]
enum Field {
    CoreMetadata,
    DataDistInfoMetadata,
    DistInfoMetadata,
    Filename,
    Hashes,
    RequiresPython,
    Size,
    UploadTime,
    Url,
    Yanked,
    #[serde(other)]
    Other,
}

/// Makes text of what was received.
pub(super) fn text<'a>(body: &Body<'a>) -> Result<Cow<'a, str>, DecodeError> {
    let bytes = body
        .bytes
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(body.bytes);
    std::str::from_utf8(bytes)
        .map(Cow::Borrowed)
        .map_err(|_| DecodeError::Malformed("the page is not UTF-8 text".into()))
}

/// Reads a page.
pub(super) fn read<'t>(
    text: &'t str,
    base: Url,
    take: Taker<'t, '_>,
) -> Result<Listing, DecodeError> {
    let page = read_page(text, base, take).map_err(|error| match error.is_eof() {
        true => DecodeError::Truncated,
        false => DecodeError::Malformed(format!("the page is not the JSON of an index: {error}")),
    })?;
    check_api_version(&page.meta)?;
    Ok(Listing {
        status: page.project_status.get("status").and_then(Loose::to_text),
        alternates: page.alternate_locations.to_texts(),
        tracks: page
            .meta
            .get("tracks")
            .map(Loose::to_texts)
            .unwrap_or_default(),
        files: Vec::new(),
        unreadable: page.unreadable.unwrap_or_default(),
    })
}

fn read_page<'t>(text: &'t str, base: Url, take: Taker<'t, '_>) -> serde_json::Result<Page<'t>> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let links = Links::new(base);
    let page = PageVisitor(Files { links, take }).deserialize(&mut deserializer)?;
    deserializer.end()?;
    match page.unreadable {
        Some(_) => Ok(page),
        None => Err(serde::de::Error::missing_field("files")),
    }
}

/// A greater minor version is no hindrance (PEP 629).
fn check_api_version(meta: &Loose<'_>) -> Result<(), DecodeError> {
    let version = meta.get("api-version").and_then(Loose::to_text);
    match version {
        Some(version) if version.split('.').next() != Some("1") => Err(DecodeError::ApiVersion(
            super::metadata::shortened(&version),
        )),
        _ => Ok(()),
    }
}

/// Returns a file; `None` where its name or address is missing or makes no sense.
fn found<'t>(file: File<'t>, links: &mut Links) -> Option<FileFound<'t>> {
    let link = match file.url.0? {
        Cow::Borrowed(url) => links.resolve(url)?,
        Cow::Owned(url) => links.resolve(&url).map(Link::into_owned)?,
    };
    let filename = file.filename.0?;
    let metadata = [
        file.core_metadata,
        file.dist_info_metadata,
        file.data_dist_info_metadata,
    ];
    Some(FileFound {
        filename: (filename.len() <= MAX_TEXT).then_some(filename)?,
        url: link.url,
        digests: match file.hashes.0.is_empty() {
            true => link.digests,
            false => file.hashes.0,
        },
        requires_python: file.requires_python.0.and_then(python_text),
        size: file.size.0,
        upload_time: file.upload_time.0.as_deref().and_then(Timestamp::parse),
        yanked: file.yanked.0,
        metadata: metadata_file(metadata),
    })
}

/// The older names count only where the new one says nothing (PEP 714).
fn metadata_file(said: [Said; 3]) -> MetadataFile {
    match said.into_iter().find(|said| !said.is_nothing()) {
        Some(Said::There(true)) => MetadataFile::Present(None),
        Some(Said::There(false)) => MetadataFile::Absent,
        Some(Said::Hashes(hashes)) => {
            MetadataFile::Present(hashes.0.into_iter().max_by_key(|digest| {
                // SHA-2 by length; MD5 and SHA-1 are both shorter.
                digest.as_bytes().len()
            }))
        }
        Some(Said::Nothing | Said::NoSense) | None => MetadataFile::NotSaid,
    }
}

/// Returns a `Requires-Python` unless it says nothing.
pub(super) fn python_text(text: Cow<'_, str>) -> Option<Cow<'_, str>> {
    let text = match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) if text.trim().len() == text.len() => Cow::Owned(text),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    };
    (!text.is_empty() && text.len() <= MAX_TEXT).then_some(text)
}

impl<'de> Value<'de> for File<'de> {
    fn of_table<A: MapAccess<'de>>(mut entries: A) -> Result<Self, A::Error> {
        let mut file = File::default();
        while let Some(field) = entries.next_key::<Field>()? {
            match field {
                Field::CoreMetadata => file.core_metadata = entries.next_value_seed(any())?,
                Field::DistInfoMetadata => {
                    file.dist_info_metadata = entries.next_value_seed(any())?
                }
                // Indexes write it behind the name that took its place, and the same once more.
                Field::DataDistInfoMetadata if file.core_metadata.is_nothing() => {
                    file.data_dist_info_metadata = entries.next_value_seed(any())?;
                }
                Field::Filename => file.filename = entries.next_value_seed(any())?,
                Field::Hashes => file.hashes = entries.next_value_seed(any())?,
                Field::RequiresPython => file.requires_python = entries.next_value_seed(any())?,
                Field::Size => file.size = entries.next_value_seed(any())?,
                Field::UploadTime => file.upload_time = entries.next_value_seed(any())?,
                Field::Url => file.url = entries.next_value_seed(any())?,
                Field::Yanked => file.yanked = entries.next_value_seed(any())?,
                Field::DataDistInfoMetadata | Field::Other => {
                    entries.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(file)
    }
}

/// Reads a page, and its list of files with what they are handed over to.
struct PageVisitor<'t, 'f>(Files<'t, 'f>);

impl<'de> DeserializeSeed<'de> for PageVisitor<'de, '_> {
    type Value = Page<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Page<'de>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for PageVisitor<'de, '_> {
    type Value = Page<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a page")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut parts: A) -> Result<Page<'de>, A::Error> {
        let mut page = Page::default();
        while let Some(part) = parts.next_key::<Part>()? {
            let place = match part {
                Part::Meta => &mut page.meta,
                Part::ProjectStatus => &mut page.project_status,
                Part::AlternateLocations => &mut page.alternate_locations,
                Part::Files if page.unreadable.is_some() => {
                    return Err(A::Error::duplicate_field("files"));
                }
                Part::Files => {
                    page.unreadable = Some(parts.next_value_seed(&mut self.0)?);
                    continue;
                }
                Part::Other => {
                    parts.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            if !matches!(place, Loose::Nothing) {
                return Err(A::Error::custom("it says the same of itself twice"));
            }
            *place = parts.next_value_seed(any())?;
        }
        Ok(page)
    }
}

/// Reads a list of files; returns how many could not be read.
struct Files<'t, 'f> {
    links: Links,
    take: Taker<'t, 'f>,
}

impl<'de> DeserializeSeed<'de> for &mut Files<'de, '_> {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for &mut Files<'de, '_> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of files")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut files: A) -> Result<usize, A::Error> {
        let mut unreadable = 0;
        while let Some(file) = files.next_element_seed(any::<File<'de>>())? {
            match found(file, &mut self.links) {
                Some(file) => (self.take)(file),
                None => unreadable += 1,
            }
        }
        Ok(unreadable)
    }
}
