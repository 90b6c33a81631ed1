//! The parsers of foreign text, one function each, for the fuzz targets in `fuzz/`: bytes in,
//! nothing out, never a panic. No part of the public interface.

use crate::package::{Marker, MarkerTexts, Requirement, Specifiers, Version, VersionKey};

/// Reads a requirement, strictly and as metadata; what was read can be written and read again.
pub fn requirement(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = Requirement::parse_lenient(&text, &mut MarkerTexts::default());
    let _ = Marker::parse_lenient(&text);
    if let Ok(requirement) = Requirement::parse(&text) {
        let again = Requirement::parse(&requirement.to_string());
        let is_whole = requirement.url.is_some() || again.as_ref() == Ok(&requirement);
        assert!(is_whole, "{requirement:?} became {again:?}");
    }
}

/// Reads specifiers, strictly and as metadata; the text kept means the same set.
pub fn specifiers(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(specifiers) = Specifiers::parse_lenient(&text) {
        assert_eq!(Specifiers::parse(specifiers.text()), Ok(specifiers));
    }
}

/// Reads two versions, a line each; their keys order as they do.
pub fn version_key(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut versions = text.lines().map(str::parse::<Version>);
    if let (Some(Ok(left)), Some(Ok(right))) = (versions.next(), versions.next()) {
        let keys = (VersionKey::of(&left), VersionKey::of(&right));
        assert_eq!(keys.0.cmp(&keys.1), left.cmp(&right));
    }
}
