//! What is installed, out of the JSON of `pip inspect`.

use std::sync::Arc;

use super::members::{Held, Present};
use crate::input::{Inspected, InspectedUrl};
use crate::package::{ExtraName, IndexUrl, MarkerTexts, PackageName, Requirement};
use crate::source::{Problem, SourceFile};

/// Reads what `pip inspect` writes; with the Python that it tells.
pub(super) fn read_inspect(
    file: &Arc<SourceFile>,
) -> Result<(Vec<Present>, Option<String>), Problem> {
    let inspected = Inspected::read(file)?;
    let python = inspected.python();
    let markers = &mut MarkerTexts::default();
    let installed = inspected.installed.into_iter();
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
    Ok((present.collect(), python))
}

fn held(name: &PackageName, wire: &InspectedUrl) -> Held {
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
