//! Addresses that name another thing tomorrow: a branch of a repository, whatever is newest, a file
//! that anybody may change.
//!
//! A commit is fixed, and so, by custom, is a tag that is a version. What a name without digits stands
//! for no address tells; people write branches in that place.

use super::{DirectUrl, Version};

/// What an address stands for that can be another thing tomorrow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moving {
    /// Whatever the repository's default branch holds.
    DefaultBranch,
    /// A branch, or whatever else has this name.
    Named(String),
    /// A file, which nothing fixes.
    File,
}

/// Fewer signs are no abbreviation of a commit.
const SHORTEST_COMMIT: usize = 7;

/// What stands before the reference in the paths of forges.
const BEFORE: &[&str] = &["archive", "blob", "raw", "resolve", "tarball", "zipball"];

/// The same on hosts where these words say it.
const BEFORE_ON: &[(&str, &[&str])] = &[
    ("bitbucket.org", &["get"]),
    (
        "codeload.github.com",
        &["legacy.tar.gz", "legacy.zip", "tar.gz", "zip"],
    ),
];

/// Hosts whose paths have the reference behind an owner and a repository.
const RAW_HOSTS: &[&str] = &["raw.githubusercontent.com"];

const ENDINGS: &[&str] = &[".tar.gz", ".tar.bz2", ".tar", ".tgz", ".zip"];

impl DirectUrl {
    /// Returns what it stands for where that can be another thing tomorrow; nothing where a digest, a
    /// commit or a version fixes it, or where no reference can be told.
    pub fn moving(&self) -> Option<Moving> {
        if !self.digests.is_empty() {
            return None;
        }
        match &self.vcs {
            Some((_, None)) => Some(Moving::DefaultBranch),
            Some((_, Some(revision))) => named(revision),
            None => named(&self.reference()?),
        }
    }

    /// The same for a list of requirements, which nothing fixes unless its address has a commit or
    /// a version.
    pub fn moving_list(&self) -> Option<Moving> {
        match self.reference() {
            Some(reference) => named(&reference),
            None if self.path().any(is_fixed) => None,
            None => Some(Moving::File),
        }
    }

    fn path(&self) -> impl Iterator<Item = &str> {
        let is_remote = matches!(self.url.scheme(), "http" | "https");
        let parts = self.url.path_segments().filter(|_| is_remote);
        parts.into_iter().flatten().filter(|part| !part.is_empty())
    }

    /// Returns the branch, tag or commit that the path of a forge names.
    fn reference(&self) -> Option<String> {
        let parts: Vec<&str> = self.path().collect();
        let host = self.url.host_str()?;
        if let Some(at) = parts.windows(2).position(|it| it == ["releases", "latest"]) {
            return parts.get(at + 1).map(|it| (*it).to_owned());
        }
        let own = BEFORE_ON.iter().find(|(it, _)| *it == host);
        let own = own.map_or(&[][..], |(_, words)| words);
        let is_before = |part: &&str| BEFORE.contains(part) || own.contains(part);
        let before = match RAW_HOSTS.contains(&host) {
            true => Some(1),
            false => parts.iter().skip(2).position(is_before).map(|at| at + 2),
        };
        let mut rest = parts.get(before? + 1..)?;
        if let ["refs", _, after @ ..] = rest {
            rest = after;
        }
        // A folder of files may have any of these names as well.
        let first = rest.first().filter(|it| !it.ends_with(".whl"))?;
        let ending = ENDINGS.iter().find_map(|ending| first.strip_suffix(ending));
        Some(ending.unwrap_or(first).to_owned())
    }
}

fn named(reference: &str) -> Option<Moving> {
    (!is_fixed(reference)).then(|| Moving::Named(reference.to_owned()))
}

/// Whether a reference is a commit, or a version: `v1.2`, `name-1.2.3`, `refs/tags/1.2`.
fn is_fixed(reference: &str) -> bool {
    let is_commit = reference.len() >= SHORTEST_COMMIT
        && reference.bytes().all(|byte| byte.is_ascii_hexdigit());
    let tag = reference.strip_prefix("refs/tags/").unwrap_or(reference);
    let version = tag.rsplit_once('-').map_or(tag, |(_, version)| version);
    let is_version = |text: &str| {
        let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
        text.contains('.') && text.parse::<Version>().is_ok()
    };
    is_commit || is_version(tag) || is_version(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(address: &str, expected: &str) {
        let told = |moving: Option<Moving>| match moving {
            None => "fixed".to_owned(),
            Some(Moving::DefaultBranch) => "default branch".to_owned(),
            Some(Moving::File) => "file".to_owned(),
            Some(Moving::Named(name)) => name,
        };
        let url = DirectUrl::parse(address).unwrap();
        let found = match address.ends_with(".txt") {
            true => url.moving_list(),
            false => url.moving(),
        };

        assert_eq!(told(found), expected, "{address}");
    }

    #[test]
    fn what_has_no_commit_and_no_version_moves() {
        for (address, expected) in [
            ("git+https://github.com/o/r.git", "default branch"),
            ("git+https://github.com/o/r.git@main", "main"),
            ("git+ssh://git@github.com/o/r@feature/x", "feature/x"),
            (
                "git+https://github.com/o/r@refs/pull/1/head",
                "refs/pull/1/head",
            ),
            ("git+https://github.com/o/r@v2", "v2"),
            ("https://github.com/o/r/archive/main.zip", "main"),
            (
                "https://github.com/o/r/archive/refs/heads/dev.tar.gz",
                "dev",
            ),
            (
                "https://github.com/o/r/releases/latest/download/a.zip",
                "latest",
            ),
            ("https://codeload.github.com/o/r/zip/master", "master"),
            ("https://gitlab.com/g/s/r/-/archive/main/r-main.zip", "main"),
            (
                "https://huggingface.co/o/r/resolve/main/a-1-py3-none-any.whl",
                "main",
            ),
            (
                "https://raw.githubusercontent.com/o/r/main/requirements.txt",
                "main",
            ),
            (
                "https://raw.githubusercontent.com/o/r/refs/heads/x/r.txt",
                "x",
            ),
            (
                "https://github.com/o/r/raw/master/requirements.txt",
                "master",
            ),
            ("https://files.example/requirements.txt", "file"),
        ] {
            check(address, expected);
        }
    }

    #[test]
    fn commits_versions_and_digests_hold() {
        for address in [
            "git+https://github.com/o/r@0123456789abcdef0123456789abcdef01234567",
            "git+https://github.com/o/r@0123abc",
            "git+https://github.com/o/r@v1.2.3",
            "git+https://github.com/o/r@refs/tags/r-1.2",
            "https://github.com/o/r/archive/v1.2.3.zip",
            "https://github.com/o/r/archive/refs/tags/1.2.zip",
            "https://github.com/o/r/archive/0123456789abcdef0123456789abcdef01234567.zip",
            "https://github.com/o/r/archive/main.zip#md5=d41d8cd98f00b204e9800998ecf8427e",
            "https://files.example/a-1-py3-none-any.whl",
            "https://raw.githubusercontent.com/o/r/v1.2/requirements.txt",
            "https://files.example/1.2.0/requirements.txt",
            "file:///home/raw/x/archive/main.zip",
        ] {
            check(address, "fixed");
        }
    }
}
