//! `[project]` of a `pyproject.toml` (PEP 621) as metadata, where it is static.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::licence::{Named, licence_of};
use super::metadata::{Metadata, MetadataError, read_requirement, shortened};
use super::requires_txt::{condition_of, with_condition};
use super::{MetadataSource, SdistReading};
use crate::package::MarkerTexts;

#[derive(Deserialize)]
struct File {
    project: Option<Project>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Project {
    name: String,
    version: Option<String>,
    requires_python: Option<String>,
    #[serde(default)]
    dependencies: Vec<String>,
    #[serde(default)]
    optional_dependencies: BTreeMap<String, Vec<String>>,
    /// An expression, or a table with the text or the file; it decides nothing, so that no form of
    /// it makes the project unreadable.
    license: Option<toml::Value>,
    classifiers: Option<toml::Value>,
    #[serde(default)]
    dynamic: Vec<String>,
}

/// The fields that must not be dynamic.
const DECISIVE: &[&str] = &["dependencies", "optional-dependencies", "requires-python"];

/// Reads a `pyproject.toml`; `version` is what is known of a dynamic one from elsewhere.
pub fn read_project(
    text: &str,
    version: Option<&str>,
    source: MetadataSource,
    markers: &mut MarkerTexts,
) -> Result<SdistReading, MetadataError> {
    let dynamic = |reason: String| Ok(SdistReading::Dynamic { reason });
    let project = match toml::from_str::<File>(text) {
        Ok(file) => file.project,
        Err(error) => {
            let reason = shortened(error.message());
            return dynamic(format!("its `pyproject.toml` cannot be read: {reason}"));
        }
    };
    let Some(project) = project else {
        return dynamic("its `pyproject.toml` has no `[project]`".into());
    };
    let open = project
        .dynamic
        .iter()
        .find(|field| DECISIVE.contains(&field.as_str()));
    if let Some(field) = open {
        return dynamic(format!(
            "its `pyproject.toml` leaves `{field}` to the build"
        ));
    }
    let Some(version) = project.version.as_deref().or(version) else {
        return dynamic("its `pyproject.toml` leaves `version` to the build".into());
    };
    project
        .to_metadata(version, source, markers)
        .map(SdistReading::Static)
}

impl Project {
    fn to_metadata(
        &self,
        version: &str,
        source: MetadataSource,
        markers: &mut MarkerTexts,
    ) -> Result<Metadata, MetadataError> {
        let mut metadata = Metadata::named(&self.name, version, source)?;
        if let Some(python) = &self.requires_python {
            metadata.read_requires_python(python);
        }
        let mut requires = Vec::new();
        for requirement in &self.dependencies {
            requires.push(read_requirement(requirement, markers)?);
        }
        for (extra, requirements) in &self.optional_dependencies {
            metadata.read_extra(extra);
            let Some(condition) = condition_of(extra, "").filter(|text| !text.is_empty()) else {
                continue;
            };
            for requirement in requirements {
                let line = with_condition(requirement, &condition);
                requires.push(read_requirement(&line, markers)?);
            }
        }
        metadata.requires = requires.into();
        metadata.license = self.licence();
        metadata.warn_of_dropped_markers();
        Ok(metadata)
    }

    fn licence(&self) -> Option<String> {
        let license = self.license.as_ref();
        let classifiers = self.classifiers.as_ref().and_then(toml::Value::as_array);
        licence_of(Named {
            expression: license.and_then(toml::Value::as_str),
            classifiers: classifiers
                .into_iter()
                .flatten()
                .filter_map(toml::Value::as_str),
            field: license.and_then(|table| table.get("text")?.as_str()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_form_of_a_licence_keeps_a_project_from_being_read() {
        for (lines, expected) in [
            ("license = 'MIT'", Some("MIT")),
            ("license = { text = 'ISC' }", Some("ISC")),
            ("license = { text = \"Permission\\nis granted\" }", None),
            ("license = { file = 'LICENSE' }", None),
            ("license = 3", None),
            (
                "license = ['a']\nclassifiers = [3, 'License :: Public Domain']",
                Some("Public Domain"),
            ),
            ("classifiers = 'License :: Public Domain'", None),
        ] {
            let text = format!("[project]\nname = 'a'\nversion = '1'\n{lines}\n");
            let source = MetadataSource::Project;
            let reading = read_project(&text, None, source, &mut MarkerTexts::default());
            let Ok(SdistReading::Static(metadata)) = reading else {
                panic!("{lines}: {reading:?}");
            };
            assert_eq!(metadata.license.as_deref(), expected, "{lines}");
        }
    }
}
