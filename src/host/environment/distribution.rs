//! One installed distribution: a `.dist-info` folder, or an `.egg-info` of older tools. It is read
//! and never imported.

use std::path::{Path, PathBuf};

use super::bounded::{entries, is_share, named, text_of};
use super::direct_url::read_direct_url;
use crate::audit::Distribution;
use crate::index::{Metadata, MetadataSource, read_egg_info};
use crate::lock::LockedSource;
use crate::package::{MarkerTexts, PackageName, Version};
use crate::source::SourceFile;

/// No metadata is larger; what goes beyond are descriptions.
const MAX_METADATA: u64 = 8 << 20;
const MAX_SMALL: u64 = 64 << 10;

/// A distribution with the folder of its metadata.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) distribution: Distribution,
    pub(super) info: PathBuf,
}

/// What reading has at hand.
pub(super) struct Reader<'a> {
    /// The folder that paths are shown from.
    pub(super) from: &'a Path,
    pub(super) markers: MarkerTexts,
}

impl Reader<'_> {
    /// Reads the distributions of a folder, and names what an installation left behind.
    pub(super) fn read_folder(&mut self, folder: &Path) -> (Vec<Found>, Vec<String>) {
        let mut found = Vec::new();
        let mut leftovers = Vec::new();
        for (name, path) in entries(folder) {
            let lower = name.to_ascii_lowercase();
            // pip renames what it is about to remove: `~umpy-1.26.4.dist-info`.
            if name.starts_with('~') {
                leftovers.push(named(&path, self.from));
            } else if lower.ends_with(".dist-info") && path.is_dir() {
                found.extend(self.read_dist_info(&name, path));
            } else if lower.ends_with(".egg-info") {
                found.extend(self.read_egg(&name, path));
            } else if lower.ends_with(".egg-link") {
                found.extend(self.read_egg_link(&path));
            }
        }
        found.sort_by(|a, b| {
            let key = |it: &Found| {
                (
                    it.distribution.name.clone(),
                    it.distribution.version.clone(),
                )
            };
            key(a).cmp(&key(b)).then_with(|| a.info.cmp(&b.info))
        });
        (found, leftovers)
    }

    fn read_dist_info(&mut self, name: &str, info: PathBuf) -> Option<Found> {
        let path = info.join("METADATA");
        let text = text_of(&path, MAX_METADATA).map(before_body);
        let metadata = text.as_ref().map(|text| {
            Metadata::parse(text.as_bytes(), MetadataSource::Wheel, &mut self.markers)
                .map_err(|error| error.to_string())
        });
        let mut distribution = self.distribution(name, &info, metadata)?;
        distribution.text = text.map(|text| SourceFile::new(named(&path, self.from), text));
        let small = |name: &str| text_of(&info.join(name), MAX_SMALL);
        distribution.installer = small("INSTALLER")
            .and_then(|text| Some(text.lines().next()?.trim().to_ascii_lowercase()))
            .filter(|it| !it.is_empty());
        distribution.is_requested = info.join("REQUESTED").is_file();
        let source = small("direct_url.json");
        let source = source.and_then(|text| read_direct_url(text.as_bytes()));
        distribution.source = source.unwrap_or(LockedSource::Registry);
        Some(Found { distribution, info })
    }

    /// An `.egg-info` is a folder, or of distutils a file.
    fn read_egg(&mut self, name: &str, info: PathBuf) -> Option<Found> {
        let (metadata, requires) = match info.is_dir() {
            true => (info.join("PKG-INFO"), info.join("requires.txt")),
            false => (info.clone(), PathBuf::new()),
        };
        let text = text_of(&metadata, MAX_METADATA).map(before_body);
        let needs = text_of(&requires, MAX_METADATA);
        let read = text.as_ref().map(|text| {
            read_egg_info(text.as_bytes(), needs.as_deref(), &mut self.markers)
                .map_err(|error| error.to_string())
        });
        let mut distribution = self.distribution(name, &info, read)?;
        let label = |path: &Path| named(path, self.from);
        distribution.text = match (needs, text) {
            (Some(needs), _) => Some(SourceFile::new(label(&requires), needs)),
            (None, text) => text.map(|text| SourceFile::new(label(&metadata), text)),
        };
        Some(Found { distribution, info })
    }

    /// `setup.py develop` writes a file that says where the project stands.
    fn read_egg_link(&mut self, path: &Path) -> Option<Found> {
        let text = text_of(path, MAX_SMALL)?;
        let project = text.lines().next()?.trim();
        if is_share(project) {
            return None;
        }
        let project = path.parent()?.join(project);
        let eggs = entries(&project).into_iter();
        let (name, info) = eggs
            .into_iter()
            .find(|(name, _)| name.ends_with(".egg-info"))?;
        let mut found = self.read_egg(&name, info)?;
        found.distribution.source = LockedSource::Directory {
            path: project.to_string_lossy().into_owned(),
            editable: true,
            subdirectory: None,
        };
        Some(found)
    }

    /// Takes from the metadata what it says, and where it says nothing, name and version from the
    /// name of its folder. Nothing where that tells no name.
    fn distribution(
        &self,
        folder_name: &str,
        info: &Path,
        metadata: Option<Result<Metadata, String>>,
    ) -> Option<Distribution> {
        let (name, version) = name_and_version(folder_name);
        let (metadata, unread) = match metadata {
            Some(Ok(metadata)) => (Some(metadata), None),
            Some(Err(why)) => (None, Some(why)),
            None => (None, Some("their metadata is not there".to_owned())),
        };
        let (name, version) = match &metadata {
            Some(metadata) => (metadata.name.clone(), Some(metadata.version.clone())),
            None => (name?, version),
        };
        let (requires_python, needs) = metadata
            .map(|it| (it.requires_python, it.requires.all().to_vec()))
            .unwrap_or_default();
        Some(Distribution {
            name,
            version,
            folder: 0,
            info: named(info, self.from),
            is_inherited: false,
            installer: None,
            is_requested: false,
            source: LockedSource::Registry,
            requires_python,
            needs,
            text: None,
            unread,
            files: None,
        })
    }
}

/// Reads `zope.interface-6.1.dist-info` and `six-1.16.0-py3.11.egg-info`.
fn name_and_version(folder_name: &str) -> (Option<PackageName>, Option<Version>) {
    let (stem, _) = folder_name.rsplit_once('.').unwrap_or((folder_name, ""));
    let mut parts = stem.split('-');
    let name = parts.next().filter(|it| !it.is_empty());
    let version = parts.next().and_then(|text| text.parse().ok());
    (
        name.and_then(|it| PackageName::new(it.to_owned()).ok()),
        version,
    )
}

/// Returns the header block alone: descriptions are long, and nothing is told of them.
fn before_body(text: String) -> String {
    let ends = ["\n\n", "\n\r\n"].iter().filter_map(|end| text.find(end));
    match ends.min() {
        Some(end) => text[..=end].to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_tell_name_and_version_where_metadata_does_not() {
        let read = |name: &str| {
            let (name, version) = name_and_version(name);
            (
                name.map(|it| it.to_string()),
                version.map(|it| it.to_string()),
            )
        };
        let pair = |name: &str, version: &str| (Some(name.to_owned()), Some(version.to_owned()));

        assert_eq!(
            read("zope.interface-6.1.dist-info"),
            pair("zope-interface", "6.1")
        );
        assert_eq!(read("six-1.16.0-py3.11.egg-info"), pair("six", "1.16.0"));
        assert_eq!(read("a.egg-info"), (Some("a".to_owned()), None));
        assert_eq!(read(".dist-info"), (None, None));
    }
}
