//! Reads a file that may not be there: the output of a former run, or a lock.

use std::io::ErrorKind;
use std::path::Path;

use crate::source::Problem;

/// Returns the text of a file that is to be overwritten, or nothing where there is none.
pub fn read_former(path: &Path) -> Result<Option<String>, Problem> {
    let help = "Name another output, or remove the file.";
    read(path, "the former ", help)
}

/// Returns the text of a file, or nothing where there is none.
pub fn read_if_there(path: &Path) -> Result<Option<String>, Problem> {
    read(path, "", "Save the file as UTF-8.")
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
