//! How a command installs: what it keeps of what is there, and whether requirements count.

use std::collections::BTreeSet;

use super::over::Requirements;
use crate::input::{InstallCommand, Installer};
use crate::package::PackageName;

/// How a command installs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manner {
    /// What it keeps of what is installed, where that answers.
    pub keeps: Keeps,
    /// Packages that it chooses anew all the same.
    pub anew: BTreeSet<PackageName>,
    /// Whether it installs what is there again.
    pub installs_again: bool,
    /// Whether it installs only what it names.
    pub is_alone: bool,
}

/// What a command keeps of what is installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeps {
    /// All that answers.
    Satisfying,
    /// All that answers and that it does not name (`pip install -U`).
    Unnamed,
    /// Nothing: all that it reaches is chosen anew.
    Nothing,
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            keeps: Keeps::Satisfying,
            anew: BTreeSet::new(),
            installs_again: false,
            is_alone: false,
        }
    }
}

impl Manner {
    /// Reads the options of a command.
    pub fn of(command: &InstallCommand) -> Self {
        let mut manner = Self::default();
        let is_uv = command.installer == Installer::Uv;
        let mut is_eager = is_uv;
        let mut upgrades = false;
        for option in &command.options {
            let value = option.value.as_ref().map(|it| it.text.as_str());
            let name = value.and_then(|text| PackageName::new(text.to_owned()).ok());
            match option.name.as_str() {
                "--upgrade" => upgrades = true,
                "--upgrade-strategy" => is_eager = value == Some("eager"),
                "--upgrade-package" | "--reinstall-package" => manner.anew.extend(name),
                "--force-reinstall" | "--ignore-installed" | "--reinstall" => {
                    manner.installs_again = true;
                }
                "--no-deps" | "--no-dependencies" => manner.is_alone = true,
                // pip takes several short options in one word: `-qU`.
                short if !short.starts_with("--") => {
                    upgrades |= short.contains('U');
                    manner.installs_again |= short.contains('I');
                }
                _ => {}
            }
        }
        manner.keeps = match (manner.installs_again, upgrades, is_eager) {
            // pip acts as if nothing were installed.
            (true, _, _) | (_, true, true) => Keeps::Nothing,
            (false, true, false) => Keeps::Unnamed,
            (false, false, _) => Keeps::Satisfying,
        };
        manner
    }

    pub(super) fn requirements(&self) -> Requirements {
        match self.is_alone {
            true => Requirements::AreIgnored,
            false => Requirements::Count,
        }
    }

    /// Whether an installed package is kept where it answers; `is_named` says whether the command
    /// names it.
    pub(super) fn keeps(&self, name: &PackageName, is_named: bool) -> bool {
        let keeps = match self.keeps {
            Keeps::Satisfying => true,
            Keeps::Unnamed => !is_named,
            Keeps::Nothing => false,
        };
        keeps && !self.anew.contains(name)
    }
}
