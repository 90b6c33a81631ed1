//! `requires.txt` of an egg-info folder: setuptools' own form of requirements, in sections
//! `[extra]`, `[extra:marker]` and `[:marker]`.

use super::metadata::{Metadata, MetadataError, MetadataSource, read_requirement};
use crate::package::{ExtraName, MarkerTexts};

/// Reads the metadata of an installed `.egg-info`: its `PKG-INFO`, and what `requires.txt` adds
/// where there is one.
pub fn read_egg_info(
    headers: &[u8],
    requires: Option<&str>,
    markers: &mut MarkerTexts,
) -> Result<Metadata, MetadataError> {
    let mut metadata = Metadata::parse(headers, MetadataSource::Built, markers)?;
    if let Some(text) = requires.filter(|_| metadata.requires.is_empty()) {
        read_requires_txt(text, &mut metadata, markers)?;
    }
    Ok(metadata)
}

/// Takes the requirements of the file, and its extras to those that are known.
pub(super) fn read_requires_txt(
    text: &str,
    metadata: &mut Metadata,
    markers: &mut MarkerTexts,
) -> Result<(), MetadataError> {
    let mut requires = Vec::new();
    let mut condition = Some(String::new());
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let section = line
            .strip_prefix('[')
            .and_then(|line| line.strip_suffix(']'));
        if let Some(section) = section {
            let (extra, marker) = section.split_once(':').unwrap_or((section, ""));
            if !extra.is_empty() {
                metadata.read_extra(extra);
            }
            condition = condition_of(extra, marker);
            continue;
        }
        if let Some(condition) = &condition {
            requires.push(read_requirement(&with_condition(line, condition), markers)?);
        }
    }
    metadata.requires = requires.into();
    metadata.warn_of_dropped_markers();
    Ok(())
}

/// Writes the marker of a section, where the extra may be none; `None` where it is no valid name,
/// so that nobody can ask for it.
pub(super) fn condition_of(extra: &str, marker: &str) -> Option<String> {
    let marker = marker.trim();
    if extra.is_empty() {
        return Some(marker.to_owned());
    }
    let extra = ExtraName::new(extra.to_owned()).ok()?;
    Some(match marker {
        "" => format!("extra == '{extra}'"),
        marker => format!("({marker}) and extra == '{extra}'"),
    })
}

/// Adds a condition to a requirement's own marker; a URL needs white space before the `;`.
pub(super) fn with_condition(requirement: &str, condition: &str) -> String {
    if condition.is_empty() {
        return requirement.to_owned();
    }
    let is_url = requirement.contains('@');
    let at = match is_url {
        true => requirement.find(" ;").map(|at| at + 1),
        false => requirement.find(';'),
    };
    match at {
        Some(at) => format!(
            "{} ; ({}) and {condition}",
            requirement[..at].trim_end(),
            requirement[at + 1..].trim()
        ),
        None => format!("{requirement} ; {condition}"),
    }
}
