//! Edits are written into the files they were made for: into all of them or into none, and only
//! while these are as they were read.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::write::{WriteError, write_lasting};
use crate::input::{Edit, Unwritable};

/// Why an edit was not written; the files are as they were.
#[derive(Debug)]
pub enum EditError {
    /// A file cannot be read any more.
    Gone(PathBuf, io::Error),
    /// A file is not as it was read.
    Changed(PathBuf),
    /// A file that is to be made is there, and nobody read it.
    InTheWay(PathBuf),
    /// A file's encoding cannot be kept.
    Encoding(PathBuf),
    /// A file cannot be written.
    Unwritten(WriteError),
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone(path, error) => {
                write!(f, "could not read `{}` again: {error}", path.display())
            }
            Self::Changed(path) => write!(
                f,
                "`{}` has changed since it was read, and was left alone",
                path.display()
            ),
            Self::InTheWay(path) => write!(
                f,
                "`{}` is there already and was not read: give it with the others, and the line is \
                 added to it",
                path.display()
            ),
            Self::Encoding(path) => write!(
                f,
                "`{}` cannot be written in its own encoding, and was left alone",
                path.display()
            ),
            Self::Unwritten(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for EditError {}

/// Writes edits into their files, whose names start from a folder.
pub fn write_edits(folder: &Path, edits: &[Edit]) -> Result<(), EditError> {
    let mut files = Vec::new();
    for edit in edits {
        let path = folder.join(edit.file.label());
        let before = match fs::read(&path) {
            Err(error) if edit.is_new && error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(EditError::Gone(path, error)),
            Ok(_) if edit.is_new => return Err(EditError::InTheWay(path)),
            Ok(bytes) => Some(bytes),
        };
        match edit.bytes(before.as_deref().unwrap_or_default()) {
            Ok(after) => files.push((path, before, after)),
            Err(Unwritable::Changed) => return Err(EditError::Changed(path)),
            Err(Unwritable::Encoding) => return Err(EditError::Encoding(path)),
        }
    }
    for (at, (path, _, after)) in files.iter().enumerate() {
        let Err(error) = write_lasting(path, after) else {
            continue;
        };
        for (path, before, _) in &files[..at] {
            // What cannot be undone either is told by the error all the same.
            let _ = match before {
                Some(before) => write_lasting(path, before).map_err(|error| error.source),
                None => fs::remove_file(path),
            };
        }
        return Err(EditError::Unwritten(error));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{Rewrite, edits};
    use crate::source::SourceFile;

    fn addition(label: &str, text: &str) -> Edit {
        let file = SourceFile::new(label, text);
        edits(&[Rewrite::Override(&file, "o>=1")])
            .unwrap()
            .remove(0)
    }

    #[test]
    fn a_file_that_changed_keeps_all_others_as_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        let edits = [addition("a.txt", "a\n"), addition("b.txt", "b\n")];

        write("a.txt", "a\n");
        write("b.txt", "b\nc\n");
        let error = write_edits(folder.path(), &edits).unwrap_err();
        assert!(matches!(error, EditError::Changed(_)), "{error}");
        assert_eq!(read("a.txt"), "a\n");

        write("b.txt", "b\n");
        write_edits(folder.path(), &edits).unwrap();
        assert_eq!(read("a.txt") + &read("b.txt"), "a\no>=1\nb\no>=1\n");
    }

    #[test]
    fn a_new_file_is_not_written_over_another() {
        let folder = tempfile::tempdir().unwrap();
        let edit = addition("o.txt", "").into_new();

        write_edits(folder.path(), std::slice::from_ref(&edit)).unwrap();

        let path = folder.path().join("o.txt");
        assert_eq!(fs::read_to_string(path).unwrap(), "o>=1\n");
        let again = write_edits(folder.path(), &[edit]);
        assert!(matches!(again, Err(EditError::InTheWay(_))));
    }

    #[test]
    fn what_was_written_is_undone_where_the_rest_cannot_be() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.txt"), "a\n").unwrap();
        let edits = [
            addition("a.txt", "a\n"),
            addition("none/b.txt", "").into_new(),
        ];

        let error = write_edits(folder.path(), &edits).unwrap_err();

        assert!(error.to_string().contains("there is no such folder"));
        assert_eq!(
            fs::read_to_string(folder.path().join("a.txt")).unwrap(),
            "a\n"
        );
    }
}
