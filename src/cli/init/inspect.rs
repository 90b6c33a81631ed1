//! What is installed, out of the JSON of `pip inspect` or the lines of `pip freeze`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::members::{Held, Present};
use crate::package::{
    ExtraName, IndexUrl, MarkerTexts, PackageName, Requirement, Version, WheelName,
};
use crate::source::{Origin, Problem, SourceFile, Span};

/// More packages than any environment has.
const MOST: usize = 20_000;

#[derive(Deserialize)]
struct InspectWire {
    installed: Vec<InstalledWire>,
    #[serde(default)]
    environment: BTreeMap<String, serde_json::Value>,
}

#[derive(Deserialize)]
struct InstalledWire {
    metadata: MetadataWire,
    #[serde(default)]
    requested: bool,
    direct_url: Option<DirectUrlWire>,
}

#[derive(Deserialize)]
struct MetadataWire {
    name: String,
    version: String,
    #[serde(default)]
    requires_dist: Vec<String>,
    #[serde(default)]
    provides_extra: Vec<String>,
}

#[derive(Deserialize)]
struct DirectUrlWire {
    url: String,
    vcs_info: Option<VcsWire>,
    dir_info: Option<FolderWire>,
}

#[derive(Deserialize)]
struct VcsWire {
    vcs: String,
    requested_revision: Option<String>,
    commit_id: Option<String>,
}

#[derive(Deserialize)]
struct FolderWire {
    #[serde(default)]
    editable: bool,
}

/// Reads what `pip inspect` writes; with the Python that it tells.
pub(super) fn read_inspect(
    file: &Arc<SourceFile>,
) -> Result<(Vec<Present>, Option<String>), Problem> {
    let wire: InspectWire = serde_json::from_str(file.text()).map_err(|error| {
        let message = format!(
            "`{}` is not what `pip inspect` writes: {error}",
            file.label()
        );
        Problem::anywhere(message)
    })?;
    let markers = &mut MarkerTexts::default();
    let installed = wire.installed.into_iter().take(MOST);
    let present = installed.filter_map(|it| {
        let name = PackageName::new(it.metadata.name).ok()?;
        let needs = it.metadata.requires_dist.iter();
        let needs = needs.filter_map(|text| Requirement::parse_lenient(text, markers).ok());
        let offered = it.metadata.provides_extra.into_iter();
        Some(Present {
            version: it.metadata.version.parse().ok(),
            needs: Some(needs.collect()),
            offered: offered.filter_map(|it| ExtraName::new(it).ok()).collect(),
            is_requested: it.requested,
            held: it.direct_url.map_or(Held::Index, |url| held(&name, &url)),
            ..Present::new(name)
        })
    });
    let present = present.collect();
    let python = wire.environment.get("python_full_version");
    let python = python.and_then(|it| it.as_str()).map(ToOwned::to_owned);
    Ok((present, python))
}

fn held(name: &PackageName, wire: &DirectUrlWire) -> Held {
    let url = IndexUrl::redacted(&wire.url);
    match (&wire.vcs_info, &wire.dir_info) {
        (Some(vcs), _) => {
            let revision = vcs.requested_revision.as_ref().or(vcs.commit_id.as_ref());
            let revision = revision.map(|it| format!("@{it}")).unwrap_or_default();
            Held::Line(format!("{name} @ {}+{url}{revision}", vcs.vcs))
        }
        (None, Some(folder)) if folder.editable => Held::Line(format!("-e {url}")),
        (None, _) => Held::Line(format!("{name} @ {url}")),
    }
}

/// Whether every line is one that `pip freeze` writes, and one of them pins a version.
pub(super) fn is_freeze(file: &SourceFile) -> bool {
    let lines = file.text().lines().map(str::trim);
    let mut lines = lines.filter(|line| !line.is_empty() && !line.starts_with(['#', '-']));
    let is_pinned = file.text().contains("==");
    is_pinned && lines.all(|line| line.contains("==") || line.contains(" @ "))
}

/// Reads what `pip freeze` writes.
pub(super) fn read_freeze(file: &Arc<SourceFile>) -> Vec<Present> {
    let mut found: Vec<Present> = Vec::new();
    let mut at = 0;
    for line in file.text().split_inclusive('\n') {
        let start = at;
        at += line.len();
        let text = line.trim();
        let origin = Origin::new(file, Span::new(start, line.trim_end().len()));
        if let Some(present) = frozen(text) {
            found.push(Present {
                origin: Some(origin),
                ..present
            });
        }
        if found.len() >= MOST {
            break;
        }
    }
    found
}

fn frozen(line: &str) -> Option<Present> {
    if let Some(editable) = line.strip_prefix("-e ") {
        let egg = editable.split_once("#egg=").map(|(_, egg)| egg);
        let name = egg?.split(['&', '[']).next()?;
        let held = Held::Line(IndexUrl::redacted(line));
        return Some(Present {
            held,
            ..Present::new(PackageName::new(name.to_owned()).ok()?)
        });
    }
    if line.starts_with(['#', '-']) {
        return None;
    }
    let line = line.split(" #").next()?.split(" --").next()?;
    let line = line.trim_end_matches(['\\', ' ']);
    if let Some((name, address)) = line.split_once(" @ ") {
        let name = PackageName::new(name.split('[').next()?.trim().to_owned()).ok()?;
        // conda built it in a folder that is gone: the index has the same release.
        if address.starts_with("file:") {
            let file = address.split(['#', '?']).next()?.rsplit('/').next()?;
            let version = WheelName::parse(file).ok().map(|wheel| wheel.version);
            return Some(Present {
                version,
                ..Present::new(name)
            });
        }
        let held = Held::Line(IndexUrl::redacted(line));
        return Some(Present {
            held,
            ..Present::new(name)
        });
    }
    let (name, version) = line.split(';').next()?.split_once("==")?;
    let name = PackageName::new(name.split('[').next()?.trim().to_owned()).ok()?;
    let version: Version = version.trim_start_matches('=').trim().parse().ok()?;
    Some(Present {
        version: Some(version),
        ..Present::new(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        let present = read_freeze(&SourceFile::new("freeze.txt", text));
        let told = present.iter().map(|it| {
            let version = it.version.as_ref().map(|it| format!(" {it}"));
            let held = match &it.held {
                Held::Index => String::new(),
                Held::Line(line) => format!(" by {line}"),
            };
            format!("{}{}{held}", it.name, version.unwrap_or_default())
        });
        told.collect()
    }

    #[test]
    fn the_lines_of_a_freeze_are_read_in_all_their_forms() {
        let text = "# comment\nGitPython==3.1.45\n-e git+https://u:p@git.example/a.git@0123#egg=a\n\
                    b @ file:///croot/b_123/work\nc @ file:///x/c-1.0-py3-none-any.whl#sha256=00\n\
                    d @ https://files.example/d-1.tar.gz\ntorch==2.9.0+cu126\n--index-url x\nnothing\n";

        assert_eq!(
            told(text),
            [
                "gitpython 3.1.45",
                "a by -e git+https://git.example/a.git@0123#egg=a",
                "b",
                "c 1.0",
                "d by d @ https://files.example/d-1.tar.gz",
                "torch 2.9.0+cu126",
            ]
        );
    }

    #[test]
    fn what_pip_inspect_writes_is_read_with_what_it_requires() {
        let text = r#"{"version": "1", "installed": [
            {"metadata": {"name": "A_b", "version": "1.0", "requires_dist": ["c>=1; extra == 'x'", "é"], "provides_extra": ["x"]}, "requested": true},
            {"metadata": {"name": "d", "version": "2"}, "direct_url": {"url": "file:///p", "dir_info": {"editable": true}}},
            {"metadata": {"name": "e", "version": "2"}, "direct_url": {"url": "https://git.example/e", "vcs_info": {"vcs": "git", "commit_id": "01"}}}
        ], "environment": {"python_full_version": "3.11.4"}}"#;
        let (present, python) = read_inspect(&SourceFile::new("i.json", text)).unwrap();

        assert_eq!(python.as_deref(), Some("3.11.4"));
        assert_eq!(present[0].needs.as_ref().unwrap().len(), 1);
        assert!(present[0].is_requested);
        let held: Vec<&Held> = present.iter().map(|it| &it.held).collect();
        assert_eq!(held[1], &Held::Line("-e file:///p".to_owned()));
        assert_eq!(
            held[2],
            &Held::Line("e @ git+https://git.example/e@01".to_owned())
        );
        assert!(read_inspect(&SourceFile::new("i.json", "{}")).is_err());
    }
}
