//! The cases of `fixtures/cli` and `fixtures/torch/cases`: each is a folder with `commands`, the files
//! that they read, and `transcript`, what they said and wrote. `index.toml` tells what the indexes
//! hold, else the one of `fixtures/cli` does; those of `fixtures/torch` have the PyTorch index.
//! The cases of `fixtures/audit` stand by rule, those that it finds beside those that it does not.
//! `PYAUDIT_RENEW=1 cargo test --test cli` writes the transcripts anew: read
//! the difference before accepting it.
//!
//! A line of `commands` is a command of pyaudit, `asked` for the requests since the last `asked`,
//! `rm FILE`, `edit FILE 'TEXT' 'OTHER TEXT'` for its first place (`{base}` is the server there too),
//! or `# ` and a remark.

use std::fs;
use std::path::Path;

use pyaudit::audit::{RULES, rule_named};

use super::support::{Desk, words};

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/cli");
const AUDIT_CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/audit");
const TORCH_CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/torch/cases");

#[test]
fn every_case_says_and_writes_what_stands_beside_it() {
    hold_to_transcripts(CASES, Desk::of_case);
}

#[test]
fn every_rule_says_what_stands_beside_its_cases() {
    for rule in cases(AUDIT_CASES) {
        let shelf = Path::new(AUDIT_CASES).join(rule);
        hold_to_transcripts(shelf.to_str().unwrap(), Desk::of_case);
    }
}

#[test]
fn every_rule_has_a_case_that_it_finds_and_a_twin_that_it_does_not() {
    if std::env::var_os("PYAUDIT_RENEW").is_some() {
        return;
    }
    let mut rules: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
    rules.extend(["unaudited", "waiver-hygiene"]);
    rules.sort_unstable();
    assert_eq!(cases(AUDIT_CASES), rules);
    for rule in rules {
        let id = rule_named(rule).unwrap().id;
        for case in cases(&format!("{AUDIT_CASES}/{rule}")) {
            let path = format!("{AUDIT_CASES}/{rule}/{case}/transcript");
            let is_found = fs::read_to_string(&path).unwrap().contains(id);
            assert_eq!(is_found, case.starts_with("bad"), "{path}");
        }
    }
}

#[test]
fn every_case_of_torch_says_and_writes_what_stands_beside_it() {
    hold_to_transcripts(TORCH_CASES, |_| Desk::with_torch());
}

#[track_caller]
fn hold_to_transcripts(shelf: &str, desk: impl Fn(&Path) -> Desk) {
    let renew = std::env::var_os("PYAUDIT_RENEW").is_some();
    let mut wrong = Vec::new();
    for case in cases(shelf) {
        let folder = Path::new(shelf).join(&case);
        let transcript = transcript(&folder, &desk(&folder));
        let expectation = folder.join("transcript");
        if renew {
            fs::write(&expectation, transcript).unwrap();
            continue;
        }
        let expected = fs::read_to_string(&expectation).unwrap_or_default();
        if let Some(at) = difference(&expected, &transcript) {
            let lines: Vec<&str> = transcript.lines().skip(at.saturating_sub(5)).collect();
            let lines = &lines[..lines.len().min(20)];
            wrong.push(format!(
                "{case}/transcript:{}\n{}",
                at + 1,
                lines.join("\n")
            ));
        }
    }

    assert!(
        wrong.is_empty(),
        "these say otherwise:\n{}",
        wrong.join("\n")
    );
}

/// Returns the first line that differs.
fn difference(expected: &str, found: &str) -> Option<usize> {
    let same = expected
        .lines()
        .zip(found.lines())
        .take_while(|(a, b)| a == b);
    (expected != found).then(|| same.count())
}

fn cases(shelf: &str) -> Vec<String> {
    let mut cases = Vec::new();
    for entry in fs::read_dir(shelf).unwrap() {
        let entry = entry.unwrap();
        if entry.path().is_dir() {
            cases.push(entry.file_name().into_string().unwrap());
        }
    }
    cases.sort();
    cases
}

fn transcript(folder: &Path, desk: &Desk) -> String {
    desk.lay_out(folder);
    let commands = fs::read_to_string(folder.join("commands")).unwrap();
    let mut text = String::new();
    for line in commands.lines() {
        text += &told(desk, line);
    }
    text
}

fn shown(line: &str) -> String {
    line.replace("{base}", "http://index.example")
        .replace("{dead}", "http://dead.example")
}

/// Does what a line of `commands` says, and tells what came of it.
pub(crate) fn told(desk: &Desk, line: &str) -> String {
    if line == "asked" {
        return format!("$ asked\n{}\n\n", desk.server.paths().join("\n"));
    }
    if let Some(name) = line.strip_prefix("rm ") {
        fs::remove_file(desk.folder().join(name)).unwrap();
        return format!("$ {}\n\n", shown(line));
    }
    if let Some(edit) = line.strip_prefix("edit ") {
        let [name, old, new] = &words(edit)[..] else {
            panic!("{line}");
        };
        let text = fs::read_to_string(desk.folder().join(name)).unwrap();
        assert!(text.contains(old), "{line}: not in\n{text}");
        desk.write(name, text.replacen(old, &desk.addressed(new), 1));
        return format!("$ {}\n\n", shown(line));
    }
    if line.is_empty() || line.starts_with('#') {
        return format!("{line}\n");
    }
    let before = desk.files();
    let run = desk.run(line);
    let mut text = format!("$ {}\n", shown(line));
    for (name, said) in [("stdout", &run.stdout), ("stderr", &run.stderr)] {
        if !said.is_empty() {
            text += &format!("[{name}]\n{said}");
        }
    }
    for name in desk.files().keys() {
        if before.get(name) != desk.files().get(name) {
            text += &format!("[{name}]\n{}", desk.read(name).unwrap());
        }
    }
    let exit = run
        .exit
        .map_or("signal".to_owned(), |code| code.to_string());
    text + &format!("[exit {exit}]\n\n")
}
