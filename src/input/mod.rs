//! What a project declares: text in, a [`Manifest`] and its problems out. Readers go on after a
//! mistake and touch no file; `host` brings the texts and follows includes.

mod ambient;
mod commands;
mod decode;
mod document;
mod edit;
mod environment_yml;
mod excerpt;
mod formats;
mod groups;
mod hints;
mod inspect;
mod installs;
mod lines;
mod manifest;
mod nearest;
mod options;
mod pipfile;
mod poetry;
mod pyproject;
mod python_names;
mod python_tokens;
mod python_values;
mod reference;
mod requirements;
mod script;
mod selection;
mod setup_cfg;
mod setup_py;
mod sources;
mod tool;
mod tool_calls;
mod tool_environments;
mod tool_indexes;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::package::{DeclarationKind, IndexUrl};
use crate::source::{Origin, Problem, SourceFile};

pub use ambient::{Ambient, AmbientTexts, NamedIndex, Said, Variables, read_ambient};
pub use commands::{
    Action, Argument, Base, BaseImage, Build, COMMAND_READERS, Call, Calls, CommandReader,
    Downloads, FileRole, InstallCommand, InstallOption, Installer, Opened, Recipe, Speaker, Stage,
    Step, StepFile, Swallowed, SyncCommand, Syncer, command_reader_of, piped, quoted,
};
pub use decode::decode;
pub use edit::{Edit, Rewrite, Unwritable, edits, written};
pub use formats::{FormatControl, FormatList, FormatName};
pub use inspect::{Inspected, InspectedMetadata, InspectedUrl};
pub use manifest::{
    AllowBuild, Doubled, Include, IndexOptions, IndexTable, Located, Machine, Manifest,
    PinnedIndex, ProjectFile, Setting, Statement, ToolTable, Unnamed,
};
pub use reference::read_requirement;
pub use selection::Selection;
pub use sources::OF_WORKSPACE;
pub use tool_calls::read_own_calls;
pub use tool_environments::ToolEnvironments;

/// What a reader has to know besides the text.
#[derive(Clone, Copy, Debug)]
pub struct ReadContext<'a> {
    /// What the file's requirements are.
    pub kind: DeclarationKind,
    /// The absolute folder that paths in the file are relative to.
    pub folder: &'a Path,
    /// The environment variables that may be filled in.
    pub variables: &'a BTreeMap<String, String>,
    /// What of a `pyproject.toml` is asked for.
    pub selection: &'a Selection,
    /// The calls that are looked for in Python.
    pub calls: &'a Calls,
}

/// What a reader understood.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// What counts in its order, for the caller to apply; only requirements files have it.
    pub statements: Vec<Statement>,
    /// All the rest, with the problems.
    pub manifest: Manifest,
}

/// How files of a kind are changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edited {
    /// Line by line.
    Lines,
    /// In their TOML.
    Document,
    /// Word by word, where a requirement stands there as it is.
    Words,
    /// By hand alone.
    Never,
}

/// A kind of input and how it is read.
#[derive(Clone, Copy, Debug)]
pub struct Reader {
    /// What messages call it.
    pub name: &'static str,
    /// Whether it reads files of such a name.
    pub accepts: fn(&str) -> bool,
    /// Whether paths in it are relative to its own folder, and not to the current one: pip and uv
    /// take the current folder for the packages that a requirements file names.
    pub has_own_paths: bool,
    /// Whether such files have extras or groups, which `--extra` and `--group` choose from.
    pub has_parts: bool,
    /// How such files are changed, where they are.
    pub edited: Edited,
    /// Reads a text.
    pub read: fn(&Arc<SourceFile>, &ReadContext<'_>) -> Reading,
}

/// The readers, tried in this order; the last takes every name.
pub const READERS: &[Reader] = &[
    Reader {
        name: "pyproject.toml",
        accepts: |name| name.ends_with("pyproject.toml"),
        has_own_paths: true,
        has_parts: true,
        edited: Edited::Document,
        read: pyproject::read_pyproject,
    },
    Reader {
        name: "setup.cfg",
        accepts: |name| name.ends_with("setup.cfg"),
        has_own_paths: true,
        has_parts: true,
        edited: Edited::Never,
        read: setup_cfg::read_setup_cfg,
    },
    Reader {
        name: "setup.py",
        accepts: |name| name == "setup.py" || name.ends_with("/setup.py"),
        has_own_paths: true,
        has_parts: true,
        edited: Edited::Never,
        read: setup_py::read_setup_py,
    },
    Reader {
        name: "Pipfile",
        accepts: |name| name == "Pipfile" || name.ends_with("/Pipfile"),
        has_own_paths: true,
        has_parts: true,
        edited: Edited::Words,
        read: pipfile::read_pipfile,
    },
    Reader {
        name: "environment.yml",
        accepts: environment_yml::is_environment_name,
        has_own_paths: true,
        has_parts: false,
        edited: Edited::Words,
        read: environment_yml::read_environment,
    },
    Reader {
        name: "script",
        accepts: |name| name.ends_with(".py") || name.ends_with(".pyw"),
        has_own_paths: true,
        has_parts: false,
        edited: Edited::Document,
        read: script::read_script,
    },
    Reader {
        name: "Dockerfile, notebook or script",
        accepts: |name| {
            let is_workflow = name.ends_with(".yml") || name.ends_with(".yaml");
            !is_workflow && command_reader_of(name).is_some()
        },
        has_own_paths: true,
        has_parts: false,
        edited: Edited::Words,
        read: installs::read_installs,
    },
    Reader {
        name: "requirements file",
        accepts: |_| true,
        has_own_paths: false,
        has_parts: false,
        edited: Edited::Lines,
        read: requirements::read_requirements,
    },
];

/// Returns the reader for a file of this name.
pub fn reader_of(name: &str) -> &'static Reader {
    READERS
        .iter()
        .find(|reader| (reader.accepts)(name))
        .unwrap_or(&READERS[READERS.len() - 1])
}

/// Reads an index's address, or a folder's path relative to an absolute folder, as an address.
pub fn read_address(text: &str, folder: &Path) -> Result<IndexUrl, String> {
    reference::read_address(text, folder)
}

/// Reads a path or an address that does not say its name, at a place.
pub fn read_unnamed(text: &str, folder: &Path, origin: &Origin) -> Result<Unnamed, Problem> {
    let fail = |message: &str| Problem::at(origin.clone(), IndexUrl::redacted(message));
    match reference::read_reference(text, folder) {
        Ok(reference::Reference::Unnamed(url, extras, marker)) => Ok(Unnamed {
            url,
            extras,
            marker,
            digests: Vec::new(),
            origin: origin.clone(),
        }),
        Ok(reference::Reference::Named(_)) => Err(fail(&format!("`{text}` is not a path"))),
        Err(error) => Err(fail(&error.message)),
    }
}

#[cfg(test)]
mod tests;
