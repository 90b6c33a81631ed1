//! The larger changes: another Python where none was typed, and, where nothing else helps, an
//! override.

use std::collections::BTreeSet;

use super::apply::Change;
use crate::package::DeclarationKind;
use crate::solve::{Core, Fact, Question};
use crate::target::PythonVersion;

/// Returns the Pythons to try in place of the target's, the nearest first.
pub fn other_pythons(question: &Question) -> Vec<PythonVersion> {
    let own = question.target.python();
    let newest = PythonVersion::newest_stable().minor();
    let mut minors: Vec<u64> = (OLDEST_MINOR..=newest)
        .filter(|minor| *minor != own.minor())
        .collect();
    minors.sort_by_key(|minor| (minor.abs_diff(own.minor()), *minor));
    minors
        .iter()
        .filter_map(|minor| format!("3.{minor}").parse().ok())
        .collect()
}

/// The oldest Python that is proposed.
const OLDEST_MINOR: u64 = 9;

/// Returns overrides that silence what stands against the user's own bounds, one for each conflict;
/// nothing where some conflict is of another kind.
pub(crate) fn overrides(question: &Question, cores: &[Core]) -> Option<Vec<Change>> {
    let mut changes = Vec::new();
    for core in cores {
        let needed: BTreeSet<_> = core
            .conflict
            .facts
            .iter()
            .filter_map(|fact| match fact {
                Fact::Needs { needs, .. } => needs.first().map(|need| &need.name),
                Fact::Declared { .. }
                | Fact::Unmet { .. }
                | Fact::Limited { .. }
                | Fact::BuiltFor { .. }
                | Fact::Refused { .. }
                | Fact::Nothing { .. } => None,
            })
            .collect();
        let declarations = core
            .declarations
            .iter()
            .map(|at| &question.declarations[*at]);
        let mut bounds = declarations.filter(|declaration| {
            let requirement = &declaration.requirement;
            declaration.kind != DeclarationKind::Override
                && !requirement.specifiers.is_any()
                && needed.contains(&requirement.name)
        });
        let requirement = &bounds.next()?.requirement;
        let change = Change::Override {
            requirement: format!("{}{}", requirement.name, requirement.specifiers),
        };
        if !changes.contains(&change) {
            changes.push(change);
        }
    }
    Some(changes)
}
