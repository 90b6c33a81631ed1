//! Flavours: for which accelerator a build of torch, and of what is released with it, was made.
//! The word is read from options, from local versions (`2.3.1+cu121`) and from index addresses.

use std::fmt;
use std::str::FromStr;

use super::AcceleratorError;
use crate::package::Version;

/// An accelerator that wheels are built for; ordered from the plainest to the newest CUDA.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flavour {
    /// None: the processor alone.
    Cpu,
    /// Intel GPUs.
    Xpu,
    /// AMD GPUs, by a ROCm of a version: major, minor, and patch, 0 where there is none.
    Rocm(u16, u16, u16),
    /// NVIDIA GPUs, by a CUDA of a version: major and minor.
    Cuda(u16, u16),
}

/// The first CUDA whose major version has two digits; `cu92` is 9.2 and `cu121` is 12.1.
const FIRST_LONG_MAJOR: u16 = 10;

/// The first CUDA that torch was built for, so that `cu12` is not taken for 1.2.
const FIRST_SHORT_MAJOR: u16 = 6;

impl Flavour {
    /// Returns the flavour that the local part of a version tells: `+cu121`, `+cpu.cxx11.abi`,
    /// `+rocm6.3`.
    pub fn of_local(version: &Version) -> Option<Self> {
        let segments = version.local().iter().map(ToString::to_string);
        let segments: Vec<String> = segments.collect();
        let (first, rest) = segments.split_first()?;
        if !first.starts_with("rocm") {
            return first.parse().ok();
        }
        // The dots of a ROCm version separate segments, and so may what follows it.
        let numbers = rest.iter().take(2).take_while(|part| is_number(part));
        let numbers: Vec<&str> = numbers.map(String::as_str).collect();
        let known = (0..=numbers.len()).rev();
        known
            .map(|count| [&[first.as_str()], &numbers[..count]].concat().join("."))
            .find_map(|text| text.parse().ok())
    }

    /// Returns the flavour that an index serves whose address ends as those of PyTorch do:
    /// `…/whl/cu121`, `…/whl/nightly/cpu/`, `…/whl/cu113/torch_stable.html`.
    pub fn of_index(url: &str) -> Option<Self> {
        let path = url.split(['?', '#']).next()?.trim_end_matches('/');
        let mut segments = path.rsplit('/').peekable();
        segments.next_if(|last| last.ends_with(".html"));
        let flavour = segments.next()?.parse().ok()?;
        segments.next_if(|channel| ["test", "nightly"].contains(channel));
        (segments.next()? == "whl").then_some(flavour)
    }

    /// Returns words for a message: `CUDA 12.1`, `the CPU`, `ROCm 6.3`, `Intel GPUs`.
    pub fn describe(&self) -> String {
        match self {
            Self::Cpu => "the CPU".to_owned(),
            Self::Xpu => "Intel GPUs".to_owned(),
            Self::Rocm(major, minor, 0) => format!("ROCm {major}.{minor}"),
            Self::Rocm(major, minor, patch) => format!("ROCm {major}.{minor}.{patch}"),
            Self::Cuda(major, minor) => format!("CUDA {major}.{minor}"),
        }
    }
}

/// Writes it as local versions and index addresses do: `cu121`, `rocm6.3`, `xpu`, `cpu`.
impl fmt::Display for Flavour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => f.write_str("cpu"),
            Self::Xpu => f.write_str("xpu"),
            Self::Rocm(major, minor, 0) => write!(f, "rocm{major}.{minor}"),
            Self::Rocm(major, minor, patch) => write!(f, "rocm{major}.{minor}.{patch}"),
            Self::Cuda(major, minor) => write!(f, "cu{major}{minor}"),
        }
    }
}

/// Reads `cpu`, `xpu`, `rocm6.3`, `rocm6.2.4`, `cu121`, and the longer `cuda12.1` and `cu12.1`.
impl FromStr for Flavour {
    type Err = AcceleratorError;

    fn from_str(text: &str) -> Result<Self, AcceleratorError> {
        let lower = text.trim().to_ascii_lowercase();
        let read = match lower.as_str() {
            "cpu" => Some(Self::Cpu),
            "xpu" => Some(Self::Xpu),
            name => match name.strip_prefix("rocm") {
                Some(numbers) => read_rocm(numbers),
                None => cuda_numbers(name).map(|(major, minor)| Self::Cuda(major, minor)),
            },
        };
        read.ok_or_else(|| AcceleratorError {
            message: format!("`{text}` is not a flavour of torch"),
            help: "Give `cpu`, `xpu`, a CUDA such as `cu128`, or a ROCm such as `rocm6.3`."
                .to_owned(),
        })
    }
}

fn read_rocm(numbers: &str) -> Option<Flavour> {
    let parts: Vec<&str> = numbers.split('.').collect();
    match parts.as_slice() {
        [major, minor] => Some(Flavour::Rocm(number(major)?, number(minor)?, 0)),
        [major, minor, patch] => Some(Flavour::Rocm(
            number(major)?,
            number(minor)?,
            number(patch)?,
        )),
        _ => None,
    }
}

/// Returns the major and minor version in `cu121`, `cuda121`, `cu12.1` or `cuda12.1`.
pub(super) fn cuda_numbers(name: &str) -> Option<(u16, u16)> {
    let numbers = name.strip_prefix("cuda").or(name.strip_prefix("cu"))?;
    if let Some((major, minor)) = numbers.split_once('.') {
        return Some((number(major)?, number(minor)?));
    }
    let (major, minor) = match numbers.len() {
        2 => numbers.split_at_checked(1)?,
        3 | 4 => numbers.split_at_checked(2)?,
        _ => return None,
    };
    let is_written_so = |major: u16| match numbers.len() {
        2 => (FIRST_SHORT_MAJOR..FIRST_LONG_MAJOR).contains(&major),
        _ => major >= FIRST_LONG_MAJOR,
    };
    number(major)
        .filter(|major| is_written_so(*major))
        .zip(number(minor))
}

/// Reads digits alone; the standard library would take a sign too.
pub(super) fn number(text: &str) -> Option<u16> {
    is_number(text).then(|| text.parse().ok()).flatten()
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flavour_is_named_in_many_ways() {
        let cases = [
            ("cpu", "cpu", "the CPU"),
            ("CPU", "cpu", "the CPU"),
            ("xpu", "xpu", "Intel GPUs"),
            ("cu121", "cu121", "CUDA 12.1"),
            ("CU121", "cu121", "CUDA 12.1"),
            ("cuda12.1", "cu121", "CUDA 12.1"),
            ("cuda121", "cu121", "CUDA 12.1"),
            ("cu12.1", "cu121", "CUDA 12.1"),
            ("cu92", "cu92", "CUDA 9.2"),
            ("cu100", "cu100", "CUDA 10.0"),
            ("cu130", "cu130", "CUDA 13.0"),
            ("rocm6.3", "rocm6.3", "ROCm 6.3"),
            ("rocm6.2.4", "rocm6.2.4", "ROCm 6.2.4"),
        ];

        for (text, shown, described) in cases {
            let flavour: Flavour = text.parse().unwrap();
            assert_eq!(flavour.to_string(), shown);
            assert_eq!(flavour.describe(), described);
        }
    }

    #[test]
    fn what_is_no_flavour_says_what_to_type() {
        for text in [
            "",
            "cu",
            "cu1",
            "cu12",
            "cu11",
            "cu12.",
            "cu12.1.1",
            "cu1é1",
            "cu+121",
            "rocm",
            "rocm6",
            "rocm6.3.1.2",
            "cuda",
            "auto",
            "gpu",
            "cu12345",
        ] {
            let error = text.parse::<Flavour>().unwrap_err();
            assert!(error.help.contains("`cu128`"), "{text}: {}", error.help);
        }
    }

    #[test]
    fn a_local_version_tells_the_flavour() {
        let cases = [
            ("2.3.1+cu121", Some("cu121")),
            ("2.3.1+cu121.with.pypi.cudnn", Some("cu121")),
            ("2.3.1+cpu", Some("cpu")),
            ("2.3.1+cpu.cxx11.abi", Some("cpu")),
            ("2.7.0+xpu", Some("xpu")),
            ("2.7.0+rocm6.3", Some("rocm6.3")),
            ("2.6.0+rocm6.2.4", Some("rocm6.2.4")),
            ("3.1.0+rocm6.2.4.a1b2", Some("rocm6.2.4")),
            ("3.1.0+rocm6.2.a1b2", Some("rocm6.2")),
            ("3.1.0+rocm6", None),
            ("2.3.1", None),
            ("2.0.0+1cf6f0d9", None),
            ("0.4.30+cuda12.cudnn89", None),
            ("3.0.0+45fff310c8", None),
        ];

        for (version, flavour) in cases {
            let told = Flavour::of_local(&version.parse().unwrap());
            assert_eq!(
                told.map(|told| told.to_string()).as_deref(),
                flavour,
                "{version}"
            );
        }
    }

    #[test]
    fn an_index_address_tells_the_flavour() {
        let cases = [
            ("https://index.example/whl/cu121", Some("cu121")),
            ("https://index.example/whl/cu121/", Some("cu121")),
            ("https://index.example/mirror/whl/cpu#x", Some("cpu")),
            (
                "https://index.example/whl/nightly/rocm6.3/",
                Some("rocm6.3"),
            ),
            ("https://index.example/whl/test/xpu", Some("xpu")),
            (
                "https://index.example/whl/cu113/torch_stable.html",
                Some("cu113"),
            ),
            ("https://index.example/whl/", None),
            ("https://index.example/whl/torch_stable.html", None),
            ("https://index.example/simple/cpu", None),
            ("https://index.example/simple/", None),
            ("", None),
        ];

        for (url, flavour) in cases {
            let told = Flavour::of_index(url);
            assert_eq!(
                told.map(|told| told.to_string()).as_deref(),
                flavour,
                "{url}"
            );
        }
    }

    #[test]
    fn the_newest_cuda_is_the_greatest() {
        let ascending = [
            "cpu",
            "xpu",
            "rocm6.2",
            "rocm6.2.4",
            "rocm6.3",
            "cu92",
            "cu118",
            "cu121",
        ];

        for pair in ascending.windows(2) {
            let read = |text: &str| text.parse::<Flavour>().unwrap();
            assert!(read(pair[0]) < read(pair[1]), "{} < {}", pair[0], pair[1]);
        }
    }
}
