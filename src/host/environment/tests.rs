//! Environments of every shape, made in a folder and read.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{Environment, EnvironmentError, Keep, read_environment};
use crate::audit::{EnvironmentKind, Files, InRepository, Installed};
use crate::lock::Lock;
use crate::target::{Os, Target};

/// Keeps nothing.
struct Nothing;

impl Keep for Nothing {
    fn kept(&self, _: &[u8; 32]) -> Option<Vec<u8>> {
        None
    }

    fn keep(&self, _: &[u8; 32], _: &[u8]) {}
}

struct World(TempDir);

impl World {
    fn new(files: &[(&str, &str)]) -> Self {
        let world = Self(tempfile::tempdir().unwrap());
        for (name, text) in files {
            world.write(name, text);
        }
        world
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    fn read(&self, name: &str) -> Result<Environment, EnvironmentError> {
        read_environment(Path::new(name), self.path())
    }
}

const CONFIG: (&str, &str) = ("env/pyvenv.cfg", "home = /nowhere\nversion = 3.12.3\n");
const METADATA: &str = "Metadata-Version: 2.1\nName: a\nVersion: 1\n";

fn labels(installed: &Installed) -> Vec<String> {
    let labels = installed.distributions.iter();
    labels
        .map(|it| format!("{} {}", it.folder, it.label()))
        .collect()
}

#[track_caller]
fn check(files: &[(&str, &str)], kind: EnvironmentKind, python: &str, packages: &[&str]) {
    let environment = World::new(files).read("env").unwrap();

    let found = environment.python.map(|it| it.to_string());
    assert_eq!(found.as_deref().unwrap_or("none"), python);
    assert_eq!(environment.installed.kind, kind);
    assert_eq!(labels(&environment.installed), packages);
}

#[test]
fn environments_of_every_shape_are_found() {
    let at = |folder: &str| format!("env/{folder}/a-1.dist-info/METADATA");
    let linux = at("lib/python3.12/site-packages");
    let windows = at("Lib/site-packages");
    let pypy = at("lib/pypy3.10/site-packages");
    let free = at("lib/python3.13t/site-packages");
    let debian = at("lib/python3/dist-packages");
    let one = ["0 a 1"];
    use EnvironmentKind::{Conda, Folder, Global, Virtual};

    check(&[CONFIG, (&linux, METADATA)], Virtual, "3.12.3", &one);
    check(&[CONFIG, (&windows, METADATA)], Virtual, "3.12.3", &one);
    check(&[CONFIG], Virtual, "3.12.3", &[]);
    check(&[(&linux, METADATA)], Global, "3.12", &one);
    check(&[(&pypy, METADATA)], Global, "pypy3.10", &one);
    check(&[(&free, METADATA)], Global, "3.13t", &one);
    check(&[(&debian, METADATA)], Global, "none", &one);
    check(&[(&at("."), METADATA)], Folder, "none", &one);
    let record = "env/conda-meta/python-3.11.5-h955ad1f_0.json";
    let old = at("lib/python3.11/site-packages");
    check(&[(record, "{}"), (&old, METADATA)], Conda, "3.11.5", &one);
}

#[test]
fn what_is_no_environment_says_what_was_looked_for() {
    let world = World::new(&[CONFIG, ("file.txt", "")]);
    let told = |name: &str| {
        let error = world.read(name).unwrap_err();
        (error.message, error.help.unwrap_or_default())
    };

    assert_eq!(told("nowhere").0, "there is no `nowhere`");
    assert_eq!(
        told("file.txt").0,
        "`file.txt` is no environment and no interpreter"
    );
    assert_eq!(
        told("."),
        ("`.` is no environment".into(), "Did you mean `env`?".into())
    );
    world.write("empty/a.txt", "");
    assert!(told("empty").1.starts_with("Looked for a `pyvenv.cfg`"));
    world.write("two/lib/python3.11/site-packages/a.pth", "");
    world.write("two/lib/python3.12/site-packages/a.pth", "");
    assert!(
        told("two")
            .0
            .contains("more than one Python: 3.11 and 3.12")
    );
}

#[cfg(unix)]
#[test]
fn a_folder_that_is_reached_in_two_ways_counts_once() {
    let world = World::new(&[
        CONFIG,
        (
            "env/lib/python3.12/site-packages/a-1.dist-info/METADATA",
            METADATA,
        ),
    ]);
    std::os::unix::fs::symlink("lib", world.path().join("env/lib64")).unwrap();

    let environment = world.read("env").unwrap();

    assert_eq!(labels(&environment.installed), ["0 a 1"]);
}

#[test]
fn packages_of_older_tools_are_read() {
    let site = "env/lib/python3.12/site-packages";
    let world = World::new(&[
        CONFIG,
        (
            &format!("{site}/old-3-py3.12.egg-info"),
            "Metadata-Version: 1.0\nName: old\nVersion: 3\n",
        ),
        (&format!("{site}/own.egg-link"), "../../../../src\n.\n"),
        (
            "src/own.egg-info/PKG-INFO",
            "Metadata-Version: 1.0\nName: own\nVersion: 2\n",
        ),
        ("src/own.egg-info/requires.txt", "old>=2\n\n[fast]\nspeed\n"),
        (&format!("{site}/torn-1.dist-info/INSTALLER"), "pip\n"),
    ]);

    let installed = world.read("env").unwrap().installed;

    assert_eq!(labels(&installed), ["0 old 3", "0 own 2", "0 torn 1"]);
    let own = &installed.distributions[1];
    assert!(own.is_editable());
    let needs: Vec<String> = own.needs.iter().map(ToString::to_string).collect();
    assert_eq!(needs, ["old>=2", "speed ; extra == 'fast'"]);
    let places: Vec<String> = own
        .needs
        .iter()
        .map(|it| own.place_of(it).unwrap().to_string())
        .collect();
    assert_eq!(
        places,
        [
            "src/own.egg-info/requires.txt:1",
            "src/own.egg-info/requires.txt:4"
        ]
    );
    assert!(installed.distributions[2].unread.is_some());
}

fn lock(installed: &Installed) -> Lock {
    let target = Target::new("3.12".parse().unwrap(), "linux".parse().unwrap());
    installed.to_lock(&target, [])
}

#[test]
fn an_extra_counts_where_a_package_asks_for_it() {
    let site = "env/lib/python3.12/site-packages";
    let a = "Metadata-Version: 2.1\nName: a\nVersion: 1\nRequires-Dist: b[all]\n";
    let b = "Metadata-Version: 2.1\nName: b\nVersion: 1\nRequires-Dist: b[fast] ; extra == 'all'\n\
        Requires-Dist: speed ; extra == 'fast'\nRequires-Dist: other ; extra == 'slow'\n";
    let world = World::new(&[
        CONFIG,
        (&format!("{site}/a-1.dist-info/METADATA"), a),
        (&format!("{site}/b-1.dist-info/METADATA"), b),
    ]);

    let lock = lock(&world.read("env").unwrap().installed);

    let edges = lock.packages[1].edges.iter();
    let edges: Vec<&str> = edges.map(|it| it.requirement.name.as_ref()).collect();
    assert_eq!(edges, ["b", "speed"]);
}

#[test]
fn an_environment_for_another_machine_is_one() {
    let wheel = "Tag: cp312-cp312-win_amd64\n";
    let world = World::new(&[
        ("env/Lib/site-packages/a-1.dist-info/METADATA", METADATA),
        ("env/Lib/site-packages/a-1.dist-info/WHEEL", wheel),
    ]);

    let environment = world.read("env").unwrap();

    assert_eq!(environment.platform.os, Os::Windows);
    assert_eq!(environment.python.unwrap().to_string(), "3.12");
}

#[test]
fn a_repository_may_hold_keep_out_or_overlook_an_environment() {
    let world = World::new(&[CONFIG, (".git/HEAD", "")]);
    let kept = || world.read("env").unwrap().installed.keeping;

    assert_eq!(kept().in_repository, Some(InRepository::NotIgnored));
    assert_eq!(kept().has_lock, Some(false));
    world.write(".git/index", "DIRC env/pyvenv.cfg\0");
    assert_eq!(kept().in_repository, Some(InRepository::Committed));
    fs::remove_file(world.path().join(".git/index")).unwrap();
    world.write("env/.gitignore", "*\n");
    assert_eq!(kept().in_repository, None);
    world.write("uv.lock", "");
    assert_eq!(kept().has_lock, Some(true));
}

#[test]
fn every_file_is_compared_once_and_that_is_told() {
    let site = "env/lib/python3.12/site-packages";
    let world = World::new(&[CONFIG]);
    for name in ["a", "b", "c"] {
        world.write(
            &format!("{site}/{name}-1.dist-info/METADATA"),
            &METADATA.replace("Name: a", &format!("Name: {name}")),
        );
        let record = format!("{name}.py,sha256=LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ,5\n");
        world.write(&format!("{site}/{name}-1.dist-info/RECORD"), &record);
        world.write(&format!("{site}/{name}.py"), "hello");
    }
    let mut environment = world.read("env").unwrap();
    let told = std::sync::Mutex::new(Vec::new());

    environment.read_files(&Nothing, &|done, total| {
        told.lock().unwrap().push((done, total))
    });

    let mut told = told.into_inner().unwrap();
    told.sort_unstable();
    assert_eq!(told, [(1, 3), (2, 3), (3, 3)]);
    for distribution in &environment.installed.distributions {
        let Some(Files::Compared { judged, altered }) = &distribution.files else {
            panic!("{distribution:?}");
        };
        assert_eq!((*judged, altered.len()), (1, 0));
    }
}
