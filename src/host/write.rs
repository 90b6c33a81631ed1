//! Files are written whole or not at all: beside their place first, then moved onto it.

use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Why a file could not be written; what stood there before still stands.
#[derive(Debug)]
pub struct WriteError {
    /// The file.
    pub path: PathBuf,
    /// What was being done.
    pub step: WriteStep,
    /// What the system says.
    pub source: io::Error,
}

/// A step on the way to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteStep {
    /// Making a file beside the place.
    Prepare,
    /// Writing into it.
    Write,
    /// Moving it to its place.
    Replace,
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match self.step {
            WriteStep::Prepare if self.source.kind() == io::ErrorKind::NotFound => {
                write!(f, "could not write `{path}`: there is no such folder")
            }
            WriteStep::Write if self.source.kind() == io::ErrorKind::IsADirectory => {
                write!(f, "could not write `{path}`: it is a folder")
            }
            WriteStep::Prepare => write!(f, "could not write beside `{path}`: {}", self.source),
            WriteStep::Write => write!(f, "could not write `{path}`: {}", self.source),
            WriteStep::Replace => write!(f, "could not replace `{path}`: {}", self.source),
        }
    }
}

impl std::error::Error for WriteError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// Finds out early, before any work, that a file cannot be written: its folder is not there, or it
/// is a folder itself.
pub fn check_place(path: &Path) -> Result<(), WriteError> {
    let fail = |step, kind: io::ErrorKind| WriteError {
        path: path.to_owned(),
        step,
        source: kind.into(),
    };
    if path.is_dir() {
        return Err(fail(WriteStep::Write, io::ErrorKind::IsADirectory));
    }
    match folder_of(path).is_dir() {
        true => Ok(()),
        false => Err(fail(WriteStep::Prepare, io::ErrorKind::NotFound)),
    }
}

/// Adds text to the end of a file, which is made where there is none.
pub fn append(path: &Path, text: &str) -> Result<(), WriteError> {
    let opened = fs::OpenOptions::new().append(true).create(true).open(path);
    let written = opened.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|source| WriteError {
        path: path.to_owned(),
        step: WriteStep::Write,
        source,
    })
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// Writes a file that can be made again. An existing one keeps its permissions, a symbolic link
/// keeps pointing, and what is no plain file (a pipe, a device) is written to as it is.
pub fn write_whole(path: &Path, contents: &[u8]) -> Result<(), WriteError> {
    write(path, contents, |_| Ok(()))
}

/// The same for a file of the user's own writing: it is on the disk, in its old form or in the new
/// one, even when the power fails. Waiting for that takes longer than most locks do.
pub(super) fn write_lasting(path: &Path, contents: &[u8]) -> Result<(), WriteError> {
    write(path, contents, fs::File::sync_all)
}

fn write(
    path: &Path,
    contents: &[u8],
    finish: impl FnOnce(&fs::File) -> io::Result<()>,
) -> Result<(), WriteError> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let fail = |step| {
        move |source| WriteError {
            path: path.to_owned(),
            step,
            source,
        }
    };
    let existing = fs::metadata(&target).ok();
    if existing.as_ref().is_some_and(|file| !file.is_file()) {
        return fs::OpenOptions::new()
            .write(true)
            .open(&target)
            .and_then(|mut file| file.write_all(contents))
            .map_err(fail(WriteStep::Write));
    }
    let mut file = new_file(folder_of(&target)).map_err(fail(WriteStep::Prepare))?;
    file.write_all(contents)
        .and_then(|()| finish(file.as_file()))
        .map_err(fail(WriteStep::Write))?;
    if let Some(existing) = existing {
        fs::set_permissions(file.path(), existing.permissions()).map_err(fail(WriteStep::Write))?;
    }
    file.persist(&target)
        .map_err(|error| fail(WriteStep::Replace)(error.error))?;
    Ok(())
}

/// Makes a temporary file with the permissions of any new file, and not only for its owner.
fn new_file(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".pyaudit-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_stays_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");

        write_whole(&path, b"long text").unwrap();
        write_whole(&path, b"short").unwrap();

        assert_eq!(fs::read(&path).unwrap(), b"short");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_missing_folder_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = write_whole(&folder.path().join("none/a.toml"), b"").unwrap_err();

        assert!(
            error.to_string().ends_with("there is no such folder"),
            "{error}"
        );
    }

    #[test]
    fn what_cannot_be_written_is_known_beforehand() {
        let folder = tempfile::tempdir().unwrap();
        let check = |name: &str| {
            let answer = check_place(&folder.path().join(name));
            answer.map_err(|error| error.to_string())
        };

        assert_eq!(check("a.toml"), Ok(()));
        assert!(
            check("none/a.toml")
                .unwrap_err()
                .ends_with("no such folder")
        );
        assert!(check("").unwrap_err().ends_with("it is a folder"));
        assert!(check_place(Path::new("a.toml")).is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn permissions_and_links_are_kept() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("a"), folder.path().join("b"));
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("a", &link).unwrap();

        write_whole(&link, b"new").unwrap();

        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o640
        );
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }
}
