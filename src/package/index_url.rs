//! The address of a package index, which never shows its password.

use std::fmt;

use url::Url;

/// An index's address: a URL whose user name and password stay out of every text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IndexUrl(Url);

impl IndexUrl {
    /// Reads an address; the path's trailing slash does not matter.
    pub fn parse(text: &str) -> Result<Self, url::ParseError> {
        let mut url = Url::parse(text)?;
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Self(url))
    }

    /// Returns the URL with its credentials: for requests and for nothing else.
    pub fn secret(&self) -> &Url {
        &self.0
    }

    /// Returns the URL without credentials.
    pub fn public(&self) -> Url {
        let mut url = self.0.clone();
        // Only URLs that cannot have credentials refuse to lose them.
        let _ = url.set_password(None);
        let _ = url.set_username("");
        url
    }

    /// Returns any text with the `user:password@` of every URL in it removed. A bare `git@` is no
    /// secret and stays: without it, `ssh://` would log in as somebody else.
    pub fn redacted(text: &str) -> String {
        let mut shown = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find("://") {
            let authority = &rest[at + 3..];
            let end = authority
                .find(|c: char| "/?#\"'<>".contains(c) || c.is_whitespace())
                .unwrap_or(authority.len());
            shown.push_str(&rest[..at + 3]);
            let host = match authority[..end].rfind('@') {
                Some(at) if &authority[..at] != "git" => at + 1,
                _ => 0,
            };
            shown.push_str(&authority[host..end]);
            rest = &authority[end..];
        }
        shown.push_str(rest);
        shown
    }
}

impl fmt::Display for IndexUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.public(), f)
    }
}

impl fmt::Debug for IndexUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_url_shows_no_credentials() {
        let url = IndexUrl::parse("https://user:s3cret@host.example/simple/").unwrap();

        assert_eq!(url.to_string(), "https://host.example/simple");
        assert_eq!(format!("{url:?}"), "https://host.example/simple");
        assert_eq!(
            IndexUrl::redacted("get https://a:b@h/x and git+ssh://git@g/y"),
            "get https://h/x and git+ssh://git@g/y"
        );
    }
}
