//! What is installed, out of the JSON of `pip inspect`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::members::{Held, Present};
use crate::package::{ExtraName, IndexUrl, MarkerTexts, PackageName, Requirement};
use crate::source::{Problem, SourceFile};

/// More packages than any environment has.
pub(super) const MOST: usize = 20_000;

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

#[cfg(test)]
mod tests {
    use super::*;

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
