//! What pyaudit keeps in a lock for itself, in `[tool.pyaudit]`: for whom it was made, which
//! options shaped it, and what was declared where. All of it is disposable: installers ignore it.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::package::{DeclarationKind, PackageName};
use crate::target::{Gpu, Target};

/// The `[tool.pyaudit]` table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolRecord {
    /// The version of pyaudit that wrote it.
    pub version: String,
    /// The project whose dependencies these are, where a `pyproject.toml` names it.
    pub project: Option<String>,
    /// The targets it was made for.
    pub targets: Vec<LockedTarget>,
    /// The hosts that its files are on, as `https://host`; empty where nobody wrote them down.
    pub hosts: Vec<String>,
    /// The options that shaped the result.
    pub options: LockOptions,
    /// What was declared, in the order it was read.
    pub declarations: Vec<LockedDeclaration>,
}

impl ToolRecord {
    /// The version of the table's shape; another one is not read.
    pub const SCHEMA: i64 = 1;
}

/// Where a lock has to run, as it was said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct LockedTarget {
    /// The Python version, such as `3.10`.
    pub python: String,
    /// The platform, such as `x86_64-unknown-linux-gnu`.
    pub platform: String,
    /// The flavour of torch, such as `cu128`.
    pub flavour: Option<String>,
    /// The CUDA toolkit, such as `12.4`.
    pub cuda: Option<String>,
    /// The version of NVIDIA's driver, such as `550.54`.
    pub driver: Option<String>,
    /// The GPUs.
    #[serde(default)]
    pub gpus: Vec<LockedGpu>,
    /// The day of the facts by which flavour, driver and GPUs were judged.
    pub facts: Option<String>,
}

/// A GPU that a lock was made for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct LockedGpu {
    /// Its name, where one was said.
    pub name: Option<String>,
    /// Its compute capability, such as `sm_120`.
    pub capability: String,
}

impl LockedTarget {
    /// Describes a target; the day of the facts counts where it has accelerators.
    pub fn new(target: &Target, facts: &str) -> Self {
        let accelerators = target.accelerators();
        let is_judged = !accelerators.is_empty() && !facts.is_empty();
        Self {
            python: target.python().to_string(),
            platform: target.platform().to_string(),
            flavour: accelerators.flavour.as_ref().map(ToString::to_string),
            cuda: accelerators.cuda.map(|cuda| cuda.to_string()),
            driver: accelerators.driver.as_ref().map(ToString::to_string),
            gpus: accelerators.gpus.iter().map(LockedGpu::new).collect(),
            facts: is_judged.then(|| facts.to_owned()),
        }
    }
}

impl LockedGpu {
    fn new(gpu: &Gpu) -> Self {
        Self {
            name: gpu.name.clone(),
            capability: gpu.capability.to_string(),
        }
    }
}

/// The options that shape a resolution; addresses without credentials, as the user gave the rest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct LockOptions {
    /// The default index.
    pub index: Option<String>,
    /// The other indexes, best first.
    pub extra_indexes: Vec<String>,
    /// Pages and folders of files.
    pub find_links: Vec<String>,
    /// Whether no index was asked.
    pub no_index: bool,
    /// The flavour of torch as it was asked for: `auto`, `pypi` or `cu128`.
    pub torch: Option<String>,
    /// The address below which every flavour of torch has its index, where it is not the usual one.
    pub torch_index: Option<String>,
    /// The user's own facts.
    pub facts: Option<String>,
    /// Whether undeclared bounds were passed over.
    pub no_facts: bool,
    /// Whether it is for all environments that the project admits.
    pub universal: bool,
    /// What forking aims at, where it is not the usual: `requires-python`.
    pub fork_strategy: Option<String>,
    /// The stage of a Dockerfile, or the function of a Python source, that was asked for.
    pub stage: Option<String>,
    /// How several indexes count, such as `first-index`.
    pub index_strategy: Option<String>,
    /// `highest`, `lowest` or `lowest-direct`.
    pub resolution: Option<String>,
    /// The policy for pre-releases.
    pub prerelease: Option<String>,
    /// The cut-off for upload times, as it was given.
    pub exclude_newer: Option<String>,
    /// The cut-offs of single packages, as they were given.
    pub exclude_newer_package: BTreeMap<String, String>,
    /// The packages that must not come from wheels; `:all:` for all.
    pub no_binary: Vec<String>,
    /// The packages that must come from wheels; `:all:` for all.
    pub only_binary: Vec<String>,
    /// The packages that may be built; `:all:` for all.
    pub allow_build: Vec<String>,
    /// The packages that nothing may bring in.
    pub excludes: Vec<String>,
}

/// A declaration with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockedDeclaration {
    /// The package it speaks of.
    pub name: PackageName,
    /// What was written, without credentials.
    pub text: String,
    /// Whether it requires, constrains or overrides.
    pub kind: DeclarationKind,
    /// The file, as the user named it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, in characters from 1.
    pub column: usize,
    /// The place within a structured file, such as `project.dependencies`.
    pub section: Option<String>,
    /// Whether its marker holds for a target of the lock.
    pub applies: bool,
    /// Whether a comment says that it is to stay as it is: `# pyaudit: keep`.
    pub is_kept: bool,
}

/// The kinds with their names in files and in JSON.
const KINDS: &[(DeclarationKind, &str)] = &[
    (DeclarationKind::Constraint, "constraint"),
    (DeclarationKind::Override, "override"),
    (DeclarationKind::Requirement, "requirement"),
];

impl LockedDeclaration {
    /// Returns `file:line`, or the file alone where no line is known.
    pub fn place(&self) -> String {
        match self.line {
            0 => self.file.clone(),
            line => format!("{}:{line}", self.file),
        }
    }

    /// Returns the name of its kind.
    pub fn kind_name(&self) -> &'static str {
        KINDS
            .iter()
            .find(|(kind, _)| *kind == self.kind)
            .map_or("requirement", |(_, name)| name)
    }

    /// Returns the kind of a name.
    pub(super) fn kind_named(name: &str) -> Option<DeclarationKind> {
        KINDS
            .iter()
            .find(|(_, known)| *known == name)
            .map(|(kind, _)| *kind)
    }
}
