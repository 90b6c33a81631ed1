//! What a source archive says of its requirements without being built, and how surely.

use super::archive::{Members, read_members};
use super::licence::licence_of_headers;
use super::metadata_headers::{Header, before_body, decode, headers};
use super::project_toml::read_project;
use super::requires_txt::read_requires_txt;
use super::setup_script::{Declared, read_setup};
use super::{Metadata, MetadataError, MetadataSource};
use crate::package::MarkerTexts;

/// What was learned from a source archive or a project's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SdistReading {
    /// Metadata that every build must repeat.
    Static(Metadata),
    /// Metadata that a build could contradict.
    Unverified(Metadata),
    /// Only a build can tell.
    Dynamic {
        /// Why, as a sentence without a full stop.
        reason: String,
    },
}

/// Why a source archive cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SdistError {
    /// It is no archive, damaged, or unreasonably large.
    Archive(String),
    /// Metadata in it is not valid.
    Metadata(MetadataError),
}

/// Reads a source archive: its static `pyproject.toml`, else `PKG-INFO` of Metadata 2.2 or newer,
/// else `requires.txt` and older `PKG-INFO`, else what `setup.py` and `setup.cfg` say in plain
/// literals.
pub fn read_sdist(
    archive: &[u8],
    filename: &str,
    markers: &mut MarkerTexts,
) -> Result<SdistReading, SdistError> {
    let members = read_members(archive, filename, is_wanted).map_err(SdistError::Archive)?;
    let package_info = members.get("PKG-INFO").map(Vec::as_slice);
    let block = decode(before_body(package_info.unwrap_or_default()));
    let headers = headers(&block);
    let version = value(&headers, "Version");
    if let Some(pyproject) = members.get("pyproject.toml") {
        let text = String::from_utf8_lossy(pyproject);
        let reading = read_project(&text, version, MetadataSource::SdistStatic, markers);
        // A broken `pyproject.toml` is no reason to distrust what the packager wrote beside it.
        if let Ok(SdistReading::Static(mut metadata)) = reading {
            metadata.license = metadata.license.or_else(|| licence_of_headers(&headers));
            return Ok(SdistReading::Static(metadata));
        }
    }
    if package_info.is_none() {
        return Ok(SdistReading::Dynamic {
            reason: "it has no `PKG-INFO` and no static `pyproject.toml`".into(),
        });
    }
    if is_static(&headers) {
        return Metadata::from_headers(&headers, MetadataSource::SdistStatic, markers)
            .map(SdistReading::Static)
            .map_err(SdistError::Metadata);
    }
    unverified(&members, &headers, markers).map_err(SdistError::Metadata)
}

/// The files that can tell: those at the top, and the egg-info wherever it lies (`src/`).
fn is_wanted(path: &str) -> bool {
    matches!(
        path,
        "PKG-INFO" | "pyproject.toml" | "setup.cfg" | "setup.py"
    ) || is_egg_info(path, "requires.txt")
        || is_egg_info(path, "SOURCES.txt")
}

fn is_egg_info(path: &str, name: &str) -> bool {
    path.strip_suffix(name)
        .and_then(|folder| folder.strip_suffix('/'))
        .is_some_and(|folder| folder.ends_with(".egg-info") && folder.matches('/').count() <= 1)
}

/// Metadata 2.2 or newer says which fields a build may change (PEP 643).
fn is_static(headers: &[Header<'_>]) -> bool {
    const DECISIVE: &[&str] = &["requires-dist", "requires-python", "provides-extra"];
    let version = value(headers, "Metadata-Version").unwrap_or_default();
    let mut numbers = version.split('.').map(|number| number.parse::<u32>().ok());
    let recent = match (numbers.next().flatten(), numbers.next().flatten()) {
        (Some(major), Some(minor)) => (major, minor) >= (2, 2),
        _ => false,
    };
    recent
        && !headers.iter().any(|(name, value)| {
            name.eq_ignore_ascii_case("Dynamic")
                && DECISIVE
                    .iter()
                    .any(|field| field.eq_ignore_ascii_case(value))
        })
}

fn unverified(
    members: &Members,
    headers: &[Header<'_>],
    markers: &mut MarkerTexts,
) -> Result<SdistReading, MetadataError> {
    let mut metadata = Metadata::from_headers(headers, MetadataSource::SdistUnverified, markers)?;
    let mut eggs = members
        .keys()
        .filter(|path| is_egg_info(path, "requires.txt"));
    let egg = eggs.next();
    if eggs.next().is_some() {
        return Ok(SdistReading::Dynamic {
            reason: "it has more than one `requires.txt`".into(),
        });
    }
    if !metadata.requires.is_empty() {
        return Ok(SdistReading::Unverified(metadata));
    }
    if let Some(content) = egg.and_then(|path| members.get(path)) {
        read_requires_txt(&decode(content), &mut metadata, markers)?;
        return Ok(SdistReading::Unverified(metadata));
    }
    // setuptools writes no `requires.txt` where nothing is required.
    if members.keys().any(|path| is_egg_info(path, "SOURCES.txt")) {
        return Ok(SdistReading::Unverified(metadata));
    }
    let text = |name: &str| members.get(name).map(|bytes| decode(bytes).into_owned());
    let (script, config) = (text("setup.py"), text("setup.cfg"));
    match read_setup(script.as_deref(), config.as_deref()) {
        Some(declared) => {
            read_requires_txt(&as_requires_txt(&declared), &mut metadata, markers)?;
            metadata.source = MetadataSource::SetupScript;
            Ok(SdistReading::Unverified(metadata))
        }
        None => Ok(SdistReading::Dynamic {
            reason: "nothing in it tells its requirements without running its code".into(),
        }),
    }
}

/// Writes requirements by extra in the form of a `requires.txt`.
fn as_requires_txt(declared: &Declared) -> String {
    let mut text = String::new();
    for (extra, requirements) in declared {
        if !extra.is_empty() {
            text.push_str(&format!("[{extra}]\n"));
        }
        for requirement in requirements {
            text.push_str(requirement);
            text.push('\n');
        }
    }
    text
}

fn value<'a>(headers: &'a [Header<'_>], name: &'a str) -> Option<&'a str> {
    super::metadata::all(headers, name).find(|value| !value.is_empty())
}

impl std::fmt::Display for SdistError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Archive(reason) => write!(f, "the source archive cannot be read: {reason}"),
            Self::Metadata(error) => std::fmt::Display::fmt(error, f),
        }
    }
}

impl std::error::Error for SdistError {}
