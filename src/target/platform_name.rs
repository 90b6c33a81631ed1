//! Reading a platform's name: uv's names, and the platform part of wheel tags.

use std::fmt;
use std::str::FromStr;

use super::platform_tags::oldest_glibc;
use super::{Arch, Os, Platform};

/// What Linux means without a version: the oldest glibc that current wheels are built for.
const DEFAULT_GLIBC: Os = Os::Glibc(2, 28);
const DEFAULT_MUSL: Os = Os::Musl(1, 2);
const DEFAULT_MAC_OS: Os = Os::MacOs(13, 0);
const DEFAULT_ANDROID: Os = Os::Android(24);

/// uv's names and what they mean there (fixtures/target/platforms.txt); `x86_64-manylinux_2_28` and
/// its kind follow a rule instead.
const NAMES: &[(&str, Platform)] = &[
    ("linux", of(DEFAULT_GLIBC, Arch::X86_64)),
    ("macos", of(DEFAULT_MAC_OS, Arch::Aarch64)),
    ("windows", of(Os::Windows, Arch::X86_64)),
    ("aarch64-apple-darwin", of(DEFAULT_MAC_OS, Arch::Aarch64)),
    ("aarch64-linux-android", of(DEFAULT_ANDROID, Arch::Aarch64)),
    ("aarch64-pc-windows-msvc", of(Os::Windows, Arch::Aarch64)),
    (
        "aarch64-unknown-linux-gnu",
        of(DEFAULT_GLIBC, Arch::Aarch64),
    ),
    (
        "aarch64-unknown-linux-musl",
        of(DEFAULT_MUSL, Arch::Aarch64),
    ),
    ("arm64-apple-ios", of(Os::Ios(13, 0), Arch::Aarch64)),
    (
        "arm64-apple-ios-simulator",
        of(Os::IosSimulator(13, 0), Arch::Aarch64),
    ),
    ("i686-pc-windows-msvc", of(Os::Windows, Arch::X86)),
    ("riscv64-unknown-linux", of(Os::Glibc(2, 39), Arch::Riscv64)),
    ("wasm32-pyodide2024", of(Os::Pyodide(2024), Arch::Wasm32)),
    ("wasm32-pyodide2025", of(Os::Pyodide(2025), Arch::Wasm32)),
    ("x86_64-apple-darwin", of(DEFAULT_MAC_OS, Arch::X86_64)),
    (
        "x86_64-apple-ios-simulator",
        of(Os::IosSimulator(13, 0), Arch::X86_64),
    ),
    ("x86_64-linux-android", of(DEFAULT_ANDROID, Arch::X86_64)),
    ("x86_64-pc-windows-msvc", of(Os::Windows, Arch::X86_64)),
    ("x86_64-unknown-linux-gnu", of(DEFAULT_GLIBC, Arch::X86_64)),
    ("x86_64-unknown-linux-musl", of(DEFAULT_MUSL, Arch::X86_64)),
];

/// Examples of the names and tags that follow a rule, for suggestions.
const EXAMPLES: &[&str] = &[
    "x86_64-manylinux2014",
    "x86_64-manylinux_2_17",
    "x86_64-manylinux_2_28",
    "x86_64-manylinux_2_40",
    "aarch64-manylinux2014",
    "aarch64-manylinux_2_17",
    "aarch64-manylinux_2_28",
    "aarch64-manylinux_2_40",
    "manylinux2014_x86_64",
    "manylinux_2_28_x86_64",
    "manylinux_2_28_aarch64",
    "musllinux_1_2_x86_64",
    "linux_x86_64",
    "macosx_14_0_arm64",
    "win_amd64",
];

/// Names nearer to the mistaken one than this are worth a suggestion (Jaro-Winkler, up to 1).
const NEAR: f64 = 0.75;

const fn of(os: Os, arch: Arch) -> Platform {
    Platform { os, arch }
}

/// Text that names no platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlatformError {
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// What to type instead, as a sentence.
    pub help: String,
}

impl Platform {
    /// Returns the names that can be typed; those that follow a rule by their usual examples.
    pub fn names() -> impl Iterator<Item = &'static str> {
        let named = NAMES.iter().map(|(name, _)| *name);
        named.chain(EXAMPLES.iter().copied())
    }

    /// Returns what `linux` means on a machine.
    pub fn default_linux(arch: Arch) -> Self {
        Self::new(DEFAULT_GLIBC, arch)
    }

    /// Returns what `macos` means on a machine.
    pub fn default_mac_os(arch: Arch) -> Self {
        Self::new(DEFAULT_MAC_OS, arch)
    }
}

/// Reads uv's names (`linux`, `aarch64-apple-darwin`, `x86_64-manylinux_2_28`), wheel tags
/// (`manylinux_2_28_x86_64`) and `sysconfig.get_platform()` (`macosx-14.0-arm64`).
impl FromStr for Platform {
    type Err = PlatformError;

    fn from_str(text: &str) -> Result<Self, PlatformError> {
        let name = text.trim().to_ascii_lowercase();
        if let Some((_, platform)) = NAMES.iter().find(|(known, _)| *known == name) {
            return Ok(*platform);
        }
        // `x86_64-manylinux_2_28` is the tag `manylinux_2_28_x86_64` turned round.
        let turned = name
            .split_once('-')
            .filter(|(_, rest)| rest.starts_with("manylinux"))
            .map(|(arch, rest)| format!("{rest}_{arch}"));
        let tag = turned.unwrap_or_else(|| name.replace(['-', '.'], "_"));
        match PlatformTag::parse(&tag) {
            Some(PlatformTag { os, archs: [arch] }) => {
                Ok(Self::new(os.unwrap_or(DEFAULT_GLIBC), *arch))
            }
            Some(_) => Err(PlatformError {
                message: format!("`{text}` stands for several machines"),
                help: "Name one of them, as in `macosx_14_0_arm64` or `macosx_14_0_x86_64`.".into(),
            }),
            None => Err(unknown(text, &name)),
        }
    }
}

/// The platform part of a wheel's tag: where that wheel runs at the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PlatformTag {
    /// The system; nothing for `linux_x86_64`, which tells no C library.
    pub(super) os: Option<Os>,
    /// The machines that one file serves.
    pub(super) archs: &'static [Arch],
}

impl PlatformTag {
    /// Reads a tag such as `manylinux2014_x86_64`.
    pub(super) fn parse(tag: &str) -> Option<Self> {
        let windows = |archs| {
            Some(Self {
                os: Some(Os::Windows),
                archs,
            })
        };
        match tag {
            "win32" => return windows(&[Arch::X86]),
            "win_amd64" => return windows(&[Arch::X86_64]),
            "win_arm64" => return windows(&[Arch::Aarch64]),
            _ => {}
        }
        let (family, rest) = tag.split_once('_')?;
        let (os, machine) = match family {
            "linux" => (None, rest),
            "manylinux1" => (Some(Os::Glibc(2, 5)), rest),
            "manylinux2010" => (Some(Os::Glibc(2, 12)), rest),
            "manylinux2014" => (Some(Os::Glibc(2, 17)), rest),
            "android" => {
                let (api, machine) = number(rest)?;
                (Some(Os::Android(api)), machine)
            }
            _ => {
                let (major, rest) = number(rest)?;
                let (minor, machine) = number(rest)?;
                (Some(versioned(family, major, minor, machine)?), machine)
            }
        };
        let archs = machines(family, machine)?;
        let is_served = match (os, archs) {
            (Some(Os::Glibc(_, minor)), [arch]) => minor >= oldest_glibc(*arch),
            _ => true,
        };
        is_served.then_some(Self { os, archs })
    }
}

/// Splits `28_x86_64` into 28 and the rest.
fn number(text: &str) -> Option<(u16, &str)> {
    let (number, rest) = text.split_once('_')?;
    let digits = number.bytes().all(|byte| byte.is_ascii_digit());
    // Three digits are enough for all but Pyodide's years; tags are counted down from here.
    let number = number
        .parse()
        .ok()
        .filter(|number| digits && *number <= 2999)?;
    Some((number, rest))
}

fn versioned(family: &str, major: u16, minor: u16, machine: &str) -> Option<Os> {
    match family {
        "manylinux" if major == 2 => Some(Os::Glibc(major, minor)),
        "musllinux" if major == 1 => Some(Os::Musl(major, minor)),
        "macosx" if (10..100).contains(&major) => Some(Os::MacOs(major, minor)),
        "ios" if machine.ends_with("_iphoneos") && major < 100 => Some(Os::Ios(major, minor)),
        "ios" if major < 100 => Some(Os::IosSimulator(major, minor)),
        "pyodide" | "pyemscripten" => Some(Os::Pyodide(major)),
        _ => None,
    }
}

fn machines(family: &str, machine: &str) -> Option<&'static [Arch]> {
    const X86_64: &[Arch] = &[Arch::X86_64];
    const ARM64: &[Arch] = &[Arch::Aarch64];
    match (family, machine) {
        ("macosx", "x86_64" | "intel" | "fat64" | "fat3" | "universal") => Some(X86_64),
        ("macosx", "arm64") => Some(ARM64),
        ("macosx", "universal2") => Some(&[Arch::X86_64, Arch::Aarch64]),
        ("ios", "arm64_iphoneos" | "arm64_iphonesimulator") => Some(ARM64),
        ("ios", "x86_64_iphonesimulator") => Some(X86_64),
        ("pyodide" | "pyemscripten", "wasm32") => Some(&[Arch::Wasm32]),
        ("macosx" | "ios" | "pyodide" | "pyemscripten", _) => None,
        ("android", name) => linux_machine(|arch| arch.android_name() == name),
        (_, name) => linux_machine(|arch| arch.linux_name() == name),
    }
}

fn linux_machine(is_it: impl Fn(Arch) -> bool) -> Option<&'static [Arch]> {
    Arch::LINUX.chunks(1).find(|arch| is_it(arch[0]))
}

/// Suggests the nearest names; where none is near, the plain ones.
fn unknown(text: &str, name: &str) -> PlatformError {
    let mut near: Vec<(f64, &str)> = Platform::names()
        .map(|known| (strsim::jaro_winkler(name, known), known))
        .filter(|(nearness, _)| *nearness >= NEAR)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    let names: Vec<String> = near
        .iter()
        .take(3)
        .map(|(_, name)| format!("`{name}`"))
        .collect();
    let help = match names.as_slice() {
        [] => "Give `linux`, `macos` or `windows`, a target such as `aarch64-unknown-linux-gnu`, \
               or a wheel's platform tag such as `manylinux_2_28_x86_64`."
            .into(),
        [only] => format!("Did you mean {only}?"),
        [others @ .., last] => format!("Did you mean {} or {last}?", others.join(", ")),
    };
    PlatformError {
        message: format!("`{text}` is not a platform that pyaudit knows"),
        help,
    }
}

impl fmt::Display for PlatformError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}. {}", self.message, self.help)
    }
}

impl std::error::Error for PlatformError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_and_its_tag_reads_back() {
        for name in Platform::names() {
            let platform: Platform = name.parse().unwrap();
            assert_eq!(platform.tag().parse(), Ok(platform), "{name}");
        }
    }

    #[test]
    fn names_and_tags_mean_the_same_platforms() {
        let cases = [
            ("linux", "manylinux_2_28_x86_64"),
            ("linux_x86_64", "manylinux_2_28_x86_64"),
            ("linux-aarch64", "manylinux_2_28_aarch64"),
            ("x86_64-manylinux_2_31", "manylinux_2_31_x86_64"),
            ("x86_64-manylinux2014", "manylinux_2_17_x86_64"),
            ("manylinux2014_aarch64", "manylinux_2_17_aarch64"),
            ("manylinux1_i686", "manylinux_2_5_i686"),
            ("macosx-14.0-arm64", "macosx_14_0_arm64"),
            ("macosx_10_9_x86_64", "macosx_10_9_x86_64"),
            ("win-amd64", "win_amd64"),
            ("i686-pc-windows-msvc", "win32"),
            ("Windows", "win_amd64"),
            ("aarch64-unknown-linux-musl", "musllinux_1_2_aarch64"),
            ("android_30_arm64_v8a", "android_30_arm64_v8a"),
        ];

        for (name, tag) in cases {
            assert_eq!(name.parse::<Platform>().unwrap().tag(), tag, "{name}");
        }
    }

    #[test]
    fn an_unknown_platform_names_the_nearest() {
        let cases = [
            ("linus", "Did you mean `linux`"),
            ("windws", "Did you mean `windows`"),
            ("win_amd46", "Did you mean `win_amd64`"),
            (
                "x86_64-unknown-linux",
                "Did you mean `x86_64-unknown-linux-gnu`",
            ),
            ("manylinux_2_28_x64", "Did you mean `manylinux_2_28_x86_64`"),
            ("macosx_14_0_universal2", "Name one of them"),
            ("solaris", "Give `linux`, `macos` or `windows`"),
            ("any", "Give `linux`, `macos` or `windows`"),
            ("manylinux_2_99999_x86_64", "Did you mean"),
            ("", "Give `linux`, `macos` or `windows`"),
        ];

        for (name, help) in cases {
            let error = name.parse::<Platform>().unwrap_err();
            assert!(error.help.starts_with(help), "{name}: {}", error.help);
        }
    }
}
