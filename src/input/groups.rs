//! Dependency groups (PEP 735): lists of requirements outside the published metadata, which may
//! include each other.

use std::collections::BTreeMap;
use std::str::FromStr;

use toml::de::DeTable;

use super::Syncer;
use super::document::{Document, Text, Value, listed};
use super::nearest::nearest;
use super::poetry::{has_group, is_optional};
use super::pyproject::ProjectReader;
use crate::package::{ExtraName, Marker};
use crate::source::Problem;

/// The group that uv installs where a project does not say which.
const DEV: &str = "dev";

/// Declares what the selected groups hold.
pub(super) fn read_groups<'d>(root: &DeTable<'d>, project: &mut ProjectReader<'d>) {
    let selection = project.context.selection;
    let table = Document::find(root, &["dependency-groups"])
        .and_then(|value| project.document.table(value));
    let groups = Groups::new(table, project);
    let defaults = match selection.defaults_of {
        Some(tool) => groups.defaults(tool, root),
        None => Vec::new(),
    };
    let of_tool = |name: &String| defaults.contains(name) && !selection.leaves_out(name);
    for name in groups.0.keys() {
        if selection.takes_all_but(name) || of_tool(name) {
            groups.declare(name, project, &mut Vec::new());
        }
    }
    if selection.all_groups {
        return;
    }
    for given in selection.groups.iter().chain(&selection.only_groups) {
        match normalized(given).filter(|name| groups.0.contains_key(name)) {
            Some(name) => groups.declare(&name, project, &mut Vec::new()),
            // PDM calls both by one option.
            None if has_group(root, given) || selection.extras.contains(given) => {}
            None => groups.report_unknown(given, None, project),
        }
    }
}

/// The groups by normalized name, each with its items.
struct Groups<'t, 'd>(BTreeMap<String, &'t Value<'d>>);

impl<'t, 'd> Groups<'t, 'd> {
    fn new(table: Option<&'t DeTable<'d>>, project: &mut ProjectReader<'d>) -> Self {
        let mut groups = BTreeMap::new();
        for (key, value) in table.into_iter().flatten() {
            let Some(name) = normalized(key.get_ref()) else {
                project
                    .document
                    .report(key, "this is not a valid name for a group");
                continue;
            };
            if groups.insert(name.clone(), value).is_some() {
                let message = format!("there are two groups whose names both read `{name}`");
                project.document.report(key, message);
            }
        }
        Self(groups)
    }

    /// Returns the groups that a tool installs where nothing is said.
    fn defaults(&self, tool: Syncer, root: &DeTable<'_>) -> Vec<String> {
        let all = || self.0.keys().cloned();
        match tool {
            Syncer::Uv => match Document::find(root, &["tool", "uv", "default-groups"]) {
                None => vec![DEV.to_owned()],
                Some(value) => match value.get_ref().as_array() {
                    Some(names) => {
                        let names = names.iter().filter_map(|it| it.get_ref().as_str());
                        names.filter_map(normalized).collect()
                    }
                    None => all().collect(),
                },
            },
            Syncer::Poetry => all().filter(|name| !is_optional(root, name)).collect(),
            Syncer::Pdm => all().collect(),
            Syncer::Pipenv => Vec::new(),
        }
    }

    /// Declares a group's requirements and those of the groups it includes; `path` holds the
    /// groups that led here.
    fn declare(&self, name: &str, project: &mut ProjectReader<'d>, path: &mut Vec<String>) {
        let Some(value) = self.0.get(name) else {
            return;
        };
        if !project.groups_declared.insert(name.to_owned()) {
            return;
        }
        path.push(name.to_owned());
        let section = format!("dependency-groups.{name}");
        for item in project.document.array(value) {
            if let Some(table) = item.get_ref().as_table() {
                if let Some(included) = self.included(item, table, project, path) {
                    self.declare(&included, project, path);
                }
            } else if let Some(text) = project.document.string(item) {
                project.declare_of_project(&text, &Marker::always(), &section, &[]);
            }
        }
        path.pop();
    }

    fn included(
        &self,
        item: &Value<'d>,
        table: &DeTable<'d>,
        project: &mut ProjectReader<'d>,
        path: &[String],
    ) -> Option<String> {
        let Some(value) = table.get("include-group").filter(|_| table.len() == 1) else {
            let message = "expected a requirement or `{ include-group = \"name\" }`";
            project.document.report(item, message);
            return None;
        };
        let text = project.document.string(value)?;
        let Some(name) = normalized(&text.text).filter(|name| self.0.contains_key(name)) else {
            let given = text.text.clone();
            self.report_unknown(&given, Some(text), project);
            return None;
        };
        if path.contains(&name) {
            let message = format!("the group `{name}` includes itself");
            let round = path.iter().chain([&name]).cloned().collect::<Vec<_>>();
            let help = format!("It does so by way of {}.", round.join(" → "));
            let problem = Problem::at(text.origin, message).with_help(help);
            project.document.problems.push(problem);
            return None;
        }
        Some(name)
    }

    fn report_unknown(&self, given: &str, text: Option<Text>, project: &mut ProjectReader<'d>) {
        let known: Vec<&str> = self.0.keys().map(String::as_str).collect();
        let message = format!("this project has no dependency group `{given}`");
        let help = match (nearest(given, known.iter().copied()), known.as_slice()) {
            (Some(near), _) => format!("Did you mean `{near}`? It has {}.", listed(&known)),
            (None, []) => "It has no dependency groups at all.".to_owned(),
            (None, known) => format!("It has {}.", listed(known)),
        };
        let problem = match text {
            Some(text) => Problem::at(text.origin, message),
            None => Problem::anywhere(message),
        };
        project.document.problems.push(problem.with_help(help));
    }
}

/// Groups are named and compared as extras are.
fn normalized(name: &str) -> Option<String> {
    ExtraName::from_str(name).ok().map(|name| name.to_string())
}
