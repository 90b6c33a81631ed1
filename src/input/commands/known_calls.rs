//! Which calls of Python name packages: those of well-known libraries, and those that a project
//! says it has.

use std::borrow::Cow;
use std::str::FromStr;

use crate::source::Problem;

/// A call whose arguments name packages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The last part of its name.
    name: Cow<'static, str>,
    packages: Packages,
}

/// Where a call has its packages.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Packages {
    /// They are its arguments in order.
    Arguments,
    /// Behind a keyword.
    Keyword(Cow<'static, str>),
    /// It has none, and says what those of others are for.
    Nowhere,
}

/// The calls of RunPod Flash, Beam, Modal and their like, sorted by name.
const WELL_KNOWN: &[Call] = &[
    Call::with("Endpoint", "dependencies"),
    Call::with("Image", "python_packages"),
    Call::of("add_python_packages"),
    Call::start("debian_slim"),
    Call::start("from_registry"),
    Call::start("micromamba"),
    Call::of("pip_install"),
    Call::with("remote", "dependencies"),
    Call::of("uv_pip_install"),
];

/// The keyword that holds packages of the operating system, beside one that holds packages.
const SYSTEM: &str = "system_dependencies";

/// The keywords that hold the version of Python.
const PYTHON: &[&str] = &["add_python", "python_version"];

/// The calls that are looked for: the well-known ones always.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// Those that the project says it has.
    pub own: Vec<Call>,
    /// What is wrong with what it says of them.
    pub problems: Vec<Problem>,
}

impl Calls {
    /// Returns what is known of the calls of a name.
    pub(super) fn named(&self, name: &str) -> Vec<&Call> {
        let calls = WELL_KNOWN.iter().chain(&self.own);
        calls.filter(|call| call.name == name).collect()
    }
}

impl Call {
    const fn with(name: &'static str, packages: &'static str) -> Self {
        Self {
            name: Cow::Borrowed(name),
            packages: Packages::Keyword(Cow::Borrowed(packages)),
        }
    }

    const fn start(name: &'static str) -> Self {
        Self {
            name: Cow::Borrowed(name),
            packages: Packages::Nowhere,
        }
    }

    const fn of(name: &'static str) -> Self {
        Self {
            name: Cow::Borrowed(name),
            packages: Packages::Arguments,
        }
    }

    /// Whether packages stand behind this keyword, or behind none.
    pub(super) fn has_packages_in(&self, keyword: Option<&str>) -> bool {
        match &self.packages {
            Packages::Arguments => keyword.is_none(),
            Packages::Keyword(own) => keyword == Some(own.as_ref()),
            Packages::Nowhere => false,
        }
    }

    /// Whether packages can come out of a table of keywords: `**settings`.
    pub(super) fn takes_keywords(&self) -> bool {
        matches!(self.packages, Packages::Keyword(_))
    }

    /// Whether packages of the operating system stand behind this keyword.
    pub(super) fn has_system_packages_in(&self, keyword: Option<&str>) -> bool {
        self.takes_keywords() && keyword == Some(SYSTEM)
    }
}

/// Whether a keyword holds the version of Python.
pub(super) fn is_python(keyword: Option<&str>) -> bool {
    keyword.is_some_and(|keyword| PYTHON.contains(&keyword))
}

/// Reads `NAME:KEYWORD`, or `NAME` where the packages are the arguments in order.
impl FromStr for Call {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, packages) = match text.split_once(':') {
            Some((name, keyword)) => (name, Some(keyword)),
            None => (text, None),
        };
        if !is_name(name) || !packages.is_none_or(is_name) {
            return Err(format!("`{text}` is neither `NAME:KEYWORD` nor `NAME`"));
        }
        Ok(Self {
            name: Cow::Owned(name.to_owned()),
            packages: match packages {
                Some(keyword) => Packages::Keyword(Cow::Owned(keyword.to_owned())),
                None => Packages::Arguments,
            },
        })
    }
}

/// Whether Python takes a text for one name.
fn is_name(text: &str) -> bool {
    let is_start = |c: char| c.is_alphabetic() || c == '_';
    text.starts_with(is_start) && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_well_known_calls_are_sorted() {
        assert!(WELL_KNOWN.is_sorted_by_key(|call| &call.name));
    }

    #[test]
    fn a_call_is_a_name_and_perhaps_a_keyword() {
        let known = |name: &str| {
            let mut calls = WELL_KNOWN.iter();
            Ok(calls.find(|it| it.name == name).unwrap().clone())
        };
        assert_eq!("remote:dependencies".parse(), known("remote"));
        assert_eq!("pip_install".parse(), known("pip_install"));
        for wrong in [
            "", ":", "a:", ":a", "a:b:c", "a.b", "a b", "1a", "a:b=", " a",
        ] {
            let message = format!("`{wrong}` is neither `NAME:KEYWORD` nor `NAME`");
            assert_eq!(wrong.parse::<Call>(), Err(message));
        }
    }
}
