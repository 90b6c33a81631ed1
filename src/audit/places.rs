//! Where something stands in the text of a lock. Looked for only once there is something to tell,
//! so that a lock without a fault costs nothing.

use std::sync::Arc;

use crate::lock::{Format, Layout, LockedPackage};
use crate::package::PackageName;
use crate::source::{Origin, SourceFile, Span};

/// Returns where a package stands, or the file of it that is named.
pub fn place_of(
    file: &Arc<SourceFile>,
    package: &LockedPackage,
    artifact: Option<&str>,
) -> Option<Origin> {
    let span = match Format::of_path(file.label()).layout {
        Layout::Tables(opening) => in_tables(file.text(), opening, package, artifact),
        Layout::Keys => as_key(file.text(), package),
        Layout::Lines => in_requirements(file.text(), package),
    };
    span.map(|span| Origin::new(file, span))
}

/// Looks in the tables that such a line opens.
fn in_tables(
    text: &str,
    opening: &str,
    package: &LockedPackage,
    artifact: Option<&str>,
) -> Option<Span> {
    let mut first = None;
    for (at, _) in text.match_indices(opening) {
        let body = at + opening.len();
        let next = text[body..].find(opening);
        let entry = &text[body..next.map_or(text.len(), |next| body + next)];
        let Some(name) = value_of(entry, "name") else {
            continue;
        };
        let given = &entry[name.start..name.end];
        let is_it = given
            .parse()
            .is_ok_and(|name: PackageName| name == package.name);
        if !is_it {
            continue;
        }
        let version = value_of(entry, "version").map(|span| &entry[span.start..span.end]);
        let same = version.and_then(|text| text.parse().ok()) == package.version;
        let spot = match artifact.and_then(|name| entry.find(name).map(|at| (at, name.len()))) {
            Some((from, len)) => Span::new(body + from, len),
            None => Span::new(body + name.start, name.len()),
        };
        if same {
            return Some(spot);
        }
        first = first.or(Some(spot));
    }
    first
}

/// Finds `key = "value"`, or `key: value`, on a line of its own.
fn value_of(entry: &str, key: &str) -> Option<Span> {
    let mut from = 0;
    for line in entry.split_inclusive('\n') {
        let value = line.trim_start().strip_prefix(key).map(str::trim_start);
        let value = value
            .and_then(|rest| rest.strip_prefix(['=', ':']))
            .map(str::trim);
        // YAML needs no quotes.
        let value = value.map(|rest| rest.strip_prefix(['"', '\'']).unwrap_or(rest));
        let value = value.and_then(|rest| rest.split(['"', '\'']).next());
        if let Some(value) = value
            && let Some(at) = line.rfind(value)
        {
            return Some(Span::new(from + at, value.len()));
        }
        from += line.len();
    }
    None
}

/// Finds `"name": {`.
fn as_key(text: &str, package: &LockedPackage) -> Option<Span> {
    let mut from = 0;
    for line in text.split_inclusive('\n') {
        let key = line.trim().strip_suffix('{').map(str::trim_end);
        let key = key
            .and_then(|it| it.strip_suffix(':'))
            .map(|it| it.trim_matches('"'));
        let name = key.and_then(|key| Some((key, key.parse::<PackageName>().ok()?)));
        if let Some((key, _)) = name.filter(|(_, name)| *name == package.name)
            && let Some(at) = line.find(key)
        {
            return Some(Span::new(from + at, key.len()));
        }
        from += line.len();
    }
    None
}

fn in_requirements(text: &str, package: &LockedPackage) -> Option<Span> {
    let mut from = 0;
    for line in text.split_inclusive('\n') {
        let pin = line.split(['#', ';', '\\']).next().unwrap_or_default();
        if let Some((name, version)) = pin.split_once("==") {
            let name = name.split('[').next().unwrap_or_default().trim();
            let is_name = name
                .parse()
                .is_ok_and(|name: PackageName| name == package.name);
            let version = version.trim_start_matches('=').split_whitespace().next();
            let version = version.and_then(|text| text.parse().ok());
            if is_name && version == package.version {
                let lead = line.len() - line.trim_start().len();
                return Some(Span::new(from + lead, pin.trim().len()));
            }
        }
        from += line.len();
    }
    None
}
