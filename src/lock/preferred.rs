//! What a former lock has where: its versions with their markers, for a new one to keep to.

use std::sync::Arc;

use super::{Format, read_pylock, requirements_read};
use crate::package::{MarkerTree, PackageName, Version, read_entry_marker};
use crate::source::SourceFile;

/// One entry of a former lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormerPin {
    /// The package.
    pub name: PackageName,
    /// Its version.
    pub version: Version,
    /// Where the entry counts.
    pub marker: MarkerTree,
}

/// Returns the entries of a former output of a format; none of what cannot be read.
pub fn former_pins(format: &Format, file: &Arc<SourceFile>) -> Vec<FormerPin> {
    let entries: Vec<(PackageName, Version, Option<String>)> = match format.name {
        "pylock.toml" => {
            let lock = read_pylock(file).ok();
            let packages = lock.into_iter().flat_map(|lock| lock.packages);
            let entries = packages.filter_map(|it| Some((it.name, it.version?, it.marker)));
            entries.collect()
        }
        _ => requirements_read::read_marked_pins(file),
    };
    let pins = entries.into_iter().filter_map(|(name, version, marker)| {
        let marker = match marker {
            Some(text) => read_entry_marker(&text)?,
            None => MarkerTree::TRUE,
        };
        Some(FormerPin {
            name,
            version,
            marker,
        })
    });
    pins.collect()
}
