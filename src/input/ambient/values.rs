//! What a text from the surroundings means: switches, numbers, addresses, hosts, words of a list.
//! Failures are the second half of a sentence that begins with the variable's name, and show no
//! login.

use std::path::{Path, PathBuf};
use std::time::Duration;

use url::Url;

use super::NamedIndex;
use super::pip_config::masked;
use crate::input::{FormatName, reference};
use crate::package::{IndexUrl, Timestamp};

/// The longest time limit that makes sense: a day.
const LONGEST_TIMEOUT: f64 = 86_400.0;

pub(super) const INDEX_STRATEGIES: &[&str] =
    &["first-index", "unsafe-best-match", "unsafe-first-match"];

pub(super) const PRERELEASES: &[&str] = &[
    "allow",
    "disallow",
    "explicit",
    "if-necessary",
    "if-necessary-or-explicit",
];

pub(super) const RESOLUTIONS: &[&str] = &["highest", "lowest", "lowest-direct"];

pub(super) type Reading<T> = Result<T, String>;

/// Reads a switch in the words that pip and uv share.
pub(super) fn read_switch(text: &str) -> Reading<bool> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "on" | "t" | "true" | "y" | "yes" => Ok(true),
        "0" | "f" | "false" | "n" | "no" | "off" => Ok(false),
        _ => Err(format!("must be `true` or `false`, not `{}`", masked(text))),
    }
}

/// Reads a number of seconds.
pub(super) fn read_seconds(text: &str) -> Reading<Duration> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| *seconds > 0.0);
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds.min(LONGEST_TIMEOUT)).ok())
        .ok_or_else(|| {
            let found = masked(text);
            format!("must be a number of seconds above 0, not `{found}`")
        })
}

/// Reads a number of retries.
pub(super) fn read_count(text: &str) -> Reading<u32> {
    text.parse()
        .map_err(|_| format!("must be a whole number, not `{}`", masked(text)))
}

/// Reads a word that has to be on a list.
pub(super) fn read_word(text: &str, words: &[&str]) -> Reading<String> {
    let word = text.to_ascii_lowercase();
    match words.contains(&word.as_str()) {
        true => Ok(word),
        false => Err(format!(
            "must be one of `{}`, not `{}`",
            words.join("`, `"),
            masked(text)
        )),
    }
}

/// Reads a version number such as `3.10`; anything else is about an interpreter.
pub(super) fn is_python_version(text: &str) -> bool {
    text.split('.')
        .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

/// Reads a cut-off. pip includes no day in a date: it means the moment the day begins, and so does
/// a time without a zone, which is taken as UTC to mean the same everywhere.
pub(super) fn read_cutoff(text: &str, is_of_pip: bool, now: Timestamp) -> Reading<Timestamp> {
    let spelled = match is_of_pip {
        true => [format!("{text}T00:00:00Z"), format!("{text}Z")]
            .iter()
            .find_map(|spelled| Timestamp::parse(spelled)),
        false => None,
    };
    spelled
        .or_else(|| Timestamp::parse_cutoff(text, now))
        .ok_or_else(|| {
            let found = masked(text);
            format!("must be a date, a time or a duration, not `{found}`")
        })
}

/// Reads an index's address, before which uv allows a name: `name=https://…`.
pub(super) fn read_index(text: &str, folder: &Path) -> Reading<NamedIndex> {
    let named = text
        .split_once('=')
        .filter(|(name, _)| !name.contains([':', '/', '\\']));
    let Some((name, url)) = named else {
        return Ok(NamedIndex {
            name: None,
            url: read_address(text, folder)?,
        });
    };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if name.is_empty() || !name.chars().all(is_plain) {
        let found = masked(name);
        return Err(format!("gives an index the name `{found}`, which is none"));
    }
    Ok(NamedIndex {
        name: Some(name.to_owned()),
        url: read_address(url, folder)?,
    })
}

/// Reads an address, or a folder's path relative to an absolute folder. What looks like a login is
/// no part of a path: it would be shown.
pub(super) fn read_address(text: &str, folder: &Path) -> Reading<IndexUrl> {
    if text.contains('@') && !text.contains("://") {
        let found = masked(text);
        return Err(format!("holds `{found}`, which does not begin as a URL"));
    }
    reference::read_address(text, folder).map_err(|error| format!("holds no address: {error}"))
}

/// Reads `host`, `host:port`, or a URL that is no more than that.
pub(super) fn read_host(text: &str) -> Reading<String> {
    let host = text.split_once("://").map_or(text, |(_, host)| host);
    let host = host.trim_end_matches('/').to_ascii_lowercase();
    let is_host = !host.is_empty()
        && !host.contains(|c: char| c.is_whitespace() || "/@?#\\,*".contains(c))
        && Url::parse(&format!("https://{host}/")).is_ok();
    match is_host {
        true => Ok(host),
        false => Err(format!("holds `{}`, which is no host", masked(text))),
    }
}

/// Reads packages, `:all:` and `:none:`, with commas or spaces between them.
pub(super) fn read_formats(text: &str) -> Reading<Vec<FormatName>> {
    text.split(|c: char| c == ',' || c.is_whitespace())
        .filter(|word| !word.is_empty())
        .map(|word| {
            word.parse()
                .map_err(|error| format!("is not read: {error}"))
        })
        .collect()
}

/// Puts the home folder in the place of a leading `~`.
pub(super) fn read_path(text: &str, home: Option<&Path>) -> PathBuf {
    match (text.strip_prefix('~'), home) {
        (Some(""), Some(home)) => home.to_owned(),
        (Some(rest), Some(home)) if rest.starts_with(['/', '\\']) => home.join(&rest[1..]),
        _ => PathBuf::from(text),
    }
}
