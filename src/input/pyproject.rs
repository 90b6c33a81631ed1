//! `pyproject.toml`: `[project]` with its extras (PEP 621), dependency groups (PEP 735), and the
//! tool tables, as far as a selection asks for them.

use std::collections::{BTreeMap, HashSet};
use std::str::FromStr;
use std::sync::Arc;

use toml::de::DeTable;

use super::document::{Document, Text, Value, listed};
use super::excerpt::Excerpt;
use super::nearest::nearest;
use super::poetry::{is_poetry, read_poetry};
use super::reference::{package_name, read_requirement};
use super::sources::Sources;
use super::tool::read_tool;
use super::{Manifest, ReadContext, Reading};
use crate::package::{
    Declaration, DeclarationKind, ExtraName, Marker, Requirement, RequirementError, Specifiers,
    Version,
};
use crate::source::{Origin, Problem, SourceFile, Span};

/// Reads a `pyproject.toml`.
pub(super) fn read_pyproject(file: &Arc<SourceFile>, context: &ReadContext<'_>) -> Reading {
    let excerpt = Excerpt::whole(file);
    let (root, document) = Document::parse(&excerpt);
    let mut project = ProjectReader::new(document, context);
    project.sources = read_tool(&root, &mut project);
    match Document::find(&root, &["project"]) {
        Some(table) => {
            if let Some(table) = project.document.table(table) {
                project.read_project(table, &root);
            }
        }
        None if is_poetry(&root) => {}
        None => project.report_missing_project(file),
    }
    read_poetry(&root, &mut project);
    super::groups::read_groups(&root, &mut project);
    project.finish()
}

/// Reads the requirements of one TOML document into a manifest.
pub(super) struct ProjectReader<'d> {
    pub(super) document: Document<'d>,
    pub(super) context: &'d ReadContext<'d>,
    pub(super) manifest: Manifest,
    pub(super) sources: Sources,
    dependencies: Vec<Text>,
    extras: BTreeMap<ExtraName, Vec<Text>>,
    /// What was declared by which line, which extras under which marker, and which groups: many ways can lead
    /// to the same one.
    declared: HashSet<(usize, DeclarationKind, Requirement)>,
    extras_declared: HashSet<(ExtraName, Marker)>,
    pub(super) groups_declared: HashSet<String>,
}

impl<'d> ProjectReader<'d> {
    pub(super) fn new(document: Document<'d>, context: &'d ReadContext<'d>) -> Self {
        Self {
            document,
            context,
            manifest: Manifest::default(),
            sources: Sources::default(),
            dependencies: Vec::new(),
            extras: BTreeMap::new(),
            declared: HashSet::new(),
            extras_declared: HashSet::new(),
            groups_declared: HashSet::new(),
        }
    }

    /// Returns the manifest with all problems.
    pub(super) fn finish(mut self) -> Reading {
        self.manifest.problems = self.document.into_problems();
        Reading {
            statements: Vec::new(),
            manifest: self.manifest,
        }
    }

    /// Reads `requires-python`.
    pub(super) fn read_requires_python(&mut self, value: &Value<'d>) {
        let Some(text) = self.document.string(value) else {
            return;
        };
        match Specifiers::parse(&text.text) {
            Ok(specifiers) => self.manifest.requires_python = Some((specifiers, text.origin)),
            Err(error) => {
                let (message, span) = (error.message, error.span);
                let help =
                    text.text.parse::<Version>().ok().map(|version| {
                        format!("For Python {version} and later, write `>={version}`.")
                    });
                match help {
                    Some(help) => self
                        .document
                        .problems
                        .push(Problem::at(text.origin, message).with_help(help)),
                    None => self
                        .document
                        .report_in(&text, RequirementError { message, span }),
                }
            }
        }
    }

    /// Declares every requirement of a list.
    pub(super) fn declare_all(&mut self, texts: &[Text], kind: DeclarationKind, section: &str) {
        for text in texts {
            if let Some(requirement) = self.read_requirement(text) {
                self.declare(requirement, kind, &text.origin, section);
            }
        }
    }

    /// Declares a project's requirement; one on the project itself stands for its extras.
    pub(super) fn declare_of_project(
        &mut self,
        text: &Text,
        marker: &Marker,
        section: &str,
        path: &[ExtraName],
    ) {
        let Some(mut requirement) = self.read_requirement(text) else {
            return;
        };
        requirement.marker = marker.and(&requirement.marker);
        if requirement.url.is_some() || self.manifest.name.as_ref() != Some(&requirement.name) {
            return self.declare(requirement, self.context.kind, &text.origin, section);
        }
        if !self.context.selection.only_groups.is_empty() {
            for text in self.dependencies.clone() {
                let section = "project.dependencies";
                if let Some(dependency) = self.read_requirement(&text)
                    && dependency.name != requirement.name
                {
                    self.declare(dependency, self.context.kind, &text.origin, section);
                }
            }
        }
        for extra in &requirement.extras {
            // An extra that contains itself adds nothing.
            if path.contains(extra) {
                continue;
            }
            match self.extras.contains_key(extra) {
                true => self.declare_extra(extra, &requirement.marker, path),
                false => self.report_unknown_extra(extra.as_ref(), Some(text)),
            }
        }
    }

    fn declare_extra(&mut self, extra: &ExtraName, marker: &Marker, path: &[ExtraName]) {
        if !self.extras_declared.insert((extra.clone(), marker.clone())) {
            return;
        }
        let path: Vec<ExtraName> = path.iter().chain([extra]).cloned().collect();
        let section = format!("project.optional-dependencies.{extra}");
        for text in self.extras.get(extra).cloned().unwrap_or_default() {
            self.declare_of_project(&text, marker, &section, &path);
        }
    }

    /// Declares a requirement at its place, once for each source that it may come from.
    pub(super) fn declare(
        &mut self,
        requirement: Requirement,
        kind: DeclarationKind,
        origin: &Origin,
        section: &str,
    ) {
        for requirement in self.sources.applied(requirement, section) {
            let declaration = Declaration {
                requirement,
                kind,
                origin: origin.clone(),
                section: Some(section.to_owned()),
                digests: Vec::new(),
            };
            let line = declaration.origin.span.start;
            let declared = (line, kind, declaration.requirement.clone());
            if self.declared.insert(declared) {
                self.manifest.declarations.push(declaration);
            }
        }
    }

    fn read_requirement(&mut self, text: &Text) -> Option<Requirement> {
        read_requirement(&text.text, self.context.folder)
            .map_err(|error| self.document.report_in(text, error))
            .ok()
    }

    fn read_project(&mut self, table: &DeTable<'d>, root: &DeTable<'d>) {
        if let Some(value) = table.get("name")
            && let Some(text) = self.document.string(value)
        {
            match package_name(&text.text) {
                Some(name) => self.manifest.name = Some(name),
                None => self
                    .document
                    .report(value, "this is not a valid project name"),
            }
        }
        if let Some(value) = table.get("requires-python") {
            self.read_requires_python(value);
        }
        self.report_dynamic(table, root);
        if let Some(value) = table.get("dependencies") {
            self.dependencies = self.document.strings(value);
        }
        if let Some(value) = table.get("optional-dependencies") {
            self.read_extras(value);
        }
        self.declare_selected();
    }

    fn declare_selected(&mut self) {
        let selection = self.context.selection;
        if !selection.only_groups.is_empty() {
            return;
        }
        for text in self.dependencies.clone() {
            self.declare_of_project(&text, &Marker::always(), "project.dependencies", &[]);
        }
        if selection.all_extras {
            let all = self.extras.keys().cloned();
            let taken = all.filter(|it| selection.takes_extra(it.as_ref()));
            for extra in taken.collect::<Vec<_>>() {
                self.declare_extra(&extra, &Marker::always(), &[]);
            }
            return;
        }
        for name in &selection.extras {
            match ExtraName::from_str(name) {
                Ok(extra) if self.extras.contains_key(&extra) => {
                    self.declare_extra(&extra, &Marker::always(), &[]);
                }
                // PDM calls extras and groups by one option.
                _ if selection.groups.contains(name) => {}
                _ => self.report_unknown_extra(name, None),
            }
        }
    }

    fn read_extras(&mut self, value: &Value<'d>) {
        let Some(table) = self.document.table(value) else {
            return;
        };
        for (key, value) in table {
            let texts = self.document.strings(value);
            match ExtraName::from_str(key.get_ref()) {
                Ok(extra) => self.extras.entry(extra).or_default().extend(texts),
                Err(_) => self
                    .document
                    .report(key, "this is not a valid name for an extra"),
            }
        }
    }

    fn report_unknown_extra(&mut self, name: &str, text: Option<&Text>) {
        let known: Vec<&str> = self.extras.keys().map(AsRef::as_ref).collect();
        let message = format!("this project has no extra `{name}`");
        let problem = match text {
            Some(text) => Problem::at(text.origin.clone(), message),
            None => Problem::anywhere(message),
        };
        let help = match (nearest(name, known.iter().copied()), known.as_slice()) {
            (Some(near), _) => format!("Did you mean `{near}`? It has {}.", listed(&known)),
            (None, []) => "It has no extras at all.".to_owned(),
            (None, known) => format!("It has {}.", listed(known)),
        };
        self.document.problems.push(problem.with_help(help));
    }

    /// A field that is `dynamic` is computed by the build: nothing here says what it holds.
    fn report_dynamic(&mut self, table: &DeTable<'d>, root: &DeTable<'d>) {
        let Some(dynamic) = table.get("dynamic") else {
            return;
        };
        let selection = self.context.selection;
        let wants_extras = selection.all_extras || !selection.extras.is_empty();
        let wants_project = selection.only_groups.is_empty();
        for text in self.document.strings(dynamic) {
            let (is_wanted, has_static) = match text.text.as_str() {
                "dependencies" => (
                    wants_project,
                    table.contains_key("dependencies") || is_poetry(root),
                ),
                "optional-dependencies" => (
                    wants_project && wants_extras,
                    table.contains_key("optional-dependencies"),
                ),
                _ => continue,
            };
            if !is_wanted || has_static {
                continue;
            }
            let file = Document::find(root, &["tool", "setuptools", "dynamic", &text.text, "file"])
                .map(|value| self.document.string_or_strings(value))
                .and_then(|files| files.into_iter().next());
            let help = match file {
                Some(file) => format!("setuptools takes them from `{0}`: lock that file instead, as in `pyaudit lock {0}`.", file.text),
                None => "They are not written here, and learning them would need a build. Write them into `[project]`, or lock a `requirements.in`.".to_owned(),
            };
            let message = format!(
                "the {} of this project are dynamic",
                text.text.replace('-', " ")
            );
            self.document
                .problems
                .push(Problem::at(text.origin, message).with_help(help));
        }
    }

    fn report_missing_project(&mut self, file: &Arc<SourceFile>) {
        let selection = self.context.selection;
        let wants_groups = selection.all_groups
            || !selection.groups.is_empty()
            || !selection.only_groups.is_empty();
        if wants_groups || !self.manifest.declarations.is_empty() {
            return;
        }
        // A file with syntax errors may well have one.
        if !self.document.is_broken() {
            let origin = Origin::new(file, Span::new(0, 0));
            let help = "Write the dependencies into `[project]`, or lock a `requirements.in`.";
            self.document
                .problems
                .push(Problem::at(origin, "this file has no `[project]` table").with_help(help));
        }
    }
}
