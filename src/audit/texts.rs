//! What the texts of a project say: claims, install commands, further declarations.

use std::collections::{BTreeMap, BTreeSet};

use super::claims::{Claim, ClaimEvidence};
use crate::input::{InstallCommand, Located, Unnamed};
use crate::package::{Declaration, PackageName, Requirement};
use crate::sequence::Lapse;
use crate::source::{Origin, SourceFile};

/// What the texts of a project say.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    /// What files declare that are read as a whole.
    pub declarations: Vec<DeclaredText>,
    /// What files declare by an address alone.
    pub unnamed: Vec<Unnamed>,
    /// The lists on other machines that files include.
    pub remote_lists: Vec<Located<String>>,
    /// What is installed by commands, in their order.
    pub commands: Vec<CommandText>,
    /// What sentences say of packages.
    pub claims: Vec<Claim>,
    /// What is known of the packages in them.
    pub evidence: ClaimEvidence,
    /// What an image installs with the system's package manager; none where nobody looked.
    pub system_packages: Option<Vec<String>>,
    /// What was left unread, as what follows "because".
    pub unread: Vec<String>,
    /// What came of the install commands of a file, played in their order.
    pub played: Vec<Played>,
}

/// What came of the install commands of a file, played in their order.
#[derive(Clone, Debug)]
pub struct Played {
    /// The file.
    pub file: String,
    /// The commands that were played.
    pub commands: Vec<Origin>,
    /// What later ones do to earlier ones; or why that is not known, as what follows "because".
    pub lapses: Result<Vec<Lapse>, String>,
}

/// A declaration in a text.
#[derive(Clone, Debug)]
pub struct DeclaredText {
    /// What it says.
    pub declaration: Declaration,
    /// The project that it is part of: the folder.
    pub project: String,
}

/// A command in a text.
#[derive(Clone, Debug)]
pub struct CommandText {
    /// What it says.
    pub command: InstallCommand,
    /// Those of its lists that the project has, as the command names them.
    pub own_lists: BTreeSet<String>,
    /// The project that it is part of: the folder.
    pub project: String,
}

/// One place that says which versions of a package are wanted.
#[derive(Clone, Debug)]
pub(super) struct Saying<'t> {
    pub(super) requirement: Requirement,
    pub(super) origin: &'t Origin,
    pub(super) source: Source,
}

/// The kind of file that says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// Requirements, or a project's dependencies.
    Declared,
    /// Constraints: they bind what others ask for.
    Constrained,
    /// Commands of one image, notebook, script or call: a setting of its own.
    Commanded,
}

impl Texts {
    /// Returns what is said of each package of each project, in a stable order.
    pub(super) fn sayings(&self) -> BTreeMap<(&str, PackageName), Vec<Saying<'_>>> {
        let declared = self.declarations.iter().map(|it| {
            let declaration = &it.declaration;
            let label = declaration.origin.label();
            let is_constraint = declaration.kind != crate::package::DeclarationKind::Requirement
                || file_name(label).contains("constraints");
            let saying = Saying {
                requirement: declaration.requirement.clone(),
                origin: &declaration.origin,
                source: match is_constraint {
                    true => Source::Constrained,
                    false => Source::Declared,
                },
            };
            (it.project.as_str(), saying)
        });
        // Workflows try other versions on purpose.
        let is_run = |it: &&CommandText| {
            let label = it.command.origin.label();
            !label.ends_with(".yml") && !label.ends_with(".yaml")
        };
        let commanded = self.commands.iter().filter(is_run).flat_map(|it| {
            let literal = it.command.requirements.iter().filter(|it| it.is_literal);
            let read = literal.filter_map(|argument| {
                let saying = Saying {
                    requirement: Requirement::parse(&argument.text).ok()?,
                    origin: &argument.origin,
                    source: Source::Commanded,
                };
                Some((it.project.as_str(), saying))
            });
            read.collect::<Vec<_>>()
        });
        let mut sayings: BTreeMap<_, Vec<Saying<'_>>> = BTreeMap::new();
        for (project, saying) in declared.chain(commanded) {
            let key = (project, saying.requirement.name.clone());
            sayings.entry(key).or_default().push(saying);
        }
        for said in sayings.values_mut() {
            said.sort_by(|one, other| one.origin.cmp(other.origin));
            said.dedup_by(|one, other| {
                one.requirement == other.requirement && one.origin.file == other.origin.file
            });
        }
        sayings
    }
}

/// Returns a label without its folders.
pub(super) fn file_name(label: &str) -> &str {
    label.rsplit('/').next().unwrap_or(label)
}

/// Whether a tool wrote a requirements file: it repeats what is declared elsewhere.
pub fn is_compiled(file: &SourceFile) -> bool {
    let text = file.text();
    let mut lines = text.lines();
    text.contains("autogenerated by")
        || text.contains("@generated by")
        || lines.any(|line| {
            let line = line.trim_start();
            line.starts_with("--hash=")
                || line.starts_with("# via")
                || line.contains(" --hash=sha256:")
        })
}
