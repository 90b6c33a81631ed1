//! Paths by their letters alone.

use std::path::{Component, Path, PathBuf};

/// Takes `.` and `..` out of a path, whether it is there or not.
pub fn without_detours(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}
