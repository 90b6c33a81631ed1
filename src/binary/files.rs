//! Which files of a package are compiled, told by their names.

/// What a compiled file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Python imports it.
    Extension,
    /// Others need it, or load it as a plugin.
    Library,
}

/// Whether a path is that of a compiled file.
pub fn is_binary(path: &str) -> bool {
    role_of(path).is_some()
}

/// Returns what a compiled file is for; nothing for a path of another kind.
pub fn role_of(path: &str) -> Option<Role> {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let (stem, ending) = name.rsplit_once('.')?;
    let is_tagged = [".cpython-", ".abi3", ".pypy3"]
        .iter()
        .any(|tag| stem.contains(tag));
    match ending {
        "pyd" => Some(Role::Extension),
        "so" if is_tagged || !stem.starts_with("lib") => Some(Role::Extension),
        "so" | "dll" | "dylib" => Some(Role::Library),
        _ => is_versioned(name).then_some(Role::Library),
    }
}

/// `libfoo.so.1.2`.
fn is_versioned(name: &str) -> bool {
    name.split_once(".so.").is_some_and(|(_, version)| {
        let is_part = |c: char| c.is_ascii_digit() || c == '.';
        !version.is_empty() && version.chars().all(is_part)
    })
}
