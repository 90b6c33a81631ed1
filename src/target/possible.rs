//! Which values of the PEP 508 variables go together: `sys_platform == 'linux'` and `os_name ==
//! 'nt'` hold nowhere at once, which the algebra of markers does not know by itself.

use std::sync::OnceLock;

use crate::package::{
    MarkerExpression, MarkerOperator, MarkerTree, MarkerValueString, both, either,
};

/// `sys_platform`, `os_name` and `platform_system` of the systems there are.
const SYSTEMS: &[(&str, &str, &str)] = &[
    ("linux", "posix", "Linux"),
    ("darwin", "posix", "Darwin"),
    ("win32", "nt", "Windows"),
    ("android", "posix", "Android"),
    ("ios", "posix", "iOS"),
    ("emscripten", "posix", "Emscripten"),
];

/// `implementation_name` and `platform_python_implementation`.
const IMPLEMENTATIONS: &[(&str, &str)] = &[("cpython", "CPython"), ("pypy", "PyPy")];

/// Returns the marker that holds in every environment there can be.
pub(super) fn possible() -> &'static MarkerTree {
    static POSSIBLE: OnceLock<MarkerTree> = OnceLock::new();
    POSSIBLE.get_or_init(|| {
        use MarkerValueString::{
            ImplementationName, OsName, PlatformPythonImplementation, PlatformSystem, SysPlatform,
        };
        let mut rules = Vec::new();
        for (sys_platform, os_name, system) in SYSTEMS {
            let platform = equal(SysPlatform, sys_platform);
            rules.push(implies(&platform, &equal(OsName, os_name)));
            rules.push(implies(&platform, &equal(PlatformSystem, system)));
            rules.push(implies(&equal(PlatformSystem, system), &platform));
        }
        rules.push(implies(&equal(OsName, "nt"), &equal(SysPlatform, "win32")));
        for (name, title) in IMPLEMENTATIONS {
            let name = equal(ImplementationName, name);
            let title = equal(PlatformPythonImplementation, title);
            rules.push(implies(&name, &title));
            rules.push(implies(&title, &name));
        }
        rules
            .iter()
            .fold(MarkerTree::TRUE, |all, rule| both(&all, rule))
    })
}

/// Returns the marker `key == 'value'`.
pub(super) fn equal(key: MarkerValueString, value: &str) -> MarkerTree {
    MarkerTree::expression(MarkerExpression::String {
        key,
        operator: MarkerOperator::Equal,
        value: value.to_owned(),
    })
}

fn implies(one: &MarkerTree, other: &MarkerTree) -> MarkerTree {
    either(&one.negate(), other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::Marker;

    #[test]
    fn values_that_exclude_each_other_hold_nowhere() {
        for text in [
            "sys_platform == 'linux' and os_name == 'nt'",
            "sys_platform == 'darwin' and platform_system == 'Linux'",
            "platform_system == 'Windows' and os_name == 'posix'",
            "implementation_name == 'pypy' and platform_python_implementation == 'CPython'",
        ] {
            let marker = Marker::parse(text).unwrap();
            assert!(marker.tree().is_disjoint(possible()), "{text}");
        }
        for text in [
            "sys_platform == 'cygwin'",
            "os_name == 'nt'",
            "os_name == 'java'",
        ] {
            let marker = Marker::parse(text).unwrap();
            assert!(!marker.tree().is_disjoint(possible()), "{text}");
        }
    }
}
