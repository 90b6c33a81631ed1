//! The Simple API in JSON (PEP 691, with 700, 708, 714 and 792).
//!
//! Texts are borrowed from the body wherever they hold no escapes, and each field takes whatever
//! value stands there, so that one bad entry costs that entry and not the page.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use url::Url;

use super::links::{Link, MAX_TEXT};
use super::simple::{Body, DecodeError};
use super::{FileEntry, Listing, MetadataFile};
use crate::package::{Digest, Timestamp};

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow, default)]
    meta: Loose<'a>,
    #[serde(borrow)]
    files: Vec<Loose<'a>>,
    #[serde(borrow, default, rename = "project-status")]
    project_status: Loose<'a>,
    #[serde(borrow, default, rename = "alternate-locations")]
    alternate_locations: Loose<'a>,
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
    let page: Page<'_> = serde_json::from_str(text).map_err(|error| match error.is_eof() {
        true => DecodeError::Truncated,
        false => DecodeError::Malformed(format!("the page is not the JSON of an index: {error}")),
    })?;
    check_api_version(&page.meta)?;
    let mut listing = Listing {
        status: page.project_status.get("status").and_then(Loose::to_text),
        alternates: page.alternate_locations.to_texts(),
        tracks: page
            .meta
            .get("tracks")
            .map(Loose::to_texts)
            .unwrap_or_default(),
        ..Listing::default()
    };
    for file in &page.files {
        match to_entry(file, &body.base) {
            Some(entry) => listing.files.push(entry),
            None => listing.unreadable += 1,
        }
    }
    Ok(listing)
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
fn to_entry(file: &Loose<'_>, base: &Url) -> Option<FileEntry> {
    let link = Link::resolve(base, file.get("url")?.text()?)?;
    let filename = file.get("filename")?.text()?;
    let mut digests = file.get("hashes").map(Loose::digests).unwrap_or_default();
    if digests.is_empty() {
        digests = link.digests;
    }
    let text = |key| file.get(key).and_then(Loose::text);
    Some(FileEntry {
        filename: (filename.len() <= MAX_TEXT).then(|| filename.to_owned())?,
        url: link.url,
        digests,
        requires_python: text("requires-python").and_then(python_text),
        size: match file.get("size") {
            Some(Loose::Number(size)) => Some(*size),
            _ => None,
        },
        upload_time: text("upload-time").and_then(Timestamp::parse),
        yanked: match file.get("yanked") {
            Some(Loose::Bool(true)) => Some(String::new()),
            Some(Loose::Text(reason)) => Some(reason.to_string()),
            _ => None,
        },
        metadata: metadata_file(file),
    })
}

/// The older names count only where the new one says nothing (PEP 714).
fn metadata_file(file: &Loose<'_>) -> MetadataFile {
    let names = [
        "core-metadata",
        "dist-info-metadata",
        "data-dist-info-metadata",
    ];
    let said = names.iter().find_map(|name| file.get(name));
    match said {
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
        digest.hex().len()
    })
}

impl Loose<'_> {
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
        let mut table = Vec::new();
        while let Some(key) = entries.next_key::<Loose<'de>>()? {
            let value = entries.next_value()?;
            if let Loose::Text(key) = key {
                table.push((key, value));
            }
        }
        Ok(Loose::Table(table))
    }
}
