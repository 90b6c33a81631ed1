//! The values of the PEP 508 variables on a target, and the marker that tells a target from others.

use super::{Implementation, Os, Platform, PythonVersion};
use crate::package::MarkerEnvironment;

/// Returns the values as an interpreter there reports them. What nobody can know without being
/// there is empty, as in uv: the release and version of the platform. The implementation's version
/// is the language's, which is right for CPython. A pre-release of Python counts as the release it
/// leads to: pep508_rs decides `python_version` by the full version, and 3.15.0rc1 would be no 3.15.
pub(super) fn environment(python: &PythonVersion, platform: &Platform) -> MarkerEnvironment {
    let full = python.release().to_string();
    let minor = format!("{}.{}", python.major(), python.minor());
    let (name, title) = implementation_names(python.implementation());
    let names = SystemNames::of(platform.os);
    let (release, version) = match platform.os {
        // Emscripten's compiler, and the constant that its C library reports.
        Os::Pyodide(2024) => ("3.1.58", "#1"),
        Os::Pyodide(2025) => ("4.0.9", "#1"),
        Os::Pyodide(_) => ("", "#1"),
        _ => ("", ""),
    };
    pep508_rs::MarkerEnvironmentBuilder {
        implementation_name: name,
        implementation_version: &full,
        os_name: names.os_name,
        platform_machine: platform.machine(),
        platform_python_implementation: title,
        platform_release: release,
        platform_system: names.platform_system,
        platform_version: version,
        python_full_version: &full,
        python_version: &minor,
        sys_platform: names.sys_platform,
    }
    .try_into()
    .expect("the versions were printed by us")
}

/// Returns a marker that holds from the given patch version (or the first) to the next minor one.
pub(super) fn marker(python: &PythonVersion, environment: &MarkerEnvironment) -> String {
    let (major, minor) = (python.major(), python.minor());
    let from = if python.is_full() {
        python.version().to_string()
    } else {
        format!("{major}.{minor}")
    };
    format!(
        "python_full_version >= '{from}' and python_full_version < '{major}.{}' \
         and implementation_name == '{}' and sys_platform == '{}' and platform_machine == '{}'",
        minor + 1,
        environment.implementation_name(),
        environment.sys_platform(),
        environment.platform_machine(),
    )
}

/// `sys.implementation.name` and `platform.python_implementation()`.
fn implementation_names(implementation: Implementation) -> (&'static str, &'static str) {
    match implementation {
        Implementation::CPython => ("cpython", "CPython"),
        Implementation::PyPy => ("pypy", "PyPy"),
    }
}

struct SystemNames {
    os_name: &'static str,
    platform_system: &'static str,
    sys_platform: &'static str,
}

impl SystemNames {
    fn of(os: Os) -> Self {
        let (os_name, platform_system, sys_platform) = match os {
            Os::Glibc(..) | Os::Musl(..) => ("posix", "Linux", "linux"),
            Os::MacOs(..) => ("posix", "Darwin", "darwin"),
            Os::Windows => ("nt", "Windows", "win32"),
            Os::Android(_) => ("posix", "Android", "android"),
            Os::Ios(..) | Os::IosSimulator(..) => ("posix", "iOS", "ios"),
            Os::Pyodide(_) => ("posix", "Emscripten", "emscripten"),
        };
        Self {
            os_name,
            platform_system,
            sys_platform,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::package::Marker;
    use crate::target::Target;
    use crate::target::platform_tags::platform_tags;

    fn target(python: &str, platform: &str) -> Target {
        Target::new(python.parse().unwrap(), platform.parse().unwrap())
    }

    fn values(environment: &MarkerEnvironment) -> BTreeMap<&'static str, String> {
        BTreeMap::from([
            (
                "implementation_name",
                environment.implementation_name().into(),
            ),
            (
                "implementation_version",
                environment.implementation_version().to_string(),
            ),
            ("os_name", environment.os_name().into()),
            ("platform_machine", environment.platform_machine().into()),
            (
                "platform_python_implementation",
                environment.platform_python_implementation().into(),
            ),
            ("platform_release", environment.platform_release().into()),
            ("platform_system", environment.platform_system().into()),
            ("platform_version", environment.platform_version().into()),
            (
                "python_full_version",
                environment.python_full_version().to_string(),
            ),
            ("python_version", environment.python_version().to_string()),
            ("sys_platform", environment.sys_platform().into()),
        ])
    }

    /// The fixture is what `packaging` reports on a real interpreter, written by
    /// tests/tools/tags_oracle.py.
    #[test]
    fn the_values_are_those_of_a_real_interpreter() {
        let fixture = include_str!("../../fixtures/target/environment.txt");
        let mut lines = fixture.lines().filter(|line| !line.starts_with('#'));
        let (python, platform) = lines.next().unwrap().split_once(' ').unwrap();
        let target = target(python, platform);
        let values = values(target.environment());

        let mut told = 0;
        for line in lines {
            let (variable, value) = line.split_once('=').unwrap();
            assert_eq!(values[variable], value, "{variable}");
            told += 1;
        }
        assert_eq!(told, values.len());
    }

    /// uv's platform names mean the same here: values of markers, and accepted tags. The fixture is
    /// written by tests/tools/platforms_oracle.py.
    #[test]
    fn the_names_of_platforms_mean_what_they_mean_to_uv() {
        let fixture = include_str!("../../fixtures/target/platforms.txt");
        let mut names = 0;

        for paragraph in fixture.split("\n\n").skip(1) {
            let mut lines = paragraph.lines();
            let name = lines.next().unwrap();
            let target = target("3.12", name);
            let values = values(target.environment());
            for told in lines.next().unwrap().trim().split("; ") {
                let (variable, value) = told.split_once('=').unwrap();
                assert_eq!(values[variable], value, "{variable} on {name}");
            }
            let told: BTreeSet<String> = lines
                .next()
                .unwrap()
                .split_whitespace()
                .flat_map(spread)
                .collect();
            let accepted: BTreeSet<String> = platform_tags(target.platform())
                .into_iter()
                .filter(|tag| is_asked_of_uv(tag))
                .collect();
            assert_eq!(accepted, told, "{name}");
            names += 1;
        }
        assert!(names >= 40, "the fixture is read");
    }

    /// uv was not asked for old formats of macOS, and begins with manylinux 2.31 on RISC-V, where
    /// `packaging` begins with 2.17; no wheel was ever built for what is between.
    fn is_asked_of_uv(tag: &str) -> bool {
        let is_old_format = ["fat3", "fat64", "universal"]
            .iter()
            .any(|format| tag.ends_with(&format!("_{format}")));
        let is_early_riscv = tag.ends_with("_riscv64")
            && (17..31).any(|minor| tag == format!("manylinux_2_{minor}_riscv64"));
        !is_old_format && !is_early_riscv && tag != "manylinux2014_riscv64"
    }

    /// Spreads `manylinux_2_5..28_x86_64` into its tags.
    fn spread(tag: &str) -> Vec<String> {
        let Some((head, rest)) = tag.split_once("..") else {
            return vec![tag.to_owned()];
        };
        let (head, first) = head.rsplit_once('_').unwrap();
        let (last, tail) = rest.split_once('_').unwrap();
        (first.parse::<u16>().unwrap()..=last.parse().unwrap())
            .map(|number| format!("{head}_{number}_{tail}"))
            .collect()
    }

    #[test]
    fn the_marker_tells_a_target_from_its_neighbours() {
        let here = target("3.10.4", "linux");
        let marker = Marker::parse(&here.marker()).unwrap();
        let holds = |python, platform| marker.holds(target(python, platform).environment(), &[]);

        assert_eq!(
            here.marker(),
            "python_full_version >= '3.10.4' and python_full_version < '3.11' \
             and implementation_name == 'cpython' and sys_platform == 'linux' \
             and platform_machine == 'x86_64'"
        );
        assert!(holds("3.10.4", "linux"));
        assert!(holds("3.10.19", "manylinux_2_39_x86_64"));
        assert!(!holds("3.10.3", "linux"));
        assert!(!holds("3.11", "linux"));
        assert!(!holds("3.9", "linux"));
        assert!(!holds("pypy3.10.4", "linux"));
        assert!(!holds("3.10.4", "windows"));
        assert!(!holds("3.10.4", "x86_64-apple-darwin"));
        assert!(!holds("3.10.4", "manylinux_2_28_aarch64"));
    }

    #[test]
    fn every_target_satisfies_its_own_marker() {
        for platform in Platform::names() {
            for python in ["3.8", "3.10", "3.13t", "3.14.2", "3.15.0rc1", "pypy3.10"] {
                let target = target(python, platform);
                let marker = Marker::parse(&target.marker()).unwrap();
                assert!(
                    marker.holds(target.environment(), &[]),
                    "{}",
                    target.marker()
                );
            }
        }
    }
}
