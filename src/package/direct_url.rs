//! Direct references: URLs of files, folders and repositories, taken apart.

use std::collections::BTreeMap;

use url::Url;

use super::{Digest, IndexUrl, without_login};

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
        let mut url = Url::parse(address)
            .map_err(|error| format!("`{}` is not a URL: {error}", IndexUrl::redacted(text)))?;
        let fragment: BTreeMap<String, String> = url
            .fragment()
            .map(|fragment| {
                url::form_urlencoded::parse(fragment.as_bytes())
                    .into_owned()
                    .collect()
            })
            .unwrap_or_default();
        let given = given_without_credentials(text, address, &url);
        url.set_fragment(None);
        let vcs = vcs.map(|vcs| (vcs.to_owned(), split_revision(&mut url)));
        let digests = fragment
            .iter()
            .filter_map(|(algorithm, value)| Digest::new(algorithm, value))
            .collect();
        Ok(Self {
            given,
            url,
            vcs,
            subdirectory: fragment.get("subdirectory").cloned(),
            digests,
            editable: false,
        })
    }
}

/// The text as it was given, unless there are credentials in it: URLs hide them in more spellings
/// (`https:user:password@host`) than a search in the text would find.
fn given_without_credentials(text: &str, address: &str, url: &Url) -> String {
    if url.username().is_empty() && url.password().is_none() {
        return text.to_owned();
    }
    let prefix = &text[..text.len() - address.len()];
    format!("{prefix}{}", without_login(url.clone()))
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

    #[test]
    fn credentials_are_shown_in_no_spelling() {
        for text in [
            "https://u:secret@h/x#egg=y",
            "https:u:secret@h/x",
            "https:/u:secret@h/x",
            "https:\\\\u:secret@h/x",
            "git+ssh://u:secret@h/x@v1",
        ] {
            let url = DirectUrl::parse(text).unwrap();

            assert!(!url.given.contains("secret"), "{text}: {}", url.given);
        }
        for text in ["https://u:secret/@h/x", "https://u:sec#ret@h:x/y"] {
            let error = DirectUrl::parse(text).unwrap_err();

            assert!(!error.contains("sec"), "{text}: {error}");
        }
    }
}
