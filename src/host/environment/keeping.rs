//! How an environment is kept: by a system's package manager, beside a lock, in a repository.

use std::path::Path;

use super::bounded::{bytes_of, entries, named, text_of};
use super::find::Layout;
use crate::audit::{EnvironmentKind, InRepository, Keeping};

/// Names of locks.
const LOCKS: &[&str] = &[
    "Pipfile.lock",
    "conda-lock.yml",
    "pdm.lock",
    "pixi.lock",
    "poetry.lock",
    "uv.lock",
];

const MAX_TEXT: u64 = 1 << 20;
const MAX_INDEX: u64 = 256 << 20;

/// Looks at what stands around an environment.
pub(super) fn keeping(layout: &Layout, from: &Path) -> Keeping {
    let is_global = layout.kind == EnvironmentKind::Global;
    let is_project = layout.kind == EnvironmentKind::Virtual;
    let beside = layout.root.parent().filter(|_| is_project);
    Keeping {
        shows_base: layout.config.shows_base.clone(),
        managed_by_system: is_global.then(|| managed(layout, from)).flatten(),
        has_lock: beside.map(has_lock),
        in_repository: beside.and_then(|_| in_repository(&layout.root)),
        overwritten: Vec::new(),
    }
}

/// Returns the file by which a system says that its package manager keeps an interpreter (PEP 668).
fn managed(layout: &Layout, from: &Path) -> Option<String> {
    let below = entries(&layout.root.join("lib")).into_iter();
    let below = below.filter(|(name, _)| name.starts_with("python3"));
    let libraries = layout.library.clone().into_iter();
    let mut libraries = libraries.chain(below.map(|(_, path)| path));
    let found = libraries.find_map(|it| {
        let file = it.join("EXTERNALLY-MANAGED");
        file.is_file().then_some(file)
    });
    found.map(|file| named(&file, from))
}

/// Whether a folder has a lock: a file of a known name, or requirements that are pins.
fn has_lock(folder: &Path) -> bool {
    entries(folder).into_iter().any(|(name, path)| {
        let is_pylock = name.starts_with("pylock.") && name.ends_with(".toml");
        let is_requirements = name.starts_with("requirements") && name.ends_with(".txt");
        is_pylock
            || LOCKS.contains(&name.as_str())
            || (is_requirements && text_of(&path, MAX_TEXT).is_some_and(|it| it.contains("==")))
    })
}

/// Tells how the repository around an environment treats it; nothing where there is none, or where
/// it keeps the environment out.
fn in_repository(root: &Path) -> Option<InRepository> {
    let top = root
        .ancestors()
        .skip(1)
        .find(|it| it.join(".git").exists())?;
    let inner = root
        .strip_prefix(top)
        .ok()?
        .to_string_lossy()
        .replace('\\', "/");
    let index = bytes_of(&top.join(".git").join("index"), MAX_INDEX).unwrap_or_default();
    let marked = format!("{inner}/pyvenv.cfg");
    if index
        .windows(marked.len())
        .any(|it| it == marked.as_bytes())
    {
        return Some(InRepository::Committed);
    }
    let mut folders = root.ancestors().take_while(|it| it.starts_with(top));
    let is_ignored = folders.any(|folder| {
        let inner = root.strip_prefix(folder).unwrap_or(Path::new(""));
        let inner = inner.to_string_lossy().replace('\\', "/");
        let text = text_of(&folder.join(".gitignore"), MAX_TEXT).unwrap_or_default();
        is_ignored(&inner, &text)
    });
    let own = text_of(&top.join(".git/info/exclude"), MAX_TEXT).unwrap_or_default();
    (!is_ignored && !self::is_ignored(&inner, &own)).then_some(InRepository::NotIgnored)
}

/// Whether a simple line of a `.gitignore` names a folder below it, or the folder itself where
/// nothing is below it.
fn is_ignored(inner: &str, text: &str) -> bool {
    text.lines().map(str::trim).any(|line| {
        let line = line.trim_end_matches("/*").trim_end_matches("/**");
        let pattern = line.trim_start_matches("**/").trim_matches('/');
        let is_anchored = line.trim_end_matches('/').contains('/') && !line.starts_with("**/");
        let mut parts = inner.split('/');
        match pattern {
            "" => false,
            "*" => true,
            _ if is_anchored => inner == pattern || inner.starts_with(&format!("{pattern}/")),
            _ => parts.any(|part| matches_name(pattern, part)),
        }
    })
}

/// Matches `*venv*` and its kind.
fn matches_name(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name.strip_prefix(start).is_some_and(|name| {
            let mut ends = (0..=name.len()).filter(|at| name.is_char_boundary(*at));
            pattern.len() < 100 && ends.any(|at| matches_name(rest, &name[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simple_lines_keep_a_folder_out() {
        for line in [
            ".venv",
            ".venv/",
            "/.venv",
            "*",
            ".v*",
            "# a\n\n.venv/\n",
            "**/.venv/**",
        ] {
            assert!(is_ignored(".venv", line), "{line}");
        }
        for line in ["", "# .venv", "venv", "/a/.venv", "!.venv", "*.pyc"] {
            assert!(!is_ignored(".venv", line), "{line}");
        }
        assert!(is_ignored("a/.venv", "a/"));
        assert!(is_ignored("a/.venv", ".venv"));
        assert!(!is_ignored("a/.venv", "/.venv"));
    }
}
