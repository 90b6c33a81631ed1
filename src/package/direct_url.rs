//! Direct references: the URL that a requirement names in place of versions.

use std::collections::BTreeMap;

use url::Url;

use super::Digest;

/// A direct reference (PEP 440 "Direct references", PEP 508), decoded.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DirectUrl {
    /// As the user wrote it; for messages, with any password removed.
    pub given: String,
    /// Where it points, without the VCS prefix, revision and fragment; `file:` for paths.
    pub url: Url,
    /// The version control system and the revision, for a `git+…@rev` URL.
    pub vcs: Option<(String, Option<String>)>,
    /// The `#subdirectory=`.
    pub subdirectory: Option<String>,
    /// The `#sha256=` and the like.
    pub digests: Vec<Digest>,
    /// Whether `-e` stood before it.
    pub editable: bool,
}

impl DirectUrl {
    /// Reads a URL with an optional VCS prefix, revision and fragment; a path that is no URL must
    /// have been made a `file:` URL before.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (vcs, address) = match text.split_once('+') {
            Some((vcs @ ("git" | "hg" | "svn" | "bzr"), address)) => (Some(vcs), address),
            _ => (None, text),
        };
        let mut url =
            Url::parse(address).map_err(|error| format!("`{text}` is not a URL: {error}"))?;
        let fragment: BTreeMap<String, String> = url
            .fragment()
            .map(|fragment| {
                url::form_urlencoded::parse(fragment.as_bytes())
                    .into_owned()
                    .collect()
            })
            .unwrap_or_default();
        url.set_fragment(None);
        let vcs = vcs.map(|vcs| (vcs.to_owned(), split_revision(&mut url)));
        let digests = fragment
            .iter()
            .filter_map(|(algorithm, value)| Digest::new(algorithm, value))
            .collect();
        Ok(Self {
            given: super::IndexUrl::redacted(text),
            url,
            vcs,
            subdirectory: fragment.get("subdirectory").cloned(),
            digests,
            editable: false,
        })
    }
}

/// Takes `@rev` off the end of a VCS URL's path.
fn split_revision(url: &mut Url) -> Option<String> {
    let path = url.path().to_owned();
    let at = path.rfind('@')?;
    let (path, revision) = path.split_at(at);
    url.set_path(path);
    Some(revision[1..].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vcs_url_gives_up_its_revision_and_fragment() {
        let text = "git+https://u:secret@h/p.git@v1#subdirectory=x&egg=y";
        let url = DirectUrl::parse(text).unwrap();

        assert_eq!(url.vcs, Some(("git".into(), Some("v1".into()))));
        assert_eq!(url.url.path(), "/p.git");
        assert_eq!(url.subdirectory.as_deref(), Some("x"));
        assert!(!url.given.contains("secret"));
    }
}
