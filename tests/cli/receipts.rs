//! A lock that still answers what is asked is recognised without solving; any other is made again.

use super::support::{Desk, World};

const INDEX: &str = include_str!("../../fixtures/cli/index.toml");
const LOCKS: &[&str] = &["pylock.toml", "requirements.txt"];

fn desk() -> Desk {
    let desk = Desk::new(World::parse(INDEX));
    desk.write("a.in", "app\n");
    desk
}

fn line(lock: &str, options: &str) -> String {
    format!(
        "pyaudit lock a.in --platform linux -v -o {lock} {options} \
         --index-url {{base}}/json/main/simple"
    )
}

/// Whether a run tried versions, which it says under `-v`.
fn solves(desk: &Desk, line: &str) -> bool {
    desk.expect(0, line).stderr.contains("tried ")
}

#[test]
fn a_lock_that_still_answers_is_recognised() {
    for lock in LOCKS {
        let desk = desk();
        let line = line(lock, "--python 3.12");
        assert!(solves(&desk, &line));
        let before = desk.read(lock).unwrap();
        desk.server.paths();

        let run = desk.expect(0, &line);

        assert!(!run.stderr.contains("tried "), "{}", run.stderr);
        let said = "Nothing changed against the former lock";
        assert!(run.stderr.contains(said), "{}", run.stderr);
        assert_eq!(desk.read(lock), Some(before));
        assert_eq!(desk.server.paths(), [""; 0]);
    }
}

#[test]
fn a_folder_of_files_counts_as_it_is() {
    let desk = desk();
    desk.write("wheels/note.txt", "");
    let line = line("pylock.toml", "--python 3.12 --find-links wheels");
    assert!(solves(&desk, &line));
    assert!(!solves(&desk, &line));
    desk.write("wheels/another.txt", "");

    assert!(solves(&desk, &line));
}

#[test]
fn a_lock_that_somebody_changed_is_made_again() {
    for lock in LOCKS {
        let desk = desk();
        let line = line(lock, "--python 3.12");
        desk.expect(0, &line);
        let before = desk.read(lock).unwrap();
        desk.write(lock, format!("{before}\n"));

        assert!(solves(&desk, &line));
        assert_eq!(desk.read(lock), Some(before));
    }
}

#[test]
fn other_declarations_options_and_wishes_are_solved() {
    for lock in LOCKS {
        let desk = desk();
        let plain = line(lock, "--python 3.12");
        for options in [
            "--python 3.12 --upgrade",
            "--python 3.12 --upgrade-package app",
            "--python 3.12 --refresh",
            "--python 3.12 --no-cache",
            "--python 3.12 --prerelease allow",
            "--python 3.11",
        ] {
            desk.expect(0, &plain);
            assert!(solves(&desk, &line(lock, options)), "{options}");
        }
        desk.expect(0, &plain);
        desk.write("a.in", "# Another comment.\napp\n");
        assert!(solves(&desk, &plain));
    }
}
