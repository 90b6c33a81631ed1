//! Paths as people write them.

use std::path::{Path, PathBuf};

use crate::source::without_detours;

/// Returns the path as one would write it from a folder: relative where it is near, with `/`.
pub fn shown_path(path: &Path, folder: &Path) -> String {
    let path = without_detours(path);
    let mut base = folder;
    let mut relative = PathBuf::new();
    for _ in 0..3 {
        if let Ok(rest) = path.strip_prefix(base) {
            return with_slashes(&relative.join(rest));
        }
        relative.push("..");
        // Paths that only share the root are not near.
        match base.parent().filter(|parent| parent.parent().is_some()) {
            Some(parent) => base = parent,
            None => break,
        }
    }
    with_slashes(&path)
}

/// Whether something is in a folder, wherever the links on the way to it lead.
pub fn stays_in(path: &Path, folder: &Path) -> bool {
    match (path.canonicalize(), folder.canonicalize()) {
        (Ok(path), Ok(folder)) => path.starts_with(folder),
        _ => false,
    }
}

fn with_slashes(path: &Path) -> String {
    path.to_string_lossy()
        .replace(std::path::MAIN_SEPARATOR, "/")
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_shown_from_where_one_stands() {
        let shown = |path: &str| shown_path(Path::new(path), Path::new("/w/a/b"));

        assert_eq!(shown("/w/a/b/./c/../d.in"), "d.in");
        assert_eq!(shown("/w/a/d.in"), "../d.in");
        assert_eq!(shown("/etc/d.in"), "/etc/d.in");
    }

    #[test]
    fn a_link_that_leads_out_of_a_folder_is_not_in_it() {
        let world = tempfile::tempdir().unwrap();
        let project = world.path().join("project");
        std::fs::create_dir(&project).unwrap();
        std::fs::write(world.path().join("secret"), "").unwrap();
        std::fs::write(project.join("own"), "").unwrap();
        std::os::unix::fs::symlink("own", project.join("near")).unwrap();
        std::os::unix::fs::symlink("../secret", project.join("far")).unwrap();

        let stays = |name: &str| stays_in(&project.join(name), &project);

        assert!(stays("own") && stays("near"));
        assert!(!stays("far") && !stays("absent") && !stays("../secret"));
    }
}
