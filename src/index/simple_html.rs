//! The Simple API in HTML (PEP 503, with 592, 629, 658, 708, 714 and 792), and anchors in general.
//!
//! HTML cannot be told to be complete: the last end tags may be left out. A page counts as cut off
//! if it ends within a tag, a comment or (where the page closes any) an anchor, or if it opened `<html>` and closed neither
//! that nor `<body>`; no index in use leaves these out, and half a page would look like a project
//! without its newer versions.
//!
//! A page without files may be that of a project that has none, and one that asks for a password is
//! not: portals answer so for every address, with status 200. Buttons are no sign of that: some
//! indexes have one on the pages of their projects.

use std::borrow::Cow;

use url::Url;

use super::html::{Piece, Pieces, attributes, lower_case};
use super::links::{Link, Links};
use super::listing::FileFound;
use super::simple::{Body, DecodeError, Taker};
use super::simple_json::python_text;
use super::{Listing, MetadataFile};
use crate::package::{Digest, DistName, Timestamp};

/// Decodes by the content type's `charset`, a byte order mark, or else as UTF-8; what is not in
/// the encoding is replaced.
pub(super) fn text<'a>(body: &Body<'a>) -> Result<Cow<'a, str>, DecodeError> {
    let encoding = body
        .charset
        .and_then(|label| encoding_rs::Encoding::for_label(label.as_bytes()))
        .unwrap_or(encoding_rs::UTF_8);
    Ok(encoding.decode(body.bytes).0)
}

/// Reads a page.
pub(super) fn read<'t>(
    text: &'t str,
    base: Url,
    take: Taker<'t, '_>,
) -> Result<Listing, DecodeError> {
    let mut reader = Reader::new(base, take);
    for piece in Pieces::new(text) {
        reader.read(piece)?;
    }
    reader.finish()
}

/// Collects a page piece by piece.
struct Reader<'t, 'f> {
    take: Taker<'t, 'f>,
    listing: Listing,
    links: Links,
    has_base: bool,
    has_files: bool,
    has_distributions: bool,
    tags: usize,
    in_anchor: bool,
    closes_anchors: bool,
    opened: bool,
    closed: bool,
    text_before: bool,
    asks_something: bool,
    asks_password: bool,
}

impl<'t, 'f> Reader<'t, 'f> {
    fn new(base: Url, take: Taker<'t, 'f>) -> Self {
        Self {
            take,
            listing: Listing::default(),
            links: Links::new(base),
            has_base: false,
            has_files: false,
            has_distributions: false,
            tags: 0,
            in_anchor: false,
            closes_anchors: false,
            opened: false,
            closed: false,
            text_before: false,
            asks_something: false,
            asks_password: false,
        }
    }

    fn read(&mut self, piece: Piece<'t>) -> Result<(), DecodeError> {
        match piece {
            Piece::Cut if self.tags > 0 => return Err(DecodeError::Truncated),
            Piece::Cut => self.text_before = true,
            Piece::Text(text) => self.text_before |= self.tags == 0 && !text.trim().is_empty(),
            Piece::Start(name, rest) => {
                self.tags += 1;
                self.start(&lower_case(name), rest)?;
            }
            Piece::End(name) => match &*lower_case(name) {
                "a" => {
                    self.in_anchor = false;
                    self.closes_anchors = true;
                }
                "html" | "body" => self.closed = true,
                _ => {}
            },
        }
        Ok(())
    }

    fn start(&mut self, name: &str, rest: &'t str) -> Result<(), DecodeError> {
        match name {
            "a" => self.anchor(rest),
            "base" => self.base_element(rest),
            "html" => self.opened = true,
            "input" if !self.has_distributions => self.input(rest),
            "meta" => return self.meta(rest),
            _ => {}
        }
        Ok(())
    }

    fn anchor(&mut self, rest: &'t str) {
        let mut file = FileFound::default();
        let anchor = read_file(rest, &mut self.links, &mut file);
        self.in_anchor |= anchor != Anchor::LeadsNowhere;
        match anchor {
            Anchor::LeadsNowhere => {}
            Anchor::MakesNoSense => self.listing.unreadable += 1,
            Anchor::File => {
                self.has_files = true;
                self.has_distributions =
                    self.has_distributions || DistName::is_likely(&file.filename);
                (self.take)(file);
            }
        }
    }

    /// The first `<base>` with an address counts.
    fn base_element(&mut self, rest: &str) {
        let address = attribute(rest, "href").filter(|_| !self.has_base);
        if let Some(address) = address {
            self.has_base = self.links.rebase(address.trim_ascii());
        }
    }

    fn input(&mut self, rest: &str) {
        let kind = attribute(rest, "type").map(|kind| kind.trim().to_ascii_lowercase());
        match kind.as_deref() {
            Some("button" | "image" | "reset" | "submit") => {}
            Some("password") => self.asks_password = true,
            _ => self.asks_something = true,
        }
    }

    fn meta(&mut self, rest: &str) -> Result<(), DecodeError> {
        let Some(content) = attribute(rest, "content") else {
            return Ok(());
        };
        let content = content.trim().to_owned();
        match attribute(rest, "name").as_deref() {
            Some("pypi:repository-version") if content.split('.').next() != Some("1") => {
                let version = super::metadata::shortened(&content);
                return Err(DecodeError::ApiVersion(version));
            }
            Some("pypi:project-status") => self.listing.status = Some(content),
            Some("pypi:alternate-locations") => self.listing.alternates.push(content),
            Some("pypi:tracks") => self.listing.tracks.push(content),
            _ => {}
        }
        Ok(())
    }

    fn finish(self) -> Result<Listing, DecodeError> {
        let has_entries = self.has_files || self.listing.unreadable > 0;
        if self.asks_password && !self.has_distributions {
            return Err(DecodeError::SignIn);
        }
        if self.asks_something && !has_entries {
            return Err(DecodeError::Form);
        }
        if self.tags == 0 || (self.text_before && !has_entries) {
            return Err(DecodeError::Malformed("the page is not HTML".into()));
        }
        let cut_in_anchor = self.in_anchor && self.closes_anchors;
        if cut_in_anchor || (self.opened && !self.closed) {
            return Err(DecodeError::Truncated);
        }
        Ok(self.listing)
    }
}

/// What an anchor is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Anchor {
    LeadsNowhere,
    /// It has an address that cannot be read, or names no file.
    MakesNoSense,
    File,
}

/// Reads an anchor's attributes into a file, which is one where that is returned.
fn read_file<'t>(rest: &'t str, links: &mut Links, file: &mut FileFound<'t>) -> Anchor {
    let mut anchor = Anchor::LeadsNowhere;
    let mut metadata = None;
    let mut legacy_metadata = None;
    for (name, value) in attributes(rest) {
        match &*lower_case(name) {
            "href" if anchor == Anchor::LeadsNowhere => {
                let link = match value {
                    Cow::Borrowed(value) => links.resolve(value),
                    Cow::Owned(value) => links.resolve(&value).map(Link::into_owned),
                };
                anchor = match link.is_some_and(|link| take_link(link, file)) {
                    true => Anchor::File,
                    false => Anchor::MakesNoSense,
                };
            }
            "data-requires-python" => file.requires_python = python_text(value),
            "data-yanked" => file.yanked = Some(value),
            "data-upload-time" => file.upload_time = Timestamp::parse(&value),
            "data-size" => file.size = value.trim().parse().ok(),
            "data-core-metadata" => metadata = Some(value),
            "data-dist-info-metadata" => legacy_metadata = Some(value),
            _ => {}
        }
    }
    // The older name counts only where the new one says nothing (PEP 714).
    if let Some(value) = metadata.or(legacy_metadata) {
        file.metadata = metadata_file(&value);
    }
    anchor
}

/// Takes the address of a file, and says whether it names one.
fn take_link<'t>(link: Link<'t>, file: &mut FileFound<'t>) -> bool {
    let Some(filename) = link.filename() else {
        return false;
    };
    file.filename = filename;
    file.url = link.url;
    file.digests = link.digests;
    true
}

/// `true`, a digest, or anything else as a sign that it is there.
fn metadata_file(value: &str) -> MetadataFile {
    match value.trim() {
        "false" => MetadataFile::Absent,
        value => MetadataFile::Present(Digest::parse(value)),
    }
}

fn attribute<'a>(rest: &'a str, wanted: &str) -> Option<Cow<'a, str>> {
    attributes(rest)
        .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
        .map(|(_, value)| value)
}
