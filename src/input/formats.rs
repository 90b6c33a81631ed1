//! `--no-binary` and `--only-binary`: which packages may come as wheels, which as source archives.

use std::collections::BTreeSet;
use std::str::FromStr;

use super::reference::package_name;
use crate::package::PackageName;

/// The two lists, which take names from each other as pip's do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormatControl {
    no_binary: Names,
    only_binary: Names,
}

/// Which of the two lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormatList {
    /// `--no-binary`: no wheels.
    NoBinary,
    /// `--only-binary`: no source archives.
    OnlyBinary,
}

/// One value of such an option: `:all:`, `:none:` or a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FormatName {
    /// `:all:`.
    All,
    /// `:none:`.
    None,
    /// A package.
    Package(PackageName),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Names {
    all: bool,
    names: BTreeSet<PackageName>,
}

impl FormatControl {
    /// Applies one option with its values, after those applied before: `:all:` empties the other
    /// list, `:none:` empties this one, a name moves here.
    pub fn apply(&mut self, list: FormatList, values: &[FormatName]) {
        let (target, other) = match list {
            FormatList::NoBinary => (&mut self.no_binary, &mut self.only_binary),
            FormatList::OnlyBinary => (&mut self.only_binary, &mut self.no_binary),
        };
        // What stands before the last `:all:` says nothing; after it only a `:none:` reopens.
        let last_all = values.iter().rposition(|value| *value == FormatName::All);
        let rest = match last_all {
            Some(at) => {
                *other = Names::default();
                *target = Names {
                    all: true,
                    names: BTreeSet::new(),
                };
                match values[at + 1..].contains(&FormatName::None) {
                    true => &values[at + 1..],
                    false => return,
                }
            }
            None => values,
        };
        for value in rest {
            match value {
                FormatName::All => {}
                FormatName::None => *target = Names::default(),
                FormatName::Package(name) => {
                    other.names.remove(name);
                    target.names.insert(name.clone());
                }
            }
        }
    }

    /// Adds what a later input says of packages and lists that this one is silent on.
    pub(super) fn merge(&mut self, other: Self) {
        let known = |name: &PackageName, control: &Self| {
            control.no_binary.names.contains(name) || control.only_binary.names.contains(name)
        };
        let before = self.clone();
        let is_new = |name: &PackageName| !known(name, &before);
        self.no_binary
            .names
            .extend(other.no_binary.names.into_iter().filter(is_new));
        self.only_binary
            .names
            .extend(other.only_binary.names.into_iter().filter(is_new));
        if !before.no_binary.all && !before.only_binary.all {
            self.no_binary.all = other.no_binary.all;
            self.only_binary.all = other.only_binary.all;
        }
    }

    /// Returns the values of one list as they are typed: `:all:` first, then the packages.
    pub fn listed(&self, list: FormatList) -> Vec<String> {
        let list = match list {
            FormatList::NoBinary => &self.no_binary,
            FormatList::OnlyBinary => &self.only_binary,
        };
        let all = list.all.then(|| ":all:".to_owned());
        let names = list.names.iter().map(ToString::to_string);
        all.into_iter().chain(names).collect()
    }

    /// Whether wheels of a package may be used; a name weighs more than `:all:`.
    pub fn allows_wheels(&self, name: &PackageName) -> bool {
        if self.only_binary.names.contains(name) {
            return true;
        }
        !self.no_binary.names.contains(name) && (self.only_binary.all || !self.no_binary.all)
    }

    /// Whether source archives of a package may be used.
    pub fn allows_sdists(&self, name: &PackageName) -> bool {
        if self.only_binary.names.contains(name) {
            return false;
        }
        self.no_binary.names.contains(name) || !self.only_binary.all
    }
}

/// Reads `:all:`, `:none:` or a package's name.
impl FromStr for FormatName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.trim() {
            ":all:" => Ok(Self::All),
            ":none:" => Ok(Self::None),
            name => package_name(name)
                .map(Self::Package)
                .ok_or_else(|| format!("`{name}` is no package name, `:all:` or `:none:`")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn control(options: &[(FormatList, &str)]) -> FormatControl {
        let mut control = FormatControl::default();
        for (list, values) in options {
            let values: Vec<FormatName> = values
                .split(',')
                .map(|value| value.parse().unwrap())
                .collect();
            control.apply(*list, &values);
        }
        control
    }

    #[track_caller]
    fn check(options: &[(FormatList, &str)], wheels: bool, sdists: bool) {
        let control = control(options);
        let name: PackageName = "a".parse().unwrap();

        assert_eq!(
            (control.allows_wheels(&name), control.allows_sdists(&name)),
            (wheels, sdists)
        );
    }

    #[test]
    fn the_two_lists_take_names_from_each_other() {
        use FormatList::{NoBinary, OnlyBinary};

        check(&[], true, true);
        check(&[(NoBinary, "a")], false, true);
        check(&[(OnlyBinary, ":all:")], true, false);
        check(&[(OnlyBinary, ":all:"), (NoBinary, "a")], false, true);
        check(&[(NoBinary, ":all:"), (OnlyBinary, "A")], true, false);
        check(&[(NoBinary, "a"), (OnlyBinary, ":all:")], true, false);
        check(&[(NoBinary, "a"), (NoBinary, ":none:")], true, true);
        check(&[(NoBinary, ":all:,b")], false, true);
        check(&[(NoBinary, ":all:,:none:,b")], true, true);
        check(&[(NoBinary, "a,:all:,:none:,b")], true, true);
    }
}
