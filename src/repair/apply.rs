//! Changes to a question, and the question as it is after them.

use std::sync::Arc;

use crate::package::{Declaration, DeclarationKind, Requirement};
use crate::solve::Question;
use crate::source::{Origin, SourceFile};
use crate::target::PythonVersion;

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A declaration is written otherwise.
    Declaration {
        /// Its position in the question.
        at: usize,
        /// The requirement as it is to be written, extras and marker included; none where the
        /// declaration goes.
        becomes: Option<String>,
    },
    /// An override is added.
    Override {
        /// The requirement that packages get in place of their own.
        requirement: String,
    },
    /// The result has to run on another Python.
    Python(PythonVersion),
}

/// Returns a question with changes made, or nothing where a text of theirs is no requirement.
/// Declarations that go move those behind them.
pub fn applied(question: &Question, changes: &[Change]) -> Option<Arc<Question>> {
    let mut changed = question.clone();
    let mut gone = Vec::new();
    for change in changes {
        match change {
            Change::Declaration { at, becomes: None } => gone.push(*at),
            Change::Declaration {
                at,
                becomes: Some(text),
            } => changed.declarations.get_mut(*at)?.requirement = Requirement::parse(text).ok()?,
            Change::Override { requirement } => changed.declarations.push(Declaration {
                requirement: Requirement::parse(requirement).ok()?,
                kind: DeclarationKind::Override,
                origin: Origin::whole(&SourceFile::new("override", requirement.as_str())),
                section: None,
                digests: Vec::new(),
            }),
            Change::Python(python) => {
                changed.target = changed.target.with_python(python.clone());
            }
        }
    }
    gone.sort_unstable();
    for at in gone.into_iter().rev() {
        changed.declarations.remove(at);
    }
    Some(Arc::new(changed))
}
