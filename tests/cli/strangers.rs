//! A lock may come from a stranger: reading it runs no code, asks nobody whom it alone names, and
//! breaks no program that reads on.

use super::support::{Desk, World};

const INDEX: &str = include_str!("../../fixtures/cli/index.toml");
const PASSWORD: &str = "hunter2secret";
const LOCK: &str = "pyaudit lock a.in --python 3.12 --platform linux -q -o";

fn desk() -> Desk {
    let desk = Desk::new(World::parse(INDEX));
    desk.write("a.in", "app\n");
    desk
}

/// Runs a command and returns what it asked of the server.
fn asked(desk: &Desk, line: &str) -> Vec<String> {
    desk.server.paths();
    desk.run(line);
    desk.server.paths()
}

#[test]
fn an_index_that_only_the_lock_names_is_not_asked() {
    for lock in ["pylock.toml", "requirements.txt"] {
        let desk = desk();
        let index = "{base}/json/main/simple";
        desk.expect(0, &format!("{LOCK} {lock} --index-url {index}"));

        assert_eq!(asked(&desk, "pyaudit why lib -n"), [""; 0], "{lock}");
        assert_eq!(asked(&desk, "pyaudit why lib==1 -n"), [""; 0], "{lock}");
        let refresh = "pyaudit why-not lib --refresh";
        assert_eq!(asked(&desk, refresh), [""; 0], "{lock}");
        let run = desk.run("pyaudit why lib -n");
        let told = run.stdout + &run.stderr;
        assert!(told.contains("only `"), "{told}");

        let typed = format!("pyaudit why lib -n --index-url {index}");
        assert_ne!(asked(&desk, &typed), [""; 0], "{lock}");
        let around = format!("UV_INDEX_URL={index} pyaudit why lib -n");
        assert_ne!(asked(&desk, &around), [""; 0], "{lock}");
        let cached = desk.expect(0, "pyaudit why lib");
        assert!(!cached.stdout.contains("not known"), "{}", cached.stdout);
    }
}

#[test]
fn a_login_goes_to_no_index_that_a_lock_gives_the_name_of() {
    let desk = desk();
    let login = format!("UV_INDEX_HOUSE_USERNAME=someone UV_INDEX_HOUSE_PASSWORD={PASSWORD}");
    desk.write(
        "requirements.txt",
        format!(
            "# This file was made by pyaudit with the following command:\n\
             #    pyaudit lock a.in --python 3.12 --platform linux --index house={}/auth/main/simple\n\
             app==2\nlib==2\n",
            desk.server.base
        ),
    );

    assert_eq!(asked(&desk, &format!("{login} pyaudit why lib")), [""; 0]);
}

#[test]
fn a_place_that_only_the_lock_declares_is_not_asked() {
    let desk = desk();
    desk.write(
        "a.in",
        "lib @ {base}/json/main/files/lib-1-py3-none-any.whl\napp\n"
            .replace("{base}", &desk.server.base),
    );
    let index = "--index-url {base}/json/main/simple";
    desk.expect(0, &format!("{LOCK} pylock.toml {index}"));
    desk.write("a.in", "");

    let line = format!("pyaudit why app==2 -n {index}");
    assert_eq!(asked(&desk, &line), [""; 0]);
}

#[test]
fn a_lock_that_was_made_of_standard_input_is_read_without_it() {
    for option in ["-", "a.in -c -", "a.in --override -", "a.in --exclude -"] {
        let desk = desk();
        desk.write(
            "requirements.txt",
            format!(
                "# This file was made by pyaudit with the following command:\n\
                 #    pyaudit lock {option} --python 3.12 --platform linux --offline\n\
                 app==2\nlib==3\n"
            ),
        );
        let mut command = desk.command("pyaudit why lib --offline");
        let mut child = command.stdin(std::process::Stdio::piped()).spawn().unwrap();
        let waits = (0..300).all(|_| {
            std::thread::sleep(std::time::Duration::from_millis(20));
            child.try_wait().unwrap().is_none()
        });
        let _ = child.kill();
        child.wait().unwrap();

        assert!(!waits, "{option}");
    }
}

#[test]
fn what_programs_read_is_whole_whatever_a_lock_holds() {
    let desk = desk();
    let name = format!("a-1-→\u{9b}{}.whl", "x".repeat(3000));
    let lock = format!(
        "lock-version = \"1.0\"\ncreated-by = \"x\"\n[[packages]]\nname = \"a\"\nversion = \"1\"\n\
         index = \"https://index.example/{name}\"\n\
         wheels = [{{ name = \"{name}\", url = \"https://files.example/a\" }}]\n"
    );
    desk.write("pylock.toml", lock);
    let run = desk.expect(0, "LANG=C pyaudit why a --offline --output-format json");
    let told: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();

    assert_eq!(told["artifact"]["name"], name);
    assert!(!run.stdout.contains('\u{9b}'));
}

#[test]
fn packages_of_one_name_are_one_document() {
    let desk = desk();
    let package = |version: &str| {
        format!(
            "[[packages]]\nname = \"a\"\nversion = \"{version}\"\n\
             wheels = [{{ name = \"a.whl\", url = \"https://files.example/a.whl\" }}]\n"
        )
    };
    let head = "lock-version = \"1.0\"\ncreated-by = \"x\"\n";
    desk.write(
        "pylock.toml",
        format!("{head}{}{}", package("1"), package("2")),
    );
    let run = desk.expect(0, "pyaudit why a --offline --output-format json");
    let told: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();

    assert_eq!(told["version"], "1");
    assert_eq!(told["others"][0]["version"], "2");
}

#[cfg(unix)]
#[test]
fn reading_a_lock_looks_for_no_python_to_build_with() {
    use std::os::unix::fs::PermissionsExt as _;

    let desk = desk();
    desk.write("bin/python3", "#!/bin/sh\n: > \"${0%/*}/ran\"\n");
    let python = desk.folder().join("bin/python3");
    let ran = desk.folder().join("bin/ran");
    std::fs::set_permissions(&python, std::fs::Permissions::from_mode(0o755)).unwrap();
    desk.write("pyproject.toml", "[tool.pyaudit]\nallow-build = true\n[project]\nname = 'p'\nversion = '1'\ndependencies = ['app']\n");
    let path = format!("PATH={}", desk.folder().join("bin").display());
    let index = "--index-url {base}/json/main/simple";
    for source in ["a.in --allow-build", "pyproject.toml"] {
        for lock in ["pylock.toml", "requirements.txt"] {
            let options = "--python 3.12 --platform linux -q";
            desk.expect(
                0,
                &format!("{path} pyaudit lock {source} {options} -o {lock} {index}"),
            );
            assert!(ran.exists());
            std::fs::remove_file(&ran).unwrap();

            desk.run(&format!("{path} pyaudit why lib --lock {lock} {index}"));
            desk.run(&format!("{path} pyaudit why lib==1 --lock {lock}"));
            assert!(!ran.exists(), "{source} {lock}");
        }
    }
}
