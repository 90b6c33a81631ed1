//! Commits of git repositories, fetched by the `git` at hand into a folder of their own.
//!
//! Nothing of the repository runs: no hooks, no filters but those of the user's own configuration,
//! no submodules unless a build needs them. A login stands in the environment of `git` alone, and
//! `git` is told of it only for the host it is meant for.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use url::Url;

use super::build::{BuildError, Stopped, run, shown};
use super::credentials::from_url;
use super::error::FetchErrorKind;
use crate::package::DirectUrl;

/// How long a repository may take.
const LIMIT: Duration = Duration::from_secs(600);

/// Configuration of every command.
const CONFIGURATION: &[&str] = &[
    "advice.detachedHead=false",
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "filter.lfs.process=",
    "filter.lfs.required=false",
    "filter.lfs.smudge=",
    "gc.auto=0",
    "maintenance.auto=false",
    "protocol.ext.allow=never",
    "submodule.recurse=false",
];

/// Variables that would lead `git` to another repository.
const ASTRAY: &[&str] = &[
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_WORK_TREE",
];

/// Says a login to `git`; the shell is the one that comes with it.
const HELPER: &str =
    "!f() { echo \"username=$PYAUDIT_GIT_USER\"; echo \"password=$PYAUDIT_GIT_PASSWORD\"; }; f";

/// A commit's files.
#[derive(Debug)]
pub(super) struct Checkout {
    folder: TempDir,
    url: Url,
    /// The commit, in full.
    pub(super) commit: String,
}

/// Fetches the commit that a reference names, as little of its history as the server lets us.
pub(super) fn check_out(reference: &DirectUrl) -> Result<Checkout, BuildError> {
    let revision = reference.vcs.as_ref().and_then(|(_, rev)| rev.as_deref());
    let revision = revision.unwrap_or("HEAD");
    if !is_revision(revision) {
        return Err(no_revision(revision));
    }
    let folder = tempfile::tempdir().map_err(|error| disk(&error))?;
    let mut checkout = Checkout {
        folder,
        url: reference.url.clone(),
        commit: String::new(),
    };
    std::fs::create_dir(checkout.path()).map_err(|error| disk(&error))?;
    checkout.git(&["init", "--quiet", "--template="])?;
    let address = checkout.address();
    let shallow = ["fetch", "--quiet", "--no-tags", "--depth=1", "--"];
    let found = match checkout.git(&[&shallow[..], &[&address, revision]].concat()) {
        Ok(_) => checkout.commit_of("FETCH_HEAD"),
        Err(_) => checkout.search(&address, revision)?,
    };
    checkout.commit = found.ok_or_else(|| no_revision(revision))?;
    checkout.git(&["checkout", "--quiet", "--detach", &checkout.commit])?;
    Ok(checkout)
}

impl Checkout {
    /// Returns the folder of the files.
    pub(super) fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("tree")
    }

    /// Fetches the submodules as well, if there are any: a build may need them.
    pub(super) fn fetch_submodules(&self) -> Result<(), BuildError> {
        if !self.path().join(".gitmodules").is_file() {
            return Ok(());
        }
        let words = ["submodule", "--quiet", "update", "--init", "--recursive"];
        self.git(&words).map(drop)
    }

    /// Looks for a revision in all branches and tags: servers give single commits by their full
    /// names only, and not all of them.
    fn search(&self, address: &str, revision: &str) -> Result<Option<String>, BuildError> {
        self.git(&[
            "fetch",
            "--quiet",
            "--no-tags",
            "--",
            address,
            "+refs/heads/*:refs/remotes/origin/*",
            "+refs/tags/*:refs/tags/*",
        ])?;
        let branch = format!("refs/remotes/origin/{revision}");
        Ok(self.commit_of(&branch).or_else(|| self.commit_of(revision)))
    }

    fn commit_of(&self, revision: &str) -> Option<String> {
        let named = format!("{revision}^{{commit}}");
        let words = [
            "rev-parse",
            "--quiet",
            "--verify",
            "--end-of-options",
            &named,
        ];
        let said = self.git(&words).ok()?;
        let commit = said.lines().last()?.trim().to_owned();
        is_commit(&commit).then_some(commit)
    }

    /// The address as arguments may hold it. The user of `ssh` is no secret.
    fn address(&self) -> String {
        let mut url = self.url.clone();
        // Only addresses that take no login refuse to lose it.
        let _ = url.set_password(None);
        if is_http(&url) {
            let _ = url.set_username("");
        }
        url.into()
    }

    fn git(&self, words: &[&str]) -> Result<String, BuildError> {
        let mut command = Command::new("git");
        for pair in CONFIGURATION {
            command.args(["-c", pair]);
        }
        command.args(words).current_dir(self.path());
        for name in ASTRAY {
            command.env_remove(name);
        }
        command.env("GIT_TERMINAL_PROMPT", "0");
        command.env("GIT_LFS_SKIP_SMUDGE", "1");
        command.env("GCM_INTERACTIVE", "never");
        self.log_in(&mut command);
        let log = self.folder.path().join("log");
        let deadline = Instant::now() + LIMIT;
        run(&mut command, &log, deadline).map_err(|stopped| trouble(words, stopped))
    }

    /// Tells the login: an empty helper before ours takes those of the user's configuration out.
    fn log_in(&self, command: &mut Command) {
        let Some(login) = from_url(&self.url).filter(|_| is_http(&self.url)) else {
            return;
        };
        let place = self.url.origin().ascii_serialization();
        command.env("GIT_CONFIG_COUNT", "2");
        for (at, helper) in ["", HELPER].into_iter().enumerate() {
            command.env(
                format!("GIT_CONFIG_KEY_{at}"),
                format!("credential.{place}.helper"),
            );
            command.env(format!("GIT_CONFIG_VALUE_{at}"), helper);
        }
        command.env("PYAUDIT_GIT_USER", login.user.reveal());
        command.env("PYAUDIT_GIT_PASSWORD", login.password.reveal());
    }
}

/// Whether a text is the full name of a commit.
pub(super) fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether a text can name a revision, and nothing else to `git`.
fn is_revision(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(['-', '+'])
        && !text.contains("..")
        && !text.contains(|c: char| c.is_whitespace() || c.is_control() || ":^~?*[\\".contains(c))
}

fn is_http(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

fn no_revision(revision: &str) -> BuildError {
    BuildError {
        kind: FetchErrorKind::BadMetadata,
        met: format!("the repository has no revision `{revision}`"),
    }
}

fn disk(error: &std::io::Error) -> BuildError {
    BuildError {
        kind: FetchErrorKind::Disk,
        met: format!("there is no room for the repository: {error}"),
    }
}

fn trouble(words: &[&str], stopped: Stopped) -> BuildError {
    let command = words.first().copied().unwrap_or_default();
    let (kind, met) = match stopped {
        Stopped::NotStarted(error) if error.kind() == std::io::ErrorKind::NotFound => (
            FetchErrorKind::Setup,
            "there is no `git` on the `PATH`".to_owned(),
        ),
        Stopped::NotStarted(error) => (
            FetchErrorKind::Setup,
            format!("`git` could not be started: {error}"),
        ),
        Stopped::Ended(why) => (
            FetchErrorKind::Transport,
            format!("`git {command}` was stopped: {why}"),
        ),
        Stopped::Failed(output) => (
            FetchErrorKind::Transport,
            format!("`git {command}` failed: {}", shown(&output)),
        ),
    };
    BuildError { kind, met }
}

/// Whether `git` reaches a repository without the network.
pub(super) fn is_here(url: &Url) -> bool {
    url.scheme() == "file"
        && url
            .to_file_path()
            .is_ok_and(|path| Path::new(&path).exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_is_no_option_and_no_range_of_references() {
        for text in ["v1.0", "feature/x", "0a1b2c3", "refs/pull/3/head", "HEAD"] {
            assert!(is_revision(text), "{text}");
        }
        for text in ["", "--upload-pack=x", "a:b", "+a", "a..b", "a b", "a^{/x}"] {
            assert!(!is_revision(text), "{text}");
        }
    }

    #[test]
    fn a_login_stands_in_no_argument() {
        let url = DirectUrl::parse("git+https://u:secret@h.example/p.git@v1").unwrap();
        let checkout = Checkout {
            folder: tempfile::tempdir().unwrap(),
            url: url.url,
            commit: String::new(),
        };
        let mut command = Command::new("git");

        checkout.log_in(&mut command);

        assert_eq!(checkout.address(), "https://h.example/p.git");
        assert_eq!(command.get_args().count(), 0);
        let place = command
            .get_envs()
            .find(|(name, _)| *name == "GIT_CONFIG_KEY_1")
            .and_then(|(_, value)| value);
        assert_eq!(place.unwrap(), "credential.https://h.example.helper");
    }
}
