//! The libraries that this machine's loader finds: those in its usual folders, in the folders of its
//! configuration, and in those that the environment names.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::audit::Libraries;

/// Where loaders look without being told.
const FOLDERS: &[&str] = &["/lib", "/usr/lib", "/lib64", "/usr/lib64", "/usr/local/lib"];
const CONFIG: &str = "/etc/ld.so.conf.d";

/// So many folders are looked at, and so many names kept.
const MOST_FOLDERS: usize = 200;
const MOST_NAMES: usize = 200_000;

/// Returns the libraries of this machine, with those of an environment's own folder; nothing where it
/// has another kind of loader.
pub fn libraries_here(environment: &Path) -> Option<Libraries> {
    if std::env::consts::OS != "linux" {
        return None;
    }
    let machine = std::env::consts::ARCH;
    let below = FOLDERS.iter().map(PathBuf::from);
    let below = below.chain(
        FOLDERS
            .iter()
            .map(|folder| Path::new(folder).join(format!("{machine}-linux-gnu"))),
    );
    let named = std::env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
    let folders = below
        .chain(configured())
        .chain(std::env::split_paths(&named).filter(|it| it.is_absolute()))
        .chain([environment.join("lib")]);
    let names: BTreeSet<String> = folders
        .take(MOST_FOLDERS)
        .flat_map(|it| names(&it))
        .collect();
    // A machine without a C library is one whose folders are elsewhere.
    names
        .iter()
        .any(|name| name.starts_with("libc."))
        .then(|| Libraries {
            names,
            source: "this machine".to_owned(),
        })
}

/// Returns the folders that the loader's configuration names.
fn configured() -> Vec<PathBuf> {
    let Ok(files) = std::fs::read_dir(CONFIG) else {
        return Vec::new();
    };
    let texts = files.filter_map(|file| std::fs::read_to_string(file.ok()?.path()).ok());
    let texts: Vec<String> = texts.take(MOST_FOLDERS).collect();
    let lines = texts.iter().flat_map(|text| text.lines()).map(str::trim);
    lines
        .filter(|line| line.starts_with('/'))
        .map(PathBuf::from)
        .collect()
}

fn names(folder: &Path) -> Vec<String> {
    let Ok(read) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let names = read
        .take(MOST_NAMES)
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.filter(|name| name.contains(".so")).collect()
}
