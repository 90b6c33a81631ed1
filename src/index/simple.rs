//! Which decoder reads a project's page: the content type decides, as PEP 691 says.

use std::fmt;

use url::Url;

use super::{Listing, simple_html, simple_json};

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
    /// An API version that came after this program.
    ApiVersion(String),
}

type Decoder = fn(&Body<'_>) -> Result<Listing, DecodeError>;

/// The content types of project pages. As pip, we take `text/html` and nothing that only looks
/// like it: a login page or a plain text is no index.
const PROTOCOLS: &[(&str, Decoder)] = &[
    ("application/vnd.pypi.simple.v1+html", simple_html::decode),
    ("application/vnd.pypi.simple.v1+json", simple_json::decode),
    ("text/html", simple_html::decode),
];

/// More than ten times the largest page there is.
const MAX_BODY: usize = 64 << 20;

/// What was received.
pub(super) struct Body<'a> {
    pub(super) bytes: &'a [u8],
    /// The `charset` of the content type.
    pub(super) charset: Option<&'a str>,
    /// What relative addresses are relative to; without credentials.
    pub(super) base: Url,
}

/// Decodes the page of a project; `base` is the address that answered, after redirections.
pub fn decode_simple(content_type: &str, body: &[u8], base: &Url) -> Result<Listing, DecodeError> {
    let (body, decode) = prepare(content_type, body, base)?;
    decode(&body)
}

fn prepare<'a>(
    content_type: &'a str,
    bytes: &'a [u8],
    base: &Url,
) -> Result<(Body<'a>, Decoder), DecodeError> {
    let mut parts = content_type.split(';').map(str::trim);
    let media_type = parts.next().unwrap_or_default();
    let known = PROTOCOLS
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(media_type));
    let Some((_, decoder)) = known else {
        return Err(DecodeError::ContentType(super::metadata::shortened(
            media_type,
        )));
    };
    let charset = parts
        .filter_map(|part| part.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))
        .map(|(_, value)| value.trim().trim_matches('"'));
    Ok((Body::new(bytes, charset, base)?, *decoder))
}

impl<'a> Body<'a> {
    pub(super) fn new(
        bytes: &'a [u8],
        charset: Option<&'a str>,
        base: &Url,
    ) -> Result<Self, DecodeError> {
        if bytes.len() > MAX_BODY {
            return Err(DecodeError::TooLarge);
        }
        let mut base = base.clone();
        // Addresses of files are shown and stored, so credentials must not slip into them; only
        // URLs that cannot have any refuse to lose them.
        let _ = base.set_password(None);
        let _ = base.set_username("");
        Ok(Self {
            bytes,
            charset,
            base,
        })
    }
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
            Self::ApiVersion(version) => {
                write!(f, "the index speaks version {version} of the API, not 1")
            }
        }
    }
}

impl std::error::Error for DecodeError {}
