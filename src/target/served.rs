//! Words for what a list of wheels serves: which Pythons here, and which places for this Python.

use std::collections::BTreeMap;
use std::fmt;

use super::platform_name::PlatformTag;
use super::tags::platforms;
use super::{Arch, Implementation, Os, Platform, PythonVersion, TagSet, Target};

/// A minor version no wheel names: what serves it, serves all that are to come.
const FAR: u64 = 99;

/// The minor versions of CPython 3 that some wheels serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PythonsServed {
    /// The minor versions, ascending, up to the newest stable one.
    pub minors: Vec<u64>,
    /// Whether they serve every later one as well.
    pub is_open: bool,
}

impl PythonsServed {
    /// Whether they serve none.
    pub fn is_empty(&self) -> bool {
        self.minors.is_empty()
    }
}

/// Returns the Pythons for which one of some wheels' tags (`cp310-cp310-win_amd64`) fits a platform.
pub fn pythons_served<'a>(
    tags: impl IntoIterator<Item = &'a str>,
    platform: &Platform,
) -> PythonsServed {
    let tags: Vec<&str> = tags.into_iter().collect();
    let platforms = platforms(platform);
    let is_served = |minor: u64| {
        let accepted = TagSet::on(&PythonVersion::cpython(minor), &platforms);
        tags.iter().any(|tags| accepted.rank(tags).is_ok())
    };
    let newest = newest_named(&tags).max(PythonVersion::newest_stable().minor());
    PythonsServed {
        minors: (0..=newest).filter(|minor| is_served(*minor)).collect(),
        is_open: is_served(FAR),
    }
}

/// The newest `cp3…` in the tags, which may be newer than the Pythons we know.
fn newest_named(tags: &[&str]) -> u64 {
    interpreters(tags)
        .filter_map(|interpreter| interpreter.strip_prefix("cp3")?.parse().ok())
        .filter(|minor| *minor < FAR)
        .max()
        .unwrap_or(0)
}

/// Returns where those of some wheels run whose tags suit the target's Python, as words: `Windows`,
/// `Linux x86_64 (glibc 2.28 or newer)`; or `every platform`.
pub fn platforms_served<'a>(
    tags: impl IntoIterator<Item = &'a str>,
    target: &Target,
) -> Vec<String> {
    let fitting = tags
        .into_iter()
        .filter(|tags| target.tags().fits_python(tags));
    places(fitting)
}

/// Returns what wheels serve, as words that may follow "there are wheels for": the Pythons on this
/// platform, else the places for this Python; nothing where there are no wheels.
pub(super) fn describe_served(tags: &[&str], target: &Target) -> Option<String> {
    if tags.is_empty() {
        return None;
    }
    let pythons = pythons_served(tags.iter().copied(), target.platform());
    if !pythons.is_empty() {
        let python = target.python();
        return Some(match python.implementation() {
            Implementation::PyPy => format!("CPython {pythons}"),
            Implementation::CPython if python.is_free_threaded() => {
                format!("the usual builds of Python {pythons}")
            }
            Implementation::CPython => format!("Python {pythons}"),
        });
    }
    let here = platforms_served(tags.iter().copied(), target);
    if !here.is_empty() {
        return Some(joined(&here));
    }
    if interpreters(tags).all(is_python_2) {
        return Some("Python 2".into());
    }
    Some(format!(
        "other Pythons on {}",
        joined(&places(tags.iter().copied()))
    ))
}

fn is_python_2(interpreter: &str) -> bool {
    let number = interpreter.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    number.starts_with('2')
}

fn interpreters<'a>(tags: &[&'a str]) -> impl Iterator<Item = &'a str> {
    tags.iter()
        .filter_map(|tags| tags.split('-').next())
        .flat_map(|interpreters| interpreters.split('.'))
}

fn joined(words: &[String]) -> String {
    match words {
        [others @ .., last] if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        _ => words.concat(),
    }
}

/// Returns where wheels run, each kind of place with the oldest version that serves.
fn places<'a>(tags: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut oldest: BTreeMap<Place, Option<(u16, u16)>> = BTreeMap::new();
    let platforms = tags.flat_map(|tags| tags.rsplit('-').next().unwrap_or_default().split('.'));
    for tag in platforms {
        if tag == "any" {
            return vec!["every platform".into()];
        }
        let Some(tag) = PlatformTag::parse(tag) else {
            continue;
        };
        for arch in tag.archs {
            let (place, version) = Place::of(tag.os, *arch);
            let known = oldest.entry(place).or_insert(version);
            *known = (*known).min(version);
        }
    }
    oldest
        .into_iter()
        .map(|(place, version)| place.words(version))
        .collect()
}

/// A kind of place, whatever its version; sorted as a message lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum System {
    Linux,
    Glibc,
    Musl,
    MacOs,
    Windows,
    Android,
    Ios,
    IosSimulator,
    Pyodide,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    system: System,
    machine: &'static str,
}

impl Place {
    fn of(os: Option<Os>, arch: Arch) -> (Self, Option<(u16, u16)>) {
        let (system, version) = match os {
            None => (System::Linux, None),
            Some(Os::Glibc(major, minor)) => (System::Glibc, Some((major, minor))),
            Some(Os::Musl(major, minor)) => (System::Musl, Some((major, minor))),
            Some(Os::MacOs(major, minor)) => (System::MacOs, Some((major, minor))),
            Some(Os::Windows) => (System::Windows, None),
            Some(Os::Android(api)) => (System::Android, Some((api, 0))),
            Some(Os::Ios(major, minor)) => (System::Ios, Some((major, minor))),
            Some(Os::IosSimulator(major, minor)) => (System::IosSimulator, Some((major, minor))),
            Some(Os::Pyodide(year)) => (System::Pyodide, Some((year, 0))),
        };
        let machine = match os {
            None => arch.linux_name(),
            Some(os) => Platform::new(os, arch).machine(),
        };
        (Self { system, machine }, version)
    }

    fn words(self, version: Option<(u16, u16)>) -> String {
        let machine = self.machine;
        let (major, minor) = version.unwrap_or_default();
        match self.system {
            System::Linux => format!("Linux {machine}"),
            System::Glibc => format!("Linux {machine} (glibc {major}.{minor} or newer)"),
            System::Musl => format!("Linux {machine} (musl {major}.{minor} or newer)"),
            System::MacOs => format!("macOS {machine} ({major}.{minor} or newer)"),
            System::Windows => match machine {
                "AMD64" => "Windows".into(),
                "x86" => "Windows (32-bit)".into(),
                _ => "Windows arm64".into(),
            },
            System::Android => format!("Android {machine} (API level {major} or newer)"),
            System::Ios => format!("iOS {machine} ({major}.{minor} or newer)"),
            System::IosSimulator => format!("iOS simulator {machine} ({major}.{minor} or newer)"),
            System::Pyodide => format!("Pyodide {major}"),
        }
    }
}

/// Writes `3.8–3.11`, `3.6, 3.8 and newer`, or `no Python 3`.
impl fmt::Display for PythonsServed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut runs: Vec<(u64, u64)> = Vec::new();
        for &minor in &self.minors {
            match runs.last_mut() {
                Some((_, last)) if *last + 1 == minor => *last = minor,
                _ => runs.push((minor, minor)),
            }
        }
        let count = runs.len();
        let words: Vec<String> = runs
            .into_iter()
            .enumerate()
            .map(
                |(at, (first, last))| match (at + 1 == count, self.is_open) {
                    (true, true) => format!("3.{first} and newer"),
                    _ if first == last => format!("3.{first}"),
                    _ => format!("3.{first}–3.{last}"),
                },
            )
            .collect();
        match words.is_empty() {
            true => f.write_str("no Python 3"),
            false => f.write_str(&words.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_pythons(tags: &[&str], platform: &str, expected: &str) {
        let served = pythons_served(tags.iter().copied(), &platform.parse().unwrap());

        assert_eq!(served.to_string(), expected);
    }

    #[test]
    fn the_pythons_that_wheels_serve_are_told_in_runs() {
        let torch = [
            "cp38-cp38-manylinux1_x86_64",
            "cp39-cp39-manylinux1_x86_64",
            "cp310-cp310-manylinux1_x86_64",
            "cp311-cp311-manylinux1_x86_64",
            "cp312-cp312-win_amd64",
        ];
        check_pythons(&torch, "linux", "3.8–3.11");
        check_pythons(&torch, "windows", "3.12");
        check_pythons(&torch, "macos", "no Python 3");
        check_pythons(&["cp37-abi3-win_amd64"], "windows", "3.7 and newer");
        check_pythons(
            &["cp36-cp36m-win_amd64", "cp38-cp38-win_amd64"],
            "windows",
            "3.6, 3.8",
        );
        check_pythons(&["cp316-cp316-win_amd64"], "windows", "3.16");
        check_pythons(&["py2.py3-none-any"], "linux", "3.0 and newer");
        check_pythons(
            &["cp27-cp27m-win_amd64", "py2-none-any"],
            "windows",
            "no Python 3",
        );
    }

    #[test]
    fn the_places_that_wheels_serve_are_told_for_this_python() {
        let target = Target::new("3.10".parse().unwrap(), "linux".parse().unwrap());
        let served = |tags: &[&str]| platforms_served(tags.iter().copied(), &target);

        assert_eq!(
            served(&[
                "cp310-cp310-win_amd64",
                "cp310-cp310-manylinux_2_35_x86_64",
                "cp310-cp310-manylinux_2_31_x86_64.manylinux_2_34_x86_64",
                "cp310-cp310-macosx_11_0_universal2",
                "cp39-cp39-manylinux_2_17_x86_64",
                "cp38-abi3-musllinux_1_1_aarch64",
                "cp310-cp310-linux_x86_64",
            ]),
            [
                "Linux x86_64",
                "Linux x86_64 (glibc 2.31 or newer)",
                "Linux aarch64 (musl 1.1 or newer)",
                "macOS arm64 (11.0 or newer)",
                "macOS x86_64 (11.0 or newer)",
                "Windows",
            ]
        );
        assert_eq!(served(&["py3-none-any"]), ["every platform"]);
        assert_eq!(served(&["cp39-none-any"]), [""; 0]);
    }

    #[test]
    fn what_wheels_serve_is_told_on_the_axis_that_fails() {
        let served = |python: &str, tags: &[&str]| {
            let target = Target::new(python.parse().unwrap(), "linux".parse().unwrap());
            target.describe_served(tags).unwrap_or_default()
        };
        let linux = [
            "cp310-cp310-manylinux1_x86_64",
            "cp311-cp311-manylinux1_x86_64",
        ];
        let elsewhere = ["cp312-cp312-win_amd64", "cp312-cp312-macosx_11_0_arm64"];

        assert_eq!(served("3.12", &linux), "Python 3.10–3.11");
        assert_eq!(served("pypy3.11", &linux), "CPython 3.10–3.11");
        assert_eq!(
            served("3.12", &elsewhere),
            "macOS arm64 (11.0 or newer) and Windows"
        );
        assert_eq!(
            served("3.13", &["cp312-cp312-win_amd64"]),
            "other Pythons on Windows"
        );
        assert_eq!(
            served("3.12", &["cp27-cp27mu-manylinux1_x86_64"]),
            "Python 2"
        );
        assert_eq!(served("3.12", &[]), "");
    }
}
