//! Source trees: folders of this machine, checkouts, and what archives unpack to. Their static
//! `pyproject.toml` tells what they need; the rest is for builds.

use std::path::{Path, PathBuf};

use super::error::{FetchError, FetchErrorKind};
use super::file::FileQuestion;
use super::once::lock;
use super::shared::Shared;
use crate::index::{Metadata, MetadataSource, SdistReading, read_project};
use crate::package::PackageName;

/// The largest file of a tree that is read.
const MOST_READ: u64 = 4 << 20;

/// Returns the folder of the project in a tree; neither a path nor a link may leave the tree.
pub(super) fn project_in(root: &Path, subdirectory: Option<&str>) -> Result<PathBuf, String> {
    let Some(subdirectory) = subdirectory else {
        return Ok(root.to_owned());
    };
    let absent = |_| format!("there is no folder `{subdirectory}` in it");
    let project = root.join(subdirectory).canonicalize().map_err(absent)?;
    let root = root.canonicalize().map_err(|error| error.to_string())?;
    match project.starts_with(&root) && project.is_dir() {
        true => Ok(project),
        false => Err(format!("`{subdirectory}` is no folder inside of it")),
    }
}

/// Reads the static metadata of a project's folder; what only a build can tell is `NeedsBuild`.
pub(super) fn read(
    shared: &Shared,
    file: &FileQuestion,
    project: &Path,
    source: MetadataSource,
) -> Result<Metadata, FetchError> {
    let failed = |kind, met: String| FetchError {
        kind,
        asking: file.asking(),
        url: String::new(),
        met,
    };
    let text = match text_of(project, "pyproject.toml") {
        Ok(Some(text)) => text,
        Ok(None) => {
            let met = "it has no `pyproject.toml`, so that only a build can tell what it needs";
            return Err(failed(FetchErrorKind::NeedsBuild, met.to_owned()));
        }
        Err(error) => {
            let met = format!("its `pyproject.toml` cannot be read: {error}");
            return Err(failed(FetchErrorKind::Disk, met));
        }
    };
    match read_project(&text, None, source, &mut lock(&shared.markers)) {
        Ok(SdistReading::Static(metadata) | SdistReading::Unverified(metadata)) => {
            let bad = |met| failed(FetchErrorKind::BadMetadata, met);
            file.check(&metadata).map(|()| metadata).map_err(bad)
        }
        Ok(SdistReading::Dynamic { reason }) => Err(failed(FetchErrorKind::NeedsBuild, reason)),
        Err(error) => Err(failed(FetchErrorKind::BadMetadata, error.to_string())),
    }
}

/// Returns what a project calls itself, whatever else it leaves open.
pub(super) fn own_name(project: &Path) -> Option<PackageName> {
    let text = text_of(project, "pyproject.toml").ok().flatten();
    let table = text.and_then(|text| text.parse::<toml::Table>().ok());
    let in_project = table
        .as_ref()
        .and_then(|table| table.get("project")?.get("name")?.as_str())
        .map(str::to_owned);
    let in_setup = || {
        let text = text_of(project, "setup.cfg").ok().flatten()?;
        let setup = ini::Ini::load_from_str(&text).ok()?;
        Some(setup.section(Some("metadata"))?.get("name")?.to_owned())
    };
    let name = in_project.or_else(in_setup)?;
    PackageName::new(name).ok()
}

/// Reads a file of a project, if it is there and in the project: a checkout's may be a link.
fn text_of(project: &Path, name: &str) -> std::io::Result<Option<String>> {
    let path = match project.join(name).canonicalize() {
        Ok(path) => path,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let is_inside = path.starts_with(project.canonicalize()?);
    if !is_inside || path.metadata()?.len() > MOST_READ {
        return Err(std::io::Error::other(
            "it is too large, or not in the project",
        ));
    }
    std::fs::read_to_string(path).map(Some)
}
