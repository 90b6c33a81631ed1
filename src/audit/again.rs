//! The command that makes a lock again: of the files that it was made from, for where it has to run,
//! into the same file.
//!
//! A lock may be a stranger's. Addresses that it names and what it lets be built are left out, and
//! no word of it can be more than a word of this command.

use std::collections::BTreeSet;

use super::standing::quoted;
use super::{Kind, Subject};
use crate::lock::{Format, LockOptions, LockedDeclaration, LockedTarget, ToolRecord};
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
            let target = self.on_targets().next().map(|(_, target)| target);
            let place = target.map(|it| place(&LockedTarget::new(it, "")));
            return command([named, place.unwrap_or_default()].concat());
        }
        let format = Format::of_path(label);
        if format.write.is_none() {
            return Some(format.command.to_owned());
        }
        let words = self.recorded_words().or_else(|| self.words_of_files())?;
        command([words, vec!["-o".to_owned(), label.to_owned()]].concat())
    }

    /// Returns the command that finds the smallest change with which a requirements file that nobody
    /// compiled has a solution; none where it would have to name the user's own indexes.
    pub(super) fn mending_command(&self) -> Option<String> {
        let is_enough = self.is_by_hand() && !self.has_typed_indexes;
        let (_, target) = self.on_targets().next().filter(|_| is_enough)?;
        let place = place(&LockedTarget::new(target, ""));
        command([vec![self.file.label().to_owned()], place].concat())
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
            let has_project = words.iter().any(is_project);
            words.extend(choices(&record.declarations));
            words.extend(self.places(record, has_project));
            words.extend(chosen(&record.options));
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
    fn places(&self, record: &ToolRecord, has_project: bool) -> Vec<String> {
        let options = &record.options;
        match record.targets.as_slice() {
            targets if self.lock.is_universal() => {
                let mut words = vec!["--universal".to_owned()];
                // A project says itself for which Pythons it is.
                let python = self.lock.requires_python.as_deref().and_then(least);
                let python = python.filter(|_| !has_project);
                words.extend(option("--python", python.as_ref()));
                words.extend(option("--fork-strategy", options.fork_strategy.as_ref()));
                words.extend(option("--torch", options.torch.as_ref()));
                words.extend(targets.first().into_iter().flat_map(machine));
                words
            }
            [] => Vec::new(),
            [only] => place(only),
            several => several.iter().flat_map(target).collect(),
        }
    }
}

/// Returns the Python from which on a range admits all: of `>=3.10,<3.14` it is `3.10`.
fn least(pythons: &str) -> Option<String> {
    let mut clauses = pythons.split(',').map(str::trim);
    clauses.find_map(|clause| Some(clause.strip_prefix(">=")?.trim().to_owned()))
}

/// Returns an option with its value; nothing where that would be read as another option.
fn option(name: &str, value: Option<&String>) -> Vec<String> {
    let value = value.filter(|value| !value.starts_with('-'));
    let words = value.map(|value| [name.to_owned(), value.clone()]);
    words.into_iter().flatten().collect()
}

/// Returns the options that change which versions are chosen.
fn chosen(options: &LockOptions) -> Vec<String> {
    let unusual = |value: &Option<String>, usual: &str| value.clone().filter(|it| it != usual);
    let strategy = unusual(&options.index_strategy, "first-index");
    let resolution = unusual(&options.resolution, "highest");
    let prerelease = unusual(&options.prerelease, "if-necessary-or-explicit");
    let mut words = Vec::new();
    for (name, value) in [
        ("--stage", &options.stage),
        ("--index-strategy", &strategy),
        ("--resolution", &resolution),
        ("--prerelease", &prerelease),
        ("--exclude-newer", &options.exclude_newer),
    ] {
        words.extend(option(name, value.as_ref()));
    }
    for (package, when) in &options.exclude_newer_package {
        let value = format!("{package}={when}");
        words.extend(option("--exclude-newer-package", Some(&value)));
    }
    for (name, values) in [
        ("--no-binary", &options.no_binary),
        ("--only-binary", &options.only_binary),
        ("--exclude", &options.excludes),
    ] {
        words.extend(values.iter().flat_map(|value| option(name, Some(value))));
    }
    words.extend(options.no_facts.then(|| "--no-facts".to_owned()));
    words
}

/// Returns the options for one target.
fn place(target: &LockedTarget) -> Vec<String> {
    let mut words = vec!["--python".to_owned(), target.python.clone()];
    words.extend(option("--platform", platform(target).as_ref()));
    words.extend(option("--torch", target.flavour.as_ref()));
    words.extend(machine(target));
    words
}

/// Returns the options that say what a target has to run builds of torch on.
fn machine(target: &LockedTarget) -> Vec<String> {
    let mut words = option("--cuda", target.cuda.as_ref());
    words.extend(option("--driver", target.driver.as_ref()));
    let gpus = target.gpus.iter();
    words.extend(gpus.flat_map(|gpu| option("--gpu", Some(&gpu.capability))));
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
    use crate::audit::{Declared, Wanted};
    use crate::facts::Facts;
    use crate::package::{Declaration, Requirement};
    use crate::source::{Origin, SourceFile};

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
    fn every_option_that_changes_the_answer_is_said_again() {
        let told = |head: &str, targets: &str, options: &str| {
            let text = format!(
                "lock-version = \"1.0\"\n{head}created-by = \"pyaudit\"\npackages = []\n\
                 [tool.pyaudit]\nschema = 1\nversion = \"1\"\ntargets = [{targets}]\ndeclarations = [\n\
                 {{ name = \"a\", text = \"a\", kind = \"requirement\", file = \"a.in\", line = 1, column = 1 }},\n\
                 ]\n[tool.pyaudit.options]\n{options}"
            );
            let file = SourceFile::new("pylock.toml", text);
            let lock = (Format::of_path("pylock.toml").read)(&file).unwrap();
            let declared = Declared {
                wanted: vec![Wanted {
                    declaration: Declaration {
                        requirement: Requirement::parse("a").unwrap(),
                        kind: DeclarationKind::Requirement,
                        origin: Origin::whole(&SourceFile::new("a.in", "a")),
                        section: None,
                        digests: Vec::new(),
                    },
                    is_in_file: true,
                }],
                ..Declared::default()
            };
            let facts = Facts::none();
            let subject = Subject::new((&lock, &file), &[], Some(&declared), &facts, &[]);
            subject.lock_command().unwrap()
        };
        let linux = "{ python = \"3.12\", platform = \"Linux x86_64 (glibc 2.28)\" }";
        let windows = "{ python = \"3.12\", platform = \"Windows x86_64\" }";
        let one = "environments = [\"sys_platform == 'linux'\"]\n";

        assert_eq!(
            told(
                one,
                linux,
                "resolution = \"lowest\"\nexclude-newer = \"2026-01-01\"\nexclude-newer-package = \
                 { a = \"7 days\" }\nprerelease = \"allow\"\nonly-binary = [\":all:\"]\nno-facts = true\n\
                 index-strategy = \"first-index\"\nstage = \"--allow-build\"\n",
            ),
            "pyaudit lock a.in --python 3.12 --platform linux --resolution lowest --prerelease allow \
             --exclude-newer 2026-01-01 --exclude-newer-package 'a=7 days' --only-binary :all: \
             --no-facts -o pylock.toml"
        );
        assert_eq!(
            told(
                "requires-python = \">=3.10,<3.14\"\n",
                &[linux, windows].join(", "),
                "universal = true\nfork-strategy = \"requires-python\"\ntorch = \"cu128\"\n",
            ),
            "pyaudit lock a.in --universal --python 3.10 --fork-strategy requires-python --torch \
             cu128 -o pylock.toml"
        );
        assert_eq!(
            told("", &[linux, windows].join(", "), ""),
            "pyaudit lock a.in --universal -o pylock.toml"
        );
        let two = "environments = [\"sys_platform == 'linux'\", \"sys_platform == 'win32'\"]\n";
        assert_eq!(
            told(two, &[linux, windows].join(", "), ""),
            "pyaudit lock a.in --target linux/3.12 --target win_amd64/3.12 -o pylock.toml"
        );
    }

    #[test]
    fn words_are_quoted_and_none_has_more_than_a_line() {
        let words = |word: &str| command(vec!["a.in".to_owned(), word.to_owned()]);

        assert_eq!(words("b; c").as_deref(), Some("pyaudit lock a.in 'b; c'"));
        assert_eq!(words("b\nc"), None);
    }
}
