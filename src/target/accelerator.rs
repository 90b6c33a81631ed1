//! What calculates beside the processor: GPUs, their driver, the CUDA toolkit, and the flavour of
//! torch that is wanted. All of it is said or found; nothing here knows which goes with which.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use super::Flavour;
use super::flavour::{cuda_numbers, number};

/// What is known of the accelerators of a target; nothing, for most.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accelerators {
    /// The flavour of torch to lock for.
    pub flavour: Option<Flavour>,
    /// The CUDA toolkit that is installed beside Python, as in an image.
    pub cuda: Option<CudaVersion>,
    /// The version of NVIDIA's driver.
    pub driver: Option<DriverVersion>,
    /// Every GPU that the result has to run on.
    pub gpus: Vec<Gpu>,
}

/// A GPU.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gpu {
    /// Its name, where one was said: `RTX 5090`.
    pub name: Option<String>,
    /// What its kernels have to be compiled for.
    pub capability: Capability,
}

/// The compute capability of an NVIDIA GPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Capability {
    /// The architecture.
    pub major: u16,
    /// The variant of the architecture; one digit.
    pub minor: u16,
}

/// A version of the CUDA toolkit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CudaVersion {
    /// Between these, nothing is compatible.
    pub major: u16,
    /// The release.
    pub minor: u16,
}

/// A version of NVIDIA's driver, such as `550.54` or `535.54.03`; equal by its numbers.
#[derive(Clone, Debug)]
pub struct DriverVersion {
    text: String,
    numbers: Vec<u16>,
}

/// Text that names no accelerator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceleratorError {
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// What to type instead, as a sentence.
    pub help: String,
}

/// NVIDIA writes three numbers at most.
const MOST_NUMBERS: usize = 4;

impl Accelerators {
    /// Whether nothing is known of them.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns words for each that is known: `CUDA 12.1 (cu121)`, `RTX 5090 (sm_120)`,
    /// `driver 550.54`.
    pub fn describe(&self) -> Vec<String> {
        let flavour = self.flavour.as_ref().map(|flavour| match flavour {
            Flavour::Cpu => "CPU only".to_owned(),
            other => format!("{} ({other})", other.describe()),
        });
        let cuda = self.cuda.map(|cuda| format!("CUDA toolkit {cuda}"));
        let gpus = self.gpus.iter().map(Gpu::describe);
        let driver = self.driver.iter().map(|driver| format!("driver {driver}"));
        flavour
            .into_iter()
            .chain(cuda)
            .chain(gpus)
            .chain(driver)
            .collect()
    }
}

impl Gpu {
    /// Returns words for a message: `RTX 5090 (sm_120)`.
    pub fn describe(&self) -> String {
        match &self.name {
            Some(name) => format!("{name} ({})", self.capability),
            None => self.capability.to_string(),
        }
    }
}

impl DriverVersion {
    /// Whether it is another version or newer, as far as it was said: `535.54` is at least
    /// `535.54.03`, as people leave out the end.
    pub fn is_at_least(&self, floor: &Self) -> bool {
        let said = floor.numbers.len().min(self.numbers.len());
        self.numbers[..] >= floor.numbers[..said]
    }
}

/// Writes what compilers and wheels write: `sm_120`.
impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sm_{}{}", self.major, self.minor)
    }
}

/// Reads `12.0` and `sm_120`.
impl FromStr for Capability {
    type Err = AcceleratorError;

    fn from_str(text: &str) -> Result<Self, AcceleratorError> {
        let lower = text.trim().to_ascii_lowercase();
        let numbers = match lower.strip_prefix("sm_").or(lower.strip_prefix("compute_")) {
            Some(digits) => digits
                .len()
                .checked_sub(1)
                .and_then(|last| digits.split_at_checked(last)),
            None => lower.split_once('.'),
        };
        let read = numbers.and_then(|(major, minor)| {
            let minor = number(minor).filter(|minor| *minor < 10)?;
            number(major).map(|major| Self { major, minor })
        });
        read.ok_or_else(|| AcceleratorError {
            message: format!("`{text}` is not a compute capability"),
            help: "Give one such as `sm_120` or `12.0`.".to_owned(),
        })
    }
}

impl fmt::Display for CudaVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// Reads `12.4`, `12.4.1` as the tags of images have it, and `cu124`.
impl FromStr for CudaVersion {
    type Err = AcceleratorError;

    fn from_str(text: &str) -> Result<Self, AcceleratorError> {
        let lower = text.trim().to_ascii_lowercase();
        let parts: Vec<&str> = lower.split('.').collect();
        let read = match parts.as_slice() {
            [major, minor] | [major, minor, _] if number(major).is_some() => {
                let is_patch = parts.get(2).is_none_or(|patch| number(patch).is_some());
                number(major).zip(number(minor)).filter(|_| is_patch)
            }
            _ => cuda_numbers(&lower),
        };
        let (major, minor) = read.ok_or_else(|| AcceleratorError {
            message: format!("`{text}` is not a version of the CUDA toolkit"),
            help: "Give its major and minor version, as in 12.4.".to_owned(),
        })?;
        Ok(Self { major, minor })
    }
}

impl fmt::Display for DriverVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for DriverVersion {
    type Err = AcceleratorError;

    fn from_str(text: &str) -> Result<Self, AcceleratorError> {
        let trimmed = text.trim();
        let numbers: Option<Vec<u16>> = trimmed.split('.').map(number).collect();
        match numbers {
            Some(numbers) if numbers.len() <= MOST_NUMBERS => Ok(Self {
                text: trimmed.to_owned(),
                numbers,
            }),
            _ => Err(AcceleratorError {
                message: format!("`{text}` is not a version of NVIDIA's driver"),
                help: "Give what `nvidia-smi` shows, such as 550.54.".to_owned(),
            }),
        }
    }
}

impl PartialEq for DriverVersion {
    fn eq(&self, other: &Self) -> bool {
        self.numbers == other.numbers
    }
}

impl Eq for DriverVersion {}

impl Hash for DriverVersion {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.numbers.hash(state);
    }
}

impl PartialOrd for DriverVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for DriverVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers)
    }
}

impl fmt::Display for AcceleratorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}. {}", self.message, self.help)
    }
}

impl std::error::Error for AcceleratorError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn driver(text: &str) -> DriverVersion {
        text.parse().unwrap()
    }

    #[test]
    fn a_capability_is_written_in_two_ways() {
        for (text, shown) in [
            ("12.0", "sm_120"),
            ("sm_120", "sm_120"),
            ("SM_86", "sm_86"),
            ("compute_90", "sm_90"),
            ("6.1", "sm_61"),
        ] {
            assert_eq!(text.parse::<Capability>().unwrap().to_string(), shown);
        }
        for text in [
            "", "120", "sm_", "sm_9", "sm_90a", "12", "12.10", "sm_é", "-1.0",
        ] {
            assert!(text.parse::<Capability>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_toolkit_has_a_major_and_a_minor_version() {
        for (text, shown) in [
            ("12.4", "12.4"),
            ("12.4.1", "12.4"),
            ("cu124", "12.4"),
            ("cuda12.4", "12.4"),
            (" 13.0 ", "13.0"),
        ] {
            assert_eq!(text.parse::<CudaVersion>().unwrap().to_string(), shown);
        }
        for text in ["", "12", "12.", "12.4.x", "12.4.1.0", "124", "cpu"] {
            assert!(text.parse::<CudaVersion>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_driver_version_compares_by_its_numbers() {
        assert!(driver("525.60.13") < driver("550.54"));
        assert!(driver("99.1") < driver("550.54"));
        assert_eq!(driver("535.54.03"), driver("535.54.3"));
        assert_eq!(driver("535.54.03").to_string(), "535.54.03");
        for text in ["", "550.", "550.x", "1.2.3.4.5", "v550", "-1"] {
            assert!(text.parse::<DriverVersion>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_left_out_of_a_driver_version_counts_as_high_enough() {
        for (said, floor, is_enough) in [
            ("535.54", "535.54.03", true),
            ("535", "535.54.03", true),
            ("535.54.03", "535.54.03", true),
            ("535.54.02", "535.54.03", false),
            ("535.43", "535.54.03", false),
            ("550.54.15", "550.54", true),
            ("520", "525.60.13", false),
        ] {
            assert_eq!(
                driver(said).is_at_least(&driver(floor)),
                is_enough,
                "{said}"
            );
        }
    }
}
