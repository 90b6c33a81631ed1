//! The part of `pyaudit check` that asks indexes: whom it asks, how often, and what becomes of it where
//! they fail.

use super::support::{Desk, World};

const INDEX: &str = include_str!("../../fixtures/cli/index.toml");
const LOCK: &str = "pyaudit lock a.in --python 3.12 --platform linux -q -o";
const MAIN: &str = "--index-url {base}/json/main/simple";

fn desk() -> Desk {
    let desk = Desk::new(World::parse(INDEX));
    desk.write("a.in", "app\n");
    desk
}

#[test]
fn an_index_that_only_the_lock_names_is_asked_for_nothing() {
    for lock in ["pylock.toml", "requirements.txt"] {
        let desk = desk();
        desk.expect(0, &format!("{LOCK} {lock} {MAIN}"));
        desk.server.paths();
        let run = desk.expect(0, &format!("pyaudit check {lock} -n"));

        assert_eq!(desk.server.paths(), [""; 0], "{lock}");
        let said = "only the lock names `http://index.example/json/main/simple`";
        assert!(unwrapped(&run.stdout).contains(said), "{}", run.stdout);
        desk.expect(1, &format!("pyaudit check {lock} -n --strict"));
        desk.expect(0, &format!("pyaudit check {lock} -n {MAIN}"));
        assert_ne!(desk.server.paths(), [""; 0], "{lock}");
        let around = MAIN.replace("--index-url ", "UV_INDEX_URL=");
        desk.expect(0, &format!("{around} pyaudit check {lock} -n"));
        assert_ne!(desk.server.paths(), [""; 0], "{lock}");
    }
}

fn unwrapped(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn an_index_that_fails_leaves_the_audit_incomplete_and_never_green() {
    for index in [
        "{dead}/simple",
        "{base}/broken/main/simple",
        "{base}/garbage/main/simple",
        "{base}/truncated/main/simple",
        "{base}/auth/main/simple",
    ] {
        let desk = desk();
        desk.expect(0, &format!("{LOCK} pylock.toml {MAIN}"));
        let run = desk.run(&format!("pyaudit check -n --index-url {index}"));

        assert_eq!(run.exit, Some(3), "{index}\n{}{}", run.stdout, run.stderr);
        assert!(run.stdout.contains("PYA901"), "{index}\n{}", run.stdout);
        assert!(run.stderr.contains("could not get"), "{}", run.stderr);
        desk.expect(1, &format!("pyaudit check -n --strict --index-url {index}"));
    }
}

#[test]
fn what_was_found_counts_before_what_failed() {
    let desk = desk();
    desk.expect(0, &format!("{LOCK} pylock.toml {MAIN}"));
    desk.write("a.in", "app<2\n");

    desk.expect(1, "pyaudit check --index-url {dead}/simple");
}

#[test]
fn metadata_that_is_not_what_its_index_says_is_believed_by_nobody() {
    let desk = desk();
    desk.expect(0, &format!("{LOCK} pylock.toml {MAIN}"));
    let run = desk.run("pyaudit check -n --index-url {base}/lying/main/simple");

    assert_ne!(run.exit, Some(0), "{}{}", run.stdout, run.stderr);
    assert!(!run.stdout.contains("PYA110"), "{}", run.stdout);
    assert!(run.stdout.contains("metadata-mismatch"), "{}", run.stdout);
}

#[test]
fn a_lock_costs_a_page_and_a_metadata_of_each_package_and_nothing_once_they_are_known() {
    const PACKAGES: usize = 170;
    let names = || (0..PACKAGES).map(|at| format!("p{at}"));
    let world: String = names()
        .map(|name| format!("[main.{name}.\"1\"]\n"))
        .collect();
    let desk = Desk::new(World::parse(&world));
    desk.write(
        "a.in",
        names().map(|name| format!("{name}\n")).collect::<String>(),
    );
    desk.expect(0, &format!("{LOCK} pylock.toml {MAIN}"));
    desk.server.paths();
    let asked = |line: &str| {
        desk.expect(0, line);
        desk.server.paths().len()
    };

    assert_eq!(asked(&format!("pyaudit check -n {MAIN}")), 2 * PACKAGES);
    assert_eq!(asked(&format!("pyaudit check {MAIN}")), 0);
    let again = asked(&format!("pyaudit check --refresh {MAIN}"));
    assert!(again <= 2 * PACKAGES, "{again}");
}
