//! The platforms that wheels are made for, as markers tell them from each other.

use std::sync::{Arc, LazyLock};

use super::possible::{equal, possible};
use super::region::tags;
use super::{Arch, Os, Platform, TagTable};
use crate::package::{MarkerEnvironment, MarkerTree, MarkerValueString, both};

/// A platform that markers can tell from others.
#[derive(Debug)]
pub struct KnownPlatform {
    sys_platform: &'static str,
    machine: &'static str,
    /// What its wheels may ask for, the usual first.
    platforms: &'static [Platform],
    /// Whether people are surprised where it gets no wheels.
    is_usual: bool,
}

const fn known(
    sys_platform: &'static str,
    machine: &'static str,
    platforms: &'static [Platform],
    is_usual: bool,
) -> KnownPlatform {
    KnownPlatform {
        sys_platform,
        machine,
        platforms,
        is_usual,
    }
}

const fn on(os: Os, arch: Arch) -> Platform {
    Platform { os, arch }
}

/// Newer than any that wheels ask for today.
const GLIBC: Os = Os::Glibc(2, 45);
const MUSL: Os = Os::Musl(1, 9);
const MAC_OS: Os = Os::MacOs(30, 0);

/// The platforms that wheels are made for, the usual ones first.
pub(super) static KNOWN: &[KnownPlatform] = &[
    known(
        "linux",
        "x86_64",
        &[on(GLIBC, Arch::X86_64), on(MUSL, Arch::X86_64)],
        true,
    ),
    known(
        "linux",
        "aarch64",
        &[on(GLIBC, Arch::Aarch64), on(MUSL, Arch::Aarch64)],
        true,
    ),
    known("darwin", "arm64", &[on(MAC_OS, Arch::Aarch64)], true),
    known("darwin", "x86_64", &[on(MAC_OS, Arch::X86_64)], true),
    known("win32", "AMD64", &[on(Os::Windows, Arch::X86_64)], true),
    known("win32", "ARM64", &[on(Os::Windows, Arch::Aarch64)], false),
    known("win32", "x86", &[on(Os::Windows, Arch::X86)], false),
    known(
        "linux",
        "i686",
        &[on(GLIBC, Arch::X86), on(MUSL, Arch::X86)],
        false,
    ),
    known(
        "linux",
        "armv7l",
        &[on(GLIBC, Arch::Armv7l), on(MUSL, Arch::Armv7l)],
        false,
    ),
    known(
        "linux",
        "ppc64le",
        &[on(GLIBC, Arch::Ppc64le), on(MUSL, Arch::Ppc64le)],
        false,
    ),
    known(
        "linux",
        "s390x",
        &[on(GLIBC, Arch::S390x), on(MUSL, Arch::S390x)],
        false,
    ),
    known(
        "linux",
        "riscv64",
        &[on(GLIBC, Arch::Riscv64), on(MUSL, Arch::Riscv64)],
        false,
    ),
];

/// The markers of the known platforms, in their order.
static MARKERS: LazyLock<Vec<MarkerTree>> =
    LazyLock::new(|| KNOWN.iter().map(KnownPlatform::exact_marker).collect());

impl KnownPlatform {
    /// Returns the marker that holds there and nowhere else.
    pub fn marker(&self) -> MarkerTree {
        let markers = KNOWN.iter().zip(MARKERS.iter());
        let mut own = markers.filter(|(known, _)| std::ptr::eq(*known, self));
        own.next()
            .map_or_else(|| self.exact_marker(), |(_, marker)| marker.clone())
    }

    fn exact_marker(&self) -> MarkerTree {
        both(&self.plain_marker(), possible())
    }

    /// Returns what markers call it.
    pub(super) fn name(&self) -> (&'static str, &'static str) {
        (self.sys_platform, self.machine)
    }

    /// Returns what its wheels may ask for, the usual first.
    pub(super) fn platforms(&self) -> &'static [Platform] {
        self.platforms
    }

    /// Returns what its wheels may ask for at most of the same kind of system.
    pub(super) fn newest(&self, platform: Platform) -> Option<Platform> {
        let kind = std::mem::discriminant(&platform.os);
        let mut platforms = self.platforms.iter();
        platforms
            .find(|it| std::mem::discriminant(&it.os) == kind)
            .copied()
    }

    /// The same in as few words as there can be: its negation is short too.
    pub fn plain_marker(&self) -> MarkerTree {
        let system = equal(MarkerValueString::SysPlatform, self.sys_platform);
        let machine = equal(MarkerValueString::PlatformMachine, self.machine);
        both(&system, &machine)
    }

    /// Returns the usual platform there.
    pub fn platform(&self) -> Platform {
        let Platform { os, arch } = self.platforms[0];
        match os {
            Os::Glibc(..) => Platform::default_linux(arch),
            Os::MacOs(..) => Platform::default_mac_os(arch),
            _ => Platform::new(os, arch),
        }
    }

    /// Returns the wheel tags that CPython of some minor versions accepts there.
    pub fn tags_of(&'static self, minors: &[u64]) -> Arc<TagTable> {
        tags(minors, &[self])
    }

    /// Whether an environment is one of it.
    pub fn is_of(&self, environment: &MarkerEnvironment) -> bool {
        environment.sys_platform() == self.sys_platform
            && environment.platform_machine() == self.machine
    }

    /// Whether people are surprised where it gets no wheels.
    pub fn is_usual(&self) -> bool {
        self.is_usual
    }

    /// Returns words for a message: `Linux x86_64`.
    pub fn words(&self) -> String {
        let system = match self.sys_platform {
            "linux" => "Linux",
            "darwin" => "macOS",
            _ => "Windows",
        };
        format!("{system} {}", self.machine)
    }
}
