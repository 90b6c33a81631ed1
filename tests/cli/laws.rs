//! What holds for every run: the same answer twice, nothing half-written, one index asked for what
//! it has.

use std::fs;

use super::support::{Desk, World, wheel};

const INDEX: &str = include_str!("../../fixtures/cli/index.toml");
const TARGET: &str = "--python 3.12 --platform linux";

fn desk() -> Desk {
    Desk::new(World::parse(INDEX))
}

#[test]
fn the_same_inputs_and_index_give_the_same_bytes() {
    let line =
        format!("pyaudit lock requirements.in {TARGET} --index-url {{base}}/json/main/simple -q");
    let mut seen = Vec::new();
    for _ in 0..3 {
        let desk = desk();
        desk.write(
            "requirements.in",
            "app[fast]\nzope.thing\nsource\npulled\nalpha\nold\n",
        );
        for more in ["", " --offline", " --refresh", " -n"] {
            let name = format!("pylock.{}.toml", more.trim_start_matches([' ', '-']).len());
            desk.expect(0, &format!("{line}{more} -o {name}"));
            seen.push(desk.read(&name).unwrap());
            seen.push(
                desk.expect(0, &format!("{line}{more} --format pylock"))
                    .stdout,
            );
        }
    }

    assert!(seen.iter().all(|text| *text == seen[0]), "{seen:#?}");
}

#[test]
fn a_lock_that_is_made_again_stays_as_it_is() {
    let desk = desk();
    desk.write("requirements.in", "app[fast]\nzope.thing\nsource\n");
    for output in ["pylock.toml", "requirements.txt --generate-hashes"] {
        let line =
            format!("pyaudit lock {TARGET} --index-url {{base}}/html/main/simple -o {output}");
        let name = output.split(' ').next().unwrap();
        desk.expect(0, &line);
        let first = desk.read(name);
        let again = desk.expect(0, &line);

        assert_eq!(desk.read(name), first);
        assert!(again.stderr.contains("Nothing changed"), "{}", again.stderr);
    }
}

#[test]
fn what_ends_without_a_lock_leaves_the_output_as_it_was() {
    let desk = desk();
    desk.write("conflict.in", "app>=2\nlib<2\n");
    desk.write("wrong.in", "app>==2\n");
    desk.write("fine.in", "app\n");
    desk.write("pylock.toml", "untouched");
    for (exit, source, index) in [
        (1, "conflict.in", "json"),
        (2, "wrong.in", "json"),
        (3, "fine.in", "broken"),
        (3, "fine.in", "garbage"),
        (3, "fine.in", "lying"),
        (3, "fine.in", "truncated"),
    ] {
        let before = desk.files();
        desk.expect(
            exit,
            &format!(
                "pyaudit lock {source} {TARGET} --retries 0 -o pylock.toml \
                 --index-url {{base}}/{index}/main/simple"
            ),
        );
        assert_eq!(desk.files(), before);
    }
}

#[test]
fn an_index_is_not_asked_for_what_the_one_before_it_has() {
    let desk = desk();
    desk.write("requirements.in", "inhouse\n");
    desk.expect(
        0,
        &format!(
            "pyaudit lock {TARGET} --index {{base}}/json/private/simple \
             --default-index {{base}}/json/main/simple"
        ),
    );

    let asked = desk.server.paths();
    assert!(
        asked.iter().all(|path| path.starts_with("/json/private/")),
        "{asked:?}"
    );
}

#[test]
fn standard_input_is_read_as_a_file_of_its_own() {
    let desk = desk();
    let line = format!("pyaudit lock - {TARGET} --index-url {{base}}/json/main/simple --no-header");

    let run = desk.run_with(&line, "lib<2\n");
    assert_eq!(run.stdout, "lib==1\n    # via -r -\n");
    let run = desk.run_with(&line, "lib<\n");
    assert_eq!(run.exit, Some(2));
    assert!(run.stderr.contains("[<stdin>:1:4]"), "{}", run.stderr);
}

#[test]
fn a_folder_of_wheels_serves_without_any_network() {
    let desk = desk();
    for (name, needs) in [("a", "Requires-Dist: b>=1\n"), ("b", "")] {
        let metadata = format!("Metadata-Version: 2.1\nName: {name}\nVersion: 1\n{needs}");
        let file = format!("wheels/{name}-1-py3-none-any.whl");
        desk.write(&file, wheel(name, "1", metadata.as_bytes()));
    }
    desk.write("requirements.in", "--find-links wheels\n--no-index\na\n");

    let run = desk.expect(
        0,
        &format!("pyaudit lock {TARGET} --offline --no-header -q"),
    );
    assert_eq!(
        run.stdout,
        "a==1\n    # via -r requirements.in\nb==1\n    # via a\n"
    );
    assert!(desk.server.paths().is_empty());
}

#[test]
fn a_python_that_the_project_does_not_admit_is_told() {
    let desk = desk();
    desk.write(
        "pyproject.toml",
        "[project]\nname = \"mine\"\nrequires-python = \">=3.13\"\ndependencies = [\"lib\"]\n",
    );

    let run = desk.expect(
        0,
        &format!("pyaudit lock {TARGET} --index-url {{base}}/json/main/simple"),
    );
    assert!(
        run.stderr
            .contains("pyproject.toml:3: this project does not admit Python 3.12"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_cache_folder_that_cannot_be_used_is_told_and_done_without() {
    let desk = desk();
    desk.write("requirements.in", "app\n");
    fs::write(desk.home().join("file"), "").unwrap();
    let run = desk.expect(
        0,
        &format!(
            "pyaudit lock {TARGET} --index-url {{base}}/json/main/simple --cache-dir ../home/file"
        ),
    );

    assert!(run.stdout.contains("app==2"));
    assert!(
        run.stderr.contains("warning: the cache cannot be used: `"),
        "{}",
        run.stderr
    );
}

#[test]
fn names_that_could_break_a_file_or_a_terminal_do_not() {
    let desk = desk();
    let name = if cfg!(windows) {
        "a b.in"
    } else {
        "a\nlib==666\u{1b}[2J.in"
    };
    desk.write(name, "app\nlib<1\u{1b}[2J\n");
    let line = format!("pyaudit lock {TARGET} --index-url {{base}}/json/main/simple");

    let wrong = desk.expect(2, &format!("{line} --color always '{name}'"));
    assert!(!wrong.stderr.contains("\u{1b}[2J"), "{:?}", wrong.stderr);
    desk.write(name, "app\n");
    let run = desk.expect(0, &format!("{line} '{name}'"));
    let mut lines = run.stdout.lines().filter(|line| line.contains("666"));
    assert!(
        lines.all(|line| line.trim_start().starts_with('#')),
        "{}",
        run.stdout
    );
    assert!(!run.stdout.contains('\u{1b}'));
}
