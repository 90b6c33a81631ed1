//! Files of constraints: a list of what is wanted names them, as what was read did.

use std::collections::BTreeSet;
use std::path::Path;

use crate::host::shown_path;
use crate::input::reader_of;
use crate::package::DeclarationKind;

/// Returns the file that a declaration stands in, where it is one that `-c` can name. A lock may name
/// one whose name is more than a line.
pub(super) fn file_of(kind: DeclarationKind, label: &str) -> Option<&str> {
    let is_name = !label.starts_with(['<', '-']) && !label.contains(char::is_control);
    let is_file = is_name && reader_of(label).name == "requirements file";
    (kind == DeclarationKind::Constraint && is_file).then_some(label)
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
