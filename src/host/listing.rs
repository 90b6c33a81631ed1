//! What lies in a folder, in words that change when it does.

use std::path::Path;
use std::time::UNIX_EPOCH;

/// More files than any folder of wheels has.
const MOST: usize = 100_000;

/// Returns the names of what lies in a folder, with sizes and times of change, sorted; nothing
/// where that cannot be told.
pub fn folder_listing(folder: &Path) -> Option<String> {
    let mut lines = Vec::new();
    for entry in std::fs::read_dir(folder).ok()? {
        let entry = entry.ok()?;
        let metadata = entry.metadata().ok()?;
        let changed = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        let name = entry.file_name();
        lines.push(format!("{name:?} {} {changed:?}\n", metadata.len()));
        if lines.len() > MOST {
            return None;
        }
    }
    lines.sort();
    Some(lines.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_changes_with_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let empty = folder_listing(folder.path());
        std::fs::write(folder.path().join("a-1-py3-none-any.whl"), "x").unwrap();
        let one = folder_listing(folder.path());
        std::fs::write(folder.path().join("a-1-py3-none-any.whl"), "xy").unwrap();
        let other = folder_listing(folder.path());

        assert_eq!(empty.as_deref(), Some(""));
        assert_ne!(one, empty);
        assert_ne!(one, other);
        assert_eq!(folder_listing(&folder.path().join("gone")), None);
    }
}
