//! What a repair means for the user: edits of files, and options of the command that comes next.

use std::sync::Arc;

use crate::input::{Edit, Rewrite, edits};
use crate::package::{Declaration, DeclarationKind};
use crate::repair::Change;
use crate::solve::Question;
use crate::source::{Problem, SourceFile};

/// The file of overrides that is made where there is no place for one.
const NEW_OVERRIDES: &str = "overrides.txt";

/// A repair, ready to be made.
#[derive(Debug)]
pub(super) struct Plan {
    /// The edits of files.
    pub(super) edits: Vec<Edit>,
    /// What the next command says besides what this one does.
    pub(super) options: Vec<String>,
}

/// Works out how the changes of a repair are made.
pub(super) fn plan(question: &Question, changes: &[Change]) -> Result<Plan, Problem> {
    let mut options = Vec::new();
    let place = place_of_overrides(question);
    let new = SourceFile::new(NEW_OVERRIDES, "");
    let mut rewrites = Vec::new();
    for change in changes {
        match change {
            Change::Declaration { at, becomes } => rewrites.extend(
                question
                    .declarations
                    .get(*at)
                    .map(|it| Rewrite::Declaration(it, becomes.as_deref())),
            ),
            Change::Override { requirement } => {
                rewrites.push(Rewrite::Override(place.unwrap_or(&new), requirement));
            }
            Change::Python(python) => options.extend(["--python".to_owned(), python.to_string()]),
        }
    }
    let edits = edits(&rewrites)?.into_iter();
    let edits = edits.map(
        |edit| match edit.file.label() == NEW_OVERRIDES && place.is_none() {
            true => {
                options.extend(["--override".to_owned(), NEW_OVERRIDES.to_owned()]);
                edit.into_new()
            }
            false => edit,
        },
    );
    Ok(Plan {
        edits: edits.collect(),
        options,
    })
}

/// Overrides go where there is one already, else into the first file that has a table for them.
fn place_of_overrides(question: &Question) -> Option<&Arc<SourceFile>> {
    let files = || {
        let declarations = question.declarations.iter();
        declarations.filter(|it| !it.origin.label().starts_with('<'))
    };
    let of_overrides = files().rfind(|it| it.kind == DeclarationKind::Override);
    // Only what stands in a table says in which.
    let is_of_table = |it: &&Declaration| {
        let section = it.section.as_deref();
        section.is_some_and(|section| section != Declaration::OF_BASELINE)
    };
    let of_tables = || files().find(is_of_table);
    of_overrides.or_else(of_tables).map(|it| &it.origin.file)
}
