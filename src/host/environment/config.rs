//! `pyvenv.cfg`: what a virtual environment says of itself (PEP 405, and what uv and virtualenv add).

use std::sync::Arc;

use crate::source::{Origin, SourceFile, Span};
use crate::target::{Implementation, PythonVersion};

/// What it says.
#[derive(Clone, Debug, Default)]
pub(super) struct Config {
    /// The folder of the interpreter below it.
    pub(super) home: Option<String>,
    /// The Python.
    pub(super) python: Option<PythonVersion>,
    /// The line that lets packages of the interpreter below it be seen.
    pub(super) shows_base: Option<Origin>,
}

/// Reads it; lines that say nothing known are passed over.
pub(super) fn read_config(file: &Arc<SourceFile>) -> Config {
    let mut config = Config::default();
    let mut implementation = Implementation::CPython;
    let mut version = None;
    let mut from = 0;
    for line in file.text().split_inclusive('\n') {
        let start = from;
        from += line.len();
        let Some((key, value)) = line.split_once('=') else {
            continue;
        };
        let value = value.trim();
        match key.trim().to_ascii_lowercase().as_str() {
            "home" => config.home = Some(value.to_owned()),
            "implementation" if value.eq_ignore_ascii_case("pypy") => {
                implementation = Implementation::PyPy;
            }
            "version" | "version_info" => version = version_of(value).or(version),
            "include-system-site-packages" if value.eq_ignore_ascii_case("true") => {
                let span = Span::new(start, line.trim_end().len());
                config.shows_base = Some(Origin::new(file, span));
            }
            _ => {}
        }
    }
    config.python =
        version.and_then(|it| PythonVersion::from_interpreter(implementation, &it, false));
    config
}

/// Reads `3.12.3`, `3.12` and virtualenv's `3.12.3.final.0`.
fn version_of(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split('.').collect();
    let number = parts.iter().take(3).copied().collect::<Vec<_>>().join(".");
    let serial = parts.get(4).copied().unwrap_or_default();
    let suffix = match parts.get(3).copied() {
        Some("alpha") => format!("a{serial}"),
        Some("beta") => format!("b{serial}"),
        Some("candidate") => format!("rc{serial}"),
        _ => String::new(),
    };
    let version = format!("{number}{suffix}");
    version.parse::<PythonVersion>().is_ok().then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, python: &str, shows_base: bool) {
        let config = read_config(&SourceFile::new("pyvenv.cfg", text));

        let found = config.python.map(|it| it.to_string());
        assert_eq!(found.as_deref().unwrap_or("none"), python);
        assert_eq!(config.shows_base.is_some(), shows_base);
    }

    #[test]
    fn the_configurations_of_all_makers_are_read() {
        check(
            "home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.12.3\n",
            "3.12.3",
            false,
        );
        check(
            "home=/usr/bin\r\ninclude-system-site-packages = TRUE\r\nversion_info = 3.10.4.final.0\r\n",
            "3.10.4",
            true,
        );
        check(
            "implementation = PyPy\nversion_info = 3.10.14\n",
            "pypy3.10.14",
            false,
        );
        check("version_info = 3.15.0.candidate.1", "3.15.0rc1", false);
        check("version = 2.7\nhome\n", "none", false);
    }
}
