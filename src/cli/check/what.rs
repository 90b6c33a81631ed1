//! What is checked: what was named, else what the folder has. A lock goes before the declarations that
//! it was made of, in a folder that was named as well.

use std::path::{Path, PathBuf};

use super::Trouble;
use crate::cli::reading::usual_lock_of;
use crate::cli::terminal::Terminal;
use crate::host::{default_inputs, read_if_there};
use crate::input::reader_of;
use crate::lock::is_requirements_lock;
use crate::source::{Problem, SourceFile};

/// One thing to check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// A lock.
    Lock(PathBuf),
    /// Files that declare, together.
    Declarations(Vec<String>),
}

/// Returns what is to be checked, locks first.
pub(super) fn what_to_check(
    named: &[PathBuf],
    folder: &Path,
    terminal: &Terminal,
) -> Result<Vec<What>, Trouble> {
    if named.is_empty() {
        return usual(folder, terminal);
    }
    let mut found = Vec::new();
    let mut declaring = Vec::new();
    for path in named {
        let lock = usual_lock_of(path).filter(|_| path.is_dir());
        match lock.as_ref().unwrap_or(path) {
            path if is_lock(path) => found.push(What::Lock(path.clone())),
            path => declaring.push(path.to_string_lossy().into_owned()),
        }
    }
    if !declaring.is_empty() {
        found.push(What::Declarations(declaring));
    }
    Ok(found)
}

fn usual(folder: &Path, terminal: &Terminal) -> Result<Vec<What>, Trouble> {
    if let Some(path) = usual_lock_of(Path::new(""))
        && is_lock(&path)
    {
        return Ok(vec![What::Lock(path)]);
    }
    let declaring = default_inputs(folder).ok().map(str::to_owned);
    let declaring = declaring.or_else(|| {
        let usual = "requirements.txt";
        folder.join(usual).is_file().then(|| usual.to_owned())
    });
    match declaring {
        Some(input) => Ok(vec![What::Declarations(vec![input])]),
        None => {
            let message = "there is no lock here, and nothing that declares requirements";
            let help = "Name the file, or make a lock: `pyaudit lock -o pylock.toml`.";
            let problem = Problem::anywhere(message).with_help(help);
            Err(Trouble::nothing(problem, terminal))
        }
    }
}

/// Whether a file is a lock: by its name, and a requirements file where it pins whatever it names, or
/// says that a tool made it.
fn is_lock(path: &Path) -> bool {
    let name = path.to_string_lossy();
    let lower = name.to_ascii_lowercase();
    if lower.ends_with(".toml") {
        return reader_of(&lower).name != "pyproject.toml";
    }
    if lower.ends_with(".lock") {
        return true;
    }
    if !lower.ends_with(".txt") {
        return false;
    }
    match read_if_there(path) {
        Ok(Some(text)) => is_requirements_lock(&SourceFile::new(name.as_ref(), text)),
        Ok(None) => true,
        // Whoever reads declarations knows more encodings, and says where one is damaged.
        Err(_) => false,
    }
}
