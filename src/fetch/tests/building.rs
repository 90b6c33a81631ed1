//! Builds by backends that stand in the source tree itself and require nothing, so that no network
//! is needed. Each leaves a mark when its code runs.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use super::server::{Answer, Server};
use super::solving::question;
use super::world::{BINARY, Listed, failure, first, name, outside, page, policy, publish, sha256};
use crate::fetch::{BuildOptions, BuildPython, CachePolicy, LiveCatalog, Outside};
use crate::index::{Metadata, MetadataSource};
use crate::input::AllowBuild;
use crate::lock::{Circumstances, build};
use crate::package::DirectUrl;
use crate::solve::{Catalog, FileAt, Outcome, Refusal, solve};

/// Leaves its mark, and says what it needs by PEP 517's optional hook.
const GOOD: &str = "
import os
def prepare_metadata_for_build_wheel(folder, settings=None):
    os.mkdir(os.path.join(folder, 'a-1.0.dist-info'))
    with open(os.path.join(folder, 'a-1.0.dist-info', 'METADATA'), 'w') as file:
        file.write('Metadata-Version: 2.1\\nName: a\\nVersion: 1.0\\nRequires-Dist: b>=2\\n')
    return 'a-1.0.dist-info'
";

/// Knows only how to build the whole.
const WHOLE: &str = "
import os, zipfile
def build_wheel(folder, settings=None, metadata=None):
    name = 'a-1.0-py3-none-any.whl'
    with zipfile.ZipFile(os.path.join(folder, name), 'w') as wheel:
        wheel.writestr('a-1.0.dist-info/METADATA',
                       'Metadata-Version: 2.1\\nName: a\\nVersion: 1.0\\nRequires-Dist: c\\n')
    return name
";

const FAILING: &str = "
def prepare_metadata_for_build_wheel(folder, settings=None):
    raise RuntimeError('no compiler for you')
";

const SLOW: &str = "
import time
def prepare_metadata_for_build_wheel(folder, settings=None):
    time.sleep(600)
";

/// The interpreter that tests build with; without one they fail.
pub(super) fn builds(allowed: AllowBuild) -> BuildOptions {
    let question = "import os, sys; print(sys.executable); print(os.environ['PATH'])";
    let told = Command::new("python3")
        .args(["-c", question])
        .output()
        .expect("these tests need `python3` on the `PATH`");
    let told = String::from_utf8(told.stdout).unwrap();
    let mut lines = told.lines();
    BuildOptions {
        allowed,
        python: Ok(BuildPython {
            path: lines.next().expect("python3 says where it is").into(),
            minor: "3.x".to_owned(),
            remark: None,
        }),
        search_path: lines.next().unwrap_or_default().into(),
        limit: Duration::from_secs(120),
    }
}

pub(super) fn only(package: &str) -> AllowBuild {
    AllowBuild::Packages([name(package)].into())
}

/// A source tree of `a` 1.0 whose dependencies are left to a backend in it.
pub(super) struct Tree {
    folder: tempfile::TempDir,
}

impl Tree {
    pub(super) fn new(backend: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let tree = Self { folder };
        std::fs::create_dir(tree.path()).unwrap();
        let mark = format!("open({:?}, 'a').write('x')\n", tree.mark());
        tree.write("backend.py", &(mark + backend));
        tree.write(
            "pyproject.toml",
            "[build-system]\nrequires = []\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n\
             [project]\nname = \"a\"\nversion = \"1.0\"\ndynamic = [\"dependencies\"]\n",
        );
        tree
    }

    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().join("a-1.0")
    }

    fn mark(&self) -> PathBuf {
        self.folder.path().join("mark")
    }

    fn write(&self, file: &str, text: &str) {
        std::fs::write(self.path().join(file), text).unwrap();
    }

    /// Returns how often its code ran.
    pub(super) fn runs(&self) -> usize {
        std::fs::read(self.mark()).map_or(0, |marks| marks.len())
    }

    pub(super) fn url(&self) -> DirectUrl {
        let url = url::Url::from_file_path(self.path()).unwrap();
        DirectUrl::parse(url.as_str()).unwrap()
    }

    /// Packs it.
    fn sdist(&self) -> Vec<u8> {
        let level = flate2::Compression::fast();
        let packed = flate2::write::GzEncoder::new(Vec::new(), level);
        let mut archive = tar::Builder::new(packed);
        archive.append_dir_all("a-1.0", self.path()).unwrap();
        archive.into_inner().unwrap().finish().unwrap()
    }

    /// Lists it on a server.
    fn publish(&self, server: &Server) -> Listed {
        let (path, bytes) = ("/files/a-1.0.tar.gz", self.sdist());
        let listed = || Listed {
            filename: "a-1.0.tar.gz".to_owned(),
            url: format!("{}{path}", server.base),
            sha256: Some(sha256(&bytes)),
            metadata: None,
        };
        server.route(path, [Answer::ok(BINARY, bytes.clone())]);
        server.route("/simple/a/", [page("a", &[listed()])]);
        listed()
    }
}

pub(super) fn catalog(base: &str, cache: CachePolicy, builds: BuildOptions) -> LiveCatalog {
    let outside = Outside {
        builds,
        ..outside(base, cache)
    };
    LiveCatalog::open(outside, None)
}

fn built(backend: &str) -> (Tree, Result<Arc<Metadata>, Refusal>) {
    let (tree, server) = (Tree::new(backend), Server::start());
    tree.publish(&server);
    let builds = BuildOptions {
        limit: Duration::from_secs(if backend == SLOW { 15 } else { 120 }),
        ..builds(only("a"))
    };
    let answer = first(&catalog(&server.base, policy(None), builds), "a");
    (tree, answer)
}

#[track_caller]
pub(super) fn unusable<T: std::fmt::Debug>(answer: Result<T, Refusal>) -> String {
    match answer.unwrap_err() {
        Refusal::Unusable(reason) => reason,
        other => panic!("not out: {other:?}"),
    }
}

#[test]
fn nothing_runs_that_is_not_allowed_and_the_reason_says_how_to_allow_it() {
    let (tree, server) = (Tree::new(GOOD), Server::start());
    tree.publish(&server);

    for allowed in [AllowBuild::All(false), only("b")] {
        let catalog = catalog(&server.base, policy(None), builds(allowed));
        let reason = unusable(first(&catalog, "a"));
        let of_folder = unusable(catalog.direct(&name("a"), &tree.url()));

        let hint = "allow building it with `--allow-build=a`";
        assert!(reason.ends_with(hint), "{reason}");
        assert!(of_folder.ends_with(hint), "{of_folder}");
    }
    assert_eq!(tree.runs(), 0);
}

#[test]
fn a_build_tells_what_a_source_archive_needs() {
    for (backend, expected) in [(GOOD, "b>=2"), (WHOLE, "c")] {
        let (tree, answer) = built(backend);

        let metadata = answer.unwrap();
        assert_eq!(metadata.source, MetadataSource::Built);
        assert_eq!(metadata.requires.all()[0].to_string(), expected);
        assert!(tree.runs() > 0);
    }
}

#[test]
fn a_failed_build_speaks_against_its_version_with_the_end_of_its_output() {
    let (_, answer) = built(FAILING);
    let reason = unusable(answer);
    assert!(reason.contains("no compiler for you"), "{reason}");

    let (_, answer) = built(SLOW);
    let reason = unusable(answer);
    assert!(reason.contains("took too long"), "{reason}");
}

#[test]
fn an_older_version_is_never_taken_in_silence() {
    let (tree, server) = (Tree::new(FAILING), Server::start());
    let older = publish(&server, "a", "0.9", &[]);
    server.route("/simple/a/", [page("a", &[tree.publish(&server), older])]);
    let question = question();
    let catalog = catalog(&server.base, policy(None), builds(only("a")));

    let Outcome::Solved(resolution) = solve(&question, &catalog).unwrap().outcome else {
        panic!("0.9 serves");
    };

    let package = &resolution.packages[0];
    assert_eq!(package.version.to_string(), "0.9");
    let (version, why) = &package.passed_over[0];
    assert_eq!(version.to_string(), "1.0");
    assert!(why.contains("no compiler for you"), "{why}");
    let lock = build(&question, &resolution, &Circumstances::default());
    let note = lock.packages[0].notes[0].to_string();
    assert!(note.starts_with("1.0 could not be used: "), "{note}");
}

#[test]
fn a_build_is_remembered_by_the_digest_of_what_was_built() {
    let (tree, server) = (Tree::new(GOOD), Server::start());
    tree.publish(&server);
    let folder = tempfile::tempdir().unwrap();
    let ask = || {
        let catalog = catalog(&server.base, policy(Some(folder.path())), builds(only("a")));
        first(&catalog, "a").unwrap().source
    };

    assert_eq!(ask(), MetadataSource::Built);
    let runs = tree.runs();
    assert_eq!(ask(), MetadataSource::Built);
    assert_eq!(tree.runs(), runs);
}

#[test]
fn without_an_interpreter_the_run_ends_instead_of_taking_another_version() {
    let (tree, server) = (Tree::new(GOOD), Server::start());
    tree.publish(&server);
    let builds = BuildOptions {
        allowed: AllowBuild::All(true),
        ..BuildOptions::default()
    };

    let told = failure(first(&catalog(&server.base, policy(None), builds), "a"));

    assert!(told.contains("no Python"), "{told}");
}

#[test]
fn requirements_of_a_build_that_cannot_be_reached_end_the_run() {
    let tree = Tree::new(GOOD);
    let needs = "[build-system]\nrequires = [\"x\"]\nbuild-backend = \"backend\"\n";
    tree.write("pyproject.toml", needs);
    let cache = CachePolicy {
        offline: true,
        ..policy(None)
    };
    let catalog = catalog("http://127.0.0.1:1", cache, builds(only("a")));

    let told = failure(catalog.direct(&name("a"), &tree.url()));

    assert!(told.contains("build requires"), "{told}");
    assert_eq!(tree.runs(), 0);
}

#[test]
fn a_folder_says_its_name_even_where_only_a_build_tells_the_rest() {
    let tree = Tree::new(GOOD);
    let forbidden = catalog("http://127.0.0.1:1", policy(None), BuildOptions::default());
    let allowed = catalog("http://127.0.0.1:1", policy(None), builds(only("a")));

    assert_eq!(forbidden.name_of(&tree.url()), Ok(name("a")));
    assert_eq!(tree.runs(), 0);
    assert_eq!(allowed.name_of(&tree.url()), Ok(name("a")));
    let runs = tree.runs();
    let project = allowed.direct(&name("a"), &tree.url()).unwrap();
    let only = FileAt { page: 0, file: 0 };
    let metadata = allowed.metadata(&project, only).unwrap();
    assert_eq!(metadata.requires.all()[0].to_string(), "b>=2");
    assert_eq!(tree.runs(), runs);
}

#[test]
fn a_project_in_a_folder_of_an_archive_is_found_there_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("top/inner");
    std::fs::create_dir_all(&inner).unwrap();
    let text = "[project]\nname = \"a\"\nversion = \"2\"\n";
    std::fs::write(inner.join("pyproject.toml"), text).unwrap();
    let server = Server::start();
    let mut archive = tar::Builder::new(Vec::new());
    archive
        .append_dir_all("top", folder.path().join("top"))
        .unwrap();
    server.route(
        "/t.tar",
        [Answer::ok(BINARY, archive.into_inner().unwrap()).with("cache-control", "max-age=60")],
    );
    let cache = tempfile::tempdir().unwrap();
    let open = || {
        catalog(
            &server.base,
            policy(Some(cache.path())),
            BuildOptions::default(),
        )
    };
    let catalog = open();
    let url = |end: &str| DirectUrl::parse(&format!("{}/t.tar{end}", server.base)).unwrap();

    let project = catalog
        .direct(&name("a"), &url("#subdirectory=inner"))
        .unwrap();
    let gone = unusable(catalog.direct(&name("a"), &url("#subdirectory=../x")));

    assert_eq!(project.pages[0].page.version_text(0), "2");
    assert!(project.pages[0].page.file(0).digests().next().is_some());
    assert!(gone.contains("no folder"), "{gone}");
    assert!(Path::new(&inner).exists());
    drop(catalog);
    server.paths();
    let again = open()
        .direct(&name("a"), &url("#subdirectory=inner"))
        .unwrap();
    assert_eq!(again.pages[0].page.version_text(0), "2");
    assert_eq!(server.paths(), [""; 0]);
}
