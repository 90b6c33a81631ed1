//! The operating system, its C library and the machine of a target.

use std::fmt;

/// An operating system with its version, on a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Platform {
    /// The operating system.
    pub os: Os,
    /// The machine.
    pub arch: Arch,
}

/// An operating system, with what a wheel's tag may ask of its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Os {
    /// Linux with the GNU C library of a version: 2 and the minor version.
    Glibc(u16, u16),
    /// Linux with the musl C library of a version.
    Musl(u16, u16),
    /// macOS of a version.
    MacOs(u16, u16),
    /// Windows.
    Windows,
    /// Android of an API level.
    Android(u16),
    /// iOS of a version, on a device.
    Ios(u16, u16),
    /// iOS of a version, in the simulator.
    IosSimulator(u16, u16),
    /// The browser, by Pyodide's ABI of a year.
    Pyodide(u16),
}

/// A processor family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Arch {
    /// 64-bit x86.
    X86_64,
    /// 32-bit x86.
    X86,
    /// 64-bit ARM.
    Aarch64,
    /// 32-bit ARM with hardware floating point.
    Armv7l,
    /// 64-bit POWER, little-endian.
    Ppc64le,
    /// 64-bit POWER, big-endian.
    Ppc64,
    /// IBM Z.
    S390x,
    /// 64-bit RISC-V.
    Riscv64,
    /// 64-bit LoongArch.
    Loongarch64,
    /// 32-bit WebAssembly.
    Wasm32,
}

impl Arch {
    /// Every machine that Linux wheels name.
    pub(super) const LINUX: &[Self] = &[
        Self::X86_64,
        Self::X86,
        Self::Aarch64,
        Self::Armv7l,
        Self::Ppc64le,
        Self::Ppc64,
        Self::S390x,
        Self::Riscv64,
        Self::Loongarch64,
    ];

    /// Returns the name that Linux, and its wheel tags, use.
    pub fn linux_name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::X86 => "i686",
            Self::Aarch64 => "aarch64",
            Self::Armv7l => "armv7l",
            Self::Ppc64le => "ppc64le",
            Self::Ppc64 => "ppc64",
            Self::S390x => "s390x",
            Self::Riscv64 => "riscv64",
            Self::Loongarch64 => "loongarch64",
            Self::Wasm32 => "wasm32",
        }
    }

    /// Returns the name that Apple, and its wheel tags, use.
    pub(super) fn apple_name(self) -> &'static str {
        match self {
            Self::Aarch64 => "arm64",
            other => other.linux_name(),
        }
    }

    /// Returns the name that Android's wheel tags use.
    pub(super) fn android_name(self) -> &'static str {
        match self {
            Self::Aarch64 => "arm64_v8a",
            Self::Armv7l => "armeabi_v7a",
            Self::X86 => "x86",
            other => other.linux_name(),
        }
    }
}

impl Platform {
    /// Joins an operating system and a machine.
    pub fn new(os: Os, arch: Arch) -> Self {
        Self { os, arch }
    }

    /// Returns the machine as `platform.machine()` tells it there.
    pub(super) fn machine(&self) -> &'static str {
        match (self.os, self.arch) {
            (Os::Windows, Arch::X86_64) => "AMD64",
            (Os::Windows, Arch::X86) => "x86",
            (Os::Windows, Arch::Aarch64) => "ARM64",
            (Os::MacOs(..) | Os::Ios(..) | Os::IosSimulator(..), arch) => arch.apple_name(),
            (_, arch) => arch.linux_name(),
        }
    }

    /// Returns the wheel tag that says it best; reading that tag gives the platform back.
    pub fn tag(&self) -> String {
        let (linux, apple) = (self.arch.linux_name(), self.arch.apple_name());
        match self.os {
            Os::Glibc(major, minor) => format!("manylinux_{major}_{minor}_{linux}"),
            Os::Musl(major, minor) => format!("musllinux_{major}_{minor}_{linux}"),
            Os::MacOs(major, minor) => format!("macosx_{major}_{minor}_{apple}"),
            Os::Windows => match self.arch {
                Arch::X86 => "win32".into(),
                Arch::X86_64 => "win_amd64".into(),
                _ => format!("win_{apple}"),
            },
            Os::Android(api) => format!("android_{api}_{}", self.arch.android_name()),
            Os::Ios(major, minor) => format!("ios_{major}_{minor}_{apple}_iphoneos"),
            Os::IosSimulator(major, minor) => {
                format!("ios_{major}_{minor}_{apple}_iphonesimulator")
            }
            Os::Pyodide(year) => format!("pyodide_{year}_0_{linux}"),
        }
    }
}

/// Writes words for a message: `Linux x86_64 (glibc 2.28)`.
impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (linux, apple) = (self.arch.linux_name(), self.arch.apple_name());
        match self.os {
            Os::Glibc(major, minor) => write!(f, "Linux {linux} (glibc {major}.{minor})"),
            Os::Musl(major, minor) => write!(f, "Linux {linux} (musl {major}.{minor})"),
            Os::MacOs(major, minor) => write!(f, "macOS {major}.{minor} {apple}"),
            Os::Windows => match self.arch {
                Arch::X86 => f.write_str("Windows x86"),
                _ => write!(f, "Windows {apple}"),
            },
            Os::Android(api) => write!(f, "Android {linux} (API level {api})"),
            Os::Ios(major, minor) => write!(f, "iOS {major}.{minor} {apple}"),
            Os::IosSimulator(major, minor) => {
                write!(f, "iOS {major}.{minor} simulator on {apple}")
            }
            Os::Pyodide(year) => write!(f, "Pyodide {year}"),
        }
    }
}
