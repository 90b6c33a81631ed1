//! For which environments a project locks, and which of its extras and groups exclude each other:
//! `environments`, `required-environments`, `conflicts` and `fork-strategy` of the tool tables.

use super::document::Value;
use super::pyproject::ProjectReader;
use super::tool::{Tables, located};
use super::{Located, ToolTable};
use crate::package::{Choice, ExtraName, Marker, MarkerTree};
use crate::source::Problem;

const STRATEGIES: &[&str] = &["fewest", "requires-python"];

/// What a project says of environments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolEnvironments {
    /// The environments to lock for, as markers; none for all of them.
    pub only: Vec<Located<MarkerTree>>,
    /// The environments of which each has to get a file of every package.
    pub required: Vec<Located<MarkerTree>>,
    /// Sets of extras and groups of which no two can be asked for at once.
    pub conflicts: Vec<Vec<Choice>>,
    /// `fewest` or `requires-python`.
    pub fork_strategy: Option<Located<String>>,
    /// Whether pyaudit's own table speaks of environments, so that a lock is for all of them.
    pub is_universal: bool,
}

/// Reads them.
pub(super) fn read_environments<'d>(tables: &Tables<'_, 'd>, project: &mut ProjectReader<'d>) {
    let mut said = ToolEnvironments {
        is_universal: tables.ours("environments").is_some()
            || tables.ours("required-environments").is_some(),
        ..ToolEnvironments::default()
    };
    if let Some((_, value)) = tables.find("environments") {
        said.only = markers(value, project);
    }
    if let Some((_, value)) = tables.find("required-environments") {
        said.required = markers(value, project);
    }
    if let Some((_, value)) = tables.find("conflicts") {
        let sets = project.document.array(value).iter();
        said.conflicts = sets.map(|set| choices(set, project)).collect();
    }
    if let Some((_, value)) = tables.find("fork-strategy") {
        let word = project.document.word(value, STRATEGIES);
        said.fork_strategy = word.map(located);
    }
    let tool: &mut ToolTable = &mut project.manifest.tool;
    tool.environments = said;
}

fn markers<'d>(value: &Value<'d>, project: &mut ProjectReader<'d>) -> Vec<Located<MarkerTree>> {
    let texts = project.document.string_or_strings(value);
    let mut markers = Vec::new();
    for text in texts {
        match Marker::parse(&text.text) {
            Ok(marker) => markers.push((marker.tree().clone(), text.origin)),
            Err(message) => {
                let message = format!("this environment is not valid: {message}");
                let problem = Problem::at(text.origin, message);
                project.document.problems.push(problem);
            }
        }
    }
    markers
}

/// Reads `[{ extra = "a" }, { group = "b" }]`; what is another package's is not ours to choose.
fn choices<'d>(set: &Value<'d>, project: &mut ProjectReader<'d>) -> Vec<Choice> {
    let mut choices = Vec::new();
    for item in project.document.array(set) {
        let Some(table) = project.document.table(item) else {
            continue;
        };
        let mut name = |key: &str| {
            let text = project.document.string(table.get(key)?)?;
            match ExtraName::new(text.text.clone()) {
                Ok(name) => Some(name.to_string()),
                Err(_) => {
                    let message = format!("`{}` is not a valid name", text.text);
                    let problem = Problem::at(text.origin, message);
                    project.document.problems.push(problem);
                    None
                }
            }
        };
        let (extra, group) = (name("extra"), name("group"));
        choices.extend(extra.map(Choice::Extra));
        choices.extend(group.map(Choice::Group));
    }
    choices
}
