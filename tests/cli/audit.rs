//! What holds for every audit: what pyaudit locks passes its own check, and what somebody changes
//! in a lock afterwards is found, with its place.

use std::fs;
use std::path::Path;

use super::support::{Desk, World, walk};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");
const TARGET: &str = "--python 3.12 --platform linux --index-url {base}/json/main/simple -q";

fn desk() -> Desk {
    let index = fs::read_to_string(Path::new(FIXTURES).join("cli/index.toml"));
    Desk::new(World::parse(&index.unwrap()))
}

#[track_caller]
fn check_own(desk: &Desk, line: &str, index: &str) -> bool {
    if desk.run(line).exit != Some(0) {
        return false;
    }
    // Some files of some indexes have no hash, and a lock can only say so; some have no wheels.
    for outside in ["--offline", index] {
        let check = format!(
            "pyaudit check {outside} pylock.toml --strict --fail-on info -A unhashed,sdist-build"
        );
        let run = desk.run(&check);

        let told = format!("{}{}", run.stdout, run.stderr);
        assert_eq!(run.exit, Some(0), "{line}\n{check}\n{told}");
    }
    true
}

#[test]
fn what_pyaudit_locks_passes_its_own_check() {
    let mut checked = 0;
    for declared in [
        "app[fast]\nzope.thing\nsource\npulled\nalpha\nold\n",
        "app>=2 ; python_version < '4'\nlib<3\nwinner ; sys_platform == 'win32'\n",
        "app\n--constraint limits.txt\n",
        "source\nold\n",
        "app[fast,nothing]\n",
        "lib\n",
    ] {
        let desk = desk();
        desk.write("requirements.in", declared);
        desk.write("limits.txt", "lib<3\nspeed<9\n");
        let line = format!("pyaudit lock requirements.in {TARGET} -o pylock.toml");
        let index = "--index-url {base}/json/main/simple";
        checked += usize::from(check_own(&desk, &line, index));
    }

    assert_eq!(checked, 6);
}

#[test]
fn what_pyaudit_locks_for_a_gpu_passes_its_own_check() {
    let mut checked = 0;
    let cases = walk(&Path::new(FIXTURES).join("torch/cases"));
    for case in cases
        .iter()
        .filter(|path| path.extension().is_some_and(|it| it == "in"))
    {
        for accelerators in ["--torch cu121", "--gpu 'RTX 4090' --driver 550.54", ""] {
            let desk = Desk::with_torch();
            desk.write("a.in", fs::read(case).unwrap());
            let index = "--default-index {base}/json/main/simple/ --torch-index-url {base}/whl";
            let line = format!(
                "pyaudit lock a.in {accelerators} {index} --python 3.10 \
                 --platform x86_64-manylinux_2_28 -o pylock.toml -q"
            );
            checked += usize::from(check_own(&desk, &line, index));
        }
    }

    assert!(checked > 10, "only {checked} were locked");
}

#[test]
fn what_is_changed_in_a_lock_is_found_without_the_network() {
    let tampered = |what: &str, to: &str, expected: &[&str]| {
        let desk = desk();
        desk.write("requirements.in", "app>=2\nlib<3\n");
        let line = format!("pyaudit lock requirements.in {TARGET} -o pylock.toml");
        desk.expect(0, &line);
        let folder = desk.folder().join("pylock.toml");
        let text = fs::read_to_string(&folder).unwrap();
        let changed = changed(&text, what, to);
        assert_ne!(changed, text, "{what}");
        fs::write(&folder, changed).unwrap();
        let run = desk.run("pyaudit check --offline");

        assert_eq!(run.exit, Some(1), "{what}\n{}{}", run.stdout, run.stderr);
        for expected in expected {
            assert!(run.stdout.contains(expected), "{what}\n{}", run.stdout);
        }
    };

    tampered("\"lib>=2\"", "\"lib>=9\"", &["PYA101", "pylock.toml:"]);
    tampered(
        "\"2\"\nrequires",
        "\"3\"\nrequires",
        &["PYA104", "requirements.in:2"],
    );
    tampered(
        "http://HOST/",
        "http://elsewhere.example/",
        &["PYA510", "pylock.toml:"],
    );
    tampered(
        "sha256 = \"HEX\"",
        &format!("sha256 = \"{}\"", "0".repeat(64)),
        &["PYA505", "pylock.toml:"],
    );
    tampered("    { name = \"lib\" },\n", "", &["PYA102", "pylock.toml:"]);
}

/// Changes the first place of a text; `HOST` is any host, `HEX` any digits, and after a version
/// comes what follows it in the entry of lib.
fn changed(text: &str, what: &str, to: &str) -> String {
    let span = |before: &str, until: char, from: usize| {
        let at = from + text[from..].find(before)?;
        let end = at + before.len() + text[at + before.len()..].find(until)?;
        Some(at..=end)
    };
    let found = match what {
        "http://HOST/" => span("url = \"http://", '/', 0),
        "sha256 = \"HEX\"" => span("sha256 = \"", '"', 0),
        "\"2\"\nrequires" => {
            let lib = text.find("name = \"lib\"\nversion").unwrap();
            return format!(
                "{}{}",
                &text[..lib],
                text[lib..].replacen("version = \"2\"", "version = \"3\"", 1)
            );
        }
        what => return text.replacen(what, to, 1),
    };
    let found = found.unwrap();
    let to = match what {
        "http://HOST/" => format!("url = \"{to}"),
        _ => to.to_owned(),
    };
    format!(
        "{}{to}{}",
        &text[..*found.start()],
        &text[found.end() + 1..]
    )
}
