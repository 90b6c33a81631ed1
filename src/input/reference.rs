//! What stands for a package on one line: a PEP 508 requirement, or pip's bare URL or path.
//!
//! Paths become absolute `file:` URLs here, relative to a folder that the caller names.

use std::path::{Component, Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use url::Url;

use crate::package::{
    DirectUrl, ExtraName, IndexUrl, Marker, PackageName, Requirement, RequirementError, Specifiers,
    WheelName,
};
use crate::source::Span;

/// A package that was asked for.
pub(super) enum Reference {
    /// One whose name is known.
    Named(Requirement),
    /// A direct reference without a name.
    Unnamed(Arc<DirectUrl>, Vec<ExtraName>, Marker),
}

/// Endings that pip takes for an archive when no separator says that it is a path.
const ARCHIVE_ENDINGS: &[&str] = &[
    ".whl", ".zip", ".tar.gz", ".tgz", ".tar", ".tar.bz2", ".tbz", ".tar.xz", ".txz",
];

const VCS_PREFIXES: &[&str] = &["git+", "hg+", "svn+", "bzr+"];

/// Reads a requirement, URL or path, each with extras and marker.
pub(super) fn read_reference(text: &str, folder: &Path) -> Result<Reference, RequirementError> {
    if let Some(after_at) = after_named_at(text) {
        return read_named(text, after_at, folder).map(Reference::Named);
    }
    let address = text.split(';').next().unwrap_or_default().trim_end();
    if is_url(text) || looks_like_path(address) {
        return read_bare(text, folder);
    }
    Requirement::parse(text).map(Reference::Named)
}

/// Reads a requirement that has to have a name, as in TOML; paths in it are relative to a folder.
pub fn read_requirement(text: &str, folder: &Path) -> Result<Requirement, RequirementError> {
    match read_reference(text, folder)? {
        Reference::Named(requirement) => Ok(requirement),
        Reference::Unnamed(..) => Err(RequirementError {
            message: "expected a name before the URL or path, such as `name @ …`".into(),
            span: Span::new(0, text.len()),
        }),
    }
}

/// Reads a package's name; pep508_rs takes the empty one for a name.
pub(super) fn package_name(text: &str) -> Option<PackageName> {
    let text = text.trim();
    PackageName::from_str(text)
        .ok()
        .filter(|_| !text.is_empty())
}

/// Makes a path an absolute `file:` URL, by its letters alone.
pub(super) fn file_url(path: &str, folder: &Path) -> Result<Url, String> {
    let mut plain = PathBuf::new();
    for part in folder.join(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    Url::from_file_path(&plain).map_err(|()| format!("`{path}` is not a path on this machine"))
}

/// Reads an index or find-links address, or a path as one.
pub(super) fn read_address(text: &str, folder: &Path) -> Result<IndexUrl, String> {
    if !is_url(text) {
        return IndexUrl::parse(file_url(text, folder)?.as_str()).map_err(|e| e.to_string());
    }
    IndexUrl::parse(text)
        .map_err(|error| format!("`{}` is not a URL: {error}", IndexUrl::redacted(text)))
}

/// Whether the text starts with a scheme (of more than a drive's letter).
pub(super) fn is_url(text: &str) -> bool {
    let scheme = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || "+-.".contains(c)))
        .unwrap_or(text.len());
    text[scheme..].starts_with("://") && scheme > 1 || starts_with_file_scheme(text)
}

fn starts_with_file_scheme(text: &str) -> bool {
    text.get(..5)
        .is_some_and(|start| start.eq_ignore_ascii_case("file:"))
}

fn looks_like_path(text: &str) -> bool {
    let (text, _) = without_extras(text);
    let path = text.split('#').next().unwrap_or_default();
    if path.starts_with(['.', '/']) {
        return true;
    }
    let is_archive = |path: &str| {
        let path = path.to_ascii_lowercase();
        ARCHIVE_ENDINGS.iter().any(|ending| path.ends_with(ending))
    };
    let is_plain = !path.contains(|c: char| c.is_whitespace() || "<>=!~\"'`".contains(c));
    is_plain
        && (path.contains('/') || path.trim_end_matches('\\').contains('\\') || is_archive(path))
}

/// Returns where the URL starts in `name[extra] @ url`.
fn after_named_at(text: &str) -> Option<usize> {
    let start = text.len() - text.trim_start().len();
    let name = text[start..]
        .find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)))
        .map(|at| start + at)?;
    let rest = text[name..].trim_start();
    let rest = match rest.strip_prefix('[') {
        Some(extras) => &extras[extras.find(']')? + 1..],
        None => rest,
    };
    let url = rest.trim_start().strip_prefix('@')?;
    let is_name = text[start..].starts_with(|c: char| c.is_ascii_alphanumeric());
    is_name.then_some(text.len() - url.len())
}

fn read_named(text: &str, after_at: usize, folder: &Path) -> Result<Requirement, RequirementError> {
    let rest = &text[after_at..];
    let start = after_at + (rest.len() - rest.trim_start().len());
    let end = text[start..]
        .find(char::is_whitespace)
        .map_or(text.len(), |at| start + at);
    let given = &text[start..end];
    if given.is_empty() {
        return Err(RequirementError {
            message: "expected a URL or a path after `@`, but found nothing".into(),
            span: Span::new(after_at - 1, 1),
        });
    }
    let url = read_url(given, folder).map_err(|message| RequirementError {
        message,
        span: Span::new(start, given.len()),
    })?;
    // A mistake before the `@` must not be told in words that are not the user's.
    Requirement::parse(&text[..after_at - 1])?;
    // The rest is read with a URL of no meaning in its place; then errors move back.
    let stand_in = "x:";
    let replaced = format!("{}{stand_in}{}", &text[..start], &text[end..]);
    let mut requirement = Requirement::parse(&replaced).map_err(|mut error| {
        if error.span.start >= start + stand_in.len() {
            let moved = error.span.start + given.len() - stand_in.len();
            error.span = Span::new(moved, error.span.len());
        }
        if given.ends_with(';') {
            error.message = "expected a space before the `;`, which could belong to the URL".into();
        }
        error
    })?;
    requirement.url = Some(Arc::new(url));
    Ok(requirement)
}

/// Reads a URL or path, with its fragment, into a direct reference.
pub(super) fn read_url(given: &str, folder: &Path) -> Result<DirectUrl, String> {
    let git;
    let text = match given.starts_with("git://") {
        true => {
            git = format!("git+{given}");
            &git
        }
        false => given,
    };
    let is_vcs = VCS_PREFIXES.iter().any(|prefix| text.starts_with(prefix));
    if !is_vcs && (!is_url(text) || starts_with_file_scheme(text)) {
        let absolute = absolute_file_url(text, folder)?;
        let mut url = DirectUrl::parse(&absolute)?;
        url.given = given.to_owned();
        return Ok(url);
    }
    DirectUrl::parse(text)
}

/// `file:` URLs may be relative for pip; a path keeps its `#egg=…`.
fn absolute_file_url(text: &str, folder: &Path) -> Result<String, String> {
    let path = match starts_with_file_scheme(text) {
        true => &text[5..],
        false => text,
    };
    if starts_with_file_scheme(text) && path.starts_with("//") {
        return Ok(text.to_owned());
    }
    if path.parse::<crate::package::Version>().is_ok() {
        return Err(format!("`{path}` is a version, not a URL or a path"));
    }
    let (path, fragment) = path.split_once('#').unwrap_or((path, ""));
    let path = match starts_with_file_scheme(text) {
        true => percent_decoded(path),
        false => path.to_owned(),
    };
    let mut url = file_url(&path, folder)?;
    if !fragment.is_empty() {
        url.set_fragment(Some(fragment));
    }
    Ok(url.into())
}

fn read_bare(text: &str, folder: &Path) -> Result<Reference, RequirementError> {
    let (address, marker_from) = split_marker(text);
    let marker = Marker::parse(&text[marker_from..]).map_err(|message| RequirementError {
        message: format!("this environment marker is not valid: {message}"),
        span: Span::new(marker_from, text.len() - marker_from),
    })?;
    let fail = |message| RequirementError {
        message,
        span: Span::new(0, address.len()),
    };
    if is_url(address)
        && let Some(at) = address.find(char::is_whitespace)
    {
        let span = Span {
            start: at,
            end: address.len(),
        };
        let message = "expected `;` and a marker, or nothing, after the URL".into();
        return Err(RequirementError { message, span });
    }
    let (plain, extras) = match egg(address) {
        Some(_) => (address, ""),
        None => without_extras(address),
    };
    let mut extras = read_extras(extras).map_err(fail)?;
    let url = read_url(plain, folder).map_err(fail)?;
    let name = match egg(plain) {
        Some(egg) => {
            let (name, of_egg) = without_extras(&egg);
            extras.extend(read_extras(of_egg).map_err(fail)?);
            let name = name
                .split(['=', '<', '>', '!', '~'])
                .next()
                .unwrap_or_default();
            let message = || fail(format!("`{egg}` after `#egg=` is not a package name"));
            Some(package_name(name).ok_or_else(message)?)
        }
        None => wheel_name(&url).map_err(fail)?,
    };
    extras.sort();
    extras.dedup();
    let url = Arc::new(url);
    Ok(match name {
        None => Reference::Unnamed(url, extras, marker),
        Some(name) => Reference::Named(Requirement {
            name,
            extras,
            specifiers: Specifiers::any(),
            url: Some(url),
            marker,
        }),
    })
}

/// A URL may hold a `;`, so that only one next to white space ends it; a path ends at any.
fn split_marker(text: &str) -> (&str, usize) {
    let is_separator = |at: usize| {
        let (before, after) = (&text[..at], &text[at + 1..]);
        !is_url(text)
            || before.ends_with(char::is_whitespace)
            || after.starts_with(char::is_whitespace)
    };
    match text.match_indices(';').find(|(at, _)| is_separator(*at)) {
        Some((at, _)) => (text[..at].trim_end(), at + 1),
        None => (text.trim_end(), text.len()),
    }
}

/// Splits `[a,b]` off the end.
fn without_extras(text: &str) -> (&str, &str) {
    match text
        .strip_suffix(']')
        .and_then(|inner| inner.rsplit_once('['))
    {
        Some((before, extras)) if !before.is_empty() => (before.trim_end(), extras),
        _ => (text, ""),
    }
}

fn read_extras(text: &str) -> Result<Vec<ExtraName>, String> {
    text.split(',')
        .map(str::trim)
        .filter(|extra| !extra.is_empty())
        .map(|extra| {
            ExtraName::from_str(extra)
                .map_err(|_| format!("`{extra}` is not a valid name for an extra"))
        })
        .collect()
}

fn egg(text: &str) -> Option<String> {
    let (_, fragment) = text.split_once('#')?;
    url::form_urlencoded::parse(fragment.as_bytes())
        .find(|(key, _)| key == "egg")
        .map(|(_, name)| name.into_owned())
}

/// A wheel says its name; a source archive's name is only a hint, so that its metadata decides.
fn wheel_name(url: &DirectUrl) -> Result<Option<PackageName>, String> {
    let last = url.url.path().rsplit('/').next().unwrap_or_default();
    if url.vcs.is_some() || !last.ends_with(".whl") {
        return Ok(None);
    }
    let last = percent_decoded(last);
    WheelName::parse(&last)
        .map(|wheel| Some(wheel.name))
        .map_err(|_| format!("`{last}` is not a wheel's file name"))
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let byte = digits
            .filter(|_| *first == b'%')
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let said = match read_reference(text, Path::new("/w/d")) {
            Ok(Reference::Named(requirement)) => {
                let url = requirement.url.as_ref().map(|url| url.url.to_string());
                format!("{requirement} {}", url.unwrap_or_default())
            }
            Ok(Reference::Unnamed(url, extras, marker)) => {
                format!("? {} {extras:?} {}", url.url, marker.text())
            }
            Err(error) => {
                let span = error.span;
                format!("{} <- {}", error.message, &text[span.start..span.end])
            }
        };

        assert_eq!(said.trim_end(), expected);
    }

    #[test]
    fn a_name_may_come_with_a_url_or_a_path() {
        check(
            "a @ ./b ; os_name == 'nt'",
            "a @ ./b ; os_name == 'nt' file:///w/d/b",
        );
        check("a[x]@file:../b", "a[x] @ file:../b file:///w/b");
        check(
            "a @ https://h.example/a;b",
            "a @ https://h.example/a;b https://h.example/a;b",
        );
        check("a @ 1.2", "`1.2` is a version, not a URL or a path <- 1.2");
        check(
            "a @ ./longer/path ; python_version >= 'x'",
            "this environment marker is not valid: `x` is not a version (PEP 440) <- python_version >= 'x'",
        );
    }

    #[test]
    fn a_bare_reference_is_named_by_its_egg_or_its_wheel() {
        check(
            "git+https://h.example/p.git@v1#egg=P[x]",
            "p[x] @ git+https://h.example/p.git@v1#egg=P[x] https://h.example/p.git",
        );
        check(
            "./a-1%2Bcu-py3-none-any.whl",
            "`a-1%2Bcu-py3-none-any.whl` is not a wheel's file name <- ./a-1%2Bcu-py3-none-any.whl",
        );
        check(
            "https://h.example/a-1%2Bcu-py3-none-any.whl",
            "a @ https://h.example/a-1%2Bcu-py3-none-any.whl https://h.example/a-1%2Bcu-py3-none-any.whl",
        );
        check(
            "a-1-py3-none-any.whl[x]",
            "a[x] @ a-1-py3-none-any.whl file:///w/d/a-1-py3-none-any.whl",
        );
    }

    #[test]
    fn a_mistake_beside_a_url_is_marked_where_the_user_wrote_it() {
        check(
            "a-@\u{10f3c}",
            "expected a package name, but found `a-` <- a-",
        );
        check(
            "a[é!] @ ./é",
            "`é!` is not a valid name for an extra <- [é!]",
        );
    }

    #[test]
    fn a_bare_reference_may_not_say_its_name() {
        check(".[x]", "? file:///w/d [ExtraName(\"x\")]");
        check("../b;os_name == 'nt'", "? file:///w/b [] os_name == 'nt'");
        check(
            "https://h.example/a-1.zip",
            "? https://h.example/a-1.zip []",
        );
        check("file:///x/y", "? file:///x/y []");
    }
}
