//! The interpreter that builds: one of the target's minor version if there is any, else whatever
//! Python is at hand.

use std::path::PathBuf;

use super::probe::{FoundBy, Interpreter, Surroundings, executable, interpreter_at};
use crate::target::PythonVersion;

/// Finds the interpreter to build with: the active environment's, else `python3.X` on the `PATH`,
/// each only if it is of the target's minor version; else the first of any version that answers.
/// The flag says whether it is of that version.
pub fn interpreter_for_builds(
    surroundings: &Surroundings,
    target: &PythonVersion,
) -> Option<(Interpreter, bool)> {
    let all = surroundings.candidates();
    let of_name = on_path(
        surroundings,
        &format!("python{}.{}", target.major(), target.minor()),
    );
    let (active, on_path): (Vec<_>, Vec<_>) = all
        .into_iter()
        .partition(|(_, found_by)| *found_by != FoundBy::Path);
    let mut any = None;
    for (path, found_by) in active.into_iter().chain(of_name).chain(on_path) {
        let Ok(interpreter) = interpreter_at(&path, found_by) else {
            continue;
        };
        if is_same_minor(&interpreter.python, target) {
            return Some((interpreter, true));
        }
        any = any.or(Some((interpreter, false)));
    }
    any
}

fn is_same_minor(one: &PythonVersion, other: &PythonVersion) -> bool {
    (one.major(), one.minor()) == (other.major(), other.minor())
}

fn on_path(surroundings: &Surroundings, name: &str) -> Vec<(PathBuf, FoundBy)> {
    std::env::split_paths(&surroundings.path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| (folder.join(executable(name)), FoundBy::Path))
        .filter(|(path, _)| path.is_file())
        .collect()
}
