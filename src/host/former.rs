//! Reads a file that may not be there: the output of a former run, or a lock.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::Path;
use std::sync::Arc;

use crate::input::decode;
use crate::source::{Problem, SourceFile};

/// Returns the text of a file that is to be overwritten, or nothing where there is none.
pub fn read_former(path: &Path) -> Result<Option<String>, Problem> {
    let help = "Name another output, or remove the file.";
    read(path, "the former ", help)
}

/// Returns the text of a file, or nothing where there is none.
pub fn read_if_there(path: &Path) -> Result<Option<String>, Problem> {
    read(path, "", "Save the file as UTF-8.")
}

/// Returns the text of a list of what is installed, in any encoding that is known; nothing where there
/// is no file. A list may hold the descriptions of all packages, and yet has an end.
pub fn read_list(path: &Path, label: &str) -> Result<Option<Arc<SourceFile>>, Problem> {
    const MAX_SIZE: u64 = 64 << 20;
    let cannot =
        |error: std::io::Error| Problem::anywhere(format!("`{label}` cannot be read: {error}"));
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(cannot(error)),
    };
    let mut bytes = Vec::new();
    file.take(MAX_SIZE + 1)
        .read_to_end(&mut bytes)
        .map_err(cannot)?;
    if bytes.len() as u64 > MAX_SIZE {
        let message = format!("`{label}` is larger than any list of installed packages");
        return Err(Problem::anywhere(message));
    }
    match decode(label, &bytes) {
        (_, Some(problem)) if problem.is_error() => Err(problem),
        (file, _) => Ok(Some(file)),
    }
}

fn read(path: &Path, what: &str, help: &str) -> Result<Option<String>, Problem> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            let message = format!("{what}`{}` cannot be read: {error}", path.display());
            return Err(Problem::anywhere(message));
        }
    };
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(text)),
        Err(_) => {
            let message = format!("{what}`{}` is not text in UTF-8", path.display());
            Err(Problem::anywhere(message).with_help(help))
        }
    }
}
