//! The command that makes a lock again: of the files that it was made from, for where it has to run,
//! into the same file.
//!
//! A lock may be a stranger's. Addresses that it names and what it lets be built are left out, and
//! no word of it can be more than a word of this command.

use std::collections::BTreeSet;

use super::standing::quoted;
use super::{Kind, Subject};
use crate::lock::{Format, LockedDeclaration, LockedTarget, ToolRecord};
use crate::package::{Choice, DeclarationKind};
use crate::target::{Arch, Platform};

/// What stands before the command in a requirements file of pyaudit's.
const LEAD: &str = "#    pyaudit lock ";

/// Options with values that a suggestion does not take over.
const LEFT_OUT: &[&str] = &[
    "--allow-build",
    "--default-index",
    "--extra-index-url",
    "--find-links",
    "--index",
    "--index-url",
    "--output",
    "--output-file",
    "--torch-index-url",
    "--trusted-host",
    "-f",
    "-i",
    "-o",
];

/// Options that change only what is told.
const TELLING: &[&str] = &["-q", "--quiet", "-v", "--verbose", "--offline"];

impl Subject<'_> {
    /// Returns the command that makes the lock; nothing where nobody knows what it is made from.
    pub(super) fn lock_command(&self) -> Option<String> {
        let label = self.file.label();
        if self.kind == Kind::Declarations {
            let named = self.named_files(DeclarationKind::Requirement);
            let named = match named.iter().any(|it| it == label) {
                true => named,
                false => vec![label.to_owned()],
            };
            return command(named);
        }
        let format = Format::of_path(label);
        if format.write.is_none() {
            return Some(format.command.to_owned());
        }
        let words = self.recorded_words().or_else(|| self.words_of_files())?;
        command([words, vec!["-o".to_owned(), label.to_owned()]].concat())
    }

    /// Returns the words behind `pyaudit lock` that a requirements file keeps in its head.
    fn recorded_words(&self) -> Option<Vec<String>> {
        let mut lines = self.file.text().lines().take(10);
        let text = lines.find_map(|line| line.strip_prefix(LEAD))?;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@+, ".contains(c);
        if !text.chars().all(is_plain) {
            return None;
        }
        let mut kept = Vec::new();
        let mut words = text.split_ascii_whitespace();
        while let Some(word) = words.next() {
            let name = word.split_once('=').map_or(word, |(name, _)| name);
            match (LEFT_OUT.contains(&name), TELLING.contains(&word)) {
                (true, _) if name == word => drop(words.next()),
                (true, _) | (_, true) => {}
                (false, false) => kept.push(word.to_owned()),
            }
        }
        Some(kept)
    }

    /// Returns the files that the lock was held to, with what its record says of them.
    fn words_of_files(&self) -> Option<Vec<String>> {
        let mut words = self.named_files(DeclarationKind::Requirement);
        if words.is_empty() {
            return None;
        }
        let is_project = |name: &String| name.ends_with(".toml") || name.ends_with(".py");
        for (kind, option) in [
            (DeclarationKind::Constraint, "--constraint"),
            (DeclarationKind::Override, "--override"),
        ] {
            let files = self.named_files(kind).into_iter();
            for file in files.filter(|it| !is_project(it)) {
                words.extend([option.to_owned(), file]);
            }
        }
        if let Some(record) = &self.lock.tool {
            words.extend(choices(&record.declarations));
            words.extend(self.places(record));
            let excludes = record.options.excludes.iter();
            words.extend(excludes.flat_map(|name| ["--exclude".to_owned(), name.clone()]));
        }
        Some(words)
    }

    /// Returns the files of declarations, in their order; as the record names them where they are
    /// gone.
    fn named_files(&self, kind: DeclarationKind) -> Vec<String> {
        let wanted = self.declared.into_iter().flat_map(|it| &it.wanted);
        let wanted = wanted
            .map(|it| &it.declaration)
            .filter(|it| it.kind == kind);
        let mut seen = BTreeSet::new();
        let files = wanted.map(|it| it.origin.label());
        let files = files.filter(|name| !name.starts_with(['-', '<']) && seen.insert(*name));
        files.map(str::to_owned).collect()
    }

    /// Returns the options that say where the lock has to run.
    fn places(&self, record: &ToolRecord) -> Vec<String> {
        match record.targets.as_slice() {
            _ if !self.lock.environments.is_empty() && record.targets.is_empty() => {
                vec!["--universal".to_owned()]
            }
            [] => Vec::new(),
            [only] => place(only),
            several => several.iter().flat_map(target).collect(),
        }
    }
}

/// Returns the options for one target.
fn place(target: &LockedTarget) -> Vec<String> {
    let mut words = vec!["--python".to_owned(), target.python.clone()];
    let platform = platform(target).into_iter();
    words.extend(platform.flat_map(|it| ["--platform".to_owned(), it]));
    for (option, value) in [
        ("--torch", &target.flavour),
        ("--cuda", &target.cuda),
        ("--driver", &target.driver),
    ] {
        let value = value.iter().cloned();
        words.extend(value.flat_map(|it| [option.to_owned(), it]));
    }
    let gpus = target.gpus.iter().map(|gpu| gpu.capability.clone());
    words.extend(gpus.flat_map(|it| ["--gpu".to_owned(), it]));
    words
}

/// Returns the option for one target of several.
fn target(target: &LockedTarget) -> Vec<String> {
    let Some(platform) = platform(target) else {
        return Vec::new();
    };
    let flavour = target.flavour.iter().map(|it| format!("/{it}"));
    let flavour: String = flavour.collect();
    let value = format!("{platform}/{}{flavour}", target.python);
    vec!["--target".to_owned(), value]
}

/// Returns what an option calls the platform of a target.
fn platform(target: &LockedTarget) -> Option<String> {
    let platform = Platform::described(&target.platform);
    let platform = platform.or_else(|| target.platform.parse().ok());
    let usual = Platform::default_linux(Arch::X86_64);
    platform.map(|it| match it == usual {
        true => "linux".to_owned(),
        false => it.tag(),
    })
}

/// Returns the options for the extras and groups that were asked for.
fn choices(declarations: &[LockedDeclaration]) -> Vec<String> {
    let sections = declarations.iter().filter_map(|it| it.section.as_deref());
    let chosen: BTreeSet<Choice> = sections.filter_map(Choice::of_section).collect();
    let words = chosen.into_iter().flat_map(|choice| match choice {
        Choice::Extra(name) => ["--extra".to_owned(), name],
        Choice::Group(name) => ["--group".to_owned(), name],
    });
    words.collect()
}

/// Joins the words; none of them is more than one line of a terminal has.
fn command(words: Vec<String>) -> Option<String> {
    let is_sound = |word: &String| !word.is_empty() && !word.contains(char::is_control);
    if !words.iter().all(is_sound) {
        return None;
    }
    let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    Some(format!("pyaudit lock {}", words.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Facts;
    use crate::source::SourceFile;

    fn again(name: &str, text: &str) -> Option<String> {
        let file = SourceFile::new(name, text);
        let lock = (Format::of_path(name).read)(&file).unwrap();
        let facts = Facts::none();
        Subject::new((&lock, &file), &[], None, &facts, &[]).lock_command()
    }

    #[test]
    fn the_head_of_a_requirements_file_says_the_command_without_addresses_and_builds() {
        let text = |words: &str| format!("# This file was made by pyaudit\n{LEAD}{words}\na==1\n");

        let words = "a.in --index-url https://files.example -q --allow-build=:all: \
                     --python 3.12 -o old.txt --generate-hashes";
        assert_eq!(
            again("sub/requirements.txt", &text(words)).as_deref(),
            Some("pyaudit lock a.in --python 3.12 --generate-hashes -o sub/requirements.txt")
        );
        assert_eq!(again("requirements.txt", &text("a.in; other")), None);
        assert_eq!(again("requirements.txt", "a==1\n"), None);
        assert_eq!(
            again("uv.lock", "version = 1\n").as_deref(),
            Some("uv lock")
        );
    }

    #[test]
    fn words_are_quoted_and_none_has_more_than_a_line() {
        let words = |word: &str| command(vec!["a.in".to_owned(), word.to_owned()]);

        assert_eq!(words("b; c").as_deref(), Some("pyaudit lock a.in 'b; c'"));
        assert_eq!(words("b\nc"), None);
    }
}
