//! What is written as SARIF holds to the schema of the standard.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::support::{Desk, walk};
use super::transcripts::told;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");

#[test]
fn sarif_of_every_case_of_every_rule_holds_to_the_standard() {
    let path = Path::new(FIXTURES).join("sarif/sarif-schema-2.1.0.json");
    // One pattern of the standard's schema, that of a language, is no regular expression.
    let schema = fs::read_to_string(path).unwrap().replace("{2}]?$", "{2}$");
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let (mut results, mut fixes, mut flaws) = (0, 0, 0);
    for commands in walk(&Path::new(FIXTURES).join("audit")) {
        if commands.file_name().is_none_or(|name| name != "commands") {
            continue;
        }
        let folder = commands.parent().unwrap();
        let desk = Desk::of_case(folder);
        desk.lay_out(folder);
        for line in fs::read_to_string(&commands).unwrap().lines() {
            if !line.starts_with("pyaudit check") {
                told(&desk, line);
                continue;
            }
            if line.contains("--output-format") {
                continue;
            }
            let run = desk.run(&format!("{line} --output-format sarif"));
            let report: Value = serde_json::from_str(&run.stdout)
                .unwrap_or_else(|error| panic!("{line}: {error}\n{}{}", run.stdout, run.stderr));
            let wrong: Vec<String> = schema
                .iter_errors(&report)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert_eq!(wrong, [""; 0], "{}: {line}", folder.display());
            for result in report["runs"]
                .as_array()
                .unwrap()
                .iter()
                .flat_map(results_of)
            {
                results += 1;
                fixes += result["fixes"].as_array().unwrap().len();
                let properties = &result["properties"];
                let is_scored = properties["security-severity"].is_string();
                flaws += usize::from(is_scored && properties["advisories"][0].is_string());
            }
        }
    }

    assert!(results > 50, "only {results} results");
    assert!(fixes > 0, "no fix was told");
    assert!(flaws > 0, "no known flaw was told");
}

fn results_of(run: &Value) -> &Vec<Value> {
    run["results"].as_array().unwrap()
}
