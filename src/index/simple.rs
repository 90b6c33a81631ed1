//! Which decoder reads a project's page: the content type decides, as PEP 691 says.

use std::borrow::Cow;
use std::fmt;

use url::Url;

use super::listing::FileFound;
use super::page_build::PageBuilder;
use super::{Listing, Page, simple_html, simple_json};
use crate::package::PackageName;

/// Why a body is not the page of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// The content type is none that pages have.
    ContentType(String),
    /// Larger than any page.
    TooLarge,
    /// Not what its content type says.
    Malformed(String),
    /// It ends in the middle.
    Truncated,
    /// HTML that asks for a password, without a link to a distribution.
    SignIn,
    /// HTML that asks for something else, without any link.
    Form,
    /// An API version that came after this program.
    ApiVersion(String),
}

/// Takes the files of a page as a decoder meets them.
pub(super) type Taker<'t, 'f> = &'f mut (dyn FnMut(FileFound<'t>) + 'f);

/// How pages of a content type are read.
struct Protocol {
    content_type: &'static str,
    /// Makes text of what was received.
    text: for<'a> fn(&Body<'a>) -> Result<Cow<'a, str>, DecodeError>,
    /// Hands over the files of a text; returns what it says besides.
    read: for<'t> fn(&'t str, Url, Taker<'t, '_>) -> Result<Listing, DecodeError>,
}

const fn html(content_type: &'static str) -> Protocol {
    Protocol {
        content_type,
        text: simple_html::text,
        read: simple_html::read,
    }
}

/// The content types of project pages. As pip, we take `text/html` and nothing that only looks
/// like it: a login page or a plain text is no index.
const PROTOCOLS: &[Protocol] = &[
    html("application/vnd.pypi.simple.v1+html"),
    Protocol {
        content_type: "application/vnd.pypi.simple.v1+json",
        text: simple_json::text,
        read: simple_json::read,
    },
    html("text/html"),
];

/// More than ten times the largest page there is.
const MAX_BODY: usize = 64 << 20;

/// Few files take less than that on a page: their address alone, with its digest, takes 200 bytes.
const LEAST_ENTRY: usize = 300;

/// What was received.
pub(super) struct Body<'a> {
    pub(super) bytes: &'a [u8],
    /// The `charset` of the content type.
    pub(super) charset: Option<&'a str>,
}

/// Decodes the page of a project; `base` is the address that answered, after redirections.
pub fn decode_simple(content_type: &str, body: &[u8], base: &Url) -> Result<Listing, DecodeError> {
    let (body, protocol) = prepare(content_type, body)?;
    let text = (protocol.text)(&body)?;
    let mut files = Vec::new();
    let listing = (protocol.read)(&text, base.clone(), &mut |file| {
        files.push(file.into_entry());
    })?;
    Ok(Listing { files, ..listing })
}

/// Decodes the page of a project to what is kept of it, without a list of all files on the way.
pub fn decode_page(
    project: &PackageName,
    content_type: &str,
    body: &[u8],
    base: &Url,
) -> Result<Page, DecodeError> {
    let (body, protocol) = prepare(content_type, body)?;
    let text = (protocol.text)(&body)?;
    let mut builder = PageBuilder::new(project, body.bytes.len() / LEAST_ENTRY);
    let listing = (protocol.read)(&text, base.clone(), &mut |file| builder.take(file))?;
    Ok(Page::finish(builder, &listing))
}

fn prepare<'a>(
    content_type: &'a str,
    bytes: &'a [u8],
) -> Result<(Body<'a>, &'static Protocol), DecodeError> {
    let mut parts = content_type.split(';').map(str::trim);
    let media_type = parts.next().unwrap_or_default();
    let known = PROTOCOLS
        .iter()
        .find(|known| known.content_type.eq_ignore_ascii_case(media_type));
    let Some(protocol) = known else {
        return Err(DecodeError::ContentType(super::metadata::shortened(
            media_type,
        )));
    };
    if bytes.len() > MAX_BODY {
        return Err(DecodeError::TooLarge);
    }
    let charset = parts
        .filter_map(|part| part.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))
        .map(|(_, value)| value.trim().trim_matches('"'));
    Ok((Body { bytes, charset }, protocol))
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ContentType(kind) if kind.is_empty() => {
                f.write_str("the answer has no content type, so it is not a page of an index")
            }
            Self::ContentType(kind) => {
                write!(f, "the content type `{kind}` is not that of an index")
            }
            Self::TooLarge => write!(f, "the page is larger than {} MiB", MAX_BODY >> 20),
            Self::Malformed(reason) => f.write_str(reason),
            Self::Truncated => f.write_str("the page ends in the middle"),
            Self::SignIn => f.write_str(
                "it is HTML with a password field and no link to a distribution, and looks like a \
                 sign-in page, not like one of an index (PEP 503)",
            ),
            Self::Form => f.write_str(
                "it is HTML with a form to fill in and without any link, unlike one of an index \
                 (PEP 503)",
            ),
            Self::ApiVersion(version) => {
                write!(f, "the index speaks version {version} of the API, not 1")
            }
        }
    }
}

impl std::error::Error for DecodeError {}
