//! Digests as pages store them: the number of the algorithm, then the bytes, one after another.

use crate::package::Digest;

/// The digest algorithms by their number in the buffer, with their length in bytes.
const ALGORITHMS: &[(&str, usize)] = &[
    ("sha256", 32),
    ("sha512", 64),
    ("sha384", 48),
    ("sha224", 28),
    ("sha1", 20),
    ("md5", 16),
];

/// Digests, read back one after another.
#[derive(Clone, Debug, Default)]
pub struct Digests<'a>(pub(super) &'a [u8]);

impl Iterator for Digests<'_> {
    type Item = Digest;

    fn next(&mut self) -> Option<Digest> {
        let (algorithm, rest) = self.0.split_first()?;
        let (name, len) = ALGORITHMS.get(usize::from(*algorithm))?;
        let (raw, rest) = rest.split_at_checked(*len)?;
        self.0 = rest;
        Digest::from_bytes(name, raw)
    }
}

/// Writes a digest behind others; one of an algorithm without a number is left out.
pub(super) fn pack_digest(digest: &Digest, bytes: &mut Vec<u8>) {
    let known = ALGORITHMS
        .iter()
        .position(|(name, _)| *name == digest.algorithm());
    let Some(algorithm) = known.and_then(|at| u8::try_from(at).ok()) else {
        return;
    };
    bytes.push(algorithm);
    bytes.extend_from_slice(digest.as_bytes());
}
