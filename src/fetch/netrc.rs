//! The netrc file's form: `machine HOST login USER password PASSWORD`, `default`, macros and
//! comments. Sixty lines of our own, as the crates that read it carry more than they save.

use super::credentials::Login;
use crate::package::Secret;

/// One entry; the host is `None` for `default`.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    host: Option<String>,
    login: Login,
}

/// Reads a netrc file; what makes no sense in it is passed over.
pub(super) fn parse(text: &str) -> Vec<Machine> {
    let mut machines: Vec<Machine> = Vec::new();
    let mut words = words(text).into_iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "machine" => machines.extend(words.next().map(|host| Machine::new(Some(host)))),
            "default" => machines.push(Machine::new(None)),
            "login" | "user" | "password" | "account" => {
                let value = words.next().unwrap_or_default();
                let Some(machine) = machines.last_mut() else {
                    continue;
                };
                match word.as_str() {
                    "password" => machine.login.password = Secret::new(value),
                    "account" => {}
                    _ => machine.login.user = Secret::new(value),
                }
            }
            _ => {}
        }
    }
    machines
}

/// Returns the login for a host: its own entry, else the default.
pub(super) fn find(machines: &[Machine], host: &str) -> Option<Login> {
    let named = |machine: &&Machine| {
        machine
            .host
            .as_deref()
            .is_some_and(|name| name.eq_ignore_ascii_case(host))
    };
    machines
        .iter()
        .find(named)
        .or_else(|| machines.iter().find(|machine| machine.host.is_none()))
        .map(|machine| machine.login.clone())
}

impl Machine {
    fn new(host: Option<String>) -> Self {
        Self {
            host,
            login: Login {
                user: Secret::new(""),
                password: Secret::new(""),
            },
        }
    }
}

/// Splits into words without comments and macros; quotes keep spaces, as in curl.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut in_macro = false;
    for line in text.lines() {
        if in_macro {
            in_macro = !line.trim().is_empty();
            continue;
        }
        let mut rest = line.trim();
        while !rest.is_empty() && !rest.starts_with('#') {
            let (word, after) = match rest.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
                None => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
            };
            if word == "macdef" {
                in_macro = true;
                break;
            }
            words.push(word.to_owned());
            rest = after.trim_start();
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(text: &str, host: &str) -> Option<String> {
        let login = find(&parse(text), host)?;
        Some(format!(
            "{}:{}",
            login.user.reveal(),
            login.password.reveal()
        ))
    }

    #[test]
    fn a_machine_is_found_by_name_else_the_default() {
        let text = "# mine\nmachine a.example\n  login ann\n  password \"p w\"\n\
                    macdef init\nmachine b.example login no password no\n\n\
                    default login anonymous password x\n";

        assert_eq!(login(text, "A.example").as_deref(), Some("ann:p w"));
        assert_eq!(login(text, "b.example").as_deref(), Some("anonymous:x"));
        assert_eq!(login("machine a.example login ann", "c.example"), None);
    }

    #[test]
    fn a_password_may_hold_a_number_sign() {
        assert_eq!(
            login("machine a.example login ann password p#w", "a.example").as_deref(),
            Some("ann:p#w")
        );
    }

    #[test]
    fn broken_text_is_passed_over() {
        for text in [
            "machine",
            "login x",
            "machine a.example login",
            "\"",
            "macdef",
        ] {
            let _ = login(text, "a.example");
        }
    }
}
