//! Flat places that hold files of any project: pages given with `--find-links`, and folders, whose
//! names the host room lists.

use url::Url;

use super::simple::DecodeError;
use super::{FileEntry, Listing};
use crate::package::{DistName, PackageName};

/// Decodes a page of links; the listing holds files of any project.
pub fn decode_find_links(
    content_type: &str,
    body: &[u8],
    base: &Url,
) -> Result<Listing, DecodeError> {
    super::simple::decode_simple(content_type, body, base)
}

/// Lists the files of a folder; `base` is the folder's own address.
pub fn list_folder<'a>(names: impl IntoIterator<Item = &'a str>, base: &Url) -> Listing {
    let mut listing = Listing::default();
    for name in names {
        let mut url = base.clone();
        match url.path_segments_mut() {
            Ok(mut segments) => {
                segments.pop_if_empty().push(name);
            }
            Err(()) => {
                listing.unreadable += 1;
                continue;
            }
        }
        listing.files.push(FileEntry {
            filename: name.to_owned(),
            url: url.into(),
            ..FileEntry::default()
        });
    }
    listing
}

impl Listing {
    /// Returns what a flat listing holds of one project.
    #[must_use]
    pub fn of_project(&self, project: &PackageName) -> Self {
        let of_project = |entry: &&FileEntry| match DistName::parse(&entry.filename, project) {
            Ok(DistName::Wheel(wheel)) => wheel.name == *project,
            Ok(DistName::Sdist(_)) => true,
            Err(_) => false,
        };
        Self {
            files: self.files.iter().filter(of_project).cloned().collect(),
            ..Self::default()
        }
    }
}
