//! Addresses on pages: made absolute cheaply, parted from their hash fragment, and their last
//! segment decoded to a file name.

use std::borrow::Cow;

use memchr::{memchr, memrchr};
use smallvec::SmallVec;
use url::Url;

use crate::package::{Digest, without_login};

/// Longer addresses and names than any real one; such entries are passed over.
pub(super) const MAX_TEXT: usize = 16 << 10;

/// Longer than any base of real addresses: each address that is joined to it holds a copy.
const MAX_BASE: usize = 4 << 10;

/// All that is joined on a page is never longer: the largest pages there are have a tenth of it,
/// and a page of millions of short addresses could fill the memory with copies of its base.
const MOST_JOINED: usize = 256 << 20;

/// An address on a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Link<'a> {
    /// Absolute, without the fragment.
    pub(super) url: Cow<'a, str>,
    /// The digests of the fragment.
    pub(super) digests: SmallVec<[Digest; 1]>,
}

/// Resolves the addresses of a page.
#[derive(Clone, Debug)]
pub(super) struct Links {
    base: Url,
    /// The scheme and host of an address that was plain: the next one mostly begins alike.
    origin: String,
    /// How long all addresses are that were joined to a base.
    joined: usize,
}

impl Links {
    /// Resolves against the page's own address.
    pub(super) fn new(base: Url) -> Self {
        Self {
            base,
            origin: String::new(),
            joined: 0,
        }
    }

    /// Resolves against another address from now on, where that makes sense.
    pub(super) fn rebase(&mut self, address: &str) -> bool {
        match self.base.join(address) {
            Ok(base) if base.as_str().len() <= MAX_BASE => {
                self.base = base;
                true
            }
            _ => false,
        }
    }

    /// Resolves an address.
    pub(super) fn resolve<'a>(&mut self, address: &'a str) -> Option<Link<'a>> {
        // As HTML strips it: of white space only that of ASCII.
        let address = address.trim_ascii();
        if address.is_empty() || address.len() > MAX_TEXT {
            return None;
        }
        let (place, fragment) = match memchr(b'#', address.as_bytes()) {
            Some(at) => (&address[..at], &address[at + 1..]),
            None => (address, ""),
        };
        let digests = fragment.split('&').filter_map(Digest::parse).collect();
        let url = match self.is_plain_absolute(place) {
            true => Cow::Borrowed(place),
            false => Cow::Owned(self.join(place)?),
        };
        Some(Link { url, digests })
    }

    fn join(&mut self, place: &str) -> Option<String> {
        if self.joined >= MOST_JOINED {
            return None;
        }
        // Addresses of files are shown and stored: no login may slip into them.
        let url = String::from(without_login(self.base.join(place).ok()?));
        self.joined += url.len();
        (url.len() <= MAX_TEXT).then_some(url)
    }

    /// Whether an address is absolute and already as the URL parser would write it: nearly all are,
    /// and parsing thousands of them would take longer than reading the page.
    fn is_plain_absolute(&mut self, address: &str) -> bool {
        if !self.origin.is_empty()
            && let Some(path) = address.strip_prefix(&*self.origin)
            && path.starts_with('/')
        {
            return is_plain_path(path);
        }
        match split_plain_origin(address) {
            Some((origin, path)) => {
                origin.clone_into(&mut self.origin);
                is_plain_path(path)
            }
            None => false,
        }
    }
}

impl<'a> Link<'a> {
    /// Returns the last segment of the path, percent-decoded.
    pub(super) fn filename(&self) -> Option<Cow<'a, str>> {
        match &self.url {
            Cow::Borrowed(url) => last_plain_segment(url),
            Cow::Owned(url) => Some(Cow::Owned(last_segment(url)?.into_owned())),
        }
    }

    /// Returns it with an address of its own.
    pub(super) fn into_owned(self) -> Link<'static> {
        Link {
            url: Cow::Owned(self.url.into_owned()),
            digests: self.digests,
        }
    }
}

/// The same of an address in which nothing stands that [`is_plain_path`] does not let through: no query,
/// and nothing odd unless it is escaped.
fn last_plain_segment(url: &str) -> Option<Cow<'_, str>> {
    let name = memrchr(b'/', url.as_bytes()).map_or(url, |slash| &url[slash + 1..]);
    match name.is_empty() || memchr(b'%', name.as_bytes()).is_some() {
        true => last_segment(url),
        false => Some(Cow::Borrowed(name)),
    }
}

fn last_segment(url: &str) -> Option<Cow<'_, str>> {
    let path = match memchr(b'?', url.as_bytes()) {
        Some(at) => &url[..at],
        None => url,
    };
    let path = path.trim_end_matches('/');
    let start = memrchr(b'/', path.as_bytes()).map_or(0, |at| at + 1);
    let name = percent_decoded(&path[start..])?;
    let is_usual = |byte: u8| byte.is_ascii_graphic() && byte != b'\\' && byte != b'/';
    let is_odd = |c: char| matches!(c, '/' | '\\') || c.is_control();
    let sane = all_of(&name, is_usual) || !name.contains(is_odd);
    (!name.is_empty() && sane).then_some(name)
}

/// Parts an address that begins with a scheme and host as the URL parser would write them.
fn split_plain_origin(address: &str) -> Option<(&str, &str)> {
    let secure = address.strip_prefix("https://").map(|rest| (rest, 443));
    let open = || address.strip_prefix("http://").map(|rest| (rest, 80));
    let (rest, usual_port) = secure.or_else(open)?;
    let (host, path) = rest.split_at(rest.find('/')?);
    is_plain_host(host, usual_port).then(|| address.split_at(address.len() - path.len()))
}

/// Whether a host is a name in small letters or an address of IPv4, with no port or an unusual one.
fn is_plain_host(host: &str, usual_port: u16) -> bool {
    let (name, port) = host
        .split_once(':')
        .map_or((host, None), |(name, port)| (name, Some(port)));
    let is_plain_port = port.is_none_or(|text| {
        let is_number = !text.starts_with(['0', '+']);
        is_number && text.parse().is_ok_and(|port: u16| port != usual_port)
    });
    let is_name = |byte: u8| byte.is_ascii_lowercase() || matches!(byte, b'-' | b'.' | b'0'..=b'9');
    // A name that ends in a number is read as an address.
    let top = name.rsplit('.').next().unwrap_or_default();
    let is_plain_name = !top.is_empty()
        && top.bytes().all(|byte| byte.is_ascii_lowercase())
        && name.bytes().all(is_name);
    // It takes no number with a zero before it, so there is one way to write an address.
    let is_address = || name.parse::<core::net::Ipv4Addr>().is_ok();
    is_plain_port && (is_plain_name || is_address())
}

/// Whether a path needs no escapes and has no segment that starts with a dot.
fn is_plain_path(path: &str) -> bool {
    // From `+` to `9` are `+,-./` and the digits.
    let is_plain = |byte: u8| {
        (byte | 0x20).is_ascii_lowercase()
            | matches!(byte, b'+'..=b'9')
            | matches!(byte, b'_' | b'~' | b'%' | b'!' | b'=')
    };
    let next = path.as_bytes().get(1..).unwrap_or_default();
    let is_hidden = |(one, next): (u8, &u8)| (one == b'/') & (*next == b'.');
    let pairs = path.bytes().zip(next);
    let hides = pairs.fold(false, |hides, pair| hides | is_hidden(pair));
    all_of(path, is_plain) && !hides
}

/// Whether something holds for all bytes of a text. It looks at all of them, so that the compiler can
/// have the processor look at many at once.
fn all_of(text: &str, holds: impl Fn(u8) -> bool) -> bool {
    text.bytes().fold(true, |all, byte| all & holds(byte))
}

fn percent_decoded(text: &str) -> Option<Cow<'_, str>> {
    if memchr(b'%', text.as_bytes()).is_none() {
        return Some(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let code = after
            .get(..2)
            .filter(|_| *byte == b'%')
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(code.unwrap_or(*byte));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(address: &str) -> Option<(String, Option<String>)> {
        let base = Url::parse("https://index.example/simple/a/").unwrap();
        let link = Links::new(base).resolve(address)?;
        let name = link.filename().map(Cow::into_owned);
        Some((link.url.into_owned(), name))
    }

    #[test]
    fn addresses_become_absolute_and_file_names_are_decoded() {
        let cases = [
            (
                "../../f/a-1.tar.gz#x",
                "https://index.example/f/a-1.tar.gz",
                "a-1.tar.gz",
            ),
            (
                "a-1%2Bcpu.whl",
                "https://index.example/simple/a/a-1%2Bcpu.whl",
                "a-1+cpu.whl",
            ),
            (
                "//files.example/a-1.zip?x=/y",
                "https://files.example/a-1.zip?x=/y",
                "a-1.zip",
            ),
            (
                "https://FILES.example/x/../a.zip",
                "https://files.example/a.zip",
                "a.zip",
            ),
            (
                "https://me:hunter2@files.example/a.zip",
                "https://files.example/a.zip",
                "a.zip",
            ),
            (
                "https://files.example/100%.zip",
                "https://files.example/100%.zip",
                "100%.zip",
            ),
        ];

        for (address, url, name) in cases {
            assert_eq!(resolve(address), Some((url.into(), Some(name.into()))));
        }
    }

    #[test]
    fn what_counts_as_plain_is_as_the_parser_writes_it() {
        for (address, is_plain) in [
            ("https://a-1.example/b", true),
            ("https://a.example:8443/b", true),
            ("http://127.0.0.1:8870/b", true),
            ("http://127.1/b", false),
            ("http://127.0.0.01/b", false),
            ("https://a.1/b", false),
            ("https://a.0x7f/b", false),
            ("https://a.example:443/b", false),
            ("http://a.example:80/b", false),
            ("https://a.example:08/b", false),
            ("https://a.example:/b", false),
            ("https://a.example:+8443/b", false),
            ("http://127.00.0.1/b", false),
            ("https://a.example/.b", false),
            ("https://a.example/b.c", true),
            ("ftp://a.example/b", false),
        ] {
            let base = Url::parse("https://index.example/").unwrap();
            let mut links = Links::new(base);
            // The second time it begins like the address before.
            for _ in 0..2 {
                assert_eq!(links.is_plain_absolute(address), is_plain, "{address}");
            }
            if is_plain {
                assert_eq!(Url::parse(address).unwrap().as_str(), address);
            }
        }
    }

    #[test]
    fn addresses_that_make_no_sense_are_none() {
        assert_eq!(resolve(""), None);
        assert_eq!(resolve("https://[/a.zip"), None);
        assert_eq!(resolve(&"a".repeat(MAX_TEXT + 1)), None);
        assert_eq!(resolve("a%2Fb.zip").unwrap().1, None);
        assert_eq!(resolve("%ff.zip").unwrap().1, None);
    }

    #[test]
    fn what_is_joined_has_bounds() {
        let mut links = Links::new(Url::parse("https://index.example/").unwrap());

        assert!(!links.rebase(&format!("/{}/", "a".repeat(MAX_BASE))));
        assert!(!links.rebase("https://[/"));
        assert_eq!(links.resolve("a").unwrap().url, "https://index.example/a");
        assert!(links.rebase(&format!("/{}/", "a".repeat(MAX_BASE - 100))));
        assert!(links.resolve(&"a".repeat(MAX_TEXT - MAX_BASE)).is_some());
        assert_eq!(links.resolve(&"a".repeat(MAX_TEXT)), None);
        assert_eq!(links.resolve(&" é".repeat(MAX_TEXT / 4)), None);

        links.joined = MOST_JOINED - 1;
        assert!(links.resolve("a").is_some());
        assert_eq!(links.resolve("a"), None);
        assert!(links.resolve("https://files.example/a").is_some());
    }

    #[test]
    fn a_fragment_may_give_digests() {
        let base = Url::parse("https://index.example/").unwrap();
        let digest = "0".repeat(64);
        let address = format!("a.zip#egg=a&sha256={digest}");
        let link = Links::new(base).resolve(&address).unwrap();

        assert_eq!(link.digests[..], [Digest::new("sha256", &digest).unwrap()]);
    }
}
