//! The worlds of `fixtures/regions` as projects: what is locked for a region answers its
//! declarations, and stays as it is when it is locked again.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::json;
use toml::Value;

use super::support::{Desk, World};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/regions");
const INDEX: &str = "--index-url {base}/json/main/simple";

/// Returns a case's world and the text of its project; none where a project cannot say it.
fn case(path: &Path) -> Option<(World, String)> {
    let case: Value = toml::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let question = case["question"].as_table().unwrap();
    let is_plain = question.keys().all(|key| key == "requires");
    if !is_plain || case.get("unserved").is_some() {
        return None;
    }
    let mut packages: BTreeMap<String, Value> = case["packages"].clone().try_into().unwrap();
    for releases in packages.values_mut() {
        for (_, release) in releases.as_table_mut().unwrap() {
            let release = release.as_table_mut().unwrap();
            if release
                .remove("sdist")
                .is_some_and(|it| it.as_bool() == Some(true))
            {
                release.insert("sdist".into(), "static".into());
            }
        }
    }
    let world = serde_json::from_value(json!({ "main": packages })).ok()?;
    let required = case
        .get("required")
        .cloned()
        .unwrap_or(Value::Array(Vec::new()));
    let project = format!(
        "[project]\nname = 'project'\nversion = '1'\ndependencies = {}\n\n[tool.pyaudit]\n\
         environments = [{}]\nrequired-environments = {required}\n",
        question["requires"], case["region"],
    );
    Some((world, project))
}

#[test]
fn what_is_locked_for_a_region_answers_its_declarations_everywhere() {
    let mut count = 0;
    for entry in fs::read_dir(FIXTURES).unwrap() {
        let path = entry.unwrap().path();
        let Some((world, project)) = case(&path) else {
            continue;
        };
        let desk = Desk::new(world);
        desk.write("pyproject.toml", &project);
        let lock = format!("pyaudit lock pyproject.toml --python 3.10 {INDEX} -o pylock.toml");

        let run = desk.run(&lock);
        assert_eq!(run.exit, Some(0), "{}\n{}", path.display(), run.stderr);
        let first = desk.read("pylock.toml");
        desk.run(&lock);
        assert_eq!(desk.read("pylock.toml"), first, "{}", path.display());
        let run = desk.run("pyaudit check pylock.toml --offline");
        assert_eq!(run.exit, Some(0), "{}\n{}", path.display(), run.stdout);
        assert!(
            run.stdout.contains("nothing found"),
            "{}\n{}",
            path.display(),
            run.stdout
        );
        count += 1;
    }
    assert!(count > 5, "{count} cases");
}
