//! `requirements.in` and `.txt`: pip's format, line by line, into statements in their order.

use std::sync::Arc;

use super::document::in_order;
use super::excerpt::Excerpt;
use super::hints::explain;
use super::lines::logical_lines;
use super::options::{Effect, Given, options_start, read_options};
use super::reference::{Reference, is_url, read_address, read_reference};
use super::{
    FormatList, FormatName, Include, Manifest, ReadContext, Reading, Setting, Statement, Unnamed,
};
use crate::package::{Declaration, DeclarationKind, Digest, IndexUrl, RequirementError};
use crate::source::{Problem, SourceFile, Span};

/// Reads a requirements file; its includes are for the caller to follow.
pub(super) fn read_requirements(file: &Arc<SourceFile>, context: &ReadContext<'_>) -> Reading {
    let mut problems = Vec::new();
    let lines = logical_lines(file, context.variables, &mut problems);
    if let Some(line) = lines.first().filter(|_| is_json(file.text())) {
        let help = "`pyaudit plan --baseline` and `pyaudit init` read what `pip inspect` writes; `pyaudit \
                    check --env` looks at an environment itself.";
        let first = line.origin(Span::new(0, 1));
        problems.push(Problem::at(first, "this is JSON, and no requirements file").with_help(help));
        let mut reading = read_lines(&[], context);
        reading.manifest.problems = problems;
        return reading;
    }
    let mut reading = read_lines(&lines, context);
    problems.append(&mut reading.manifest.problems);
    reading.manifest.problems = in_order(problems);
    reading
}

/// Whether a text is an object or a list of JSON; no requirements file is.
fn is_json(text: &str) -> bool {
    let is_json = || serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    text.trim_start().starts_with(['{', '[']) && is_json()
}

/// Reads lines that stand in a file of another kind, each by itself.
pub(super) fn read_lines(lines: &[Excerpt], context: &ReadContext<'_>) -> Reading {
    let mut reader = Reader {
        context,
        statements: Vec::new(),
        problems: Vec::new(),
    };
    for line in lines {
        reader.read_line(line);
    }
    Reading {
        statements: reader.statements,
        manifest: Manifest {
            problems: in_order(reader.problems),
            ..Manifest::default()
        },
    }
}

struct Reader<'a> {
    context: &'a ReadContext<'a>,
    statements: Vec<Statement>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn read_line(&mut self, line: &Excerpt) {
        let split = options_start(line.text());
        let text = line.text()[..split].trim_end();
        if text.is_empty() {
            return self.read_option_line(line);
        }
        let options = read_options(line, split, &mut self.problems);
        let digests = self.read_requirement_options(line, &options);
        self.read_reference(line, Span::new(0, text.len()), digests, false);
    }

    /// On a requirement's line pip heeds only the options that are about the requirement.
    fn read_requirement_options(&mut self, line: &Excerpt, options: &[Given]) -> Vec<Digest> {
        let mut digests = Vec::new();
        for given in options {
            match given.effect {
                Effect::Hash => digests.extend(self.read_hash(line, given)),
                Effect::Nothing(why) => self.note(line, given, why),
                _ => self.problems.push(
                    Problem::at(
                        line.origin(given.span),
                        format!("`{}` on a requirement's line has no effect", given.name),
                    )
                    .with_help("Write it on a line of its own.")
                    .as_warning(),
                ),
            }
        }
        digests
    }

    fn read_hash(&mut self, line: &Excerpt, given: &Given) -> Option<Digest> {
        let digest = Digest::parse(&given.value.text).filter(Digest::is_secure);
        if digest.is_none() {
            let message = format!("`{}` is not a hash", given.value.text);
            let help = "Expected `sha256:` and 64 hexadecimal digits (`sha384:` and 96, `sha512:` and 128).";
            let origin = line.origin(given.value.span);
            self.problems
                .push(Problem::at(origin, message).with_help(help));
        }
        digest
    }

    fn read_option_line(&mut self, line: &Excerpt) {
        for given in read_options(line, 0, &mut self.problems) {
            self.read_option(line, &given);
        }
    }

    fn read_option(&mut self, line: &Excerpt, given: &Given) {
        let value = || (given.value.text.clone(), line.origin(given.value.span));
        match given.effect {
            Effect::Requirement => self.include(line, given, DeclarationKind::Requirement),
            Effect::Constraint => self.include(line, given, DeclarationKind::Constraint),
            Effect::Editable => self.read_reference(line, given.value.span, Vec::new(), true),
            Effect::IndexUrl => self.set_address(line, given, Setting::IndexUrl),
            Effect::ExtraIndexUrl => self.set_address(line, given, Setting::ExtraIndexUrl),
            Effect::FindLinks if !is_url(&given.value.text) => {
                self.statements.push(Statement::FindLinksPath(value()));
            }
            Effect::FindLinks => self.set_address(line, given, Setting::FindLinks),
            Effect::NoIndex => self.set(Setting::NoIndex),
            Effect::Pre => self.set(Setting::Pre),
            Effect::RequireHashes => self.set(Setting::RequireHashes),
            Effect::NoBinary => self.set_formats(line, given, FormatList::NoBinary),
            Effect::OnlyBinary => self.set_formats(line, given, FormatList::OnlyBinary),
            Effect::TrustedHost => self.set(Setting::TrustedHost(value())),
            Effect::Hash => self.note(line, given, "there is no requirement on this line"),
            Effect::Nothing(why) => self.note(line, given, why),
        }
    }

    fn set(&mut self, setting: Setting) {
        self.statements.push(Statement::Setting(setting));
    }

    fn note(&mut self, line: &Excerpt, given: &Given, why: &str) {
        let message = format!("`{}` has no effect here: {why}", given.name);
        self.problems
            .push(Problem::at(line.origin(given.span), message).as_warning());
    }

    /// What a constraints file includes with `-r` only constrains, as in uv; pip would require it.
    fn include(&mut self, line: &Excerpt, given: &Given, kind: DeclarationKind) {
        self.statements.push(Statement::Include(Include {
            path: given.value.text.clone(),
            kind: match self.context.kind {
                DeclarationKind::Requirement => kind,
                DeclarationKind::Constraint | DeclarationKind::Override => self.context.kind,
            },
            origin: line.origin(given.value.span),
        }));
    }

    fn set_address(
        &mut self,
        line: &Excerpt,
        given: &Given,
        setting: fn((IndexUrl, crate::source::Origin)) -> Setting,
    ) {
        let origin = line.origin(given.value.span);
        // pip takes folders for indexes too; a lone word is rather a slip.
        let text = &given.value.text;
        let address = match is_url(text) || text.contains(['/', '\\']) {
            true => read_address(text, self.context.folder),
            false => Err(format!("`{text}` is not the address of an index")),
        };
        match address {
            Ok(url) => self.set(setting((url, origin))),
            Err(message) => self.problems.push(
                Problem::at(origin, message)
                    .with_help("Expected an address such as `https://index.example/simple`."),
            ),
        }
    }

    fn set_formats(&mut self, line: &Excerpt, given: &Given, list: FormatList) {
        let names: Result<Vec<FormatName>, String> =
            given.value.text.split(',').map(str::parse).collect();
        match names {
            Ok(names) => self.set(Setting::Formats(list, names)),
            Err(message) => self
                .problems
                .push(Problem::at(line.origin(given.value.span), message)),
        }
    }

    fn read_reference(
        &mut self,
        line: &Excerpt,
        span: Span,
        digests: Vec<Digest>,
        is_editable: bool,
    ) {
        let (text, span) = unquoted(&line.text()[span.start..span.end], span);
        let reference = match read_reference(text, self.context.folder) {
            Ok(reference) => reference,
            Err(error) => return self.report(line, span, text, error),
        };
        let origin = line.origin(span);
        if let Some((message, help)) = self.objection(&reference, text, is_editable) {
            let problem = Problem::at(origin, message).with_help(help);
            self.problems.push(problem);
            return;
        }
        self.statements.push(match reference {
            Reference::Named(mut requirement) => {
                if let Some(url) = &mut requirement.url {
                    Arc::make_mut(url).editable = is_editable;
                }
                Statement::Declaration(Declaration {
                    requirement,
                    kind: self.context.kind,
                    origin,
                    section: None,
                    digests,
                })
            }
            Reference::Unnamed(mut url, extras, marker) => {
                Arc::make_mut(&mut url).editable = is_editable;
                Statement::Unnamed(Unnamed {
                    url,
                    extras,
                    marker,
                    digests,
                    origin,
                })
            }
        });
    }

    /// Tells what is wrong with a reference that can be read but not stand here, and the remedy.
    fn objection(
        &self,
        reference: &Reference,
        text: &str,
        is_editable: bool,
    ) -> Option<(String, String)> {
        let has_url = match reference {
            Reference::Named(requirement) => requirement.url.is_some(),
            Reference::Unnamed(..) => true,
        };
        if text.ends_with(".txt") && !has_url {
            return Some((
                "expected a requirement, but this looks like a file".to_owned(),
                format!("To read that file too, write `-r {text}`."),
            ));
        }
        if is_editable && !has_url {
            return Some((
                format!("expected a folder or a VCS URL after `-e`, but found `{text}`"),
                format!("For a folder, write `-e ./{text}`."),
            ));
        }
        let is_unnamed = matches!(reference, Reference::Unnamed(..));
        if self.context.kind != DeclarationKind::Requirement && (is_editable || is_unnamed) {
            return Some((
                "a constraint or override needs a name and cannot be editable".to_owned(),
                format!("Write `name @ {}`.", IndexUrl::redacted(text)),
            ));
        }
        None
    }

    fn report(&mut self, line: &Excerpt, span: Span, text: &str, error: RequirementError) {
        let mistake = explain(text, error);
        let place = Span::new(span.start + mistake.span.start, mistake.span.len());
        let problem = Problem::at(line.origin(place), IndexUrl::redacted(&mistake.message));
        self.problems.push(match mistake.help {
            Some(help) => problem.with_help(IndexUrl::redacted(&help)),
            None => problem,
        });
    }
}

/// Takes the quotes off an option's value.
fn unquoted(text: &str, span: Span) -> (&str, Span) {
    for quote in ['"', '\''] {
        let inner = text
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote));
        if let Some(inner) = inner.filter(|_| span.start > 0) {
            return (inner, Span::new(span.start + 1, inner.len()));
        }
    }
    (text, span)
}
