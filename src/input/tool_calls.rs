//! `[tool.pyaudit.python]`: the calls by which a project's Python asks for packages, for the readers
//! of its other files.

use std::sync::Arc;

use toml::de::DeTable;

use super::commands::{Call, Calls};
use super::document::{Document, Value};
use super::excerpt::Excerpt;
use crate::source::{Problem, SourceFile};

/// The keys of the table.
const KEYS: &[&str] = &["calls"];

/// No project has more calls of its own: each name in each of its files is held against them all.
const MOST_CALLS: usize = 100;

/// So many problems are told of them.
const MOST_PROBLEMS: usize = 100;

/// Reads which calls the `pyproject.toml` of a project names, and nothing else of it.
pub fn read_own_calls(file: &Arc<SourceFile>) -> Calls {
    let excerpt = Excerpt::whole(file);
    let (root, mut document) = Document::parse(&excerpt);
    let table = Document::find(&root, &["tool", "pyaudit", "python"]);
    let own = table.map(|table| read_calls(table, &mut document));
    let mut problems = document.into_problems();
    problems.sort_by_key(|problem| problem.level);
    problems.truncate(MOST_PROBLEMS);
    Calls {
        own: own.unwrap_or_default(),
        problems,
    }
}

/// Reads the table.
pub(super) fn read_calls<'d>(table: &Value<'d>, document: &mut Document<'d>) -> Vec<Call> {
    let Some(table): Option<&DeTable<'d>> = document.table(table) else {
        return Vec::new();
    };
    document.warn_of_unknown_keys(table, "tool.pyaudit.python", KEYS);
    let Some(value) = table.get("calls") else {
        return Vec::new();
    };
    let texts = document.strings(value);
    if texts.len() > MOST_CALLS {
        document.report(value, format!("these are more than {MOST_CALLS} calls"));
        return Vec::new();
    }
    let mut calls = Vec::new();
    for text in texts {
        match text.text.parse() {
            Ok(call) => calls.push(call),
            Err(message) => {
                let help = "Write the last name of a call and the keyword that holds its packages, \
                            `remote:dependencies`; or the name alone where they are its arguments.";
                let problem = Problem::at(text.origin, message).with_help(help);
                document.problems.push(problem);
            }
        }
    }
    calls
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_of_calls_is_not_read() {
        let check = |count: usize, own: usize, problems: usize| {
            let list = "'a:b', ".repeat(count);
            let text = format!("[tool.pyaudit.python]\ncalls = [{list}]\n");
            let calls = read_own_calls(&SourceFile::new("pyproject.toml", text));

            assert_eq!((calls.own.len(), calls.problems.len()), (own, problems));
        };

        check(MOST_CALLS, MOST_CALLS, 0);
        check(MOST_CALLS + 1, 0, 1);
    }
}
