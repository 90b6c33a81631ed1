//! A response's body: kept in memory up to a size, on disk beyond it, never larger than allowed,
//! and unpacked where the server compressed it for the way. A file of this machine stays where it
//! is and is read in place.

use std::fmt;
use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom, Write};

use flate2::read::MultiGzDecoder;
use flate2::{Decompress, FlushDecompress, Status};
use sha2::{Sha224, Sha256, Sha384, Sha512};
use tempfile::{SpooledData, SpooledTempFile, spooled_tempfile};

use crate::package::Digest;

/// So many times smaller gzip makes pages at best.
const MOST_PACKED: u64 = 40;
/// The largest window that gzip can have, as the logarithm of its size.
const WINDOW_BITS: u8 = 15;

/// Bytes received.
#[derive(Debug)]
pub(super) struct Body {
    file: Store,
    len: u64,
    limit: u64,
}

/// Where the bytes are.
#[derive(Debug)]
enum Store {
    /// In memory, and in a temporary file where they become many.
    Own(SpooledTempFile),
    /// In memory.
    Memory(Cursor<Vec<u8>>),
    Local(File),
}

/// Why bytes were not taken.
#[derive(Debug)]
pub(super) enum BodyError {
    /// More than allowed.
    TooLarge(u64),
    /// The temporary file, or the compressed form.
    Broken(std::io::Error),
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge(limit) => write!(f, "the answer is larger than {limit} bytes"),
            Self::Broken(error) => write!(f, "the answer cannot be kept: {error}"),
        }
    }
}

impl From<std::io::Error> for BodyError {
    fn from(error: std::io::Error) -> Self {
        Self::Broken(error)
    }
}

impl Body {
    /// Returns an empty body that takes at most `limit` bytes, `in_memory` of them without a file.
    pub(super) fn new(in_memory: usize, limit: u64) -> Self {
        Self {
            file: Store::Own(spooled_tempfile(in_memory)),
            len: 0,
            limit,
        }
    }

    /// Returns the same for a body that says how long it is. Where that is kept in memory, there is
    /// room for it at once: one that grows bit by bit is copied time and again.
    pub(super) fn of_length(len: u64, in_memory: usize, limit: u64) -> Self {
        let most = limit.min(in_memory as u64);
        let room = usize::try_from(len).ok().filter(|_| len <= most);
        let Some(room) = room else {
            return Self::new(in_memory, limit);
        };
        Self {
            file: Store::Memory(Cursor::new(Vec::with_capacity(room))),
            len: 0,
            limit,
        }
    }

    /// Wraps a file of this machine.
    pub(super) fn of_file(file: File, limit: u64) -> Result<Self, BodyError> {
        let len = file.metadata()?.len();
        match len > limit {
            true => Err(BodyError::TooLarge(limit)),
            false => Ok(Self {
                file: Store::Local(file),
                len,
                limit,
            }),
        }
    }

    /// Adds bytes at the end.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), BodyError> {
        self.len += bytes.len() as u64;
        if self.len > self.limit {
            return Err(BodyError::TooLarge(self.limit));
        }
        match &mut self.file {
            Store::Own(file) => file.write_all(bytes)?,
            Store::Memory(held) => held.get_mut().extend_from_slice(bytes),
            Store::Local(_) => {
                let error = std::io::Error::other("what is whole is not written to");
                return Err(error.into());
            }
        }
        Ok(())
    }

    /// Returns the number of bytes.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Returns all of it.
    pub(super) fn into_bytes(mut self) -> Result<Vec<u8>, BodyError> {
        let len = self.len;
        match self.file {
            Store::Own(file) if !file.is_rolled() => match file.into_inner() {
                SpooledData::InMemory(bytes) => Ok(bytes.into_inner()),
                SpooledData::OnDisk(_) => Err(std::io::Error::other("it moved to the disk").into()),
            },
            Store::Memory(bytes) => Ok(bytes.into_inner()),
            Store::Own(_) | Store::Local(_) => Ok(self.slice(0, len)?),
        }
    }

    /// Returns `[start, end)` of it, cut to what there is.
    pub(super) fn slice(&mut self, start: u64, end: u64) -> std::io::Result<Vec<u8>> {
        let (start, end) = (start.min(self.len), end.min(self.len));
        let len = usize::try_from(end.saturating_sub(start)).map_err(std::io::Error::other)?;
        let mut bytes = vec![0; len];
        self.file.seek(SeekFrom::Start(start))?;
        self.file.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// Returns what gzip packed, under the same limit, in the space given if it serves.
    pub(super) fn gunzipped(self, space: Vec<u8>) -> Result<Self, BodyError> {
        let limit = self.limit;
        let packed = self.into_bytes()?;
        let unpacked = match unpacked_at_once(&packed, limit, space) {
            Some(unpacked) => unpacked,
            None => unpacked_bit_by_bit(&packed, limit)?,
        };
        let len = unpacked.len() as u64;
        match len > limit {
            true => Err(BodyError::TooLarge(limit)),
            false => Ok(Self {
                file: Store::Memory(Cursor::new(unpacked)),
                len,
                limit,
            }),
        }
    }

    /// Whether the bytes have this digest; `None` if the algorithm proves nothing.
    pub(super) fn matches(&mut self, digest: &Digest) -> std::io::Result<Option<bool>> {
        self.file.seek(SeekFrom::Start(0))?;
        let hex = match digest.algorithm() {
            "sha512" => hash::<Sha512>(&mut self.file)?,
            "sha384" => hash::<Sha384>(&mut self.file)?,
            "sha256" => hash::<Sha256>(&mut self.file)?,
            "sha224" => hash::<Sha224>(&mut self.file)?,
            _ => return Ok(None),
        };
        Ok(Some(hex == digest.to_hex()))
    }

    /// Returns the digest of the bytes.
    pub(super) fn sha256(&mut self) -> std::io::Result<Digest> {
        self.file.seek(SeekFrom::Start(0))?;
        sha256_of(&mut self.file)
    }

    /// Checks against the strongest digest that proves anything.
    pub(super) fn verify(&mut self, digests: &[Digest]) -> std::io::Result<Verdict> {
        let Some(strongest) = strongest(digests) else {
            return Ok(Verdict::Unknown);
        };
        Ok(match self.matches(strongest)? {
            Some(true) => Verdict::Right,
            Some(false) => Verdict::Wrong,
            None => Verdict::Unknown,
        })
    }
}

impl Read for Store {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Self::Own(file) => file.read(bytes),
            Self::Memory(held) => held.read(bytes),
            Self::Local(file) => file.read(bytes),
        }
    }
}

impl Seek for Store {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        match self {
            Self::Own(file) => file.seek(to),
            Self::Memory(held) => held.seek(to),
            Self::Local(file) => file.seek(to),
        }
    }
}

/// What a digest says of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is the file that was listed.
    Right,
    /// It is another one.
    Wrong,
    /// There is no digest that would tell.
    Unknown,
}

/// Returns the strongest of the secure digests.
pub(super) fn strongest(digests: &[Digest]) -> Option<&Digest> {
    digests
        .iter()
        .filter(|digest| digest.is_secure())
        .max_by_key(|digest| digest.as_bytes().len())
}

/// Returns the digest of what is read.
pub(super) fn sha256_of(file: &mut impl Read) -> std::io::Result<Digest> {
    let hex = hash::<Sha256>(file)?;
    Digest::new("sha256", &hex).ok_or_else(|| std::io::Error::other("not a digest"))
}

fn hash<D: sha2::Digest>(file: &mut impl Read) -> std::io::Result<String> {
    let mut hasher = D::new();
    let mut chunk = vec![0; 64 << 10];
    loop {
        match file.read(&mut chunk)? {
            0 => break,
            read => hasher.update(&chunk[..read]),
        }
    }
    Ok(hex(&hasher.finalize()))
}

/// Unpacks what is packed as servers do it: in one piece, and as long as its last bytes say.
fn unpacked_at_once(packed: &[u8], limit: u64, mut space: Vec<u8>) -> Option<Vec<u8>> {
    let said = u64::from(u32::from_le_bytes(*packed.last_chunk()?));
    let most = limit.min((packed.len() as u64).saturating_mul(MOST_PACKED));
    let said = usize::try_from(said.min(most)).ok()?;
    match said <= space.capacity() {
        true => space.resize(said, 0),
        false => space = vec![0; said],
    }
    let mut inflating = Decompress::new_gzip(WINDOW_BITS);
    let end = inflating.decompress(packed, &mut space, FlushDecompress::Finish);
    let is_all = inflating.total_in() == packed.len() as u64;
    let is_as_said = is_all && inflating.total_out() == said as u64;
    (matches!(end, Ok(Status::StreamEnd)) && is_as_said).then_some(space)
}

fn unpacked_bit_by_bit(packed: &[u8], limit: u64) -> std::io::Result<Vec<u8>> {
    let mut unpacked = Vec::new();
    MultiGzDecoder::new(packed)
        .take(limit.saturating_add(1))
        .read_to_end(&mut unpacked)?;
    Ok(unpacked)
}

/// Writes bytes as lower-case hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_stops_at_its_limit_in_memory_and_on_disk() {
        let mut body = Body::new(4, 8);

        body.push(b"12345678").unwrap();

        assert!(matches!(body.push(b"9"), Err(BodyError::TooLarge(8))));
        assert_eq!(body.slice(2, 5).unwrap(), b"345");

        for said in [3, 6] {
            let mut body = Body::of_length(said, 4, 8);
            for byte in b"123" {
                body.push(&[*byte]).unwrap();
            }
            body.push(b"456").unwrap();
            assert_eq!(body.slice(2, 5).unwrap(), b"345");
            assert!(matches!(body.push(b"789"), Err(BodyError::TooLarge(8))));
        }
    }

    #[test]
    fn a_local_file_is_read_in_place_and_no_larger_than_allowed() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"12345678").unwrap();

        let refused = Body::of_file(file.try_clone().unwrap(), 7).unwrap_err();
        let mut body = Body::of_file(file, 8).unwrap();

        assert!(matches!(refused, BodyError::TooLarge(7)));
        assert_eq!((body.len(), body.slice(6, 9).unwrap()), (8, b"78".to_vec()));
        assert_eq!(body.into_bytes().unwrap(), b"12345678");
    }

    #[test]
    fn a_bomb_of_gzip_stops_at_the_limit() {
        let mut packed = Vec::new();
        let mut encoder = flate2::write::GzEncoder::new(&mut packed, flate2::Compression::best());
        encoder.write_all(&vec![0; 1 << 20]).unwrap();
        encoder.finish().unwrap();
        let mut body = Body::new(usize::MAX, 100_000);
        body.push(&packed).unwrap();

        assert!(matches!(
            body.gunzipped(Vec::new()),
            Err(BodyError::TooLarge(_))
        ));
    }

    #[test]
    fn what_is_packed_in_several_pieces_is_unpacked_whole() {
        let pack = |bytes: &[u8]| {
            let mut packed = Vec::new();
            let mut encoder = flate2::write::GzEncoder::new(&mut packed, Default::default());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap();
            packed
        };
        let unpacked = |packed: &[u8]| {
            let mut body = Body::new(usize::MAX, 1 << 20);
            body.push(packed).unwrap();
            body.gunzipped(vec![1; 9]).and_then(Body::into_bytes)
        };
        let mut damaged = pack(b"one");
        let sum = damaged.len() - 8;
        damaged[sum] ^= 1;

        assert_eq!(unpacked(&pack(b"one")).unwrap(), b"one");
        assert_eq!(
            unpacked(&[pack(b"one"), pack(b"two")].concat()).unwrap(),
            b"onetwo"
        );
        assert!(matches!(unpacked(&damaged), Err(BodyError::Broken(_))));
        assert!(matches!(unpacked(b"\x1f\x8b"), Err(BodyError::Broken(_))));
    }

    #[test]
    fn the_strongest_digest_decides_and_a_weak_one_proves_nothing() {
        let mut body = Body::new(usize::MAX, u64::MAX);
        body.push(b"abc").unwrap();
        let sha = |first: &str| {
            let rest = "7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
            Digest::new("sha256", &format!("{first}{rest}")).unwrap()
        };
        let weak = Digest::new("md5", &"0".repeat(32)).unwrap();

        assert_eq!(
            body.verify(std::slice::from_ref(&weak)).unwrap(),
            Verdict::Unknown
        );
        assert_eq!(
            body.verify(&[weak.clone(), sha("ba")]).unwrap(),
            Verdict::Right
        );
        assert_eq!(body.verify(&[weak, sha("bb")]).unwrap(), Verdict::Wrong);
    }
}
