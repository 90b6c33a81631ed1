//! Reads what is installed out of texts: `pip freeze`, and the JSON of `pip inspect`.

use std::sync::Arc;

use super::baseline::{Baseline, Present, Told, bare};
use crate::input::{Inspected, InspectedMetadata};
use crate::package::{MarkerTexts, PackageName, Requirement, Specifiers, Version, WheelName};
use crate::source::{Origin, Problem, SourceFile, Span};

/// More packages than any environment has.
const MOST_PACKAGES: usize = 20_000;

/// What pip writes before a folder that is installed in place.
const IN_PLACE: &str = "# Editable install with no version control (";

/// Reads `pip freeze` or, where it begins with a brace, `pip inspect`.
pub fn read_baseline(file: &Arc<SourceFile>) -> Result<Baseline, Problem> {
    let text = file.text().trim_start_matches('\u{feff}').trim_start();
    let baseline = match text.starts_with('{') {
        true => read_inspect(file)?,
        false => read_freeze(file),
    };
    match baseline.is_empty() {
        true => {
            let message = format!("`{}` names no installed package", file.label());
            let help = "A baseline is the output of `pip freeze` or `pip inspect`, a lock, or the \
                        folder of an environment.";
            Err(Problem::anywhere(message).with_help(help))
        }
        false => Ok(baseline),
    }
}

/// Reads lines such as `numpy==2.3.4` and `a @ file:///b/a-1-py3-none-any.whl`; what names neither a
/// package nor a version is passed over.
fn read_freeze(file: &Arc<SourceFile>) -> Baseline {
    let mut baseline = Baseline::new(file.label());
    let mut from = 0;
    let mut is_named = false;
    for line in file.text().split_inclusive('\n') {
        let at = from;
        from += line.len();
        if baseline.len() >= MOST_PACKAGES {
            break;
        }
        let trimmed = line.trim_start_matches('\u{feff}').trim();
        let start = at + (line.len() - line.trim_start_matches(['\u{feff}', ' ', '\t']).len());
        let origin = || Origin::new(file, Span::new(start, trimmed.len()));
        match installed(trimmed) {
            Some((name, version)) => baseline.put(Present::new(name, version, origin())),
            None if says_nothing(trimmed) || is_named && is_in_place(trimmed) => {}
            None => baseline.unread.push(origin()),
        }
        is_named = trimmed.starts_with(IN_PLACE);
    }
    baseline
}

/// Whether a line is empty, a comment, or an option that installs nothing.
fn says_nothing(line: &str) -> bool {
    line.is_empty() || line.starts_with(['#', '-']) && !is_in_place(line)
}

/// Whether a line installs a folder in place, which pip names in a comment before it.
fn is_in_place(line: &str) -> bool {
    line.starts_with("-e ") || line.starts_with("--editable")
}

/// Reads one line of `pip freeze`.
fn installed(line: &str) -> Option<(PackageName, Option<Version>)> {
    // A comment stands before what is installed in place.
    if let Some(editable) = line.strip_prefix(IN_PLACE) {
        return pinned(editable.strip_suffix(')')?);
    }
    if let Some(editable) = line.strip_prefix("-e ") {
        let (_, egg) = editable.split_once("#egg=")?;
        let name = egg.split(['&', '[']).next()?;
        return Some((PackageName::new(name.to_owned()).ok()?, None));
    }
    if line.starts_with(['#', '-']) {
        return None;
    }
    let line = line.split(" #").next()?.trim_end();
    let line = line.split(" --").next()?.trim_end_matches(['\\', ' ']);
    if let Some((name, address)) = line.split_once(" @ ") {
        let file = address.split(['#', '?']).next()?.rsplit('/').next()?;
        let version = WheelName::parse(file).ok().map(|wheel| wheel.version);
        let name = name.split('[').next()?.trim();
        return Some((PackageName::new(name.to_owned()).ok()?, version));
    }
    pinned(line)
}

fn pinned(text: &str) -> Option<(PackageName, Option<Version>)> {
    let (name, version) = text.split_once("==")?;
    let name = name.split('[').next()?.trim();
    let version = version.split(';').next()?.trim_start_matches('=').trim();
    let name = PackageName::new(name.to_owned()).ok()?;
    Some((name, version.parse().ok()))
}

fn read_inspect(file: &Arc<SourceFile>) -> Result<Baseline, Problem> {
    let inspected = Inspected::read(file)?;
    let mut baseline = Baseline::new(file.label());
    baseline.python = inspected.python();
    let mut markers = MarkerTexts::default();
    let mut places = Places {
        file,
        from: Some(0),
    };
    for installed in inspected.installed {
        let origin = places.next(&installed.metadata.name);
        put(&mut baseline, installed.metadata, origin, &mut markers);
    }
    Ok(baseline)
}

fn put(
    baseline: &mut Baseline,
    wire: InspectedMetadata,
    origin: Origin,
    markers: &mut MarkerTexts,
) {
    let Ok(name) = PackageName::new(wire.name.clone()) else {
        return;
    };
    // Of two copies the first is imported.
    if baseline.get(&name).is_some() {
        return;
    }
    let version: Option<Version> = wire.version.parse().ok();
    let mut present = Present::new(name.clone(), version.clone(), origin);
    if let Some(version) = version {
        present.told = match told(&name, &version, &wire, markers) {
            Ok(metadata) => metadata,
            Err(why) => Told::Unknown(why),
        };
    }
    baseline.put(present);
}

fn told(
    name: &PackageName,
    version: &Version,
    wire: &InspectedMetadata,
    markers: &mut MarkerTexts,
) -> Result<Told, String> {
    let mut metadata = bare(name, version);
    let requires = wire.requires_dist.iter().map(|line| {
        Requirement::parse_lenient(line, markers)
            .map_err(|error| format!("the requirement `{line}` cannot be read: {}", error.message))
    });
    metadata.requires = requires.collect::<Result<Vec<_>, _>>()?.into();
    let python = wire.requires_python.as_deref();
    metadata.requires_python = python.and_then(|it| Specifiers::parse_lenient(it).ok());
    let extras = wire.provides_extra.iter();
    metadata.extras = extras.filter_map(|it| it.parse().ok()).collect();
    Ok(Told::Metadata(Arc::new(metadata)))
}

/// Where packages are named, one after another; a text is gone through once.
struct Places<'a> {
    file: &'a Arc<SourceFile>,
    /// Where the next one is looked for; nothing once one was not found.
    from: Option<usize>,
}

impl Places<'_> {
    fn next(&mut self, name: &str) -> Origin {
        let found = self.from.and_then(|from| {
            let key = format!("\"{name}\"");
            let at = from + self.file.text().get(from..)?.find(&key)?;
            Some(Span::new(at, key.len()))
        });
        self.from = found.map(|span| span.end);
        match found {
            Some(span) => Origin::new(self.file, span),
            None => Origin::whole(self.file),
        }
    }
}
