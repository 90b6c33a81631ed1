//! Versions as byte strings whose plain order is the order of PEP 440.
//!
//! Comparing two keys is a `memcmp`, a specifier becomes a few half-open intervals of keys
//! (see [`VersionSet`](super::VersionSet)), and a page of an index can be searched without
//! parsing a version. The order is that of PEP 440, "Summary of permitted suffixes and relative
//! ordering", as Python's `packaging` implements it.

use std::fmt;

use pep440_rs::{LocalSegment, Prerelease, PrereleaseKind, Version};

/// Ends the release segments; below every encoded number.
const END: u8 = 0x00;
/// Where a pre-release segment stands relative to the others.
const PRE_DEV_ONLY: u8 = 0x01;
const PRE_ALPHA: u8 = 0x02;
const PRE_BETA: u8 = 0x03;
const PRE_CANDIDATE: u8 = 0x04;
const PRE_NONE: u8 = 0x05;
const POST_NONE: u8 = 0x00;
const POST: u8 = 0x01;
const DEV: u8 = 0x00;
const DEV_NONE: u8 = 0x01;
const LOCAL_END: u8 = 0x00;
const LOCAL_TEXT: u8 = 0x01;
const LOCAL_NUMBER: u8 = 0x02;
/// Above every local segment and every other tag.
pub(super) const MAX: u8 = 0xff;

/// The cut before `0.dev0`, the least version of all.
pub(super) const LEAST: &[u8] = &[1, END, PRE_DEV_ONLY, POST_NONE, DEV, 1];

/// A version as bytes that compare in PEP 440 order.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VersionKey(Box<[u8]>);

impl VersionKey {
    /// Encodes a version; `1.0` and `1.0.0` give the same key.
    pub fn of(version: &Version) -> Self {
        let mut bytes = public_bytes(version);
        for segment in version.local() {
            match segment {
                LocalSegment::String(text) => {
                    bytes.push(LOCAL_TEXT);
                    bytes.extend_from_slice(text.as_bytes());
                    bytes.push(END);
                }
                LocalSegment::Number(number) => {
                    bytes.push(LOCAL_NUMBER);
                    push_number(&mut bytes, *number);
                }
            }
        }
        bytes.push(LOCAL_END);
        Self(bytes.into())
    }

    /// Takes bytes that [`VersionKey::as_bytes`] gave.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }

    /// Returns the bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for VersionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("key:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The cut below a version and its local versions.
///
/// Cuts are bounds of intervals: places between two versions. Each place has one spelling, that of
/// the version above it where there is a least one, so that equal sets have equal bounds.
pub(super) fn before(version: &Version) -> Vec<u8> {
    public_bytes(version)
}

/// The cut above a version and its local versions: below `1.0.dev4` for `1.0.dev3`, below
/// `1.0.post2.dev0` for `1.0.post1`.
pub(super) fn past_locals(version: &Version) -> Vec<u8> {
    let next = match (version.dev(), version.post()) {
        (Some(dev), _) => dev.checked_add(1).map(|dev| with_dev(version, dev)),
        (None, Some(post)) => post
            .checked_add(1)
            .map(|post| with_dev(&version.clone().with_post(Some(post)), 0)),
        (None, None) => Some(with_dev(&version.clone().with_post(Some(0)), 0)),
    };
    next.map_or_else(|| with_max(public_bytes(version)), |next| before(&next))
}

/// The cut above a final version or pre-release, its local versions and its post-releases.
pub(super) fn past_posts(version: &Version) -> Vec<u8> {
    let next = version.pre().and_then(|pre| {
        let number = pre.number.checked_add(1)?;
        let pre = Some(Prerelease { number, ..pre });
        Some(with_dev(&version.clone().with_post(None).with_pre(pre), 0))
    });
    next.map_or_else(
        || {
            // Post-releases share its key up to the mark that says whether there is one.
            let mut shared = public_bytes(version);
            shared.truncate(shared.len() - 2);
            with_max(shared)
        },
        |next| before(&next),
    )
}

/// The cut above every version whose release starts with these numbers.
pub(super) fn past_prefix(epoch: u64, prefix: &[u64]) -> Vec<u8> {
    let Some((last, kept)) = prefix.split_last() else {
        let mut bytes = Vec::new();
        push_number(&mut bytes, epoch);
        return with_max(bytes);
    };
    let Some(next) = last.checked_add(1) else {
        return past_prefix(epoch, kept);
    };
    let release = kept.iter().copied().chain([next]);
    before(&with_dev(&Version::new(release).with_epoch(epoch), 0))
}

fn with_dev(version: &Version, dev: u64) -> Version {
    version.clone().with_local(Vec::new()).with_dev(Some(dev))
}

fn with_max(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.push(MAX);
    bytes
}

/// The key of a version without its local segment and without the end mark: a prefix of the keys
/// of all its local versions.
fn public_bytes(version: &Version) -> Vec<u8> {
    let mut bytes = release_bytes(version.epoch(), version.release());
    bytes.push(match (version.pre(), version.post(), version.dev()) {
        (None, None, Some(_)) => PRE_DEV_ONLY,
        (None, _, _) => PRE_NONE,
        (Some(pre), _, _) => match pre.kind {
            PrereleaseKind::Alpha => PRE_ALPHA,
            PrereleaseKind::Beta => PRE_BETA,
            PrereleaseKind::Rc => PRE_CANDIDATE,
        },
    });
    if let Some(pre) = version.pre() {
        push_number(&mut bytes, pre.number);
    }
    match version.post() {
        None => bytes.push(POST_NONE),
        Some(number) => {
            bytes.push(POST);
            push_number(&mut bytes, number);
        }
    }
    match version.dev() {
        Some(number) => {
            bytes.push(DEV);
            push_number(&mut bytes, number);
        }
        None => bytes.push(DEV_NONE),
    }
    bytes
}

/// Epoch and release, trailing zeros stripped, with the end mark: a prefix of the keys of every
/// version with that base version, and a lower bound of them all.
fn release_bytes(epoch: u64, release: &[u64]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(16);
    push_number(&mut bytes, epoch);
    let used = release.iter().rposition(|&n| n != 0).map_or(0, |at| at + 1);
    for &segment in &release[..used] {
        push_number(&mut bytes, segment);
    }
    bytes.push(END);
    bytes
}

/// Numbers below 0xE0 take one byte (plus one, so that none is [`END`]); larger ones a length
/// byte and their significant bytes, big-endian.
fn push_number(bytes: &mut Vec<u8>, number: u64) {
    if number < 0xe0 {
        bytes.push(number as u8 + 1);
        return;
    }
    let significant = number.to_be_bytes();
    let skip = number.leading_zeros() as usize / 8;
    bytes.push(0xf0 + (8 - skip) as u8);
    bytes.extend_from_slice(&significant[skip..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> VersionKey {
        VersionKey::of(&text.parse().unwrap())
    }

    #[test]
    fn keys_order_as_pep_440_orders() {
        let ascending = [
            "0.dev1",
            "0",
            "0.0.0.1",
            "1.dev0",
            "1.0a1.dev1",
            "1.0a1",
            "1.0a1.post1.dev2",
            "1.0a1.post1",
            "1.0b1",
            "1.0rc1",
            "1.0rc300",
            "1.0",
            "1.0+abc",
            "1.0+abc.5",
            "1.0+abd",
            "1.0+5",
            "1.0+5.a",
            "1.0.post1.dev3",
            "1.0.post1",
            "1.0.post1+a",
            "1.0.1",
            "1.1",
            "1.224",
            "1.255",
            "1.256",
            "1.65536",
            "2024.1.1",
            "1!0.1",
        ];

        for pair in ascending.windows(2) {
            assert!(key(pair[0]) < key(pair[1]), "{} < {}", pair[0], pair[1]);
        }
    }

    #[test]
    fn nothing_is_below_the_least_cut() {
        assert_eq!(before(&"0.dev0".parse().unwrap()), LEAST);
    }

    #[test]
    fn trailing_zeros_do_not_matter() {
        assert_eq!(key("1"), key("1.0.0"));
        assert_eq!(key("1.0+a"), key("1+A"));
        assert_ne!(key("1.0"), key("1.0.0.1"));
    }
}
