//! The words of a command that installs a project from its lock → which parts of the project it is
//! for, with what its tool takes where nothing is said.

use super::Syncer;
use super::installs::{Glued, option};
use super::shell::Word;
use crate::input::Selection;

/// A command that installs a project from its lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncCommand {
    /// What installs.
    pub syncer: Syncer,
    /// The extras and groups that it installs.
    pub selection: Selection,
    /// The option by which it installs something else than the project, if there is one.
    pub other: Option<String>,
    /// Whether it takes away what the lock does not reach.
    pub is_exact: bool,
    /// Options that change what is installed, and are not heeded.
    pub unheeded: Vec<String>,
}

/// What an option says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Extras,
    AllExtras,
    Groups,
    AllGroups,
    OnlyGroups,
    /// Groups, or extras: PDM does not tell them apart.
    Either,
    Without,
    WithoutExtra,
    /// No group that is not named.
    Bare,
    /// The group `dev` and nothing else.
    OnlyDev,
    Dev,
    /// It has a value, and is not heeded.
    Unheeded,
    /// It has no value, and is not heeded.
    UnheededFlag,
    /// What is not reached goes.
    Exact,
    /// What is not reached stays.
    Inexact,
    Other,
}

const UV: &[(&str, Meaning)] = &[
    ("--all-extras", Meaning::AllExtras),
    ("--all-groups", Meaning::AllGroups),
    ("--all-packages", Meaning::UnheededFlag),
    ("--extra", Meaning::Extras),
    ("--group", Meaning::Groups),
    ("--inexact", Meaning::Inexact),
    ("--no-default-groups", Meaning::Bare),
    ("--no-dev", Meaning::Bare),
    ("--no-extra", Meaning::WithoutExtra),
    ("--no-group", Meaning::Without),
    ("--no-install-package", Meaning::Unheeded),
    ("--only-dev", Meaning::OnlyDev),
    ("--only-group", Meaning::OnlyGroups),
    ("--package", Meaning::Other),
    ("--script", Meaning::Other),
];

const POETRY: &[(&str, Meaning)] = &[
    ("--all-extras", Meaning::AllExtras),
    ("--all-groups", Meaning::AllGroups),
    ("--extras", Meaning::Extras),
    ("--no-dev", Meaning::Bare),
    ("--only", Meaning::OnlyGroups),
    ("--only-root", Meaning::Other),
    ("--sync", Meaning::Exact),
    ("--with", Meaning::Groups),
    ("--without", Meaning::Without),
    ("-E", Meaning::Extras),
];

const PDM: &[(&str, Meaning)] = &[
    ("--clean", Meaning::Exact),
    ("--clean-unselected", Meaning::Exact),
    ("--dev", Meaning::AllGroups),
    ("--group", Meaning::Either),
    ("--only-keep", Meaning::Exact),
    ("--prod", Meaning::Bare),
    ("--production", Meaning::Bare),
    ("--without", Meaning::Without),
    ("-G", Meaning::Either),
    ("-d", Meaning::AllGroups),
];

const PIPENV: &[(&str, Meaning)] = &[
    ("--categories", Meaning::OnlyGroups),
    ("--dev", Meaning::Dev),
    ("-d", Meaning::Dev),
];

/// The group of what is for development.
const DEV: &str = "dev";

impl Syncer {
    /// Returns the name of its lock.
    pub fn lock_name(self) -> &'static str {
        match self {
            Self::Uv => "uv.lock",
            Self::Poetry => "poetry.lock",
            Self::Pdm => "pdm.lock",
            Self::Pipenv => "Pipfile.lock",
        }
    }

    /// Returns the name of the file that declares what it locks.
    pub fn project_name(self) -> &'static str {
        match self {
            Self::Uv | Self::Poetry | Self::Pdm => "pyproject.toml",
            Self::Pipenv => "Pipfile",
        }
    }

    fn options(self) -> &'static [(&'static str, Meaning)] {
        match self {
            Self::Uv => UV,
            Self::Poetry => POETRY,
            Self::Pdm => PDM,
            Self::Pipenv => PIPENV,
        }
    }
}

impl SyncCommand {
    /// Reads the words behind the verb.
    pub(super) fn read(syncer: Syncer, verb: &str, words: &[Word]) -> Self {
        let mut command = Self {
            syncer,
            selection: Selection::default(),
            other: None,
            is_exact: syncer == Syncer::Uv || syncer == Syncer::Poetry && verb == "sync",
            unheeded: Vec::new(),
        };
        let mut is_bare = false;
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let Some((meaning, glued)) = meaning(syncer, &word.text) else {
                continue;
            };
            let value = match meaning {
                Meaning::AllExtras | Meaning::AllGroups | Meaning::Bare => "",
                Meaning::OnlyDev | Meaning::Dev | Meaning::Exact | Meaning::Inexact => "",
                Meaning::UnheededFlag => "",
                _ if word.text == "--only-root" => "",
                _ => glued
                    .or_else(|| words.next().map(|it| it.text.as_str()))
                    .unwrap_or_default(),
            };
            is_bare |= meaning == Meaning::Bare;
            command.take(meaning, &word.text, value);
        }
        command.settle(is_bare);
        command
    }

    fn take(&mut self, meaning: Meaning, option: &str, value: &str) {
        let names = value.split([',', ' ']).filter(|it| !it.is_empty());
        let names = names.map(str::to_owned);
        let whole = || match option.contains('=') {
            true => option.to_owned(),
            false => format!("{option} {value}").trim_end().to_owned(),
        };
        let selection = &mut self.selection;
        match meaning {
            Meaning::Extras => selection.extras.extend(names),
            Meaning::AllExtras => selection.all_extras = true,
            Meaning::Groups => selection.groups.extend(names),
            Meaning::AllGroups => selection.all_groups = true,
            Meaning::OnlyGroups => selection.only_groups.extend(names),
            Meaning::Either => {
                for name in names {
                    selection.all_groups |= name == ":all";
                    selection.all_extras |= name == ":all";
                    selection.extras.push(name.clone());
                    selection.groups.push(name);
                }
            }
            Meaning::Without => selection.without.extend(names),
            Meaning::WithoutExtra => selection.without_extras.extend(names),
            Meaning::OnlyDev => selection.only_groups.push(DEV.to_owned()),
            Meaning::Dev => selection.groups.push(DEV.to_owned()),
            Meaning::Other => self.other = Some(whole()),
            Meaning::Unheeded | Meaning::UnheededFlag => self.unheeded.push(whole()),
            Meaning::Exact => self.is_exact = true,
            Meaning::Inexact => self.is_exact = false,
            Meaning::Bare => {}
        }
    }

    /// Adds what the tool installs where nothing is said.
    fn settle(&mut self, is_bare: bool) {
        let selection = &mut self.selection;
        // The packages of the project itself have a name as well.
        let has_main = |name: &String| matches!(&**name, "main" | "packages");
        if selection.only_groups.iter().any(has_main) {
            let only = std::mem::take(&mut selection.only_groups);
            selection
                .groups
                .extend(only.into_iter().filter(|it| !has_main(it)));
            return;
        }
        if is_bare || !selection.only_groups.is_empty() {
            return;
        }
        selection.defaults_of = Some(self.syncer);
    }
}

/// Returns what an option says, with a value that stands in the same word.
fn meaning(syncer: Syncer, word: &str) -> Option<(Meaning, Option<&str>)> {
    let (name, value) = match option(word) {
        (name, Glued::Value(value)) if word.starts_with("--") => (name, Some(value)),
        _ if word.starts_with("--") => (word, None),
        _ => {
            let end = word.char_indices().nth(2).map_or(word.len(), |(at, _)| at);
            let (name, value) = word.split_at(end);
            (name, Some(value).filter(|it| !it.is_empty()))
        }
    };
    let known = syncer.options().iter().find(|(known, _)| *known == name)?;
    Some((known.1, value))
}

#[cfg(test)]
mod tests {
    use super::super::shell;
    use super::*;

    #[track_caller]
    fn check(syncer: Syncer, words: &str, expected: &str) {
        let command = shell::commands(words, &shell::Variables::new());
        let typed = &command[0].words;
        let command = SyncCommand::read(syncer, &typed[0].text, &typed[1..]);
        let selection = &command.selection;
        let mut told = Vec::new();
        for (name, values) in [
            ("extras", &selection.extras),
            ("groups", &selection.groups),
            ("only", &selection.only_groups),
            ("without", &selection.without),
            ("without-extras", &selection.without_extras),
            ("unheeded", &command.unheeded),
        ] {
            if !values.is_empty() {
                told.push(format!("{name}={}", values.join(",")));
            }
        }
        told.extend(selection.all_extras.then(|| "all-extras".to_owned()));
        told.extend(selection.all_groups.then(|| "all-groups".to_owned()));
        told.extend(selection.defaults_of.map(|it| format!("defaults={it:?}")));
        told.extend(command.is_exact.then(|| "exact".to_owned()));
        told.extend(command.other.map(|it| format!("other={it}")));

        assert_eq!(told.join(" "), expected, "{words}");
    }

    #[test]
    fn each_tool_takes_its_own_groups_where_nothing_is_said() {
        check(Syncer::Uv, "x --frozen", "defaults=Uv exact");
        check(Syncer::Uv, "x --no-dev --locked", "exact");
        check(Syncer::Poetry, "x --no-root", "defaults=Poetry");
        check(Syncer::Pdm, "x --prod --no-lock", "");
        check(Syncer::Pipenv, "x --deploy --system", "defaults=Pipenv");
    }

    #[test]
    fn extras_and_groups_are_taken_as_they_are_named() {
        check(
            Syncer::Uv,
            "x --extra a --extra=b --no-dev",
            "extras=a,b exact",
        );
        check(
            Syncer::Uv,
            "x --only-group g --package p",
            "only=g exact other=--package p",
        );
        check(
            Syncer::Poetry,
            "x --only main,docs -E 'a b'",
            "extras=a,b groups=docs",
        );
        check(
            Syncer::Poetry,
            "x --without dev",
            "without=dev defaults=Poetry",
        );
        check(Syncer::Pdm, "x --prod -Gweb", "extras=web groups=web");
        check(Syncer::Pipenv, "x --dev", "groups=dev defaults=Pipenv");
    }

    #[test]
    fn extras_are_left_out_and_what_is_not_heeded_is_kept_to_be_told() {
        check(
            Syncer::Uv,
            "x --all-extras --no-extra gpu --no-dev",
            "without-extras=gpu all-extras exact",
        );
        check(
            Syncer::Uv,
            "x --no-install-package a --all-packages --no-dev --no-install-package=b",
            "unheeded=--no-install-package a,--all-packages,--no-install-package=b exact",
        );
    }

    #[test]
    fn what_a_lock_does_not_reach_goes_as_each_tool_says() {
        check(Syncer::Uv, "x --no-dev --inexact", "");
        check(
            Syncer::Poetry,
            "sync --without a",
            "without=a defaults=Poetry exact",
        );
        check(Syncer::Poetry, "install --only main --sync", "exact");
        check(Syncer::Pdm, "sync --prod --clean", "exact");
        check(Syncer::Pdm, "sync --prod", "");
    }
}
