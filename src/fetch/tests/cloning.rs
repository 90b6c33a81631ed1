//! Repositories on this disk, made by the `git` at hand.

use std::path::Path;
use std::process::Command;

use super::building::{Tree, builds, catalog, only, unusable};
use super::world::{name, policy};
use crate::fetch::{BuildOptions, LiveCatalog};
use crate::package::DirectUrl;
use crate::solve::{Catalog, FileAt};

const PROJECT: &str = "[project]\nname = \"a\"\nversion = \"1\"\ndependencies = [\"b\"]\n";

fn git(folder: &Path, words: &[&str]) -> String {
    let said = Command::new("git")
        .args(["-c", "user.name=x", "-c", "user.email=x@h.example"])
        .args(["-c", "init.defaultBranch=main"])
        .args(words)
        .current_dir(folder)
        .output()
        .expect("these tests need `git` on the `PATH`");
    assert!(said.status.success(), "{said:?}");
    String::from_utf8(said.stdout).unwrap().trim().to_owned()
}

fn commit(folder: &Path) -> String {
    git(folder, &["add", "--all"]);
    git(folder, &["commit", "--quiet", "--message", "x"]);
    git(folder, &["rev-parse", "HEAD"])
}

/// A repository with version 1 under the tag `v1`, and version 2 on its branch.
fn repository() -> (tempfile::TempDir, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let write = |text: &str| std::fs::write(folder.path().join("pyproject.toml"), text).unwrap();
    git(folder.path(), &["init", "--quiet"]);
    write(PROJECT);
    let one = commit(folder.path());
    git(folder.path(), &["tag", "v1"]);
    write(&PROJECT.replace("\"1\"", "\"2\""));
    let two = commit(folder.path());
    (folder, one, two)
}

fn reference(folder: &Path, end: &str) -> DirectUrl {
    let url = url::Url::from_file_path(folder).unwrap();
    DirectUrl::parse(&format!("git+{url}{end}")).unwrap()
}

fn offline() -> LiveCatalog {
    catalog("http://127.0.0.1:1", policy(None), BuildOptions::default())
}

#[test]
fn a_reference_to_a_repository_is_pinned_to_its_commit() {
    let (folder, one, two) = repository();
    let catalog = offline();
    let short = format!("@{}", &one[..9]);
    let full = format!("@{one}");
    for (end, version, commit) in [
        ("", "2", &two),
        ("@main", "2", &two),
        ("@v1", "1", &one),
        (short.as_str(), "1", &one),
        (full.as_str(), "1", &one),
    ] {
        let project = catalog
            .direct(&name("a"), &reference(folder.path(), end))
            .unwrap();

        let page = &project.pages[0].page;
        assert_eq!(page.version_text(0), version, "{end}");
        assert!(page.file(0).url().ends_with(&format!("@{commit}")), "{end}");
        let metadata = catalog.metadata(&project, FileAt { page: 0, file: 0 });
        assert_eq!(metadata.unwrap().requires.all()[0].to_string(), "b");
    }
    assert_eq!(
        catalog.name_of(&reference(folder.path(), "")),
        Ok(name("a"))
    );
}

#[test]
fn a_revision_that_is_not_there_and_other_systems_are_refused() {
    let (folder, ..) = repository();
    let catalog = offline();
    let ask = |url: &DirectUrl| unusable(catalog.direct(&name("a"), url));

    let gone = ask(&reference(folder.path(), "@v9"));
    assert!(gone.contains("no revision `v9`"), "{gone}");
    let gone = ask(&reference(folder.path(), "@v1#subdirectory=x"));
    assert!(gone.contains("no folder `x`"), "{gone}");
    for vcs in ["hg", "svn", "bzr"] {
        let url = DirectUrl::parse(&format!("{vcs}+https://h.example/p")).unwrap();

        assert!(ask(&url).contains("only those of git"), "{vcs}");
    }
}

#[test]
fn a_commit_is_built_only_where_that_is_allowed() {
    let tree = Tree::new(
        "
import os
def prepare_metadata_for_build_wheel(folder, settings=None):
    os.mkdir(os.path.join(folder, 'a.dist-info'))
    with open(os.path.join(folder, 'a.dist-info', 'METADATA'), 'w') as file:
        file.write('Metadata-Version: 2.1\\nName: a\\nVersion: 1.0\\nRequires-Dist: d\\n')
    return 'a.dist-info'
",
    );
    git(&tree.path(), &["init", "--quiet"]);
    let commit = commit(&tree.path());
    let cache = tempfile::tempdir().unwrap();
    let url = reference(&tree.path(), &format!("@{commit}"));

    let reason = unusable(offline().direct(&name("a"), &url));
    assert!(reason.ends_with("`--allow-build=a`"), "{reason}");
    assert_eq!(tree.runs(), 0);

    for _ in 0..2 {
        let policy = policy(Some(cache.path()));
        let catalog = catalog("http://127.0.0.1:1", policy, builds(only("a")));
        let project = catalog.direct(&name("a"), &url).unwrap();
        let metadata = catalog.metadata(&project, FileAt { page: 0, file: 0 });
        assert_eq!(metadata.unwrap().requires.all()[0].to_string(), "d");
    }
    assert_eq!(tree.runs(), 2, "two steps of one build");
}
