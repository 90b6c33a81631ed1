//! `.pth` files: lines that add folders to where packages are imported from, and lines that Python
//! runs when it starts. The latter are not run here: they are named.

use std::path::{Path, PathBuf};

use super::bounded::{entries, is_share, text_of};

/// No `.pth` file is larger, and no folder has more of them.
const MAX_SIZE: u64 = 1 << 20;
const MOST_FILES: usize = 200;
const MOST_FOLDERS: usize = 200;

/// Files that run code which adds nothing: those of setuptools and virtualenv, and the finders of
/// editable installations, which say elsewhere where they lead.
const HARMLESS: &[&str] = &[
    "__editable__",
    "_editable_impl_",
    "_virtualenv.pth",
    "a1_coverage.pth",
    "distutils-precedence.pth",
];

/// What the `.pth` files of a folder say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PathFiles {
    /// The folders that they add, in their order.
    pub(super) folders: Vec<PathBuf>,
    /// Those that run code.
    pub(super) run_code: Vec<PathBuf>,
}

/// Reads the `.pth` files of a folder, in the order in which Python does.
pub(super) fn read_path_files(folder: &Path) -> PathFiles {
    let mut found = PathFiles::default();
    let files = entries(folder).into_iter();
    let files = files.filter(|(name, _)| name.ends_with(".pth") && !name.starts_with('.'));
    for (name, path) in files.take(MOST_FILES) {
        let text = text_of(&path, MAX_SIZE).unwrap_or_default();
        let mut runs_code = false;
        for line in text.lines().map(str::trim_end) {
            if line.starts_with("import ") || line.starts_with("import\t") {
                runs_code = true;
                continue;
            }
            let is_path = !line.trim().is_empty() && !line.starts_with('#') && !is_share(line);
            let added = folder.join(line);
            if is_path && found.folders.len() < MOST_FOLDERS && added.is_dir() {
                found.folders.push(added);
            }
        }
        let is_harmless = HARMLESS.iter().any(|start| name.starts_with(start));
        if runs_code && !is_harmless && !name.ends_with("-nspkg.pth") {
            found.run_code.push(path);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_followed_and_code_is_named() {
        let root = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(root.path().join(name), text).unwrap();
        std::fs::create_dir(root.path().join("src")).unwrap();
        write("b.pth", "# a remark\nsrc\nnowhere\n//files.example/a\n");
        write("a.pth", "import a; a.start()\n");
        write("_virtualenv.pth", "import _virtualenv\n");
        write("c.txt", "src\n");

        let found = read_path_files(root.path());

        assert_eq!(found.folders, [root.path().join("src")]);
        assert_eq!(found.run_code, [root.path().join("a.pth")]);
    }
}
