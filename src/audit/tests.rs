//! The list of rules, waivers and levels; what the rules find stands in `fixtures/audit`.

use super::rules::rule_named;
use super::{Level, RULES, read_audit_table};
use crate::source::SourceFile;

#[test]
fn the_rules_are_sorted_and_found_by_code_and_name() {
    assert!(RULES.is_sorted_by_key(|rule| rule.id));
    for rule in RULES {
        assert_eq!(rule_named(rule.id).unwrap().id, rule.id);
        assert_eq!(rule_named(&rule.id.to_lowercase()).unwrap().id, rule.id);
        assert_eq!(rule_named(rule.name).unwrap().id, rule.id);
        assert!(rule.summary.ends_with('.'), "{}", rule.id);
    }
    assert!(rule_named("PYA000").is_none());
}

#[track_caller]
fn problem(text: &str, expected: &str) {
    let table = read_audit_table(&SourceFile::new("pyproject.toml", text));
    let problems: Vec<String> = table
        .problems
        .iter()
        .map(|it| format!("{} {}", it.origin.as_ref().unwrap(), it.message))
        .collect();

    assert_eq!(problems, [expected]);
}

#[test]
fn levels_and_waivers_are_read_with_their_places() {
    let text = "[tool.pyaudit.rules]\nnumpy-abi = \"warn\"\nPYA101 = \"deny\"\n\
        [[tool.pyaudit.waive]]\nrule = \"PYA301\"\npackage = \"Pandas\"\nversion = \"2.0.3\"\n\
        reason = \"tried\"\nexpires = \"2027-01-31\"\n";
    let table = read_audit_table(&SourceFile::new("pyproject.toml", text));

    assert_eq!(table.problems, []);
    assert!(
        table
            .levels
            .contains(&("numpy-abi".to_owned(), Level::Warn))
    );
    assert!(table.levels.contains(&("PYA101".to_owned(), Level::Deny)));
    let waiver = &table.waivers[0];
    assert_eq!(waiver.package.as_ref().unwrap().as_ref(), "pandas");
    assert_eq!(waiver.expires.as_deref(), Some("2027-01-31"));
    assert_eq!(waiver.origin.line(), 5);
}

#[test]
fn what_makes_no_sense_in_the_tables_is_told_with_its_place() {
    let waive = "[[tool.pyaudit.waive]]\n";
    problem(
        "[tool.pyaudit.rules]\nPYA000 = \"warn\"\n",
        "pyproject.toml:2 there is no rule `PYA000`",
    );
    problem(
        "[tool.pyaudit.rules]\nPYA101 = \"loud\"\n",
        "pyproject.toml:2 expected a level, but found `loud`",
    );
    problem(
        &format!("{waive}rule = \"PYA101\"\nreason = \" \"\n"),
        "pyproject.toml:3 expected a reason, but found none",
    );
    problem(
        &format!("{waive}rule = \"PYA101\"\nreason = \"r\"\nexpires = \"soon\"\n"),
        "pyproject.toml:4 expected a date such as 2027-01-31, but found `soon`",
    );
    problem(
        &format!("{waive}rule = \"PYA101\"\nreason = \"r\"\nversion = \"x\"\n"),
        "pyproject.toml:4 expected a version, but found `x`",
    );
}

#[test]
fn every_rule_has_a_page_whose_example_is_what_its_bad_case_says() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    for rule in super::all_rules() {
        let title = format!("# {} {}\n", rule.id, rule.name);
        assert!(rule.page.starts_with(&title), "{}", rule.name);
        let headings = rule.page.lines().filter(|line| line.starts_with("## "));
        let headings: Vec<&str> = headings.collect();
        let expected = [
            "## What it finds",
            "## Why it matters",
            "## Example",
            "## What to do",
        ];
        assert_eq!(headings, expected, "{}", rule.name);
        let (_, example) = rule.page.split_once("```text\n").unwrap();
        let (example, _) = example.split_once("```").unwrap();
        let shelf = root.join("fixtures/audit").join(rule.name);
        let cases = std::fs::read_dir(&shelf).unwrap();
        let mut cases = cases
            .map(|case| std::fs::read_to_string(case.unwrap().path().join("transcript")).unwrap());
        assert!(cases.any(|case| case.contains(example)), "{}", rule.name);
    }
}
