//! Conflicts of invented worlds, told as a person will read them.
//!
//! `PYAUDIT_RENEW=1 cargo test` writes what is told now into the fixtures: read the difference.

use std::fmt::Write as _;
use std::path::Path;

use super::{Explanation, explain};
use crate::solve::universe::World;
use crate::solve::{Outcome, solve};

/// The explanation without drawing: sentences, then the places they start from.
fn told(explanation: &Explanation) -> String {
    let mut text = format!("{}\n", explanation.headline);
    for (at, step) in explanation.steps.iter().enumerate() {
        let _ = writeln!(text, "{}. {step}", at + 1);
    }
    if let Some(conclusion) = &explanation.conclusion {
        let _ = writeln!(text, "=> {conclusion}");
    }
    for place in &explanation.places {
        let (line, column) = (place.origin.line(), place.origin.column());
        let label = place.origin.label();
        let _ = writeln!(
            text,
            "{label}:{line}:{column} ({}) {}",
            place.step, place.says
        );
    }
    for hint in &explanation.hints {
        let _ = writeln!(text, "hint: {hint}");
    }
    text
}

#[test]
fn every_conflict_is_told_as_its_fixture_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/universes");
    let renews = std::env::var_os("PYAUDIT_RENEW").is_some();
    for topic in std::fs::read_dir(folder).unwrap() {
        for case in std::fs::read_dir(topic.unwrap().path()).unwrap() {
            let path = case.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let world = World::parse(&text);
            let Some(expected) = &world.expected.report else {
                continue;
            };
            let question = world.question();
            let Outcome::Unsolvable(conflict) = solve(&question, &world.catalog()).unwrap().outcome
            else {
                panic!("{} has a solution", path.display());
            };
            let told = told(&explain(&question, &conflict));
            if renews {
                let (before, _) = text.split_once("report = ").unwrap();
                std::fs::write(&path, format!("{before}report = \"\"\"\n{told}\"\"\"\n")).unwrap();
                continue;
            }

            assert_eq!(told, *expected, "{}", path.display());
        }
    }
}
