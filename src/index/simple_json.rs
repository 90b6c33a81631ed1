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

use super::links::{Link, MAX_TEXT};
use super::simple::{Body, DecodeError};
use super::{FileEntry, Listing, MetadataFile};
use crate::package::{Digest, Timestamp};

/// A page, its files read as they come: a large one has thousands, and their texts need not all be
/// held twice.
#[derive(Default)]
struct Page<'a> {
    meta: Loose<'a>,
    /// None where the page has no list of files.
    files: Option<Files>,
    project_status: Loose<'a>,
    alternate_locations: Loose<'a>,
}

/// What is read of a page's list of files.
#[derive(Default)]
struct Files {
    entries: Vec<FileEntry>,
    unreadable: usize,
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
    core_metadata: Loose<'a>,
    data_dist_info_metadata: Loose<'a>,
    dist_info_metadata: Loose<'a>,
    filename: Loose<'a>,
    hashes: Loose<'a>,
    requires_python: Loose<'a>,
    size: Loose<'a>,
    upload_time: Loose<'a>,
    url: Loose<'a>,
    yanked: Loose<'a>,
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

/// Any JSON value, as far as pages use it.
#[derive(Default)]
enum Loose<'a> {
    #[default]
    Nothing,
    Bool(bool),
    Number(u64),
    Text(Cow<'a, str>),
    Texts(Vec<Cow<'a, str>>),
    Table(Vec<(Cow<'a, str>, Loose<'a>)>),
}

/// Decodes a page.
pub(super) fn decode(body: &Body<'_>) -> Result<Listing, DecodeError> {
    let bytes = body
        .bytes
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(body.bytes);
    let text = std::str::from_utf8(bytes)
        .map_err(|_| DecodeError::Malformed("the page is not UTF-8 text".into()))?;
    let page = read_page(text, &body.base).map_err(|error| match error.is_eof() {
        true => DecodeError::Truncated,
        false => DecodeError::Malformed(format!("the page is not the JSON of an index: {error}")),
    })?;
    check_api_version(&page.meta)?;
    let files = page.files.unwrap_or_default();
    Ok(Listing {
        status: page.project_status.get("status").and_then(Loose::to_text),
        alternates: page.alternate_locations.to_texts(),
        tracks: page
            .meta
            .get("tracks")
            .map(Loose::to_texts)
            .unwrap_or_default(),
        files: files.entries,
        unreadable: files.unreadable,
    })
}

fn read_page<'a>(text: &'a str, base: &Url) -> serde_json::Result<Page<'a>> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let page = PageVisitor(base).deserialize(&mut deserializer)?;
    deserializer.end()?;
    match page.files {
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

/// Returns a file's entry; `None` where its name or address is missing or makes no sense.
fn to_entry(file: &File<'_>, base: &Url) -> Option<FileEntry> {
    let link = Link::resolve(base, file.url.text()?)?;
    let filename = file.filename.text()?;
    let mut digests = file.hashes.digests();
    if digests.is_empty() {
        digests = link.digests;
    }
    Some(FileEntry {
        filename: (filename.len() <= MAX_TEXT).then(|| filename.to_owned())?,
        url: link.url,
        digests,
        requires_python: file.requires_python.text().and_then(python_text),
        size: match file.size {
            Loose::Number(size) => Some(size),
            _ => None,
        },
        upload_time: file.upload_time.text().and_then(Timestamp::parse),
        yanked: match &file.yanked {
            Loose::Bool(true) => Some(String::new()),
            Loose::Text(reason) => Some(reason.to_string()),
            _ => None,
        },
        metadata: metadata_file(file),
    })
}

/// The older names count only where the new one says nothing (PEP 714).
fn metadata_file(file: &File<'_>) -> MetadataFile {
    let said = [
        &file.core_metadata,
        &file.dist_info_metadata,
        &file.data_dist_info_metadata,
    ];
    match said.into_iter().find(|said| !said.is_nothing()) {
        Some(Loose::Bool(true)) => MetadataFile::Present(None),
        Some(Loose::Bool(false)) => MetadataFile::Absent,
        Some(hashes @ Loose::Table(_)) => MetadataFile::Present(strongest(hashes.digests())),
        _ => MetadataFile::NotSaid,
    }
}

/// Returns a `Requires-Python` unless it says nothing.
pub(super) fn python_text(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty() && text.len() <= MAX_TEXT).then(|| text.to_owned())
}

/// Returns the digest that says most.
pub(super) fn strongest(digests: Vec<Digest>) -> Option<Digest> {
    digests.into_iter().max_by_key(|digest| {
        // SHA-2 by length; MD5 and SHA-1 are both shorter.
        digest.as_bytes().len()
    })
}

impl Loose<'_> {
    fn is_nothing(&self) -> bool {
        matches!(self, Self::Nothing)
    }

    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    fn to_text(&self) -> Option<String> {
        self.text().map(str::to_owned)
    }

    fn to_texts(&self) -> Vec<String> {
        match self {
            Self::Texts(texts) => texts.iter().map(ToString::to_string).collect(),
            _ => Vec::new(),
        }
    }

    fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Table(table) => table
                .iter()
                .find(|(name, _)| name == key)
                .map(|(_, value)| value),
            _ => None,
        }
    }

    fn digests(&self) -> Vec<Digest> {
        let Self::Table(table) = self else {
            return Vec::new();
        };
        table
            .iter()
            .filter_map(|(name, value)| Digest::new(name, value.text()?))
            .collect()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Loose<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LooseVisitor)
    }
}

struct LooseVisitor;

impl<'de> Visitor<'de> for LooseVisitor {
    type Value = Loose<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Loose::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Loose::Number(value))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Loose::Nothing)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Loose::Nothing)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Loose::Nothing)
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(Loose::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Loose::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Self::Value, A::Error> {
        let mut texts = Vec::new();
        while let Some(value) = values.next_element::<Loose<'de>>()? {
            if let Loose::Text(text) = value {
                texts.push(text);
            }
        }
        Ok(Loose::Texts(texts))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        // Nearly always a single digest.
        let mut table = Vec::with_capacity(1);
        while let Some(key) = entries.next_key::<Loose<'de>>()? {
            let value = entries.next_value()?;
            if let Loose::Text(key) = key {
                table.push((key, value));
            }
        }
        Ok(Loose::Table(table))
    }
}

/// Reads a page with the address that it came from.
struct PageVisitor<'u>(&'u Url);

impl<'de> DeserializeSeed<'de> for PageVisitor<'_> {
    type Value = Page<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Page<'de>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for PageVisitor<'_> {
    type Value = Page<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a page")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut parts: A) -> Result<Page<'de>, A::Error> {
        let mut page = Page::default();
        while let Some(part) = parts.next_key::<Part>()? {
            let place = match part {
                Part::Meta => &mut page.meta,
                Part::ProjectStatus => &mut page.project_status,
                Part::AlternateLocations => &mut page.alternate_locations,
                Part::Files if page.files.is_some() => {
                    return Err(A::Error::duplicate_field("files"));
                }
                Part::Files => {
                    page.files = Some(parts.next_value_seed(FilesVisitor(self.0))?);
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
            *place = parts.next_value()?;
        }
        Ok(page)
    }
}

/// Reads a list of files with the address of its page.
struct FilesVisitor<'u>(&'u Url);

impl<'de> DeserializeSeed<'de> for FilesVisitor<'_> {
    type Value = Files;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Files, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for FilesVisitor<'_> {
    type Value = Files;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of files")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut files: A) -> Result<Files, A::Error> {
        let mut read = Files::default();
        while let Some(file) = files.next_element::<File<'de>>()? {
            match to_entry(&file, self.0) {
                Some(entry) => read.entries.push(entry),
                None => read.unreadable += 1,
            }
        }
        Ok(read)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for File<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FileVisitor)
    }
}

struct FileVisitor;

impl<'de> Visitor<'de> for FileVisitor {
    type Value = File<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(File::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(File::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(File::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(File::default())
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(File::default())
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(File::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Self::Value, A::Error> {
        while values.next_element::<IgnoredAny>()?.is_some() {}
        Ok(File::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut file = File::default();
        while let Some(field) = entries.next_key::<Field>()? {
            let place = match field {
                Field::CoreMetadata => &mut file.core_metadata,
                Field::DataDistInfoMetadata => &mut file.data_dist_info_metadata,
                Field::DistInfoMetadata => &mut file.dist_info_metadata,
                Field::Filename => &mut file.filename,
                Field::Hashes => &mut file.hashes,
                Field::RequiresPython => &mut file.requires_python,
                Field::Size => &mut file.size,
                Field::UploadTime => &mut file.upload_time,
                Field::Url => &mut file.url,
                Field::Yanked => &mut file.yanked,
                Field::Other => {
                    entries.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            *place = entries.next_value()?;
        }
        Ok(file)
    }
}
