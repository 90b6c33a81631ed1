//! The names of distribution files, and digests.

use std::fmt;

use memchr::memrchr;
use pep440_rs::Version;
use pep508_rs::PackageName;

/// A wheel's file name, taken apart (binary distribution format, "File name convention").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WheelName {
    /// The project.
    pub name: PackageName,
    /// The version.
    pub version: Version,
    /// The build tag, which orders wheels that are alike otherwise: its number and its rest.
    pub build: Option<(u64, String)>,
    /// `python-abi-platform`, each part possibly a dotted list.
    pub tags: String,
}

/// A source distribution's file name, taken apart (PEP 625 and older forms).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SdistName {
    /// The version.
    pub version: Version,
}

/// A distribution file of either kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DistName {
    /// A `.whl`.
    Wheel(WheelName),
    /// A source archive.
    Sdist(SdistName),
}

/// Why a file name names no distribution; such files are passed over and counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DistNameError {
    /// Neither a wheel nor a source archive (`.exe`, `.egg`, `.rpm`, signatures).
    OtherKind,
    /// A name with too few, too many or empty parts, or that of another project.
    Malformed,
    /// The version is none of PEP 440.
    InvalidVersion,
}

/// Endings of source archives that pip takes.
const SDIST_ENDINGS: &[&str] = &[
    ".tar.gz", ".zip", ".tgz", ".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tar",
];

impl DistName {
    /// Takes a file name apart (percent-decoded already); `project` is the name of the page it
    /// stands on, which settles where the name of an old source archive ends and its version
    /// begins. Files of other projects are refused.
    pub fn parse(filename: &str, project: &PackageName) -> Result<Self, DistNameError> {
        if filename.ends_with(".whl") {
            let wheel = WheelName::parse(filename)?;
            return match wheel.name == *project {
                true => Ok(Self::Wheel(wheel)),
                false => Err(DistNameError::Malformed),
            };
        }
        let stem = SDIST_ENDINGS
            .iter()
            .find_map(|ending| filename.strip_suffix(ending))
            .ok_or(DistNameError::OtherKind)?;
        SdistName::parse(stem, project).map(Self::Sdist)
    }

    /// Whether a file name ends as those of distributions do.
    pub fn is_likely(filename: &str) -> bool {
        let mut endings = SDIST_ENDINGS.iter();
        filename.ends_with(".whl") || endings.any(|ending| filename.ends_with(ending))
    }

    /// Returns the version.
    pub fn version(&self) -> &Version {
        match self {
            Self::Wheel(wheel) => &wheel.version,
            Self::Sdist(sdist) => &sdist.version,
        }
    }
}

impl WheelName {
    /// Returns the tags in the last part of a wheel's name: what stands behind the version and its
    /// dash. A page has many wheels of one version, whose names begin alike.
    pub fn tags_in(part: &str) -> Result<&str, DistNameError> {
        let part = part.strip_suffix(".whl").ok_or(DistNameError::OtherKind)?;
        let (build, tags) = split_tags(part)?;
        build.map(read_build_tag).transpose()?;
        Ok(tags)
    }

    /// Takes `name-version(-build)?-python-abi-platform.whl` apart.
    pub fn parse(filename: &str) -> Result<Self, DistNameError> {
        let stem = filename
            .strip_suffix(".whl")
            .ok_or(DistNameError::OtherKind)?;
        let (name, rest) = split(stem)?;
        let (version, rest) = split(rest)?;
        let (build, tags) = split_tags(rest)?;
        if name.is_empty() || version.is_empty() {
            return Err(DistNameError::Malformed);
        }
        let build = build.map(read_build_tag).transpose()?;
        Ok(Self {
            name: PackageName::new(name.to_owned()).map_err(|_| DistNameError::Malformed)?,
            version: read_escaped_version(version)?,
            build,
            tags: tags.to_owned(),
        })
    }
}

fn split(text: &str) -> Result<(&str, &str), DistNameError> {
    text.split_once('-').ok_or(DistNameError::Malformed)
}

/// Takes what stands behind the version apart, from its end: `(build-)?python-abi-platform`, of which no
/// part is empty.
fn split_tags(text: &str) -> Result<(Option<&str>, &str), DistNameError> {
    // Returns where the part starts that ends here.
    let start_of = |end: usize| {
        let start = memrchr(b'-', &text.as_bytes()[..end]).map_or(0, |dash| dash + 1);
        (start < end)
            .then_some(start)
            .ok_or(DistNameError::Malformed)
    };
    let before = |start: usize| start.checked_sub(1).ok_or(DistNameError::Malformed);
    let abi_end = before(start_of(text.len())?)?;
    let python_end = before(start_of(abi_end)?)?;
    let tags = start_of(python_end)?;
    let Some(build_end) = tags.checked_sub(1) else {
        return Ok((None, text));
    };
    match start_of(build_end)? {
        0 => Ok((Some(&text[..build_end]), &text[tags..])),
        _ => Err(DistNameError::Malformed),
    }
}

/// Reads `1abc`; a number too large for us orders as the largest.
fn read_build_tag(text: &str) -> Result<(u64, String), DistNameError> {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    match text.strip_suffix(rest) {
        None | Some("") => Err(DistNameError::Malformed),
        Some(digits) => Ok((digits.parse().unwrap_or(u64::MAX), rest.to_owned())),
    }
}

/// Old tools wrote the version's `-` as `_`, as they did the name's: `1.0_1` is `1.0-1`.
fn read_escaped_version(text: &str) -> Result<Version, DistNameError> {
    text.parse()
        .or_else(|_| text.replace('_', "-").parse())
        .map_err(|_| DistNameError::InvalidVersion)
}

impl SdistName {
    fn parse(stem: &str, project: &PackageName) -> Result<Self, DistNameError> {
        // The name may hold dashes and its own spelling; the version begins after the dash at
        // which what stands before normalizes to the project's name.
        let version = stem
            .match_indices('-')
            .find(|(at, _)| {
                PackageName::new(stem[..*at].to_owned()).is_ok_and(|name| name == *project)
            })
            .map(|(at, _)| &stem[at + 1..])
            .ok_or(DistNameError::Malformed)?;
        Ok(Self {
            version: version.parse().map_err(|_| DistNameError::InvalidVersion)?,
        })
    }
}

/// A digest that names its algorithm.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest {
    algorithm: Algorithm,
    /// The bytes, and zeros behind those of a short one: a lock holds thousands of digests, too many
    /// for a piece of memory each.
    bytes: [u8; LONGEST],
}

/// The length of the longest digest.
const LONGEST: usize = 64;

/// The position of an algorithm among those that Python's `hashlib` guarantees and that digests may
/// name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Algorithm(u8);

/// Their names, sorted, with the numbers of bytes.
const ALGORITHMS: [(&str, usize); 6] = [
    ("md5", 16),
    ("sha1", 20),
    ("sha224", 28),
    ("sha256", 32),
    ("sha384", 48),
    ("sha512", 64),
];

impl Algorithm {
    fn named(name: &str) -> Option<Self> {
        let at = ALGORITHMS.iter().position(|(known, _)| *known == name)?;
        u8::try_from(at).ok().map(Self)
    }

    fn name(self) -> &'static str {
        ALGORITHMS[usize::from(self.0)].0
    }

    fn len(self) -> usize {
        ALGORITHMS[usize::from(self.0)].1
    }
}

impl Digest {
    /// Reads a digest; `None` for an algorithm that is not known or digits that do not fit it.
    pub fn new(algorithm: &str, hex: &str) -> Option<Self> {
        let algorithm = Algorithm::named(algorithm)?;
        let bytes = match algorithm.len() {
            16 => read_hex::<16>(hex),
            20 => read_hex::<20>(hex),
            28 => read_hex::<28>(hex),
            32 => read_hex::<32>(hex),
            48 => read_hex::<48>(hex),
            64 => read_hex::<64>(hex),
            _ => None,
        };
        bytes.map(|bytes| Self { algorithm, bytes })
    }

    /// Takes the bytes that [`Digest::as_bytes`] gave; `None` where [`Digest::new`] gives none.
    pub fn from_bytes(algorithm: &str, bytes: &[u8]) -> Option<Self> {
        let algorithm = Algorithm::named(algorithm)?;
        let mut whole = [0; LONGEST];
        let is_fit = bytes.len() == algorithm.len();
        whole.get_mut(..bytes.len())?.copy_from_slice(bytes);
        is_fit.then_some(Self {
            algorithm,
            bytes: whole,
        })
    }

    /// Reads `sha256:…` or `sha256=…`.
    pub fn parse(text: &str) -> Option<Self> {
        let mark = text.bytes().position(|byte| matches!(byte, b':' | b'='))?;
        Self::new(text[..mark].trim_ascii(), text[mark + 1..].trim_ascii())
    }

    /// Returns the algorithm's name.
    pub fn algorithm(&self) -> &'static str {
        self.algorithm.name()
    }

    /// Returns the bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.algorithm.len()]
    }

    /// Returns the digits, in lower case.
    pub fn to_hex(&self) -> String {
        let mut text = String::new();
        self.write_hex(&mut text);
        text
    }

    /// Writes the digits behind a text, in lower case.
    pub fn write_hex(&self, text: &mut String) {
        let mut digits = [0; 2 * LONGEST];
        let bytes = self.as_bytes();
        // Digits that are calculated, not looked up, are written many at a time.
        for (pair, byte) in digits.as_chunks_mut::<2>().0.iter_mut().zip(bytes) {
            let digit = |value: u8| value + if value < 10 { b'0' } else { b'a' - 10 };
            *pair = [digit(byte >> 4), digit(byte & 15)];
        }
        let digits = &digits[..2 * bytes.len()];
        text.push_str(std::str::from_utf8(digits).unwrap_or_default());
    }

    /// Whether the algorithm still protects against a forged file (SHA-2).
    pub fn is_secure(&self) -> bool {
        let name = self.algorithm();
        name.starts_with("sha") && name != "sha1"
    }
}

/// Reads the digits of so many bytes. Values that are calculated, not looked up, and whose number is known
/// beforehand, are read many at a time.
fn read_hex<const BYTES: usize>(hex: &str) -> Option<[u8; LONGEST]> {
    let (digits, []) = hex.as_bytes().as_chunks::<2>() else {
        return None;
    };
    let digits: &[[u8; 2]; BYTES] = digits.try_into().ok()?;
    let mut values = [[0; 2]; BYTES];
    let mut is_hex = true;
    let pairs = values.as_flattened_mut().iter_mut();
    for (value, digit) in pairs.zip(digits.as_flattened()) {
        let number = digit.wrapping_sub(b'0');
        let letter = (digit | 0x20).wrapping_sub(b'a');
        is_hex &= (number < 10) | (letter < 6);
        *value = if number < 10 {
            number
        } else {
            letter.wrapping_add(10)
        };
    }
    let mut bytes = [0; LONGEST];
    for (byte, [high, low]) in bytes.iter_mut().zip(values) {
        *byte = high << 4 | low;
    }
    is_hex.then_some(bytes)
}

/// Writes `sha256:…`.
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm(), self.to_hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(filename: &str, project: &str) -> Result<DistName, DistNameError> {
        DistName::parse(filename, &PackageName::new(project.to_owned()).unwrap())
    }

    #[test]
    fn a_wheel_name_has_five_parts_or_six_with_a_build_tag() {
        let wheel = WheelName::parse("torch-2.10.0-2abc-cp310-none-macosx_11_0_arm64.whl").unwrap();

        assert_eq!(wheel.build, Some((2, "abc".into())));
        assert_eq!(wheel.tags, "cp310-none-macosx_11_0_arm64");
        assert_eq!(
            WheelName::parse("a-1-py3-none.whl"),
            Err(DistNameError::Malformed)
        );
        assert_eq!(
            WheelName::parse("a-1-b-py3-none-any.whl"),
            Err(DistNameError::Malformed)
        );
        assert_eq!(
            WheelName::parse("a-one-py3-none-any.whl"),
            Err(DistNameError::InvalidVersion)
        );
    }

    #[test]
    fn wheel_names_of_all_times_are_read() {
        for (filename, name, version) in [
            ("Foo_Bar.baz-1.0-py3-none-any.whl", "foo-bar-baz", "1.0"),
            ("foo-1.0_1-py3-none-any.whl", "foo", "1.0.post1"),
            ("foo-1.0_rc1-py2.py3-none-any.whl", "foo", "1.0rc1"),
            ("foo-1!2.0-py3-none-any.whl", "foo", "1!2.0"),
            (
                "torch-2.3.1+cu121-cp310-cp310-linux_x86_64.whl",
                "torch",
                "2.3.1+cu121",
            ),
            (
                "torch-2.3.1+cu121_with_x-cp310-cp310-linux_x86_64.whl",
                "torch",
                "2.3.1+cu121.with.x",
            ),
            (
                "foo-1.0-99999999999999999999-py3-none-any.whl",
                "foo",
                "1.0",
            ),
        ] {
            let wheel = WheelName::parse(filename).unwrap();

            assert_eq!(
                (wheel.name.as_ref(), &*wheel.version.to_string()),
                (name, version)
            );
        }
        for filename in [
            "-1.0-py3-none-any.whl",
            "foo--py3-none-any.whl",
            "foo-1.0-py3--any.whl",
            "foo_-1.0-py3-none-any.whl",
            "f\u{f6}o-1.0-py3-none-any.whl",
            "foo bar-1.0-py3-none-any.whl",
            "foo-1.0.whl",
            ".whl",
        ] {
            assert_eq!(
                WheelName::parse(filename),
                Err(DistNameError::Malformed),
                "{filename}"
            );
        }
        assert_eq!(
            parse("torch-2.3.1%2Bcu121-cp310-cp310-linux_x86_64.whl", "torch"),
            Err(DistNameError::InvalidVersion),
            "decoding is the caller's"
        );
        assert_eq!(
            parse("other-1-py3-none-any.whl", "a"),
            Err(DistNameError::Malformed)
        );
    }

    #[test]
    fn an_sdist_name_is_split_where_the_project_name_ends() {
        let version = |file, project| parse(file, project).unwrap().version().to_string();

        assert_eq!(
            version("backports.zoneinfo-0.2.1.tar.gz", "backports-zoneinfo"),
            "0.2.1"
        );
        assert_eq!(version("ruamel.yaml-0.1-beta1.zip", "ruamel-yaml"), "0.1b1");
        assert_eq!(version("A--b_C-1.0-2.tgz", "a-b-c"), "1.0.post2");
        assert_eq!(version("a-1.0.tar.bz2", "a"), "1.0");
        assert_eq!(
            parse("a-b-1.0.zip", "a"),
            Err(DistNameError::InvalidVersion)
        );
        assert_eq!(
            parse("a-1.0.tar.gz.asc", "a"),
            Err(DistNameError::OtherKind)
        );
        assert_eq!(parse("other-1.tar.gz", "a"), Err(DistNameError::Malformed));
        assert_eq!(parse("a-1.exe", "a"), Err(DistNameError::OtherKind));
    }

    #[test]
    fn a_digest_must_fit_its_algorithm() {
        assert!(Digest::parse(&format!("sha256:{}", "a".repeat(64))).is_some());
        assert!(Digest::parse(&format!("sha256:{}", "a".repeat(63))).is_none());
        assert!(Digest::parse(&format!("sha256:{}g", "a".repeat(63))).is_none());
        assert!(Digest::parse(&format!("sha256:{}\u{e9}", "a".repeat(62))).is_none());
        assert!(Digest::new("crc32", "00").is_none());
    }

    #[test]
    fn the_digits_of_each_algorithm_are_read() {
        for (name, length) in ALGORITHMS {
            let hex = "0f".repeat(length);
            let digest = Digest::new(name, &hex).unwrap();
            assert_eq!((digest.to_hex(), digest.as_bytes().len()), (hex, length));
        }
    }

    #[test]
    fn a_digest_is_written_in_lower_case() {
        let digest = Digest::new("md5", "0123456789ABCDEFfedcba9876543210").unwrap();

        assert_eq!(digest.to_hex(), "0123456789abcdeffedcba9876543210");
        assert_eq!(Digest::from_bytes("md5", digest.as_bytes()), Some(digest));
        assert_eq!(Digest::from_bytes("sha1", &[0; 16]), None);
    }
}
