//! Reading files that anybody may have written: ordinary ones, and only so much of them.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::host::shown_path;

/// No folder of packages has more entries.
const MOST_ENTRIES: usize = 100_000;

/// Returns a file's bytes; nothing where it is none, cannot be read, or is larger than `most`.
pub(super) fn bytes_of(path: &Path, most: u64) -> Option<Vec<u8>> {
    // A pipe would be waited on for ever.
    let is_file = std::fs::metadata(path).is_ok_and(|it| it.is_file());
    let file = is_file.then(|| File::open(path).ok()).flatten()?;
    let mut bytes = Vec::new();
    let read = file.take(most + 1).read_to_end(&mut bytes).ok()?;
    (read as u64 <= most).then_some(bytes)
}

/// Returns a file's text, with what is not UTF-8, and what a terminal would obey, replaced.
pub(super) fn text_of(path: &Path, most: u64) -> Option<String> {
    let bytes = bytes_of(path, most)?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    Some(plain(&String::from_utf8_lossy(bytes)))
}

/// Returns what a folder holds, by name; nothing where it cannot be read.
pub(super) fn entries(folder: &Path) -> Vec<(String, PathBuf)> {
    let Ok(read) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let named = read.take(MOST_ENTRIES).filter_map(|entry| {
        let entry = entry.ok()?;
        Some((entry.file_name().into_string().ok()?, entry.path()))
    });
    let mut named: Vec<(String, PathBuf)> = named.collect();
    named.sort();
    named
}

/// Returns a path as one would write it from a folder, which itself is `.`, and as it can be shown.
pub(super) fn named(path: &Path, from: &Path) -> String {
    match plain(&shown_path(path, from)) {
        name if name.is_empty() => ".".to_owned(),
        name => name,
    }
}

/// Returns a text without characters that a terminal would obey.
pub(super) fn plain(text: &str) -> String {
    let is_bad = |c: char| c.is_control() && !['\n', '\r', '\t'].contains(&c);
    text.replace(is_bad, "\u{fffd}")
}

/// Whether a path is a share: to look at it is to speak to another machine.
pub(super) fn is_share(text: &str) -> bool {
    let is_slash = |at: usize| matches!(text.as_bytes().get(at), Some(b'/' | b'\\'));
    is_slash(0) && is_slash(1)
}
