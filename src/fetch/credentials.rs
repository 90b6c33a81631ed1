//! Who we are to which server: from index URLs, the environment and netrc. A login belongs to an
//! origin (scheme, host and port) and is looked up anew for every hop, so that a redirect never
//! carries it elsewhere; nothing here prints its content.

use url::Url;

use super::netrc;
use crate::package::Secret;

/// A user name and a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    pub(super) user: Secret,
    pub(super) password: Secret,
}

/// All logins there are.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    /// An address that has a login of its own, longest path first.
    places: Vec<(Url, Login)>,
    netrc: Vec<netrc::Machine>,
}

impl Credentials {
    /// Gathers logins. Each index is its address, which may hold a login, and its name, under
    /// which `variables` may hold one.
    pub fn gather<'a>(
        indexes: impl IntoIterator<Item = (Option<&'a str>, &'a Url)>,
        variables: &[(String, Secret)],
        netrc: Option<&Secret>,
    ) -> Self {
        let mut places: Vec<(Url, Login)> = indexes
            .into_iter()
            .filter_map(|(name, url)| {
                let login = name
                    .and_then(|name| from_variables(name, variables))
                    .or_else(|| from_url(url))?;
                Some((url.clone(), login))
            })
            .collect();
        places.sort_by_key(|(url, _)| std::cmp::Reverse(url.path().len()));
        Self {
            places,
            netrc: netrc.map_or_else(Vec::new, |text| netrc::parse(text.reveal())),
        }
    }

    /// Returns the login for a request: of the index whose address the URL starts with, else of
    /// any index on the same origin (files often lie beside the pages), else of netrc.
    pub fn login(&self, url: &Url) -> Option<Login> {
        let here = || {
            self.places
                .iter()
                .filter(|(place, _)| place.origin() == url.origin())
        };
        here()
            .find(|(place, _)| is_below(url.path(), place.path()))
            .or_else(|| here().next())
            .map(|(_, login)| login.clone())
            .or_else(|| netrc::find(&self.netrc, url.host_str()?))
    }
}

/// Whether a path lies in a folder.
fn is_below(path: &str, folder: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Returns the login that an address holds.
pub(super) fn from_url(url: &Url) -> Option<Login> {
    let has = !url.username().is_empty() || url.password().is_some();
    has.then(|| Login {
        user: Secret::new(decoded(url.username())),
        password: Secret::new(decoded(url.password().unwrap_or_default())),
    })
}

/// Undoes percent-encoding, which a URL's user name and password always have.
pub(super) fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let escaped = (first == b'%')
            .then(|| after.get(..2))
            .flatten()
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match escaped {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn from_variables(index: &str, variables: &[(String, Secret)]) -> Option<Login> {
    let name: String = index
        .chars()
        .map(|c| match c.is_ascii_alphanumeric() {
            true => c.to_ascii_uppercase(),
            false => '_',
        })
        .collect();
    let get = |part: &str| {
        ["PYAUDIT_INDEX_", "UV_INDEX_"].iter().find_map(|prefix| {
            let wanted = format!("{prefix}{name}_{part}");
            variables
                .iter()
                .find(|(variable, _)| *variable == wanted)
                .map(|(_, value)| value.clone())
        })
    };
    let (user, password) = (get("USERNAME"), get("PASSWORD"));
    if user.is_none() && password.is_none() {
        return None;
    }
    let empty = || Secret::new(String::new());
    Some(Login {
        user: user.unwrap_or_else(empty),
        password: password.unwrap_or_else(empty),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn user(credentials: &Credentials, at: &str) -> Option<String> {
        let login = credentials.login(&url(at))?;
        Some(format!(
            "{}:{}",
            login.user.reveal(),
            login.password.reveal()
        ))
    }

    #[test]
    fn a_login_belongs_to_its_origin_and_to_no_other() {
        let index = url("https://me:p%40ss@index.example/simple");
        let credentials = Credentials::gather([(None, &index)], &[], None);

        let is_me = Some("me:p@ss".to_owned());
        assert_eq!(user(&credentials, "https://index.example/simple/a/"), is_me);
        assert_eq!(user(&credentials, "https://index.example/f/a.whl"), is_me);
        assert_eq!(user(&credentials, "http://index.example/simple/a/"), None);
        assert_eq!(user(&credentials, "https://index.example:444/"), None);
        assert_eq!(user(&credentials, "https://files.example/a.whl"), None);
        assert_eq!(
            user(&credentials, "https://index.example.evil.example/"),
            None
        );
    }

    #[test]
    fn two_indexes_on_one_host_keep_their_logins_apart() {
        let (one, two) = (
            url("https://a:1@h.example/one"),
            url("https://b:2@h.example/two"),
        );
        let credentials = Credentials::gather([(None, &one), (None, &two)], &[], None);

        assert_eq!(
            user(&credentials, "https://h.example/one/x/").as_deref(),
            Some("a:1")
        );
        assert_eq!(
            user(&credentials, "https://h.example/two/x/").as_deref(),
            Some("b:2")
        );
    }

    #[test]
    fn a_named_index_takes_its_login_from_variables_before_its_url() {
        let variable = |name: &str, value: &str| (name.to_owned(), Secret::new(value));
        let index = url("https://old@index.example/simple");
        let variables = [
            variable("UV_INDEX_MY_CORP_USERNAME", "ann"),
            variable("PYAUDIT_INDEX_MY_CORP_PASSWORD", "pw"),
        ];
        let credentials = Credentials::gather([(Some("my-corp"), &index)], &variables, None);

        assert_eq!(
            user(&credentials, "https://index.example/simple/a/").as_deref(),
            Some("ann:pw")
        );
    }

    #[test]
    fn netrc_serves_hosts_that_nothing_else_names() {
        let netrc = Secret::new("machine index.example login ann password pw");
        let credentials = Credentials::gather([], &[], Some(&netrc));

        assert_eq!(
            user(&credentials, "https://index.example/x").as_deref(),
            Some("ann:pw")
        );
        assert_eq!(user(&credentials, "https://other.example/x"), None);
    }

    #[test]
    fn nothing_prints_a_secret() {
        let index = url("https://me:hunter2@index.example/simple");
        let netrc = Secret::new("machine h.example login ann password hunter3");
        let credentials = Credentials::gather([(None, &index)], &[], Some(&netrc));

        let login = credentials.login(&index).unwrap();
        let printed = format!("{login:?} {:?} {:?}", credentials.netrc, netrc);
        assert!(!printed.contains("hunter"), "{printed}");
    }
}
