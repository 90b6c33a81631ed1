//! Reads a file that may not be there yet: the output of a former run.

use std::io::ErrorKind;
use std::path::Path;

use crate::source::Problem;

/// Returns the text of a file, or nothing where there is none; what cannot be read is a problem,
/// because the run would overwrite it.
pub fn read_former(path: &Path) -> Result<Option<String>, Problem> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            let message = format!("the former `{}` cannot be read: {error}", path.display());
            return Err(Problem::anywhere(message));
        }
    };
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(text)),
        Err(_) => {
            let message = format!("the former `{}` is not text in UTF-8", path.display());
            Err(Problem::anywhere(message).with_help("Name another output, or remove the file."))
        }
    }
}
