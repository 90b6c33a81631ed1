//! Interpreters made of shell scripts, so that no Python is needed and nothing outside is touched.

use std::fs;
use std::process::Command;

use super::*;

/// Lets a shell write the script: a file that this process had open for writing could not be run
/// while another test's thread is between fork and exec.
fn write_python(path: &Path, script: &str) {
    let folder = path.parent().unwrap();
    fs::create_dir_all(folder).unwrap();
    let written = Command::new("/bin/sh")
        .args([
            "-c",
            r#"printf '#!/bin/sh\n%s\n' "$1" > "$0"; chmod +x "$0""#,
        ])
        .arg(path)
        .arg(script)
        .status()
        .unwrap();
    assert!(written.success());
}

fn answering(version: &str) -> String {
    format!(
        r#"echo '{{"implementation": "cpython", "version": [{version}], "free_threaded": false,
        "platform": "linux-x86_64", "is_32bit": false, "mac_os": "", "machine": "x86_64",
        "libc": "glibc 2.31"}}'"#
    )
}

fn told(json: serde_json::Value) -> Told {
    let mut whole = serde_json::json!({
        "implementation": "cpython", "version": [3, 12, 1, "final", 0], "free_threaded": false,
        "platform": "linux-x86_64", "is_32bit": false, "mac_os": "", "machine": "x86_64",
        "libc": "glibc 2.31",
    });
    for (key, value) in json.as_object().unwrap() {
        whole[key] = value.clone();
    }
    serde_json::from_value(whole).unwrap()
}

#[test]
fn the_active_environment_comes_before_the_folder_and_the_path() {
    let home = tempfile::tempdir().unwrap();
    let at = |path: &str| home.path().join(path);
    write_python(&at("on_path/python3"), &answering(r#"3, 9, 1, "final", 0"#));
    let mut surroundings = Surroundings {
        path: at("on_path").into(),
        folder: at("project/src"),
        ..Surroundings::default()
    };
    let found = |surroundings: &Surroundings| {
        let interpreter = active_interpreter(surroundings).unwrap().unwrap();
        (interpreter.found_by, interpreter.python.to_string())
    };

    assert_eq!(found(&surroundings), (FoundBy::Path, "3.9.1".into()));
    write_python(
        &at("project/.venv/bin/python"),
        &answering(r#"3, 10, 2, "final", 0"#),
    );
    assert_eq!(found(&surroundings), (FoundBy::DotVenv, "3.10.2".into()));
    write_python(
        &at("conda/bin/python"),
        &answering(r#"3, 11, 3, "final", 0"#),
    );
    surroundings.conda_prefix = Some(at("conda"));
    assert_eq!(found(&surroundings), (FoundBy::Conda, "3.11.3".into()));
    write_python(
        &at("venv/bin/python"),
        &answering(r#"3, 15, 0, "candidate", 1"#),
    );
    surroundings.virtual_env = Some(at("venv"));
    assert_eq!(
        found(&surroundings),
        (FoundBy::VirtualEnv, "3.15.0rc1".into())
    );
}

#[test]
fn a_broken_environment_is_told_and_a_broken_python_on_the_path_passed_over() {
    let home = tempfile::tempdir().unwrap();
    let at = |path: &str| home.path().join(path);
    write_python(&at("one/python3"), "echo 'no such version' >&2; exit 127");
    write_python(&at("two/python3"), &answering(r#"3, 9, 1, "final", 0"#));
    let mut surroundings = Surroundings {
        path: std::env::join_paths([at("one"), at("two")]).unwrap(),
        folder: at("project"),
        ..Surroundings::default()
    };

    let found = active_interpreter(&surroundings).unwrap().unwrap();
    assert_eq!(found.path, at("two/python3"));

    surroundings.virtual_env = Some(at("gone"));
    let error = active_interpreter(&surroundings).unwrap_err();
    assert_eq!(error.found_by, FoundBy::VirtualEnv);
    assert!(error.reason.starts_with("it does not start"), "{error}");

    surroundings.virtual_env = None;
    surroundings.path = at("one").into();
    let error = active_interpreter(&surroundings).unwrap_err();
    assert_eq!(error.reason, "it failed: no such version");
}

#[test]
fn no_python_at_all_is_no_error() {
    let home = tempfile::tempdir().unwrap();
    let surroundings = Surroundings {
        folder: home.path().join("project"),
        ..Surroundings::default()
    };

    assert_eq!(active_interpreter(&surroundings), Ok(None));
}

#[test]
fn an_answer_that_is_no_json_is_told() {
    let home = tempfile::tempdir().unwrap();
    write_python(&home.path().join("bin/python"), "echo hello");
    let surroundings = Surroundings {
        virtual_env: Some(home.path().to_owned()),
        ..Surroundings::default()
    };

    let error = active_interpreter(&surroundings).unwrap_err();
    assert_eq!(error.reason, "its answer could not be read");
}

#[test]
fn platforms_are_told_as_the_interpreter_meets_them() {
    let cases = [
        (serde_json::json!({}), "manylinux_2_31_x86_64"),
        (serde_json::json!({"is_32bit": true}), "manylinux_2_31_i686"),
        (
            serde_json::json!({"platform": "macosx-11.0-universal2", "mac_os": "14.5", "machine": "arm64", "libc": null}),
            "macosx_14_5_arm64",
        ),
        (
            serde_json::json!({"platform": "win-amd64", "libc": null}),
            "win_amd64",
        ),
    ];

    for (answer, tag) in cases {
        assert_eq!(told(answer).platform().unwrap().tag(), tag);
    }
}

#[test]
fn pythons_are_told_as_the_interpreter_meets_them() {
    let python = |answer| told(answer).python().map(|python| python.to_string());

    assert_eq!(
        python(serde_json::json!({"free_threaded": true, "version": [3, 14, 0, "final", 0]})),
        Ok("3.14.0t".into())
    );
    assert_eq!(
        python(serde_json::json!({"implementation": "pypy"})),
        Ok("pypy3.12.1".into())
    );
    assert!(python(serde_json::json!({"implementation": "graalpy"})).is_err());
    assert!(python(serde_json::json!({"version": [2, 7, 18, "final", 0]})).is_err());
}

#[test]
fn the_question_is_one_that_python_understands() {
    let surroundings = Surroundings {
        path: std::env::var_os("PATH").unwrap_or_default(),
        folder: PathBuf::from("/"),
        ..Surroundings::default()
    };

    // Without a Python on the machine there is nobody to ask.
    if let Ok(Some(interpreter)) = active_interpreter(&surroundings) {
        assert_eq!(interpreter.python.major(), 3);
        assert!(interpreter.python.is_full());
    }
}
