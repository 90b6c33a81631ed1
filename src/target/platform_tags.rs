//! The platform part of the wheel tags that a platform accepts, best first, in the order of
//! `packaging.tags` (fixtures/target/tags.txt).

use super::{Arch, Os, Platform};

/// Older names of some glibc versions (PEP 513, 571 and 599).
const LEGACY_MANYLINUX: &[(u16, &str)] = &[
    (17, "manylinux2014"),
    (12, "manylinux2010"),
    (5, "manylinux1"),
];

/// The first API level of Android and version of iOS with enough for CPython.
const OLDEST_ANDROID: u16 = 16;
const OLDEST_IOS: u16 = 12;

/// Returns the accepted platform tags other than `any`, best first.
pub(super) fn platform_tags(platform: &Platform) -> Vec<String> {
    let arch = platform.arch;
    match platform.os {
        Os::Glibc(major, minor) => glibc(major, minor, arch),
        Os::Musl(major, minor) => {
            let arch = arch.linux_name();
            let versions = (0..=minor).rev();
            std::iter::once(format!("linux_{arch}"))
                .chain(versions.map(|minor| format!("musllinux_{major}_{minor}_{arch}")))
                .collect()
        }
        Os::MacOs(major, minor) => mac_os(major, minor, arch),
        Os::Windows => vec![platform.tag()],
        Os::Android(api) => (OLDEST_ANDROID..=api)
            .rev()
            .map(|api| format!("android_{api}_{}", arch.android_name()))
            .collect(),
        Os::Ios(major, minor) => ios(major, minor, &format!("{}_iphoneos", arch.apple_name())),
        Os::IosSimulator(major, minor) => ios(
            major,
            minor,
            &format!("{}_iphonesimulator", arch.apple_name()),
        ),
        Os::Pyodide(year) => ["pyemscripten", "pyodide"]
            .map(|name| format!("{name}_{year}_0_wasm32"))
            .to_vec(),
    }
}

/// Returns the minor version of the oldest glibc that manylinux serves on a machine (PEP 600).
pub(super) fn oldest_glibc(arch: Arch) -> u16 {
    match arch {
        Arch::X86_64 | Arch::X86 => 5,
        _ => 17,
    }
}

fn glibc(major: u16, minor: u16, arch: Arch) -> Vec<String> {
    let oldest = oldest_glibc(arch);
    let arch = arch.linux_name();
    let mut tags = vec![format!("linux_{arch}")];
    for minor in (oldest..=minor).rev() {
        tags.push(format!("manylinux_{major}_{minor}_{arch}"));
        let legacy = LEGACY_MANYLINUX.iter().find(|(at, _)| *at == minor);
        tags.extend(legacy.map(|(_, name)| format!("{name}_{arch}")));
    }
    tags
}

/// From macOS 11 on only the major version counts; before it the minor one did. Builds for several
/// machines at once (`universal2`) reach back further than the first Macs with ARM.
fn mac_os(major: u16, minor: u16, arch: Arch) -> Vec<String> {
    let mut tags = Vec::new();
    let mut push = |major: u16, minor: u16, kinds: &[&str]| {
        tags.extend(
            kinds
                .iter()
                .map(|kind| format!("macosx_{major}_{minor}_{kind}")),
        );
    };
    let (kinds, old_kinds): (&[&str], &[&str]) = match arch {
        Arch::X86_64 => {
            let kinds = &[
                "x86_64",
                "intel",
                "fat64",
                "fat3",
                "universal2",
                "universal",
            ];
            (kinds, kinds)
        }
        _ => (&["arm64", "universal2"], &["universal2"]),
    };
    for major in (11..=major).rev() {
        push(major, 0, kinds);
    }
    let newest_old = if major > 10 { 16 } else { minor };
    for minor in (4..=newest_old).rev() {
        push(10, minor, old_kinds);
    }
    tags
}

/// The version itself, the older minor versions of its major version, then every conceivable one.
fn ios(major: u16, minor: u16, abi: &str) -> Vec<String> {
    let own = (0..=minor).rev().map(|minor| (major, minor));
    let older = (OLDEST_IOS..major)
        .rev()
        .flat_map(|major| (0..=9).rev().map(move |minor| (major, minor)));
    own.chain(older)
        .map(|(major, minor)| format!("ios_{major}_{minor}_{abi}"))
        .collect()
}
