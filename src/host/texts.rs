//! The usual texts of a project's folder: requirements, `pyproject.toml`, Dockerfiles, scripts,
//! notebooks, workflows, documents. Bounded in depth, number and size; no link is followed, and
//! what is hidden, installed or built is left alone.

use std::fs::{self, DirEntry};
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use super::paths::shown_path;
use crate::input::{command_reader_of, decode};
use crate::source::{Problem, SourceFile};

/// So many folders below the project's own.
const MOST_DEPTH: usize = 3;
/// So many files are read.
const MOST_FILES: usize = 400;
/// So many entries of folders are looked at.
const MOST_ENTRIES: usize = 20_000;
/// A larger text is left unread: notebooks hold pictures.
const MAX_SIZE: u64 = 10 << 20;
/// No more than this is read of all of them together.
const MAX_TOTAL: u64 = 64 << 20;

/// Folders whose texts are not the project's own.
const FOREIGN: &[&str] = &[
    "__pycache__",
    "build",
    "dist",
    "node_modules",
    "site-packages",
    "target",
    "vendor",
    "venv",
];

/// What a folder has.
#[derive(Clone, Debug, Default)]
pub struct FoundTexts {
    /// The texts, sorted by their names.
    pub files: Vec<Arc<SourceFile>>,
    /// What was left unread, as what follows "because".
    pub unread: Vec<String>,
}

/// Reads the usual texts of a folder; names are told as seen from `base`.
pub fn project_texts(folder: &Path, base: &Path) -> FoundTexts {
    let mut search = Search {
        base,
        entries: 0,
        bytes: 0,
        found: FoundTexts::default(),
    };
    let mut waiting = vec![(folder.to_owned(), 0)];
    while let Some((folder, depth)) = waiting.pop() {
        let mut entries: Vec<DirEntry> = match fs::read_dir(&folder) {
            Ok(entries) => entries.take(MOST_ENTRIES).flatten().collect(),
            Err(_) => continue,
        };
        entries.sort_by_key(DirEntry::file_name);
        for entry in &entries {
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            let name = entry.file_name().to_string_lossy().into_owned();
            search.entries += 1;
            if kind.is_dir() && depth < MOST_DEPTH && is_own(&entry.path(), &name) {
                waiting.push((entry.path(), depth + 1));
            } else if kind.is_file() && is_wanted(&folder, &name) {
                search.read(&entry.path());
            }
        }
        let is_over = search.found.files.len() >= MOST_FILES || search.bytes >= MAX_TOTAL;
        if is_over || search.entries >= MOST_ENTRIES {
            let why = "the folder has more texts than are read at once";
            search.found.unread.push(why.to_owned());
            break;
        }
    }
    let mut found = search.found;
    found.files.sort();
    found
}

struct Search<'a> {
    base: &'a Path,
    entries: usize,
    bytes: u64,
    found: FoundTexts,
}

impl Search<'_> {
    fn read(&mut self, path: &Path) {
        if self.found.files.len() >= MOST_FILES || self.bytes >= MAX_TOTAL {
            return;
        }
        let label = shown_path(path, self.base);
        let mut bytes = Vec::new();
        let read =
            fs::File::open(path).and_then(|file| file.take(MAX_SIZE + 1).read_to_end(&mut bytes));
        self.bytes += bytes.len() as u64;
        let is_whole = read.is_ok() && bytes.len() as u64 <= MAX_SIZE;
        let (file, problem) = decode(&label, &bytes);
        match is_whole && problem.as_ref().is_none_or(|it: &Problem| !it.is_error()) {
            true => self.found.files.push(file),
            false => self
                .found
                .unread
                .push(format!("`{label}` could not be read")),
        }
    }
}

fn is_own(path: &Path, name: &str) -> bool {
    let is_hidden = name.starts_with('.') && name != ".github";
    let is_environment = path.join("pyvenv.cfg").exists() || path.join("conda-meta").exists();
    !is_hidden && !FOREIGN.contains(&name) && !is_environment
}

fn is_wanted(folder: &Path, name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let is_in_github = folder.iter().any(|part| part == ".github");
    if is_in_github || lower.ends_with(".yml") || lower.ends_with(".yaml") {
        let is_workflow = folder.ends_with(".github/workflows");
        return is_workflow && (lower.ends_with(".yml") || lower.ends_with(".yaml"));
    }
    is_declaration(folder, &lower) || lower.ends_with(".md") || command_reader_of(&lower).is_some()
}

/// Whether a file declares requirements, by its name.
fn is_declaration(folder: &Path, name: &str) -> bool {
    let is_list = name.ends_with(".txt") || name.ends_with(".in");
    let is_named = name.contains("requirements") || name.contains("constraints");
    name == "pyproject.toml" || is_list && (is_named || folder.ends_with("requirements"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[&str]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "a\n").unwrap();
        }
        let found = project_texts(folder.path(), folder.path());
        assert_eq!(found.unread, [""; 0]);
        found.files.iter().map(|it| it.label().to_owned()).collect()
    }

    #[test]
    fn the_usual_texts_of_a_project_are_found() {
        let usual = [
            ".github/workflows/ci.yml",
            "Dockerfile",
            "Dockerfile.gpu",
            "README.md",
            "a/b/c/run.sh",
            "constraints.txt",
            "notebooks/train.ipynb",
            "pyproject.toml",
            "requirements-dev.txt",
            "requirements/base.txt",
            "src/app.py",
        ];

        assert_eq!(found(&usual), usual);
    }

    #[test]
    fn what_is_hidden_deep_installed_or_something_else_is_left_alone() {
        let others = [
            ".hidden/requirements.txt",
            "a/b/c/d/requirements.txt",
            "env/pyvenv.cfg",
            "env/requirements.txt",
            "node_modules/x/Dockerfile",
            "notes.txt",
            "data.yml",
            "Cargo.toml",
        ];

        assert_eq!(found(&others), [""; 0]);
    }

    #[cfg(unix)]
    #[test]
    fn no_link_is_followed_out_of_the_folder() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("requirements.txt"), "a").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let link = |to: &str, name: &str| {
            let (to, name) = (outside.path().join(to), folder.path().join(name));
            std::os::unix::fs::symlink(to, name).unwrap();
        };
        link("", "inside");
        link("requirements.txt", "requirements.txt");

        assert!(project_texts(folder.path(), folder.path()).files.is_empty());
    }
}
