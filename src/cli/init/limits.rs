//! Files of constraints: a list of what is wanted names them, as what was read did.

use std::collections::BTreeSet;
use std::path::{Component, Path};

use crate::host::shown_path;
use crate::input::reader_of;
use crate::package::DeclarationKind;

/// Returns the file that a declaration stands in, where it is one that `-c` can name: one within the
/// folder, without what would end the name. A lock that a stranger made may name any.
pub(super) fn file_of(kind: DeclarationKind, label: &str) -> Option<&str> {
    let is_end = |c: char| c.is_whitespace() || c.is_control() || "#$\"'\\".contains(c);
    let is_name =
        !label.starts_with(['<', '-']) && !label.contains(is_end) && !label.contains("://");
    let is_file = is_name && is_within(label) && reader_of(label).name == "requirements file";
    (kind == DeclarationKind::Constraint && is_file).then_some(label)
}

/// Whether a path stays in the folder that it starts from.
fn is_within(path: &str) -> bool {
    let mut parts = Path::new(path).components();
    !path.is_empty() && parts.all(|it| matches!(it, Component::Normal(_) | Component::CurDir))
}

/// Returns the lines that name some files, as they are seen from the file that is written.
pub(super) fn lines<'l>(
    files: impl Iterator<Item = &'l str>,
    folder: &Path,
    output: &Path,
) -> String {
    let output = folder.join(output);
    let home = output.parent().unwrap_or(folder);
    let files: BTreeSet<&str> = files.collect();
    let lines = files.into_iter().map(|file| {
        let path = shown_path(&folder.join(file), home);
        format!("-c {path}\n")
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_paths_within_the_folder_are_named() {
        let named = |label| file_of(DeclarationKind::Constraint, label);
        for label in ["constraints.txt", "./limits/constraints.txt"] {
            assert_eq!(named(label), Some(label));
        }
        for label in [
            "",
            "<stdin>",
            "-constraints.txt",
            "my constraints.txt",
            "a#constraints.txt",
            "${HOME}/constraints.txt",
            "a\n-r b.txt",
            "/etc/constraints.txt",
            "../constraints.txt",
            "a/../../constraints.txt",
            "https://files.example/constraints.txt",
        ] {
            assert_eq!(named(label), None, "{label}");
        }
        assert_eq!(
            file_of(DeclarationKind::Requirement, "constraints.txt"),
            None
        );
    }
}
