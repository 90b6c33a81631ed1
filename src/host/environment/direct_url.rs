//! `direct_url.json` (PEP 610): where something that came from no index was installed from.

use serde::Deserialize;

use super::bounded::plain;
use crate::lock::{ArtifactPlace, LockedArtifact, LockedSource};
use crate::package::{Digest, IndexUrl};

#[derive(Debug, Deserialize)]
struct Wire {
    url: String,
    subdirectory: Option<String>,
    vcs_info: Option<Vcs>,
    dir_info: Option<Dir>,
}

#[derive(Debug, Deserialize)]
struct Vcs {
    vcs: String,
    commit_id: String,
    requested_revision: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Dir {
    #[serde(default)]
    editable: bool,
}

/// Reads it; nothing where it cannot be read.
pub(super) fn read_direct_url(bytes: &[u8]) -> Option<LockedSource> {
    let wire: Wire = serde_json::from_slice(bytes).ok()?;
    let url = plain(&IndexUrl::redacted(&wire.url));
    let subdirectory = wire.subdirectory.as_deref().map(plain);
    if let Some(vcs) = wire.vcs_info {
        return Some(LockedSource::Vcs {
            kind: plain(&vcs.vcs),
            place: ArtifactPlace::Url(url),
            requested_revision: vcs.requested_revision.as_deref().map(plain),
            commit_id: plain(&vcs.commit_id),
            subdirectory,
        });
    }
    if let Some(dir) = wire.dir_info {
        return Some(LockedSource::Directory {
            path: plain(&path_of(&url)),
            editable: dir.editable,
            subdirectory,
        });
    }
    let name = url.split(['?', '#']).next()?.rsplit('/').next()?;
    Some(LockedSource::Archive {
        artifact: LockedArtifact {
            name: name.to_owned(),
            place: ArtifactPlace::Url(url.clone()),
            upload_time: None,
            size: None,
            digests: digests(bytes),
        },
        subdirectory,
    })
}

/// Older tools write `hash`, newer ones `hashes`.
fn digests(bytes: &[u8]) -> Vec<Digest> {
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(bytes) else {
        return Vec::new();
    };
    let info = &value["archive_info"];
    let many = info["hashes"].as_object().into_iter().flatten();
    let many = many.filter_map(|(name, hex)| Digest::new(name, hex.as_str()?));
    let mut digests: Vec<Digest> = many.collect();
    if digests.is_empty() {
        digests.extend(info["hash"].as_str().and_then(Digest::parse));
    }
    digests
}

fn path_of(url: &str) -> String {
    let parsed = url::Url::parse(url).ok();
    let path = parsed.and_then(|url| url.to_file_path().ok());
    path.map_or_else(
        || url.to_owned(),
        |path| path.to_string_lossy().into_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_source_is_read_and_no_password_is_kept() {
        let read = |text: &str| read_direct_url(text.as_bytes()).unwrap();
        let commit = "0".repeat(40);

        let vcs = read(&format!(
            r#"{{"url": "https://u:secret@git.example/a.git", "vcs_info": {{"vcs": "git", "commit_id": "{commit}"}}}}"#
        ));
        assert!(!format!("{vcs:?}").contains("secret"), "{vcs:?}");
        assert!(matches!(vcs, LockedSource::Vcs { .. }));
        assert!(matches!(
            read(r#"{"url": "file:///src/a", "dir_info": {"editable": true}}"#),
            LockedSource::Directory { editable: true, .. }
        ));
        let LockedSource::Archive { artifact, .. } = read(&format!(
            r#"{{"url": "https://files.example/a-1.zip#x", "archive_info": {{"hash": "md5={}"}}}}"#,
            "0".repeat(32)
        )) else {
            panic!("an archive");
        };
        assert_eq!(
            (artifact.name.as_str(), artifact.digests.len()),
            ("a-1.zip", 1)
        );
        assert_eq!(read_direct_url(b"[]"), None);
    }
}
