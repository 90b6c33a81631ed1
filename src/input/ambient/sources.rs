//! Who may say what, and who is believed: for each option the variables and the settings of pip
//! that name it, strongest first.

use super::Variables;
use super::pip_config::{PipSetting, plain_key};
use crate::source::{Origin, Problem};

/// One name of an option.
#[derive(Clone, Copy, Debug)]
pub(super) enum Name {
    /// An environment variable.
    Variable(&'static str),
    /// An option of pip under all its spellings: `PIP_…`, else `[install]`, else `[global]`.
    Pip(&'static [&'static str]),
}

/// The names of an option, strongest first. Names in one group belong together: where the option
/// is a list, all that they say counts, and the groups after them do not.
pub(super) type Names = &'static [&'static [Name]];

use Name::{Pip, Variable};

pub(super) const CACHE_DIR: Names = &[&[Variable("PYAUDIT_CACHE_DIR")]];

pub(super) const CERT_FOLDERS: Names = &[&[Variable("SSL_CERT_DIR")]];

/// pip's HTTP library lets the two bundle variables win over pip's own `cert`, whatever the
/// intention was; who has both set has a pip that works with the former.
pub(super) const CERT_FILES: Names = &[
    &[Variable("PYAUDIT_CERT")],
    &[Variable("SSL_CERT_FILE")],
    &[Variable("REQUESTS_CA_BUNDLE")],
    &[Variable("CURL_CA_BUNDLE")],
    &[Pip(&["cert"])],
];

pub(super) const CONSTRAINTS: Names = &[
    &[Variable("PYAUDIT_CONSTRAINT")],
    &[Variable("UV_CONSTRAINT")],
    &[Pip(&["constraint"])],
];

pub(super) const CUDA: Names = &[&[Variable("PYAUDIT_CUDA")]];

pub(super) const DEFAULT_INDEX: Names = &[
    &[Variable("PYAUDIT_DEFAULT_INDEX")],
    &[Variable("PYAUDIT_INDEX_URL")],
    &[Variable("UV_DEFAULT_INDEX")],
    &[Variable("UV_INDEX_URL")],
    &[Pip(&["index-url", "pypi-url"])],
];

pub(super) const DRIVER: Names = &[&[Variable("PYAUDIT_DRIVER")]];

pub(super) const EXCLUDE_NEWER: Names = &[
    &[Variable("PYAUDIT_EXCLUDE_NEWER")],
    &[Variable("UV_EXCLUDE_NEWER")],
    &[Pip(&["uploaded-prior-to"])],
];

pub(super) const FIND_LINKS: Names = &[
    &[Variable("PYAUDIT_FIND_LINKS")],
    &[Variable("UV_FIND_LINKS")],
    &[Pip(&["find-links"])],
];

pub(super) const GPUS: Names = &[&[Variable("PYAUDIT_GPU")]];

pub(super) const INDEXES: Names = &[
    &[
        Variable("PYAUDIT_INDEX"),
        Variable("PYAUDIT_EXTRA_INDEX_URL"),
    ],
    &[Variable("UV_INDEX"), Variable("UV_EXTRA_INDEX_URL")],
    &[Pip(&["extra-index-url"])],
];

pub(super) const INDEX_STRATEGY: Names = &[
    &[Variable("PYAUDIT_INDEX_STRATEGY")],
    &[Variable("UV_INDEX_STRATEGY")],
];

pub(super) const NO_BINARY: Names = &[
    &[Variable("PYAUDIT_NO_BINARY")],
    &[Variable("UV_NO_BINARY"), Variable("UV_NO_BINARY_PACKAGE")],
    &[Pip(&["no-binary"])],
];

pub(super) const NO_CACHE: Names = &[
    &[Variable("PYAUDIT_NO_CACHE")],
    &[Variable("UV_NO_CACHE")],
    &[Pip(&["no-cache-dir"])],
];

pub(super) const NO_INDEX: Names = &[
    &[Variable("PYAUDIT_NO_INDEX")],
    &[Variable("UV_NO_INDEX")],
    &[Pip(&["no-index"])],
];

pub(super) const OFFLINE: Names = &[&[Variable("PYAUDIT_OFFLINE")], &[Variable("UV_OFFLINE")]];

pub(super) const ONLY_BINARY: Names = &[
    &[Variable("PYAUDIT_ONLY_BINARY")],
    &[Variable("UV_NO_BUILD"), Variable("UV_NO_BUILD_PACKAGE")],
    &[Pip(&["only-binary"])],
];

pub(super) const OVERRIDES: Names = &[&[Variable("PYAUDIT_OVERRIDE")], &[Variable("UV_OVERRIDE")]];

pub(super) const PLATFORM: Names = &[&[Variable("PYAUDIT_PLATFORM")]];

pub(super) const PRERELEASE: Names = &[
    &[Variable("PYAUDIT_PRERELEASE")],
    &[Variable("UV_PRERELEASE")],
];

pub(super) const PRE: Names = &[&[Pip(&["pre"])]];

pub(super) const PROXY: Names = &[&[Variable("PYAUDIT_PROXY")], &[Pip(&["proxy"])]];

pub(super) const PYTHON: Names = &[&[Variable("PYAUDIT_PYTHON")], &[Variable("UV_PYTHON")]];

pub(super) const RESOLUTION: Names = &[
    &[Variable("PYAUDIT_RESOLUTION")],
    &[Variable("UV_RESOLUTION")],
];

pub(super) const RETRIES: Names = &[
    &[Variable("PYAUDIT_RETRIES")],
    &[Variable("UV_HTTP_RETRIES")],
    &[Pip(&["retries"])],
];

pub(super) const SYSTEM_CERTS: Names = &[
    &[Variable("PYAUDIT_SYSTEM_CERTS")],
    &[Variable("UV_SYSTEM_CERTS")],
    &[Variable("UV_NATIVE_TLS")],
];

pub(super) const TIMEOUT: Names = &[
    &[Variable("PYAUDIT_TIMEOUT")],
    &[Variable("UV_HTTP_TIMEOUT")],
    &[Variable("UV_REQUEST_TIMEOUT")],
    &[Pip(&["timeout", "default-timeout"])],
];

pub(super) const TORCH: Names = &[
    &[Variable("PYAUDIT_TORCH")],
    &[Variable("UV_TORCH_BACKEND")],
];

pub(super) const TORCH_INDEX: Names = &[&[Variable("PYAUDIT_TORCH_INDEX_URL")]];

pub(super) const TRUSTED_HOSTS: Names = &[
    &[Variable("PYAUDIT_TRUSTED_HOST")],
    &[Variable("UV_INSECURE_HOST")],
    &[Pip(&["trusted-host"])],
];

/// All that was said.
#[derive(Debug)]
pub(super) struct Sources<'a> {
    pub(super) variables: &'a Variables,
    /// pip's settings, weakest file first.
    pub(super) settings: &'a [PipSetting],
}

/// A text that somebody said about an option; never an empty one.
#[derive(Clone, Debug)]
pub(super) struct Mention<'a> {
    pub(super) text: &'a str,
    /// `PIP_INDEX_URL`, or `/etc/pip.conf [global] index-url`.
    pub(super) by: String,
    origin: Option<&'a Origin>,
}

impl<'a> Sources<'a> {
    /// Returns what the strongest group says.
    pub(super) fn strongest(&self, names: Names) -> Vec<Mention<'a>> {
        names
            .iter()
            .map(|group| {
                let said = group.iter().filter_map(|name| self.mention(*name));
                said.collect::<Vec<_>>()
            })
            .find(|mentions| !mentions.is_empty())
            .unwrap_or_default()
    }

    /// Returns what the strongest name says.
    pub(super) fn first(&self, names: Names) -> Option<Mention<'a>> {
        self.strongest(names).into_iter().next()
    }

    fn mention(&self, name: Name) -> Option<Mention<'a>> {
        match name {
            Variable(variable) => self.variable(variable),
            Pip(keys) => self.pip_variable(keys).or_else(|| self.pip_setting(keys)),
        }
    }

    fn variable(&self, variable: &str) -> Option<Mention<'a>> {
        let text = self.variables.get(variable)?.trim();
        (!text.is_empty()).then(|| Mention {
            text,
            by: variable.to_owned(),
            origin: None,
        })
    }

    /// pip does not mind how what follows `PIP_` is written.
    fn pip_variable(&self, keys: &[&str]) -> Option<Mention<'a>> {
        keys.iter().find_map(|key| {
            let is_named = |variable: &str| {
                let rest = variable.strip_prefix("PIP_");
                rest.is_some_and(|rest| plain_key(rest) == *key)
            };
            let names = self.variables.names().filter(|name| is_named(name));
            names.filter_map(|name| self.variable(name)).next()
        })
    }

    /// The section weighs more than the file, as in pip.
    fn pip_setting(&self, keys: &[&str]) -> Option<Mention<'a>> {
        ["install", "global"].iter().find_map(|section| {
            let setting = self.settings.iter().rev().find(|setting| {
                setting.section == *section
                    && keys.contains(&setting.key.as_str())
                    && !setting.value.is_empty()
            })?;
            Some(Mention {
                text: &setting.value,
                by: format!(
                    "{} [{}] {}",
                    setting.origin.label(),
                    setting.section,
                    setting.key
                ),
                origin: Some(&setting.origin),
            })
        })
    }
}

impl Mention<'_> {
    /// Whether it comes from pip's surroundings, which have their own habits.
    pub(super) fn is_of_pip(&self) -> bool {
        self.origin.is_some() || self.by.starts_with("PIP_")
    }

    /// Says what is wrong with it; `complaint` goes on after its name.
    pub(super) fn problem(&self, complaint: impl AsRef<str>) -> Problem {
        let message = format!("`{}` {}", self.by, complaint.as_ref());
        match self.origin {
            Some(origin) => Problem::at(origin.clone(), message),
            None => Problem::anywhere(message),
        }
    }
}
