//! A requirement in the record of its distribution: its specifiers as the key intervals they mean.
//! Nobody asks for most of them, so that looking through one takes a few steps and no memory.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::package::{
    Digest, DirectUrl, ExtraName, Marker, PackageName, Requirement, Specifiers, VersionSet,
};

/// A requirement as it lies in a record.
pub(super) struct RequirementRecord<'a> {
    name: &'a [u8],
    /// With commas between them.
    extras: &'a [u8],
    specifiers: SpecifiersRecord<'a>,
    url: Option<UrlRecord<'a>>,
}

/// Specifiers as they lie in a record.
pub(super) struct SpecifiersRecord<'a> {
    text: &'a str,
    marks: u8,
    literal: Option<&'a str>,
    /// Pairs of keys, one after the other.
    intervals: Cursor<'a>,
}

/// What specifiers may be marked as.
const PINS: u8 = 1;
const NAMES_PRERELEASE: u8 = 2;
const HAS_LITERAL: u8 = 4;

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

impl<'a> RequirementRecord<'a> {
    /// Writes a requirement without its marker, which stands elsewhere in a record.
    pub(super) fn write(requirement: &Requirement, to: &mut Vec<u8>) {
        write_bytes(requirement.name.as_ref().as_bytes(), to);
        write_bytes(joined(&requirement.extras).as_bytes(), to);
        SpecifiersRecord::write(&requirement.specifiers, to);
        let url = requirement.url.as_deref().map(UrlRecord::of);
        // Writing plain values to memory has no way to fail.
        let url = url.map(|url| postcard::to_stdvec(&url).unwrap_or_default());
        write_bytes(&url.unwrap_or_default(), to);
    }

    /// Reads what [`RequirementRecord::write`] wrote; `None` where no requirement can be made of it.
    pub(super) fn read(from: &mut Cursor<'a>) -> Option<Self> {
        let name = from.bytes()?;
        let extras = from.bytes()?;
        let are_names = is_name(name) && named(extras).all(is_name);
        let specifiers = SpecifiersRecord::read(from)?;
        let url = match from.bytes()? {
            [] => None,
            url => {
                let url: UrlRecord<'_> = postcard::from_bytes(url).ok()?;
                url.to_url()?;
                Some(url)
            }
        };
        are_names.then_some(Self {
            name,
            extras,
            specifiers,
            url,
        })
    }

    /// Makes the requirement, with its marker.
    pub(super) fn into_requirement(self, marker: Marker) -> Option<Requirement> {
        let extras = named(self.extras).map(|name| ExtraName::new(text(name)?.to_owned()).ok());
        Some(Requirement {
            name: PackageName::new(text(self.name)?.to_owned()).ok()?,
            extras: extras.collect::<Option<_>>()?,
            specifiers: self.specifiers.into_specifiers(),
            url: self.url.and_then(|url| url.to_url()).map(Arc::new),
            marker,
        })
    }
}

impl<'a> SpecifiersRecord<'a> {
    /// Writes specifiers; where there are none, only their empty text.
    pub(super) fn write(specifiers: &Specifiers, to: &mut Vec<u8>) {
        let set = specifiers.set();
        let marks = [
            (specifiers.is_pin(), PINS),
            (specifiers.names_prerelease(), NAMES_PRERELEASE),
            (set.literal().is_some(), HAS_LITERAL),
        ];
        let marks = marks.into_iter().filter(|(is_so, _)| *is_so);
        write_bytes(specifiers.text().as_bytes(), to);
        if specifiers.is_any() {
            return;
        }
        to.push(marks.fold(0, |all, (_, mark)| all | mark));
        let mut intervals = Vec::new();
        for (start, end) in set.intervals() {
            write_bytes(start, &mut intervals);
            write_bytes(end, &mut intervals);
        }
        write_bytes(&intervals, to);
        if let Some(literal) = set.literal() {
            write_bytes(literal.as_bytes(), to);
        }
    }

    /// Reads what [`SpecifiersRecord::write`] wrote; `None` where it is damaged.
    pub(super) fn read(from: &mut Cursor<'a>) -> Option<Self> {
        let mut record = Self {
            text: text(from.bytes()?)?,
            marks: 0,
            literal: None,
            intervals: Cursor(&[]),
        };
        if record.text.is_empty() {
            return Some(record);
        }
        record.marks = from.byte()?;
        record.intervals = Cursor(from.bytes()?);
        if record.marks & HAS_LITERAL != 0 {
            record.literal = Some(text(from.bytes()?)?);
        }
        let mut rest = record.intervals;
        while !rest.is_empty() {
            rest.bytes()?;
            rest.bytes()?;
        }
        Some(record)
    }

    /// Makes the specifiers.
    pub(super) fn into_specifiers(self) -> Specifiers {
        if self.text.is_empty() {
            return Specifiers::any();
        }
        let mut rest = self.intervals;
        let intervals = std::iter::from_fn(|| Some((rest.bytes()?, rest.bytes()?)));
        let set = VersionSet::from_parts(intervals, self.literal);
        let is = |mark| self.marks & mark != 0;
        Specifiers::from_parts(self.text, set, is(PINS), is(NAMES_PRERELEASE))
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

/// Bytes that are read from the front.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'a>(pub(super) &'a [u8]);

impl<'a> Cursor<'a> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// Reads what [`write_number`] wrote.
    pub(super) fn number(&mut self) -> Option<u32> {
        let mut number = 0;
        for at in 0..5 {
            let byte = self.byte()?;
            number |= u32::from(byte & 0x7f) << (7 * at);
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    /// Reads what [`write_bytes`] wrote.
    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        let len = self.number()? as usize;
        let (bytes, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(bytes)
    }
}

/// Writes a number, seven bits a byte.
pub(super) fn write_number(number: usize, to: &mut Vec<u8>) {
    let mut rest = number;
    while rest >= 0x80 {
        to.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    to.push(rest as u8);
}

/// Writes bytes with their number before them.
pub(super) fn write_bytes(bytes: &[u8], to: &mut Vec<u8>) {
    write_number(bytes.len(), to);
    to.extend_from_slice(bytes);
}

pub(super) fn text(bytes: &[u8]) -> Option<&str> {
    str::from_utf8(bytes).ok()
}

/// Whether it is a name as it is stored: in normal form.
fn is_name(name: &[u8]) -> bool {
    let mut last = b'-';
    for byte in name {
        let is_fine = match byte {
            b'a'..=b'z' | b'0'..=b'9' => true,
            b'-' => last != b'-',
            _ => false,
        };
        if !is_fine {
            return false;
        }
        last = *byte;
    }
    last != b'-'
}

/// Returns the names in a list.
pub(super) fn named(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let count = if list.is_empty() { 0 } else { usize::MAX };
    list.split(|byte| *byte == b',').take(count)
}

/// Writes names as a list.
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

            prop_assert_eq!(is_name(text.as_bytes()), is_normal);
        }
    }
}
