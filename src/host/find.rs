//! Which files are inputs when none is named, and which well-known files are none.

use std::path::Path;

use crate::source::Problem;

/// The names that are looked for, the first that is there being taken.
const DEFAULTS: &[&str] = &["pyproject.toml", "requirements.in"];

/// Files that lock and declare nothing, and what to do instead.
const UNREAD: &[(&str, &str)] = &[
    ("Pipfile.lock", "Lock the `Pipfile` beside it."),
    ("pdm.lock", "Lock the `pyproject.toml` beside it."),
    ("pixi.lock", "Lock the `pyproject.toml` beside it."),
    ("poetry.lock", "Lock the `pyproject.toml` beside it."),
    ("uv.lock", "Lock the `pyproject.toml` beside it."),
];

/// Returns what to read in a folder: its `pyproject.toml`, else its `requirements.in`.
pub fn default_inputs(folder: &Path) -> Result<&'static str, Problem> {
    let is_there = |name: &&str| folder.join(name).is_file();
    DEFAULTS
        .iter()
        .find(|name| is_there(name))
        .copied()
        .ok_or_else(|| {
            let problem = Problem::anywhere(
                "there is no `pyproject.toml` and no `requirements.in` in this folder",
            );
            match is_there(&"requirements.txt") {
                true => problem
                    .with_help("To lock what is there, write `pyaudit lock requirements.txt`."),
                false => problem.with_help("Name the file to read, or `-` for standard input."),
            }
        })
}

/// Explains why a well-known file is not read, if it is one of those.
pub(super) fn unread(name: &str) -> Option<Problem> {
    let (name, help) = UNREAD.iter().find(|(known, _)| *known == name)?;
    Some(Problem::anywhere(format!("`{name}` is not read")).with_help(*help))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pyproject_goes_before_a_requirements_file() {
        let folder = tempfile::tempdir().unwrap();
        let touch = |name: &str| std::fs::write(folder.path().join(name), "").unwrap();

        touch("requirements.txt");
        let problem = default_inputs(folder.path()).unwrap_err();
        assert!(problem.help.unwrap().contains("requirements.txt"));
        touch("requirements.in");
        assert_eq!(default_inputs(folder.path()), Ok("requirements.in"));
        touch("pyproject.toml");
        assert_eq!(default_inputs(folder.path()), Ok("pyproject.toml"));
    }

    #[test]
    fn the_unread_files_are_sorted() {
        assert!(UNREAD.is_sorted());
    }
}
