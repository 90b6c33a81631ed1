//! Inputs on disk, with what they include.

use super::*;

struct World(tempfile::TempDir);

impl World {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Self(folder)
    }

    fn load(&self, inputs: &[&str], excludes: &[&str]) -> Manifest {
        let owned = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let request = LoadRequest {
            inputs: &owned(inputs),
            constraints: &[],
            overrides: &[],
            excludes: &owned(excludes),
            selection: &Selection::default(),
            folder: self.0.path(),
            variables: &BTreeMap::new(),
        };
        load(&request, &mut &b"from-stdin\n"[..])
    }
}

fn said(manifest: &Manifest) -> Vec<String> {
    let declared = manifest.declarations.iter();
    declared
        .map(|d| format!("{} {} {:?}", d.origin, d.requirement, d.kind))
        .collect()
}

fn problems(manifest: &Manifest) -> Vec<String> {
    let problems = manifest.problems.iter();
    problems
        .map(|p| match &p.origin {
            Some(origin) => format!("{origin} {}", p.message),
            None => p.message.clone(),
        })
        .collect()
}

#[test]
fn the_pyproject_beside_a_python_file_names_its_calls_else_the_one_of_the_folder() {
    let job = "[tool.pyaudit.python]\ncalls = [\"job:needs\"]\n";
    let world = World::new(&[
        ("pyproject.toml", job),
        ("sub/app.py", "@job(needs=['a'])\ndef f(): pass\n"),
        (
            "own/pyproject.toml",
            "[tool.pyaudit.python]\ncalls = ['want']\n",
        ),
        ("own/app.py", "want('b')\njob(needs=['c'])\n"),
    ]);

    let manifest = world.load(&["sub/app.py", "own/app.py"], &[]);

    assert_eq!(
        said(&manifest),
        ["sub/app.py:1 a Requirement", "own/app.py:1 b Requirement"]
    );
    assert_eq!(problems(&manifest), [""; 0]);
}

#[test]
fn what_is_no_call_is_told_once_and_only_where_calls_count() {
    let world = World::new(&[
        (
            "pyproject.toml",
            "[tool.pyaudit.python]\ncalls = ['a b']\ncall = 1\n",
        ),
        ("a.py", "remote(dependencies=['a'])\n"),
        ("b.py", "pip_install('b')\n"),
        ("c.py", "# /// script\n# dependencies = ['c']\n# ///\n"),
        ("d.in", "d\n"),
    ]);

    assert_eq!(
        problems(&world.load(&["a.py", "b.py"], &[])),
        [
            "pyproject.toml:2 `a b` is neither `NAME:KEYWORD` nor `NAME`",
            "pyproject.toml:3 `tool.pyaudit.python` has no key `call`",
        ]
    );
    assert_eq!(problems(&world.load(&["c.py", "d.in"], &[])), [""; 0]);
}

#[test]
fn includes_stand_in_their_place_relative_to_the_file_that_names_them() {
    let world = World::new(&[
        ("a.in", "a\n-r sub/b.in\n-c sub/c.txt\nz\n"),
        ("sub/b.in", "b\n-r ../d.in\n"),
        ("sub/c.txt", "c<2\n"),
        ("d.in", "d\n"),
    ]);

    let manifest = world.load(&["a.in"], &[]);

    assert_eq!(
        said(&manifest),
        [
            "a.in:1 a Requirement",
            "sub/b.in:1 b Requirement",
            "d.in:1 d Requirement",
            "sub/c.txt:1 c<2 Constraint",
            "a.in:4 z Requirement",
        ]
    );
    assert_eq!(problems(&manifest), [""; 0]);
}

#[test]
fn an_include_that_cannot_be_read_is_told_where_it_is_named() {
    let world = World::new(&[(
        "a.in",
        "-r a.in\n-r none.in\n-r https://h.example/x.txt\na\n",
    )]);

    let manifest = world.load(&["a.in", "gone.in"], &[]);

    assert_eq!(said(&manifest), ["a.in:4 a Requirement"]);
    assert_eq!(
        problems(&manifest),
        [
            "a.in:1 `a.in` includes itself",
            "a.in:2 cannot read `none.in`: there is no such file",
            "a.in:3 requirements files are not fetched from the network",
            "cannot read `gone.in`: there is no such file",
        ]
    );
}

#[test]
fn paths_of_packages_start_in_the_current_folder_and_links_beside_the_file() {
    let world = World::new(&[
        ("sub/a.in", "./p\n-f wheels\n-f elsewhere\n"),
        ("sub/wheels/x", ""),
    ]);

    let manifest = world.load(&["sub/a.in"], &[]);

    let root = Url::from_file_path(world.0.path()).unwrap();
    assert_eq!(manifest.unnamed[0].url.url.as_str(), format!("{root}/p"));
    let links = manifest
        .indexes
        .find_links
        .iter()
        .map(|(url, _)| url.to_string());
    assert_eq!(
        links.collect::<Vec<_>>(),
        [format!("{root}/sub/wheels"), format!("{root}/elsewhere")]
    );
}

#[test]
fn standard_input_and_names_to_exclude_have_labels_of_their_own() {
    let world = World::new(&[("names.txt", "b\nc\n")]);

    let manifest = world.load(&["-"], &["a", "names.txt"]);

    assert_eq!(said(&manifest), ["<stdin>:1 from-stdin Requirement"]);
    let excluded = manifest
        .excludes
        .iter()
        .map(|(name, at)| format!("{at} {name}"));
    assert_eq!(
        excluded.collect::<Vec<_>>(),
        ["--exclude:1 a", "names.txt:1 b", "names.txt:2 c"]
    );
}

#[test]
fn files_of_other_tools_are_refused_by_name() {
    let world = World::new(&[("uv.lock", "")]);

    assert_eq!(
        problems(&world.load(&["uv.lock"], &[])),
        ["`uv.lock` is not read"]
    );
}

#[test]
fn a_dockerfile_brings_the_files_that_it_copies_and_no_others() {
    let world = World::new(&[
        (
            "docker/Dockerfile",
            "FROM a\nWORKDIR /app\nCOPY reqs/base.txt /app/r.txt\nRUN pip install -r r.txt -r ../etc/x.txt\n\
             COPY sub /app/sub\nRUN pip install -c sub/c.txt -r sub/none.txt && pip uninstall -y b\n",
        ),
        ("reqs/base.txt", "a\nb\n"),
        ("docker/sub/c.txt", "c<2\n"),
        ("etc/x.txt", "no\n"),
    ]);

    let manifest = world.load(&["docker/Dockerfile"], &[]);

    assert_eq!(
        said(&manifest),
        [
            "reqs/base.txt:1 a Requirement",
            "docker/sub/c.txt:1 c<2 Constraint",
        ]
    );
    assert_eq!(
        problems(&manifest),
        [
            "docker/Dockerfile:4 `../etc/x.txt` does not come from this project's folder, and what it asks for is left out",
            "docker/Dockerfile:6 cannot find `sub/none.txt` in this project's folder",
        ]
    );
}
