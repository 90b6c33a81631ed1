//! Direct references through the command: what has no name is asked for it, and the lock points to
//! each thing from where the lock itself stands.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output};

fn world() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("it has one")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    };
    let project =
        |name: &str, more: &str| format!("[project]\nname = \"{name}\"\nversion = \"1.0\"\n{more}");
    write(
        "plain/pyproject.toml",
        &project("plain", "dependencies = [\"a\"]\n"),
    );
    write("edited/pyproject.toml", &project("edited", ""));
    write(
        "open/pyproject.toml",
        &project("open", "dynamic = [\"dependencies\"]\n"),
    );
    write("mute/setup.py", "raise SystemExit('this must not run')\n");
    write("packed/packed-1.0/pyproject.toml", &project("packed", ""));
    let mut archive = tar::Builder::new(Vec::new());
    let tree = folder.path().join("packed/packed-1.0");
    archive
        .append_dir_all("packed-1.0", tree)
        .expect("an archive");
    let bytes = archive.into_inner().expect("an archive");
    std::fs::write(folder.path().join("packed-1.0.tar"), bytes).expect("a file");
    let wheel = folder.path().join("wheels/a-1.0-py3-none-any.whl");
    std::fs::create_dir_all(wheel.parent().expect("it has one")).expect("a folder");
    let mut zip = zip::ZipWriter::new(std::fs::File::create(wheel).expect("a file"));
    let plain = zip::write::SimpleFileOptions::default();
    zip.start_file("a-1.0.dist-info/METADATA", plain)
        .expect("a member");
    zip.write_all(b"Metadata-Version: 2.1\nName: a\nVersion: 1.0\n")
        .expect("a member");
    zip.finish().expect("an archive");
    folder
}

fn lock(folder: &Path, requirements: &str, output: &str) -> Output {
    std::fs::write(folder.join("requirements.in"), requirements).expect("a file");
    Command::new(env!("CARGO_BIN_EXE_pyaudit"))
        .args([
            "lock",
            "requirements.in",
            "--no-index",
            "--offline",
            "--no-cache",
        ])
        .args(["--python", "3.11", "--platform", "linux", "-o", output])
        .current_dir(folder)
        .output()
        .expect("the program runs")
}

#[track_caller]
fn locked(folder: &Path, requirements: &str, output: &str) -> String {
    let said = lock(folder, requirements, output);
    let errors = String::from_utf8_lossy(&said.stderr);

    assert_eq!(said.status.code(), Some(0), "{errors}");
    std::fs::read_to_string(folder.join(output)).expect("the lock is there")
}

const ALL: &str = "./wheels/a-1.0-py3-none-any.whl\n./plain\n-e ./edited\n./packed-1.0.tar\n";

#[test]
fn wheels_archives_and_folders_are_locked_from_where_the_lock_stands() {
    let world = world();
    std::fs::create_dir(world.path().join("locks")).expect("a folder");

    for (output, up) in [("pylock.toml", ""), ("locks/pylock.toml", "../")] {
        let text = locked(world.path(), ALL, output);

        for expected in [
            format!("archive = {{ path = \"{up}wheels/a-1.0-py3-none-any.whl\", hashes = "),
            format!("archive = {{ path = \"{up}packed-1.0.tar\", hashes = "),
            format!("directory = {{ path = \"{up}plain\" }}"),
            format!("directory = {{ path = \"{up}edited\", editable = true }}"),
        ] {
            assert!(text.contains(&expected), "{expected} is not in\n{text}");
        }
    }
}

#[test]
fn a_branch_that_was_locked_before_is_locked_offline_at_the_same_commit() {
    let world = world();
    let git = |words: &[&str]| {
        let said = Command::new("git")
            .args(["-c", "user.name=x", "-c", "user.email=x@h.example"])
            .args(["-c", "init.defaultBranch=main"])
            .args(words)
            .current_dir(world.path().join("edited"))
            .output()
            .expect("these tests need `git` on the `PATH`");
        assert!(said.status.success(), "{said:?}");
    };
    git(&["init", "--quiet"]);
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message", "x"]);
    std::fs::write(
        world.path().join("requirements.in"),
        "edited @ git+https://git.example/edited@main\n",
    )
    .expect("a file");
    let locked = |here: Option<&Path>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pyaudit"));
        command
            .args([
                "lock",
                "requirements.in",
                "--no-index",
                "--cache-dir",
                "cache",
            ])
            .args(["--python", "3.11", "--platform", "linux"])
            .current_dir(world.path());
        match here {
            Some(folder) => command
                .env("GIT_CONFIG_COUNT", "1")
                .env(
                    "GIT_CONFIG_KEY_0",
                    format!("url.{}/.insteadOf", folder.display()),
                )
                .env("GIT_CONFIG_VALUE_0", "https://git.example/"),
            None => command.arg("--offline"),
        };
        let said = command.output().expect("the program runs");
        let errors = String::from_utf8_lossy(&said.stderr);
        assert_eq!(said.status.code(), Some(0), "{errors}");
        let text = String::from_utf8(said.stdout).expect("text");
        let pin = text.lines().find(|line| line.starts_with("edited @"));
        pin.expect("a line for it").to_owned()
    };

    let online = locked(Some(world.path()));

    assert!(
        online.contains("git+https://git.example/edited@"),
        "{online}"
    );
    assert_eq!(locked(None), online);
}

#[test]
fn a_requirements_file_says_paths_as_pip_takes_them() {
    let world = world();

    let text = locked(world.path(), ALL, "requirements.txt");

    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .collect();
    assert_eq!(
        lines,
        [
            "./wheels/a-1.0-py3-none-any.whl",
            "-e ./edited",
            "./packed-1.0.tar",
            "./plain"
        ]
    );
}

#[test]
fn what_only_a_build_could_tell_is_a_conflict_at_the_users_line() {
    let world = world();

    let said = lock(world.path(), "./open\n", "pylock.toml");
    let errors = String::from_utf8_lossy(&said.stderr).replace(['\n', '│'], " ");

    assert_eq!(said.status.code(), Some(1), "{errors}");
    assert!(errors.contains("--allow-build=open"), "{errors}");
}

#[test]
fn what_cannot_be_named_is_a_problem_of_the_input() {
    let world = world();

    let said = lock(world.path(), "\n./mute\n", "pylock.toml");
    let errors = String::from_utf8_lossy(&said.stderr);

    assert_eq!(said.status.code(), Some(2), "{errors}");
    assert!(
        errors.contains("cannot tell which project `./mute` is"),
        "{errors}"
    );
    assert!(errors.contains("requirements.in:2"), "{errors}");
}
