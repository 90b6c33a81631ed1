//! The address of a package index, which never shows its password.

use std::fmt;

use url::Url;

/// An index's address: a URL whose user name and password stay out of every text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IndexUrl {
    secret: Url,
    public: Url,
}

impl IndexUrl {
    /// Reads an address. A trailing slash of its path stays, because what a page of links names
    /// counts from there; it is not shown.
    pub fn parse(text: &str) -> Result<Self, url::ParseError> {
        let mut url = Url::parse(text)?;
        let path = url.path().trim_end_matches('/');
        let slash = &url.path()[path.len()..][..usize::from(path.len() < url.path().len())];
        let path = format!("{path}{slash}");
        url.set_path(&path);
        Ok(Self {
            public: without_login(url.clone()),
            secret: url,
        })
    }

    /// Returns the URL with its credentials: for requests and for nothing else.
    pub fn secret(&self) -> &Url {
        &self.secret
    }

    /// Returns the URL without credentials.
    pub fn public(&self) -> &Url {
        &self.public
    }

    /// Returns any text with the `user:password@` of every URL in it removed. A bare `git@` is no
    /// secret and stays: without it, `ssh://` would log in as somebody else.
    pub fn redacted(text: &str) -> String {
        if !text.contains('@') {
            return text.to_owned();
        }
        let mut shown = String::with_capacity(text.len());
        // White space and quotes end a URL, and nothing is secret after its last `@`.
        for word in text.split_inclusive(ends_url) {
            let last = word.rfind('@').map_or(0, |at| at + 1);
            let mut rest = word;
            while rest.len() > word.len() - last {
                let Some(at) = rest.find("://") else { break };
                let (before, after) = rest.split_at(at + 3);
                shown.push_str(before);
                rest = without_credentials(after);
                // What is left of the authority holds no further `://`.
                let end = rest.find("://").map_or(rest.len(), |_| authority_len(rest));
                shown.push_str(&rest[..end]);
                rest = &rest[end..];
            }
            shown.push_str(rest);
        }
        shown
    }
}

/// Returns a URL without user name and password.
pub(crate) fn without_login(mut url: Url) -> Url {
    // Only URLs that cannot have them refuse to lose them.
    let _ = url.set_password(None);
    let _ = url.set_username("");
    url
}

/// Returns any text with the credentials of every URL in it replaced by as many `*`, so that
/// places in it stay true: for lines of the user's files that are shown. It masks more than
/// [`IndexUrl::redacted`] takes away: `https:user:password@host` is a URL to many programs.
pub fn masked(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = next_authority(rest) {
        let (before, after) = rest.split_at(at);
        shown.push_str(before);
        let kept = without_credentials(after);
        shown.extend(std::iter::repeat_n('*', after.len() - kept.len()));
        let end = authority_len(kept);
        shown.push_str(&kept[..end]);
        rest = &kept[end..];
    }
    shown.push_str(rest);
    shown
}

/// Returns a URL up to its path: the scheme and what stands behind its `://`, with credentials where
/// the URL has them. None for what has no `://`.
pub fn origin_of(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once(':')?;
    let rest = rest.strip_prefix("//")?;
    Some(&url[..scheme.len() + "://".len() + authority_len(rest)])
}

/// Returns where the authority of the next URL begins. Nothing behind it is looked at.
fn next_authority(text: &str) -> Option<usize> {
    let mut colons = text.match_indices(':');
    colons.find_map(|(at, _)| {
        let after = &text[at + 1..];
        if after.starts_with("//") {
            return Some(at + 3);
        }
        let is_scheme = |scheme: &&str| {
            let start = at.checked_sub(scheme.len());
            let before = start.and_then(|start| text.get(start..at));
            before.is_some_and(|it| it.eq_ignore_ascii_case(scheme))
        };
        let slashes = after.len() - after.trim_start_matches(['/', '\\']).len();
        let is_sloppy = ["http", "https"].iter().any(is_scheme);
        is_sloppy.then_some(at + 1 + slashes)
    })
}

/// Takes the credentials off what follows a `://`.
fn without_credentials(text: &str) -> &str {
    let authority = &text[..authority_len(text)];
    if let Some(at) = authority.rfind('@') {
        return match &authority[..at] {
            "git" => text,
            _ => &text[at + 1..],
        };
    }
    // A password with an unescaped `/`, `?` or `#` makes the URL invalid, and must not be shown in
    // the message that says so: what looks like a port is none, and an `@` follows.
    let has_port = authority
        .rsplit_once(':')
        .is_none_or(|(_, port)| authority.starts_with('[') || is_port(port));
    if has_port {
        return text;
    }
    text.split_once('@').map_or(text, |(_, rest)| rest)
}

fn is_port(text: &str) -> bool {
    text.len() <= 5 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn ends_url(c: char) -> bool {
    "\"'<>".contains(c) || c.is_whitespace()
}

fn authority_len(text: &str) -> usize {
    text.find(|c| "/\\?#".contains(c) || ends_url(c))
        .unwrap_or(text.len())
}

impl fmt::Display for IndexUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let public = self.public();
        match public.path() {
            "/" => f.write_str(public.as_str()),
            _ => f.write_str(public.as_str().trim_end_matches('/')),
        }
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
    fn a_text_with_many_urls_is_masked_in_a_moment() {
        let text = "{ url = \"https://files.example/a-1.tar.gz\" }\n".repeat(40_000);

        assert_eq!(masked(&text), text);
    }

    #[test]
    fn a_masked_text_keeps_its_places() {
        for (text, expected) in [
            ("a @ https://u:pw@h/x # b", "a @ https://*****h/x # b"),
            ("--index-url=https:u:pw@h/x", "--index-url=https:*****h/x"),
            ("git+https://h/p.git@v1", "git+https://h/p.git@v1"),
            ("--index-url=HTTP:/u:pw@h/x", "--index-url=HTTP:/*****h/x"),
            ("é https://é:pw@h", "é https://******h"),
            ("numpy<2", "numpy<2"),
        ] {
            assert_eq!(masked(text), expected);
            assert_eq!(masked(text).len(), text.len());
        }
    }

    #[test]
    fn an_origin_ends_where_the_path_begins() {
        for (url, expected) in [
            ("https://h.example:8080/a/b", Some("https://h.example:8080")),
            ("https://u:p@h.example?a=/b", Some("https://u:p@h.example")),
            ("https://h.example#a", Some("https://h.example")),
            // As browsers and libraries read it.
            (
                "https://h.example\\@other.example/a",
                Some("https://h.example"),
            ),
            ("https://h.example", Some("https://h.example")),
            ("https://[::1]:80/a", Some("https://[::1]:80")),
            ("file:///a/b", Some("file://")),
            ("https://", Some("https://")),
            ("https:/h.example/a", None),
            ("mailto:a?b=c://d", None),
            ("a/b", None),
            ("", None),
        ] {
            assert_eq!(origin_of(url), expected, "{url}");
        }
    }

    #[test]
    fn an_index_url_shows_no_credentials() {
        let url = IndexUrl::parse("https://user:s3cret@host.example/simple/").unwrap();

        assert_eq!(url.to_string(), "https://host.example/simple");
        assert_eq!(url.public().path(), "/simple/");
        assert_eq!(format!("{url:?}"), "https://host.example/simple");
        assert_eq!(
            IndexUrl::redacted("get https://a:b@h/x and git+ssh://git@g/y"),
            "get https://h/x and git+ssh://git@g/y"
        );
        for (text, expected) in [
            ("https://u:p/w@h/x", "https://h/x"),
            ("https://u:p#w@h/x", "https://h/x"),
            ("https://u:p@w@h/x", "https://h/x"),
            ("https://token@h:8080/x@v1", "https://h:8080/x@v1"),
            ("git+https://h/x.git@v1", "git+https://h/x.git@v1"),
            ("https://h:8080/x@v1", "https://h:8080/x@v1"),
            ("https://[::1]:80/x@v1", "https://[::1]:80/x@v1"),
            (
                "https://a:b@h/?next=https://c:d@i/",
                "https://h/?next=https://i/",
            ),
            ("://u:p@h", "://h"),
            ("no url: a:b@c", "no url: a:b@c"),
        ] {
            assert_eq!(IndexUrl::redacted(text), expected);
        }
    }
}
