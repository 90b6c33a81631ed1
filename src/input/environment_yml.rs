//! conda's `environment.yml`: the `pip:` part is what is declared; what conda installs beside it
//! constrains that, as pip finds it there.

use std::sync::Arc;

use super::excerpt::Excerpt;
use super::requirements::read_lines;
use super::{Doubled, Manifest, ReadContext, Reading, Statement};
use crate::package::{Declaration, DeclarationKind, PackageName, Requirement, Specifiers};
use crate::source::{Origin, SourceFile, Span, Yaml};

/// Packages of conda that are others on package indexes.
const OTHER_NAMES: &[(&str, &str)] = &[("pytorch", "torch"), ("pytorch-cpu", "torch")];

/// Whether a file has such a name: `environment.yml`, `environment-gpu.yaml`, `conda.yml`.
pub(super) fn is_environment_name(name: &str) -> bool {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = name.strip_suffix(".yml").or(name.strip_suffix(".yaml"));
    let is_it = |stem: &str| stem.starts_with("environment") || stem.starts_with("conda");
    stem.is_some_and(|stem| is_it(stem) || stem == "env" || stem.ends_with("environment"))
}

/// Reads an environment of conda's.
pub(super) fn read_environment(file: &Arc<SourceFile>, context: &ReadContext<'_>) -> Reading {
    let root = match Yaml::parse(file) {
        Ok(root) => root,
        Err(problem) => {
            return Reading {
                manifest: Manifest {
                    problems: vec![problem],
                    ..Manifest::default()
                },
                ..Reading::default()
            };
        }
    };
    let items = root.get("dependencies").map_or(&[][..], Yaml::items);
    let of_pip = items.iter().filter_map(|item| item.get("pip"));
    let lines: Vec<Excerpt> = of_pip
        .flat_map(|part| part.items())
        .filter_map(|line| excerpt(file, line))
        .collect();
    let mut reading = read_lines(&lines, context);
    let specs = items.iter().filter_map(|item| {
        let origin = Origin::new(file, inside(file, item)?);
        Some((Spec::parse(item.text()?)?, origin))
    });
    for (spec, origin) in specs {
        spec.say(&origin, &mut reading);
    }
    reading
}

/// Returns the text of a value, which knows where it stands; nothing of what is no plain text.
fn excerpt(file: &Arc<SourceFile>, value: &Yaml) -> Option<Excerpt> {
    let text = value.text()?;
    let span = inside(file, value)?;
    let mut excerpt = Excerpt::new(file);
    match file.text().get(span.start..span.end) == Some(text) {
        true => excerpt.push(span),
        false => excerpt.push_instead(text, span),
    }
    Some(excerpt)
}

/// Returns where a text stands, without its quotes. The place of a quoted one may reach beyond it.
fn inside(file: &Arc<SourceFile>, value: &Yaml) -> Option<Span> {
    let raw = file.text().get(value.span.start..value.span.end)?;
    let (from, len) = match raw.chars().next() {
        Some('\'') => (1, quoted_length(&raw[1..], '\'', "''")),
        Some('"') => (1, quoted_length(&raw[1..], '"', "\\\"")),
        _ => (0, raw.trim_end().len()),
    };
    Some(Span::new(value.span.start + from, len))
}

/// Returns how long a text is up to the quote that closes it, and that is not written so.
fn quoted_length(text: &str, quote: char, escaped: &str) -> usize {
    let mut rest = text;
    while !rest.is_empty() && !rest.starts_with(quote) || rest.starts_with(escaped) {
        let first = rest.chars().next().map_or(1, char::len_utf8);
        let length = if rest.starts_with(escaped) {
            escaped.len()
        } else {
            first
        };
        rest = &rest[length..];
    }
    text.len() - rest.len()
}

/// What conda is told to install: `conda-forge::numpy>=1.26,<2`, `python=3.11`.
struct Spec<'t> {
    name: String,
    version: &'t str,
}

impl<'t> Spec<'t> {
    fn parse(text: &'t str) -> Option<Self> {
        let text = text.rsplit("::").next()?.split('#').next()?.trim();
        let text = text.split('[').next()?;
        let end = text.find(['=', '<', '>', '!', '~', ' ']);
        let (name, version) = text.split_at(end.unwrap_or(text.len()));
        Some(Self {
            name: name.to_ascii_lowercase(),
            version: version.trim(),
        })
    }

    /// Returns the versions in the words of PEP 440: conda's `=1.2` is `==1.2.*`, and what follows
    /// a second `=` names a build.
    fn specifiers(&self) -> Option<Specifiers> {
        let text = match self.version.strip_prefix("==") {
            Some(exact) => format!("=={}", exact.split('=').next()?.trim()),
            None => match self.version.strip_prefix('=') {
                Some(near) => {
                    let mut parts = near.splitn(2, '=');
                    let version = parts.next()?.trim();
                    let is_exact = parts.next().is_some_and(|build| build != "*");
                    match is_exact || version.ends_with('*') {
                        true => format!("=={version}"),
                        false => format!("=={version}.*"),
                    }
                }
                None if self.version.starts_with(|c: char| c.is_ascii_digit()) => {
                    let version = self.version.split([' ', '=']).next()?;
                    format!("=={version}")
                }
                None => self.version.split(' ').next()?.to_owned(),
            },
        };
        Specifiers::parse(&text).ok()
    }

    fn say(&self, origin: &Origin, reading: &mut Reading) {
        let Some(specifiers) = self.specifiers() else {
            return;
        };
        let manifest = &mut reading.manifest;
        let number = self.version.trim_start_matches('=').split('=').next();
        let number = number.unwrap_or_default().trim_end_matches(".*");
        let is_number = number.starts_with(|c: char| c.is_ascii_digit());
        match self.name.as_str() {
            "python" if specifiers.is_any() => {}
            "python" if is_number => {
                manifest.tool.python = Some((number.to_owned(), origin.clone()));
            }
            "python" => manifest.requires_python = Some((specifiers, origin.clone())),
            "pip" => {}
            "pytorch-cuda" | "cuda-version" | "cudatoolkit" => {
                let cuda = is_number.then(|| (number.to_owned(), origin.clone()));
                manifest.tool.cuda = cuda;
            }
            name => {
                let other = OTHER_NAMES.iter().find(|(conda, _)| *conda == name);
                let name = other.map_or(name, |(_, name)| name);
                let Ok(name) = name.parse::<PackageName>() else {
                    return;
                };
                constrain(name, specifiers, origin, reading);
            }
        }
    }
}

/// Holds pip to what conda has installed before it; a package that both install is told.
fn constrain(name: PackageName, specifiers: Specifiers, origin: &Origin, reading: &mut Reading) {
    let by_pip = reading.statements.iter().find_map(|it| match it {
        Statement::Declaration(it) if it.requirement.name == name => {
            Some((it.requirement.specifiers.clone(), it.origin.clone()))
        }
        _ => None,
    });
    if let Some(by_pip) = by_pip {
        let doubled = Doubled {
            name: name.clone(),
            by_pip,
            by_conda: (specifiers.clone(), origin.clone()),
        };
        reading.manifest.problems.push(doubled.warning());
        reading.manifest.doubled.push(doubled);
    }
    if specifiers.is_any() {
        return;
    }
    let Ok(requirement) = Requirement::parse(name.as_ref()) else {
        return;
    };
    reading.statements.push(Statement::Declaration(Declaration {
        requirement: Requirement {
            specifiers,
            ..requirement
        },
        kind: DeclarationKind::Constraint,
        origin: origin.clone(),
        section: None,
        digests: Vec::new(),
    }));
}
