//! Which optional parts of a project are asked for.

use std::str::FromStr;

use super::Syncer;
use super::document::listed;
use super::nearest::nearest;
use crate::package::ExtraName;
use crate::source::Problem;

/// The `--extra`, `--group` and similar options, as they were typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// `--extra`.
    pub extras: Vec<String>,
    /// `--all-extras`.
    pub all_extras: bool,
    /// `--group`.
    pub groups: Vec<String>,
    /// `--all-groups`.
    pub all_groups: bool,
    /// `--only-group`: these groups and not the project's own dependencies.
    pub only_groups: Vec<String>,
    /// The tool whose own groups are asked for: those that it installs where nothing is said.
    pub defaults_of: Option<Syncer>,
    /// Groups that are left out, whoever asks for all or for those of a tool.
    pub without: Vec<String>,
    /// Extras that are left out where all are asked for.
    pub without_extras: Vec<String>,
    /// `--stage`: a stage of a Dockerfile, or a function of a Python source.
    pub stage: Option<String>,
}

impl Selection {
    /// Asks for all extras and all groups.
    pub fn everything() -> Self {
        Self {
            all_extras: true,
            all_groups: true,
            ..Self::default()
        }
    }

    /// Whether all of a project's groups are asked for, and this is not one that is left out.
    pub(super) fn takes_all_but(&self, group: &str) -> bool {
        self.all_groups && !self.leaves_out(group)
    }

    pub(super) fn leaves_out(&self, group: &str) -> bool {
        self.without.iter().any(|it| is_same(it, group))
    }

    /// Whether an extra is asked for.
    pub(super) fn takes_extra(&self, extra: &str) -> bool {
        let is_in = |names: &[String]| names.iter().any(|it| is_same(it, extra));
        is_in(&self.extras) || self.all_extras && !is_in(&self.without_extras)
    }

    /// Tells which extras and groups are asked for by name that a file does not have.
    pub(super) fn unknown(&self, extras: &[&str], groups: &[&str]) -> Vec<Problem> {
        // PDM calls extras and groups by one option.
        let asked_extras = self.extras.iter().filter(|it| !self.groups.contains(it));
        let asked_groups = self.groups.iter().chain(&self.only_groups);
        let asked = asked_extras
            .map(|name| ("extra", name, extras))
            .chain(asked_groups.map(|name| ("group", name, groups)));
        asked
            .filter(|(_, name, known)| !known.iter().any(|it| is_same(it, name)))
            .map(|(part, name, known)| unknown(part, name, known))
            .collect()
    }

    /// Whether nothing is asked for beyond the project's dependencies.
    pub fn is_empty(&self) -> bool {
        let no_stage = Self {
            stage: None,
            ..self.clone()
        };
        no_stage == Self::default()
    }
}

fn unknown(part: &str, name: &str, known: &[&str]) -> Problem {
    let help = match (nearest(name, known.iter().copied()), known) {
        (Some(near), _) => format!("Did you mean `{near}`? It has {}.", listed(known)),
        (None, []) => format!("It has no {part}s at all."),
        (None, known) => format!("It has {}.", listed(known)),
    };
    Problem::anywhere(format!("this project has no {part} `{name}`")).with_help(help)
}

/// Whether two names of groups or extras mean the same: `Dev_Tools` and `dev-tools` do.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    let normalized = |name: &str| ExtraName::from_str(name).ok();
    one == other || normalized(one).is_some_and(|it| normalized(other) == Some(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_and_extras_are_the_same_however_their_names_are_written() {
        let selection = Selection {
            all_extras: true,
            all_groups: true,
            without: vec!["Dev_Tools".to_owned()],
            without_extras: vec!["gpu.fast".to_owned()],
            ..Selection::default()
        };

        assert!(selection.leaves_out("dev-tools"));
        assert!(!selection.takes_all_but("dev.tools"));
        assert!(selection.takes_all_but("dev"));
        assert!(!selection.takes_extra("GPU-fast"));
        assert!(selection.takes_extra("gpu"));
    }
}
