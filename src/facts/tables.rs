//! The rows of the tables, as one file of facts says them, whether it is embedded or a user's.

use std::collections::BTreeMap;
use std::ops::Range;

use super::Kernels;
use crate::package::{PackageName, Requirement, Specifiers, Version};
use crate::target::{
    Arch, Capability, CudaVersion, DriverVersion, Flavour, Os, Platform, PythonVersion,
};

/// What a file says; most say a part.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) index: Option<String>,
    pub(super) family: Vec<PackageName>,
    pub(super) gpus: Vec<(String, Capability)>,
    pub(super) drivers: Vec<DriverRow>,
    pub(super) kernels: Vec<KernelRow>,
    pub(super) builds: Vec<BuildRow>,
    pub(super) defaults: Vec<DefaultRow>,
    pub(super) limits: BTreeMap<PackageName, Vec<Limit>>,
    pub(super) systems: Vec<SystemRow>,
    pub(super) images: Vec<ImageRow>,
}

/// A release of an operating system that images are made of.
#[derive(Debug)]
pub(super) struct SystemRow {
    pub(super) name: String,
    /// The parts of tags that say it.
    pub(super) words: Vec<String>,
    pub(super) os: Os,
    /// The Python of its own packages.
    pub(super) python: Option<PythonVersion>,
}

/// What images of a name bring where their tags do not say it.
#[derive(Debug, Default)]
pub(super) struct ImageRow {
    pub(super) names: Vec<String>,
    /// What the number is that their tags begin with.
    pub(super) leads: String,
    pub(super) versions: Option<Specifiers>,
    /// The release of their system, and where the file says so.
    pub(super) release: Option<(String, Range<usize>)>,
    pub(super) python: Option<PythonVersion>,
    pub(super) cuda: Option<CudaVersion>,
    pub(super) torch: Option<Version>,
}

/// A bound that a package's metadata does not declare; it holds where the package is in the
/// answer, and never brings in what it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The package that needs it.
    pub package: PackageName,
    /// The releases that do.
    pub affected: Specifiers,
    /// What they need: `numpy<2`.
    pub needs: Requirement,
    /// Why, as what follows "because" and the package's name: "its wheels were built against
    /// NumPy 1.x".
    pub because: String,
    /// Who says so.
    pub source: String,
    /// Where it holds; everywhere, for most.
    pub platform: Option<Where>,
}

/// The oldest drivers that a CUDA toolkit's programs run on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DriverFloor {
    /// Enough for compiled kernels, by CUDA's minor version compatibility.
    pub runs: DriverVersion,
    /// That of the toolkit itself, which compiling its PTX takes; NVIDIA does not tell all.
    pub own: Option<DriverVersion>,
    /// Who says so.
    pub source: String,
}

/// The platforms for which a row counts: an operating system, and perhaps a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Where {
    system: System,
    arch: Option<Arch>,
}

/// An operating system of any version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum System {
    Linux,
    MacOs,
    Windows,
}

/// The drivers for a toolkit.
#[derive(Debug)]
pub(super) struct DriverRow {
    pub(super) cuda: CudaVersion,
    pub(super) system: System,
    pub(super) floor: DriverFloor,
}

/// The kernels in some builds of torch.
#[derive(Debug)]
pub(super) struct KernelRow {
    pub(super) torch: Specifiers,
    /// The first release of them, where the range has one.
    pub(super) first: Option<Version>,
    pub(super) flavour: Flavour,
    pub(super) platform: Where,
    pub(super) kernels: Kernels,
}

/// The releases of a package on a flavour's index.
#[derive(Debug)]
pub(super) struct BuildRow {
    pub(super) package: PackageName,
    pub(super) flavour: Flavour,
    pub(super) releases: Vec<Specifiers>,
}

/// The releases of a package whose plain builds on the default index are of a flavour.
#[derive(Debug)]
pub(super) struct DefaultRow {
    pub(super) platform: Where,
    pub(super) build: BuildRow,
}

impl Where {
    /// Whether a platform is one of them.
    pub fn includes(&self, platform: &Platform) -> bool {
        System::of(platform.os) == Some(self.system)
            && self.arch.is_none_or(|arch| arch == platform.arch)
    }

    /// Reads `linux`, `windows-x86_64`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (system, arch) = match text.split_once('-') {
            Some((system, arch)) => (system, Some(arch)),
            None => (text, None),
        };
        let arch = match arch {
            None => None,
            Some("x86_64") => Some(Arch::X86_64),
            Some("aarch64") => Some(Arch::Aarch64),
            Some(_) => return None,
        };
        let system = System::parse(system)?;
        Some(Self { system, arch })
    }
}

impl System {
    /// The words for them in a file.
    pub(super) const WORDS: [(&str, Self); 3] = [
        ("linux", Self::Linux),
        ("macos", Self::MacOs),
        ("windows", Self::Windows),
    ];

    fn parse(text: &str) -> Option<Self> {
        let found = Self::WORDS.iter().find(|(word, _)| *word == text);
        found.map(|(_, system)| *system)
    }

    /// Returns the one of an operating system that the tables speak of.
    pub(super) fn of(os: Os) -> Option<Self> {
        match os {
            Os::Glibc(..) | Os::Musl(..) => Some(Self::Linux),
            Os::MacOs(..) => Some(Self::MacOs),
            Os::Windows => Some(Self::Windows),
            Os::Android(_) | Os::Ios(..) | Os::IosSimulator(..) | Os::Pyodide(_) => None,
        }
    }
}
